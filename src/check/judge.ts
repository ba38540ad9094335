/**
 * What properties say of a world, without asking them again for what they have seen.
 *
 * What a property sees of an actor is an observation, kept by number per node; the observations of all actors together
 * are folded into one number, and a predicate is asked once for each such number.
 */
import { ModelError } from '../errors.ts';
import type { Local } from '../world/locals.ts';
import { difference } from '../world/plain.ts';
import { Ints, PairMap } from './ints.ts';
import { kindOf, type Looked, type Property } from './property.ts';
import type { Subject } from './subject.ts';
import type { Node, Tables } from './tables.ts';

/** One answer per property: 0 false, 1 true; bit 1 is that of `then`. */
export type Answers = Uint8Array;

export class Judge {
  readonly properties: readonly Property[];
  /** Actors that some property looks at. */
  readonly watched: readonly number[];
  readonly #tables: Tables;
  readonly #subject: Subject;
  /** By actor, then local state: number of what all properties see of it. */
  readonly #seen: Ints[];
  readonly #numbers = new Map<string, number>();
  readonly #looks: unknown[][] = [[]];
  /** By kind: which of `watched` are of it. */
  readonly #ofKind = new Map<string, number[]>();
  readonly #folds = new PairMap();
  #folded = 1;
  readonly #answers: (Answers | undefined)[] = [];

  constructor(tables: Tables, properties: readonly Property[]) {
    this.properties = properties;
    this.#tables = tables;
    this.#subject = tables.subject;
    const looks = new Set(properties.flatMap(({ sees }) => Object.keys(sees)));
    this.watched = this.#subject.actors.flatMap(({ address }, index) => (looks.has(kindOf(address)) ? [index] : []));
    this.#seen = this.#subject.actors.map(() => new Ints());
    for (const at of this.watched.keys()) {
      const kind = kindOf(this.#address(at));
      this.#ofKind.set(kind, [...this.#ofKind.get(kind) ?? [], at]);
    }
  }

  /** Number of what the properties see of an actor at a node. Equal numbers look equal to all of them. */
  observation(actor: number, node: number): number {
    return this.observe(actor, ((this.#tables.nodes[actor] as Node[])[node] as Node).local);
  }

  /** What one property sees of an actor that looks so. */
  fact(observation: number, property: number): unknown {
    return (this.#looks[observation] as unknown[])[property];
  }

  /** Addresses of those in `watched`. */
  get addresses(): readonly string[] {
    return this.watched.map((_, at) => this.#address(at));
  }

  /** The same for a local state. @throws {ModelError} `merged-states` when JSON takes two observations for one */
  observe(actor: number, { id, value, context }: Local): number {
    const seen = this.#seen[actor] as Ints;
    while (seen.length <= id) seen.push(-1);
    const known = seen.data[id] as number;
    if (known !== -1) return known;
    const { address } = this.#subject.actors[actor] as Subject['actors'][number];
    const looked: Looked = { address, value, context };
    const facts = this.properties.map(({ sees }) => sees[kindOf(address)]?.(looked));
    const key = `${kindOf(address)} ${JSON.stringify(facts)}`;
    let number = this.#numbers.get(key);
    if (number !== undefined) {
      const at = difference(this.#looks[number], facts, 'observation');
      if (at !== undefined) throw new ModelError('merged-states', 'two observations with one key', { at: `${address}, ${at}`, accepted: 'strings, finite numbers, booleans, null, lists and records' });
    } else {
      number = this.#looks.push(facts) - 1;
      this.#numbers.set(key, number);
    }
    seen.data[id] = number;
    return number;
  }

  /** Number of what the properties see of a world. */
  fold(nodes: Int32Array): number {
    let fold = 0;
    for (let index = 0; index < this.watched.length; index++) {
      const actor = this.watched[index] as number;
      const observation = this.observation(actor, nodes[actor] as number);
      let next = this.#folds.get(fold, observation);
      if (next === -1) {
        next = this.#folded++;
        this.#folds.set(fold, observation, next);
      }
      fold = next;
    }
    return fold;
  }

  /** What each property says of a world with this number; `nodes` is such a world. */
  answers(fold: number, nodes: Int32Array): Answers {
    const known = this.#answers[fold];
    if (known !== undefined) return known;
    const facts = this.watched.map((actor) => this.#looks[this.observation(actor, nodes[actor] as number)] as unknown[]);
    const answers = Uint8Array.from(this.properties, (property, index) => {
      const seen: Record<string, unknown[]> = {};
      for (const kind in property.sees) seen[kind] = (this.#ofKind.get(kind) ?? []).map((at) => (facts[at] as unknown[])[index]);
      return ((property.holds?.(seen) ?? true) ? 1 : 0) | ((property.then?.(seen) ?? false) ? 2 : 0);
    });
    this.#answers[fold] = answers;
    return answers;
  }

  #address(at: number): string {
    return (this.#subject.actors[this.watched[at] as number] as Subject['actors'][number]).address;
  }
}
