/**
 * The worlds that were met: packed, in the order of discovery, each once.
 *
 * The array of worlds is the queue of the breadth-first search; the hash table holds places in it. So a world costs its
 * packed words and about 8 bytes more. When a field gets too narrow, every world is packed anew in place of a restart.
 */
import { ModelError } from '../errors.ts';
import { allocate } from './ints.ts';
import type { Layout } from './layout.ts';

/** Where worlds are kept, each once, in the order of discovery. */
export interface Store {
  readonly layout: Layout;
  readonly size: number;
  /** Bytes that they take, with what is needed to find them. */
  readonly bytes: number;
  /** Place of the world in `words`, which is kept if it is new: then the place is the old `size`. */
  place(words: Int32Array): number;
  /** Place of the world in `words`, or -1: keeps nothing. */
  find(words: Int32Array): number;
  /** Nodes of the world at `place`. */
  read(place: number, nodes: Int32Array): void;
  /** Packs every world anew. */
  widen(layout: Layout): void;
}

export class Worlds implements Store {
  layout: Layout;
  data: Int32Array;
  size = 0;
  #table = new Int32Array(1 << 12);
  #mask = (1 << 12) - 1;
  readonly #memory: number;

  /**
   * @param memory bytes that the worlds and their table may take
   * @throws {ModelError} `too-little-memory` when they would not do for a start
   */
  constructor(layout: Layout, memory: number) {
    this.layout = layout;
    this.#memory = memory;
    this.data = new Int32Array(layout.words << 10);
    if (this.bytes > memory)
      throw new ModelError('too-little-memory', `no search begins with ${memory} bytes`, { at: '--memory', accepted: `${this.bytes} bytes or more; 100M do for small topologies` });
  }

  get bytes(): number {
    return this.data.byteLength + this.#table.byteLength;
  }

  /** Place of the world in `words`, which is kept if it is new: then the place is the old `size`. */
  place(words: Int32Array): number {
    const width = this.layout.words;
    let { data } = this;
    const table = this.#table;
    const mask = this.#mask;
    let at = hash(words, width) & mask;
    probe: for (let entry = table[at] as number; entry !== 0; entry = table[at] as number) {
      at = (at + 1) & mask;
      const base = (entry - 1) * width;
      for (let word = 0; word < width; word++) if (data[base + word] !== words[word]) continue probe;
      return entry - 1;
    }
    const base = this.size * width;
    if (base + width > data.length) data = this.#grow();
    const place = this.size++;
    table[at] = place + 1;
    for (let word = 0; word < width; word++) data[base + word] = words[word] as number;
    if (this.size * 5 > (mask + 1) * 3) this.#rehash((mask + 1) * 2);
    return place;
  }

  /** Place of the world in `words`, or -1: keeps nothing. */
  find(words: Int32Array): number {
    const { words: width } = this.layout;
    probe: for (let at = hash(words, width) & this.#mask; ; at = (at + 1) & this.#mask) {
      const entry = this.#table[at] as number;
      if (entry === 0) return -1;
      for (let word = 0; word < width; word++) if (this.data[(entry - 1) * width + word] !== words[word]) continue probe;
      return entry - 1;
    }
  }

  /** Nodes of the world at `place`. */
  read(place: number, nodes: Int32Array): void {
    unpack(this.layout, this.data, place, nodes);
  }

  /** Packs every world anew. */
  widen(layout: Layout): void {
    const before = this.layout;
    const data = allocate(Math.max(this.size + 1024, Math.floor(this.data.length / before.words)) * layout.words);
    const nodes = new Int32Array(layout.bits.length);
    for (let place = 0; place < this.size; place++) {
      this.read(place, nodes);
      pack(layout, nodes, data, place * layout.words);
    }
    this.data = data;
    this.layout = layout;
    this.#table.fill(0);
    this.#enter(this.#table);
    this.#check();
  }

  /** Takes over worlds that were kept elsewhere, packed by this layout. */
  restore(layout: Layout, data: Int32Array, size: number): void {
    this.layout = layout;
    this.data = allocate(Math.max(data.length, layout.words << 10));
    this.data.set(data);
    this.size = size;
    let slots = this.#mask + 1;
    while (size * 5 > slots * 3) slots *= 2;
    this.#rehash(slots);
  }

  #rehash(slots: number): void {
    const table = allocate(slots);
    this.#mask = slots - 1;
    this.#enter(table);
    this.#table = table;
    this.#check();
  }

  /** Puts every world into an empty table. */
  #enter(table: Int32Array): void {
    const mask = table.length - 1;
    const { words } = this.layout;
    for (let place = 0; place < this.size; place++) {
      let at = hash(this.data.subarray(place * words, place * words + words), words) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = place + 1;
    }
  }

  #grow(): Int32Array {
    const wider = allocate(Math.ceil(this.data.length * (this.data.length > 1 << 26 ? 1.5 : 2)));
    wider.set(this.data);
    this.data = wider;
    this.#check();
    return wider;
  }

  #check(): void {
    if (this.bytes > this.#memory)
      throw new ModelError('out-of-memory', `${this.size} worlds take ${this.bytes} bytes`, { at: `memory of ${this.#memory} bytes` });
  }
}

/** Writes the nodes into words. */
export function pack({ words, word, shift }: Layout, nodes: Int32Array, into: Int32Array, at = 0): void {
  into.fill(0, at, at + words);
  for (let actor = 0; actor < nodes.length; actor++) {
    const place = at + (word[actor] as number);
    into[place] = (into[place] as number) | ((nodes[actor] as number) << (shift[actor] as number));
  }
}

/** Reads the nodes of one of many worlds. */
export function unpack({ words, word, shift, mask }: Layout, data: Int32Array, place: number, nodes: Int32Array): void {
  const base = place * words;
  for (let actor = 0; actor < nodes.length; actor++)
    nodes[actor] = ((data[base + (word[actor] as number)] as number) >>> (shift[actor] as number)) & (mask[actor] as number);
}

function hash(words: Int32Array, width: number): number {
  let h = 0;
  for (let word = 0; word < width; word++) {
    h = Math.imul(h ^ (words[word] as number), 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h, 0x85ebca6b);
  return h ^ (h >>> 13);
}
