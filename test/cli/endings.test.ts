/** Every command and every way in which it can end: the exit code, and the document that is printed. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit, type Ending, type Exit } from '../../src/cli/exit.ts';
import { every } from '../../src/cli/surface.ts';
import { openStore } from '../../src/log/store/open.ts';
import { printerOf, shell, surface, wordsOf, wrongIn } from './here.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'endings-'));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const topology = {
  devices: [{ name: '0000:02:00.0', group: 8 }], drivers: [{ name: 'e1000e', matches: ['*'] }],
  threads: [
    { name: 'admin', entry: 'bind_store', times: 1, calls: [{ type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' }] },
    { name: 'vm1', entry: 'dma_owner', times: 1, calls: [{ type: 'claim', group: 8 }, { type: 'release', group: 8 }] },
  ],
};

beforeAll(async () => {
  process.chdir(folder);
  const trace = gunzipSync(readFileSync(join(root, 'test/traces/6.1.0-56-amd64/hot-remove-alias/trace.txt.gz'))).toString('utf8');
  const scenario = readFileSync(join(root, 'test/golden/refused.scenario'), 'utf8');
  for (const [name, text] of Object.entries({
    'trace.txt': trace, 'wrong.txt': trace.split('\n').toSpliced(59, 1).join('\n'),
    'lost.txt': trace.split('\n').toSpliced(59, 3, 'CPU:0 [LOST 3 EVENTS]').join('\n'), 'race.scenario': scenario, 'differs.scenario': scenario.replaceAll('-EBUSY', '-ENOMEM'), 'bad.scenario': 'call\n',
    'topology.json': JSON.stringify(topology), 'test-remove.json': JSON.stringify({ ...topology, options: { test_remove: true } }), 'alone.json': JSON.stringify({ devices: topology.devices, threads: topology.threads.slice(1) }), 'bad.json': '{"devices": []}', 'cut.json': '{"devices":',
  })) writeFileSync(name, text);
  mkdirSync('traces');
  copyFileSync('trace.txt', 'traces/trace.txt');
  await shell(wordsOf('run race.scenario --log file:runs.jsonl'));
  await shell(wordsOf('judge trace.txt --log file:traces.jsonl'));
  const [from, to] = [await openStore('file:runs.jsonl'), await openStore('file:changed.jsonl', { mode: 'write' })];
  for await (const { stream, id, type, version, data, meta } of from.all())
    await to.append({ stream, expected: 'any', entries: [{ id, type, version, meta, data: JSON.parse(JSON.stringify(data).replace('"ret":-16', '"ret":-12')) as typeof data }] });
  await from.close();
  await to.close();
}, 60_000);

/** Lines by how they end. `# interrupted` is Ctrl-C before the work begins. */
const table: readonly (readonly [string, Ending])[] = [
  ['judge trace.txt --why --transitions', 'holds'], ['judge wrong.txt', 'violation'], ['judge lost.txt', 'inconclusive'], ['judge topology.json', 'badInput'], ['judge trace.txt', 'interrupted'],
  ['check topology.json --explain --coverage', 'holds'], ['check test-remove.json --model v5.19', 'violation'], ['check bad.json', 'badInput'], ['check cut.json', 'badInput'], ['check topology.json --simulate 3', 'inconclusive'],
  ['check topology.json --lossy compact', 'inconclusive'], ['check topology.json --limit 10', 'limit'], ['check --devices 1', 'interrupted'],
  ['compare v6.5 v6.6 topology.json', 'holds'], ['compare v6.5 v6.6 test-remove.json', 'violation'], ['compare v6.5 v6.6 bad.json', 'badInput'], ['compare v6.5 v6.6 topology.json --limit 10', 'limit'], ['compare v6.5 v6.6 topology.json', 'interrupted'],
  ['claims 26', 'holds'], ['claims 26', 'interrupted'], ['bugs 4', 'holds'], ['bugs 4', 'interrupted'],
  ['run race.scenario', 'holds'], ['run differs.scenario', 'violation'], ['run bad.scenario', 'badInput'],
  ['log list --log file:runs.jsonl', 'holds'], ['log list --log file:none.jsonl', 'badInput'], ['log list --log file:traces.jsonl', 'holds'],
  ['log show --log file:runs.jsonl', 'holds'], ['log show --summary --log file:runs.jsonl', 'holds'], ['log show --log file:traces.jsonl', 'holds'], ['log show --summary --log file:traces.jsonl', 'holds'], ['log show nobody --log file:runs.jsonl', 'badInput'],
  ['log why 5 --log file:runs.jsonl', 'holds'], ['log why 5 nobody --log file:runs.jsonl', 'badInput'],
  ['log owners 8 --log file:runs.jsonl', 'holds'], ['log owners 1 --log file:traces.jsonl', 'holds'], ['log owners 8 nobody --log file:runs.jsonl', 'badInput'],
  ['log verify --log file:runs.jsonl', 'holds'], ['log verify --log file:changed.jsonl', 'violation'], ['log verify nobody --log file:runs.jsonl', 'badInput'],
  ['log export --log file:runs.jsonl', 'holds'], ['log export last --to itf --out run.itf.json --log file:runs.jsonl', 'holds'], ['log export nobody --log file:runs.jsonl', 'badInput'],
  ['log import runs.jsonl --log file:copy.jsonl', 'holds'], ['log import topology.json --log file:copy.jsonl', 'badInput'],
  ['log prune --keep 1 --log file:copy.jsonl', 'holds'], ['log prune nobody --log file:copy.jsonl', 'badInput'],
  ['replay last --log file:runs.jsonl', 'holds'], ['replay last --to 4 --branch --log file:copy.jsonl', 'holds'], ['replay last --log file:changed.jsonl', 'violation'], ['replay nobody --log file:runs.jsonl', 'badInput'],
  ['chart', 'holds'], ['chart mutex', 'holds'], ['chart mutex --out none/chart.svg', 'badInput'],
  ['export --to mermaid --chart iommu_group', 'holds'], ['export --to rv --monitor group_owner', 'holds'], ['export --to aut topology.json', 'holds'], ['export --to aut bad.json', 'badInput'], ['export --to promela topology.json --limit 10 --walks 1', 'limit'],
  ['export --to aut topology.json', 'interrupted'],
  ['testgen topology.json', 'holds'], ['testgen bad.json', 'badInput'], ['testgen topology.json --limit 10', 'limit'], ['testgen topology.json', 'interrupted'],
  ['mutate alone.json --chart iommu_group --coverage states', 'holds'], ['mutate alone.json --chart iommu_group --coverage states --least 100', 'violation'], ['mutate bad.json', 'badInput'],
  ['mutate alone.json --chart iommu_group --coverage states --limit 2', 'limit'], ['mutate alone.json --chart iommu_group', 'interrupted'],
  ['completion bash', 'holds'], ['inspect none.txt', 'badInput'], ['record', 'holds'], ['record --out record.sh', 'holds'],
];

