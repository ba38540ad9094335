import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type ExploreOptions } from '../../src/check/explore.ts';
import { layoutOf } from '../../src/check/layout.ts';
import { Lossy } from '../../src/check/lossy.ts';
import { replay } from '../../src/check/replay.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const run = (given: Small, options: ExploreOptions) => explore(small(given).subject, propertiesFor(smallTopology(given)), options);
const given: Small = { devices: 2, sysfs: true, users: 1, times: 1 };
const reductions = [{ partialOrder: false, symmetry: false }, {}] as const;

describe.each(['compact', 'bitstate'] as const)('%s', (lossy) => {
  test('visits every world where there is room, and says of none that it holds', async () => {
    for (const options of reductions) {
      const exact = await run(given, { ...options, kernel: 'javascript' });
      const report = await run(given, { ...options, lossy, memory: 2 ** 25 });
      const { states, transitions, depth, complete, stopped } = report;
      expect({ states, transitions, depth, complete, stopped }).toEqual({ states: exact.states, transitions: exact.transitions, depth: exact.depth, complete: false, stopped: undefined });
      expect(new Set(report.properties.map(({ verdict }) => verdict))).toEqual(new Set(['sampled']));
      expect(report.lossy).toEqual({ mode: lossy, omission: expect.any(Number) as number });
      expect([(report.lossy?.omission ?? 1) > 0, (report.lossy?.omission ?? 1) < 1e-3]).toEqual([true, true]);
      expect(report.coverage.dead).toEqual([]);
    }
  }, 30_000);

  test.each(['claim that asks first', 'sysfs failure leaks the count'])('finds "%s", with a way that the system takes', async (name) => {
    const { model, breaks } = brokenModels.find((one) => one.name === name) as (typeof brokenModels)[number];
    const broken: Small = { sysfs: true, users: 1, times: 1, model, answers: { sysfs_create_link: [0, -12] } };
    for (const options of reductions) {
      const exact = (await run(broken, { ...options, partialOrder: false })).properties.find((one) => one.name === breaks);
      const found = (await run(broken, { ...options, lossy, memory: 2 ** 25 })).properties.find((one) => one.name === breaks);
      expect(found?.verdict).toBe('broken');
      expect(replay(small(broken).system, found?.way?.steps ?? []).facts.length).toBeGreaterThan(10);
      if ('partialOrder' in options) expect(found?.way?.steps.length).toBe(exact?.way?.steps.length);
    }
  }, 30_000);
});

test('a field that fills up loses worlds, and says how likely', () => {
  const layout = layoutOf([20]);
  const worlds = new Lossy('bitstate', layout, 2 ** 15); // 131 072 bits
  const words = new Int32Array(1);
  const found = new Int32Array(1);
  let lost = 0;
  for (let node = 0; node < 50_000; node++) {
    words[0] = node;
    const place = worlds.place(words);
    if (place === -1) lost++;
    else worlds.read(place, found); // its turn comes at once, so it need not be kept
    if (place !== -1) expect(found[0]).toBe(node);
  }
  expect([worlds.size, lost > 1000, lost < 50_000]).toEqual([50_000 - lost, true, true]);
  expect(worlds.omission(1)).toBeGreaterThan(lost / 50_000); // as full as it is now it was not before
  expect(worlds.omission(100)).toBeGreaterThan(worlds.omission(1));
});

test('a table that is full stops the search', async () => {
  const report = await run(given, { partialOrder: false, symmetry: false, lossy: 'compact', memory: 2 ** 16 });
  expect([report.stopped, new Set(report.properties.map(({ verdict }) => verdict))]).toEqual(['memory', new Set(['unknown'])]);
});

test('there is no checkpoint of it', async () => {
  await expect(run(given, { lossy: 'compact', resume: 'none' })).rejects.toMatchObject({ code: 'wrong-use' });
});
