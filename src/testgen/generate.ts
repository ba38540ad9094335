/**
 * A suite for a topology: the criteria that are asked for, tours that cover them, and a report that says what is covered by which test and
 * what cannot be reached.
 */
import type { WayStep } from '../check/path.ts';
import type { Subject } from '../check/subject.ts';
import { fieldOf, type Field } from './field.ts';
import { criteria, Goals, type Criterion } from './goals.ts';
import { graphOf, stepOf, type Graph, type GraphOptions } from './graph.ts';
import { Tours, type Tour } from './tours.ts';

export interface GenerateOptions extends GraphOptions {
  readonly coverage: readonly Criterion[];
  /** Steps of one test, about. Default 400. */
  readonly longest?: number | undefined;
  /** Told how many goals are still open. */
  readonly onGoals?: ((left: number) => void) | undefined;
}

export interface Test {
  readonly name: string;
  readonly steps: readonly WayStep[];
  /** Names of the goals that no earlier test covers, and how many it covers in all. */
  readonly goals: readonly string[];
  readonly covers: number;
}

/** `covered` by the tests named; `unreachable`: no step of a complete exploration reaches it; `unknown`: none was found, and the exploration was stopped. */
export interface GoalReport {
  readonly criterion: Criterion;
  readonly name: string;
  readonly verdict: 'covered' | 'uncovered' | 'unreachable' | 'unknown';
  readonly tests: readonly string[];
}

export interface Generated {
  readonly graph: Graph;
  readonly worlds: number;
  readonly steps: number;
  readonly complete: boolean;
  readonly tests: readonly Test[];
  readonly goals: readonly GoalReport[];
  /** Steps of the tests, and of a suite with one shortest path for each goal (as `xstate/graph` makes it), each path once. */
  readonly length: { readonly tests: number; readonly steps: number };
  readonly shortestPaths: { readonly tests: number; readonly steps: number };
}

/** Fewer steps than this are not worth a new test. */
const reset = 10;

/**
 * Explores, plans and reports. The steps of a test begin in the initial world of the subject.
 *
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function generate(subject: Subject, options: GenerateOptions): Promise<Generated> {
  const graph = await graphOf(subject, options);
  const goals = new Goals(subject, options.coverage);
  const field = fieldOf(graph, goals);
  const tours = new Tours(field, goals, { longest: options.longest ?? 400, reset });
  return reportOf(graph, field, goals, tours, tours.run(options.onGoals));
}

/** What tours over a field of this graph come to. */
export function reportOf(graph: Graph, field: Field, goals: Goals, tours: Tours, made: readonly Tour[]): Generated {
  const digits = String(made.length).length;
  const names = made.map((_, index) => String(index + 1).padStart(digits, '0'));
  const by = new Map<number, string[]>();
  for (const [index, tour] of made.entries()) for (const goal of tour.goals) by.set(goal, [...(by.get(goal) ?? []), names[index] as string]);
  const tests = made.map(({ edges, goals: covered }, index): Test => ({
    name: names[index] as string, covers: covered.size,
    steps: edges.flatMap((edge) => field.choices(edge).map((choice) => stepOf(graph.tables, choice))),
    goals: [...covered].filter((goal) => by.get(goal)?.[0] === names[index]).map((goal) => `${goals.all[goal]?.criterion} ${goals.all[goal]?.name}`).sort(),
  }));
  const verdict = (goal: number): GoalReport['verdict'] => (by.has(goal) ? 'covered' : (tours.shortest[goal] ?? -1) >= 0 ? 'uncovered' : graph.complete ? 'unreachable' : 'unknown');
  const reached = goals.all.flatMap((_, goal) => ((tours.shortest[goal] ?? -1) >= 0 ? [tours.shortest[goal] as number] : []));
  return {
    graph, worlds: graph.states, steps: graph.target.length, complete: graph.complete, tests,
    goals: goals.all.map(({ criterion, name }, goal) => ({ criterion, name, verdict: verdict(goal), tests: by.get(goal) ?? [] })),
    length: { tests: tests.length, steps: tests.reduce((sum, { steps }) => sum + steps.length, 0) },
    shortestPaths: { tests: reached.length, steps: reached.reduce((sum, steps) => sum + steps, 0) },
  };
}

/** By criterion: how many goals there are, and what became of them. */
export function summary({ goals }: Pick<Generated, 'goals'>): { criterion: Criterion; about: string; goals: number; covered: number; uncovered: number; unreachable: number; unknown: number }[] {
  return (Object.keys(criteria) as Criterion[]).flatMap((criterion) => {
    const mine = goals.filter((goal) => goal.criterion === criterion);
    const count = (verdict: GoalReport['verdict']) => mine.filter((goal) => goal.verdict === verdict).length;
    return mine.length === 0 ? [] : [{ criterion, about: criteria[criterion], goals: mine.length, covered: count('covered'), uncovered: count('uncovered'), unreachable: count('unreachable'), unknown: count('unknown') }];
  });
}
