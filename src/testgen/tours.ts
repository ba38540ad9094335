/**
 * Short suites: tours that go on to the nearest goal that is still open, and begin anew only where that is nearer.
 */
import { Ints } from '../check/ints.ts';
import type { Covers, Field } from './field.ts';
import type { Goals } from './goals.ts';
import { back, PairSearch } from './pairs.ts';

/** One test: steps of the field from state 0, and the goals that it covers. */
export interface Tour {
  readonly edges: readonly number[];
  readonly goals: ReadonlySet<number>;
}

export interface TourOptions {
  /** A test is not continued behind this many steps. */
  readonly longest: number;
  /** To begin anew costs as much as so many steps. */
  readonly reset: number;
  /** A test may end in these states only. Default: in all. */
  readonly ends?: ((state: number) => boolean) | undefined;
}

/** What one path covers: its goals, as it goes. */
export class History {
  readonly goals = new Set<number>();
  readonly #field: Field;
  readonly #goals: Goals;
  readonly #last: Int32Array;
  readonly #pairs: Map<string, readonly number[]>;

  constructor(field: Field, goals: Goals, pairs: Map<string, readonly number[]>) {
    this.#field = field;
    this.#goals = goals;
    this.#pairs = pairs;
    this.#last = new Int32Array(field.actors).fill(-1);
  }

  last(actor: number): number {
    return this.#last[actor] as number;
  }

  /** Goals of pairs that a step would complete now. */
  *completed({ turns }: Covers): Generator<number> {
    for (const [actor, { first }] of turns) {
      const last = this.#last[actor] as number;
      if (last !== -1) yield* this.pairs(actor, last, first);
    }
  }

  pairs(actor: number, last: number, first: number): readonly number[] {
    const key = `${actor} ${last} ${first}`;
    let known = this.#pairs.get(key);
    if (known === undefined) this.#pairs.set(key, known = this.#goals.pairs(actor, last, first));
    return known;
  }

  take(edge: number): void {
    const covers = this.#field.kinds[this.#field.kind[edge] as number] as Covers;
    for (const goal of this.completed(covers)) this.goals.add(goal);
    for (const goal of covers.goals) this.goals.add(goal);
    for (const [actor, { last }] of covers.turns) this.#last[actor] = last;
  }
}

/** Makes tours until every goal that can be reached is covered. */
export class Tours {
  readonly #field: Field;
  readonly #goals: Goals;
  readonly #options: TourOptions;
  readonly #pairs = new Map<string, readonly number[]>();
  /** By goal: still open. By kind: how many of its goals are. */
  readonly #open: Uint8Array;
  readonly #left: Int32Array;
  readonly #kindsOf: (number[] | undefined)[] = [];
  readonly #searches: PairSearch[];
  readonly #seen: Int32Array;
  #stamp = 0;
  /** Steps of the shortest way to each goal. */
  readonly shortest: Int32Array;

  constructor(field: Field, goals: Goals, options: TourOptions) {
    this.#field = field;
    this.#goals = goals;
    this.#options = options;
    this.#seen = new Int32Array(field.states);
    const moving = new Set(field.kinds.flatMap(({ turns }) => [...turns.keys()]));
    this.#searches = goals.asked.has('pairs') ? [...moving].sort((a, b) => a - b).map((actor) => new PairSearch(field, actor)) : [];
    const found = this.#survey();
    this.shortest = Int32Array.from(goals.all, (_, goal) => found.get(goal) ?? -1);
    this.#open = new Uint8Array(goals.all.length);
    for (const goal of found.keys()) this.#open[goal] = 1;
    this.#left = Int32Array.from(field.kinds, ({ goals: own }, kind) => {
      for (const goal of own) (this.#kindsOf[goal] ??= []).push(kind);
      return own.filter((goal) => this.#open[goal] === 1).length;
    });
  }

  /** Steps of the shortest way to every goal that can be reached at all. */
  #survey(): Map<number, number> {
    const { field: { first, target, kind, kinds, states } } = { field: this.#field };
    const found = new Map<number, number>();
    const note = (goal: number, depth: number) => { if (!found.has(goal)) found.set(goal, depth); };
    const depths = new Int32Array(states).fill(-1);
    depths[0] = 0;
    const queue = [0];
    for (const state of queue) {
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
        const depth = (depths[state] as number) + 1;
        for (const goal of (kinds[kind[edge] as number] as Covers).goals) note(goal, depth);
        const to = target[edge] as number;
        if (depths[to] !== -1) continue;
        depths[to] = depth;
        queue.push(to);
      }
    }
    const history = new History(this.#field, this.#goals, this.#pairs);
    for (const search of this.#searches) {
      const seen = new Set<number>();
      search.run(0, -1, (last, begins, depth) => {
        const key = last * this.#goals.turns.length + begins;
        if (!seen.has(key)) {
          seen.add(key);
          for (const goal of history.pairs(search.actor, last, begins)) {
            (this.#goals.all[goal] as { reached: boolean }).reached = true;
            if ((found.get(goal) ?? Infinity) > depth) found.set(goal, depth);
          }
        }
        return false;
      });
    }
    return found;
  }

  /** The tests. `onProgress` is told how many goals are left. */
  run(onProgress?: (left: number) => void): Tour[] {
    const tours: Tour[] = [];
    for (let left = this.#count(); left > 0; left = this.#count()) {
      onProgress?.(left);
      const tour = this.#tour();
      if (tour.edges.length === 0) break;
      tours.push(tour);
    }
    return this.#minimised(tours);
  }

  #count(): number {
    return this.#open.reduce((sum, open) => sum + open, 0);
  }

