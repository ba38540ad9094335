/**
 * What a suite is to cover: goals, each with a criterion and a name, and which of them a step reaches.
 *
 * Read off the moves that the tables computed, as the checker's own coverage is: a goal that no step of a complete graph reaches cannot
 * be reached.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { kindOf } from '../../machines/address.ts';
import { draws, environment_table } from '../../machines/environment.ts';
import { errnoName } from '../../machines/kernel.ts';
import { below, guardName, transitionsOf } from '../check/coverage.ts';
import type { Subject } from '../check/subject.ts';
import type { Micro, Move } from '../world/locals.ts';
import type { Moved } from './graph.ts';

/** Every criterion, and what it asks for. */
export const criteria = {
  states: 'every state of every chart',
  transitions: 'every transition of every chart',
  pairs: 'every two transitions that one actor can take one after the other',
  answers: 'every answer of every call: each errno of the charts and of the environment',
  guards: 'every guard, true and false',
  refusals: 'every errno that a thread can get from each of its calls',
  races: 'every step of a thread while another thread stands inside a call, for each place where it can stand',
} as const;
export type Criterion = keyof typeof criteria;

export interface Goal {
  readonly criterion: Criterion;
  readonly name: string;
  /** Some step that was visited reaches it. */
  reached: boolean;
}

const text = (ret: unknown): string => (typeof ret === 'number' ? (ret < 0 ? errnoName(ret) : String(ret)) : JSON.stringify(ret));

/** What lies before and behind other moves of the same actor, as sets of transitions. */
export interface Turn {
  readonly first: number;
  readonly last: number;
}

export class Goals {
  readonly all: Goal[] = [];
  /** Sets of transitions that are taken in one microstep. */
  readonly turns: (readonly string[])[] = [];
  readonly asked: ReadonlySet<Criterion>;
  readonly #byName = new Map<string, number>();
  readonly #turnIds = new Map<string, number>();
  readonly #names = new Map<AnyTransitionDefinition, string>();
  readonly #moves = new Map<Move, readonly number[]>();
  readonly #ends = new Map<Move, Turn>();
  readonly #subject: Subject;

