/** Actors that stand side by side in the 64 bits of a world, so that the kernel finds with one look what they may do together. */
import type { Layout } from '../layout.ts';
import * as header from './header.ts';

export interface Band {
  readonly actors: readonly number[];
  /** Where their bits begin, and how many these are. */
  readonly shift: number;
  readonly width: number;
}

/** Puts actors, in this order, into as few bands as their places and `BAND_BITS` allow. */
export function bandsOf({ word, shift, bits }: Layout, actors: readonly number[]): Band[] {
  const bands: Band[] = [];
  for (const actor of actors) {
    const one = { actors: [actor], shift: (word[actor] as number) * 32 + (shift[actor] as number), width: bits[actor] as number };
    const last = bands.pop();
    bands.push(...(last === undefined ? [one] : joined(last, one) ?? [last, one]));
  }
  return bands;
}

/** Both as one band, when nothing stands between them. */
function joined(left: Band, right: Band): [Band] | undefined {
  const actors = [...left.actors, ...right.actors];
  const width = left.width + right.width;
  if (right.width === 0) return [{ ...left, actors }];
  if (left.width === 0) return [{ ...right, actors }];
  if (width > header.BAND_BITS || (left.shift + left.width !== right.shift && right.shift + right.width !== left.shift)) return undefined;
  return [{ actors, shift: Math.min(left.shift, right.shift), width }];
}
