/**
 * Live: the charts of a topology as real XState actors, for embedding and for inspectors.
 *
 * One actor system; each actor is registered under its address, and the environment is its root. Actors deliver to each
 * other depth first, as calls do: of all the orders that the world allows, a live run takes one, and `follow` takes the
 * same steps in a world. Threads overlap where the environment answers later, with a promise.
 */
import {
  createActor, enqueueActions, sendTo, setup, type AnyActorLogic, type AnyActorRef, type AnyMachineSnapshot, type AnyStateMachine,
  type InspectionEvent, type MachineContext, type Observer, type StateValue,
} from 'xstate';
import { environment } from '../../machines/address.ts';
import type { Address, Message, Said } from '../../machines/chart.ts';
import { answersTo, draws, drawsOf } from '../../machines/environment.ts';
import { actorsOf, type Model, type Placement } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { nearest } from './nearest.ts';
import { isAnswer, type Step, type System, type World } from './world.ts';

/** One message that an actor took up, in the order of taking up. */
export interface Delivery {
  readonly to: Address;
  readonly event: Message;
}

export interface LiveOptions {
  /**
   * What the environment answers to a call; `usual` is the first answer of the table (or of the topology). A promise
   * answers later: other threads may run meanwhile. What an IOMMU driver says inside a call is asked as `<call>.attach`,
   * and cannot wait. Default: `usual`.
   */
  readonly environment?: (call: Message, usual: number) => number | Promise<number>;
  /** Told of every delivery, before the receiver moves: the order in which a world can take the same steps. */
  readonly delivered?: (delivery: Delivery) => void;
  /** Handed to XState as it is: an inspector sees every actor, message and snapshot. */
  readonly inspect?: ((event: InspectionEvent) => void) | Observer<InspectionEvent>;
}

/** Sent to the environment from outside the system. */
type Outside =
  | { readonly type: 'live.begin'; readonly to: Address; readonly command: Said }
  | { readonly type: 'live.answered'; readonly call: Message; readonly ret: number }
  | { readonly type: 'live.stop' };

/**
 * The actors of a topology under a model, not yet started. The topology is valid (`parseTopology`).
 *
 * @example
 * const live = createSystem(topology, model).start();
 * await live.call('bind', { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' }); // 0, or -16
 */
export function createSystem(topology: Topology, model: Model, options: LiveOptions = {}): Live {
  return new Live(topology, model, options);
}

type Waiting = { readonly resolve: (ret: number) => void; readonly reject: (error: unknown) => void };

/** A live run. Charts are XState's own actors: `actor(address)` can be subscribed to like any other. */
export class Live {
  readonly #topology: Topology;
  readonly #options: LiveOptions;
  readonly #root: AnyActorRef;
  readonly #actors = new Map<Address, AnyActorRef>();
  /** Threads inside a call, and who waits for its answer. */
  readonly #calls = new Map<Address, Waiting>();
  /** The delivery that an actor is busy with: a macrostep may have several microsteps. */
  readonly #busy = new Set<AnyActorRef>();
  #state: 'new' | 'running' | 'stopped' = 'new';
  #fault: unknown;

  constructor(topology: Topology, model: Model, options: LiveOptions) {
    this.#topology = topology;
    this.#options = options;
    const inspect = typeof options.inspect === 'function' ? options.inspect : options.inspect?.next?.bind(options.inspect);
    this.#root = createActor(this.#environmentMachine(), {
      id: environment, systemId: environment, inspect: (event: InspectionEvent) => { this.#watch(event); inspect?.(event); },
    });
    this.#actors.set(environment, this.#root);
    for (const placement of actorsOf(model, topology)) this.#actors.set(placement.address, this.#actor(placement));
    for (const actor of this.#actors.values()) actor.subscribe({ error: (error) => { this.#fail(error); } });
  }

