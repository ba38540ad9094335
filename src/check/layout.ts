/** Where the node of each actor stands in the words of a packed world. A field never crosses a word. */

export interface Layout {
  readonly words: number;
  readonly bits: readonly number[];
  readonly word: Int32Array;
  readonly shift: Int32Array;
  /** Largest node that fits, before the shift. */
  readonly mask: Int32Array;
}

/** Packs fields of these widths into as few words as first-fit finds, widest first. */
export function layoutOf(bits: readonly number[]): Layout {
  const [word, shift, mask] = [0, 1, 2].map(() => new Int32Array(bits.length)) as [Int32Array, Int32Array, Int32Array];
  const used: number[] = [];
  const order = bits.map((_, index) => index).sort((a, b) => (bits[b] as number) - (bits[a] as number) || a - b);
  for (const index of order) {
    const width = bits[index] as number;
    let at = used.findIndex((taken) => taken + width <= 32);
    if (at < 0) at = used.push(0) - 1;
    word[index] = at;
    shift[index] = used[at] as number;
    mask[index] = 2 ** width - 1;
    used[at] = (used[at] as number) + width;
  }
  return { words: Math.max(1, used.length), bits, word, shift, mask };
}

/** Widths for the nodes known now, with room for a quarter more; none gets narrower. */
export function widths(counts: readonly number[], before?: readonly number[]): number[] {
  return counts.map((count, index) => {
    const needed = bitsFor(count - 1);
    const had = before?.[index] ?? 0;
    return needed <= had ? had : count > 8 ? Math.max(needed, bitsFor(Math.ceil(count * 1.25))) : needed;
  });
}

/** Widths where a bit more costs little and to widen costs much: room for four times as many; `alike` actors get the same. */
export function generous(counts: readonly number[], alike: readonly unknown[], before?: readonly number[]): number[] {
  const most = new Map<unknown, number>();
  for (const [index, kind] of alike.entries()) most.set(kind, Math.max(most.get(kind) ?? 0, counts[index] as number));
  return counts.map((count, index) => {
    const had = before?.[index] ?? 0;
    return bitsFor(count - 1) <= had ? had : bitsFor((most.get(alike[index]) as number) * 4 - 1);
  });
}

/** Bits that a number up to this takes. */
export const bitsFor = (largest: number): number => (largest <= 0 ? 0 : 32 - Math.clz32(largest));
