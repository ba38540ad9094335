/**
 * One chart at one address: its local states, and what each message does to them.
 *
 * A local state is computed by XState once and kept; the same state met again is the same object. So a step is two
 * look-ups, and a world is a list of references. Whoever needs the tables (the explorer, the judge) finds them here.
 */
import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition, StateValue } from 'xstate';
import type { Address, Message, Said } from '../../machines/chart.ts';
import type { Placement } from '../../machines/model.ts';
import { ModelError } from '../errors.ts';
import { difference, freeze } from './plain.ts';

/** A message on its way. */
export interface Sent {
  readonly to: Address;
  readonly event: Message;
}
/** What a step gave, in the order of the chart's actions: messages sent, and words said to nobody in particular. */
export type Output = { readonly kind: 'sent'; readonly sent: Sent } | { readonly kind: 'said'; readonly said: Said };

/** One local state of one actor. */
export interface Local {
  /** Number in the order of discovery, from 0, per actor. */
  readonly id: number;
  readonly value: StateValue;
  readonly context: Readonly<Record<string, unknown>>;
  readonly snapshot: AnyMachineSnapshot;
  readonly moves: Map<Message, Move>;
}

/** What one message does in one local state. */
export interface Move {
  readonly next: Local;
  readonly out: readonly Output[];
  /** How the chart went from one to the other. */
  readonly micro: readonly Micro[];
}

/** One microstep: the states that were active, the event that came to them, and the transitions that it took. */
export interface Micro {
  readonly active: readonly AnyStateNode[];
  readonly event: string;
  readonly taken: readonly AnyTransitionDefinition[];
}

/** The part of XState's actor scope that a macrostep uses. */
export interface Scope {
  readonly self: AnyActorRef;
  readonly system: { get(address: Address): AnyActorRef | undefined };
}

type Executed = { type: string; params?: unknown };
/** What XState tells an inspector; of a microstep: the event and the transitions that it takes. */
type Inspected = { type: string; event?: { type: string }; snapshot?: AnyMachineSnapshot; _transitions?: readonly AnyTransitionDefinition[] };

/** Same object for the same content: messages can then be compared and kept by identity. */
export class Messages {
  readonly #known = new Map<string, Message>();
  intern(message: Message): Message {
    const key = JSON.stringify(message);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, message);
    return message;
  }
  get size(): number {
    return this.#known.size;
  }
}

export interface LocalsOptions {
  /**
   * Take each step twice, with context and event frozen, and compare; see that no key stands for two local states, and
   * that no event a chart raises for itself is dropped. Costs once per move, so nothing where moves are few.
   */
  readonly twice: boolean;
}

/** A chart that raises or has `always` without end would never come back. */
const mostMicrosteps = 1000;

export class Actor {
  readonly address: Address;
  readonly machine: AnyStateMachine;
  readonly initial: Local;
  readonly locals: Local[] = [];
  readonly #byKey = new Map<string, Local>();
  readonly #scope: object;
  readonly #messages: Messages;
  readonly #options: LocalsOptions;
  readonly #compared = new WeakSet<Move>();
  #executed: Executed[] = [];
  /** Microsteps since the last message, and the states that the last of them led to. */
  #micro: Micro[] = [];
  #active: readonly AnyStateNode[] = [];

