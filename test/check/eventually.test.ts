import { expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { explore } from '../../src/check/explore.ts';
import type { Property } from '../../src/check/property.ts';
import { replay } from '../../src/check/replay.ts';
import { small, type Small } from './subjects.ts';

const holder = { device: ({ context }: { context: Readonly<Record<string, unknown>> }) => context['holder'] };
const held = (seen: Readonly<Record<string, readonly unknown[]>>) => (seen['device'] ?? []).some((one) => one !== null);
const owner = { group: ({ context }: { context: Readonly<Record<string, unknown>> }) => context['owner'] };
const owned = (seen: Readonly<Record<string, readonly unknown[]>>) => (seen['group'] ?? []).some((one) => one !== null);

const unlocks: Property = { kind: 'leadsTo', name: 'a lock is given back', why: '', sees: holder, holds: held, then: (seen) => !held(seen) };
const releases: Property = { kind: 'leadsTo', name: 'an owner lets go', why: '', sees: owner, holds: owned, then: (seen) => !owned(seen) };
const wakes: Property = { kind: 'leadsTo', name: 'a group gets an owner', why: '', sees: owner, holds: () => true, then: owned };

const kept = brokenModels.find(({ name }) => name === 'bind keeps device_lock')?.model;
const failing: Small = { sysfs: true, only: ['bind_store'], answers: { probe: [-12] } };

/** Given, property, verdict, steps to the loop, and whether something still happens in it. */
const cases: [Small, Property, string, number, boolean][] = [
  // One thread that binds again and again always goes on, so the lock is given back, although it is taken again for ever.
  [{ sysfs: true, only: ['bind_store'] }, unlocks, 'holds', 0, false],
  [{ sysfs: true, times: 1 }, unlocks, 'holds', 0, false],
  [{ ...failing, times: 1, ...(kept ? { model: kept } : {}) }, unlocks, 'broken', 31, false],
  // Nobody has to begin a call: an owner may stay.
  [{ users: 1 }, releases, 'broken', 2, false],
  [{ users: 1 }, wakes, 'broken', 0, false],
];

test.each(cases.map((one): [string, ...typeof one] => [`${one[1].name}: ${one[2]}`, ...one]))('%s', async (_name, given, property, verdict, steps, goesOn) => {
  const { system, subject } = small(given);
  const { properties: [outcome] } = await explore(subject, [property]);
  expect(outcome?.verdict).toBe(verdict);
  if (outcome?.way === undefined) return;
  const { world } = replay(system, outcome.way.steps);
  expect(outcome.way.steps.length).toBe(steps);
  // The loop can be taken, and ends where it began.
  const round = replay(system, outcome.way.loop ?? [], world);
  expect(system.key(round.world)).toBe(system.key(world));
  expect((outcome.way.loop ?? []).length > 0).toBe(goesOn);
});
