/**
 * A newcomer with a clean clone, an empty home and nothing installed but Node, who types what README says, line by line, and then the tutorial: `npm run newcomer`.
 *
 * Needs git and a registry. `NEWCOMER=tests` also types the line that runs the tests (five minutes, and the Debian packages that README names).
 * What is committed is what is cloned.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, root, type Block } from './markdown.ts';
import { misquoted } from './quoted.ts';
import { commandsOf, fateOf } from './shown.ts';

const home = mkdtempSync(join(tmpdir(), 'newcomer-'));
const clone = join(home, 'dma-ownership');
const path = join(home, 'path');
const readme = blocksOf('README.md');
const tutorial = 'docs/tutorial/first-counterexample.md';
const install = readme.find(({ language, text }) => language === 'sh' && text.includes('npm ci'));
afterAll(() => { rmSync(home, { recursive: true, force: true }); });

beforeAll(() => {
  mkdirSync(path);
  const { status, stderr } = spawnSync('git', ['clone', '--quiet', root, clone], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  // README: after the build the program is node dist/src/cli/main.js, called dma-ownership where the package is installed
  for (const [name, line] of [['dma-ownership', `exec '${process.execPath}' '${join(clone, 'dist/src/cli/main.js')}' "$@"`], ...['node', 'npm', 'npx'].map((tool) => [tool, `PATH='${dirname(process.execPath)}':$PATH exec '${join(dirname(process.execPath), tool)}' "$@"`] as const)] as const) {
    writeFileSync(join(path, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(path, name), 0o755);
  }
});

/** Types one line, with nothing of the environment of this process. */
async function typed(line: string): Promise<{ code: number | null; out: string; seconds: number }> {
  const began = Date.now();
  const child = spawn('/usr/bin/env', ['-i', `PATH=${path}:/usr/bin:/bin`, `HOME=${home}`, 'sh', '-c', `exec 2>&1; ${line}`], { cwd: clone, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (out += String(bytes)));
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  process.stdout.write(`${String(seconds).padStart(7)} s  exit ${code}  $ ${line.replace(/^\(exit \d+\); /, '')}\n`);
  return { code, out, seconds };
}

const lines = install === undefined ? [] : commandsOf(install).map(({ line }) => line);

/** For the installation, and the commands of the tutorial. */
let spent = 0;
test('README says how to install', () => {
  expect(lines).toEqual(['npm ci && npm start', 'npm ci && npm test']);
});

test.each(lines.filter((line) => !line.endsWith('npm test') || process.env['NEWCOMER'] === 'tests'))('$ %s', async (line) => {
  const { code, out, seconds } = await typed(line);
  if (!line.endsWith('npm test')) spent += seconds;
  expect([code, code === 0 ? '' : out.slice(-4000)]).toEqual([0, '']);
});

const told = (block: Block) => `${block.page}:${block.line}`;

let code: number | null = 0;
test.each([...readme, ...blocksOf(tutorial)].filter((block) => ['run', 'dear', 'file'].includes(fateOf(block))).map((block) => [told(block), block] as const))('%s', async (_place, block) => {
  if (block.marks.first !== undefined) expect((await typed(block.marks.first)).code).toBe(0);
  if (block.marks.file !== undefined) {
    writeFileSync(join(clone, block.marks.file), block.text);
    return;
  }
  const wanted = Number(block.marks.exits ?? 0);
  for (const { line, printed } of commandsOf(block)) {
    const { out, ...ended } = await typed(`(exit ${code}); ${line}`);
    code = ended.code;
    if (block.page === tutorial) spent += ended.seconds;
    if (printed === undefined) expect([code, code === wanted ? '' : out.slice(-2000)]).toEqual([wanted, '']);
    else expect(misquoted(printed, out)).toBeUndefined();
  }
});

test('ten minutes are enough for the tutorial', () => {
  process.stdout.write(`installation and commands of the tutorial: ${Math.round(spent)} s\n`);
  expect(spent).toBeLessThan(600);
});

test('each entry of README that is not typed says why', () => {
  const left = readme.filter((block) => fateOf(block) === 'left' && block !== install);
  process.stdout.write(left.map((block) => `not typed: ${told(block)}: ${block.marks['not run'] ?? ''}\n`).join(''));
  expect(new Set(left.map(({ text }) => text.split(' ')[1]?.trim()))).toEqual(new Set(['lab', 'inspect']));
});

test('nothing is written outside the clone but what npm keeps', () => {
  expect(spawnSync('ls', ['-A', home], { encoding: 'utf8' }).stdout.split('\n').filter((name) => name !== '').sort()).toEqual(['.npm', 'dma-ownership', 'path']);
});
