/**
 * Symmetry: worlds that differ only by the names of interchangeable actors have the same future up to these names.
 *
 * Names are what stands behind the colon of an address. Two are interchangeable when swapping them everywhere leaves the
 * topology and the calls that threads may begin as they are (lists may come in another order). Of all worlds that renaming
 * turns into each other, the search keeps the one that weighs least. Ways are told in the names of the actors that
 * really take part: the renamings on the way are undone.
 */
import type { Sent } from '../world/locals.ts';
import type { Image, Images } from './futures.ts';
import { Ints, mix } from './ints.ts';
import type { Judge } from './judge.ts';
import type { Folding } from './search.ts';
import type { Message, Subject } from './subject.ts';
import type { Node, Tables } from './tables.ts';

/** What a node weighs, in 58 bits, so that all nodes of a world weigh less than 2^64: the higher part, and the 32 bits below. */
export const weightOf = (actor: number, node: number): readonly [high: number, low: number] =>
  [mix(mix(actor + 1, 1), node + 1) >>> 6, mix(mix(actor + 1, 2), node + 1) >>> 0];

type Names = ReadonlyMap<string, string>;

/** One way to rename: where each actor goes, and what becomes of its nodes. */
interface Renaming {
  readonly names: Names;
  readonly actors: Int32Array;
  readonly nodes: readonly Ints[];
}

export class Symmetry implements Folding {
  /** Sets of interchangeable names, of two or more. */
  readonly orbits: readonly (readonly string[])[];
  /** Why there is nothing to save, or what could not be used. */
  readonly why: string | undefined;
  readonly #tables: Tables;
  readonly #renamings: readonly Renaming[];
  readonly #best: Int32Array;
  readonly #other: Int32Array;
  /** By actor, two numbers for each node. */
  readonly #weights: readonly Ints[];
  readonly #asked = new Set<number>();

  /**
   * @param threads only names of threads
   * @param most renamings; sets of names that would make more are left alone
   */
  constructor(tables: Tables, { threads = false, most = 720 } = {}) {
    this.#tables = tables;
    const { orbits, why } = orbitsOf(tables.subject, threads, most);
    this.orbits = orbits;
    this.why = why;
    this.#renamings = renamings(orbits).map((names) => ({
      names, actors: Int32Array.from(tables.subject.actors, ({ address }) => tables.subject.indexOf(renamed(address, names) as string)),
      nodes: tables.subject.actors.map(() => new Ints(64)),
    }));
    this.#weights = tables.subject.actors.map(() => new Ints(64));
    this.#best = new Int32Array(tables.subject.actors.length);
    this.#other = new Int32Array(tables.subject.actors.length);
  }

  /** Turns a world into the one that stands for it. Gives the names that were used, undefined if it stands for itself. */
  normalise(nodes: Int32Array): Names | undefined {
    let used: Names | undefined;
    let least = this.#weigh(nodes);
    this.#best.set(nodes);
    for (const renaming of this.#renamings) {
      this.#rename(renaming, nodes, this.#other);
      const weight = this.#weigh(this.#other);
      if (!lighter(weight, least)) continue;
      least = weight;
      this.#best.set(this.#other);
      used = renaming.names;
    }
    nodes.set(this.#best);
    return used;
  }

  /** The higher and the lower half of what all nodes weigh. */
  #weigh(nodes: Int32Array): readonly [high: number, low: number] {
    let [high, low] = [0, 0];
    for (let actor = 0; actor < nodes.length; actor++) {
      const node = nodes[actor] as number;
      const weights = this.#weights[actor] as Ints;
      while (weights.length <= node * 2) for (const part of weightOf(actor, weights.length / 2)) weights.push(part);
      high += weights.data[node * 2] as number;
      low += (weights.data[node * 2 + 1] as number) >>> 0;
    }
    return [high + Math.floor(low / 2 ** 32), low % 2 ** 32];
  }

  /** Do all properties say the same of every renaming of this world? Asked once per `fold`. */
  agrees(judge: Judge, fold: number, nodes: Int32Array): boolean {
    if (this.#asked.has(fold)) return true;
    this.#asked.add(fold);
    const answers = judge.answers(fold, nodes).join();
    return this.#renamings.every((renaming) => {
      this.#rename(renaming, nodes, this.#other);
      return judge.answers(judge.fold(this.#other), this.#other).join() === answers;
    });
  }

  /** How many ways there are to rename. */
  get renamings(): number {
    return this.#renamings.length;
  }

  /** Every way to rename. `locks`: the lock that each bit of a set of locks stands for. */
  images(locks: readonly number[] = []): Images {
    const { messages, subject } = this.#tables;
    const images = this.#renamings.map((renaming): Image => ({
      actor: (actor) => renaming.actors[actor] as number,
      node: (actor, node) => this.#nodeOf(renaming, actor, node),
      message: (message) => this.#tables.message(subject.intern(renamed(messages[message], renaming.names) as Message)),
      locks: (held) => locks.reduce((image, lock, bit) => (((held >> bit) & 1) === 1 ? image | (1 << locks.indexOf(renaming.actors[lock] as number)) : image), 0),
    }));
    return { each: (what) => images.forEach(what) };
  }

  #rename(renaming: Renaming, from: Int32Array, to: Int32Array): void {
    for (let actor = 0; actor < from.length; actor++) to[renaming.actors[actor] as number] = this.#nodeOf(renaming, actor, from[actor] as number);
  }

  #nodeOf({ names, actors, nodes: known }: Renaming, actor: number, node: number): number {
    const nodes = known[actor] as Ints;
    while (nodes.length <= node) nodes.push(-1);
    if (nodes.data[node] === -1) nodes.data[node] = this.#renameNode(actor, actors[actor] as number, node, names);
    return nodes.data[node] as number;
  }

  #renameNode(actor: number, target: number, node: number, names: Names): number {
    const tables = this.#tables;
    const { local, outbox, left } = (tables.nodes[actor] as Node[])[node] as Node;
    const context = renamed(local.context, names) as typeof local.context;
    const sents = outbox.map((sent) => {
      const { to, event } = tables.sents[sent] as Sent;
      return tables.sent({ to: renamed(to, names) as string, event: tables.subject.intern(renamed(event, names) as Message) });
    });
    return tables.node(target, tables.subject.at(target, local.value, context), sents, left);
  }
}

