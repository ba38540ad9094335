/** Worlds of one layout as words of another. */
import { pack } from '../worlds.ts';
import type { Part, Parted } from './parts.ts';

/** The number of a part in the 64 bits of a world. */
function numberIn({ shift, width }: Part, low: number, high: number): number {
  const bits = shift >= 32 ? high >>> (shift - 32) : shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  return bits & (2 ** width - 1);
}

/** Can worlds keep the numbers of their parts, which only stand elsewhere? */
export const sameFields = (from: Parted, to: Parted): boolean =>
  from.parts.length > 1 && from.words === to.words && from.bits.every((width, actor) => width === to.bits[actor] && from.word[actor] === to.word[actor]);

/** Moves the numbers of worlds, two words each, to where they stand in another layout of the same fields. */
export function shifted(worlds: Int32Array, from: Parted, to: Parted): void {
  for (let at = 0; at < worlds.length; at += 2) {
    let [low, high] = [0, 0];
    for (let index = 0; index < to.parts.length; index++) {
      const number = numberIn(from.parts[index] as Part, worlds[at] as number, worlds[at + 1] as number);
      const { shift, width } = to.parts[index] as Part;
      if (shift < 32) low |= number << shift;
      if (shift >= 32) high |= number << (shift - 32);
      else if (shift + width > 32) high |= number >>> (32 - shift);
    }
    worlds[at] = low;
    worlds[at + 1] = high;
  }
}

/**
 * A function that gives the words of a world in the layout `to`, from its 64 bits in the layout `from`. The words are the
 * same array each time.
 *
 * @param records what the numbers of each part stood for
 */
export function repacked(records: readonly Int32Array[], from: Parted, to: Parted): (low: number, high: number) => Int32Array {
  const words = new Int32Array(from.words);
  const nodes = new Int32Array(from.bits.length);
  const fresh = new Int32Array(to.words);
  return (low, high) => {
    words[0] = low;
    words[1] = high;
    for (const [index, part] of from.parts.entries()) {
      const at = numberIn(part, low, high) * part.words;
      words.set((records[index] as Int32Array).subarray(at, at + part.words), part.first);
    }
    for (let actor = 0; actor < nodes.length; actor++)
      nodes[actor] = ((words[from.word[actor] as number] as number) >>> (from.shift[actor] as number)) & (from.mask[actor] as number);
    pack(to, nodes, fresh);
    return fresh;
  };
}
