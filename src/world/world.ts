/**
 * The world and the step: the one pure function that moves everything.
 *
 * A world is the local state of every actor and the messages in flight. A step is the delivery of one message to one
 * actor: one macrostep of one chart. Which message is next is the interleaving: messages of one sender to one receiver
 * keep their order, any other head may be next; an answer in flight comes before anything else, because its caller is
 * blocked and only the caller moves. A call to the environment becomes a step when its answer is chosen.
 */
import type { AnyActorRef } from 'xstate';
import { environment } from '../../machines/address.ts';
import type { Address, Message, Said } from '../../machines/chart.ts';
import { answersTo, draws, drawsOf, environment_table } from '../../machines/environment.ts';
import { actorsOf, type Model, type Placement } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { Actor, Messages, type Local, type Output, type Sent } from './locals.ts';

/** A message in flight, and the fact that sent it (null: nobody in this run). */
export interface Flight extends Sent {
  readonly cause: number | null;
}

/** Immutable. `locals[i]` belongs to `system.actors[i]`. */
export interface World {
  readonly locals: readonly Local[];
  readonly flight: readonly Flight[];
  /** Steps taken so far: the sequence number of the next fact. */
  readonly seq: number;
}

/** One recorded step. */
export interface Fact {
  readonly seq: number;
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  /** Sequence number of the fact that sent the message; null for an external event. */
  readonly cause: number | null;
  /** What the receiver said meanwhile: notifiers, uevents, WARNs, inner functions. */
  readonly said: readonly Said[];
}

/** One thing that may happen next. */
export type Choice =
  | { readonly kind: 'deliver'; readonly index: number; readonly to: Address; readonly event: Message }
  | { readonly kind: 'answer'; readonly index: number; readonly to: Address; readonly event: Message }
  | { readonly kind: 'start'; readonly to: Address; readonly event: Message };

export interface Step {
  readonly world: World;
  readonly fact: Fact;
  /** Messages and words in the order in which the chart gave them. */
  readonly out: readonly Output[];
}

export interface SystemOptions {
  /** Takes each step twice on frozen contexts and compares. Default false. */
  readonly twice?: boolean;
  /** Answers in flight before anything else. Default true; a test shows that verdicts do not depend on it. */
  readonly answersFirst?: boolean;
}

export const isAnswer = (event: Message): boolean => event.type.endsWith('.ret');

/**
 * The actors of one topology under one model, and the step over their worlds.
 *
 * Holds no state of a run: worlds are values, and one system serves any number of them. What grows is the table of
 * local states. Actors may be added (`add`) while worlds exist; older worlds then lack them and are brought up by `grow`.
 */
export class System {
  readonly model: Model;
  readonly topology: Topology;
  readonly actors: Actor[] = [];
  readonly messages = new Messages();
  readonly #index = new Map<Address, number>();
  readonly #references = new Map<Address, AnyActorRef>();
  readonly #twice: boolean;
  readonly #answersFirst: boolean;

  /** @throws {ModelError} bad-topology is thrown by the validation before, not here. */
  constructor(model: Model, topology: Topology, { twice = false, answersFirst = true }: SystemOptions = {}) {
    this.model = model;
    this.topology = topology;
    this.#twice = twice;
    this.#answersFirst = answersFirst;
    this.#references.set(environment, { id: environment } as unknown as AnyActorRef);
    for (const placement of actorsOf(model, topology)) this.add(placement);
  }

