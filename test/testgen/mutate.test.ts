/** Mutants: each operator makes them, suites kill them, and what is said to be equal is. */
import type { AnyStateMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { observers } from '../../machines/observable.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { replay } from '../../src/check/replay.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { compare } from '../../src/compare/compare.ts';
import { generate } from '../../src/testgen/generate.ts';
import { mutantsOf, operators, type Mutant } from '../../src/testgen/mutants.ts';
import { mutate, type Fate } from '../../src/testgen/mutate.ts';
import { System } from '../../src/world/world.ts';

const model = models['v6.12.y'] as Model;
const topology = smallTopology({ devices: 1, sysfs: true, users: 1, times: 1, only: ['bind_store', 'vm1'], answers: { probe: [0, -12] } });
const system = new System(model, topology);
const subject = (one: System = system) => subjectOf(one, { together: 2 });
const charts = [model.charts.entry['dma_owner'], model.charts.mutex, model.charts.entry['bind_store'], model.charts.bus_dma['pci']] as AnyStateMachine[];
const mutants = mutantsOf(model, charts);

test('every operator makes mutants, each with one chart in another\'s place', () => {
  const all = mutantsOf(model, [model.charts.driver_binding]);
  expect([...new Set([...all, ...mutants].map(({ operator }) => operator))].sort()).toEqual(Object.keys(operators).sort());
  expect(all.filter(({ place, operator }) => operator === 'drop a call' && place.endsWith('in_dma_cleanup')).map(({ place }) => place)).toEqual(expect.arrayContaining(['driver_binding.__driver_probe_device.really_probe.sysfs_failed.in_dma_cleanup']));
  for (const { model: { charts: mine } } of mutants.slice(0, 20)) {
    const changed = Object.entries(mine).filter(([name, chart]) => name !== 'entry' && typeof (chart as AnyStateMachine).getInitialSnapshot === 'function' && chart !== model.charts[name as 'device']);
    const entries = Object.entries(mine.entry).filter(([name, chart]) => chart !== model.charts.entry[name]);
    expect(changed.length + entries.length).toBe(1);
  }
});

describe('a suite of transition pairs', () => {
  const known = new Map<Mutant, Fate>();
  const scored = (async () => {
    const survey = await generate(subject(), { coverage: ['states', 'transitions', 'guards'] });
    return mutate(system, survey, await generate(subject(), { coverage: ['pairs'] }), mutants, { subjectOf: subject, known });
  })();

  test('kills 95 % of what is not equal', async () => {
    const { score, fates, ...counts } = await scored;
    expect(counts).toMatchInlineSnapshot(`
      {
        "equal": 44,
        "killed": 69,
        "mutants": 113,
        "survived": 0,
        "unknown": 0,
      }
    `);
    expect(score).toBeGreaterThanOrEqual(0.95);
    expect(fates.length).toBe(mutants.length);
  });

  test('what is proved equal, compare cannot tell apart', async () => {
    await scored;
    const explored = [...known].filter(([, { fate, by }]) => fate === 'equal' && by !== 'no world reaches it');
    expect(explored.length).toBeGreaterThan(0);
    for (const [mutant] of explored.slice(0, 1)) {
      const { answer } = await compare(subject(), subject(new System(mutant.model, topology)), observers['kernel'] as (typeof observers)[string]);
      expect(answer).toBe('same');
    }
  });

  test('a survivor has a way to where it shows', async () => {
    for (const { way } of (await scored).fates.filter(({ fate, way: shown }) => fate === 'survived' && shown !== undefined)) expect(replay(system, way ?? []).facts.length).toBeGreaterThan(0);
  });
});

test('a suite that covers nothing kills nothing', async () => {
  const survey = await generate(subject(), { coverage: ['states', 'transitions', 'guards'] });
  const { killed, score } = await mutate(system, survey, { tests: [], goals: [] }, mutants.slice(0, 12), { subjectOf: subject });
  expect(killed).toBe(0);
  expect(score).toBe(0);
});
