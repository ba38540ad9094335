/** A chart as plain data: its states, and what each does about each event, with the words of the chart for guards and actions. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Plain } from '../../../machines/chart.ts';
import { Words, type Word } from './words.ts';

export interface PlainChart {
  readonly id: string;
  readonly root: PlainState;
  /** The root and every state below it, each before those inside it. */
  readonly states: readonly PlainState[];
  /** What the words stand for: `machine.provide()` takes these. */
  readonly words: Words;
}

export interface PlainState {
  /** Name of the chart and keys from the root, joined by dots. */
  readonly id: string;
  readonly key: string;
  /** Keys from the root, which has none. */
  readonly path: readonly string[];
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** Id of the state that a compound state begins in. */
  readonly initial: string | null;
  readonly description: string | null;
  readonly meta: { readonly [key: string]: Plain } | null;
  readonly entry: readonly Word[];
  readonly exit: readonly Word[];
  readonly transitions: readonly PlainTransition[];
  readonly states: readonly PlainState[];
}

export interface PlainTransition {
  /** Empty: taken as soon as the guard holds. */
  readonly event: string;
  /** Ids; empty: the state stays as it is. */
  readonly targets: readonly string[];
  readonly guard: Word | null;
  readonly actions: readonly Word[];
  readonly reenter: boolean;
  readonly description: string | null;
}

/** The chart that a machine is. History, timers and invoked actors have no place in it: no chart of ours has any. */
export function plainChart(machine: AnyStateMachine): PlainChart {
  const words = new Words(machine);
  const action = (one: unknown) => words.action(one);
  const transition = ({ eventType, target, guard, actions, reenter, description }: AnyTransitionDefinition): PlainTransition => ({
    event: String(eventType), targets: (target ?? []).map(idOf), guard: guard === undefined ? null : words.guard(guard), actions: actions.map(action),
    reenter, description: description ?? null,
  });
  const state = (node: AnyStateNode): PlainState => ({
    id: idOf(node), key: node.key, path: node.path, kind: kindOf(node), initial: initialOf(node), description: node.description ?? null,
    meta: (node.meta as PlainState['meta'] | undefined) ?? null,
    entry: node.entry.map(action), exit: node.exit.map(action),
    transitions: [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(transition),
    states: Object.values(node.states).map(state),
  });
  const root = state(machine.root);
  return { id: machine.id, root, states: below(root), words };
}

/** The state and all below it, parents first. */
export const below = (state: PlainState): PlainState[] => [state, ...state.states.flatMap(below)];

/** Every transition with the state that has it. */
export const transitionsOf = ({ states }: PlainChart): { from: PlainState; transition: PlainTransition }[] =>
  states.flatMap((from) => from.transitions.map((transition) => ({ from, transition })));

const idOf = ({ machine, path }: AnyStateNode): string => [machine.id, ...path].join('.');
const initialOf = ({ type, initial }: AnyStateNode): string | null => (type === 'compound' ? initial.target.map(idOf).join(' ') : null);

function kindOf({ type, id }: AnyStateNode): PlainState['kind'] {
  if (type !== 'history') return type;
  throw new Error(`${id} is a history state, which no chart of a model has`);
}
