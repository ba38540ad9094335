import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type ExploreOptions, type Report } from '../../src/check/explore.ts';
import { ModelError } from '../../src/errors.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
const stop = AbortSignal.abort();
const run = (given: Small, options: ExploreOptions = {}) => explore(small(given).subject, propertiesFor(smallTopology(given)), options);
const told = ({ states, transitions, depth, complete, properties, coverage, explain: { nodes, partialOrder, symmetry } }: Report) =>
  ({ states, transitions, depth, complete, properties, coverage, nodes, partialOrder, symmetry });

const lengths = ({ properties }: Report) => properties.map(({ name, verdict, way }) => [name, verdict, way?.steps.length]);

/** Stops after each batch of worlds, and goes on from the file with new tables, until all is done. */
async function piecewise(given: Small, options: ExploreOptions, file: string): Promise<{ report: Report; pieces: number }> {
  let report = await run(given, { ...options, checkpoint: { file }, signal: stop });
  let pieces = 1;
  for (; report.stopped !== undefined; pieces++) {
    expect(report.checkpoint).toEqual({ worlds: report.states });
    report = await run(given, { ...options, checkpoint: { file }, resume: file, signal: stop });
  }
  return { report, pieces };
}

const leaks = brokenModels.find(({ name }) => name === 'unuse ignores')?.model;
const cases: [string, Small][] = [
  ['two devices and a user', { devices: 2, sysfs: true, users: 1, times: 1 }],
  ['hot-plug', { hotplug: true, users: 1, times: 1, bus: 'platform' }],
  ['a broken chart', { sysfs: true, users: 1, times: 1, answers: { probe: [0, -12] }, ...(leaks ? { model: leaks } : {}) }],
  ['two users', { users: 2, sysfs: true, times: 1, only: ['bind_store', 'vm1', 'vm2'] }],
];

describe('a search in pieces is the search', () => {
  test.each(cases)('%s', async (name, given) => {
    const alone = [[false, true, 'javascript'], [false, true, 'wasm'], [true, false, 'javascript']] as const; // each reduction by itself, where it is cheap
    for (const [partialOrder, symmetry, kernel] of [[false, false, 'javascript'], [true, true, 'javascript'], [false, false, 'wasm'], ...(name === 'two users' ? alone : [])] as const) {
      const file = join(folder, [name, partialOrder, symmetry, kernel].join(' '));
      const { report, pieces } = await piecewise(given, { partialOrder, symmetry, kernel }, file);
      const straight = await run(given, { partialOrder, symmetry, kernel });
      expect(report.explain.kernel).toBe(kernel);
      // What WebAssembly knows already it need not put off, so that of two ways as long as each other it may meet the other first.
      if (kernel === 'wasm') expect({ ...told(report), properties: lengths(report) }).toEqual({ ...told(straight), properties: lengths(straight) });
      else expect(told(report)).toEqual(told(straight));
      if (!partialOrder && !symmetry) expect([pieces > 2, (report.resumed ?? 0) > 256]).toEqual([true, true]);
    }
  }, 60_000);
});

test('memory that ran out goes on with more', async () => {
  const given: Small = { devices: 2, sysfs: true, users: 1, times: 1 };
  const file = join(folder, 'memory');
  const full = { partialOrder: false, symmetry: false, kernel: 'javascript' } as const;
  const stopped = await run(given, { ...full, memory: 150_000, checkpoint: { file } });
  expect([stopped.stopped, (stopped.checkpoint?.worlds ?? 0) > 500]).toEqual(['memory', true]);
  expect(told(await run(given, { ...full, resume: file }))).toEqual(told(await run(given, full)));
});

describe('what cannot be kept or taken up is said before the search', () => {
  const given: Small = { users: 2 };
  const file = join(folder, 'whole');
  const refused = async (what: Promise<Report>) => {
    const error: unknown = await what.catch((thrown: unknown) => thrown);
    return error instanceof ModelError ? `${error.code}: ${error.message}` : error;
  };

  test('another question', async () => {
    await run(given, { checkpoint: { file }, limit: 5 });
    const begin = (what: string) => expect.stringMatching(new RegExp(`^other-checkpoint: it was made with another ${what}`)) as string;
    expect(await refused(run({ users: 2, model: 'v6.1.y' }, { resume: file }))).toEqual(begin('model \\("v6.12.y", now "v6.1.y"\\); another charts'));
    expect(await refused(run({ users: 3 }, { resume: file }))).toEqual(begin('topology$'));
    expect(await refused(run(given, { resume: file, symmetry: false }))).toEqual(begin('symmetry \\(true, now false\\)$'));
    expect(await refused(explore(small(given).subject, [], { resume: file }))).toEqual(begin('properties; another predicates'));
  });

  test('a file that is not whole', async () => {
    const bytes = readFileSync(file);
    const spoiled = (name: string, change: Buffer) => { writeFileSync(join(folder, name), change); return join(folder, name); };
    expect(await refused(run(given, { resume: spoiled('cut', bytes.subarray(0, bytes.length / 2)) }))).toBe('not-a-checkpoint: its checksum is wrong');
    expect(await refused(run(given, { resume: spoiled('short', bytes.subarray(0, 10)) }))).toBe('not-a-checkpoint: its checksum is wrong');
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 40]! ^= 1;
    expect(await refused(run(given, { resume: spoiled('flipped', flipped) }))).toBe('not-a-checkpoint: its checksum is wrong');
    expect(await refused(run(given, { resume: spoiled('text', Buffer.from('{}')) }))).toBe('not-a-checkpoint: it does not begin as a checkpoint does');
    expect(await refused(run(given, { resume: join(folder, 'missing') }))).toMatch(/^unreadable-file/);
  });

  test('a place where nothing can be written, or where something else is', async () => {
    expect(await refused(run(given, { checkpoint: { file: join(folder, 'no', 'such', 'folder') } }))).toMatch(/^unwritable-file: no such file or directory/);
    expect(await refused(run(given, { checkpoint: { file: folder } }))).toMatch(/^unwritable-file/);
    const mine = join(folder, 'topology.json');
    writeFileSync(mine, '{"devices": []}');
    expect(await refused(run(given, { checkpoint: { file: mine } }))).toMatch(/^unwritable-file: there is something else/);
    expect(readFileSync(mine, 'utf8')).toBe('{"devices": []}');
  });
});

test('no part of a file is left behind', () => {
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(statSync(join(folder, 'whole')).size).toBeGreaterThan(1000);
});
