import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type Report } from '../../src/check/explore.ts';
import { compile } from '../../src/check/fast.ts';
import { Round } from '../../src/check/round.ts';
import { Search } from '../../src/check/search.ts';
import { Tables } from '../../src/check/tables.ts';
import { exploreAsNeeded } from '../../src/check/needed.ts';
import { subjectOf, type Subject } from '../../src/check/subject.ts';
import { unheard } from '../../src/check/visit.ts';
import { faults, small, smallTopology, type Small } from './subjects.ts';

const both = (subject: Subject, given: Small, options: Parameters<typeof explore>[2] = {}) =>
  Promise.all((['wasm', 'javascript'] as const).map((kernel) =>
    explore(subject, propertiesFor(smallTopology(given)), { ...options, partialOrder: false, symmetry: false, kernel })));
const told = ({ states, transitions, depth, complete, stopped, properties }: Report) => ({
  states, transitions, depth, complete, stopped, properties: properties.map(({ name, verdict, way }) => [name, verdict, way?.steps.length]),
});

/** Golden: worlds and steps. */
const table: [Small, number | undefined, number, number][] = [
  [{ users: 2 }, undefined, 225, 720],
  [{ sysfs: true, users: 1, times: 1 }, undefined, 3681, 11510],
  [{ sysfs: true, users: 2, times: 1 }, 1, 2199, 3495],
  [{ sysfs: true, devices: 2, times: 1, users: 1 }, undefined, 10258, 33364],
  [{ hotplug: true, users: 1, times: 1 }, undefined, 1568, 3501],
  [{ hotplug: true, users: 1, times: 1, bus: 'platform' }, undefined, 1483, 3280],
  [{ sysfs: true, module: true, users: 1, times: 1 }, 2, 25041, 70278],
  [{ sysfs: true, users: 1, devices: 2, times: 2, model: 'v6.1.y' }, 2, 254822, 757292],
  [{ sysfs: true, times: 1, answers: { probe: [0, -12, -517], firmware_dma_configure: [0, -517] } }, undefined, 659, 1329],
];

describe('the kernels agree on every count, verdict and length', () => {
  test.each(table)('%j, %s calls at once: %i worlds, %i steps', async (given, together, states, transitions) => {
    const [wasm, javascript] = await both(subjectOf(small(given).system, { together }), given);
    expect(wasm?.explain.kernel).toBe('wasm');
    expect(told(wasm as Report)).toEqual(told(javascript as Report));
    expect([wasm?.states, wasm?.transitions]).toEqual([states, transitions]);
  });

  test.each(brokenModels.map((broken) => [broken.name, broken] as const))('%s', async (name, { model }) => {
    const given = { ...(faults[name] as [Small, number])[0], model };
    const [wasm, javascript] = await both(small(given).subject, given);
    expect(told(wasm as Report)).toEqual(told(javascript as Report));
  });
});

/** Golden: worlds and steps, where worlds that differ by the names of users are one. */
const folded: [Small, number | undefined, number, number][] = [
  [{ users: 2 }, undefined, 115, 368],
  [{ users: 3 }, undefined, 385, 1848],
  [{ sysfs: true, users: 2, times: 1 }, 2, 5851, 16574],
  [{ hotplug: true, users: 2, times: 1 }, 2, 4702, 11757],
  [{ sysfs: true, users: 3, times: 1, model: 'v6.1.y' }, 1, 1946, 3363],
];

test.each(folded)('%j, %s calls at once, folded: %i worlds, %i steps', async (given, together, states, transitions) => {
  const subject = () => subjectOf(small(given).system, { together });
  const properties = propertiesFor(smallTopology(given));
  const visit = (options: Parameters<typeof explore>[2]) => explore(subject(), properties, { partialOrder: false, ...options });
  const reports = [await visit({ kernel: 'javascript' }), await visit({}), await visit({ workers: 2 })];
  expect(reports.map(({ explain: { kernel, symmetry: { on } } }) => [kernel, on])).toEqual([['javascript', true], ['wasm', true], ['wasm', true]]);
  for (const report of reports) expect(told(report)).toEqual(told(reports[0] as Report));
  expect(told(reports[0] as Report).properties).toEqual(told(await visit({ symmetry: false })).properties);
  expect([reports[0]?.states, reports[0]?.transitions]).toEqual([states, transitions]);
});

