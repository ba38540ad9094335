import { expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { replay } from '../../src/check/replay.ts';
import { simulate } from '../../src/check/simulate.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const walk = (given: Small, seed: number) => {
  const { system, subject } = small(given);
  return simulate(system, subject, propertiesFor(smallTopology(given)), { walks: 60, length: 300, seed });
};
const leaks = brokenModels.find(({ name }) => name === 'unuse ignores');

test('walks find a fault, and the system takes the same way again', async () => {
  const given: Small = { sysfs: true, ...(leaks ? { model: leaks.model } : {}) };
  const { samples } = await walk(given, 7);
  const found = samples.find(({ name }) => name === leaks?.breaks);
  expect(found?.verdict).toBe('broken');
  expect(replay(small(given).system, found?.steps ?? []).facts.length).toBeGreaterThan(25);
});

test('a seed gives the same walks, and nothing is said to hold', async () => {
  const given = { sysfs: true, users: 2 };
  const [once, again] = [await walk(given, 7), await walk(given, 7)];
  expect(again).toEqual(once);
  expect(new Set(once.samples.map(({ verdict }) => verdict))).toEqual(new Set(['sampled']));
});
