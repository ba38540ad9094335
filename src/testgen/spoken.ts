/** Tests of whole calls as who calls what, and what comes of it: the form of the targets that drive an implementation. */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import { replay } from '../check/replay.ts';
import type { Subject } from '../check/subject.ts';
import { isAnswer, type System } from '../world/world.ts';
import { callsOf } from './calls.ts';
import { reportOf, type Generated, type GenerateOptions } from './generate.ts';
import { Goals } from './goals.ts';
import { graphOf } from './graph.ts';
import { Tours } from './tours.ts';

/** A call of a thread: what it answers (null: it waits), and which calls of others return meanwhile. */
export interface Spoken {
  readonly thread: string;
  readonly call: Said;
  readonly ret: number | null;
  readonly ends: readonly { readonly thread: string; readonly ret: number }[];
  /** Groups as they are then: whose they are, and how often they are counted. */
  readonly groups: Readonly<Record<string, { readonly owner: string | null; readonly owner_cnt: number }>>;
}

export interface SpokenTest {
  readonly name: string;
  readonly goals: readonly string[];
  readonly calls: readonly Spoken[];
}

/** Calls of one test, about, unless told otherwise; and what a test more costs. */
const usual = { longest: 40, reset: 3 } as const;

/** A suite of calls, one after the other, whose answers do not depend on what the threads of a topology do in between. `subject` is searched in turn. */
export async function spokenSuite(system: System, subject: Subject, options: GenerateOptions): Promise<{ tests: SpokenTest[]; generated: Generated }> {
  const graph = await graphOf(subject, options);
  const goals = new Goals(subject, options.coverage.filter((criterion) => criterion !== 'races'));
  const field = callsOf(graph, goals, false);
  const tours = new Tours(field, goals, { ...usual, ...(options.longest === undefined ? {} : { longest: options.longest }) });
  const made = tours.run(options.onGoals);
  const generated = reportOf(graph, field, goals, tours, made);
  return {
    generated: { ...generated, length: { tests: made.length, steps: made.reduce((sum, { edges }) => sum + edges.length, 0) } },
    tests: generated.tests.map(({ name, goals: own, steps }) => ({ name, goals: own, calls: spoken(system, steps) })),
  };
}

/** What is said in a way whose calls begin when nothing is under way. */
export function spoken(system: System, steps: Generated['tests'][number]['steps']): Spoken[] {
  const calls: { thread: string; call: Said; ret: number | null; ends: { thread: string; ret: number }[]; groups: Spoken['groups'] }[] = [];
  const { facts, before, world } = replay(system, steps);
  for (const [index, { from, to, event }] of facts.entries()) {
    if (from === environment && !isAnswer(event)) {
      const { from: _from, ...call } = event;
      calls.push({ thread: nameOf(to), call, ret: null, ends: [], groups: {} });
    } else if (to === environment && kindOf(from) === 'thread' && isAnswer(event)) {
      const last = calls.at(-1);
      const ret = Number(event['ret']);
      if (last?.thread === nameOf(from) && last.ret === null) last.ret = ret;
      else last?.ends.push({ thread: nameOf(from), ret });
    }
    const next = facts[index + 1];
    if (next === undefined || (next.from === environment && !isAnswer(next.event))) {
      const last = calls.at(-1);
      if (last !== undefined) last.groups = groupsIn(system, before[index + 1] ?? world);
    }
  }
  return calls;
}

function groupsIn(system: System, world: ReturnType<System['initial']>): Spoken['groups'] {
  const groups = system.actors.filter(({ address }) => kindOf(address) === 'group');
  return Object.fromEntries(groups.map(({ address }) => {
    const { owner = null, owner_cnt = 0 } = system.local(world, address).context as { owner?: string | null; owner_cnt?: number };
    return [nameOf(address), { owner, owner_cnt }];
  }));
}

