/**
 * How the fields of a world are put together into 64 bits.
 *
 * What belongs to threads and what belongs to actors of which there are several changes often, but each of the two takes few
 * values beside the number of worlds. So each is kept once, as a tree of pairs, and a world holds its number. The few actors
 * that are one of a kind stand in the world itself.
 */
import type { Layout } from '../layout.ts';

export interface Tree extends Layout {
  /** Per inner node: what it joins, words (by number) or inner nodes (`words` and up). */
  readonly shape: readonly (readonly [left: number, right: number])[];
  /** The nodes that make a world, and where the second and the third begin in its 64 bits. The third is a word itself. */
  readonly roots: readonly [number, number, number];
  readonly shifts: readonly [number, number];
  /** By word: below which root it stands; the third is a word itself. */
  readonly rootOf: readonly number[];
  /** Pairs that can be numbered. */
  readonly most: number;
}

export interface Field {
  readonly bits: number;
  readonly thread: boolean;
  /** One of a kind. */
  readonly single: boolean;
}

/** @param plain bits that may stand in the world itself, up to 32 */
export function treeOf(fields: readonly Field[], plain: number): Tree {
  const [word, shift, mask] = [0, 1, 2].map(() => new Int32Array(fields.length)) as [Int32Array, Int32Array, Int32Array];
  let left = plain;
  const bags: [number[], number[], number[]] = [[], [], []];
  for (const [index, { bits, thread, single }] of fields.entries()) {
    const inside = single && !thread && bits <= left;
    if (inside) left -= bits;
    bags[inside ? 0 : thread ? 2 : 1].push(index);
  }
  let words = 0;
  const pack = (bag: readonly number[]): number[] => {
    const taken = [words++];
    let used = 0;
    for (const index of bag) {
      const { bits } = fields[index] as Field;
      if (used + bits > 32) {
        taken.push(words++);
        used = 0;
      }
      word[index] = taken.at(-1) as number;
      shift[index] = bits === 0 ? 0 : used;
      mask[index] = 2 ** bits - 1;
      used += bits;
    }
    return taken;
  };
  const [inside, passive, threads] = bags.map(pack) as [number[], number[], number[]];
  const nothing = words++;
  const shape: [number, number][] = [];
  const join = (level: readonly number[]): number => {
    if (level.length === 1 && level[0] as number >= words) return level[0] as number;
    const next: number[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [one, other] = [level[at] as number, level[at + 1] ?? (level.length === 1 ? nothing : undefined)];
      next.push(other === undefined ? one : words + shape.push([one, other]) - 1);
    }
    return join(next);
  };
  const number = Math.floor((64 - plain) / 2);
  return {
    words, bits: fields.map(({ bits }) => bits), word, shift, mask, shape,
    rootOf: Array.from({ length: words }, (_, one) => (passive.includes(one) ? 0 : threads.includes(one) ? 1 : 2)),
    roots: [join(passive), join(threads), inside[0] as number], shifts: [number, number * 2], most: 2 ** Math.min(number, 28),
  };
}
