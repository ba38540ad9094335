/** Worlds of one layout as words of another. */
import type { Tree } from './tree.ts';

/**
 * A function that gives the words of a world in the layout `to`, from its 64 bits in the layout `from`. The words are the
 * same array each time.
 *
 * @param pairs what the numbers of inner nodes stood for
 */
export function repacked(pairs: Int32Array, from: Tree, to: Tree): (low: number, high: number) => Int32Array {
  const tree = new Int32Array(from.words + from.shape.length);
  const fresh = new Int32Array(to.words);
  const [first, second, third] = from.roots;
  const [one, other] = from.shifts;
  return (low, high) => {
    // The first part ends inside the low half, the second inside the high one.
    tree[first] = low & (2 ** one - 1);
    tree[second] = ((low >>> one) | (high << (32 - one))) & (2 ** (other - one) - 1);
    tree[third] = high >>> (other - 32);
    for (let inner = from.shape.length - 1; inner >= 0; inner--) {
      const [left, right] = from.shape[inner] as readonly [number, number];
      const pair = tree[from.words + inner] as number;
      tree[left] = pairs[pair * 2] as number;
      tree[right] = pairs[pair * 2 + 1] as number;
    }
    fresh.fill(0);
    for (let actor = 0; actor < to.bits.length; actor++) {
      const node = ((tree[from.word[actor] as number] as number) >>> (from.shift[actor] as number)) & (from.mask[actor] as number);
      const word = to.word[actor] as number;
      fresh[word] = (fresh[word] as number) | (node << (to.shift[actor] as number));
    }
    return fresh;
  };
}
