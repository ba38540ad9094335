/**
 * What of the charts was never used: transitions that no world takes, answers that the environment never gave.
 *
 * Read off the local moves that were computed, so it costs nothing per world. What partial order leaves out, it has asked
 * about before: a transition is dead only if no move that was made or asked about takes it.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Micro, Move } from '../world/locals.ts';
import type { Tables } from './tables.ts';

/** The parts of XState's definition that are read here. */
type Transition = { readonly eventType: string; readonly guard?: unknown };

export const neverEntered = 'the state is never entered';

/** One transition that was not taken. */
export interface Untaken {
  readonly chart: string;
  /** Path of the state that has the transition; empty for the chart itself. */
  readonly state: string;
  /** Empty for a transition without an event (`always`). */
  readonly event: string;
  /** Which of the branches of this event, from 1. */
  readonly branch: number;
  readonly guard?: string;
  readonly why: string;
}

export interface Coverage {
  readonly transitions: number;
  readonly taken: number;
  /** Never taken in any world. Empty unless every world was visited. */
  readonly dead: readonly Untaken[];
  /** Not met: where the search was stopped, or in orders that partial order left out, they may still be taken. */
  readonly notMet: readonly Untaken[];
  /** Answers of the environment that nobody ever got, by call; `<call>.attach` is what a call carries. */
  readonly answers: readonly { readonly call: string; readonly ret: number }[];
}

/** What the moves in the tables took of the charts of the subject. `complete`: no other world can be reached. */
export function coverage(tables: Tables, complete: boolean): Coverage {
  const made = new Moments(tables.made.keys());
  const thought = new Moments(tables.guessed.keys());
  const [dead, notMet]: [Untaken[], Untaken[]] = [[], []];
  let [transitions, taken] = [0, 0];
  for (const chart of new Set(tables.subject.actors.map((actor) => actor.chart as AnyStateMachine))) {
    for (const { state, branches, index, transition } of transitionsOf(chart)) {
      transitions++;
      if (made.taken.has(transition)) taken++;
      else (complete && !thought.taken.has(transition) ? dead : notMet).push(untaken(chart, state, branches, index, made));
    }
  }
  const given = new Set(tables.messages.flatMap(({ type, ret, attach }) => [`${type} ${JSON.stringify(ret)}`, `${type}.attach ${JSON.stringify(attach)}`]));
  const answers = tables.subject.answers.filter(({ call, ret }) => !given.has(`${call}${call.endsWith('.attach') ? '' : '.ret'} ${ret}`));
  return { transitions, taken, dead, notMet, answers };
}

/** The microsteps of moves, by what is asked about them. */
class Moments {
  readonly taken = new Set<AnyTransitionDefinition>();
  /** By state: every microstep in which it was active. */
  readonly active = new Map<AnyStateNode, Micro[]>();
  readonly entered = new Set<AnyStateNode>();

  constructor(moves: Iterable<Move>) {
    for (const { micro, next } of moves) {
      for (const state of next.snapshot._nodes) this.entered.add(state);
      for (const step of micro) {
        for (const transition of step.taken) this.taken.add(transition);
        for (const state of step.active) {
          this.entered.add(state);
          const steps = this.active.get(state);
          if (steps) steps.push(step);
          else this.active.set(state, [step]);
        }
      }
    }
  }
}

/** One transition of a chart: where it stands, and which branch of its event it is. */
export interface Placed {
  readonly state: AnyStateNode;
  readonly branches: readonly AnyTransitionDefinition[];
  readonly index: number;
  readonly transition: AnyTransitionDefinition;
}

/** Every transition of a chart, outer states first. */
export function* transitionsOf(chart: AnyStateMachine): Generator<Placed> {
  for (const state of below(chart.root)) {
    for (const branches of [...state.transitions.values(), ...(state.always ? [state.always] : [])] as AnyTransitionDefinition[][])
      for (const [index, transition] of branches.entries()) yield { state, branches, index, transition };
  }
}

/** A state and all inside it. */
export function* below(state: AnyStateNode): Generator<AnyStateNode> {
  yield state;
  for (const inner of Object.values(state.states) as AnyStateNode[]) yield* below(inner);
}

function untaken(chart: AnyStateMachine, state: AnyStateNode, branches: readonly AnyTransitionDefinition[], index: number, made: Moments): Untaken {
  const { guard, eventType } = branches[index] as Transition;
  const named = guard === undefined ? {} : { guard: guardName(guard) };
  return { chart: chart.id, state: state.path.join('.'), event: eventType, branch: index + 1, ...named, why: why(state, branches, index, made) };
}

/** Which of these never came: the state, the event, the guard, or its turn. */
function why(state: AnyStateNode, branches: readonly AnyTransitionDefinition[], index: number, made: Moments): string {
  const { guard, eventType } = branches[index] as Transition;
  if (!made.entered.has(state)) return neverEntered;
  if (eventType === '') return guard === undefined ? 'another transition always comes first' : `the guard ${guardName(guard)} is never true, or another transition comes first`;
  const came = (made.active.get(state) ?? []).filter(({ event, taken }) => event === eventType && taken.some((one) => one.eventType !== ''));
  if (came.length === 0) return `${eventType} never comes in this state`;
  const refused = guard !== undefined && came.some(({ taken }) => {
    const mine = taken.find((one) => branches.includes(one));
    if (mine !== undefined) return branches.indexOf(mine) > index;
    return !taken.some(({ source }) => within(source, state));
  });
  return refused ? `the guard ${guardName(guard)} is never true` : 'another branch, or a state inside, always comes first';
}

const within = (state: AnyStateNode, outer: AnyStateNode): boolean => {
  for (let at: AnyStateNode | undefined = state.parent as AnyStateNode | undefined; at !== undefined; at = at.parent as AnyStateNode | undefined) if (at === outer) return true;
  return false;
};

/** A guard by its name; combined ones with their parts. */
export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'function') return String((guard as { type: unknown }).type);
  const { name, guards } = guard as unknown as { name: string; guards?: unknown[] };
  return guards === undefined ? name || 'without a name' : `${name}(${guards.map(guardName).join(', ')})`;
}
