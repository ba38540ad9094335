/**
 * A way with as few changes of thread as its steps allow: the same steps, to the same end, in an order that people can follow.
 *
 * Of many ways that are as short as any the search tells the first that it meets, in which every thread has begun its call as
 * early as it may. What overlaps here has to.
 */
import { environment } from '../../machines/address.ts';
import type { WayStep } from '../check/path.ts';
import { replay } from '../check/replay.ts';
import { ModelError } from '../errors.ts';
import { isAnswer, type Fact, type System, type World } from '../world/world.ts';

/** A step, the thread for which it is taken, and how it meets whoever takes part. */
interface Owned {
  readonly step: WayStep;
  readonly thread: string;
  readonly met: string;
}

/**
 * The steps of `way` in another order, or as they are when no better one is found.
 *
 * Each thread keeps its own order and may be left only where the way left it, or where it cannot go on. What happens is the same: each
 * step finds its actors as before, but for who holds and who waits for a lock, and is answered as before; the world at the end is
 * the same, and no more calls overlap.
 *
 * @param lastStays the last step is what the way shows: it stays the last, and the world before it stays the same too
 */
export function untangle(system: System, way: readonly WayStep[], lastStays: boolean): readonly WayStep[] {
  const tangled = read(system, way);
  const changes = tangled.owned.filter(({ thread }, index) => index > 0 && thread !== tangled.owned[index - 1]?.thread).length;
  const threads = new Set(tangled.owned.map(({ thread }) => thread)).size;
  for (let allowed = threads - 1; allowed < changes; allowed++) {
    const found = new Search(system, tangled, lastStays).run(allowed);
    if (found !== undefined && read(system, found).overlap <= tangled.overlap) return found;
  }
  return way;
}

type Taken = ReturnType<typeof replay>;

interface Tangled {
  readonly owned: readonly Owned[];
  /** Keys of the worlds before and after the last step. */
  readonly ends: readonly [string, string];
  /** Most calls that were under way at once. */
  readonly overlap: number;
}

/** Whose step a fact is: of the thread that takes part, or of whoever caused it. */
function threadOf({ from, to, cause }: Fact, earlier: ReadonlyMap<number, string>): string {
  return [to, from].find((address) => address.startsWith('thread:')) ?? (cause === null ? undefined : earlier.get(cause)) ?? to;
}

function read(system: System, way: readonly WayStep[]): Tangled {
  const threads = new Map<number, string>();
  const owned: Owned[] = [];
  let [world, under, overlap] = [system.initial(), 0, 0];
  let before = world;
  for (const step of way) {
    before = world;
    const taken = replay(system, [step], world);
    for (const fact of taken.facts) {
      threads.set(fact.seq, threadOf(fact, threads));
      if (fact.from === environment && !isAnswer(fact.event)) overlap = Math.max(overlap, ++under);
      if (fact.to === environment && fact.from.startsWith('thread:') && isAnswer(fact.event)) under--;
    }
    owned.push({ step, thread: threads.get(taken.facts[0]?.seq ?? -1) ?? step.to, met: met(system, taken) });
    world = taken.world;
  }
  return { owned, ends: [system.key(before), system.key(world)], overlap };
}

/** What a step brings, and where it finds its actors. Who gets a lock at once and who is given it later come to the same. */
const met = (system: System, { facts, before }: Taken): string => facts.flatMap(({ to, event }, index) => {
  if (/_lock(?:\.ret)?$/.test(event.type)) return [];
  const local = to === environment ? undefined : system.local(before[index] as World, to);
  return [`${JSON.stringify(event)} ${local === undefined || 'holder' in local.context ? to : local.id}`];
}).join();

/** Looks for an order with so many changes, each place once. */
class Search {
  readonly #system: System;
  readonly #tangled: Tangled;
  readonly #lastStays: boolean;
  /** Of each thread the places of its steps in the way. */
  readonly #places = new Map<string, readonly number[]>();
  readonly #seen = new Set<string>();

  constructor(system: System, tangled: Tangled, lastStays: boolean) {
    this.#system = system;
    this.#lastStays = lastStays;
    this.#tangled = tangled;
    for (const [place, { thread }] of tangled.owned.entries()) this.#places.set(thread, [...(this.#places.get(thread) ?? []), place]);
  }

  run(changes: number): readonly WayStep[] | undefined {
    return this.#go(this.#system.initial(), [], undefined, changes);
  }

  /** Some thread other than `last` goes on, as far as it can or to where the way left it. */
  #go(world: World, taken: readonly number[], last: string | undefined, changes: number): readonly WayStep[] | undefined {
    if (taken.length === this.#tangled.owned.length) return this.#system.key(world) === this.#tangled.ends[1] ? taken.map((place) => this.#step(place)) : undefined;
    const key = `${changes} ${last} ${[...taken].sort((one, other) => one - other).join()} ${this.#system.key(world)}`;
    if (changes < (last === undefined ? 0 : 1) || this.#seen.has(key)) return undefined;
    this.#seen.add(key);
    for (const [thread, places] of this.#places) {
      const left = thread === last ? [] : places.filter((place) => !taken.includes(place));
      const found = this.#on(world, taken, left, thread, last === undefined ? changes : changes - 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #on(world: World, taken: readonly number[], left: readonly number[], thread: string, changes: number): readonly WayStep[] | undefined {
    const stops: [World, readonly number[]][] = [];
    let [at, so] = [world, taken];
    for (const place of left) {
      const lastStep = this.#lastStays && place === this.#tangled.owned.length - 1;
      if (lastStep && (so.length !== place || this.#system.key(at) !== this.#tangled.ends[0])) break;
      const next = this.#take(at, place);
      if (next === undefined) break;
      [at, so] = [next, [...so, place]];
      if (this.#tangled.owned[place + 1]?.thread !== thread) stops.push([at, so]);
    }
    if (so.length > taken.length && stops.at(-1)?.[1] !== so) stops.push([at, so]);
    for (const [reached, steps] of stops.reverse()) {
      const found = this.#go(reached, steps, thread, changes);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #step(place: number): WayStep {
    return (this.#tangled.owned[place] as Owned).step;
  }

  #take(world: World, place: number): World | undefined {
    try {
      const taken = replay(this.#system, [this.#step(place)], world);
      return met(this.#system, taken) === this.#tangled.owned[place]?.met ? taken.world : undefined;
    } catch (error) {
      if (error instanceof ModelError && error.code === 'impossible-way') return undefined;
      throw error;
    }
  }
}
