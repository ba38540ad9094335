/** Growing arrays and hash tables of 32-bit integers: everything the inner loop touches. */
import { ModelError } from '../errors.ts';

/** An Int32Array of zeros. @throws {ModelError} out-of-memory when the machine has no room for it */
export function allocate(length: number): Int32Array<ArrayBuffer> {
  try {
    return new Int32Array(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ModelError('out-of-memory', `the machine has no room for ${Math.round(length / 2 ** 18)} MiB more`, { cause: error });
  }
}

/** An Int32Array that grows. `data` is replaced when it does, so read it afresh after a push. */
export class Ints {
  data: Int32Array;
  length = 0;
  constructor(capacity = 1024) {
    this.data = new Int32Array(capacity);
  }
  push(value: number): number {
    this.reserve(this.length + 1);
    this.data[this.length] = value;
    return this.length++;
  }
  /** Holds a copy of these, and nothing else. */
  take(values: Int32Array): void {
    this.reserve(values.length);
    this.data.set(values);
    this.length = values.length;
  }
  reserve(capacity: number): void {
    if (capacity <= this.data.length) return;
    const wider = allocate(Math.max(capacity, this.data.length * 2));
    wider.set(this.data);
    this.data = wider;
  }
}

export const mix = (a: number, b: number): number => {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  return h;
};

/** A map from two integers to one. -1 where nothing is kept. */
export class PairMap {
  slots = new Int32Array(3 * 1024).fill(-1);
  mask = 1023;
  size = 0;

  get(a: number, b: number): number {
    const { slots, mask } = this;
    for (let at = mix(a, b) & mask; ; at = (at + 1) & mask) {
      const here = slots[3 * at] as number;
      if (here === -1) return -1;
      if (here === a && slots[3 * at + 1] === b) return slots[3 * at + 2] as number;
    }
  }

  set(a: number, b: number, value: number): void {
    if (this.size * 2 > this.mask) this.#grow();
    const { slots, mask } = this;
    let at = mix(a, b) & mask;
    while (slots[3 * at] !== -1 && (slots[3 * at] !== a || slots[3 * at + 1] !== b)) at = (at + 1) & mask;
    if (slots[3 * at] === -1) this.size++;
    slots[3 * at] = a;
    slots[3 * at + 1] = b;
    slots[3 * at + 2] = value;
  }

  #grow(): void {
    const old = this.slots;
    this.mask = this.mask * 2 + 1;
    this.slots = allocate(3 * (this.mask + 1)).fill(-1);
    this.size = 0;
    for (let at = 0; at < old.length; at += 3)
      if (old[at] !== -1) this.set(old[at] as number, old[at + 1] as number, old[at + 2] as number);
  }
}
