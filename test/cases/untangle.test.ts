import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import * as dma_ownership from '../../machines/properties/dma_ownership.ts';
import { replay } from '../../src/check/replay.ts';
import { simulate } from '../../src/check/simulate.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { untangle } from '../../src/cases/untangle.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { System } from '../../src/world/world.ts';

test('the same steps, to the same world, with fewer changes of thread', async () => {
  const system = new System(models['v6.12.y'] as Model, smallTopology({ bus: 'cdx', sysfs: true, users: 1, times: 1 }));
  // Random walks, shrunk: the steps of three threads lie in each other's way as they come.
  const { samples } = await simulate(system, subjectOf(system), [dma_ownership.ownerIsCounted], { walks: 60, seed: 5 });
  const tangled = samples[0]?.steps ?? [];
  expect(tangled.length).toBeGreaterThan(40);
  for (const lastStays of [true, false]) {
    const untangled = untangle(system, tangled, lastStays);
    const texts = (steps: typeof tangled) => steps.map((step) => JSON.stringify(step));
    expect(texts(untangled).sort()).toEqual(texts(tangled).sort());
    expect(system.key(replay(system, untangled).world)).toBe(system.key(replay(system, tangled).world));
    expect(changes(untangled)).toBeLessThan(changes(tangled));
    expect(untangle(system, untangled, lastStays)).toEqual(untangled);
    if (lastStays) expect(untangled.at(-1)).toEqual(tangled.at(-1));
  }
});

/** How often a thread begins or is told something after another has been. */
const changes = (steps: readonly { readonly to: string }[]): number => {
  const threads = steps.map(({ to }) => to).filter((to) => to.startsWith('thread:'));
  return threads.filter((to, index) => index > 0 && to !== threads[index - 1]).length;
};
