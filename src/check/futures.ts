/**
 * What a thread may still send, learnt by where it stands.
 *
 * The position of a thread is its own node and the nodes of all who work for it just now. Every step that is taken leads
 * some thread from one position to another and may send something on the way; these edges are kept. What a thread may
 * still send from a position is then what stands on the edges that can be reached, leaving out those that only a given
 * other thread has made it go (`without`: that one waits).
 *
 * Where the search folds worlds by names, a thread is met under some of them only: every edge then stands for its images.
 *
 * Answers come from the edges known at the last `freeze`, so that one search asks one book. A position that was unknown
 * then has no answer.
 */
import { Ints, PairMap } from './ints.ts';
import type { Tables } from './tables.ts';

/** A message that a thread sends to an actor, and the locks that it holds meanwhile. */
export interface Label {
  readonly thread: number;
  readonly actor: number;
  readonly message: number;
  readonly locks: number;
}

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Bit by thread whose steps were seen to go this way. */
  by: number;
  readonly labels: number[];
}

/** What becomes of actors, nodes, messages and sets of locks under other names. */
export interface Image {
  actor(actor: number): number;
  node(actor: number, node: number): number;
  message(message: number): number;
  locks(locks: number): number;
}
export interface Images {
  each(what: (image: Image) => void): void;
}

/** Edges between positions below `size`, as they were known at a time. */
interface Atlas {
  readonly edges: readonly Edge[];
  readonly size: number;
  readonly threads: number;
}

/** Everything, as data. */
export interface SavedFutures {
  readonly threads: readonly number[];
  readonly owners: readonly (readonly [number, number])[];
  readonly parts: readonly (readonly [number, number])[];
  readonly labels: readonly Label[];
  readonly edges: readonly Edge[];
  readonly frozen: Atlas;
  readonly told: readonly (readonly number[])[];
  readonly version: number;
}

/** Labels by actor, as the number of a set. */
export type Future = ReadonlyMap<number, number>;

export class Futures {
  readonly labels: Label[] = [];
  /** Numbers of labels times two, and one more where the label may come again after it came. */
  readonly sets: (readonly number[])[] = [[]];
  /** Position of each thread in the world in hand, by its place in `threads`. */
  readonly here: Int32Array;
  /** Actors that act of their own: threads, and whoever sent something that nobody waits for. */
  readonly threads: number[] = [];
  readonly #tables: Tables;
  readonly #placeOf: Int32Array;
  readonly #cells: Ints[];
  /** By cell: whose it is, and at which node. */
  readonly #owners: [actor: number, node: number][] = [];
  /** By position: the position without its last cell (-2: none), and that cell. */
  readonly #parts: [before: number, cell: number][] = [];
  readonly #images: Images | undefined;
  readonly #positions = new PairMap();
  readonly #edges: Edge[] = [];
  readonly #edgeOf = new PairMap();
  readonly #seen = new PairMap();
  readonly #labelOf = new Map<string, number>();
  readonly #setOf = new Map<string, number>();
  readonly #unions = new PairMap();
  #books: (Book | undefined)[] = [];
  #frozen: Atlas = { edges: [], size: 0, threads: 0 };
  /** Counts what was learnt. */
  version = 0;

  /** @param images what is learnt is learnt for every image too */
  constructor(tables: Tables, images?: Images) {
    this.#tables = tables;
    this.#images = images;
    const { actors } = tables.subject;
    this.here = new Int32Array(actors.length).fill(-1);
    this.#placeOf = new Int32Array(actors.length).fill(-1);
    this.#cells = actors.map(() => new Ints(64));
    for (const [actor, { thread }] of actors.entries()) if (thread) this.#join(actor);
  }

  /** Place of an actor in `threads`, which it joins when it acts for the first time. */
  placeOf(actor: number): number {
    const place = this.#placeOf[actor] as number;
    return place === -1 ? this.#join(actor) : place;
  }

