/**
 * Plays a scenario under a model: whose turn it is and what the environment says are scripted, the charts do the rest.
 *
 * Every step is one that `System.choices` offers (an answer in flight first, whoever waits for it); the topology of the
 * system lists the scripted answers beside the usual ones. So what is played is a path that the explorer can walk too, and
 * a log that can be replayed.
 */
import { asyncAt, deferredProbeWork, environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Address, Message } from '../../machines/chart.ts';
import { answersTo, draws, environment_table } from '../../machines/environment.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { FactLog } from '../log/facts.ts';
import { checkTopology } from '../world/topology.ts';
import { isAnswer, System, type Choice, type Fact, type Flight, type World } from '../world/world.ts';
import { doerOf } from './doer.ts';
import { threadOfActor } from './names.ts';
import type { Command, Scenario } from './parse.ts';
import { threadActor } from './setup.ts';

/** One step, with the worlds on both sides of it. */
export interface PlayedFact {
  readonly fact: Fact;
  readonly before: World;
  readonly after: World;
}
/** A thread that is inside a call when a block ends: it waits for somebody, or the script holds it there. */
export interface Standing {
  readonly thread: string;
  readonly held: boolean;
  /** The innermost actor that works for it, and that actor's state. */
  readonly at: Address;
  readonly state: string;
}
export interface PlayedBlock {
  readonly facts: readonly PlayedFact[];
  readonly standing: readonly Standing[];
  readonly world: World;
}
export interface Played {
  readonly model: string;
  readonly system: System;
  readonly log: FactLog;
  readonly blocks: readonly PlayedBlock[];
}

/** No scenario needs so many; a chart that never comes to rest does. */
const limit = 100_000;

/**
 * Plays every block.
 *
 * @throws {ModelError} `bad-scenario` when the script asks for what cannot happen: a thread called while it is inside a
 *   call, a state that is never entered, a scripted answer that nobody asks for
 * @throws {ModelError} `bad-topology` when the model lacks what the topology needs, such as a bus
 */
export function play(scenario: Scenario, model: Model): Played {
  checkTopology(scripted(scenario), scenario.name, model);
  const player = new Player(scenario, model);
  const blocks = scenario.blocks.map(({ commands }) => player.block(commands));
  player.end();
  return { model: model.name, system: player.system, log: player.log, blocks };
}

/** The topology with the scripted answers beside the usual ones: what the environment may say in this scenario. */
export function scripted({ topology, blocks }: Scenario): Topology {
  const answers: Record<string, number[]> = {};
  for (const command of blocks.flatMap(({ commands }) => commands)) {
    if (command.kind !== 'answer') continue;
    const drawn = draws[command.call] !== undefined;
    const key = drawn ? `${command.call}.attach` : command.call;
    answers[key] = [...new Set([...(answers[key] ?? environment_table[command.call]?.usual ?? [0]), command.ret])];
  }
  // The table knows only its own usual answer to these two; what decides otherwise is the rest of the topology.
  for (const call of ['driver_match_device', 'test_remove']) if (answers[call] !== undefined) answers[call] = [...new Set([0, 1, ...answers[call]])];
  return { ...topology, answers };
}

type Answer = Extract<Command, { kind: 'answer' }>;

class Player {
  readonly system: System;
  readonly log: FactLog;
  readonly #scenario: Scenario;
  /** Threads of the scenario in the order of its text, then the kernel's own. */
  readonly #threads: readonly string[];
  readonly #held = new Set<string>();
  readonly #answers: Answer[] = [];
  /** Which thread each fact was done for. */
  readonly #doers: (string | undefined)[] = [];
  #facts: PlayedFact[] = [];
  #line = 0;

