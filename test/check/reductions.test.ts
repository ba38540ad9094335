import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { oracle } from '../../src/check/oracle.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { explore, type Report } from '../../src/check/explore.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const visit = (given: Small, partialOrder: boolean, symmetry: boolean) =>
  explore(small(given).subject, propertiesFor(smallTopology(given)), { partialOrder, symmetry });
const verdicts = ({ properties }: Report) => Object.fromEntries(properties.map(({ name, verdict }) => [name, verdict]));

/** Worlds visited: all, with symmetry, with partial order, with both. Golden. */
const table: [Small, number, number, number, number][] = [
  [{ users: 2 }, 225, 115, 225, 115],
  [{ users: 3 }, 2000, 385, 2000, 385],
  [{ users: 2, sysfs: true, times: 1, only: ['bind_store', 'vm1', 'vm2'] }, 2712, 1508, 107, 60],
  [{ devices: 2, sysfs: true, times: 1 }, 1382, 1382, 28, 28],
  [{ devices: 2, sysfs: true, users: 1, times: 1 }, 10258, 10258, 154, 154],
  [{ hotplug: true, users: 1, times: 1 }, 1568, 1568, 80, 80],
  [{ sysfs: true, times: 1, answers: { probe: [0, -12, -517], firmware_dma_configure: [0, -517] } }, 659, 659, 29, 29],
  [{ sysfs: true, times: 1, bus: 'cdx', users: 1, model: 'v6.12.y' }, 4024, 4024, 81, 81],
];

describe('reductions change how many worlds are visited, and no verdict', () => {
  test.each(table)('%j: %i, %i, %i, %i', async (given, ...counts) => {
    const all = await visit(given, false, false);
    const found = [all.states];
    for (const [partialOrder, symmetry] of [[false, true], [true, false], [true, true]] as const) {
      const report = await visit(given, partialOrder, symmetry);
      expect(report.complete).toBe(true);
      expect(verdicts(report)).toEqual(verdicts(all));
      found.push(report.states);
    }
    expect(found).toEqual(counts);
  }, 30_000);
});

test('four devices and two users: both reductions, the same verdicts and the same shortest lengths', async () => {
  const { model } = brokenModels.find(({ name }) => name === 'claim that asks first') as (typeof brokenModels)[number];
  const given: Small = { devices: 4, users: 2, sysfs: true, times: 1, only: ['bind_store', 'vm1', 'vm2'], model };
  const [all, both] = [await visit(given, false, false), await visit(given, true, true)];
  const told = ({ properties }: Report) => properties.map(({ name, kind, verdict, way, shortest }) => [name, verdict, ...(kind === 'sometimes' ? [] : [way?.steps.length, shortest])]);
  expect(told(both)).toEqual(told(all));
  expect(all.properties.filter(({ verdict }) => verdict === 'broken').map(({ way }) => way?.steps.length)).toEqual([23, 21, 21]);
  expect([all.states, both.states]).toEqual([16_219, 320]);
}, 30_000);

test('a bound on calls at once is the same bound for the oracle', async () => {
  const { system } = small({ sysfs: true, users: 2, times: 1 });
  const subject = subjectOf(system, { together: 1 });
  const { states, transitions } = await explore(subject, [], { partialOrder: false, symmetry: false });
  expect(oracle(system, subject, { granularity: 'monitor', limit: 100_000 })).toMatchObject({ states, transitions, complete: true });
  expect([states, transitions]).toEqual([2199, 3495]);
});

test('answers that come before anything else change no verdict', () => {
  const given = { sysfs: true, users: 1, times: 1, only: ['bind_store', 'vm1'] };
  const { system, subject } = small(given);
  const properties = propertiesFor(smallTopology(given));
  const [fine, monitor] = (['fine', 'monitor'] as const).map((granularity) => oracle(system, subject, { granularity, limit: 100_000, properties }));
  expect([...(fine?.found.keys() ?? [])].sort()).toEqual([...(monitor?.found.keys() ?? [])].sort());
  expect(fine?.words).toEqual(monitor?.words);
});
