/**
 * The host of the WebAssembly kernel: fills its tables, gives it room, and answers when it meets something new.
 *
 * The kernel (kernel.as.ts) knows numbers only. All that it reads is derived here from `Steps`, so it can be written anew at
 * any time: when a table is full or a field of a world gets too narrow, everything moves into a larger memory and the search
 * goes on where it was.
 */
import { ModelError } from '../../errors.ts';
import { Ints } from '../ints.ts';
import type { Judge } from '../judge.ts';
import { scout } from '../scout.ts';
import { Steps, type Leaf } from '../steps.ts';
import type { Symmetry } from '../symmetry.ts';
import type { Tables } from '../tables.ts';
import * as header from './header.ts';
import { imagesBytes, mapOf, room, type MemoryMap, type PartMap, type Sizes } from './map.ts';
import type { Crew } from './crew.ts';
import { repacked, sameFields, shifted } from './repack.ts';
import { pack } from '../worlds.ts';
import { partsOf, type Parted } from './parts.ts';
import type { Memory, Module, WebAssembly } from './webassembly.ts';
import { Writer } from './writer.ts';

/** What kernel.as.ts exports. */
interface Exports {
  rehashPairs(): void;
  rehash(): void;
  put(): number;
  replace(place: number): void;
  find(): number;
  read(place: number): void;
  run(worker: number, workers: number): number;
  redo(from: number, to: number): number;
  before(place: number, from: number, end: number): number;
  chase(from: number, trail: number): number;
  mark(): void;
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
/** Words of a world that have room in a worker's own memory. */
const mostWords = header.HERE_ROOM / 4;
/** Actors whose sum has room where those that are busy are counted. */
const mostActors = 127;
/** With so many bytes, room for some worlds more is cheaper than to move them. */
const plenty = 2 ** 26;
/** Fewer worlds than this are not shared out. */
const smallest = 1024;

/** A power of two, with room for twice as many. */
const twice = (count: number) => 2 ** Math.ceil(Math.log2(Math.max(count * 2, 256)));

/** What grows as the search goes on. */
interface Growing extends Pick<Sizes, 'pairSlots' | 'slots'> {
  /** By part. */
  readonly rooms: readonly number[];
}

export class Kernel {
  readonly steps: Steps;
  layout: Parted;
  readonly #writer: Writer;
  readonly #crew: Crew | undefined;
  readonly #memory: Memory;
  readonly #limit: number;
  readonly #calls: Exports;
  #view: Int32Array;
  #sizes: Sizes;
  #map: MemoryMap;
  /** Something no longer fits: everything must be written anew before the kernel goes on. */
  #stale = false;
  /** No other worker is running. */
  #alone = true;
  /** Leaves whose successors' choices are known. */
  #absorbed = 0;
  /** Worlds all of whose steps lead to worlds before them. */
  readonly #turns = new Ints();
  #wish: (place: number) => boolean = () => false;