  constructor(scenario: Scenario, model: Model) {
    this.#scenario = scenario;
    this.system = new System(model, scripted(scenario));
    this.log = new FactLog(this.system);
    this.#threads = [...new Set([
      ...scenario.topology.threads.map(({ name }) => threadOfActor(name)), nameOf(deferredProbeWork),
      ...scenario.topology.devices.map(({ name }) => nameOf(asyncAt(name))),
    ])];
  }

  block(commands: readonly Command[]): PlayedBlock {
    this.#facts = [];
    for (const command of commands) this.#command(command);
    return { facts: this.#facts, standing: this.#standing(), world: this.#world };
  }

  end(): void {
    const [unused] = this.#answers;
    if (unused === undefined) return;
    this.#line = unused.line;
    this.#refuse(`nobody asks for ${unused.call}${unused.of === null ? '' : ` of ${unused.of}`}`, 'an answer scripted behind the call that asks for it');
  }

  #command(command: Command): void {
    this.#line = command.line;
    switch (command.kind) {
      case 'call':
        this.#begin(command);
        this.#held.delete(command.thread);
        this.#advance(command.thread);
        return this.#settle();
      case 'start':
        this.#begin(command);
        this.#held.add(command.thread);
        return;
      case 'answer':
        this.#answers.push(command);
        return;
      case 'hold':
        this.#held.add(command.thread);
        return;
      case 'step':
        return 'until' in command ? this.#stepUntil(command.thread, command.until) : this.#steps(command.thread, command.count);
      case 'take':
        if (this.#step(command.thread, command.event) === undefined)
          this.#refuse(`${command.thread} has no ${command.event} under way`, 'a call that fails earlier, or waits for somebody', undefined, this.#underWay(command.thread));
        return;
      case 'run':
        if (command.thread === null) this.#held.clear();
        else {
          this.#held.delete(command.thread);
          this.#advance(command.thread);
        }
        return this.#settle();
    }
  }

  #begin({ thread, entry, call }: Extract<Command, { kind: 'call' | 'start' }>): void {
    const inside = this.#actorsOf(thread).find((address) => this.system.local(this.#world, address).value !== 'idle');
    if (inside !== undefined || this.#messageOf(thread) !== undefined)
      this.#refuse(`${thread} is still inside a call`, 'a call that waits for a lock or for a user', `run ${thread}, or let another thread call`);
    const actors = [threadActor(thread, entry, true), threadActor(thread, entry, false)];
    const name = this.system.topology.threads.find((spec) => actors.includes(spec.name) && spec.entry === entry)?.name ?? thread;
    this.#take(this.system.start(`thread:${name}`, call), thread);
  }

  /** Until it has returned, or waits for somebody else. */
  #advance(thread: string): void {
    while (this.#step(thread) !== undefined);
  }

  /** Everybody who is not held, as long as anybody can move. */
  #settle(): void {
    let moved = true;
    while (moved) {
      moved = false;
      for (const thread of this.#threads) {
        if (this.#held.has(thread)) continue;
        while (this.#step(thread) !== undefined) moved = true;
      }
    }
  }

  #steps(thread: string, count: number): void {
    for (let step = 0; step < count; step++)
      if (this.#step(thread) === undefined) this.#refuse(`${thread} takes ${step} steps and not ${count}`, 'a call that is over, or waits for somebody');
  }

  #stepUntil(thread: string, until: string): void {
    const passed = new Set<string>();
    for (;;) {
      const fact = this.#step(thread);
      if (fact === undefined)
        this.#refuse(`${thread} does not come to ${until}`, 'a call that fails earlier, or waits for somebody', undefined, [...passed]);
      if (fact.to === environment) continue;
      const states = statesIn(this.system.local(this.#world, fact.to).value);
      if (states.includes(until)) return;
      for (const state of states) passed.add(state);
    }
  }

  /** Delivers the next message of a thread (`event`: the next of this name), and before it any answer in flight. Undefined: the thread has nothing to do now. */
  #step(thread: string, event?: string): Fact | undefined {
    for (;;) {
      const choices = this.system.choices(this.#world);
      const first = indexOf(choices[0]);
      const answered = first === undefined ? undefined : (this.#world.flight[first] as Flight);
      if (first !== undefined && answered !== undefined && isAnswer(answered.event)) {
        const doer = this.#doerOf(answered);
        const fact = this.#deliver(first, choices);
        if (doer === thread && event === undefined) return fact;
        continue;
      }
      const mine = choices.map(indexOf).find((index) => index !== undefined && this.#moves(thread, this.#world.flight[index] as Flight, event));
      return mine === undefined ? undefined : this.#deliver(mine, choices);
    }
  }

  #moves(thread: string, flight: Flight, event: string | undefined): boolean {
    return this.#doerOf(flight) === thread && (event === undefined || flight.event.type === event);
  }

  #underWay(thread: string): string[] {
    return this.#world.flight.filter((flight) => this.#moves(thread, flight, undefined)).map(({ event }) => event.type);
  }

  #deliver(index: number, choices: readonly Choice[]): Fact {
    const flight = this.#world.flight[index] as Flight;
    const offered = choices.filter((choice) => indexOf(choice) === index);
    const ret = this.#answerTo(flight);
    const choice = offered.find(({ event }) => ret === undefined || (event['attach'] ?? event['ret']) === ret) ?? offered[0];
    return this.#take(choice as Choice, this.#doerOf(flight));
  }

  #take(choice: Choice, doer: string | undefined): Fact {
    const before = this.#world;
    const fact = this.log.record(this.system.step(before, choice));
    if (fact.seq >= limit) this.#refuse(`still not at rest after ${limit} steps`, 'a fault of the charts');
    this.#doers.push(doer);
    this.#facts.push({ fact, before, after: this.#world });
    return fact;
  }

  get #world(): World {
    return this.log.world;
  }

  /** What the environment says to a call, or the IOMMU driver inside it: as scripted, else the usual. Undefined: nobody is asked. */
  #answerTo(flight: Flight): number | undefined {
    const { to, event } = flight;
    if (isAnswer(event) || (to !== environment && draws[event.type] === undefined)) return undefined;
    return this.#scripted(flight) ?? (to === environment ? answersTo(event, this.#scenario.topology)[0] : 0);
  }

  /** The next scripted answer to this call; used up. */
  #scripted({ to, event }: Flight): number | undefined {
    const names = [nameOf(to), ...Object.values(event)];
    const index = this.#answers.findIndex(({ call, of }) => call === event.type && (of === null || names.includes(of)));
    return index < 0 ? undefined : this.#answers.splice(index, 1)[0]?.ret;
  }

  #doerOf(flight: Flight): string | undefined {
    return doerOf(this.system, this.#world, flight, this.#doers);
  }
  #messageOf(thread: string): Message | undefined {
    return this.#world.flight.find((flight) => this.#doerOf(flight) === thread)?.event;
  }

  #actorsOf(thread: string): Address[] {
    if (thread.startsWith('async:') || `thread:${thread}` === deferredProbeWork) return [`thread:${thread}`];
    return this.system.topology.threads.filter(({ name }) => threadOfActor(name) === thread).map(({ name }) => `thread:${name}`);
  }

  /** Where everybody stands who is inside a call. */
  #standing(): Standing[] {
    return this.#threads.flatMap((thread) => this.#actorsOf(thread).flatMap((address): Standing[] => {
      if (this.system.local(this.#world, address).value === 'idle') return [];
      let at = address;
      for (;;) {
        const inner = this.system.actors.find(({ address: other }) =>
          this.system.local(this.#world, other).context['caller'] === at && !kindOf(other).startsWith('thread'));
        if (inner === undefined) break;
        at = inner.address;
      }
      return [{ thread, held: this.#messageOf(thread) !== undefined, at, state: statesIn(this.system.local(this.#world, at).value).at(-1) ?? '' }];
    }));
  }

  #refuse(message: string, usually: string, hint?: string, accepted: readonly string[] = []): never {
    throw new ModelError('bad-scenario', message, { at: `line ${this.#line} of ${this.#scenario.name}`, usually, hint, accepted });
  }
}

const indexOf = (choice: Choice | undefined): number | undefined =>
  choice === undefined || choice.kind === 'start' ? undefined : choice.index;

/** The names in a state value, outermost first; the last is where a sequential chart stands. */
function statesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value as object).flatMap(([state, inner]) => [state, ...statesIn(inner)]);
}
