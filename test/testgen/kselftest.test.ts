/** The kselftest target: a script that shells and compilers accept, and that touches nothing when something is missing. Needs shellcheck and gcc. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { machineSuite } from '../../src/testgen/chapters.ts';
import { machineChapters } from '../../src/testgen/machine.ts';
import { parseSuite } from '../../src/testgen/suite.ts';
import { kselftest } from '../../src/testgen/targets/kselftest.ts';

const model = models['v6.12.y'] as Model;
const folder = mkdtempSync(join(tmpdir(), 'kselftest-'));
const script = join(folder, 'dma_ownership.sh');
const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8', cwd: folder, timeout: 20_000 });
const suite = parseSuite(JSON.parse(readFileSync(new URL('first.suite.json', import.meta.url), 'utf8')), 'first');

beforeAll(() => {
  for (const { name, text, executable } of kselftest(suite)) {
    writeFileSync(join(folder, name), text);
    if (executable) chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the script', () => {
  test('is clean', () => {
    expect(run('shellcheck', '-s', 'sh', script)).toMatchObject({ status: 0, stdout: '' });
    expect(run('dash', '-n', script)).toMatchObject({ status: 0, stderr: '' });
  });

  test('skips with 4 when no device is named', () => {
    const { status, stdout } = run('sh', script);
    expect(status).toBe(4);
    expect(stdout).toMatch(/^TAP version 13\n(?:# .*\n)*1\.\.0 # SKIP no device plays A: --device A=ADDRESS\n$/);
  });

  test.each([
    ['no address', ['--device', 'A=eth0'], 1, 'an address is 0000:02:00.1'],
    ['no such role', ['--device', 'Z=0000:02:00.1'], 1, 'usage'],
    ['an option without its word', ['--only'], 1, 'usage'],
    ['a device that is not there', ['--device', 'A=ffff:1f:1f.7', '--device', 'B=ffff:1f:1f.6'], 4, '1..0 # SKIP'],
  ])('%s: nothing is done', (_, args, status, says) => {
    const ran = run('sh', script, ...args);
    expect(ran.status).toBe(status);
    expect(ran.stdout).toContain(says);
  });

  test('names no device of its own, and quotes what is given', () => {
    const { text } = kselftest(suite).find(({ name }) => name === 'dma_ownership.sh') as { text: string };
    expect(text).not.toMatch(/devices\/[\da-f]{4}:/);
    expect(text).toContain(`step 0.15 admin 'drivers_probe_store B' -22 write /sys/bus/pci/drivers_probe "$B" || return`);
    expect(text).toContain(`step 0.16 admin 'unbind_store vfio-pci A' waits write /sys/bus/pci/drivers/vfio-pci/unbind "$A" || return`);
    expect(text).toContain(`ends 0.16 'admin unbind_store vfio-pci A' 0 || return`);
  });
});

describe('the helper', () => {
  test('compiles without a warning, and answers with errnos', () => {
    expect(run('gcc', '-Wall', '-Wextra', '-Werror', '-O2', '-o', 'dma_own', 'dma_own.c')).toMatchObject({ status: 0, stderr: '' });
    expect(run('./dma_own', '-o', 'result', 'write', join(folder, 'missing'), 'x').stdout).toBe('-2\n');
    expect(run('./dma_own', '-o', 'result', 'write', join(folder, 'settings'), 'x').stdout).toBe('0\n');
    expect(run('mkfifo', 'pipe').status).toBe(0);
    expect(run('./dma_own', '-t', '100', '-o', 'result', 'read', join(folder, 'pipe')).stdout).toBe('waits\n');
    writeFileSync(join(folder, 'pipe'), 'now');
    expect(run('./dma_own', 'await', 'result').stdout).toBe('0\n');
  });

  test('keeps descriptors in a process', () => {
    const script = 'mkfifo in out; ./dma_own serve in out & pid=$!; for op in close:c gopen:g:none gstatus:g setc:g:c dev:d:g:x nonsense:c; do ./dma_own ask in out $op; done; kill $pid';
    expect(run('sh', '-c', script).stdout).toBe('-9\n-2\n-9\n-9\n-9\n-38\n');
  });
});

test('what a machine can be made to do is a suite', async () => {
  const [chapter] = machineChapters(model);
  const { suite: made, complete, goals, length, shortestPaths } = await machineSuite(model, { coverage: ['transitions', 'refusals'] }, chapter?.topology);
  expect(complete).toBe(true);
  expect(goals.filter(({ verdict }) => verdict === 'uncovered')).toEqual([]);
  expect(goals.filter(({ criterion }) => criterion === 'refusals').map(({ name }) => name).sort()).toEqual(['bind_store -EBUSY', 'bind_store -ENODEV', 'unbind_store -ENODEV']);
  expect(made.tests[0]?.steps.length).toBe(length.steps);
  expect(length.steps).toBeLessThan(shortestPaths.steps / 5);
});

test('every model has chapters that fit it', () => {
  const names = (name: string) => machineChapters(models[name] as Model).map((chapter) => chapter.name);
  expect(names('v6.12.y')).toContain('iommufd');
  expect(names('v6.1.y')).not.toContain('iommufd');
  for (const one of Object.values(models)) expect(machineChapters(one).length).toBeGreaterThan(5);
});