  /** Takes the positions of a world. `roots`: for whom each actor works. */
  locate(nodes: Int32Array, roots: Int32Array): void {
    const { here, threads } = this;
    const placeOf = this.#placeOf;
    for (let place = 0; place < threads.length; place++) {
      const actor = threads[place] as number;
      here[place] = this.#position(-2, this.#cell(actor, nodes[actor] as number));
    }
    for (let actor = 0; actor < nodes.length; actor++) {
      const root = roots[actor] as number;
      if (root === actor) continue;
      const place = placeOf[root] as number;
      if (place !== -1) here[place] = this.#position(here[place] as number, this.#cell(actor, nodes[actor] as number));
    }
  }

  /** A step of `thread` led from the positions `before` to those that are `here`, and had these effects. */
  learn(thread: number, before: Int32Array, effects: readonly number[], locks: number): void {
    const { here, threads } = this;
    const by = this.placeOf(thread);
    for (let place = 0; place < threads.length; place++) {
      const [from, to] = [before[place] as number, here[place] as number];
      if (from === -1 || to === -1 || (place !== by && from === to)) continue;
      const edge = this.#edge(from, to, by);
      if (place !== by) continue;
      for (const effect of effects) {
        const known = this.#seen.get(edge, effect);
        if (known !== -1 && (known & ~locks) === 0) continue;
        const held = known === -1 ? locks : known & locks;
        this.#seen.set(edge, effect, held);
        for (const { actor, message } of this.#tables.effectMoves[effect] as Tables['effectMoves'][number])
          this.#tell(edge, { thread, actor, message, locks: held });
      }
    }
  }

  /** What is known now is what `of` tells from now on. */
  freeze(): void {
    this.#frozen = this.#atlas();
    this.#books = [];
  }

  /** What the thread at `position` may still send while the thread at place `without` waits; undefined where nobody has been. */
  of(position: number, without: number): Future | undefined {
    if (position < 0 || position >= this.#frozen.size) return undefined;
    return this.#book(without).of(position);
  }

  /** Would every answer given since the last `freeze` be the same now? */
  stands(): boolean {
    const now = this.#atlas();
    return this.threads.length === this.#frozen.threads && this.#books.every((book, without) => book === undefined || book.agrees(new Book(this, now, without)));
  }

  save(): SavedFutures {
    const { threads, labels, version } = this;
    return { threads, owners: this.#owners, parts: this.#parts, labels, edges: this.#edges, frozen: this.#frozen, told: Array.from(this.#books, (book) => book?.asked() ?? []), version };
  }

  /** Takes over what `save` gave, into futures that have learnt nothing. */
  restore({ threads, owners, parts, labels, edges, frozen, told, version }: SavedFutures): void {
    for (const actor of threads) this.placeOf(actor);
    for (const [actor, node] of owners) {
      const cells = this.#cells[actor] as Ints;
      while (cells.length <= node) cells.push(-1);
      cells.data[node] = this.#owners.push([actor, node]) - 1;
    }
    for (const [before, cell] of parts) this.#position(before, cell);
    for (const label of labels) this.#label(label);
    for (const { from, to, by, labels: stuck } of edges) {
      const [edge] = this.#lay(from, to, by);
      (this.#edges[edge] as Edge).labels.push(...stuck);
    }
    this.#frozen = frozen;
    for (const [without, positions] of told.entries()) for (const position of positions) this.#book(without).of(position);
    this.version = version;
  }

  #atlas(): Atlas {
    return { edges: this.#edges.map((edge) => ({ ...edge, labels: [...edge.labels] })), size: this.#parts.length, threads: this.threads.length };
  }

  /** Number of the union of two sets. */
  unite(one: number, other: number): number {
    if (one === 0 || other === 0) return one | other;
    const known = this.#unions.get(one, other);
    if (known !== -1) return known;
    const union = this.set([...this.sets[one] as readonly number[], ...this.sets[other] as readonly number[]]);
    this.#unions.set(one, other, union);
    return union;
  }

  /** Number of a set of label numbers times two (plus one where it may come again). */
  set(labels: readonly number[]): number {
    const sorted = [...new Set(labels)].sort((a, b) => a - b);
    const key = sorted.join();
    if (key === '') return 0;
    let number = this.#setOf.get(key);
    if (number === undefined) {
      number = this.sets.push(sorted) - 1;
      this.#setOf.set(key, number);
    }
    return number;
  }

  #book(without: number): Book {
    return (this.#books[without] ??= new Book(this, this.#frozen, without));
  }

  #join(actor: number): number {
    this.#placeOf[actor] = this.threads.push(actor) - 1;
    this.version++;
    return this.threads.length - 1;
  }

  #cell(actor: number, node: number): number {
    const cells = this.#cells[actor] as Ints;
    while (cells.length <= node) cells.push(-1);
    if (cells.data[node] === -1) cells.data[node] = this.#owners.push([actor, node]) - 1;
    return cells.data[node] as number;
  }

  #position(before: number, cell: number): number {
    let position = this.#positions.get(before, cell);
    if (position === -1) {
      position = this.#parts.push([before, cell]) - 1;
      this.#positions.set(before, cell, position);
    }
    return position;
  }

  /** The edge between two positions, which a step of the thread at place `by` has gone. */
  #edge(from: number, to: number, by: number): number {
    const [number, isNew] = this.#lay(from, to, bitOf(by));
    if (isNew) this.#images?.each((image) => this.#lay(this.#imageOf(image, from), this.#imageOf(image, to), bitOf(this.placeOf(image.actor(this.threads[by] as number)))));
    return number;
  }

