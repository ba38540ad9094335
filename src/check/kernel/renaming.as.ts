/** Symmetry: one of all the worlds that differ by names stands for them. */
import { get, intern, pair } from './pairs.as';
import { keyOf, unpack } from './worlds.as';
import {
  WORDS, SHIFT_SECOND, SHIFT_THIRD, PAIRS_ROOM, RENAMINGS, RENAMED_AT, RENAMED_BYTES, RENAMED_RECORD, VERDICTS_AT, IMAGES_AT, WEIGHTS_AT, IMAGE_BYTES,
  ITSELF, SAME, TIE, OWN_THIRDS, OWN_OTHER, OWN_IMAGE,
} from './header';

/**
 * Of all worlds that renamings make of one, the key of that which weighs least: it stands for all. Threads are weighed first.
 *
 * What renamings make of the part below a root is computed once for each value of the root, and what each image weighs; so is
 * which of them the threads alone decide for, if they do.
 */
// @ts-ignore: decorator
@inline
export function representative(key: u64, own: i32): u64 {
  if (get(RENAMINGS) === 0) return key;
  const second = <u64>get(SHIFT_SECOND);
  const threads = <i32>((key >>> second) & ((<u64>1 << second) - 1));
  if (load<u8>(get(VERDICTS_AT) + threads) === ITSELF) return key;
  return image(key, own, threads);
}

function image(key: u64, own: i32, threads: i32): u64 {
  const room = get(PAIRS_ROOM);
  const second = <u64>get(SHIFT_SECOND);
  const third = <u64>get(SHIFT_THIRD);
  const verdicts = get(VERDICTS_AT);
  const first = <i32>(key & ((<u64>1 << second) - 1));
  const rest = numberOf(<u32>(key >>> third), own);
  if (load<u8>(verdicts + threads) === 0 || load<u8>(verdicts + room + first) === 0 || load<u8>(verdicts + room * 2 + rest) === 0) rename(key, own, threads, first, rest);
  const best = chosen(load<u8>(verdicts + threads), load<u8>(verdicts + room + first), load<u8>(verdicts + room * 2 + rest), threads, first, rest);
  if (best === 0) return key;
  const images = get(IMAGES_AT) + (best - 1) * room * 12;
  return <u64>load<u32>(images + (first << 2)) | (<u64>load<u32>(images + ((room + threads) << 2)) << second) | (<u64>load<u32>(images + ((room * 2 + rest) << 2)) << third);
}

/** A small number for the value of the third root, which is seldom another one than before. */
// @ts-ignore: decorator
@inline
function numberOf(third: u32, own: i32): i32 {
  const at = own + OWN_THIRDS + (((third ^ (third >>> 7) ^ (third >>> 13)) & 63) << 3);
  if (load<u32>(at) === third && load<i32>(at, 4) !== 0) return load<i32>(at, 4) - 1;
  const number = intern(pair(-3, <i32>third));
  store<u32>(at, third);
  store<i32>(at, number + 1, 4);
  return number;
}

/** The renaming whose image weighs least, by what each part says of it. */
// @ts-ignore: decorator
@inline
function chosen(one: i32, two: i32, three: i32, threads: i32, first: i32, rest: i32): i32 {
  if (one < SAME) return one - ITSELF;
  if (one === SAME) {
    if (three === SAME && two !== TIE) return two === SAME ? 0 : two - ITSELF;
    if (two === SAME && three !== TIE) return three - ITSELF;
  }
  return lightest(threads, first, rest);
}

/** The renaming whose image weighs least; 0: none weighs less than the world itself. */
function lightest(threads: i32, first: i32, rest: i32): i32 {
  const room = get(PAIRS_ROOM);
  let weights = get(WEIGHTS_AT);
  let best = 0;
  let least: u64 = 0;
  let others: u64 = 0;
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++, weights += room * 24) {
    const weight = load<u64>(weights + ((room + threads) << 3));
    const more = load<u64>(weights + (first << 3)) + load<u64>(weights + ((room * 2 + rest) << 3));
    if (renaming !== 0 && (weight > least || (weight === least && more >= others))) continue;
    least = weight;
    others = more;
    best = renaming;
  }
  return best;
}

/** Writes what renamings make of the three parts of a world, what each image weighs, and the verdict; which says that the rest is there, so it comes last. */
function rename(key: u64, own: i32, threads: i32, first: i32, rest: i32): void {
  const here = own + OWN_OTHER;
  const there = own + OWN_IMAGE;
  const second = <u64>get(SHIFT_SECOND);
  const room = get(PAIRS_ROOM);
  unpack(key, here);
  let record = get(RENAMED_AT);
  let images = get(IMAGES_AT);
  let weights = get(WEIGHTS_AT);
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++, weights += room * 24) {
    memory.fill(there, 0, get(WORDS) << 2);
    let one: u64 = 0;
    let two: u64 = 0;
    let three: u64 = 0;
    for (const end = record + get(RENAMED_BYTES); record < end; record += RENAMED_RECORD) {
      const node = (load<i32>(here + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
      const becomes = load<i32>(record, 12) + node * IMAGE_BYTES;
      const target = there + load<i32>(record, 16);
      store<i32>(target, load<i32>(target) | (load<i32>(becomes) << load<i32>(record, 20)));
      const root = load<i32>(record, 24);
      const weight = load<u64>(becomes, 8);
      if (root === 0) one += weight;
      else if (root === 1) two += weight;
      else three += weight;
    }
    store<u64>(weights + (first << 3), one);
    store<u64>(weights + ((room + threads) << 3), two);
    store<u64>(weights + ((room * 2 + rest) << 3), three);
    if (renaming === 0) continue;
    const renamed = keyOf(there);
    store<u32>(images + (first << 2), <u32>(renamed & ((<u64>1 << second) - 1)));
    store<u32>(images + ((room + threads) << 2), <u32>((renamed >>> second) & ((<u64>1 << second) - 1)));
    store<u32>(images + ((room * 2 + rest) << 2), <u32>(renamed >>> <u64>get(SHIFT_THIRD)));
    images += room * 12;
  }
  atomic.store<u8>(get(VERDICTS_AT) + room + first, verdictOf(first));
  atomic.store<u8>(get(VERDICTS_AT) + room * 2 + rest, verdictOf(room * 2 + rest));
  atomic.store<u8>(get(VERDICTS_AT) + threads, verdictOf(room + threads));
}

/** Which image of a part weighs less than all others, from the weights. */
function verdictOf(part: i32): u8 {
  const step = get(PAIRS_ROOM) * 24;
  let at = get(WEIGHTS_AT) + (part << 3);
  const itself = load<u64>(at);
  let least = itself;
  let verdict: i32 = ITSELF;
  let same = true;
  for (let renaming = 1, renamings = get(RENAMINGS); renaming <= renamings; renaming++) {
    at += step;
    const weight = load<u64>(at);
    same = same && weight === itself;
    if (weight < least) verdict = ITSELF + renaming;
    else if (weight === least) verdict = TIE;
    least = min(least, weight);
  }
  return <u8>(same ? SAME : verdict);
}
