/**
 * The golden scenarios: each is played under its models and must print what it expects.
 *
 * `npx vitest run test/scenario/golden.test.ts -u` writes what is printed now into the files, like
 * `dma-ownership run --update test/golden/*.scenario`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { bindingAt } from '../../machines/address.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { replay } from '../../src/log/replay.ts';
import { compare, printDifference, updated } from '../../src/scenario/expected.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { printBlock } from '../../src/scenario/print.ts';
import { play, scripted, type Played } from '../../src/scenario/run.ts';
import { System } from '../../src/world/world.ts';

const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.scenario')).sort();

const scenarios = names.map((name) => parseScenario(readFileSync(folder + name, 'utf8'), name));
const played = new Map(scenarios.map((scenario) => [scenario.name, scenario.models.map((model) => play(scenario, models[model] as Model))]));
const producedBy = (run: Played) => ({ model: run.model, blocks: run.blocks.map((block) => printBlock(run, block)) });

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
  const runs = played.get(name) ?? [];

  test('prints what it expects', async () => {
    const outputs = runs.map(producedBy);
    // The first difference is easier to read than two whole files; `-u` needs the files.
    const [difference] = outputs.flatMap((output) => compare(scenario, output) ?? []);
    await expect(updated(scenario, outputs)).toMatchFileSnapshot(folder + name, difference && printDifference(name, difference));
  });

  test('is a run that its model allows', () => {
    for (const run of runs) {
      const facts = run.blocks.flatMap(({ facts }) => facts.map(({ fact }) => fact));
      expect(replay(new System(models[run.model] as Model, scripted(scenario)), facts)).toMatchObject({ same: true });
    }
  });
});

test('together they enter every state of driver_binding', () => {
  const states = (node: AnyStateNode): string[] => [node, ...Object.values(node.states)].flatMap((inner) => (inner === node ? [node.id] : states(inner)));
  const entered = new Set([...played.values()].flat().flatMap(({ system, log }) => {
    const bindings = system.topology.devices.map(({ name }) => bindingAt(name));
    const facts = Array.from({ length: log.length }, (_, seq) => log.fact(seq));
    const visited = bindings.flatMap((address) => system.actors[system.indexOf(address)]?.locals ?? []).flatMap(({ snapshot }) => (snapshot._nodes as AnyStateNode[]).map(({ id }) => id));
    return [...visited, ...facts.flatMap(({ passed }) => passed.map(({ label }) => label))];
  }));
  const chart = (models['v6.12.y'] as Model).charts.driver_binding;
  // A state that is left within the step that enters it is known by its label, or by the step before it.
  const passing = (id: string) => ['deciding', 'done', 'returned', 'answered'].some((state) => id.endsWith(state));
  const label = (id: string) => id.slice(id.lastIndexOf('.') + 1);
  expect(states(chart.root as unknown as AnyStateNode).filter((id) => !entered.has(id) && !entered.has(label(id)) && !passing(id))).toEqual([]);
});
