/**
 * One run in the page: its facts, and the world at any of them.
 *
 * Every world of a multiple of `every` is kept; the others are taken again from there. Worlds share what did not change.
 */
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { environment } from '../../../machines/address.ts';
import type { Address, Message } from '../../../machines/chart.ts';
import { ModelError } from '../../errors.ts';
import { circumstances, type Facts, type Recorded } from '../../log/facts.ts';
import { choiceOf } from '../../log/replay.ts';
import { isAnswer, type Choice, type Fact, type Step, type System, type World } from '../../world/world.ts';
import type { Origin, PathStep } from './state.ts';

const every = 64;

/** A step that somebody found elsewhere: a call delivered, an answer of the environment, or a call that a thread begins. */
export interface Told {
  readonly to: Address;
  readonly event: Message;
  readonly start?: boolean;
}

export class Run implements Facts {
  readonly id: number;
  readonly origin: Origin;
  readonly system: System;
  /** Where this run left another one. */
  readonly parent: { readonly run: number; readonly seq: number } | null;
  /** Where the charts of this version do otherwise than what was recorded. */
  readonly refused: Signal<string | null> = signal(null);
  readonly #facts: Signal<readonly Fact[]>;
  readonly #choices: Choice[] = [];
  readonly #kept: World[];
  readonly #taken: Fact[] = [];
  readonly #recorded: Recorded[] = [];
  #world: World;
  #last: World;

  constructor(id: number, system: System, origin: Origin, parent: Run['parent'] = null) {
    this.id = id;
    this.system = system;
    this.origin = origin;
    this.parent = parent;
    this.#world = this.#last = system.initial();
    this.#kept = [this.#world];
    this.#facts = signal([]);
  }

