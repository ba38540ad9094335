/** What the cases of the conformance kit stand on. */
import type { Append, Appended, Draft, Entry, Store } from '../port.ts';
import type { Plain } from '../../../../machines/chart.ts';
import type { Upcast } from '../upcast.ts';

/** One place for a store, empty at the beginning of each case. */
export interface Bed {
  /**
   * Opens the store at this place for writing: the first time an empty one, later what is there. A store in memory gives
   * the same one again; one with a single writer is asked again only after the first was closed.
   */
  open(options?: { readonly upcast?: Upcast }): Promise<Store>;
  /** Opens it for reading, where that is another way to open it. */
  reader?(): Promise<Store>;
}

export interface Case {
  /** What holds, as a sentence. */
  readonly name: string;
  /** Only for stores that can do this. */
  readonly needs?: 'durable' | 'multiWriter' | 'singleWriter' | 'upcast';
  /** Throws when it does not hold. `size` scales what is many: 1 is the size that found faults in published stores. */
  run(bed: Bed, size: number): Promise<void>;
}

/** A generator of random numbers from 0 up to 1: the same seed gives the same row (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

let ids = 0;
const process48 = Math.floor(Math.random() * 2 ** 48).toString(16).padStart(12, '0');

/** An id that nobody has used. */
export const freshId = (): string => {
  const count = (ids++).toString(16).padStart(16, '0');
  return `${process48.slice(0, 8)}-${process48.slice(8)}-8${count.slice(1, 4)}-8${count.slice(4, 7)}-${count.slice(4)}`;
};

export const draft = (data?: Plain, more: Partial<Draft> = {}): Draft =>
  ({ id: freshId(), type: 'test', version: 1, data: data ?? null, meta: { correlationId: 'kit', occurredAt: '0', clock: 'sim' }, ...more });

export const drafts = (count: number, data: (index: number) => Plain = (index) => index): [Draft, ...Draft[]] =>
  Array.from({ length: count }, (_, index) => draft(data(index))) as [Draft, ...Draft[]];

export const part = (stream: string, expected: Append['expected'], ...entries: [Draft, ...Draft[]]): Append => ({ stream, expected, entries });

export async function listed<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Without what each store says for itself. */
export const content = ({ recordedAt: _recordedAt, position: _position, ...entry }: Entry): Omit<Entry, 'recordedAt' | 'position'> => entry;

export const told = (result: Appended): string => (result.ok ? (result.replayed ? 'replayed' : 'ok') : result.reason);