/** What no line here can bring about, and where it is held instead. */
const elsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  claims: { violation: 'no claim is unsettled (test/cases/claims)' }, bugs: { violation: 'no row is wrong (test/cases/bugs)' }, export: { violation: 'a trail of Spin (test/cli/export.test.ts)' }, inspect: { holds: 'test/web/server.test.ts' },
  record: { badInput: 'says what the machine has: test/record', inconclusive: 'test/record' },
  'lab kernels': { holds: 'needs apt' }, 'lab build': { holds: 'needs apt', badInput: '', interrupted: '' }, 'lab boot': { holds: 'needs QEMU', badInput: '', inconclusive: '' },
  'lab run': { holds: 'needs QEMU: .ci/lab', violation: '', badInput: '', inconclusive: '', interrupted: '' }, 'lab shell': { holds: 'needs QEMU', badInput: '', inconclusive: '' },
};

const leaves = every(surface()).filter(({ commands, path }) => commands.length === 0 && path.length > 0);
const commandOf = (line: string): string => leaves.map(({ path }) => path.join(' ')).filter((path) => `${line} `.startsWith(`${path} `)).sort((a, b) => b.length - a.length)[0] ?? '';

describe('each line', () => {
  const stopped = new AbortController();
  stopped.abort();
  test.each(table)('%s: %s', async (line, ending) => {
    const { code, out, err } = await shell([...wordsOf(line), '--json'], ending === 'interrupted' ? { interruption: () => stopped.signal } : {});
    expect([code, err]).toEqual([exit[ending], expect.any(String)]);
    expect(err).not.toMatch(/\r|\x1b/);
    if (ending === 'interrupted' && out === '') expect(err).toMatch(/^interrupted/);
    else {
      const document = JSON.parse(out) as { schema: string };
      expect(wrongIn(document)).toBeUndefined();
      expect(['', commandOf(line)]).toContain(printerOf(document.schema.replace('dma-ownership/', '')));
    }
  });
});

