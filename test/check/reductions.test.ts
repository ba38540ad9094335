import { describe, expect, test } from 'vitest';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type Report } from '../../src/check/explore.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const visit = (given: Small, partialOrder: boolean, symmetry: boolean) =>
  explore(small(given).subject, propertiesFor(smallTopology(given)), { partialOrder, symmetry });
const verdicts = ({ properties }: Report) => Object.fromEntries(properties.map(({ name, verdict }) => [name, verdict]));

/** Worlds visited: all, with symmetry, with partial order, with both. Golden. */
const table: [Small, number, number, number, number][] = [
  [{ users: 2 }, 225, 115, 225, 115],
  [{ users: 3 }, 2000, 385, 2000, 385],
  [{ users: 2, sysfs: true, times: 1, only: ['bind_store', 'vm1', 'vm2'] }, 2443, 1358, 615, 342],
  [{ devices: 2, sysfs: true, times: 1 }, 782, 782, 120, 117],
  [{ devices: 2, sysfs: true, users: 1, times: 1 }, 5790, 5790, 1002, 978],
  [{ hotplug: true, users: 1, times: 1 }, 2639, 2639, 892, 892],
  [{ sysfs: true, times: 1, answers: { probe: [0, -12, -517], firmware_dma_configure: [0, -517] } }, 411, 411, 93, 93],
  [{ sysfs: true, times: 1, bus: 'cdx', users: 1, model: 'v6.12.y' }, 2456, 2456, 409, 409],
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

