/**
 * Partial order: which worlds may be left by the choices of one actor alone.
 *
 * A choice is a message delivered and the answers that follow. Two choices of different threads commute when every actor
 * that both reach gives the same result in either order. A message in flight is never disabled, so the choices of one
 * thread may stand for all (an ample set) if, as long as this thread waits, nothing that the others can do meets them:
 * for every actor reached, each message that another thread may send there commutes with ours in every local state that
 * such messages can lead to. Properties must miss nothing in the worlds left out (sight.ts), and one of our successors must
 * still be in the queue. What our step itself decides, it decides in either order, and it is judged when it is taken.
 * Whether a world is at rest need not be looked at: as long as our message is in flight none is, so no world that is left
 * out is at rest. Nor does the end of a call that lets another thread begin one: it takes no choice from anybody.
 *
 * What others may send is learnt on walks before the search and in the search itself, by where a thread stands (futures.ts),
 * together with the locks that it always holds when it does: a message that is only sent under a lock that we hold cannot
 * come before we let go. A thread that stands where none has been narrows nothing. If something new is learnt that changes
 * an answer that was relied on, the search begins again with what is known by then; a search that ends without such news
 * has narrowed rightly everywhere (a missed message would have to appear behind a narrowed world, and the shortest way to
 * it passes only what was visited).
 */
import { ModelError } from '../errors.ts';
import { Futures, type SavedFutures } from './futures.ts';
import { Ints } from './ints.ts';
import { Meetings } from './meetings.ts';
import { generator } from './random.ts';
import type { Judge } from './judge.ts';
import type { WayStep } from './path.ts';
import type { Property } from './property.ts';
import type { Reduction, Search } from './search.ts';
import { Sight, type Looks } from './sight.ts';
import type { Symmetry } from './symmetry.ts';
import type { Choice, Node, Tables } from './tables.ts';
import { Worlds } from './worlds.ts';

/** Walks before the first search and steps of each at most; no more of them once so many have taught nothing. */
const [walks, longest, nearby, enoughIdle] = [3000, 300, 30, 60];

export interface SavedAmple {
  readonly next: number;
  readonly version: number;
  readonly futures: SavedFutures;
  readonly settled: readonly (readonly [number, readonly WayStep[]])[];
}

export class Ample implements Reduction {
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #futures: Futures;
  readonly #locks: readonly number[];
  readonly #holders: Ints[];
  readonly #meetings: Meetings;
  /** By actor: set of what others than the thread in question may send. */
  #others: Others = { at: new Int32Array(0), sets: new Int32Array(0), known: false };
  readonly #gathered: Others[] = [];
  /** What a chart did wrong on such a walk. The search meets it too, unless it was wrong for once only. */
  fault: { readonly error: ModelError; readonly trail: readonly WayStep[] } | undefined;
  readonly #sight: Sight;
  /** Worlds that a `sometimes` looks for, found on the walks before the search, with the way there. */
  readonly settled: Map<Property, readonly WayStep[]>;
  /** Of the world in hand, by actor: for whom it works, and, for a thread, the locks that it holds. */
  readonly #roots: Int32Array;
  readonly #held: Int32Array;
  readonly #before: Int32Array;
  #thread = -1;
  #search: Search | undefined;
  #next = 1 << 11;
  #version = -1;
  #earlier: Worlds | undefined;

  constructor(tables: Tables, judge: Judge, symmetry?: Symmetry, before?: Ample) {
    this.#tables = tables;
    this.#judge = before ? before.#judge : judge;
    this.fault = before === undefined ? undefined : before.fault;
    const earlier = before === undefined ? undefined : before.#search;
    this.#earlier = earlier?.worlds instanceof Worlds ? earlier.worlds : undefined;
    const { actors } = tables.subject;
    this.#locks = actors.flatMap(({ lock }, index) => (lock ? [index] : [])).slice(0, 31);
    this.#futures = before ? before.#futures : new Futures(tables, symmetry?.images(this.#locks));
    this.#holders = this.#locks.map(() => new Ints());
    this.#held = new Int32Array(actors.length);
    this.#meetings = before ? before.#meetings : new Meetings(tables, this.#judge, this.#futures, this.#locks);
    this.settled = before ? before.settled : new Map<Property, readonly WayStep[]>();
    this.#sight = before ? before.#sight : new Sight(judge, this.settled);
    this.#roots = new Int32Array(actors.length);
    this.#before = new Int32Array(actors.length);
  }

  /** Narrows this search, by what is known now; `resumed`: by what `restore` brings. */
  follow(search: Search, resumed = false): void {
    this.#search = search;
    if (resumed) return;
    this.#wander(search, this.#earlier);
    this.#earlier = undefined;
    this.#futures.freeze();
    this.#version = this.#futures.version;
  }

