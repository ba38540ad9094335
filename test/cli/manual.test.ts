/** docs/reference/dma-ownership.1 is what the program says now, and man(1) reads it without a remark. `npx vitest run test/cli/manual.test.ts -u` prints it again. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { version } from '../../src/cli/program.ts';
import { every } from '../../src/cli/surface.ts';
import { surface } from './here.ts';
import { manual } from './manual.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/reference/dma-ownership.1');
const installed = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;

test('the page is what the program says', async () => {
  await expect(manual(surface(), version())).toMatchFileSnapshot(page);
});

test.runIf(installed('mandoc'))('mandoc has nothing to remark, and shows every command with its options', () => {
  const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', page], { encoding: 'utf8' });
  // It has no date, so that it is the same whenever it is made.
  expect(lint.stdout.split('\n').filter((remark) => remark !== '' && !remark.includes('missing date'))).toEqual([]);
  const text = spawnSync('mandoc', ['-T', 'ascii', '-O', 'width=400', page], { encoding: 'utf8' }).stdout.replaceAll(/.\x08/g, '');
  const missing = every(surface()).filter(({ path, commands }) => path.length > 0 && commands.length === 0).flatMap(({ path, options, examples }) =>
    [path.join(' '), ...options.map(({ flags }) => flags), ...examples.map(([line]) => `dma-ownership ${line}`)].filter((wanted) => !text.includes(wanted)));
  expect(missing).toEqual([]);
});

test.runIf(installed('mandoc'))('a spoiled page is remarked on', () => {
  expect(spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: readFileSync(page, 'utf8').replace('.SH FILES', '.SX FILES'), encoding: 'utf8' }).stdout).toContain('skipping unknown macro: .SX FILES');
});