  /** Adds one actor; its index is its place in `actors` and in the `locals` of every world from now on. */
  add(placement: Placement): Actor {
    if (this.#index.has(placement.address))
      throw new ModelError('bad-topology', `two actors at ${placement.address}`, { at: placement.address });
    this.#references.set(placement.address, { id: placement.address } as unknown as AnyActorRef);
    const actor = new Actor(placement, (address) => this.#references.get(address), this.messages, { twice: this.#twice });
    this.#index.set(placement.address, this.actors.length);
    this.actors.push(actor);
    return actor;
  }

  has(address: Address): boolean {
    return this.#index.has(address);
  }

  /** Index of an actor. @throws {ModelError} no-such-actor */
  indexOf(address: Address): number {
    const index = this.#index.get(address);
    if (index === undefined) throw new ModelError('no-such-actor', `nobody lives at ${address}`, { at: address, accepted: [...this.#index.keys()] });
    return index;
  }

  /** The world at the beginning: nothing in flight. */
  initial(): World {
    return { locals: this.actors.map(({ initial }) => initial), flight: [], seq: 0 };
  }

  /** The same world with the actors that were added since. */
  grow(world: World): World {
    if (world.locals.length === this.actors.length) return world;
    return { ...world, locals: [...world.locals, ...this.actors.slice(world.locals.length).map(({ initial }) => initial)] };
  }

  /** Local state of an actor. */
  local(world: World, address: Address): Local {
    const index = this.indexOf(address);
    return world.locals[index] ?? (this.actors[index] as Actor).initial;
  }

  /** Every message that may be delivered next, every answer the environment may give, every call a thread may begin. */
  choices(world: World): Choice[] {
    const { flight } = world;
    if (this.#answersFirst) {
      const index = flight.findIndex(({ event }) => isAnswer(event));
      if (index >= 0) return this.deliveries(world, index);
    }
    const heads = new Set<string>();
    const choices: Choice[] = [];
    for (const [index, { to, event }] of flight.entries()) {
      const channel = `${event.from} ${to}`;
      if (heads.has(channel)) continue;
      heads.add(channel);
      choices.push(...this.deliveries(world, index));
    }
    return [...choices, ...this.starts(world)];
  }

  /** What may become of one message in flight: its delivery, or each answer of the environment. */
  deliveries(world: World, index: number): Choice[] {
    const { to, event } = world.flight[index] as Flight;
    if (to === environment && !isAnswer(event)) {
      const answers = answersTo(event, this.topology);
      if (answers.length === 0)
        throw new ModelError('unhandled-event', `nobody in the environment answers ${event.type}`, { at: `${event.type} from ${event.from}` });
      return answers.map((ret) => this.answer(event, index, ret));
    }
    const draws = drawsOf(event, this.topology);
    if (draws.length === 0 || (draws.length === 1 && draws[0] === 0)) return [{ kind: 'deliver', index, to, event }];
    return draws.map((attach) => ({ kind: 'deliver', index, to, event: this.messages.intern({ ...event, attach }) }));
  }

  /** The environment's answer `ret` to the call in flight at `index`. */
  answer(call: Message, index: number, ret: number): Choice {
    return { kind: 'answer', index, to: call.from, event: this.messages.intern({ type: `${call.type}.ret`, ret, from: environment }) };
  }

  /**
   * Everything that the environment may answer in this topology, and everything that it may let a call carry. Without
   * `driver_match_device`, whose answer is another one for each device and driver.
   */
  answers(): { readonly call: string; readonly ret: number }[] {
    return [
      ...Object.keys(environment_table).filter((call) => call !== 'driver_match_device').flatMap((call) => answersTo({ type: call, from: environment }, this.topology).map((ret) => ({ call, ret }))),
      ...Object.keys(draws).flatMap((call) => {
        const drawn = drawsOf({ type: call, from: environment }, this.topology);
        return drawn.length === 1 && drawn[0] === 0 ? [] : drawn.map((ret) => ({ call: `${call}.attach`, ret }));
      }),
    ];
  }

  /** Calls that idle threads may begin. */
  starts(world: World): Choice[] {
    return this.topology.threads.flatMap((thread) => {
      const to = `thread:${thread.name}`;
      if (this.local(world, to).value !== 'idle' || world.flight.some(({ event, to: waiting }) => waiting === to || event.from === to)) return [];
      return thread.calls.map((call): Choice => this.start(to, call));
    });
  }

  start(to: Address, call: Said): Choice {
    return { kind: 'start', to, event: this.messages.intern({ ...call, from: environment }) };
  }

  /** Takes one choice. Pure: the same world and choice give the same step. @throws {ModelError} */
  step(world: World, choice: Choice): Step {
    const taken = choice.kind === 'start' ? undefined : (world.flight[choice.index] as Flight);
    const seq = world.seq;
    const fact = { seq, from: choice.event.from, to: choice.to, event: choice.event, cause: taken?.cause ?? null };
    const flight = world.flight.slice();
    if (choice.kind !== 'start') flight.splice(choice.index, 1);
    if (choice.to === environment)
      return { world: { locals: world.locals, flight, seq: seq + 1 }, fact: { ...fact, said: [] }, out: [] };
    const index = this.indexOf(choice.to);
    const actor = this.actors[index] as Actor;
    const before = world.locals[index] as Local;
    const { next, out } = actor.move(before, choice.event);
    const said: Said[] = [];
    for (const output of out) {
      if (output.kind === 'sent') flight.push({ ...output.sent, cause: seq });
      else said.push(output.said);
    }
    let locals = world.locals;
    if (next !== before) {
      const copy = locals.slice();
      copy[index] = next;
      locals = copy;
    }
    return { world: { locals, flight, seq: seq + 1 }, fact: { ...fact, said }, out };
  }

  /** At rest: nothing in flight, and no thread inside a call. */
  atRest(world: World): boolean {
    return world.flight.length === 0 && this.topology.threads.every(({ name }) => this.local(world, `thread:${name}`).value === 'idle');
  }

  /** Key of a world: two worlds with one key have the same future. */
  key(world: World): string {
    return `${world.locals.map(({ id }) => id).join(',')};${world.flight.map(({ to, event }) => `${to}<${JSON.stringify(event)}`).join(';')}`;
  }
}
