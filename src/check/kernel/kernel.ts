/**
 * The host of the WebAssembly kernel: fills its tables, gives it room, and answers when it meets something new.
 *
 * The kernel (kernel.as.ts) knows numbers only. All that it reads is derived here from `Steps`, so it can be written anew at
 * any time: when a table is full or a field of a world gets too narrow, everything moves into a larger memory and the search
 * goes on where it was.
 */
import { ModelError } from '../../errors.ts';
import type { Ints } from '../ints.ts';
import type { Judge } from '../judge.ts';
import { generous, layoutOf } from '../layout.ts';
import { scout } from '../scout.ts';
import { Steps, type Leaf } from '../steps.ts';
import type { Choice, Tables } from '../tables.ts';
import * as header from './header.ts';
import { pack } from '../worlds.ts';
import type { Memory, Module, WebAssembly } from './webassembly.ts';
import { treeOf, type Tree } from './tree.ts';
import { mapOf, notesRoom, room, type Map as MemoryMap, type Sizes } from './map.ts';

/** What kernel.as.ts exports. */
interface Exports {
  rehashPairs(): void;
  rehashWorlds(): void;
  put(): number;
  replace(place: number): void;
  find(): number;
  read(place: number): void;
  run(worker: number, workers: number): number;
  redo(from: number, to: number): number;
  survey(from: number, to: number): void;
  mark(): number;
  spread(): number;
}

/** Something that the kernel met for the first time. */
export interface Note {
  readonly kind: number;
  readonly place: number;
  readonly more: number;
  readonly most: number;
}

const page = 65_536;
/** Words and inner nodes of a world that have room in a worker's own memory. */
const mostNodes = 60;

export class Kernel {
  readonly steps: Steps;
  layout: Tree;
  readonly #judge: Judge;
  readonly #memory: Memory;
  readonly #limit: number;
  readonly #calls: Exports;
  #view: Int32Array;
  #sizes: Sizes;
  #map: MemoryMap;
  /** Bits of a world that may stand in its 64 bits themselves. */
  #plain = 20;
  /** Something no longer fits: everything must be written anew before the kernel goes on. */
  #stale = false;
  readonly #active: boolean[];
  /** By actor: small numbers for what properties see of it. */
  readonly #seen: readonly Map<number, number>[];
  /** How much of `steps` the kernel knows. */
  #written = { choices: 0, questions: 0, answers: 0 };
  /** By leaf: where it stands behind `LEAVES_AT`. The first place is nobody's, because 0 is no value. */
  #leaves: number[] = [];
  #leafEnd = 16;
  /** Leaves whose successors' choices are known. */
  #absorbed = 0;
  readonly #watched: ReadonlySet<number>;

