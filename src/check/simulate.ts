/**
 * Random walks, for worlds too many to visit. What is found is real; what is not found is only not found.
 */
import type { Local } from '../world/locals.ts';
import type { System } from '../world/world.ts';
import type { WayStep } from './path.ts';
import { kindOf, type Property, type Seen } from './property.ts';
import { generator } from './random.ts';
import type { Subject } from './subject.ts';

export interface SimulateOptions {
  /** Number of walks. */
  readonly walks: number;
  /** Steps of each at most. Default 1000. */
  readonly length?: number;
  /** The same seed gives the same walks. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Sample {
  readonly name: string;
  /** A walk cannot show that a property holds: then it was sampled, and nothing more is said. */
  readonly verdict: 'broken' | 'sampled';
  /** Walk, from 0, and the steps to the violation. */
  readonly walk?: number;
  readonly steps?: readonly WayStep[];
}

export interface SimulationReport {
  readonly walks: number;
  readonly steps: number;
  readonly samples: readonly Sample[];
}

/**
 * Walks at random, each choice as likely as any other, and judges every world and step on the way.
 *
 * Kinds that speak of all futures (`canAlways`, `leadsTo`) and `sometimes` are left out. The shortest violation of all walks
 * is kept for each property.
 *
 * @example
 * (await simulate(system, subject, properties, { walks: 100, seed: 7 })).samples.filter(({ verdict }) => verdict === 'broken');
 */
export async function simulate(system: System, subject: Subject, properties: readonly Property[], options: SimulateOptions): Promise<SimulationReport> {
  const { walks, length = 1000, seed, signal } = options;
  const judged = properties.filter(({ kind }) => kind === 'always' || kind === 'atRest' || kind === 'neverStuck');
  const found = new Map<Property, { walk: number; steps: readonly WayStep[] }>();
  let [done, steps] = [0, 0];
  for (; done < walks && signal?.aborted !== true; done++) {
    const walk = new Walk(system, subject, judged, generator(seed + done * 0x9e3779b1));
    while (walk.steps.length < length && walk.step((property) => {
      if ((found.get(property)?.steps.length ?? Infinity) > walk.steps.length) found.set(property, { walk: done, steps: walk.steps.slice() });
    }));
    steps += walk.steps.length;
    if (done % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    walks: done, steps,
    samples: judged.map((property) => ({ name: property.name, verdict: found.has(property) ? 'broken' : 'sampled', ...found.get(property) })),
  };
}

class Walk {
  readonly steps: WayStep[] = [];
  readonly #system: System;
  readonly #subject: Subject;
  readonly #properties: readonly Property[];
  readonly #random: () => number;
  readonly #left: (number | null)[];
  #world: ReturnType<System['initial']>;

  constructor(system: System, subject: Subject, properties: readonly Property[], random: () => number) {
    this.#system = system;
    this.#subject = subject;
    this.#properties = properties;
    this.#random = random;
    this.#left = subject.starts.map(({ times }) => times);
    this.#world = system.initial();
  }

  /** One choice and the answers that follow. False when nothing can happen. */
  step(broken: (property: Property) => void): boolean {
    const { starts, together } = this.#subject;
    const threads = new Map(starts.map(({ actor }, index) => [this.#subject.actors[actor]?.address, index]));
    const busy = starts.filter(({ actor }) => !this.#subject.rests(this.#world.locals[actor] as Local)).length;
    const choices = this.#system.choices(this.#world).filter(({ kind, to }) =>
      kind !== 'start' || (busy < together && this.#left[threads.get(to) as number] !== 0));
    this.#judge(broken, choices.length === 0);
    const choice = choices[Math.floor(this.#random() * choices.length)];
    if (choice === undefined) return false;
    const thread = choice.kind === 'start' ? threads.get(choice.to) as number : -1;
    const left = this.#left[thread];
    if (left !== null && left !== undefined) this.#left[thread] = left - 1;
    this.steps.push({ to: choice.to, event: choice.event, start: choice.kind === 'start' });
    this.#take(choice, broken);
    while (this.#world.flight.some(({ event }) => this.#subject.isAnswer(event)))
      this.#take(this.#system.choices(this.#world)[0] as typeof choice, broken);
    return true;
  }

  #take(choice: Parameters<System['step']>[1], broken: (property: Property) => void): void {
    const index = choice.to === this.#subject.environment ? -1 : this.#system.indexOf(choice.to);
    const before = this.#world.locals[index];
    const { world, fact, out } = this.#system.step(this.#world, choice);
    this.#world = world;
    const after = world.locals[index];
    if (before === undefined || after === undefined) return;
    const sent = out.flatMap((output) => (output.kind === 'sent' ? [output.sent] : []));
    for (const property of this.#properties)
      if (property.step?.({ address: choice.to, before, after, event: choice.event, said: fact.said, sent }) === false) broken(property);
  }

  #judge(broken: (property: Property) => void, nothing: boolean): void {
    const { locals, flight } = this.#world;
    const resting = flight.length === 0 && this.#subject.actors.every(({ thread }, index) => !thread || this.#subject.rests(locals[index] as Local));
    for (const property of this.#properties) {
      if (property.kind === 'neverStuck' ? nothing && !resting : (property.kind === 'always' || resting) && property.holds?.(this.#look(property)) === false)
        broken(property);
    }
  }

  #look({ sees }: Property): Seen {
    return Object.fromEntries(Object.entries(sees).map(([kind, see]) => [kind, this.#subject.actors.flatMap(({ address }, index) => {
      const { value, context } = this.#world.locals[index] as Local;
      return kindOf(address) === kind ? [see({ address, value, context })] : [];
    })]));
  }
}