  #lay(from: number, to: number, by: number): [edge: number, isNew: boolean] {
    let number = this.#edgeOf.get(from, to);
    if (number === -1) {
      number = this.#edges.push({ from, to, by: 0, labels: [] }) - 1;
      this.#edgeOf.set(from, to, number);
    }
    const edge = this.#edges[number] as Edge;
    if ((edge.by & by) !== 0) return [number, false];
    edge.by |= by;
    this.version++;
    return [number, true];
  }

  /** Puts a label on an edge, and its image on every image of the edge. */
  #tell(edge: number, label: Label): void {
    if (!this.#stick(edge, label)) return;
    const { from, to } = this.#edges[edge] as Edge;
    this.#images?.each((image) => {
      const there = this.#edgeOf.get(this.#imageOf(image, from), this.#imageOf(image, to));
      this.#stick(there, { thread: image.actor(label.thread), actor: image.actor(label.actor), message: image.message(label.message), locks: image.locks(label.locks) });
    });
  }

  #stick(edge: number, label: Label): boolean {
    const { labels } = this.#edges[edge] as Edge;
    // Sent under fewer locks already: nothing new.
    if (labels.some((known) => {
      const { thread, actor, message, locks } = this.labels[known] as Label;
      return thread === label.thread && actor === label.actor && message === label.message && (locks & ~label.locks) === 0;
    })) return false;
    labels.push(this.#label(label));
    this.version++;
    return true;
  }

  #imageOf(image: Image, position: number): number {
    const cells: [actor: number, node: number][] = [];
    for (let at = position; at !== -2; at = (this.#parts[at] as [number, number])[0]) cells.unshift(this.#owners[(this.#parts[at] as [number, number])[1]] as [number, number]);
    const [own, ...others] = cells.map(([actor, node]): [number, number] => [image.actor(actor), image.node(actor, node)]);
    return [own as [number, number], ...others.sort(([a], [b]) => a - b)].reduce((at, [actor, node]) => this.#position(at, this.#cell(actor, node)), -2);
  }

  #label(label: Label): number {
    const key = `${label.thread} ${label.actor} ${label.message} ${label.locks}`;
    let number = this.#labelOf.get(key);
    if (number === undefined) {
      number = this.labels.push(label) - 1;
      this.#labelOf.set(key, number);
    }
    return number;
  }
}

/** Bit of a thread by its place; the last one is shared by all who come too late for one of their own. */
const bitOf = (place: number): number => 1 << Math.min(place, 31);

/** Which labels can be reached from each position, and which of them twice, while one thread waits. */
class Book {
  readonly #futures: Futures;
  readonly #width: number;
  readonly #size: number;
  readonly #reached: Int32Array;
  readonly #again: Int32Array;
  readonly #told = new Map<number, Future>();

