/**
 * What a suite is worth: how many mutants it tells from the model, of those that are not the same as the model.
 *
 * A test kills a mutant when one of its steps cannot happen, or somebody answers or says something else in it. A mutant that no test kills is
 * explored: when every world has the same steps, with the same answers, under both, nobody could tell them apart.
 */
import type { WayStep } from '../check/path.ts';
import type { Subject } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { isAnswer, type Choice, type Step, System, type World } from '../world/world.ts';
import { difference } from './equal.ts';
import type { Generated, GoalReport } from './generate.ts';
import { graphOf } from './graph.ts';
import type { Mutant, Operator } from './mutants.ts';

export interface Fate {
  readonly operator: Operator;
  readonly place: string;
  readonly what: string;
  /** `equal`: proved, because nothing reaches the fault or by visiting every world of both. */
  readonly fate: 'killed' | 'equal' | 'survived' | 'unknown';
  /** The test that kills it, or why it is equal; for a survivor the shortest way to a difference. */
  readonly by: string;
  readonly way?: readonly WayStep[];
}

export interface Score {
  readonly mutants: number;
  readonly killed: number;
  readonly equal: number;
  readonly survived: number;
  readonly unknown: number;
  /** Killed, of those that are not proved equal; 1 when there are none. */
  readonly score: number;
  readonly fates: readonly Fate[];
}

export interface MutateOptions {
  /** The subject of a system under the mutant's model. */
  readonly subjectOf: (system: System) => Subject;
  readonly limit?: number | undefined;
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  /** What was found out about mutants before: whether they are equal does not depend on the suite. */
  readonly known?: Map<Mutant, Fate> | undefined;
}

/** What everybody sees of a step: who got what, what he said and sent. */
const seen = ({ fact: { to, event }, out }: Step): string => JSON.stringify([to, event, out]);

/** Tests as a model plays them: what is seen of each step. */
export interface Played {
  readonly name: string;
  readonly steps: readonly WayStep[];
  readonly seen: readonly (readonly string[])[];
}

/** @throws {ModelError} `impossible-way` when the system does not take a test's steps */
export function playAll(system: System, tests: Generated['tests']): Played[] {
  return tests.map(({ name, steps }) => {
    const all: string[][] = [];
    walk(system, steps, (line, step) => {
      (all[step] ??= []).push(line);
      return true;
    });
    return { name, steps, seen: all };
  });
}

/** Takes steps as long as `each` agrees. True when all were taken. */
function walk(system: System, steps: readonly WayStep[], each: (line: string, step: number) => boolean): boolean {
  let world: World = system.initial();
  const take = (choice: Choice, index: number): boolean => {
    const step = system.step(world, choice);
    world = step.world;
    return each(seen(step), index);
  };
  for (const [index, { to, event: told, start }] of steps.entries()) {
    const event = system.messages.intern(told);
    const choice = system.choices(world).find((one) => one.to === to && one.event === event && (one.kind === 'start') === start);
    if (choice === undefined || !take(choice, index)) return false;
    while (world.flight.some(({ event: waiting }) => isAnswer(waiting))) if (!take(system.choices(world)[0] as Choice, index)) return false;
  }
  return true;
}

/** Whether a test tells a system from the one that played it. */
function tells(system: System, { steps, seen: expected }: Played): boolean {
  const count = expected.map(() => 0);
  try {
    const through = walk(system, steps, (line, step) => expected[step]?.[count[step]!++] === line);
    return !through || count.some((lines, step) => lines !== expected[step]?.length);
  } catch {
    return true; // it stops with an error, which the model does not
  }
}

/**
 * The fate of every mutant under a suite.
 *
 * @param survey an exploration with the goals `transitions`, `guards` and `states`: what nothing reaches there makes no difference
 */
export async function mutate(system: System, survey: Pick<Generated, 'goals' | 'graph'>, suite: Pick<Generated, 'goals' | 'tests'>, mutants: readonly Mutant[], options: MutateOptions): Promise<Score> {
  const { graph } = survey;
  const played = playAll(system, suite.tests);
  const named = (goals: readonly GoalReport[]) => new Map(goals.map((goal) => [`${goal.criterion} ${goal.name}`, goal]));
  const [surveyed, covered] = [named(survey.goals), named(suite.goals)];
  const fates: Fate[] = [];
  for (const [index, mutant] of mutants.entries()) {
    if (options.signal?.aborted === true) break;
    options.onProgress?.(index, mutants.length);
    fates.push(await fateOf(mutant));
    if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const count = (fate: Fate['fate']) => fates.filter((one) => one.fate === fate).length;
  const [killed, equal] = [count('killed'), count('equal')];
  return { mutants: fates.length, killed, equal, survived: count('survived'), unknown: count('unknown'), score: fates.length === equal ? 1 : killed / (fates.length - equal), fates };

  async function fateOf(mutant: Mutant): Promise<Fate> {
    const { operator, place, what, touches } = mutant;
    const told = { operator, place, what };
    const known = options.known?.get(mutant);
    if (known?.fate === 'equal') return known;
    const touched = touches.flatMap((name) => surveyed.get(name) ?? []);
    if (graph.complete && touched.length === touches.length && touched.every(({ verdict }) => verdict === 'unreachable')) return keep(mutant, { ...told, fate: 'equal', by: 'no world reaches it' });
    // Tests that come by the fault first.
    const near = new Set(touches.flatMap((name) => covered.get(name)?.tests ?? []));
    const other = new System(mutant.model, system.topology);
    const killer = [...played.filter(({ name }) => near.has(name)), ...played.filter(({ name }) => !near.has(name))].find((test) => tells(other, test));
    if (killer !== undefined) return { ...told, fate: 'killed', by: killer.name };
    return known ?? keep(mutant, { ...told, ...await apart(other) });
  }

  function keep(mutant: Mutant, fate: Fate): Fate {
    options.known?.set(mutant, fate);
    return fate;
  }

  async function apart(other: System): Promise<Pick<Fate, 'fate' | 'by' | 'way'>> {
    if (!graph.complete) return { fate: 'unknown', by: 'the exploration of the model was stopped' };
    try {
      const theirs = await graphOf(options.subjectOf(other), { limit: options.limit, memory: options.memory, signal: options.signal });
      if (!theirs.complete) return { fate: 'unknown', by: 'the exploration of the mutant was stopped' };
      const found = difference(graph, theirs);
      return found === undefined ? { fate: 'equal', by: 'the same steps in every world' } : { fate: 'survived', by: `${found.steps.length} steps to a difference: ${found.what}`, way: found.steps };
    } catch (error) {
      if (error instanceof ModelError) return { fate: 'survived', by: `somewhere it stops: ${error.code}` };
      throw error;
    }
  }
}
