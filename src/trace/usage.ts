/**
 * Which transitions of the charts a trace needs: those that every explanation of it takes.
 *
 * A transition is *shown* where a line of the trace is what its step looks like, and *on the way* where no probe sees it but
 * nothing else leads to the next line. Counted when one explanation is left; where two have led to the same state, only
 * what both take. What was known before the recording began, and what follows a loss of lines, needs no transition.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { environment } from '../../machines/address.ts';
import type { Message } from '../../machines/chart.ts';
import type { Model } from '../../machines/model.ts';
import type { System } from '../world/world.ts';
import type { Labels } from './label.ts';
import type { State, Step, Trail } from './state.ts';

/** A transition of a chart, by what `check --coverage` calls it too. */
export interface TransitionName {
  readonly chart: string;
  /** Path of the state that has the transition; empty for the chart itself. */
  readonly state: string;
  /** Empty for a transition without an event. */
  readonly event: string;
  /** Which of the branches of this event, from 1. */
  readonly branch: number;
}

export interface Used extends TransitionName {
  /** A line shows the step; otherwise it lies on the only way to one. */
  readonly shown: boolean;
  /** Line of the trace that needed it first. */
  readonly line: number;
}

/** Steps that nobody has looked at yet, kept at most while several explanations are left. */
const atMost = 4000;

type Taken = Map<AnyTransitionDefinition, { readonly shown: boolean; readonly line: number }>;

export class Usage {
  readonly #system: System;
  readonly #labels: Labels;
  readonly #known: Taken = new Map();
  /** Trails that have been counted. */
  readonly #counted = new WeakSet<Trail>();
  #left = 0;

  constructor(system: System, labels: Labels) {
    this.#system = system;
    this.#labels = labels;
  }

  /** The states that explain the trace so far, each without the past that has been counted now. */
  take(states: readonly State[], line: number): State[] {
    if (states.length === 1) {
      const [only] = states as [State];
      this.#count(only, line);
      return only.past === undefined ? [only] : [{ ...only, past: undefined }];
    }
    // As long as nothing decides between them, what they have in common may grow: look now and then.
    this.#left = states.length === 0 ? 0 : this.#left + 1;
    if (this.#left < atMost / 16) return [...states];
    this.close(states);
    return states.map((state) => ({ ...state, past: undefined }));
  }

  /** The trace is over, or nothing decides between these: what all of them take. */
  close(states: readonly State[]): void {
    this.#left = 0;
    const [first, ...others] = states.map((state) => this.#of(state));
    if (first === undefined) return;
    for (const [transition, how] of first) if (others.every((taken) => taken.has(transition))) this.#keep(transition, how);
  }

  /** Every transition that the trace needs, in the order of the charts. */
  list(): Used[] {
    return [...this.#known].map(([transition, how]) => ({ ...nameOf(transition), ...how }))
      .sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
  }

  #count(state: State, line: number): void {
    for (const [transition, how] of this.#of(state)) this.#keep(transition, { ...how, line: how.line > 0 ? how.line : line });
    for (const trail of trailsOf(state)) {
      for (let at: Trail | null = trail; at !== null && !this.#counted.has(at); at = at.before) this.#counted.add(at);
    }
    this.#left = 0;
  }

  #keep(transition: AnyTransitionDefinition, how: { readonly shown: boolean; readonly line: number }): void {
    const known = this.#known.get(transition);
    if (known === undefined || (how.shown && !known.shown)) this.#known.set(transition, how);
  }

  /** Transitions of the steps that led to a state and were not counted yet, as far as all that came to the same agree. */
  #of(state: State): Taken {
    const taken: Taken = new Map();
    for (const trail of trailsOf(state)) {
      for (let at: Trail | null = trail; at !== null && !this.#counted.has(at); at = at.before) for (const step of at.steps) this.#add(taken, step, at.line);
    }
    for (let at = state.past; at !== undefined; at = at.before) {
      if (!('instead' in at)) continue;
      const other = this.#of(at.instead);
      for (const transition of [...taken.keys()]) if (!other.has(transition)) taken.delete(transition);
    }
    return taken;
  }

  #add(taken: Taken, { fact: { to, event }, before }: Step, line: number): void {
    if (to === environment || before === undefined) return;
    const move = before.moves.get(event as Message);
    if (move === undefined) return;
    const shown = this.#system.has(to) && this.#labels.of(to, event as Message, move).length > 0;
    for (const { taken: transitions } of move.micro)
      for (const transition of transitions) if (shown || !taken.has(transition)) taken.set(transition, { shown, line });
  }
}

/** Trails of everything that a state's tasks are inside of, and of what has ended. */
function* trailsOf({ tasks, past }: State): Generator<Trail> {
  for (const { frames } of tasks) for (const { trail } of frames) if (trail !== null) yield trail;
  for (let at = past; at !== undefined; at = at.before) if ('trail' in at) yield at.trail;
}

/** Where a transition stands in its chart. */
export function nameOf(transition: AnyTransitionDefinition): TransitionName {
  const state = transition.source as AnyStateNode;
  const event = transition.eventType as string;
  const branches: readonly unknown[] = (event === '' ? state.always : state.transitions.get(event)) ?? [];
  return { chart: state.machine.id, state: state.path.join('.'), event, branch: branches.indexOf(transition) + 1 };
}

/** Every transition of a chart, by name. */
export function transitionsOf(chart: AnyStateMachine): TransitionName[] {
  const below = (state: AnyStateNode): TransitionName[] => [
    ...[...state.transitions.values(), ...(state.always === undefined ? [] : [state.always])].flatMap((branches) => (branches as AnyTransitionDefinition[]).map(nameOf)),
    ...Object.values(state.states).flatMap((inner) => below(inner as AnyStateNode))];
  return below(chart.root);
}

/** Every chart of a model, each once; of the callbacks of a bus only those of these buses, where they are named. */
export function chartsOf({ charts }: Model, buses?: readonly string[]): AnyStateMachine[] {
  const { bus_dma, iommu_dma, entry, ...others } = charts;
  const ofBuses = [bus_dma, iommu_dma ?? {}].flatMap((byBus) => Object.entries(byBus).filter(([bus]) => buses === undefined || buses.includes(bus)).map(([, chart]) => chart));
  return [...new Set([...Object.values(others), ...ofBuses, ...Object.values(entry)])];
}

/** One line that names a transition: two are the same where it is. */
export const textOf = ({ chart, state, event, branch }: TransitionName): string => `${chart} ${state} ${event} ${branch}`;