  /** Addresses, the environment first. */
  get addresses(): Address[] {
    return [...this.#actors.keys()];
  }

  /** Starts every actor. @throws {ModelError} wrong-use: a stopped system does not start again */
  start(): this {
    if (this.#state === 'stopped') throw this.#misuse('a stopped system does not start again', 'createSystem', 'make another');
    if (this.#state === 'running') return this;
    for (const actor of this.#actors.values()) actor.start();
    this.#state = 'running';
    return this;
  }

  /** Stops every actor; calls that are open are rejected. */
  stop(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#root.send({ type: 'live.stop' } satisfies Outside);
    this.#root.stop();
    this.#reject(this.#misuse('the system was stopped', 'nothing more', 'stop after the last call'));
  }

  /**
   * Lets a thread of the topology run a call, and gives what its caller sees: 0, or a negative errno.
   *
   * Without promises in the environment the call is over when this returns; the promise is then fulfilled already.
   *
   * @param thread with or without `thread:`
   * @throws {ModelError} wrong-use: there is no such thread, or it is inside a call; as a rejection: unhandled-event and
   *   no-such-actor, when a chart is wrong, and unexpected-answer, when the environment said what is no number
   */
  call(thread: string, command: Said): Promise<number> {
    const to = thread.startsWith('thread:') ? thread : `thread:${thread}`;
    if (this.#state !== 'running') throw this.#misuse('the system is not running', 'start()', 'start it first');
    if (this.#fault !== undefined) throw this.#fault as Error;
    const threads = this.#topology.threads.map(({ name }) => `thread:${name}`);
    if (!threads.includes(to)) {
      const near = nearest(to, threads);
      throw new ModelError('wrong-use', `there is no thread ${to}`, { at: command.type, accepted: threads, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) });
    }
    if (this.#calls.has(to)) throw this.#misuse(`${to} is inside a call already`, 'another thread', 'wait for its answer, or add a thread to the topology');
    return new Promise((resolve, reject) => {
      this.#calls.set(to, { resolve, reject });
      this.#root.send({ type: 'live.begin', to, command } satisfies Outside);
      if (this.#fault !== undefined) this.#reject(this.#fault);
    });
  }

  /** The actor at an address. @throws {ModelError} no-such-actor */
  actor(address: Address): AnyActorRef {
    const actor = this.#actors.get(address);
    if (actor !== undefined) return actor;
    throw new ModelError('no-such-actor', `nobody lives at ${address}`, { at: address, accepted: this.addresses, usually: 'a misspelt address' });
  }

  /** Value and context of the actor at an address, as they are now. @throws {ModelError} no-such-actor */
  snapshot(address: Address): AnyMachineSnapshot {
    return this.actor(address).getSnapshot() as AnyMachineSnapshot;
  }

  #actor({ address, chart, input, value }: Placement): AnyActorRef {
    const logic = this.#drawing(chart);
    const options = { id: address, systemId: address, parent: this.#root, input };
    if (value === undefined) return createActor(logic, options);
    // A placement that begins elsewhere: the initial context, in that state.
    const initial = createActor(chart, { input }).getSnapshot() as { context: MachineContext };
    return createActor(logic, { ...options, snapshot: chart.resolveState({ value: value as StateValue, context: initial.context }) });
  }

  /** A chart whose calls carry what the IOMMU driver says inside them gets it here, as in the world at delivery. */
  #drawing(chart: AnyStateMachine): AnyActorLogic {
    if (!chart.events.some((event) => event in draws)) return chart;
    return Object.create(chart, {
      transition: { value: (...[snapshot, event, scope]: Parameters<AnyStateMachine['transition']>) => chart.transition(snapshot, this.#drawn(event as Message) as never, scope) },
    }) as AnyActorLogic;
  }

  #drawn(event: Message): Message {
    const possible = drawsOf(event, this.#topology);
    const [usual] = possible;
    if (usual === undefined || (possible.length === 1 && usual === 0)) return event;
    return { ...event, attach: this.#number({ ...event, type: `${event.type}.attach` }, this.#ask({ ...event, type: `${event.type}.attach` }, usual)) };
  }

  #ask(call: Message, usual: number): number | Promise<number> {
    return this.#options.environment === undefined ? usual : this.#options.environment(call, usual);
  }

  #number(call: Message, ret: unknown): number {
    if (typeof ret === 'number' && Number.isInteger(ret)) return ret;
    throw new ModelError('unexpected-answer', `the environment answered ${call.type} with ${JSON.stringify(ret) ?? 'nothing'}`, {
      at: `${call.type} from ${call.from}`, accepted: '0, or an errno as a number', usually: 'a function that returns nothing for this call', hint: 'return `usual` where you have no answer of your own',
    });
  }

  /** The root: answers calls now or later, lets threads begin, and hands their results to who waits. */
  #environmentMachine() {
    const later = (call: Message, given: Promise<number>) => {
      given.then((ret) => { this.#root.send({ type: 'live.answered', call, ret: this.#number(call, ret) } satisfies Outside); })
        .catch((error: unknown) => { this.#fail(error); });
    };
    /** The answer, unless it comes later. */
    const ask = (call: Message): number | undefined => {
      const [usual] = answersTo(call, this.#topology);
      if (usual === undefined) throw new ModelError('unhandled-event', `nobody in the environment answers ${call.type}`, { at: `${call.type} from ${call.from}` });
      const given = this.#ask(call, usual);
      if (typeof given !== 'object') return this.#number(call, given);
      later(call, given);
      return undefined;
    };
    const answer = (call: Message, ret: number) => sendTo(() => this.actor(call.from), { type: `${call.type}.ret`, ret, from: environment });
    return setup({}).createMachine({
      id: environment,
      on: {
        'live.begin': { actions: enqueueActions(({ enqueue, event }) => {
          const { to, command } = event as Outside & { type: 'live.begin' };
          enqueue(sendTo(() => this.actor(to), { ...command, from: environment }));
        }) },
        'live.answered': { actions: enqueueActions(({ enqueue, event }) => {
          const { call, ret } = event as Outside & { type: 'live.answered' };
          enqueue(answer(call, ret));
        }) },
        'live.stop': { actions: enqueueActions(({ enqueue }) => {
          for (const actor of this.#actors.values()) if (actor !== this.#root) enqueue.stopChild(actor);
        }) },
        '*': { actions: enqueueActions(({ enqueue, event }) => {
          const message = event as Message;
          if (isAnswer(message)) return this.#finish(message);
          const ret = ask(message);
          if (ret !== undefined) enqueue(answer(message, ret));
        }) },
      },
    });
  }

  /** The first microstep of a macrostep is the delivery; what no state takes is an error of the model, as in the world. */
  #watch(event: InspectionEvent): void {
    if (event.type === '@xstate.snapshot') this.#busy.delete(event.actorRef as AnyActorRef);
    if (event.type !== '@xstate.microstep' || event.event.type.startsWith('xstate.')) return;
    const actor = event.actorRef as AnyActorRef;
    if (this.#busy.has(actor)) return;
    this.#busy.add(actor);
    const to = actor.id;
    const message = event.event as Message;
    if (event._transitions.length === 0)
      this.#fail(new ModelError('unhandled-event', `${to} does not answer ${message.type} from ${message.from}`, { at: to }));
    if (to !== environment || isAnswer(message)) this.#options.delivered?.({ to, event: message });
  }

  #finish({ from, ret }: Message): void {
    const waiting = this.#calls.get(from);
    this.#calls.delete(from);
    waiting?.resolve(ret as number);
  }

  /** The first fault ends the run: what the charts are then is not to be relied on. */
  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#fault ??= text.startsWith('no-such-actor') ? new ModelError('no-such-actor', text.replace(/^no-such-actor: /, ''), { cause: error }) : error;
    this.#reject(this.#fault);
  }

  #reject(error: unknown): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }

  #misuse(message: string, accepted: string, hint: string): ModelError {
    return new ModelError('wrong-use', message, { accepted, hint, usually: 'calls in another order' });
  }
}

/**
 * Takes the step of a live delivery in a world. The deliveries of a run, followed one by one from `system.initial()`, give
 * worlds whose actors are in the states of the live ones.
 *
 * `system` needs `answersFirst: false`: live actors deliver depth first, so an answer may wait for what its sender sent
 * before. Undefined when the world does not allow the delivery; live actors and world then disagree.
 */
export function follow(system: System, world: World, { to, event }: Delivery): Step | undefined {
  const same = JSON.stringify(event);
  if (event.from === environment && !isAnswer(event)) return system.step(world, { kind: 'start', to, event: system.messages.intern(event) });
  const choice = system.choices(world).find((choice) => choice.kind !== 'start' && choice.to === to && JSON.stringify(choice.event) === same);
  return choice === undefined ? undefined : system.step(world, choice);
}
