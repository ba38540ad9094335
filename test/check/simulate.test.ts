import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { generator } from '../../src/check/random.ts';
import { replay } from '../../src/check/replay.ts';
import { pct } from '../../src/check/schedule.ts';
import { simulate, type SimulateOptions } from '../../src/check/simulate.ts';
import { failing } from '../../src/check/shrink.ts';
import { Walk } from '../../src/check/walk.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const walk = (given: Small, options: Partial<SimulateOptions> = {}) => {
  const { system, subject } = small(given);
  return simulate(system, subject, propertiesFor(smallTopology(given)), { walks: 60, length: 300, seed: 7, ...options });
};
const broken = (name: string) => {
  const { model, breaks } = brokenModels.find((one) => one.name === name) as (typeof brokenModels)[number];
  return { model, breaks };
};

/** Fault, topology, schedule. The third is a race of two steps that few uniform walks meet. */
const faults: [string, Small, 'uniform' | 'pct'][] = [
  ['unuse ignores', { sysfs: true, times: 1 }, 'pct'],
  ['cleanup at once', { sysfs: true, users: 1, times: 1 }, 'uniform'],
  ['claim that asks first', { sysfs: true, users: 1, times: 1 }, 'pct'],
  ['listener takes device_lock, once', { sysfs: true, times: 1 }, 'pct'],
];

describe('walks', () => {
  test.each(faults)('find "%s", and shrink it to nearly a shortest way', async (name, topology, schedule) => {
    const { model, breaks } = broken(name);
    const given = { ...topology, model };
    const { samples } = await walk(given, { schedule });
    const found = samples.find((sample) => sample.name === breaks);
    const { properties } = await explore(small(given).subject, propertiesFor(smallTopology(given)).filter((one) => one.name === breaks), { partialOrder: false });
    const shortest = properties[0]?.way?.steps.length as number;
    expect(['seed 7', found?.verdict]).toEqual(['seed 7', 'broken']);
    const shrunk = found?.steps?.length as number;
    expect(shrunk).toBeGreaterThanOrEqual(shortest);
    expect(shrunk).toBeLessThanOrEqual(shortest + 2);
    expect(found?.walked).toBeGreaterThanOrEqual(shrunk);
    // The system takes the shrunk way again, and no step of it can be left out.
    const { system, subject } = small(given);
    expect(replay(system, found?.steps ?? []).facts.length).toBeGreaterThan(shrunk);
    const ground = { system, subject, properties: propertiesFor(smallTopology(given)).filter((one) => one.name === breaks) };
    const steps = (found?.steps ?? []).map((step) => ({ ...step, event: system.messages.intern(step.event) }));
    const without = steps.map((_, left) => failing(ground, ground.properties[0] as never, steps.filter((__, index) => index !== left))?.length ?? Infinity);
    expect(without.filter((length) => length < steps.length)).toEqual([]);
  }, 30_000);
});

describe.each(['uniform', 'pct'] as const)('%s walks', (schedule) => {
  test('a seed gives the same walks, and nothing is said to hold', async () => {
    const given = { sysfs: true, users: 2 };
    const [once, again] = [await walk(given, { schedule, walks: 10 }), await walk(given, { schedule, walks: 10 })];
    expect(again).toEqual(once);
    expect(new Set(once.samples.map(({ verdict }) => verdict))).toEqual(new Set(['sampled']));
  });

  test('a single walk is taken again by its number', async () => {
    const { model, breaks } = broken('unuse ignores');
    const given: Small = { sysfs: true, times: 1, model };
    const found = (await walk(given, { schedule })).samples.find(({ name }) => name === breaks);
    const again = (await walk(given, { schedule, walks: 1, first: found?.walk })).samples.find(({ name }) => name === breaks);
    expect(again).toEqual(found);
  });
});

test('with priorities one thread goes on until it has to wait, or falls behind', () => {
  const { system, subject } = small({ sysfs: true, users: 2 });
  const changes = (depth: number) => {
    const schedule = pct(generator(3), depth, 100);
    const walk = new Walk({ system, subject, properties: [] });
    const threads: string[] = [];
    while (walk.steps.length < 100) {
      const open = walk.open();
      const choice = schedule(walk, open) as (typeof open)[number];
      threads.push(walk.root(choice));
      walk.take(choice);
    }
    return threads.filter((thread, index) => index > 0 && thread !== threads[index - 1]).length;
  };
  expect([changes(1), changes(4) > 0, changes(4) < 20]).toEqual([0, true, true]);
});
