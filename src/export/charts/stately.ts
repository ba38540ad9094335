/**
 * XState's own configuration as JSON, for Stately's editor and for `createMachine`.
 *
 * Guards and actions are names, and `implementations` what they stand for: `createMachine({ ...config, context }).provide(implementations)`
 * is the chart again. A context is made from an actor's input by a function, so it is not in the JSON.
 */
import type { AnyStateMachine } from 'xstate';
import { plainChart, type PlainChart, type PlainState, type PlainTransition } from './plain.ts';
import type { Word } from './words.ts';

export interface StatelyState {
  readonly type?: 'parallel' | 'final';
  readonly initial?: string;
  readonly description?: string;
  readonly meta?: object;
  readonly entry?: readonly Word[];
  readonly exit?: readonly Word[];
  readonly on?: Readonly<Record<string, readonly StatelyTransition[]>>;
  readonly always?: readonly StatelyTransition[];
  readonly states?: Readonly<Record<string, StatelyState>>;
}
export interface StatelyTransition {
  readonly target?: string;
  readonly guard?: Word;
  readonly actions?: readonly Word[];
  readonly reenter?: true;
  readonly description?: string;
}
export interface StatelyConfig extends StatelyState {
  readonly id: string;
}

export function stately(machine: AnyStateMachine): { readonly config: StatelyConfig; readonly implementations: PlainChart['words']['implementations'] } {
  const chart = plainChart(machine);
  return { config: statelyConfig(chart), implementations: chart.words.implementations };
}

export const statelyText = (chart: PlainChart): string => `${JSON.stringify(statelyConfig(chart), null, 2)}\n`;

function statelyConfig(chart: PlainChart): StatelyConfig {
  const transition = ({ targets, guard, actions, reenter, description }: PlainTransition): StatelyTransition => ({
    ...(targets[0] === undefined ? {} : { target: `#${targets[0]}` }), ...(guard === null ? {} : { guard }), ...(actions.length === 0 ? {} : { actions }),
    ...(reenter ? { reenter } : {}), ...(description === null ? {} : { description }),
  });
  const state = ({ kind, initial, description, meta, entry, exit, transitions, states }: PlainState): StatelyState => {
    const on = new Map<string, StatelyTransition[]>();
    for (const one of transitions) on.set(one.event, [...(on.get(one.event) ?? []), transition(one)]);
    const always = on.get('');
    on.delete('');
    return {
      ...(kind === 'parallel' || kind === 'final' ? { type: kind } : {}), ...(initial === null ? {} : { initial: states.find(({ id }) => id === initial)?.key ?? initial }),
      ...(description === null ? {} : { description }), ...(meta === null ? {} : { meta }),
      ...(entry.length === 0 ? {} : { entry }), ...(exit.length === 0 ? {} : { exit }),
      ...(on.size === 0 ? {} : { on: Object.fromEntries(on) }), ...(always === undefined ? {} : { always }),
      ...(states.length === 0 ? {} : { states: Object.fromEntries(states.map((child) => [child.key, state(child)])) }),
    };
  };
  return { id: chart.id, ...state(chart.root) };
}