  get facts(): ReadonlySignal<readonly Fact[]> { return this.#facts; }
  /** The world after the last fact. */
  get world(): World { return this.#world; }
  get length(): number { return this.#taken.length; }

  /** Takes a choice of the last world. `publish` afterwards tells the views. */
  take(choice: Choice): Step {
    const step = this.system.step(this.#world, choice);
    this.#choices.push(choice);
    this.#add(step);
    return step;
  }

  /** Takes a step that somebody took from the last world. */
  append(step: Step): void {
    this.take(choiceOf(this.system, this.#world, step.fact) as Choice);
  }

  #add({ fact, world }: Step): void {
    this.#taken.push(fact);
    this.#world = world;
    if (this.#taken.length % every === 0) this.#kept.push(world);
  }

  publish(): void {
    this.#facts.value = this.#taken.slice();
  }

  /** Takes a step that is told by its message. Answers that must come before it are delivered first. @throws {ModelError} impossible-way */
  tell({ to, event: told, start = false }: Told): void {
    const event = this.system.messages.intern(told);
    if (start) {
      this.take(this.system.start(to, told));
      return;
    }
    for (;;) {
      const choices = this.system.choices(this.#world);
      const same = JSON.stringify(event);
      const found = choices.find((one) => one.kind !== 'start' && one.to === to && JSON.stringify(one.event) === same) ?? choices.find((one) => one.to === to && JSON.stringify(one.event) === same);
      if (found !== undefined) {
        this.take(found);
        return;
      }
      const [first] = choices;
      if (first === undefined || first.kind === 'start' || !isAnswer(first.event))
        throw new ModelError('impossible-way', `${event.type} cannot be delivered to ${to}`, { at: `step ${this.length}` });
      this.take(first);
    }
  }

  /** Takes a recorded fact again; false, and `refused` says why, when the charts do otherwise. */
  again(fact: Fact): boolean {
    const choice = choiceOf(this.system, this.#world, fact);
    const step = choice === undefined ? undefined : this.take(choice);
    if (step !== undefined && JSON.stringify(step.fact.said) === JSON.stringify(fact.said)) return true;
    this.refused.value = choice === undefined
      ? `fact ${fact.seq}: the charts of this version do not allow ${fact.event.type} from ${fact.from} to ${fact.to} here`
      : `fact ${fact.seq}: ${fact.to} says something else to ${fact.event.type} than what was recorded`;
    return false;
  }

  /** Takes one step of a path. @throws {ModelError} impossible-way */
  walk(step: PathStep): void {
    if (typeof step !== 'number') return this.tell({ ...step, start: true });
    const choice = this.system.choices(this.#world)[step];
    if (choice === undefined) throw new ModelError('impossible-way', `there is no choice ${step}`, { at: `step ${this.length}`, usually: 'a link made by a version with other charts', hint: 'open it with the version that made it' });
    this.take(choice);
  }

  /** Delivers answers in flight until there is none: what a step of the checker includes. */
  settleAnswers(): void {
    while (this.#world.flight.some(({ event }) => isAnswer(event))) this.take(this.system.choices(this.#world)[0] as Choice);
  }

  choice(seq: number): Choice | undefined {
    return this.#choices[seq];
  }

  /** The path so far, for a link: a number for each step. */
  *path(end = this.length): Generator<PathStep> {
    let world = this.#kept[0] as World;
    for (const choice of this.#choices.slice(0, end)) {
      const same = JSON.stringify(choice.event);
      const index = this.system.choices(world).findIndex((one) => one.kind === choice.kind && one.to === choice.to && (one.kind === 'start' || choice.kind === 'start' || one.index === choice.index) && JSON.stringify(one.event) === same);
      yield index >= 0 ? index : { to: choice.to, event: choice.event };
      world = this.system.step(world, choice).world;
    }
  }

  /** The world before fact `n`; of a number beyond the end, the last. */
  worldAt(n: number): World {
    const end = Math.max(0, Math.min(n, this.length));
    if (end === this.length) return this.#world;
    const near = this.#last.seq <= end && end - this.#last.seq < every ? this.#last : this.#kept[Math.floor(end / every)] as World;
    let world = near;
    while (world.seq < end) world = this.system.step(world, this.#choices[world.seq] as Choice).world;
    this.#last = world;
    return world;
  }

  /** A fact with the states on both sides of it, which are looked up when somebody asks. @throws {ModelError} wrong-use: there is no such fact */
  fact(seq: number): Recorded {
    const fact = this.#taken[seq];
    if (fact === undefined) throw new ModelError('wrong-use', `there is no fact ${seq}`, { at: this.origin.title, accepted: this.length === 0 ? 'none: the run has no facts' : `0 to ${this.length - 1}` });
    return this.#recorded[seq] ??= new Lazily(fact, this.#circumstances);
  }

  readonly #circumstances = (fact: Fact): Recorded => {
    if (fact.to === environment) return { ...fact, before: null, after: null, passed: [] };
    const index = this.system.indexOf(fact.to);
    const before = this.worldAt(fact.seq);
    return circumstances(this.system, fact, before.locals[index], this.worldAt(fact.seq + 1).locals[index]);
  };
}

/** Whoever looks for a cause passes thousands of facts and asks few of them for more than their message. */
class Lazily implements Recorded {
  readonly seq: number;
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  readonly cause: number | null;
  readonly said: Recorded['said'];
  readonly #fact: Fact;
  readonly #look: (fact: Fact) => Recorded;
  #full: Recorded | undefined;

  constructor(fact: Fact, look: (fact: Fact) => Recorded) {
    ({ seq: this.seq, from: this.from, to: this.to, event: this.event, cause: this.cause, said: this.said } = fact);
    this.#fact = fact;
    this.#look = look;
  }

  get before(): Recorded['before'] { return this.#all.before; }
  get after(): Recorded['after'] { return this.#all.after; }
  get passed(): Recorded['passed'] { return this.#all.passed; }
  get #all(): Recorded { return this.#full ??= this.#look(this.#fact); }
}
