/**
 * A system as a labelled transition system: what an observer sees of each step, and nothing of what does not show.
 *
 * Nothing here knows what is seen: the observer is given.
 */
import { Ints, PairMap } from '../check/ints.ts';
import type { Search } from '../check/search.ts';
import type { Tables } from '../check/tables.ts';
import { ModelError } from '../errors.ts';

/** One thing of a step, as `machines/observable.ts` describes it. */
export interface Happening {
  readonly kind: 'begin' | 'result' | 'call' | 'answer' | 'said';
  readonly at: string;
  readonly event: Tables['messages'][number];
}
export type Observer = (happening: Happening) => string | null;

/** Numbers of labels, shared by the sides of a comparison. 0 is the internal step. */
export class Labels {
  readonly names: string[] = ['i'];
  readonly #numbers = new Map<string, number>();

  number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

export const internal = 0;

/** State 0 is the initial one. The edges of state s stand from `first[s]` to `first[s + 1]`. */
export interface Lts {
  readonly states: number;
  readonly first: Int32Array;
  readonly label: Int32Array;
  readonly target: Int32Array;
}

/** What is seen of a choice that `search` has just applied, in its order. */
export class Watch {
  readonly labels: Labels;
  readonly #tables: Tables;
  readonly #observer: Observer;
  readonly #known: (readonly number[] | undefined)[] = [];

  constructor(tables: Tables, observer: Observer, labels: Labels) {
    this.#tables = tables;
    this.#observer = observer;
    this.labels = labels;
  }

  seen({ effects }: Search): number[] {
    return effects.flatMap((effect) => (this.#known[effect] ??= this.#read(effect)));
  }

  #read(effect: number): number[] {
    const { subject, messages, effectMoves } = this.#tables;
    const { environment } = subject;
    return (effectMoves[effect] as Tables['effectMoves'][number]).flatMap(({ actor, local, message }) => {
      const moved = subject.actors[actor] as (typeof subject.actors)[number];
      const { address } = moved;
      const event = messages[message] as Happening['event'];
      const happenings: Happening[] = event.from === environment ? [{ kind: subject.isAnswer(event) ? 'answer' : 'begin', at: address, event }] : [];
      for (const output of moved.move(local, event).out) {
        if (output.kind === 'said') happenings.push({ kind: 'said', at: address, event: output.said as Happening['event'] });
        else if (output.sent.to === environment)
          happenings.push({ kind: subject.isAnswer(output.sent.event) ? 'result' : 'call', at: output.sent.event.from, event: output.sent.event });
      }
      return happenings.flatMap((happening) => {
        const name = this.#observer(happening);
        return name === null ? [] : [this.labels.number(name)];
      });
    });
  }
}

/** What is still to be noticed, by thread. */
type Waiting = readonly (readonly [thread: number, labels: readonly number[]])[];

/**
 * The states of an observer: a world, and what each thread has done that was not noticed yet.
 *
 * A step that shows several things shows them one by one, and other threads may come in between; the thread itself goes on when all was noticed. So
 * what is seen does not depend on how much one step does.
 */
export class Observed {
  readonly search: Search;
  readonly watch: Watch;
  /** By state: its world, and its part of `#waiting`. */
  readonly #places = new Ints();
  readonly #parts = new Ints();
  readonly #states = new PairMap();
  /** Threads in their order, so that equal parts look equal. */
  readonly #waiting: Waiting[] = [];
  readonly #known = new Map<string, number>();

  constructor(search: Search, watch: Watch) {
    this.search = search;
    this.watch = watch;
    this.#state(0, this.#part([]));
  }

  /** States met so far; 0 is the initial one. */
  get size(): number {
    return this.#places.length;
  }