  #tour(): Tour {
    const { longest, reset, ends } = this.#options;
    let history = new History(this.#field, this.#goals, this.#pairs);
    const edges: number[] = [];
    let at = 0;
    while (edges.length < longest) {
      const way = this.#next(at, history);
      if (way === undefined) break;
      // Where the goal is nearer to the beginning, another test goes there.
      if (edges.length > 0 && way.length > reset && (this.#next(0, new History(this.#field, this.#goals, this.#pairs), way.length - reset)?.length ?? Infinity) + reset < way.length) break;
      for (const edge of way) {
        edges.push(edge);
        history.take(edge);
        at = this.#field.target[edge] as number;
      }
      for (const goal of history.goals) this.#close(goal);
    }
    if (ends !== undefined && !ends(at)) edges.push(...this.#path(at, ends) ?? []);
    history = new History(this.#field, this.#goals, this.#pairs);
    for (const edge of edges) history.take(edge);
    for (const goal of history.goals) this.#close(goal);
    return { edges, goals: history.goals };
  }

  #close(goal: number): void {
    if (this.#open[goal] !== 1) return;
    this.#open[goal] = 0;
    for (const kind of this.#kindsOf[goal] ?? []) this.#left[kind]!--;
  }

  /** The nearest step that covers something open: itself, or behind what the actors did last. */
  #next(from: number, history: History, within = Infinity): readonly number[] | undefined {
    const { first, kind, kinds } = this.#field;
    for (let edge = first[from] as number; edge < (first[from + 1] as number); edge++) {
      for (const goal of history.completed(kinds[kind[edge] as number] as Covers)) if (this.#open[goal] === 1) return [edge];
    }
    const direct = this.#breadth(from, within, (edge) => (this.#left[kind[edge] as number] as number) > 0);
    if (direct !== undefined) return direct;
    for (const search of this.#searches) {
      const way = search.run(from, history.last(search.actor), (last, begins, depth) => depth <= within && history.pairs(search.actor, last, begins).some((goal) => this.#open[goal] === 1));
      if (way !== undefined) return way;
    }
    return undefined;
  }

  #path(from: number, ends: (state: number) => boolean): readonly number[] | undefined {
    return this.#breadth(from, Infinity, (edge) => ends(this.#field.target[edge] as number));
  }

  #breadth(from: number, within: number, wanted: (edge: number) => boolean): number[] | undefined {
    const { first, target } = this.#field;
    const stamp = ++this.#stamp;
    const [queue, edges, parents] = [new Ints(), new Ints(), new Ints()];
    const enter = (state: number, edge: number, parent: number) => {
      if (this.#seen[state] === stamp) return;
      this.#seen[state] = stamp;
      queue.push(state);
      edges.push(edge);
      parents.push(parent);
    };
    enter(from, -1, -1);
    let [end, depth] = [1, 1];
    for (let place = 0; place < queue.length; place++) {
      if (place === end) {
        end = queue.length;
        depth++;
      }
      if (depth > within) return undefined;
      const state = queue.data[place] as number;
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
        if (wanted(edge)) return [...back(place, edges, parents), edge];
        enter(target[edge] as number, edge, place);
      }
    }
    return undefined;
  }

  /** Leaves out tests, and the ends of tests, that cover nothing of their own. */
  #minimised(tours: readonly Tour[]): Tour[] {
    const count = new Int32Array(this.#goals.all.length);
    for (const { goals } of tours) for (const goal of goals) count[goal]!++;
    const kept: Tour[] = [];
    for (const tour of [...tours].reverse()) {
      const own = [...tour.goals].filter((goal) => count[goal] === 1);
      const short = own.length === 0 ? undefined : this.#trimmed(tour, new Set(own));
      for (const goal of tour.goals) if (!(short?.goals.has(goal) ?? false)) count[goal]!--;
      if (short !== undefined) kept.unshift(short);
    }
    return kept;
  }

  #trimmed(tour: Tour, own: ReadonlySet<number>): Tour {
    const { ends } = this.#options;
    const history = new History(this.#field, this.#goals, this.#pairs);
    let missing = own.size;
    for (const [index, edge] of tour.edges.entries()) {
      const before = history.goals.size;
      history.take(edge);
      if (history.goals.size > before) missing = [...own].filter((goal) => !history.goals.has(goal)).length;
      if (missing === 0 && (ends?.(this.#field.target[edge] as number) ?? true)) return { edges: tour.edges.slice(0, index + 1), goals: new Set(history.goals) };
    }
    return tour;
  }
}