  constructor(placement: Placement, directory: (address: Address) => AnyActorRef | undefined, messages: Messages, options: LocalsOptions) {
    this.address = placement.address;
    this.machine = placement.chart;
    this.#messages = messages;
    this.#options = options;
    const self = { id: this.address, sessionId: this.address, systemId: this.address } as unknown as AnyActorRef;
    this.#scope = {
      self, id: this.address, sessionId: this.address,
      system: { get: directory, _sendInspectionEvent: (seen: Inspected) => { this.#inspect(seen); } },
      logger: () => undefined, defer: () => undefined, emit: () => undefined, stopChild: () => undefined,
      actionExecutor: (action: Executed) => { this.#executed.push(action); },
    };
    const first = this.machine.getInitialSnapshot(this.#scope as never, placement.input as never) as AnyMachineSnapshot;
    if (first.status === 'error') throw first.error;
    this.initial = this.#intern(placement.value === undefined
      ? first : this.machine.resolveState({ value: placement.value as StateValue, context: first.context }) as AnyMachineSnapshot);
  }

  /** What `event` does in `local`. @throws {ModelError} unhandled-event, no-such-actor, nondeterministic-step, merged-states */
  move(local: Local, event: Message): Move {
    const move = this.guess(local, event);
    if (this.#options.twice && !this.#compared.has(move)) this.#compare(local, event, move);
    return move;
  }

  /** The same for a move that nobody may ever make: not taken twice. */
  guess(local: Local, event: Message): Move {
    const known = local.moves.get(event);
    if (known !== undefined) return known;
    if (this.#options.twice) freeze(event);
    const move = this.#compute(local, event);
    local.moves.set(event, move);
    return move;
  }

  /** Puts an actor in another local state: for a world that is learnt from outside, never for a step. */
  at(context: Readonly<Record<string, unknown>>, value: StateValue): Local {
    return this.#intern(this.machine.resolveState({ value, context } as never) as AnyMachineSnapshot);
  }

  /** Forgets every local state but `kept`: bounds the memory of a run without end. */
  forget(kept: readonly Local[]): void {
    for (const local of this.locals) local.moves.clear();
    this.#byKey.clear();
    this.locals.length = 0;
    for (const local of kept) {
      this.#byKey.set(keyOf(local.snapshot), local);
      this.locals.push(local);
    }
  }

  #compute(local: Local, event: Message): Move {
    if (this.machine.getTransitionData(local.snapshot as never, event as never).length === 0)
      throw new ModelError('unhandled-event', `${this.address} does not answer ${event.type} from ${event.from}`, {
        at: `${this.address}, state ${JSON.stringify(local.value)}`,
        accepted: [...new Set(local.snapshot._nodes.flatMap((node: { ownEvents: readonly string[] }) => [...node.ownEvents]))].map(String).sort(),
      });
    this.#executed = [];
    this.#micro = [];
    this.#active = local.snapshot._nodes;
    let next: AnyMachineSnapshot;
    try {
      next = this.machine.transition(local.snapshot as never, event as never, this.#scope as never) as AnyMachineSnapshot;
    } catch (error) {
      throw this.#explained(error, local, event);
    }
    if (next.status === 'error') throw this.#explained(next.error, local, event);
    const micro = this.#micro;
    const dropped = micro.find(({ taken }) => taken.length === 0);
    if (dropped !== undefined)
      throw new ModelError('unhandled-event', `${this.address} raises ${dropped.event} and does not answer it`, { at: `${this.address}, state ${JSON.stringify(local.value)}, ${event.type}` });
    // What was raised without delay has been taken within this step.
    const out = this.#executed.filter(({ type, params }) => type !== 'xstate.raise' || (params as { delay?: unknown }).delay !== undefined)
      .map((action) => this.#output(action, local, event));
    return { next: this.#intern(next), out, micro };
  }

  #output({ type, params }: Executed, local: Local, event: Message): Output {
    if (type === 'xstate.sendTo') {
      const { to, event: sent } = params as { to: { id: Address }; event: Message };
      return { kind: 'sent', sent: { to: to.id, event: this.#messages.intern(sent) } };
    }
    if (type === 'xstate.emit') return { kind: 'said', said: (params as { event: Said }).event };
    throw new ModelError('unhandled-event', `${this.address} ran the action ${type}, which no step can follow`, {
      at: `${this.address}, state ${JSON.stringify(local.value)}, ${event.type}`, accepted: ['assign', 'sendTo', 'emit', 'raise'],
    });
  }

  #explained(error: unknown, local: Local, event: Message): unknown {
    const text = error instanceof Error ? error.message : String(error);
    if (this.#options.twice && error instanceof TypeError && /read only|not extensible|Cannot delete/.test(text))
      return new ModelError('nondeterministic-step', `${event.type} changes in place what it was given: ${text}`, { at: `${this.address}, state ${JSON.stringify(local.value)}`, cause: error });
    if (!text.startsWith('no-such-actor')) return error;
    return new ModelError('no-such-actor', text.replace(/^no-such-actor: /, ''), {
      at: `${this.address}, state ${JSON.stringify(local.value)}, ${event.type} from ${event.from}`, cause: error,
    });
  }

  #inspect({ type, event, snapshot, _transitions: taken }: Inspected): void {
    if (type !== '@xstate.microstep' || event === undefined || snapshot === undefined || taken === undefined) return;
    if (this.#micro.length >= mostMicrosteps)
      throw new ModelError('unbounded', `${this.address} takes ${mostMicrosteps} transitions without an event, and does not come to rest`, { at: `${this.address}, ${event.type || 'always'}` });
    this.#micro.push({ active: this.#active, event: event.type, taken });
    this.#active = snapshot._nodes;
  }

  #compare(local: Local, event: Message, first: Move): void {
    this.#compared.add(first);
    const second = this.#compute(local, event);
    if (second.next === first.next && JSON.stringify(second.out) === JSON.stringify(first.out)) return;
    throw new ModelError('nondeterministic-step', `${event.type} gave two results`, { at: `${this.address}, state ${JSON.stringify(local.value)}` });
  }

  #intern(snapshot: AnyMachineSnapshot): Local {
    const key = keyOf(snapshot);
    const known = this.#byKey.get(key);
    if (this.#options.twice) this.#same(known, snapshot);
    if (known !== undefined) return known;
    const local: Local = {
      id: this.locals.length, value: snapshot.value as StateValue, context: snapshot.context as Record<string, unknown>, snapshot, moves: new Map(),
    };
    this.#byKey.set(key, local);
    this.locals.push(local);
    return local;
  }

  /** Value and context are all that a snapshot is, and the key of another says the same. */
  #same(known: Local | undefined, { context, historyValue, children, value }: AnyMachineSnapshot): void {
    freeze(context);
    const hidden = Object.keys(historyValue).length > 0 ? 'history' : Object.keys(children as object).length > 0 ? 'children' : undefined;
    const at = hidden ?? (known && difference(known.context, context, 'context'));
    if (at === undefined) return;
    throw new ModelError('merged-states', hidden ? `${hidden} that the key of a local state leaves out` : 'two local states with one key', {
      at: `${this.address}, state ${JSON.stringify(value)}, ${at}`, accepted: 'strings, finite numbers, booleans, null, lists and records',
    });
  }
}

/** Value and context are all of a local state here: no chart uses history, children or timers (tests hold that). */
const keyOf = (snapshot: AnyMachineSnapshot): string => JSON.stringify([snapshot.value, snapshot.context]);