  /** Calls `each` for everything that may come next; `choice` is -1 where only something is noticed that was done before. */
  successors(state: number, each: (label: number, next: number, choice: number) => void): void {
    const place = this.#places.data[state] as number;
    const waiting = this.#waiting[this.#parts.data[state] as number] as Waiting;
    for (const [thread, [label, ...later]] of waiting)
      each(label as number, this.#state(place, this.#part(waiting.flatMap((one) => (one[0] !== thread ? [one] : later.length > 0 ? [[thread, later] as const] : [])))), -1);
    this.search.successors(place, (choice, _decided, thread) => {
      if (waiting.some(([one]) => one === thread)) return;
      const [label = internal, ...later] = this.watch.seen(this.search);
      each(label, this.#state(this.search.find(), this.#part(later.length === 0 ? waiting : [...waiting, [thread, later] as const].sort(([a], [b]) => a - b))), choice);
    });
  }

  #state(place: number, part: number): number {
    const known = this.#states.get(place, part);
    if (known !== -1) return known;
    this.#states.set(place, part, this.#places.push(place));
    return this.#parts.push(part);
  }

  #part(waiting: Waiting): number {
    const key = JSON.stringify(waiting);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#waiting.length);
    return this.#waiting.push(waiting) - 1;
  }
}

/**
 * What an observer can see of a search that has visited every world.
 *
 * @throws {ModelError} `out-of-memory` when there are more than `most` steps
 */
export function ltsOf(observed: Observed, most: number): Lts {
  const [from, label, target] = [new Ints(), new Ints(), new Ints()];
  for (let state = 0; state < observed.size; state++)
    observed.successors(state, (name, to) => {
      if (label.length >= most) throw new ModelError('out-of-memory', `more than ${most} labelled steps`, { at: 'the comparison' });
      from.push(state);
      label.push(name);
      target.push(to);
    });
  return sorted(observed.size, from.data.subarray(0, from.length), label.data, target.data);
}

/** Edges in any order, put in the order of their sources; doubles and internal loops are dropped. */
export function sorted(states: number, from: Int32Array, label: Int32Array, target: Int32Array): Lts {
  const rows = new Int32Array(states + 1);
  for (const source of from) rows[source + 1]!++;
  for (let state = 0; state < states; state++) rows[state + 1]! += rows[state] as number;
  const fill = rows.slice();
  const edges = new Int32Array(from.length);
  for (const [edge, source] of from.entries()) edges[fill[source]!++] = edge;
  const first = new Int32Array(states + 1);
  const [labels, targets] = [new Int32Array(from.length), new Int32Array(from.length)];
  let kept = 0;
  for (let state = 0; state < states; state++) {
    const row = edges.subarray(rows[state], rows[state + 1]).sort((a, b) => (label[a] as number) - (label[b] as number) || (target[a] as number) - (target[b] as number));
    const begin = kept;
    for (const edge of row) {
      const [name, to] = [label[edge] as number, target[edge] as number];
      if ((name === internal && to === state) || (kept > begin && labels[kept - 1] === name && targets[kept - 1] === to)) continue;
      labels[kept] = name;
      targets[kept++] = to;
    }
    first[state + 1] = kept;
  }
  return { states, first, label: labels.subarray(0, kept), target: targets.subarray(0, kept) };
}

/** Two systems side by side: the states of the second follow those of the first. */
export function both(left: Lts, right: Lts): Lts {
  const edges = left.label.length;
  return {
    states: left.states + right.states,
    first: Int32Array.from({ length: left.states + right.states + 1 }, (_, at) => (at <= left.states ? left.first[at] : edges + (right.first[at - left.states] as number)) as number),
    label: Int32Array.from({ length: edges + right.label.length }, (_, at) => (at < edges ? left.label[at] : right.label[at - edges]) as number),
    target: Int32Array.from({ length: edges + right.target.length }, (_, at) => (at < edges ? left.target[at] : (right.target[at - edges] as number) + left.states) as number),
  };
}

/** The system of classes: a step of any member is one of the class. Internal steps inside a class are none. */
export function through({ states, first, label, target }: Lts, classOf: Int32Array): Lts {
  const from = new Int32Array(target.length);
  for (let state = 0; state < states; state++) from.fill(classOf[state] as number, first[state], first[state + 1]);
  return sorted(classOf.reduce((most, one) => Math.max(most, one), -1) + 1, from, label, target.map((to) => classOf[to] as number));
}

/** By state: a number for all states on one circle of internal steps; an internal step leads to the same or a lower number (Tarjan). */
export function circles({ states, first, label, target }: Lts): Int32Array {
  const [rank, met, low, edge] = Array.from({ length: 4 }, () => new Int32Array(states).fill(-1)) as [Int32Array, Int32Array, Int32Array, Int32Array];
  const [open, path]: [number[], number[]] = [[], []];
  let [next, ranks] = [0, 0];
  for (let root = 0; root < states; root++) {
    if (met[root] !== -1) continue;
    path.push(root);
    for (let state = path.at(-1); state !== undefined; state = path.at(-1)) {
      if (met[state] === -1) {
        met[state] = low[state] = next++;
        edge[state] = first[state] as number;
        open.push(state);
      }
      let deeper = false;
      while (!deeper && (edge[state] as number) < (first[state + 1] as number)) {
        const at = edge[state]!++;
        const to = target[at] as number;
        if (label[at] !== internal || rank[to] !== -1) continue;
        if (met[to] === -1) {
          path.push(to);
          deeper = true;
        } else {
          low[state] = Math.min(low[state] as number, met[to] as number);
        }
      }
      if (deeper) continue;
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) low[before] = Math.min(low[before] as number, low[state] as number);
      if (low[state] !== met[state]) continue;
      for (let member = open.pop() as number; ; member = open.pop() as number) {
        rank[member] = ranks;
        if (member === state) break;
      }
      ranks++;
    }
  }
  return rank;
}