  /**
   * @param module the kernel, compiled by `wasm`
   * @param limit bytes that it may take
   */
  constructor(wasm: WebAssembly, module: Module, tables: Tables, judge: Judge, limit: number) {
    this.steps = new Steps(tables);
    this.#judge = judge;
    this.#watched = new Set(judge.watched);
    this.#limit = limit;
    this.#active = tables.nodes.map(() => false);
    this.#seen = tables.nodes.map(() => new Map<number, number>());
    for (const actor of tables.nodes.keys()) this.steps.expand(actor, 0);
    scout(this.steps);
    this.#absorb();
    this.layout = this.#tree();
    this.#sizes = this.#sizesFor({ pairSlots: 2 ** 17, slots: 2 ** 16 });
    this.#map = mapOf(this.#sizes);
    this.#memory = new wasm.Memory({ initial: Math.ceil(this.#map.end / page) });
    this.#view = new Int32Array(this.#memory.buffer);
    const { exports } = new wasm.Instance(module, { env: { memory: this.#memory }, host: { miss: (question: number, node: number) => this.#miss(question, node) } });
    this.#calls = exports as unknown as Exports;
    this.#write();
    this.#calls.rehashPairs();
    this.#calls.rehashWorlds();
  }

  get size(): number {
    return this.#get(header.WORLDS);
  }

  /** Bytes in use: worlds and pairs, with the tables that find them. */
  get bytes(): number {
    return this.size * 8 + this.#get(header.PAIRS) * 9 + this.#sizes.pairSlots * 16 + this.#sizes.slots * 4;
  }

  get transitions(): number {
    const view = new BigUint64Array(this.#memory.buffer);
    let sum = 0n;
    for (let worker = 0; worker < this.#sizes.workers; worker++) sum += view[(this.#map.own + worker * header.OWN_BYTES + header.OWN_TRANSITIONS) >>> 3] as bigint;
    return Number(sum);
  }

  /**
   * Takes over worlds that another kernel had found, and goes on with the one at `next`, after so many transitions.
   *
   * @param read gives the nodes of a world
   */
  goOn(size: number, read: (place: number, nodes: Int32Array) => void, next: number, transitions: number): void {
    const nodes = new Int32Array(this.layout.bits.length);
    for (let place = 0; place < size; place++) {
      read(place, nodes);
      for (const [actor, node] of nodes.entries()) this.steps.expand(actor, node);
    }
    this.#absorb();
    this.#stale = true;
    for (let place = 0; place < size; place++) {
      this.#ready();
      read(place, nodes);
      const words = new Int32Array(this.layout.words);
      pack(this.layout, nodes, words);
      this.#here(words);
      this.#calls.put();
    }
    new BigUint64Array(this.#memory.buffer)[(this.#map.own + header.OWN_TRANSITIONS) >>> 3] = BigInt(transitions);
    this.#set(header.NEXT, next);
    this.#set(header.END, next);
  }

  /** Next world to expand. */
  get next(): number {
    return Math.min(this.#get(header.NEXT), this.#get(header.END));
  }

  /** Expands worlds from `next` up to `end`; tells what it met, in the order of discovery. */
  run(end: number, tell: (note: Note) => void): void {
    this.#set(header.NEXT, this.next);
    this.#set(header.END, end);
    for (let status = -1; status !== header.DONE;) {
      status = this.#calls.run(0, 1);
      const next = this.next;
      this.#tell(tell);
      if (status === header.NO_ROOM) this.#ready();
      this.#set(header.NEXT, next);
    }
  }

  /** Tells each thing that properties see of any world (with `NOTE_FOLD`) and of any at rest (`NOTE_REST`), once. */
  survey(tell: (note: Note) => void): void {
    this.#bytes().fill(0, this.#map.folds, this.#map.folds + this.#sizes.pairSlots / 2);
    for (let from = 0; from < this.size; from += header.PENDING_ROOM) {
      this.#ready();
      this.#calls.survey(from, Math.min(from + header.PENDING_ROOM, this.size));
      this.#tell(tell);
    }
  }

  /**
   * The first world from which no wished one can be reached, or -1.
   *
   * @param wished folds, as `survey` told them
   * @param rests only worlds at rest are wished for
   */
  goals(wished: readonly number[], rests: boolean): number {
    const marks = Math.ceil(this.#memory.buffer.byteLength / page) * page;
    this.#extend(marks + this.size);
    this.#set(header.MARKS_AT, marks);
    this.#set(header.WISH_RESTS, rests ? 1 : 0);
    const bytes = this.#bytes();
    bytes.fill(0, this.#map.wishes, this.#map.wishes + this.#sizes.pairSlots / 2);
    for (const fold of wished) bytes[this.#map.wishes + fold] = 1;
    this.#calls.mark();
    while (this.#calls.spread() > 0);
    const lost = this.#bytes().subarray(marks, marks + this.size).indexOf(0);
    return lost;
  }

  /** Place of the world of these words; of a new one `-1 - place`. */
  put(words: Int32Array): number {
    this.#ready();
    this.#here(words);
    return this.#calls.put();
  }

  /** Place of the world of these words, or -1. */
  find(words: Int32Array): number {
    this.#here(words);
    return this.#calls.find();
  }

  read(place: number, nodes: Int32Array): void {
    this.#calls.read(place);
    const at = (this.#map.own + header.OWN_HERE) >>> 2;
    const { word, shift, mask } = this.layout;
    for (let actor = 0; actor < nodes.length; actor++)
      nodes[actor] = ((this.#view[at + (word[actor] as number)] as number) >>> (shift[actor] as number)) & (mask[actor] as number);
  }

  #get(field: number): number {
    return this.#view[field] as number;
  }

  #set(field: number, value: number): void {
    this.#view[field] = value;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  #here(words: Int32Array): void {
    const at = (this.#map.own + header.OWN_HERE) >>> 2;
    this.#view.fill(0, at, at + mostNodes);
    this.#view.set(words, at);
  }

  /** Tells the notes, and lets batches that were parked go on. */
  #tell(tell: (note: Note) => void): void {
    const parked: Note[] = [];
    const at = this.#map.notes >>> 2;
    for (let number = 0, count = this.#get(header.NOTES); number < count; number++) {
      const [kind, place, more, most] = this.#view.subarray(at + number * 4, at + number * 4 + 4) as unknown as [number, number, number, number];
      if (kind === header.NOTE_PARKED) parked.push({ kind, place, more, most });
      else tell({ kind, place, more, most });
    }
    this.#set(header.NOTES, 0);
    for (const { place, more } of parked) {
      do this.#ready();
      while (this.#calls.redo(place, more) === 0);
    }
    if (parked.length > 0) this.#tell(tell);
  }

  /** The kernel asks. 0 when the answer does not fit into its tables. */
  #miss(question: number, node: number): number {
    const value = this.steps.answer(question, node);
    this.#absorb();
    if (!this.#stale) this.#append();
    return this.#stale ? 0 : this.#value(value);
  }

  /** Makes the choices of every node that a leaf leads to known. */
  #absorb(): void {
    const { steps } = this;
    for (; this.#absorbed < steps.leaves.length; this.#absorbed++)
      for (const { actor, after } of (steps.leaves[this.#absorbed] as Leaf).changes) steps.expand(actor, after);
  }

  /** Writes what is new behind what is written. */
  #append(): void {
    const { steps, layout } = this;
    const { choices, questions, answers, leaves: bytes } = this.#sizes;
    const fresh = steps.leaves.slice(this.#leaves.length);
    this.#stale ||= steps.values.length > choices || steps.questions.length > questions || steps.answers.length * 2 > answers ||
      fresh.some(({ changes }) => changes.some(({ actor, after }) => after > (layout.mask[actor] as number) || this.#unlisted(actor, after)));
    if (this.#stale) return;
    const view = this.#view;
    for (const leaf of fresh) {
      const record = this.#leaf(leaf);
      if (this.#leafEnd + record.byteLength > bytes) {
        this.#stale = true;
        return;
      }
      view.set(record, (this.#map.leaves + this.#leafEnd) >>> 2);
      this.#leaves.push(this.#leafEnd);
      this.#leafEnd += record.byteLength;
      for (const { actor, after } of leaf.changes) this.#node(actor, after);
    }
    for (let choice = this.#written.choices; choice < steps.values.length; choice++) view[(this.#map.choices >>> 2) + choice] = this.#value(steps.values.data[choice] as number);
    for (let question = this.#written.questions; question < steps.questions.length; question++) {
      const { actor } = steps.questions[question] as (typeof steps.questions)[number];
      view.set([(layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number], (this.#map.asks >>> 2) + question * 3);
    }
    for (let answer = this.#written.answers; answer < steps.answers.length; answer++) this.#answer(steps.answers[answer] as (typeof steps.answers)[number]);
    this.#written = { choices: steps.values.length, questions: steps.questions.length, answers: steps.answers.length };
  }

  /** A leaf as the kernel reads it (see `after` there). */
  #leaf({ changes, decided }: Leaf): Int32Array {
    const { layout } = this;
    const words = new Map<number, number>();
    let visible = 0;
    for (const { actor, before, after } of changes) {
      const word = layout.word[actor] as number;
      words.set(word, (words.get(word) ?? 0) ^ ((before ^ after) << (layout.shift[actor] as number)));
      if (this.#watched.has(actor) && this.#judge.observation(actor, before) !== this.#judge.observation(actor, after)) visible = header.LEAF_VISIBLE;
    }
    const touched = new Set(words.keys());
    const inners = layout.shape.flatMap(([left, right], inner) => {
      if (!touched.has(left) && !touched.has(right)) return [];
      touched.add(layout.words + inner);
      return [layout.words + inner, left, right];
    });
    return Int32Array.of(decided, visible, words.size, inners.length / 3, ...[...words].flatMap(([word, change]) => [word * 4, change]), ...inners.map((node) => node * 4));
  }

  /** A value of `steps` as the kernel knows it: an address instead of a leaf's number. */
  #value(value: number): number {
    return value > 0 ? (this.#leaves[value - 1] as number) : value;
  }

  #answer({ question, node, value }: { question: number; node: number; value: number }): void {
    const mask = this.#sizes.answers - 1;
    let at = (Math.imul(question, 0x9e3779b1) + Math.imul(node, 0x85ebca6b)) | 0;
    at = (at ^ (at >>> 15)) & mask;
    const first = this.#map.answers >>> 2;
    while (this.#view[first + at * 4 + 2] !== 0) at = (at + 1) & mask;
    this.#view.set([question, node, this.#value(value)], first + at * 4);
  }

  /** Its actor must be listed as one that may do something, and is not. */
  #unlisted(actor: number, node: number): boolean {
    const { tables } = this.steps;
    return !this.#active[actor] && ((tables.count[actor] as Ints).data[node] !== 0 || !tables.quiet(actor, node));
  }

  #node(actor: number, node: number): void {
    const { steps: { tables } } = this;
    const count = (tables.count[actor] as Ints).data[node] as number;
    const first = (tables.first[actor] as Ints).data[node] as number;
    const busy = !tables.quiet(actor, node);
    const thread = tables.subject.starts.some((start) => start.actor === actor);
    const begins = count > 0 && (tables.choices[first] as Choice).start;
    const flags = count | (busy ? header.NODE_BUSY : 0) | (busy && thread ? header.NODE_INSIDE : 0) | (begins ? header.NODE_BEGINS : 0);
    const at = ((this.#map.nodes[actor] as number) + node * header.NODE_BYTES) >>> 2;
    this.#view[at] = first;
    this.#view[at + 1] = flags;
    if (this.#watched.has(actor))
      new Uint16Array(this.#memory.buffer)[((this.#map.seen[actor] as number) >>> 1) + node] = this.#observed(actor, node);
  }

  /** Number of what properties see of an actor, small and its own. */
  #observed(actor: number, node: number): number {
    const numbers = this.#seen[actor] as Map<number, number>;
    const seen = this.#judge.observation(actor, node);
    const known = numbers.get(seen);
    if (known !== undefined) return known;
    numbers.set(seen, numbers.size);
    return numbers.size - 1;
  }

  /** Sizes with room for twice of what there is now, but never less than before. */
  #sizesFor({ pairSlots, slots }: Pick<Sizes, 'pairSlots' | 'slots'>, before?: Sizes): Sizes {
    const { steps } = this;
    const twice = (count: number) => 2 ** Math.ceil(Math.log2(Math.max(count * 2, 256)));
    return {
      workers: 1, nodes: this.layout.bits.map((bits) => 2 ** bits), choices: twice(steps.values.length), questions: twice(steps.questions.length),
      answers: twice(steps.answers.length * 2), pairSlots, slots,
      leaves: Math.max(before?.leaves ?? 0, twice(steps.leaves.reduce((bytes, leaf) => bytes + this.#leaf(leaf).byteLength, 16))),
    };
  }

  #tree(before?: readonly number[]): Tree {
    const { nodes, subject: { actors } } = this.steps.tables;
    const charts = actors.map(({ chart }) => chart);
    const bits = generous(nodes.map(({ length }) => length), charts, before);
    return treeOf(actors.map(({ thread, chart }, actor) =>
      ({ bits: bits[actor] as number, thread, single: charts.indexOf(chart) === charts.lastIndexOf(chart) })), this.#plain);
  }

  /** Makes room for one batch, and the tables true. */
  #ready(): void {
    let { slots, pairSlots } = this.#sizes;
    const pairs = this.#get(header.PAIRS) + header.PENDING_ROOM * 4;
    if (this.size + header.PENDING_ROOM > room(slots)) slots *= 2;
    if (pairs > pairSlots / 2) pairSlots *= 2;
    const many = pairs > this.layout.most;
    if (many) this.#plain = Math.max(0, this.#plain - 10);
    if (this.#stale || many || slots * pairSlots > this.#sizes.slots * this.#sizes.pairSlots) this.#remake({ slots, pairSlots }, many);
  }

  /** Moves everything into a memory of these sizes; packs the worlds anew where a field was too narrow or `afresh` says so. */
  #remake(sizes: Pick<Sizes, 'pairSlots' | 'slots'>, afresh: boolean): void {
    const before = this.layout;
    const pack = afresh || this.steps.tables.nodes.some(({ length }, actor) => length - 1 > (before.mask[actor] as number));
    const pairs = pack ? this.#view.slice(this.#map.pairs >>> 2, (this.#map.pairs >>> 2) + this.#get(header.PAIRS) * 2) : undefined;
    if (pack) this.layout = this.#tree(before.bits);
    this.#relocate(sizes);
    if (pairs !== undefined) {
      this.#set(header.PAIRS, 0);
      this.#repack(pairs, before);
    }
    this.#calls.rehashPairs();
    this.#calls.rehashWorlds();
  }

  /** Moves worlds and pairs, and writes all else anew. The tables of slots are to be filled afterwards. */
  #relocate(sizes: Pick<Sizes, 'pairSlots' | 'slots'>): void {
    const { pairs, worlds } = this.#map;
    this.#sizes = this.#sizesFor(sizes, this.#sizes);
    const map = mapOf(this.#sizes);
    this.#extend(map.end);
    this.#map = map;
    // Nothing shrinks, so what stands last moves first and nothing is lost; the workers' own memory and the notes stay.
    const bytes = this.#bytes();
    bytes.copyWithin(map.worlds, worlds, worlds + this.size * 8);
    bytes.copyWithin(map.pairs, pairs, pairs + this.#get(header.PAIRS) * 8);
    this.#write();
  }

  /** Turns every world from the layout before into the layout now. */
  #repack(pairs: Int32Array, from: Tree): void {
    const { layout: to } = this;
    const tree = new Int32Array(from.words + from.shape.length);
    const fresh = new Int32Array(to.words);
    this.#calls.rehashPairs();
    for (let place = 0; place < this.size; place++) {
      const worlds = this.#map.worlds >>> 2;
      this.#roots(from, this.#view[worlds + place * 2] as number, this.#view[worlds + place * 2 + 1] as number, tree);
      for (let inner = from.shape.length - 1; inner >= 0; inner--) {
        const [one, other] = from.shape[inner] as readonly [number, number];
        const pair = tree[from.words + inner] as number;
        tree[one] = pairs[pair * 2] as number;
        tree[other] = pairs[pair * 2 + 1] as number;
      }
      fresh.fill(0);
      for (let actor = 0; actor < to.bits.length; actor++) {
        const node = ((tree[from.word[actor] as number] as number) >>> (from.shift[actor] as number)) & (from.mask[actor] as number);
        const word = to.word[actor] as number;
        fresh[word] = (fresh[word] as number) | (node << (to.shift[actor] as number));
      }
      if (this.#get(header.PAIRS) + mostNodes > this.#sizes.pairSlots / 2) {
        this.#relocate({ slots: this.#sizes.slots, pairSlots: this.#sizes.pairSlots * 2 });
        this.#calls.rehashPairs();
      }
      this.#here(fresh);
      this.#calls.replace(place);
    }
  }

  /** Takes the 64 bits of a world apart. */
  #roots({ roots: [first, second, third], shifts: [from, to] }: Tree, low: number, high: number, tree: Int32Array): void {
    // 64 bits as two halves: the first part ends inside the low half, the second inside the high one.
    tree[first] = low & (2 ** from - 1);
    tree[second] = ((low >>> from) | (high << (32 - from))) & (2 ** (to - from) - 1);
    tree[third] = high >>> (to - 32);
  }

  #extend(bytes: number): void {
    if (bytes > this.#limit || bytes > 2 ** 32)
      throw new ModelError('out-of-memory', `${this.size} worlds need ${Math.round(bytes / 2 ** 20)} MiB`, { at: `--memory ${this.#limit}` });
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / page);
    if (missing > 0) {
      try {
        this.#memory.grow(missing);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new ModelError('out-of-memory', `${this.size} worlds need ${Math.round(bytes / 2 ** 20)} MiB, and the system has no more`, { at: 'memory', cause: error });
      }
    }
    this.#view = new Int32Array(this.#memory.buffer);
  }

  /** Writes the header and every table but worlds and pairs. */
  #write(): void {
    const { layout, steps: { tables } } = this;
    const map = this.#map;
    const sizes = this.#sizes;
    const { words, shape, roots, shifts } = layout;
    if (words + shape.length > mostNodes)
      throw new ModelError('out-of-memory', `a world takes ${words} words`, { at: 'topology', accepted: [`up to ${mostNodes / 2}`] });
    this.#bytes().fill(0, map.shape, map.pairs);
    this.#bytes().fill(0, map.folds, map.wishes);
    for (const [actor, nodes] of tables.nodes.entries()) {
      for (let node = 0; node < nodes.length; node++) {
        if ((tables.first[actor] as Ints).data[node] === -1) continue;
        if (this.#unlisted(actor, node)) this.#active[actor] = true;
        this.#node(actor, node);
      }
    }
    const fields: [number, number][] = [
      [header.WORDS, words], [header.INNERS, shape.length], [header.SHAPE_AT, map.shape],
      [header.ROOT_FIRST, roots[0]], [header.ROOT_SECOND, roots[1]], [header.ROOT_THIRD, roots[2]], [header.SHIFT_SECOND, shifts[0]], [header.SHIFT_THIRD, shifts[1]],
      [header.ACTORS, this.#actors()], [header.ACTORS_AT, map.actors], [header.CHOICES_AT, map.choices], [header.ASKS_AT, map.asks],
      [header.EDGES_AT, map.answers], [header.EDGES_MASK, sizes.answers - 1], [header.LEAVES_AT, map.leaves],
      [header.TOGETHER, Math.min(tables.subject.together, 0x7fffffff)], [header.PAIRS_AT, map.pairs], [header.PAIRS_ROOM, Math.min(sizes.pairSlots / 2, layout.most)],
      [header.PAIR_SLOTS_AT, map.pairSlots], [header.PAIR_SLOTS_MASK, sizes.pairSlots - 1], [header.FOLDS_AT, map.folds], [header.WISHES_AT, map.wishes],
      [header.WORLDS_AT, map.worlds], [header.WORLDS_ROOM, room(sizes.slots)], [header.SLOTS_AT, map.slots], [header.SLOTS_MASK, sizes.slots - 1],
      [header.NOTES_AT, map.notes], [header.NOTES_ROOM, notesRoom(sizes.workers)], [header.OWN_AT, map.own],
      ...this.#observations(),
    ];
    for (const [field, value] of fields) this.#set(field, value);
    this.#view.set(shape.flat(), map.shape >>> 2);
    this.#written = { choices: 0, questions: 0, answers: 0 };
    this.#leaves = [];
    this.#leafEnd = 16;
    this.#stale = false;
    this.#append();
  }

  /** Writes the list of actors that may do something. Gives its length. */
  #actors(): number {
    const { layout, steps: { tables } } = this;
    let count = 0;
    for (const actor of tables.nodes.keys()) {
      if (!this.#active[actor]) continue;
      this.#view.set([(layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number, this.#map.nodes[actor] as number], (this.#map.actors >>> 2) + count * 4);
      count++;
    }
    return count;
  }

  /** Writes the list of actors that properties look at. */
  #observations(): [number, number][] {
    const { layout } = this;
    const { watched } = this.#judge;
    const observed = layoutOf(watched.map((actor) => layout.bits[actor] as number));
    for (const [index, actor] of watched.entries())
      this.#view.set([
        (layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number, this.#map.seen[actor] as number,
        (observed.word[index] as number) * 4, observed.shift[index] as number,
      ], (this.#map.watched >>> 2) + index * 6);
    return [[header.WATCHED, watched.length], [header.WATCHED_AT, this.#map.watched], [header.OBSERVED_WORDS, observed.words]];
  }
}