  choose(nodes: Int32Array, open: Int32Array, count: number): number {
    // Whoever has just moved is asked first: most often it may go on, and nobody else has moved since.
    for (const just of [true, false]) {
      for (let index = 0; index < count; index++) {
        const actor = open[index] as number;
        if ((this.#roots[actor] === this.#thread) === just && this.#candidate(actor, nodes, open, count)) return actor;
      }
    }
    return -1;
  }

  taken(choice: number): void {
    this.#thread = this.#threadOf(choice);
    this.#before.set(this.#futures.here);
  }

  moved(effects: readonly number[], nodes: Int32Array): void {
    const locks = this.#held[this.#thread] as number;
    this.survey(nodes);
    this.#futures.learn(this.#thread, this.#before, effects, locks);
  }

  /** What was learnt, and what was relied on because of it. */
  save(): SavedAmple {
    return { next: this.#next, version: this.#version, futures: this.#futures.save(), settled: [...this.settled].map(([property, steps]) => [this.#judge.properties.indexOf(property), steps]) };
  }

  /** Takes over what `save` gave, in place of walks. */
  restore({ next, version, futures, settled }: SavedAmple): void {
    this.#next = next;
    this.#version = version;
    this.#futures.restore(futures);
    this.settled.clear();
    for (const [index, steps] of settled) this.settled.set(this.#judge.properties[index] as Property, steps);
  }

  /** Is it time to look whether what was learnt since undoes a decision? */
  due(size: number): boolean {
    if (size < this.#next) return false;
    this.#next = size * 3;
    return true;
  }

  /** False if an answer that was relied on is wrong now. */
  sound(): boolean {
    if (this.#version === this.#futures.version) return true;
    this.#version = this.#futures.version;
    return this.#futures.stands();
  }

  /** For whom each actor works, locks held by each thread, where each thread stands. */
  survey(nodes: Int32Array): void {
    const { subject, nodes: all } = this.#tables;
    const roots = this.#roots;
    for (let actor = 0; actor < nodes.length; actor++) roots[actor] = this.#tables.root(actor, nodes);
    this.#held.fill(0);
    for (let bit = 0; bit < this.#locks.length; bit++) {
      const lock = this.#locks[bit] as number;
      const holders = this.#holders[bit] as Ints;
      while (holders.length <= (nodes[lock] as number)) {
        const holder = subject.holderOf(((all[lock] as Node[])[holders.length] as Node).local);
        holders.push(holder === null ? -1 : subject.indexOf(holder));
      }
      const holder = holders.data[nodes[lock] as number] as number;
      if (holder !== -1) this.#held[roots[holder] as number]! |= 1 << bit;
    }
    this.#futures.locate(nodes, roots);
  }

  /**
   * Walks from the first world, or from worlds that an earlier search kept: most of what threads may send is then known
   * before the search begins.
   */
  #wander(search: Search, earlier: Worlds | undefined): void {
    const { nodes } = search;
    const first = nodes.slice();
    const often = new Ints();
    const next = generator(1);
    let [version, idle] = [0, 0];
    for (let walk = 0; walk < walks && idle < enoughIdle; walk++) {
      idle = version === this.#futures.version ? idle + 1 : 0;
      version = this.#futures.version;
      nodes.set(first);
      earlier?.read(Math.floor(next() * earlier.size), nodes);
      const trail: number[] = [];
      try {
        this.#walk(search, often, trail, earlier ? nearby : longest, (times) => (walk % 2) * times + next() * walk);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        const { computing } = this.#tables;
        this.fault ??= { error, trail: [...this.#told(trail), ...(computing ? [this.#step(computing)] : [])] };
        break;
      }
    }
    nodes.set(first);
  }

  /** Takes the choice of the lowest rank again and again. */
  #walk(search: Search, often: Ints, trail: number[], steps: number, rank: (times: number) => number): void {
    for (let step = 0; step < steps; step++) {
      const choices = search.choices();
      if (choices.length === 0) return;
      while (often.length < this.#tables.choices.length) often.push(0);
      const { one: choice } = choices.map((one) => ({ one, rank: rank(often.data[one] as number) })).reduce((a, b) => (b.rank < a.rank ? b : a));
      often.data[choice]!++;
      this.survey(search.nodes);
      this.taken(choice);
      trail.push(choice);
      search.apply(choice);
      this.moved(search.effects, search.nodes);
      if (steps === longest) this.#settle(search.nodes, trail);
    }
  }

  #settle(nodes: Int32Array, trail: readonly number[]): void {
    const answers = this.#judge.answers(this.#judge.fold(nodes), nodes);
    for (const [index, property] of this.#judge.properties.entries())
      if (property.kind === 'sometimes' && !property.rests && !property.step && ((answers[index] as number) & 1) === 1 && !this.settled.has(property)) this.settled.set(property, this.#told(trail));
  }

  #told(trail: readonly number[]): WayStep[] {
    return trail.map((choice) => this.#step(this.#tables.choices[choice] as Choice));
  }

  #step({ target, event, start }: Choice): WayStep {
    return { to: (this.#tables.subject.actors[target] as { address: string }).address, event, start };
  }

  #threadOf(choice: number): number {
    const { actor } = this.#tables.choices[choice] as Choice;
    return this.#tables.loose(choice) ? actor : this.#roots[actor] as number;
  }

  #candidate(actor: number, nodes: Int32Array, open: Int32Array, count: number): boolean {
    const tables = this.#tables;
    const search = this.#search as Search;
    const first = (tables.first[actor] as Ints).data[nodes[actor] as number] as number;
    const end = first + ((tables.count[actor] as Ints).data[nodes[actor] as number] as number);
    if ((tables.choices[first] as Choice).start) return false;
    const thread = this.#threadOf(first);
    for (let index = 0; index < count; index++) {
      const other = open[index] as number;
      if (other !== actor && this.#roots[other] === thread) return false;
    }
    const locks = this.#held[thread] as number;
    if (!this.#look(thread)) return false;
    for (let choice = first; choice < end; choice++) {
      const { start: begins } = tables.choices[choice] as Choice;
      if (begins || this.#threadOf(choice) !== thread) return false;
      search.apply(choice);
      search.revert();
      let shows = false;
      for (const effect of search.effects) {
        for (const { actor: reached, local, message } of tables.effectMoves[effect] as Moves) {
          const looks = this.#meetings.alone(reached, local, message, this.#others.sets[reached] as number, locks);
          if (looks === undefined) return false;
          if (!looks.some(([before, behind]) => before !== behind)) continue;
          shows = true;
        }
      }
      if (shows && !this.#hidden(nodes, search.effects, locks)) return false;
    }
    return true;
  }

  /** Gathers what others than `thread` may still send, by actor: anew only when one of them stands elsewhere than the last time. False: unknown. */
  #look(thread: number): boolean {
    const futures = this.#futures;
    const { here, threads } = futures;
    const waits = futures.placeOf(thread);
    const others = (this.#gathered[waits] ??= { at: new Int32Array(here.length).fill(-2), sets: new Int32Array(here.length), known: false });
    this.#others = others;
    let same = true;
    for (let place = 0; place < threads.length; place++) {
      if (place === waits || others.at[place] === here[place]) continue;
      others.at[place] = here[place] as number;
      same = false;
    }
    if (same) return others.known;
    others.sets.fill(0);
    others.known = true;
    for (let place = 0; place < threads.length; place++) {
      if (place === waits) continue;
      const future = futures.of(here[place] as number, waits);
      if (future === undefined) {
        others.known = false;
        return false;
      }
      for (const [actor, set] of future) others.sets[actor] = futures.unite(others.sets[actor] as number, set);
    }
    return true;
  }

  /** Properties miss nothing when a step with these effects comes before all that others may do. */
  #hidden(nodes: Int32Array, effects: readonly number[], locks: number): boolean {
    const { watched } = this.#judge;
    const looks: (Looks | undefined)[] = watched.map(() => undefined);
    for (const effect of effects) {
      for (const { actor, local, message } of this.#tables.effectMoves[effect] as Moves) {
        const at = watched.indexOf(actor);
        if (at === -1) continue;
        const [before, next] = [looks[at], this.#meetings.alone(actor, local, message, this.#others.sets[actor] as number, locks) as Looks];
        if (before === undefined || before.every(([one, other]) => one === other)) looks[at] = next;
        else if (before.length === 1 && next.length === 1) looks[at] = [[(before[0] as Looks[number])[0], (next[0] as Looks[number])[1]]];
        else if (next.some(([one, other]) => one !== other)) return false;
      }
    }
    for (const [at, actor] of watched.entries()) {
      const { local } = (this.#tables.nodes[actor] as Node[])[nodes[actor] as number] as Node;
      looks[at] ??= this.#meetings.idle(actor, local, this.#others.sets[actor] as number, locks);
      if (looks[at] === undefined) return false;
    }
    return this.#sight.hides(looks as Looks[]);
  }

}

/** What others than one thread may still send: where they stood (by place in `threads`), and by actor the set. */
interface Others {
  readonly at: Int32Array;
  readonly sets: Int32Array;
  known: boolean;
}

type Moves = Tables['effectMoves'][number];

