/** One way through the worlds, step by step, with a judge beside it. */
import type { Local } from '../world/locals.ts';
import type { Choice, System, World } from '../world/world.ts';
import type { WayStep } from './path.ts';
import { kindOf, type Property, type Seen } from './property.ts';
import type { Subject } from './subject.ts';

/** What every walk of one simulation shares. */
export interface Ground {
  readonly system: System;
  readonly subject: Subject;
  /** Only `always`, `atRest` and `neverStuck`: a walk does not know all futures. */
  readonly properties: readonly Property[];
}

export class Walk {
  readonly steps: WayStep[] = [];
  readonly #ground: Ground;
  readonly #left: (number | null)[];
  #world: World;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#left = ground.subject.starts.map(({ times }) => times);
    this.#world = ground.system.initial();
  }

  /** What may happen next, under the bounds of the subject. */
  open(): Choice[] {
    const { system, subject } = this.#ground;
    const full = subject.starts.filter(({ actor }) => !subject.rests(this.#world.locals[actor] as Local)).length >= subject.together;
    return system.choices(this.#world).filter((choice) => choice.kind !== 'start' || (!full && this.#left[this.#threadOf(choice)] !== 0));
  }

  /** For whom a choice is a step: the thread at the end of the chain of callers, or whoever acts of its own. */
  root({ kind, to, event }: Choice): string {
    const { system, subject } = this.#ground;
    let at = kind === 'deliver' ? event.from : to;
    for (let depth = 0; depth < 16; depth++) {
      const actor = subject.actors[system.indexOf(at)] as Subject['actors'][number];
      const caller = actor.thread ? null : subject.callerOf(this.#world.locals[system.indexOf(at)] as Local);
      if (caller === null || caller === subject.environment) return at;
      at = caller;
    }
    return at;
  }

  /** Takes a choice and the answers that follow. Gives the properties that these steps break. */
  take(choice: Choice): Property[] {
    const { system, subject } = this.#ground;
    if (choice.kind === 'start') {
      const thread = this.#threadOf(choice);
      const left = this.#left[thread];
      if (left !== null && left !== undefined) this.#left[thread] = left - 1;
    }
    this.steps.push({ to: choice.to, event: choice.event, start: choice.kind === 'start' });
    const broken = this.#step(choice);
    while (this.#world.flight.some(({ event }) => subject.isAnswer(event))) broken.push(...this.#step(system.choices(this.#world)[0] as Choice));
    return broken;
  }

  /** The properties that this world breaks; `stuck`: nothing may happen next. */
  broken(stuck: boolean): Property[] {
    const { subject, properties } = this.#ground;
    const { locals, flight } = this.#world;
    const resting = flight.length === 0 && subject.actors.every(({ thread }, index) => !thread || subject.rests(locals[index] as Local));
    return properties.filter((property) =>
      (property.kind === 'neverStuck' ? stuck && !resting : (property.kind === 'always' || resting) && property.holds?.(this.#look(property)) === false));
  }

  #threadOf({ to }: Choice): number {
    const { system, subject } = this.#ground;
    const actor = system.indexOf(to);
    return subject.starts.findIndex((start) => start.actor === actor);
  }

  #step(choice: Choice): Property[] {
    const { system, subject, properties } = this.#ground;
    const index = choice.to === subject.environment ? -1 : system.indexOf(choice.to);
    const before = this.#world.locals[index];
    const { world, fact: { said }, out } = system.step(this.#world, choice);
    this.#world = world;
    const after = world.locals[index];
    if (before === undefined || after === undefined) return [];
    const sent = out.flatMap((output) => (output.kind === 'sent' ? [output.sent] : []));
    return properties.filter(({ step }) => step?.({ address: choice.to, before, after, event: choice.event, said, sent }) === false);
  }

  #look({ sees }: Property): Seen {
    return Object.fromEntries(Object.entries(sees).map(([kind, see]) => [kind, this.#ground.subject.actors.flatMap(({ address }, index) => {
      const { value, context } = this.#world.locals[index] as Local;
      return kindOf(address) === kind ? [see({ address, value, context })] : [];
    })]));
  }
}