/** As counted before what changes make of parts was remembered for all parts in one table; JavaScript would take minutes. */
test('parts whose numbers need different widths leave each other alone: 13 662 436 worlds', { timeout: 120_000 }, async () => {
  const { system } = small({ devices: 2, users: 2, sysfs: true, module: true, hotplug: true, times: 1 });
  const { states, transitions, complete, explain: { kernel } } = await explore(subjectOf(system, { together: 2 }), [], { partialOrder: false });
  expect({ states, transitions, complete, kernel }).toEqual({ states: 13_662_436, transitions: 41_084_021, complete: true, kernel: 'wasm' });
});

test.each(brokenModels.map((broken) => [broken.name, broken] as const))('%s, with two users that are folded', async (name, { model }) => {
  const given = { ...(faults[name] as [Small, number])[0], model, users: 2 };
  const [wasm, javascript] = await Promise.all((['wasm', 'javascript'] as const).map((kernel) =>
    explore(subjectOf(small(given).system, { together: 1 }), propertiesFor(smallTopology(given)), { partialOrder: false, kernel })));
  expect(told(wasm as Report)).toEqual(told(javascript as Report));
});

test('a search that is stopped says the same of what it saw', async () => {
  const given: Small = { sysfs: true, users: 2 };
  const [wasm] = await both(small(given).subject, given, { limit: 5000 });
  expect(wasm).toMatchObject({ complete: false, stopped: 'limit' });
  expect(wasm?.properties.filter(({ kind, verdict }) => kind !== 'sometimes' && verdict === 'holds')).toEqual([]);
  const [tight] = await both(small(given).subject, given, { memory: 13_000_000 });
  expect(tight).toMatchObject({ complete: false, stopped: 'memory' });
});

test('reductions come in when memory ends', async () => {
  const given: Small = { sysfs: true, users: 2 };
  const properties = propertiesFor(smallTopology(given));
  const report = await exploreAsNeeded(small(given).subject, properties, { memory: 13_000_000 });
  expect(report).toMatchObject({ complete: true, explain: { partialOrder: { on: true } } });
  expect(await exploreAsNeeded(small({ users: 2 }).subject, properties)).toMatchObject({ complete: true, states: 115 });
});

test.each([2, 3])('%i workers visit the same worlds', async (workers) => {
  const given: Small = { sysfs: true, users: 2, module: true, times: 1 };
  const subject = () => subjectOf(small(given).system, { together: 2 });
  const options = { partialOrder: false, symmetry: false };
  const one = await explore(subject(), propertiesFor(smallTopology(given)), options);
  for (let again = 0; again < 2; again++) expect(told(await explore(subject(), propertiesFor(smallTopology(given)), { ...options, workers }))).toEqual(told(one));
});

test('tables that another search filled, in another order, are as good', async () => {
  const given: Small = { sysfs: true, users: 1, times: 1 };
  const tables = new Tables(small(given).subject, []);
  const search = new Search(tables, unheard, { memory: 2 ** 30 });
  while (search.run(1024));
  for (const workers of [1, 2]) {
    const compiled = await compile(workers);
    const round = new Round(tables, [], { partialOrder: false, symmetry: false }, { compiled });
    while (round.run(1024));
    expect([round.search.worlds.size, round.search.transitions]).toEqual([search.worlds.size, search.transitions]);
    await compiled?.crew?.end();
  }
});

test('tables that move as they grow lose nothing', async () => {
  const given: Small = { sysfs: true, users: 1, module: true };
  const report = await explore(subjectOf(small(given).system, { together: 2 }), [], { partialOrder: false, symmetry: false });
  expect(report).toMatchObject({ complete: true, states: 626_980 });
});

test('the kernel in use is the one in the source', async () => {
  const { text } = (await import('../../src/check/kernel/assemble.mjs' as string)) as { text: () => Promise<string> };
  expect(readFileSync(new URL('../../src/check/kernel/bytes.ts', import.meta.url), 'utf8')).toBe(await text());
}, 60_000);

test('where WebAssembly has no SIMD, the JavaScript search takes over', async () => {
  vi.resetModules(); // what was compiled is kept
  const validate = vi.spyOn((globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly, 'validate').mockReturnValue(false);
  try {
    const anew = await import('../../src/check/explore.ts');
    const { states, transitions, explain: { kernel } } = await anew.explore(small({ users: 2 }).subject, [], { partialOrder: false, symmetry: false });
    expect({ states, transitions, kernel }).toEqual({ states: 225, transitions: 720, kernel: 'javascript' });
    expect(validate).toHaveBeenCalledOnce();
  } finally {
    validate.mockRestore();
  }
});