describe('each command', () => {
  test('has a line for each way in which it says that it can end', () => {
    const said = leaves.flatMap(({ path, endings }) => Object.keys(endings).map((ending) => `${path.join(' ')}: ${ending}`));
    const held = [...table.map(([line, ending]) => `${commandOf(line)}: ${ending}`), ...Object.entries(elsewhere).flatMap(([command, endings]) => Object.keys(endings).map((ending) => `${command}: ${ending}`))];
    expect([...new Set(held)].sort()).toEqual([...new Set(said)].sort());
  });

  test.each(leaves.map(({ path }) => [path.join(' '), path] as const))('%s refuses what it does not know, with the nearest option that it does', async (_name, path) => {
    const { code, out, err } = await shell([...path, '--jsno']);
    expect([code, out]).toEqual([exit.wrongUse, '']);
    expect(err).toMatch(/^wrong-use: unknown option '--jsno'\.\n {2}Possible here: --json\./);
  });

  test.each([['jugde', 'judge'], ['log lsit', 'list'], ['check --devcies 1', '--devices'], ['judge x --modle v6.1.y', '--model'], ['check --reduce nevre', 'never'], ['testgen --target kseltfest', 'kselftest']])('%s: did you mean %s?', async (line, meant) => {
    const { code, err } = await shell(wordsOf(line));
    expect([code, err]).toEqual([exit.wrongUse, expect.stringContaining(meant)]);
  });
});

/** Examples that wait for somebody, need a machine, or take longer than a test may (other tests run such); the first words are enough. */
const slow = ['inspect', 'lab', 'record --check', 'record --to', 'log show --follow', 'claims', 'bugs', 'mutate', 'testgen', 'compare v6.5 v6.6 --devices', 'compare v6.1.y', 'compare v6-posting', 'check', 'export --to promela', 'chart '];
const cheap = ['check topology.json'];
const examples = leaves.flatMap(({ path, examples: shown, endings }) => shown.map(([line]) => ({ line, path: path.join(' '), endings })));

describe('examples of the help', () => {
  test('each command has some', () => {
    expect(leaves.filter(({ examples: shown, endings }) => shown.length === 0 || endings.holds === undefined).map(({ path }) => path.join(' '))).toEqual([]);
  });

  test.each(examples)('$line is a line of $path', ({ line, path }) => {
    expect(commandOf(line)).toBe(path);
    const { options } = leaves.find((leaf) => leaf.path.join(' ') === path) ?? { options: [] };
    const words = wordsOf(line.split(/ (?:[<>]|--) /)[0] ?? '').filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);
    expect(words.filter((word) => word !== '--json' && !options.some(({ long }) => long === word))).toEqual([]);
  });

  test.each(examples.filter(({ line }) => cheap.some((words) => line.startsWith(words)) || !slow.some((words) => line.startsWith(words))))('$line', async ({ line, endings }) => {
    const codes = Object.keys(endings).map((name) => exit[name as Ending]) as Exit[];
    const words = wordsOf(line.split(/ [<>] /)[0] ?? '');
    const stored = /^(?:log|replay)/.test(line) && !line.includes('--log') ? ['--log', line.startsWith('log prune') ? 'file:copy.jsonl' : line.includes('cut.jsonl') || line.startsWith('log import') || line.includes('--branch') ? 'file:copy.jsonl' : 'file:runs.jsonl'] : [];
    const { code, err } = await shell([...words.map((word) => (word === '-' ? 'trace.txt' : word === 'cut.jsonl' ? 'runs.jsonl' : word)), ...stored]);
    expect([codes.includes(code), code, err]).toEqual([true, expect.any(Number), expect.not.stringMatching(/unexpected|wrong-use/)]);
  });
});
