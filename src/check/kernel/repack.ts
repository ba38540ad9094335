/** Worlds of one layout as words of another. */
import { pack } from '../worlds.ts';
import type { Part, Parted } from './parts.ts';

/** The number of a part in the 64 bits of a world. */
function numberIn({ shift, width }: Part, low: number, high: number): number {
  const bits = shift >= 32 ? high >>> (shift - 32) : shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  return bits & (2 ** width - 1);
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
