/** Suites that cover what they say, by ways that the system takes. */
import { getShortestPaths } from 'xstate/graph';
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { replay } from '../../src/check/replay.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { play } from '../../src/scenario/run.ts';
import { compare } from '../../src/scenario/expected.ts';
import { printBlock } from '../../src/scenario/print.ts';
import { graphOf } from '../../src/testgen/graph.ts';
import { generate, summary, type Generated } from '../../src/testgen/generate.ts';
import { criteria, type Criterion } from '../../src/testgen/goals.ts';
import { scenarios } from '../../src/testgen/targets/scenarios.ts';
import { isAnswer, System, type Choice, type World } from '../../src/world/world.ts';

const model = models['v6.12.y'] as Model;
const all = Object.keys(criteria) as Criterion[];
const topology = smallTopology({ devices: 1, sysfs: true, users: 1, times: 1, only: ['bind_store', 'vm1'], answers: { probe: [0, -12] } });
const subject = () => subjectOf(new System(model, topology), { together: 2 });
let made: Promise<Generated> | undefined;
const generated = () => (made ??= generate(subject(), { coverage: all }));

describe('a suite', () => {
  test('covers every goal that can be reached', async () => {
    const { complete, goals } = await generated();
    expect(complete).toBe(true);
    expect(summary(await generated()).map(({ criterion, goals: count, covered, uncovered, unreachable, unknown }) => `${criterion}: ${count}, covered ${covered}, uncovered ${uncovered}, unreachable ${unreachable}, unknown ${unknown}`)).toMatchInlineSnapshot(`
      [
        "states: 205, covered 94, uncovered 0, unreachable 111, unknown 0",
        "transitions: 650, covered 94, uncovered 0, unreachable 556, unknown 0",
        "pairs: 106, covered 106, uncovered 0, unreachable 0, unknown 0",
        "answers: 211, covered 50, uncovered 0, unreachable 161, unknown 0",
        "guards: 460, covered 65, uncovered 0, unreachable 395, unknown 0",
        "refusals: 3, covered 3, uncovered 0, unreachable 0, unknown 0",
        "races: 428, covered 428, uncovered 0, unreachable 0, unknown 0",
      ]
    `);
    expect(goals.filter(({ verdict, tests }) => (verdict === 'covered') !== tests.length > 0)).toEqual([]);
  });

  test('is walked by the system, and shorter than one path for each goal', async () => {
    const { tests, length, shortestPaths } = await generated();
    const system = new System(model, topology);
    for (const { steps } of tests) expect(replay(system, steps).facts.length).toBeGreaterThanOrEqual(steps.length);
    expect(length.steps).toBe(tests.reduce((sum, { steps }) => sum + steps.length, 0));
    expect(length.steps).toBeLessThan(shortestPaths.steps / 5);
  });

  test('is told as scenarios that play as they say', async () => {
    const { tests } = await generated();
    for (const { name, text } of scenarios(model, topology, tests.slice(0, 12))) {
      const scenario = parseScenario(text, name);
      const played = play(scenario, model);
      expect(compare(scenario, { model: model.name, blocks: played.blocks.map((block) => printBlock(played, block)) })).toBeUndefined();
    }
  });

  test('does not say what it does not know', async () => {
    const { complete, goals } = await generate(subject(), { coverage: ['transitions'], limit: 200 });
    expect(complete).toBe(false);
    expect(goals.some(({ verdict }) => verdict === 'unknown')).toBe(true);
    expect(goals.some(({ verdict }) => verdict === 'unreachable')).toBe(false);
  });
});

test('the shortest ways are those of xstate/graph', async () => {
  const unbounded = { ...topology, threads: topology.threads.map((thread) => ({ ...thread, times: null })), answers: {} };
  const system = new System(model, unbounded);
  const settled = (after: World): World => {
    let world = after;
    while (world.flight.some(({ event }) => isAnswer(event))) world = system.step(world, system.choices(world)[0] as Choice).world;
    return { ...world, seq: 0, flight: world.flight.map((sent) => ({ ...sent, cause: null })).sort((a, b) => (`${a.event.from} ${a.to}` < `${b.event.from} ${b.to}` ? -1 : 1)) };
  };
  const snapshot = (world: World) => ({ status: 'active' as const, output: undefined, error: undefined, world });
  const paths = getShortestPaths({
    getInitialSnapshot: () => snapshot(system.initial()), getPersistedSnapshot: (one: ReturnType<typeof snapshot>) => one as never,
    transition: ({ world }: ReturnType<typeof snapshot>, { choice }: { type: string; choice: Choice }) => snapshot(settled(system.step(world, choice).world)),
  } as never, {
    events: (({ world }: ReturnType<typeof snapshot>) => system.choices(world).map((choice) => ({ type: choice.event.type, choice }))) as never,
    serializeState: (({ world }: ReturnType<typeof snapshot>) => system.key(world)) as never,
    serializeEvent: (({ choice: { kind, to, event } }: { choice: Choice }) => `${kind} ${to} ${JSON.stringify(event)}`) as never,
  });
  const graph = await graphOf(subjectOf(system));
  const depth = new Int32Array(graph.states).fill(-1);
  depth[0] = 0;
  const queue = [0];
  for (const world of queue) for (const to of graph.target.subarray(graph.first[world], graph.first[world + 1])) {
    if (depth[to] !== -1) continue;
    depth[to] = (depth[world] as number) + 1;
    queue.push(to);
  }
  const lengths = paths.map(({ steps }) => steps.length);
  const begins = Math.min(...lengths); // xstate/graph counts how the first state is entered
  expect(lengths.map((length) => length - begins).sort((a, b) => a - b)).toEqual([...depth].sort((a, b) => a - b));
});
