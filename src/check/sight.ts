/**
 * May properties miss the worlds that a step leaves out?
 *
 * A world that is left out lies before a step that was taken first; behind it lies one that is visited. Nothing is lost
 * when everything that a property looks for (a violation, the world that a `sometimes` or a `canAlways` waits for) is in the
 * world behind whenever it is in the world before. That is asked for all that the actors may look like in between.
 */
import { PairMap } from './ints.ts';
import type { Judge } from './judge.ts';
import { kindOf } from './property.ts';

/** What an actor may look like before the step, and behind it (the same for who is not reached). */
export type Looks = readonly (readonly [before: number, behind: number])[];

/** More combinations than these are not tried. */
const most = 4096;

export class Sight {
  readonly #judge: Judge;
  /** Properties that are looked for in worlds, by place; not those that speak of rest, or are settled. */
  readonly #asked: readonly number[];
  readonly #kinds: readonly string[];
  readonly #facts = new PairMap();
  readonly #numbers: Map<string, number>[];
  readonly #examples: unknown[][];
  readonly #known = new Map<string, boolean>();
  readonly #yes: Map<string, boolean>[];

  /** @param settled properties that are decided already */
  constructor(judge: Judge, settled: ReadonlySet<unknown>) {
    this.#judge = judge;
    const { properties } = judge;
    this.#asked = properties.flatMap((property, index) => {
      const { kind, holds, rests } = property;
      return holds && !rests && (kind === 'always' || kind === 'sometimes' || kind === 'canAlways') && !settled.has(property) ? [index] : [];
    });
    this.#kinds = judge.addresses.map(kindOf);
    this.#numbers = properties.map(() => new Map<string, number>());
    this.#examples = properties.map(() => []);
    this.#yes = properties.map(() => new Map<string, boolean>());
  }

  /** `looks`: by place in `judge.watched`. */
  hides(looks: readonly Looks[]): boolean {
    const key = looks.map((look) => look.join()).join(';');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const hides = this.#asked.every((property) => this.#hidesFrom(property, looks));
    this.#known.set(key, hides);
    return hides;
  }

  #hidesFrom(property: number, looks: readonly Looks[]): boolean {
    const { sees, kind } = this.#judge.properties[property] as Judge['properties'][number];
    const seen = looks.flatMap((look, at) => (Object.hasOwn(sees, this.#kinds[at] as string) ? [{ at, look: this.#distinct(property, look) }] : []));
    if (seen.every(({ look }) => look.every(([before, behind]) => before === behind))) return true;
    if (seen.reduce((product, { look }) => product * look.length, 1) > most) return false;
    const actors = seen.map(({ at }) => at);
    let all: [number[], number[]][] = [[[], []]];
    for (const { look } of seen) all = all.flatMap(([before, behind]) => look.map(([one, other]): [number[], number[]] => [[...before, one], [...behind, other]]));
    const sought = kind !== 'always';
    return all.every(([before, behind]) => before.join() === behind.join() || this.#says(property, actors, before) !== sought || this.#says(property, actors, behind) === sought);
  }

  /** The same looks by number of what this property sees of them. */
  #distinct(property: number, look: Looks): Looks {
    const pairs = look.map(([before, behind]): [number, number] => [this.#fact(property, before), this.#fact(property, behind)]);
    return [...new Map(pairs.map((pair) => [pair.join(), pair])).values()];
  }

  #fact(property: number, observation: number): number {
    const known = this.#facts.get(property, observation);
    if (known !== -1) return known;
    const fact = this.#judge.fact(observation, property);
    const key = JSON.stringify(fact ?? null);
    const numbers = this.#numbers[property] as Map<string, number>;
    let number = numbers.get(key);
    if (number === undefined) {
      number = (this.#examples[property] as unknown[]).push(fact) - 1;
      numbers.set(key, number);
    }
    this.#facts.set(property, observation, number);
    return number;
  }

  #says(property: number, actors: readonly number[], facts: readonly number[]): boolean {
    const yes = this.#yes[property] as Map<string, boolean>;
    const key = facts.join();
    let says = yes.get(key);
    if (says !== undefined) return says;
    const { sees, holds } = this.#judge.properties[property] as Judge['properties'][number];
    says = holds?.(Object.fromEntries(Object.keys(sees).map((kind) =>
      [kind, actors.flatMap((at, index) => (this.#kinds[at] === kind ? [(this.#examples[property] as unknown[])[facts[index] as number]] : []))]))) ?? true;
    yes.set(key, says);
    return says;
  }
}