  /**
   * @param module the kernel, compiled by `wasm`; for a memory that is shared if there is a crew
   * @param limit bytes that it may take
   * @param turns it keeps what `goals` needs
   */
  constructor(wasm: WebAssembly, module: Module, tables: Tables, judge: Judge, { limit, crew, symmetry, turns = false }: { readonly limit: number; readonly crew?: Crew | undefined; readonly symmetry?: Symmetry | undefined; readonly turns?: boolean }) {
    this.steps = Steps.of(tables, symmetry?.images());
    this.#writer = new Writer(this.steps, judge);
    this.#limit = limit;
    this.#crew = crew;
    const anew = this.steps.nodes.length === 0;
    for (const actor of tables.nodes.keys()) this.steps.expand(actor, 0);
    if (anew) scout(this.steps);
    this.#absorb();
    this.layout = this.#parted();
    const workers = crew?.workers ?? 1;
    const [values, worlds] = limit < plenty ? [2 ** 14, 2 ** 18] : [2 ** 16, 2 ** 20];
    const room = Math.max(values, twice(this.#writer.values() * workers));
    this.#sizes = this.#sizesFor({
      pairSlots: Math.max(2 ** 14, twice(2 * this.#writer.pairs() * workers)), slots: Math.max(worlds, twice(header.PENDING_ROOM * workers)), rooms: this.layout.parts.map(() => room),
    });
    this.#map = mapOf(this.#sizes);
    const initial = Math.ceil(this.#map.end / page);
    this.#memory = new wasm.Memory(crew === undefined ? { initial } : { initial, maximum: 2 ** 16, shared: true });
    this.#view = new Int32Array(this.#memory.buffer);
    const host = {
      miss: (question: number, node: number) => this.#miss(question, node),
      wish: (place: number) => (this.#wish(place) ? header.WISHED : header.UNWISHED),
    };
    this.#calls = new wasm.Instance(module, { env: { memory: this.#memory }, host }).exports as Exports;
    this.#write();
    this.#set(header.TURNS, turns ? 1 : 0);
    this.#set(header.ERA, 1);
    crew?.begin(module, this.#memory);
  }

  get size(): number {
    return this.#get(header.WORLDS);
  }

  /** Bytes in use: worlds, the values of their parts and what properties see, with the tables that find them. */
  get bytes(): number {
    const { pairSlots, slots, renamings, parts } = this.#sizes;
    const values = parts.reduce((sum, { room, bytes }, part) => sum + this.#count(part) * (bytes + imagesBytes(renamings)) + room * 8, 0);
    return this.size * 8 + slots * 4 + values + this.#get(header.PAIRS) * 9 + pairSlots * 16;
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
    this.#standAt(next, transitions);
  }

  /** Learns again what the worlds before this one need: they were taken over, so nobody has asked for their steps. */
  relearn(end: number): void {
    const { next, transitions } = this;
    this.#standAt(0, 0);
    this.run(end, () => undefined);
    this.#standAt(next, transitions);
  }

  #standAt(next: number, transitions: number): void {
    const view = new BigUint64Array(this.#memory.buffer);
    for (let worker = 0; worker < this.#sizes.workers; worker++) view[(this.#map.own + worker * header.OWN_BYTES + header.OWN_TRANSITIONS) >>> 3] = BigInt(worker === 0 ? transitions : 0);
    this.#set(header.NEXT, next);
    this.#set(header.END, next);
  }

  /** Next world to expand. */
  get next(): number {
    return Math.min(this.#get(header.NEXT), this.#get(header.END));
  }

  /** Expands worlds from `next` up to `end`; tells what it met, in the order of discovery. */
  run(end: number, tell: (note: Note) => void): void {
    this.#extend(this.#map.end); // what it begins with may be too much already
    this.#set(header.NEXT, this.next);
    this.#set(header.END, end);
    for (let status = -1; status !== header.DONE;) {
      const crew = end - this.next > smallest ? this.#crew : undefined;
      this.#alone = crew === undefined;
      status = crew === undefined ? this.#calls.run(0, 1) : crew.run(this.#view, (workers) => this.#calls.run(0, workers));
      this.#alone = true;
      const next = this.next;
      this.#tell((note) => (note.kind === header.NOTE_TURN ? this.#turns.push(note.place) : tell(note)));
      if (status === header.NO_ROOM) this.#ready();
      this.#set(header.NEXT, next);
    }
  }

  /**
   * The first world from which no wished one can be reached, or -1.
   *
   * Whoever always goes on to a later world ends at one that leads back only, so it is enough to find a way from each of
   * those. Where one is not found, every world is looked at, again and again, until nothing is new.
   *
   * @param wished asked of a world for each thing that properties may see
   * @param rests only worlds at rest are wished for
   */
  goals(wished: (place: number) => boolean, rests: boolean): number {
    this.#ready();
    const marks = Math.ceil(this.#memory.buffer.byteLength / page) * page;
    const trail = Math.ceil((marks + this.size) / 8) * 8;
    this.#extend(trail + header.TRAIL_ROOM * 4);
    this.#set(header.MARKS_AT, marks);
    this.#set(header.TRAIL_AT, trail);
    this.#set(header.WISH_RESTS, rests ? 1 : 0);
    this.#wish = wished;
    this.#bytes().fill(0, this.#map.wishes, this.#map.wishes + this.#sizes.pairSlots / 2);
    this.#bytes().fill(0, marks, marks + this.size);
    if (this.#allReached()) return -1;
    this.#calls.mark();
    while (this.#calls.spread() > 0);
    return this.#bytes().subarray(marks, marks + this.size).findIndex((mark) => mark !== header.LEADS);
  }

  #allReached(): boolean {
    const turns = Array.from(this.#turns.data.subarray(0, this.#turns.length));
    let mark = header.FIRST_TRAIL;
    for (let turn = turns.pop(); turn !== undefined; turn = turns.pop()) {
      const reached = this.#calls.chase(turn, mark) !== 0;
      this.#tell(({ place }) => turns.push(place));
      if (!reached) return false;
      mark = mark === header.LAST_TRAIL ? header.FIRST_TRAIL : mark + 1;
    }
    return true;
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

  /** The first of the worlds `from` to `end` that has a step to the one at `place`, or -1 where that is not known. */
  before(place: number, from: number, end: number): number {
    this.#ready();
    const found = this.#calls.before(place, from, end);
    this.#set(header.NOTES, 0);
    return found;
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

  /** Where the count of the values of a part stands. */
  #countAt(part: number): number {
    return (this.#map.parts + part * header.PART_BYTES + header.PART_COUNT) >>> 2;
  }

  #count(part: number): number {
    return this.#get(this.#countAt(part));
  }

  #set(field: number, value: number): void {
    this.#view[field] = value;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  #here(words: Int32Array): void {
    const at = (this.#map.own + header.OWN_HERE) >>> 2;
    this.#view.fill(0, at, at + mostWords);
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

  /** The kernel asks. 0 when the answer does not fit into its tables, or others read them just now. */
  #miss(question: number, node: number): number {
    if (!this.#alone) return 0;
    const value = this.steps.answer(question, node);
    this.#absorb();
    this.#stale ||= !this.#writer.append();
    return this.#stale ? 0 : this.#writer.value(value);
  }

  /** Makes the choices of every node that a leaf leads to known. */
  #absorb(): void {
    const { steps } = this;
    for (; this.#absorbed < steps.leaves.length; this.#absorbed++)
      for (const { actor, after } of (steps.leaves[this.#absorbed] as Leaf).changes) steps.expand(actor, after);
  }

  /** Sizes with room for twice of what there is now, but never less than before. */
  #sizesFor({ pairSlots, slots, rooms }: Growing, before?: Sizes): Sizes {
    const { steps, layout } = this;
    return {
      workers: this.#crew?.workers ?? 1, nodes: layout.bits.map((bits) => 2 ** bits), choices: twice(steps.values.length),
      questions: twice(steps.questions.length), answers: twice(this.#writer.rows(layout)), rows: Math.max(before?.rows ?? 0, this.#writer.bandRows(layout)), pairSlots, slots,
      leaves: Math.max(before?.leaves ?? 0, twice(this.#writer.leafBytes(layout))), renamings: this.#writer.renamings,
      changes: twice(this.#writer.changes(layout)), changeBytes: Math.max(...layout.parts.map(({ words }) => words * 4 - header.ROW_BYTES)),
      parts: layout.parts.map(({ words }, part) => ({ room: rooms[part] as number, bytes: words * 4 })),
    };
  }

  #parted(before?: Parted): Parted {
    const { nodes, subject: { actors } } = this.steps.tables;
    const charts = actors.map(({ chart }) => chart);
    const fields = actors.map(({ thread, chart }, actor) => ({
      nodes: (nodes[actor] as { length: number }).length, thread, chart, single: charts.indexOf(chart) === charts.lastIndexOf(chart), moved: this.#writer.moves(actor),
      active: this.#writer.active(actor),
    }));
    const known = { numbered: this.#writer.renamings > 0, reserve: this.#writer.values() * (this.#crew?.workers ?? 1) };
    return partsOf(fields, before === undefined ? known : { ...known, before: { layout: before, counts: before.parts.map((_, part) => this.#count(part)) } });
  }

  /** Makes room for one batch of each worker, and the tables true. */
  #ready(): void {
    const { slots, pairSlots, parts, workers } = this.#sizes;
    const batch = header.PENDING_ROOM * workers;
    const values = this.#writer.values() * workers;
    const full = parts.map(({ room }, part) => this.#count(part) + values > room);
    const more: Growing = {
      slots: this.size + batch > room(slots) ? slots * (slots < 2 ** 23 ? 4 : 2) : slots,
      pairSlots: this.#get(header.PAIRS) + this.#writer.pairs() * workers > pairSlots / 2 ? pairSlots * 2 : pairSlots,
      rooms: parts.map(({ room }, part) => (full[part] ? room * 4 : room)),
    };
    const many = this.layout.parts.some(({ width }, part) => this.#count(part) + values > 2 ** width);
    if (this.#stale || many || more.slots > slots || more.pairSlots > pairSlots || full.includes(true)) this.#remake(more, many);
  }

  /** Moves everything into a memory of these sizes; packs the worlds anew where a field was too narrow or `afresh` says so. */
  #remake(sizes: Growing, afresh: boolean): void {
    const before = this.layout;
    const pack = afresh || this.steps.tables.nodes.some(({ length }, actor) => length - 1 > (before.mask[actor] as number));
    if (!pack) {
      this.#relocate(sizes);
      this.#rehash();
      return;
    }
    const counts = before.parts.map((_, part) => this.#count(part));
    const records = before.parts.map(({ words }, part) => {
      const from = (this.#map.ofParts[part] as PartMap).records >>> 2;
      return this.#view.slice(from, from + (counts[part] as number) * words);
    });
    this.layout = this.#parted(before);
    if (sameFields(before, this.layout)) {
      this.#relocate(sizes);
      const at = this.#map.worlds >>> 2;
      shifted(this.#view.subarray(at, at + this.size * 2), before, this.layout);
      this.#rehash();
      return;
    }
    const most = Math.max(...sizes.rooms);
    this.#relocate({ ...sizes, rooms: this.layout.parts.map((_, part) => (this.layout.parts.length === before.parts.length ? sizes.rooms[part] as number : most)) }, true);
    this.#repack(records, before);
    this.#rehash();
  }

  #rehash(): void {
    this.#calls.rehashPairs();
    this.#calls.rehash();
  }

  /** Moves worlds, parts and pairs, and writes all else anew. The tables of slots are to be filled afterwards. `afresh`: worlds only. */
  #relocate(sizes: Growing, afresh = false): void {
    const before = this.#map;
    const counts = this.#sizes.parts.map((_, part) => this.#count(part));
    this.#sizes = this.#sizesFor(sizes, this.#sizes);
    const map = mapOf(this.#sizes);
    this.#extend(map.end);
    this.#map = map;
    // Nothing shrinks, so what stands last moves first and nothing is lost; the workers' own memory and the notes stay.
    const bytes = this.#bytes();
    bytes.copyWithin(map.worlds, before.worlds, before.worlds + this.size * 8);
    if (afresh) {
      this.#set(header.PAIRS, 0);
    } else {
      for (let part = counts.length - 1; part >= 0; part--) {
        const from = (before.ofParts[part] as PartMap).records;
        bytes.copyWithin((map.ofParts[part] as PartMap).records, from, from + (counts[part] as number) * (this.#sizes.parts[part] as Sizes['parts'][number]).bytes);
      }
      bytes.copyWithin(map.pairs, before.pairs, before.pairs + this.#get(header.PAIRS) * 8);
    }
    this.#write();
    for (let part = 0; part < this.layout.parts.length; part++) this.#set(this.#countAt(part), afresh ? 0 : counts[part] as number);
  }

  /** Turns every world from the layout before into the layout now. */
  #repack(records: readonly Int32Array[], from: Parted): void {
    const turn = repacked(records, from, this.layout);
    this.#rehash();
    for (let place = 0; place < this.size; place++) {
      const { parts, slots, pairSlots } = this.#sizes;
      const full = parts.map(({ room }, part) => this.#count(part) === room);
      if (this.layout.parts.some(({ width }, part) => this.#count(part) >= 2 ** width))
        throw new ModelError('out-of-memory', `${this.size} worlds have too many different parts`, { at: 'topology' });
      if (full.includes(true)) {
        this.#relocate({ slots, pairSlots, rooms: parts.map(({ room }, part) => (full[part] ? room * 4 : room)) });
        this.#rehash();
      }
      const at = (this.#map.worlds >>> 2) + place * 2;
      this.#here(turn(this.#view[at] as number, this.#view[at + 1] as number));
      this.#calls.replace(place);
    }
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

  /** Writes all tables but worlds and pairs. */
  #write(): void {
    const tooMany = (what: string, count: number, most: number) => {
      if (count > most) throw new ModelError('out-of-memory', `${count} ${what}`, { at: 'topology', accepted: [`up to ${most}`] });
    };
    tooMany('words for a world', this.layout.words, mostWords);
    tooMany('parts of a world', this.layout.parts.length, header.MOST_PARTS);
    tooMany('choices in a world', this.#writer.choices(), header.PENDING_ROOM);
    tooMany('actors that may do something', this.#writer.actors(), mostActors);
    this.#writer.write({ buffer: this.#memory.buffer, map: this.#map, sizes: this.#sizes, layout: this.layout });
    this.#stale = false;
  }
}