  constructor(futures: Futures, { edges, size }: Atlas, without: number) {
    this.#futures = futures;
    this.#width = (futures.labels.length + 31) >> 5;
    this.#size = size;
    this.#reached = new Int32Array(size * this.#width);
    this.#again = new Int32Array(size * this.#width);
    const waits = without < 31 ? bitOf(without) : 0;
    const out: Edge[][] = Array.from({ length: size }, () => []);
    for (const edge of edges) if ((edge.by & ~waits) !== 0 && edge.from < size && edge.from >= 0) (out[edge.from] as Edge[]).push(edge);
    for (const component of componentsOf(out, size)) this.#sum(component, out);
  }

  of(position: number): Future {
    const known = this.#told.get(position);
    if (known !== undefined) return known;
    const byActor = new Map<number, number[]>();
    const base = position * this.#width;
    for (let word = 0; word < this.#width; word++) {
      for (let bits = this.#reached[base + word] as number; bits !== 0; bits &= bits - 1) {
        const bit = 31 - Math.clz32(bits & -bits);
        const label = word * 32 + bit;
        const { actor } = this.#futures.labels[label] as Label;
        const twice = ((this.#again[base + word] as number) >>> bit) & 1;
        const list = byActor.get(actor);
        if (list) list.push(label * 2 + twice);
        else byActor.set(actor, [label * 2 + twice]);
      }
    }
    const future: Future = new Map([...byActor].map(([actor, labels]) => [actor, this.#futures.set(labels)]));
    this.#told.set(position, future);
    return future;
  }

  /** Positions that were asked for. */
  asked(): number[] {
    return [...this.#told.keys()];
  }

  /** Does a later book say the same of every position that was asked for? */
  agrees(later: Book): boolean {
    for (const [position, future] of this.#told) {
      const now = later.of(position);
      if (now.size !== future.size) return false;
      for (const [actor, set] of future) if (now.get(actor) !== set) return false;
    }
    return true;
  }

  /** Fills in the rows of a strongly connected component whose successors are filled in. */
  #sum(component: readonly number[], out: readonly (readonly Edge[])[]): void {
    const width = this.#width;
    const inside = component.length > 1 ? new Set(component) : undefined;
    const reached = new Int32Array(width);
    const again = new Int32Array(width);
    for (const position of component) {
      for (const { to, labels } of out[position] as readonly Edge[]) {
        const loops = to === position || inside?.has(to) === true;
        const base = to * width;
        const ahead = !loops && to < this.#size;
        for (const label of labels) {
          const [word, bit] = [label >> 5, 1 << (label & 31)];
          const there = ahead && ((this.#reached[base + word] as number) & bit) !== 0;
          if (loops || there) again[word] = (again[word] as number) | bit;
          reached[word] = (reached[word] as number) | bit;
        }
        if (!ahead) continue;
        for (let word = 0; word < width; word++) {
          reached[word] = (reached[word] as number) | (this.#reached[base + word] as number);
          again[word] = (again[word] as number) | (this.#again[base + word] as number);
        }
      }
    }
    for (const position of component) {
      this.#reached.set(reached, position * width);
      this.#again.set(again, position * width);
    }
  }
}

/** Strongly connected components, those that can be reached from a component before it (Tarjan, without recursion). */
function* componentsOf(out: readonly (readonly Edge[])[], size: number): Generator<number[]> {
  const number = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const at = new Int32Array(size);
  const closed = new Uint8Array(size);
  const stack: number[] = [];
  let next = 0;
  for (let root = 0; root < size; root++) {
    if (number[root] !== -1) continue;
    const calls = [root];
    number[root] = low[root] = next++;
    stack.push(root);
    while (calls.length > 0) {
      const position = calls[calls.length - 1] as number;
      const edges = out[position] as readonly Edge[];
      if ((at[position] as number) < edges.length) {
        const { to } = edges[at[position]!++] as Edge;
        if (to >= size || closed[to] === 1) continue;
        if (number[to] === -1) {
          number[to] = low[to] = next++;
          stack.push(to);
          calls.push(to);
        } else low[position] = Math.min(low[position] as number, number[to] as number);
        continue;
      }
      calls.pop();
      const caller = calls[calls.length - 1];
      if (caller !== undefined) low[caller] = Math.min(low[caller] as number, low[position] as number);
      if (low[position] !== number[position]) continue;
      const component = stack.splice(stack.lastIndexOf(position));
      for (const member of component) closed[member] = 1;
      yield component;
    }
  }
}
