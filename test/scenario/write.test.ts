/** A run as a scenario text: whatever was played or driven is played again by the text. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System, type Fact } from '../../src/world/world.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { play } from '../../src/scenario/run.ts';
import { scenarioText } from '../../src/scenario/write.ts';

const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const names = readdirSync(folder).filter((name) => /^(?:async-p|bind-err|claim-during|defer-all|driver-over|iommufd-cdev|null-owner|vfio-claim-races|vfio-errors|test-remove-l).*\.scenario$/.test(name)).sort();

test('golden scenarios are written as texts that play them', () => {
  const inexact = names.flatMap((name) => {
    const scenario = parseScenario(readFileSync(folder + name, 'utf8'), name);
    const model = models[scenario.models.at(-1) ?? ''] as Model;
    const { system, log } = play(scenario, model);
    const facts = Array.from({ length: log.length }, (_, seq) => log.fact(seq));
    const { text, exact } = scenarioText(system, facts, { about: name });
    return exact ? [] : [`${name}\n${text}`];
  });
  expect(inexact).toEqual([]);
});

test('runs that are driven at random are written as texts that play them', () => {
  const model = models['v6.12.y'] as Model;
  const system = new System(model, defaultTopology({ devices: 2, users: 1, bound: true, models: [model] }));
  for (let seed = 1; seed <= 8; seed++) {
    const facts: Fact[] = [];
    let [world, state] = [system.initial(), seed];
    for (let step = 0; step < 120; step++) {
      const choices = system.choices(world);
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const choice = choices[(state >>> 8) % choices.length];
      if (choice === undefined) break;
      const taken = system.step(world, choice);
      facts.push(taken.fact);
      world = taken.world;
    }
    const { text, exact } = scenarioText(system, facts, { about: `seed ${seed}` });
    expect(exact ? '' : text).toBe('');
  }
});