/** Applies one renaming after another. */
export function after(first: Names | undefined, then: Names | undefined): Names | undefined {
  if (!first || !then) return first ?? then;
  return new Map([...new Set([...first.keys(), ...then.keys()])].map((name) => {
    const middle = first.get(name) ?? name;
    return [name, then.get(middle) ?? middle];
  }));
}

export const inverse = (names: Names | undefined): Names | undefined => names && new Map([...names].map(([from, to]) => [to, from]));

function lighter(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at !== -1 && (a[at] as number) < (b[at] as number);
}

/** A name alone, or at the end of an address, wherever it stands in plain data. */
export function renamed(value: unknown, names: Names | undefined): unknown {
  if (!names) return value;
  if (typeof value === 'string') {
    for (const [from, to] of names) {
      if (value === from) return to;
      if (value.endsWith(`:${from}`)) return value.slice(0, -from.length) + to;
    }
    return value;
  }
  if (Array.isArray(value)) return value.map((inner) => renamed(inner, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [renamed(key, names), renamed(inner, names)]));
}

function orbitsOf(subject: Subject, threads: boolean, most: number): { orbits: string[][]; why: string | undefined } {
  const kinds = new Map<string, string[]>();
  for (const { address } of subject.actors) {
    const colon = address.indexOf(':');
    if (colon >= 0) kinds.set(address.slice(colon + 1), [...(kinds.get(address.slice(colon + 1)) ?? []), address.slice(0, colon)]);
  }
  const whole = picture(subject, undefined);
  const charts = new Map(subject.actors.map(({ address, chart }) => [address, chart]));
  const alike = (one: string, other: string) => kinds.get(one)?.every((kind) => charts.get(`${kind}:${one}`) === charts.get(`${kind}:${other}`));
  const orbits: string[][] = [];
  for (const name of kinds.keys()) {
    const home = orbits.find(([first]) => first !== undefined && kinds.get(first)?.join() === kinds.get(name)?.join() && alike(first, name) &&
      picture(subject, new Map([[first, name], [name, first]])) === whole);
    if (home) home.push(name);
    else orbits.push([name]);
  }
  const running = new Set(subject.actors.flatMap(({ address, thread }) => (thread ? [address.slice(address.indexOf(':') + 1)] : [])));
  const several = orbits.filter(({ length, 0: first }) => length > 1 && (!threads || running.has(first as string)));
  const used: string[][] = [];
  let count = 1;
  for (const orbit of several) {
    const more = orbit.reduce((product, _, index) => product * (index + 1), 1);
    if (count * more > most) continue;
    count *= more;
    used.push(orbit);
  }
  if (several.length === 0) return { orbits: [], why: 'no two names can be swapped' };
  return { orbits: used, why: used.length < several.length ? 'some sets of names are too large to be used' : undefined };
}

/** What must stay the same: topology, beginnings and first local states, under other names, whatever the order of lists. */
const picture = (subject: Subject, names: Names | undefined): string =>
  unordered(renamed([
    subject.topology,
    subject.starts.map(({ actor, calls, times }) => ({ address: subject.actors[actor]?.address, calls, times })),
    subject.actors.map(({ address, initial: { value, context } }) => ({ address, value, context })),
  ], names));

function unordered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(unordered).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, inner]) => `${key}:${unordered(inner)}`).sort().join()}}`;
}

/** Every renaming inside the orbits but the one that changes nothing. */
function renamings(orbits: readonly (readonly string[])[]): Names[] {
  let all: [string, string][][] = [[]];
  for (const orbit of orbits) all = all.flatMap((names) => orders(orbit).map((order) => [...names, ...orbit.map((name, index): [string, string] => [name, order[index] as string])]));
  return all.map((names) => new Map(names.filter(([from, to]) => from !== to))).filter(({ size }) => size > 0);
}

function orders(names: readonly string[]): string[][] {
  if (names.length < 2) return [[...names]];
  return names.flatMap((first, index) => orders(names.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
