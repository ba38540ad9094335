/**
 * The suite for a real machine: each chapter explored whole, covered by tours of calls, and told as tests whose answers were played.
 */
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { subjectOf } from '../check/subject.ts';
import { threadOfActor } from '../scenario/names.ts';
import { System } from '../world/world.ts';
import { callText } from '../scenario/declare.ts';
import { callsOf } from './calls.ts';
import { reportOf, type Generated, type GenerateOptions, type GoalReport } from './generate.ts';
import { Goals } from './goals.ts';
import { graphOf } from './graph.ts';
import { machineChapters, type Chapter } from './machine.ts';
import { suiteOf, testOf } from './played.ts';
import type { Suite, SuiteTest } from './suite.ts';
import { declarations } from './texts.ts';
import { Tours } from './tours.ts';

/** Calls of one test, about, unless told otherwise; and what a test more costs, in calls. */
const usual = { longest: 40, reset: 3 } as const;

export interface Machined extends Omit<Generated, 'graph' | 'tests'> {
  readonly suite: Suite;
}

/**
 * A suite of everything that can be forced on a machine, or of the topology that is given: its devices are then the roles.
 *
 * @throws {ModelError} what the charts throw; `bad-scenario` where a thread of the topology does what user space cannot
 */
export async function machineSuite(model: Model, options: GenerateOptions, topology?: Topology): Promise<Machined> {
  const chapters = topology === undefined ? machineChapters(model) : [{ name: 'the topology', topology }];
  const parts: { chapter: Chapter; generated: Generated; tests: SuiteTest[] }[] = [];
  for (const chapter of chapters) {
    const subject = subjectOf(new System(model, chapter.topology), { inTurn: true });
    const graph = await graphOf(subject, options);
    const goals = new Goals(subject, options.coverage.filter((criterion) => criterion !== 'races'));
    const field = callsOf(graph, goals, true);
    const tours = new Tours(field, goals, { ...usual, ...(options.longest === undefined ? {} : { longest: options.longest }) });
    const made = tours.run(options.onGoals);
    const generated = reportOf(graph, field, goals, tours, made);
    parts.push({ chapter, generated, tests: generated.tests.map((test, index) => asTest(model, chapter, test, `${chapter.name} ${index + 1}`)) });
  }
  const tests = parts.flatMap((part) => part.tests);
  const whole = chapters.length === 1 ? (chapters[0] as Chapter).topology : { ...(chapters[0] as Chapter).topology, threads: [] };
  const sum = (of: (part: Generated) => number) => parts.reduce((total, { generated }) => total + of(generated), 0);
  return {
    suite: suiteOf(model, whole, tests), worlds: sum(({ worlds }) => worlds), steps: sum(({ steps }) => steps), complete: parts.every(({ generated }) => generated.complete),
    goals: merged(parts.map(({ chapter, generated }) => generated.goals.map((goal) => ({ ...goal, tests: goal.tests.map((test) => `${chapter.name} ${Number(test)}`) })))),
    length: { tests: tests.length, steps: tests.reduce((total, { steps }) => total + steps.length, 0) },
    shortestPaths: { tests: sum(({ shortestPaths }) => shortestPaths.tests), steps: sum(({ shortestPaths }) => shortestPaths.steps) },
  };
}

function asTest(model: Model, { topology }: Chapter, { steps, goals }: Generated['tests'][number], name: string): SuiteTest {
  const calls = steps.flatMap(({ to, event, start }) => (start ? [{ thread: threadOfActor(to.slice('thread:'.length)), call: event }] : []));
  const text = [
    `# ${name}.`, '# Expect: always the same answers, whatever order the machine takes inside a call.', `# Models: ${model.name}`,
    ...declarations(topology, calls), '', ...calls.map(({ thread, call }) => `call ${thread} ${callText(call)}`), '',
  ].join('\n');
  return testOf(text, name, model, goals);
}

/** A goal is what it is in the chapter that knows most about it. */
function merged(all: readonly (readonly GoalReport[])[]): GoalReport[] {
  const order = ['covered', 'uncovered', 'unknown', 'unreachable'] as const;
  const byName = new Map<string, GoalReport>();
  for (const goal of all.flat()) {
    const key = `${goal.criterion} ${goal.name}`;
    const known = byName.get(key);
    byName.set(key, known === undefined ? goal : {
      ...goal, verdict: order[Math.min(order.indexOf(known.verdict), order.indexOf(goal.verdict))] as GoalReport['verdict'], tests: [...known.tests, ...goal.tests],
    });
  }
  return [...byName.values()];
}
