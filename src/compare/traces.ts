/**
 * What two states of a system can be seen to do: equal sets of observed runs, or a shortest run that only one of them has; and where the runs are
 * equal, a shortest run after which one of them may refuse what the other never refuses.
 *
 * By the sets of states that an observed run can lead to, breadth first, in pairs. A pair that follows from others by equality alone is not looked
 * at again (Hopcroft and Karp 1971): what tells it apart would tell one of those apart by a run that is no longer, so the first difference found is a
 * shortest one.
 */
import { internal, type Lts } from './lts.ts';

/** A run of labels, and what may come next: seen of one, of the other. */
export interface Difference {
  readonly run: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** A run after which one side may stand where nothing is possible but `offers`, and the other never does with so little. */
export interface Refusal {
  readonly run: readonly number[];
  readonly side: 'left' | 'right';
  readonly offers: readonly number[];
}

export type Found = { readonly kind: 'equal' } | { readonly kind: 'limit' } | ({ readonly kind: 'differ' } & Difference);
export type FoundRefusal = { readonly kind: 'equal' } | { readonly kind: 'limit' } | ({ readonly kind: 'differ' } & Refusal);

interface Pair {
  readonly left: number;
  readonly right: number;
  /** Number of the pair before, and the label from there. */
  readonly before: number;
  readonly label: number;
}

/** Whether the two states have the same observed runs. At most `most` pairs of sets are looked at. */
export function traces(lts: Lts, left: number, right: number, most: number): Found {
  const sets = new Sets(lts);
  return pairs<Found>(sets, [left, right], most, (one, other, run) => {
    const [a, b] = [sets.offers(one), sets.offers(other)];
    return a.length === b.length && a.every((label, at) => label === b[at]) ? undefined : { kind: 'differ', run: run(), left: a, right: b };
  });
}

/** Whether, after each run, they can refuse the same; for states with the same runs. */
export function refusals(lts: Lts, left: number, right: number, most: number): FoundRefusal {
  const sets = new Sets(lts);
  return pairs<FoundRefusal>(sets, [left, right], most, (one, other, run) => {
    const [a, b] = [sets.rests(one), sets.rests(other)];
    const bare = (mine: readonly (readonly number[])[], others: readonly (readonly number[])[]) =>
      mine.find((offers) => !others.some((little) => little.every((label) => offers.includes(label))));
    const [mine, others] = [bare(a, b), bare(b, a)];
    if (mine !== undefined) return { kind: 'differ', run: run(), side: 'left', offers: mine };
    return others === undefined ? undefined : { kind: 'differ', run: run(), side: 'right', offers: others };
  });
}

function pairs<T>(sets: Sets, [left, right]: readonly [number, number], most: number, differs: (left: number, right: number, run: () => number[]) => T | undefined): T | { kind: 'equal' | 'limit' } {
  const equal = new Equal();
  const queue: Pair[] = [{ left: sets.closed([left]), right: sets.closed([right]), before: -1, label: -1 }];
  for (let at = 0; at < queue.length; at++) {
    const pair = queue[at] as Pair;
    const runTo = () => {
      const run: number[] = [];
      for (let one = pair; one.before !== -1; one = queue[one.before] as Pair) run.unshift(one.label);
      return run;
    };
    const found = differs(pair.left, pair.right, runTo);
    if (found !== undefined) return found;
    for (const label of sets.offers(pair.left)) {
      const [one, other] = [sets.after(pair.left, label), sets.after(pair.right, label)];
      if (!equal.join(one, other)) continue;
      queue.push({ left: one, right: other, before: at, label });
      if (queue.length > most) return { kind: 'limit' };
    }
  }
  return { kind: 'equal' };
}

/** Sets of states, closed under internal steps, each known by a number. */
class Sets {
  readonly #lts: Lts;
  readonly #sets: Int32Array[] = [];
  readonly #numbers = new Map<string, number>();
  /** By set: its labels in order, and the set behind each. */
  readonly #after: (ReadonlyMap<number, number> | undefined)[] = [];

  constructor(lts: Lts) {
    this.#lts = lts;
  }

  /** The set that these states and all internal steps lead to. */
  closed(states: Iterable<number>): number {
    const { first, label, target } = this.#lts;
    const all = new Set(states);
    for (const state of all)
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) if (label[edge] === internal) all.add(target[edge] as number);
    const set = Int32Array.from(all).sort();
    const key = set.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  offers(set: number): number[] {
    return [...this.#steps(set).keys()];
  }

  after(set: number, label: number): number {
    return this.#steps(set).get(label) as number;
  }

  /** What the states offer that no internal step leaves. */
  rests(set: number): number[][] {
    const { first, label } = this.#lts;
    return Array.from(this.#sets[set] as Int32Array, (state) => [...new Set(label.subarray(first[state], first[state + 1]))]).filter((offers) => !offers.includes(internal));
  }

  #steps(set: number): ReadonlyMap<number, number> {
    const known = this.#after[set];
    if (known !== undefined) return known;
    const { first, label, target } = this.#lts;
    const ends = new Map<number, number[]>();
    for (const state of this.#sets[set] as Int32Array) {
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
        const name = label[edge] as number;
        if (name === internal) continue;
        const row = ends.get(name);
        if (row === undefined) ends.set(name, [target[edge] as number]);
        else row.push(target[edge] as number);
      }
    }
    const steps = new Map([...ends].sort(([a], [b]) => a - b).map(([name, states]) => [name, this.closed(states)]));
    this.#after[set] = steps;
    return steps;
  }
}

/** Sets that are taken for equal so far (union-find). */
class Equal {
  readonly #above = new Map<number, number>();

  /** False when that was known. */
  join(a: number, b: number): boolean {
    const [one, other] = [this.#top(a), this.#top(b)];
    if (one === other) return false;
    this.#above.set(one, other);
    return true;
  }

  #top(one: number): number {
    let top = one;
    for (let above = this.#above.get(top); above !== undefined; above = this.#above.get(top)) top = above;
    for (let at = one; at !== top;) {
      const above = this.#above.get(at) as number;
      this.#above.set(at, top);
      at = above;
    }
    return top;
  }
}
