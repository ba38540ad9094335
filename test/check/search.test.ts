import { describe, expect, test } from 'vitest';
import { oracle } from '../../src/check/oracle.ts';
import { Search } from '../../src/check/search.ts';
import { Tables } from '../../src/check/tables.ts';
import { unheard } from '../../src/check/visit.ts';
import { small, type Small } from './subjects.ts';

function run(given: Small) {
  const search = new Search(new Tables(small(given).subject, []), unheard, { memory: 2 ** 30 });
  while (search.run(1024));
  return { states: search.worlds.size, transitions: search.transitions, depth: search.depth - 1 };
}

/** Golden: a changed count is a changed model. */
const counts: [Small, number, number, number][] = [
  [{ users: 1 }, 20, 32, 5],
  [{ users: 2 }, 225, 720, 6],
  [{ sysfs: true }, 2788, 8096, 145],
  [{ sysfs: true, users: 1, times: 1 }, 3681, 11510, 59],
  [{ sysfs: true, users: 1, times: 1, model: 'v6.1.y' }, 3681, 11510, 59],
  [{ sysfs: true, devices: 2, times: 1 }, 1382, 3022, 57],
  [{ module: true, times: 1 }, 85, 115, 51],
  [{ hotplug: true, times: 1 }, 172, 237, 79],
  [{ hotplug: true, users: 1, times: 1, bus: 'platform' }, 1483, 3280, 79],
  [{ sysfs: true, test_remove: true, times: 1 }, 680, 1344, 80],
  [{ sysfs: true, times: 1, answers: { probe: [0, -12, -517], firmware_dma_configure: [0, -517] } }, 659, 1329, 56],
];

describe('the explorer visits exactly the worlds of the oracle', () => {
  test.each(counts)('%j: %i worlds, %i steps, depth %i', (given, states, transitions, depth) => {
    const found = run(given);
    const { system, subject } = small(given);
    expect(oracle(system, subject, { granularity: 'monitor', limit: 100_000 })).toMatchObject({ ...found, complete: true });
    expect(found).toEqual({ states, transitions, depth });
  }, 30_000);
});

test('widths that grow on the way lose unheard', () => {
  const given = { sysfs: true, users: 2, times: 1 };
  const tables = new Tables(small(given).subject, []);
  const narrow = new Search(tables, unheard, { memory: 2 ** 30 });
  while (narrow.run(64));
  const wide = new Search(tables, unheard, { memory: 2 ** 30 }); // every node is known by now
  while (wide.run(64));
  expect([wide.worlds.size, wide.transitions]).toEqual([narrow.worlds.size, narrow.transitions]);
  expect(narrow.worlds.layout.bits.reduce((sum, bits) => sum + bits, 0)).toBeGreaterThan(0);
});
