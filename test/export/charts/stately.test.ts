/** The JSON is the chart: XState makes of it a machine that moves as the chart does, and says the same. */
import { createMachine, type AnyStateMachine } from 'xstate';
import { expect, test } from 'vitest';
import type { Charts, Model } from '../../../machines/model.ts';
import { models } from '../../../machines/models/index.ts';
import { stately } from '../../../src/export/charts/stately.ts';
import type { Fact } from '../../../src/world/world.ts';
import { charts, nodesOf } from '../../machines/charts.ts';
import { walk, wildTopology } from '../../machines/explore.ts';

const made = new Map<AnyStateMachine, AnyStateMachine>();

/** From the text alone, with the chart's own functions behind its names. */
function again(chart: AnyStateMachine): AnyStateMachine {
  const known = made.get(chart);
  if (known !== undefined) return known;
  const { config, implementations } = stately(chart);
  const parsed = JSON.parse(JSON.stringify(config)) as object;
  const machine = createMachine({ ...parsed, context: chart.config.context as unknown } as never).provide(implementations as never);
  made.set(chart, machine);
  return machine;
}

const isChart = (value: object): value is AnyStateMachine => 'root' in value;
const all = <T extends object>(part: T): T =>
  Object.fromEntries(Object.entries(part).map(([key, value]) => [key, isChart(value as object) ? again(value as AnyStateMachine) : all(value as object)])) as T;

const table = (machine: AnyStateMachine) => nodesOf(machine.root).map((node) => [
  node.path.join('.'), node.type, node.description, node.meta as unknown, node.entry.length, node.exit.length,
  [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(({ eventType, target, guard, actions, reenter, description }) =>
    [eventType as string, target?.map(({ path }) => path.join('.')), guard !== undefined, actions.length, reenter, description]),
]);

test.each([...charts])('%s: the same states and transitions, in the same order', (_name, chart) => {
  expect(table(again(chart))).toEqual(table(chart));
});

test.each(process.env['CHARTS'] === 'all' ? Object.keys(models) : ['v6.12.y'])('%s: a walk over machines made of the JSON takes the steps of the charts', (name) => {
  const model = models[name] as Model;
  const facts = (of: Model) => {
    const found: Fact[] = [];
    walk(of, wildTopology('pci', model), { seed: 5, steps: 2000 }, undefined, ({ fact }) => found.push(fact));
    return found;
  };
  const steps = facts({ ...model, charts: all<Charts>(model.charts) });
  expect(steps).toEqual(facts(model));
  expect(steps.length).toBeGreaterThan(1500);
});

test('a name stands for one thing, and every one is there', () => {
  const missing = [...charts].flatMap(([name, chart]) => {
    const { config, implementations } = stately(chart);
    const known = { ...implementations.actions, ...implementations.guards };
    return [...JSON.stringify(config).matchAll(/\{"type":("(?:[^"\\]|\\.)*")/g)].map(([, type]) => JSON.parse(type as string) as string).filter((type) => !(type in known) && !['parallel', 'final'].includes(type)).map((type) => `${name}: ${type}`);
  });
  expect(missing).toEqual([]);
});