  constructor(subject: Subject, asked: readonly Criterion[]) {
    this.#subject = subject;
    this.asked = new Set(asked);
    const answered = new Set<string>();
    for (const chart of new Set(subject.actors.map((actor) => actor.chart as AnyStateMachine))) {
      for (const state of below(chart.root)) this.goal('states', this.#state(chart, state));
      for (const { state, branches, index, transition } of transitionsOf(chart)) {
        const name = `${this.#state(chart, state)} ${transition.eventType || 'always'}${branches.length > 1 ? ` ${index + 1}` : ''}`;
        this.#names.set(transition, name);
        this.goal('transitions', name);
        if (transition.guard !== undefined) for (const outcome of [true, false]) this.goal('guards', this.#guard(name, transition, outcome));
        for (const ret of staticAnswers(transition)) answered.add(`${transition.eventType}.ret ${text(ret)}`);
      }
    }
    for (const name of answered) this.goal('answers', name);
    for (const [call, { possible }] of Object.entries(environment_table)) for (const ret of possible) this.goal('answers', `${call}.ret ${text(ret)}`);
    for (const [call, { possible }] of Object.entries(draws)) for (const ret of possible) if (ret !== 0) this.goal('answers', `${call}.attach ${text(ret)}`);
  }

  /** Number of a goal, which is listed from now on; -1 for a criterion that was not asked for. */
  goal(criterion: Criterion, name: string): number {
    if (!this.asked.has(criterion)) return -1;
    const key = `${criterion} ${name}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    this.#byName.set(key, this.all.length);
    return this.all.push({ criterion, name, reached: false }) - 1;
  }

  /** The goals that a row of moves reaches whatever came before, and how it begins and ends for each actor. */
  of(moves: readonly Moved[]): { readonly goals: readonly number[]; readonly turns: ReadonlyMap<number, Turn> } {
    const goals = new Set<number>();
    const turns = new Map<number, Turn>();
    for (const { actor, local, event, move } of moves) {
      for (const goal of this.#moves.get(move) ?? this.#read(actor, local.snapshot._nodes as AnyStateNode[], event, move)) goals.add(goal);
      const ends = this.#ends.get(move) as Turn;
      const before = turns.get(actor);
      if (before !== undefined) for (const pair of this.pairs(actor, before.last, ends.first)) goals.add(pair);
      turns.set(actor, { first: before?.first ?? ends.first, last: ends.last });
    }
    for (const goal of goals) (this.all[goal] as Goal).reached = true;
    return { goals: [...goals], turns };
  }

  /** Goals of two turns of one actor, one behind the other. */
  pairs(actor: number, last: number, first: number): number[] {
    if (!this.asked.has('pairs')) return [];
    const chart = (this.#subject.actors[actor] as { chart: AnyStateMachine }).chart.id;
    return (this.turns[last] as readonly string[]).flatMap((one) => (this.turns[first] as readonly string[]).map((other) =>
      this.goal('pairs', `${one} | ${other.startsWith(`${chart}.`) ? other.slice(chart.length + 1) : other}`)));
  }

  #read(actor: number, active: readonly AnyStateNode[], event: Moved['event'], move: Move): readonly number[] {
    const chart = (this.#subject.actors[actor] as { chart: AnyStateMachine }).chart;
    const goals = new Set<number>();
    const add = (goal: number) => { if (goal !== -1) goals.add(goal); };
    for (const state of [...active, ...move.micro.flatMap((micro) => micro.active), ...(move.next.snapshot._nodes as AnyStateNode[])]) add(this.goal('states', this.#state(chart, state)));
    let before: number | undefined;
    let first: number | undefined;
    for (const micro of move.micro) {
      for (const transition of micro.taken) add(this.goal('transitions', this.#name(transition)));
      for (const [transition, outcome] of outcomes(micro)) add(this.goal('guards', this.#guard(this.#name(transition), transition, outcome)));
      const turn = this.#turn(micro);
      if (before !== undefined) for (const pair of this.pairs(actor, before, turn)) add(pair);
      first ??= turn;
      before = turn;
    }
    this.#ends.set(move, { first: first ?? this.#none, last: before ?? this.#none });
    for (const goal of this.#said(event, move)) add(goal);
    const found = [...goals];
    this.#moves.set(move, found);
    return found;
  }

  /** What was answered: to this actor, and by a thread to whoever began it. */
  #said(event: Moved['event'], { out }: Move): number[] {
    const { environment } = this.#subject;
    const goals = event.type.endsWith('.ret') ? [this.goal('answers', `${event.type} ${text(event['ret'])}`)] : [];
    if (typeof event['attach'] === 'number' && event['attach'] !== 0) goals.push(this.goal('answers', `${event.type}.attach ${text(event['attach'])}`));
    for (const output of out) {
      if (output.kind !== 'sent' || output.sent.to !== environment || !output.sent.event.type.endsWith('.ret') || kindOf(output.sent.event.from) !== 'thread') continue;
      const { type, ret } = output.sent.event as { type: string; ret?: unknown };
      goals.push(this.goal('answers', `${type} ${text(ret)}`));
      if (typeof ret === 'number' && ret < 0) goals.push(this.goal('refusals', `${type.slice(0, -4)} ${text(ret)}`));
    }
    return goals;
  }

  #turn({ taken }: Micro): number {
    const names = taken.map((transition) => this.#name(transition)).sort();
    const key = names.join('\n');
    const known = this.#turnIds.get(key);
    if (known !== undefined) return known;
    this.#turnIds.set(key, this.turns.length);
    return this.turns.push(names) - 1;
  }

  get #none(): number {
    return this.#turn({ active: [], event: '', taken: [] });
  }

  #name(transition: AnyTransitionDefinition): string {
    return this.#names.get(transition) ?? `${transition.source.machine.id}.${transition.source.path.join('.')} ${transition.eventType}`;
  }

  #guard(name: string, transition: AnyTransitionDefinition, outcome: boolean): string {
    return `${name} [${guardName((transition as { guard?: unknown }).guard)}] ${outcome}`;
  }

  #state(chart: AnyStateMachine, state: AnyStateNode): string {
    return [chart.id, ...state.path].join('.');
  }
}

/** The guards that a microstep asked, each with what it said: in each state that could take the event, in order, up to the one that did. */
function* outcomes({ active, event, taken }: Micro): Generator<[AnyTransitionDefinition, boolean]> {
  for (const state of active) {
    const always = taken.some(({ eventType }) => eventType === '');
    const branches = (always ? state.always : state.transitions.get(event)) as AnyTransitionDefinition[] | undefined;
    if (branches === undefined || branches.length === 0) continue;
    const mine = branches.findIndex((branch) => taken.includes(branch));
    // A state inside took the event first: nobody asked here.
    if (mine === -1 && taken.some(({ source }) => inside(source, state))) continue;
    for (const [index, branch] of branches.entries()) {
      if (mine !== -1 && index > mine) break;
      if ((branch as { guard?: unknown }).guard !== undefined) yield [branch, index === mine];
    }
  }
}

const inside = (state: AnyStateNode, outer: AnyStateNode): boolean => state !== outer && state.path.length > outer.path.length && outer.path.every((part, index) => state.path[index] === part);

/** Numbers that a transition answers by its table. */
function staticAnswers({ actions }: AnyTransitionDefinition): number[] {
  return actions.flatMap((action) => {
    const { type, params } = action as { type?: string; params?: { ret?: unknown } };
    return type === 'answer' && typeof params?.ret === 'number' ? [params.ret] : [];
  });
}
