/** The explorer against the reference on one model: equal counts, then the rates. `npm run bench` prints the ratio. */
import { bench, describe, expect } from 'vitest';
import { models } from '../machines/models/index.ts';
import type { Model } from '../machines/model.ts';
import { propertiesFor } from '../machines/properties/index.ts';
import { explore } from '../src/check/explore.ts';
import { oracle } from '../src/check/oracle.ts';
import { Search, type Visitor } from '../src/check/search.ts';
import { subjectOf } from '../src/check/subject.ts';
import { Tables } from '../src/check/tables.ts';
import { defaultTopology } from '../src/world/topology.ts';
import { System } from '../src/world/world.ts';

const topology = defaultTopology({ devices: 1, users: 1, module: false, hotplug: false });
const worlds = 25_380;
const system = () => new System(models['v6.12.y'] as Model, topology);
const nothing: Visitor = { discovered: () => undefined, decided: () => undefined, expanding: () => undefined };
const options = { iterations: 3, warmupIterations: 0, time: 0 };

describe(`one device, one user, sysfs threads: ${worlds} worlds`, () => {
  bench('reference: a Map of strings', () => {
    const one = system();
    expect(oracle(one, subjectOf(one), { granularity: 'monitor', limit: Infinity }).states).toBe(worlds);
  }, options);

  bench('tables and packed worlds', () => {
    const search = new Search(new Tables(subjectOf(system()), []), nothing, { memory: 2 ** 30 });
    while (search.run(4096));
    expect(search.worlds.size).toBe(worlds);
  }, options);

  bench('the same, every property decided', async () => {
    expect((await explore(subjectOf(system()), propertiesFor(topology), { partialOrder: false, symmetry: false })).states).toBe(worlds);
  }, options);

  bench('every property decided, with reductions', async () => {
    expect((await explore(subjectOf(system()), propertiesFor(topology))).complete).toBe(true);
  }, options);
});
