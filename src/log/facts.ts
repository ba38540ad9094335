/**
 * The facts of one run, in memory: appended step by step, never changed.
 *
 * Beside each fact stands what the receiver was before and after, and which goto labels it passed meanwhile. Everything
 * that explains facts (why.ts, holder.ts) asks this interface only, wherever the facts are kept.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import { environment } from '../../machines/address.ts';
import type { Message } from '../../machines/chart.ts';
import { ModelError } from '../errors.ts';
import type { Local } from '../world/locals.ts';
import type { Fact, Step, System, World } from '../world/world.ts';

/** A goto label that a step passed. */
export interface Passed {
  readonly label: string;
  /** How many of the fact's `said` were said before. */
  readonly at: number;
}

/** A fact with its circumstances. */
export interface Recorded extends Fact {
  /** State of the receiver before and after; null when the environment received. */
  readonly before: State | null;
  readonly after: State | null;
  readonly passed: readonly Passed[];
}

export interface State {
  readonly value: StateValue;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Facts 0 to `length - 1`, wherever they are kept. */
export interface Facts {
  readonly length: number;
  /** @throws {ModelError} wrong-use: there is no such fact */
  fact(seq: number): Recorded;
}

/**
 * An in-memory log of one run.
 *
 * @example
 * const log = new FactLog(system);
 * log.record(system.step(log.world, choice));
 */
export class FactLog implements Facts {
  readonly system: System;
  readonly #facts: Recorded[] = [];
  #world: World;

  /** @param world where the run begins; its `seq` must be 0 */
  constructor(system: System, world: World = system.initial()) {
    this.system = system;
    this.#world = world;
  }

  /** The world after the last fact. */
  get world(): World {
    return this.#world;
  }

  get length(): number {
    return this.#facts.length;
  }

  /** Appends a step taken from `world`. @throws {ModelError} wrong-use: it is not the next one */
  record({ world, fact }: Step): Recorded {
    if (fact.seq !== this.#facts.length)
      throw new ModelError('wrong-use', `fact ${fact.seq} is not the next one`, {
        at: `a log of ${this.length} facts`, accepted: `fact ${this.length}`, usually: 'a step taken from an older world', hint: 'step from the world of the log',
      });
    const index = fact.to === environment ? undefined : this.system.indexOf(fact.to);
    const recorded = circumstances(this.system, fact, index === undefined ? undefined : this.#world.locals[index], index === undefined ? undefined : world.locals[index]);
    this.#facts.push(recorded);
    this.#world = world;
    return recorded;
  }

  fact(seq: number): Recorded {
    const fact = this.#facts[seq];
    if (fact !== undefined) return fact;
    throw new ModelError('wrong-use', `there is no fact ${seq}`, {
      accepted: this.length === 0 ? 'none: the log is empty' : `0 to ${this.length - 1}`, usually: 'a number from another run', hint: 'list the facts first',
    });
  }
}

/** A fact with what its receiver was before and after, and the labels that it passed. */
export function circumstances(system: System, fact: Fact, before: Local | undefined, after: Local | undefined): Recorded {
  const actor = fact.to === environment || before === undefined ? undefined : system.actors[system.indexOf(fact.to)];
  const passed = actor === undefined || before === undefined ? [] : passedBy(actor.machine, before.snapshot, fact.event);
  return { ...fact, before: state(before), after: state(after), passed };
}

const state = (local: Local | undefined): State | null => (local === undefined ? null : { value: local.value, context: local.context });

/** Labels on the way of a step. A label is a state with `meta.label`; most are passed through within one step. */
function passedBy(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: Message): Passed[] {
  const passed: Passed[] = [];
  for (const transition of machine.getTransitionData(snapshot as never, event as never)) {
    const active = new Set<AnyStateNode>(snapshot._nodes as AnyStateNode[]);
    let said = words(machine, transition.actions);
    let target = transition.target?.[0] as AnyStateNode | undefined;
    while (target !== undefined) {
      const leaf = initialLeaf(target);
      for (const node of ancestry(leaf)) {
        if (active.has(node)) continue;
        const label = (node.meta as { label?: string } | undefined)?.label;
        if (label !== undefined) passed.push({ label, at: said });
        said += words(machine, node.entry);
        active.add(node);
      }
      const [next, ...others] = leaf.always ?? [];
      if (next === undefined || next.guard !== undefined || others.length > 0) break;
      said += words(machine, next.actions);
      target = next.target?.[0] as AnyStateNode | undefined;
    }
  }
  return passed;
}

const ancestry = (node: AnyStateNode): AnyStateNode[] => (node.parent === undefined ? [node] : [...ancestry(node.parent), node]);
const initialLeaf = (node: AnyStateNode): AnyStateNode => {
  const inner = node.initial?.target[0] as AnyStateNode | undefined;
  return inner === undefined ? node : initialLeaf(inner);
};

/** How many of these actions say a word. */
function words(machine: AnyStateMachine, actions: readonly unknown[]): number {
  const implementations = machine.implementations.actions as Readonly<Record<string, unknown>>;
  const named = (action: unknown) => (typeof action === 'string' ? action : (action as { type?: string }).type ?? '');
  return actions.filter((action) => named(implementations[named(action)] ?? action) === 'xstate.emit').length;
}
