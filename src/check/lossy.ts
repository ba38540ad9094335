/**
 * Worlds that are remembered by a hash only: more of them fit, and some may be left out.
 *
 * `compact` keeps a 32-bit signature of each world in a table of a fixed size (hash compaction: Stern and Dill, Improved
 * Probabilistic Verification by Hash Compaction, 1995). `bitstate` keeps three bits of each in a field of a fixed size
 * (Holzmann, An Analysis of Bitstate Hashing, 1998). Only worlds whose turn is still to come are kept whole. Of every
 * other, `compact` keeps eight bytes more: the world it came from and its signature, from which the way to it is found
 * again; `bitstate` keeps nothing, so who wants a way searches again.
 */
import { ModelError } from '../errors.ts';
import { allocate, Ints } from './ints.ts';
import type { Layout } from './layout.ts';
import { pack, unpack, type Store } from './worlds.ts';

export type Mode = 'compact' | 'bitstate';

/** Bits that bitstate sets for each world. */
const bitsOfWorld = 3;

export class Lossy implements Store {
  layout: Layout;
  size = 0;
  /** By place, with `compact`: the place whose successor it is, and a signature. */
  readonly parents = new Ints(1);
  readonly signatures = new Ints(1);
  readonly #mode: Mode;
  readonly #memory: number;
  /** Signatures, or bits. */
  readonly #seen: Int32Array;
  readonly #mask: number;
  #filled = 0;
  #longest = 0;
  /** Packed worlds from `#first` on, and the one whose turn it is. */
  #queue: Int32Array;
  #first = 0;
  #turn = 0;
  readonly #nodes: Int32Array;
  #held: Int32Array | undefined;

  /** @param memory bytes in all; half of them, as a power of two, for what was seen */
  constructor(mode: Mode, layout: Layout, memory: number) {
    const slots = 2 ** Math.floor(Math.log2(memory / 8));
    if (!(slots >= 1024)) throw new ModelError('too-little-memory', `no search begins with ${memory} bytes`, { at: '--memory', accepted: '100M or more' });
    this.#mode = mode;
    this.#memory = memory;
    this.#seen = allocate(slots);
    this.#mask = slots - 1;
    this.layout = layout;
    this.#queue = allocate(layout.words << 10);
    this.#nodes = new Int32Array(layout.bits.length);
  }

  get bytes(): number {
    return (this.#seen.length + this.#queue.length + this.parents.data.length + this.signatures.data.length) * 4;
  }

  /**
   * How likely it is at most that a given world at this depth was left out: that it, or one on its way, was taken for
   * another. `compact`: no look-up compared more signatures than the longest did, each wrong with 2^-32. `bitstate`: all three
   * bits set already, in the field as it is now. Both as 1 - (1 - q)^depth.
   */
  omission(depth: number): number {
    const q = this.#mode === 'compact' ? this.#longest / 2 ** 32 : (this.#filled / (this.#seen.length * 32)) ** bitsOfWorld;
    return -Math.expm1(depth * Math.log1p(-q));
  }

  place(words: Int32Array): number {
    unpack(this.layout, words, 0, this.#nodes);
    const [one, other] = hashes(this.#nodes);
    if (!(this.#mode === 'compact' ? this.#enter(one, other) : this.#set(one, other))) return -1;
    const width = this.layout.words;
    if ((this.size - this.#first + 1) * width > this.#queue.length) this.#resize(this.layout, this.#queue.length * 2);
    this.#queue.set(words.subarray(0, width), (this.size - this.#first) * width);
    if (this.#mode === 'compact') {
      this.parents.push(this.#turn);
      this.signatures.push(other);
    }
    if (this.bytes > this.#memory) throw this.#full();
    return this.size++;
  }

  find(): number {
    throw new Error('a world that is remembered by its hash has no place');
  }

  /** It is the turn of this world; those before it are given up. */
  read(place: number, nodes: Int32Array): void {
    if (this.#held !== undefined) {
      nodes.set(this.#held);
      return;
    }
    this.#turn = place;
    if ((place - this.#first) * 2 * this.layout.words > this.#queue.length) this.#resize(this.layout, this.#queue.length);
    unpack(this.layout, this.#queue, place - this.#first, nodes);
  }

  widen(layout: Layout): void {
    this.#resize(layout, Math.max(this.#queue.length, (this.size - this.#turn + 1024) * layout.words));
  }

  /** Every `read` gives these nodes from now on: for the way to a world whose turn is over. */
  hold(nodes: Int32Array): void {
    this.#held = nodes.slice();
  }

  /** Moves the worlds whose turn is not over to the front of a queue of this length. */
  #resize(layout: Layout, length: number): void {
    const queue = allocate(length);
    const nodes = new Int32Array(this.#nodes.length);
    for (let place = this.#turn; place < this.size; place++) {
      unpack(this.layout, this.#queue, place - this.#first, nodes);
      pack(layout, nodes, queue, (place - this.#turn) * layout.words);
    }
    this.#first = this.#turn;
    this.#queue = queue;
    this.layout = layout;
  }

  /** Puts a signature into the table. False if it is there. */
  #enter(one: number, signature: number): boolean {
    const seen = this.#seen;
    let compared = 0;
    for (let at = one & this.#mask; ; at = (at + 1) & this.#mask) {
      const here = seen[at] as number;
      if (here === signature) {
        this.#longest = Math.max(this.#longest, compared + 1);
        return false;
      }
      if (here === 0) {
        if (this.#filled * 10 >= seen.length * 9) throw this.#full();
        seen[at] = signature;
        this.#filled++;
        this.#longest = Math.max(this.#longest, compared);
        return true;
      }
      compared++;
    }
  }

  /** Sets the bits of a world. False if all are set. */
  #set(one: number, other: number): boolean {
    let fresh = false;
    for (let index = 0; index < bitsOfWorld; index++) {
      const hash = (one + Math.imul(index, other | 1)) | 0;
      const at = (hash >>> 5) & this.#mask;
      const bit = 1 << (hash & 31);
      if (((this.#seen[at] as number) & bit) !== 0) continue;
      this.#seen[at] = (this.#seen[at] as number) | bit;
      this.#filled++;
      fresh = true;
    }
    return fresh;
  }

  #full(): ModelError {
    return new ModelError('out-of-memory', `${this.size} worlds fill ${this.bytes} bytes`, { at: `memory of ${this.#memory} bytes` });
  }
}

/** A signature of the nodes of a world, as `signatures` keeps it. */
export const signature = (nodes: Int32Array): number => hashes(nodes)[1];

function hashes(nodes: Int32Array): [number, number] {
  let [one, other] = [0x2545f491, 0x1b873593];
  for (const node of nodes) {
    one = Math.imul(one ^ node, 0x9e3779b1);
    one ^= one >>> 15;
    other = Math.imul(other ^ node, 0xcc9e2d51);
    other = (other << 13) | (other >>> 19);
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b);
  other = Math.imul(other ^ (other >>> 16), 0xc2b2ae35);
  return [one ^ (one >>> 13), (other ^ (other >>> 16)) || 1];
}
