/** `log`, `replay`, and the commands that keep what they do. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { register as check } from '../../src/cli/check.ts';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { register as judge } from '../../src/cli/judge.ts';
import { register as log } from '../../src/cli/log.ts';
import { run as shellRun } from '../../src/cli/program.ts';
import { register as replay } from '../../src/cli/replay.ts';
import { register as run } from '../../src/cli/run.ts';
import { Recorder } from '../../src/log/runs/recorder.ts';
import { openStore } from '../../src/log/store/open.ts';
import type { World } from '../../src/world/world.ts';
import { played } from '../log/runs/walks.ts';

const folder = mkdtempSync(join(tmpdir(), 'cli-log-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}.scenario`, import.meta.url));
const store = join(folder, 'log.db');

async function shell(...argv: string[]): Promise<{ code: Exit; out: string; err: string }> {
  const ended = { out: '', err: '' };
  const code = await shellRun(argv, [run, check, judge, log, replay], { stdout: { write: (text) => (ended.out += text) }, stderr: { write: (text) => (ended.err += text) }, env: {} });
  return { code, ...ended };
}
const json = async <Document>(...argv: string[]) => JSON.parse((await shell(...argv, '--json')).out) as Document;

test('run keeps each run, says where and what that survives', async () => {
  const { code, err } = await shell('run', golden('refused'), golden('sysfs-link-fails'), '--log', store);
  expect([code, err]).toEqual([exit.holds, `kept 4 runs in sqlite:${store}; survives a loss of power\n`]);
  const { kept } = await json<{ kept: { store: string; runs: string[] } }>('run', golden('bind'), '--model', 'v6.12.y', '--log', store, '--durable', 'process-crash');
  expect([kept.store, kept.runs.length]).toEqual([`sqlite:${store}`, 1]);
  const { runs } = await json<{ runs: { id: string; what: string; model: string; outcome: string }[] }>('log', 'list', '--log', store);
  expect(runs.map(({ model, outcome, what }) => [model, outcome, what.replace(/.*\//, '')])).toEqual([
    ['v6.1.y', 'as expected', 'refused.scenario'], ['v6.12.y', 'as expected', 'refused.scenario'],
    ['v6.1.y', 'as expected', 'sysfs-link-fails.scenario'], ['v6.12.y', 'as expected', 'sysfs-link-fails.scenario'], ['v6.12.y', 'as expected', 'bind.scenario'],
  ]);
  expect(runs.at(-1)?.id).toBe(kept.runs[0]);
});

describe('one run', () => {
  const id = async (what: string) => (await json<{ runs: { id: string; what: string }[] }>('log', 'list', '--log', store)).runs.findLast((one) => one.what.includes(what))?.id ?? '';

  test('show filters by object, function, errno and number', async () => {
    const run = await id('sysfs-link-fails');
    const seqs = async (...options: string[]) => (await json<{ facts: { seq: number }[] }>('log', 'show', run, '--log', store, ...options)).facts.map(({ seq }) => seq);
    const all = await seqs();
    expect(all).toEqual(all.map((_, index) => index));
    expect(await seqs('--errno', '-EEXIST')).toEqual(await seqs('--errno', 'any'));
    expect((await seqs('--errno', 'EBUSY'))).toEqual([]);
    expect((await seqs('--function', 'dma_cleanup')).length).toBe(2);
    expect((await seqs('--object', 'group:8')).length).toBeGreaterThan(3);
    expect(await seqs('--from', '5', '--to', '8')).toEqual([5, 6, 7]);
    expect(await seqs('--since', '5', '--until', '8')).toEqual([5, 6, 7]);
    expect([await seqs('--since', '2020-01-01'), await seqs('--until', '2020-01-01')]).toEqual([all, []]);
    expect((await shell('log', 'show', run.slice(0, 8), '--log', store, '--errno', 'any')).out).toContain('sysfs_create_link.ret -EEXIST');
  });

  test('why gives the chain in kernel words, and who stood in the way', async () => {
    const run = await id('refused');
    const { facts } = await json<{ facts: { seq: number; to: string; event: { ret?: number } }[] }>('log', 'show', run, '--log', store, '--errno', 'any');
    const refused = facts.find(({ to }) => to === 'environment')?.seq ?? -1;
    const { code, out } = await shell('log', 'why', String(refused), run, '--log', store);
    expect(code).toBe(exit.holds);
    expect(out).toMatch(/\n.* <- .*\ngroup:8 (used|claimed) by .* since fact \d+/);
    expect((await shell('log', 'why', '9999', run, '--log', store)).code).toBe(exit.wrongUse);
  });

  test('owners says who had the group when', async () => {
    const run = await id('sysfs-link-fails');
    expect((await shell('log', 'owners', '8', run, '--log', store)).out).toMatch(/^start {2}unowned .*\n {3}24 {2}kernel_dma owner_cnt=1 .*\(iommu_device_use_default_domain of bus_dma:0000:02:00.0\)\n.* unowned/);
    expect((await shell('log', 'owners', '8', run, '--log', store, '--at', '30')).out).toMatch(/^ {3}24 {2}kernel_dma .*\n$/);
    expect((await shell('log', 'owners', '9', run, '--log', store)).code).toBe(exit.wrongUse);
  });

  test('summary tells clean-ups with their causes', async () => {
    expect((await shell('log', 'show', await id('sysfs-link-fails'), '--log', store, '--summary')).out).toMatch(/clean-up of 0000:02:00.0 at \d+: begun by bind_store \(0\), because of sysfs_create_link.ret -EEXIST/);
  });

  test('replay gives the world at a fact, and a branch goes on from there', async () => {
    const run = await id('refused');
    const { code, out } = await shell('replay', run, '--log', store, '--to', '0');
    expect([code, out.includes('before fact 0 of')]).toEqual([exit.holds, true]);
    const parent = await id('bind.scenario');
    const { branch, at } = await json<{ branch: string; at: number }>('replay', parent, '--log', store, '--to', '0', '--branch', '--call', 'admin {"type":"bind_store","device":"0000:02:00.0","driver":"e1000e"}');
    expect(at).toBe(0);
    const { runs } = await json<{ runs: { id: string; facts: number; parent?: object; atRest: boolean }[] }>('log', 'list', '--log', store);
    expect(runs.find((one) => one.id === branch)).toMatchObject({ parent: { run: parent, seq: 0 }, atRest: true, facts: expect.any(Number) as number });
    expect((await shell('replay', branch, '--log', store)).code).toBe(exit.holds);
    expect((await shell('replay', run, '--log', store, '--to', '99999')).code).toBe(exit.wrongUse);
    expect((await shell('replay', run, '--log', store, '--call', 'x {}')).code).toBe(exit.wrongUse);
    expect((await shell('replay', branch, '--log', store, '--branch', '--call', 'nonsense')).code).toBe(exit.wrongUse);
    expect((await shell('replay', 'ffffffff', '--log', store)).code).toBe(exit.badInput);
  });

  test('verify says what holds, and names the fact that does not', async () => {
    expect(await shell('log', 'verify', '--log', store)).toMatchObject({ code: exit.holds, out: expect.stringMatching(/6 runs and 0 recordings, 0 differ/) as string });
    const changed = join(folder, 'changed.db');
    const [from, to] = [await openStore(store), await openStore(changed, { mode: 'write' })];
    for await (const { stream, id: entry, type, version, data, meta } of from.all())
      await to.append({ stream, expected: 'any', entries: [{ id: entry, type, version, meta, data: JSON.parse(JSON.stringify(data).replace('"ret":-17', '"ret":-12')) as typeof data }] });
    await from.close();
    await to.close();
    const { code, out } = await shell('log', 'verify', '--log', changed);
    expect(code).toBe(exit.violation);
    expect(out).toMatch(/differs [0-9a-f]{8} {2}beginning or facts are not those that were written: another digest; fact \d+, .*-ENOMEM: the model does not allow it here/);
    expect((await shell('replay', await id('sysfs-link-fails'), '--log', changed)).code).toBe(exit.violation);
  });
});

test('export and import give the same bytes; formats that have one run ask for it', async () => {
  const [one, two, copy] = [join(folder, 'one.jsonl'), join(folder, 'two.jsonl'), join(folder, 'copy.db')];
  await shell('log', 'export', '--log', store, '--out', one);
  expect((await shell('log', 'import', one, '--log', copy)).out).toMatch(/: \d+ entries taken, 0 known already/);
  expect((await shell('log', 'import', one, '--log', copy)).out).toMatch(/: 0 entries taken, \d+ known already/);
  await shell('log', 'export', '--log', copy, '--out', two);
  expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  expect((await shell('log', 'export', 'last', '--log', store)).out.split('\n').length).toBeGreaterThan(5);
  for (const [options, code] of [[['--to', 'perfetto'], exit.wrongUse], [['--to', 'itf'], exit.wrongUse], [['last', '--to', 'itf'], exit.holds], [['last', '--to', 'x'], exit.wrongUse],
    [['last', '--to', 'perfetto', '--out', join(folder, 'trace.perfetto')], exit.holds], [['--out', join(folder, 'none', 'x')], exit.badInput]] as const)
    expect([options, (await shell('log', 'export', ...options, '--log', store)).code]).toEqual([options, code]);
  writeFileSync(two, readFileSync(one, 'utf8').replace('bind_store', 'bind_xxxxx'));
  expect((await shell('log', 'import', two, '--log', join(folder, 'other.db'))).err).toMatch(/^damaged-log: line \d+ of .*: the hash/);
  expect((await shell('log', 'import', two, '--recover', '--log', join(folder, 'other.db'))).out).toMatch(/damaged: line/);
});

test('check keeps the ways to what it breaks, and judge the recording', async () => {
  const topology = join(folder, 'one.json');
  writeFileSync(topology, JSON.stringify({ devices: [{ name: '0000:02:00.0', group: 8 }], threads: [{ name: 'vm1', entry: 'dma_owner', calls: [{ type: 'claim', group: 8 }], times: 1 }] }));
  const { kept } = await json<{ kept: { runs: string[] } }>('check', topology, '--log', join(folder, 'ways.db'));
  expect(kept.runs).toEqual([]);
  const trace = fileURLToPath(new URL('../traces/6.1.0-56-amd64/defer/trace.txt.gz', import.meta.url));
  const kinds = async () => (await json<{ kept: { imports: { known: boolean }[] } }>('judge', trace, '--log', join(folder, 'ways.db'))).kept.imports.map(({ known }) => known);
  expect([await kinds(), await kinds()]).toEqual([[false], [true]]);
  expect((await shell('log', 'list', '--log', join(folder, 'ways.db'))).out).toMatch(/recorded +532 events/);
  expect((await shell('log', 'verify', '--log', join(folder, 'ways.db'))).out).toBe('holds   19eaa281\n0 runs and 1 recording, 0 differ\n');
  expect((await shell('log', 'prune', '19eaa281', '--log', join(folder, 'ways.db'))).out).toBe('1 forgotten, 0 left\n');
  expect((await shell('log', 'verify', '--log', join(folder, 'ways.db'))).out).toBe('0 runs and 0 recordings, 0 differ\n');
});

describe('one recording', () => {
  const path = join(folder, 'recording.db');
  const trace = fileURLToPath(new URL('../traces/6.1.0-56-amd64/vfio-basic/trace.txt.gz', import.meta.url));
  const show = async (...options: string[]) => (await json<{ events: { line: number; symbol: string; fields: Record<string, unknown> }[] }>('log', 'show', 'last', '--log', path, ...options)).events;

  test('show filters by object, function, errno, line and time', async () => {
    await shell('judge', trace, '--log', path);
    const all = await show();
    expect(all.length).toBe(436);
    const about = await show('--object', '0000:00:05.0');
    expect([about.length > 20, about.length < all.length]).toEqual([true, true]);
    const configured = await show('--function', 'pci_dma_configure');
    expect(configured.length % 2 === 0 && configured.every(({ symbol }) => symbol === 'pci_dma_configure')).toBe(true);
    expect((await show('--errno', 'EINVAL')).map(({ line }) => line)).toEqual([261, 262, 271, 272, 294, 295, 309, 310]);
    expect((await show('--from', '100', '--to', '103')).map(({ line }) => line)).toEqual([100, 101, 102]);
    expect((await show('--since', '245', '--until', '266')).map(({ line }) => line)).toEqual((await show('--from', '241', '--to', '262')).map(({ line }) => line));
    expect([(await show('--since', '2020-01-01')).length, (await show('--until', '2020-01-01T00:00:00Z')).length]).toEqual([436, 0]);
    expect((await shell('log', 'show', 'last', '--log', path, '--since', 'yesterday')).code).toBe(exit.wrongUse);
    expect((await shell('log', 'show', 'c52d', '--log', path, '--from', '240', '--to', '242', '--follow')).out).toMatch(/^ {3}240 {2} +244 {2}labctl-130 +vfio_group_fops_open\.ret ret=-EBUSY\n {3}241 .* user ends gopen:h:4 -EBUSY\nrecording c52d702f/);
  });

  test('why, owners and the summary are what the judge says of the file', async () => {
    expect((await shell('log', 'why', '241', 'c52d702f', '--log', path)).out).toMatch(/^line 241: gopen:h:4 answers -EBUSY\n.* <- /);
    expect(await shell('log', 'why', '100', 'c52d702f', '--log', path)).toMatchObject({ code: exit.wrongUse, err: expect.stringContaining('Possible here: 241: gopen') as string });
    const owners = (await shell('log', 'owners', '4', 'c52d702f', '--log', path)).out.split('\n');
    expect(owners[0]).toBe('line     73  claimed by labctl-121  owner_cnt=1  domain blocking');
    expect((await shell('log', 'owners', 'group:4', 'c52d702f', '--log', path, '--at', '80')).out).toBe(`${owners[0] ?? ''}\n`);
    expect((await shell('log', 'owners', '4', 'c52d702f', '--log', path, '--at', '3')).out).toContain('nothing is known');
    expect((await shell('log', 'owners', '8', 'c52d702f', '--log', path)).code).toBe(exit.wrongUse);
    expect((await shell('log', 'show', 'c52d702f', '--log', path, '--summary')).out).toMatch(/: conforms\n {2}model v6\.1\.y/);
    expect((await shell('log', 'show', 'c52d702fff', '--log', path)).code).toBe(exit.badInput);
  });
});

test('prune forgets whole runs', async () => {
  const path = join(folder, 'prune.db');
  for (const name of ['bind', 'refused']) await shell('run', golden(name), '--model', 'v6.12.y', '--log', path);
  const { runs: [first] } = await json<{ runs: { id: string }[] }>('log', 'list', '--log', path);
  expect((await shell('log', 'prune', '--log', path)).code).toBe(exit.wrongUse);
  expect((await shell('log', 'prune', first?.id ?? '', '--log', path)).out).toBe('1 forgotten, 1 left\n');
  expect((await shell('log', 'prune', '--keep', '0', '--log', path)).out).toBe('1 forgotten, 0 left\n');
  expect((await json<{ entries: number; runs: [] }>('log', 'list', '--log', path)).runs).toEqual([]);
});

test('a log that is not there is an error, and is not made', async () => {
  for (const argv of [['log', 'list'], ['log', 'verify'], ['log', 'show'], ['replay', 'last'], ['log', 'why', '1'], ['log', 'owners', '8'], ['log', 'export']]) {
    const { code, err } = await shell(...argv, '--log', join(folder, 'nothing.db'));
    expect([argv, code, err.startsWith('unreachable-store: ')]).toEqual([argv, exit.badInput, true]);
  }
  expect(existsSync(join(folder, 'nothing.db'))).toBe(false);
  expect((await shell('run', golden('bind'), '--log', 'nonsense')).code).toBe(exit.wrongUse);
  expect((await shell('run', golden('bind'), '--log', store, '--durable', 'maybe')).code).toBe(exit.wrongUse);
});

test('show --follow goes on until the run has ended', async () => {
  const path = join(folder, 'follow.db');
  await shell('run', golden('bind'), '--model', 'v6.12.y', '--log', path);
  const plain = await shell('log', 'show', '--log', path);
  expect(await shell('log', 'show', '--follow', '--log', path)).toEqual(plain);
  const live = await openStore(path, { mode: 'write' });
  const { system, facts, worlds } = played('refused.scenario');
  const recorder = await Recorder.begin(live, system, { what: 'live', by: 'test' });
  const following = shell('log', 'show', '--follow', '--log', path, '--json');
  for (const [index, fact] of facts.entries()) {
    await recorder.record(fact, worlds[index] as World);
    if (index % 20 === 0) await recorder.flush();
  }
  await recorder.end(worlds.at(-1) as World, 'done');
  const document = JSON.parse((await following).out) as { run: string; facts: { seq: number }[] };
  expect([document.run, document.facts.map(({ seq }) => seq)]).toEqual([recorder.id, facts.map(({ seq }) => seq)]);
  await live.close();
});
