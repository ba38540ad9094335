/** Symmetry: one of all the worlds that differ by names stands for them. */
import { get } from './pairs.as';
import { numberIn, numberOf, its, partsEnd, withNumber } from './parts.as';
import { nodeAt } from './rows.as';
import {
  PARTS_AT, PART_BYTES, PART_HERE, PART_RECORD, PART_RECORDS_AT, PART_ROOM, PART_RENAMED_AT, PART_RENAMED_BYTES, PART_VERDICTS_AT, PART_IMAGES_AT,
  PART_WEIGHTS_AT, RENAMINGS, RENAMED_RECORD, IMAGE_BYTES, ITSELF, SAME, TIE, OWN_OTHER,
} from './header';

/**
 * Of all worlds that renamings make of one, the key of that which weighs least: it stands for all.
 *
 * What renamings make of a part is computed once for each of its values, and what each image weighs; so is which of them
 * the part alone decides for, if it does. Most parts weigh the same under all names.
 */
// @ts-ignore: decorator
@inline
export function representative(key: u64, own: i32): u64 {
  if (get(RENAMINGS) === 0) return key;
  let deciding = 0;
  let one = SAME;
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) {
    const number = numberIn(key, part);
    const at = its(part, PART_VERDICTS_AT) + number;
    if (load<u8>(at) === 0) rename(part, number, own);
    const said = <i32>load<u8>(at);
    if (said === SAME) continue;
    deciding++;
    one = said;
  }
  if (deciding === 0 || (deciding === 1 && one === ITSELF)) return key;
  return image(key, deciding === 1 && one !== TIE ? one - ITSELF : lightest(key));
}

/** A world, each of whose parts has its images, under other names. */
function image(key: u64, renaming: i32): u64 {
  if (renaming === 0) return key;
  let renamed = key;
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) {
    const images = its(part, PART_IMAGES_AT) + (renaming - 1) * (its(part, PART_ROOM) << 2);
    renamed = withNumber(renamed, part, load<u32>(images + (numberIn(key, part) << 2)));
  }
  return renamed;
}

/** The renaming whose image weighs least; 0: none weighs less than the world itself. */
function lightest(key: u64): i32 {
  let best = 0;
  let least: u64 = 0;
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++) {
    let weight: u64 = 0;
    for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) weight += weightOf(part, renaming, key);
    if (renaming !== 0 && weight >= least) continue;
    least = weight;
    best = renaming;
  }
  return best;
}

// @ts-ignore: decorator
@inline
function weightOf(part: i32, renaming: i32, key: u64): u64 {
  return load<u64>(its(part, PART_WEIGHTS_AT) + ((renaming * its(part, PART_ROOM) + numberIn(key, part)) << 3));
}

/** Writes what renamings make of a value of a part, what each image weighs, and the verdict; which says that the rest is there, so it comes last. */
function rename(part: i32, number: i32, own: i32): void {
  const there = own + OWN_OTHER;
  const bytes = its(part, PART_RECORD);
  const room = its(part, PART_ROOM);
  const words = there + its(part, PART_HERE);
  const value = its(part, PART_RECORDS_AT) + number * bytes;
  let record = its(part, PART_RENAMED_AT);
  let images = its(part, PART_IMAGES_AT) + (number << 2);
  let weights = its(part, PART_WEIGHTS_AT) + (number << 3);
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++) {
    memory.fill(words, 0, bytes);
    let weight: u64 = 0;
    for (const end = record + its(part, PART_RENAMED_BYTES); record < end; record += RENAMED_RECORD) {
      const becomes = load<i32>(record, 12) + nodeAt(value, record) * IMAGE_BYTES;
      const target = words + load<i32>(record, 16);
      store<i32>(target, load<i32>(target) | (load<i32>(becomes) << load<i32>(record, 20)));
      weight += load<u64>(becomes, 8);
    }
    store<u64>(weights, weight);
    weights += room << 3;
    if (renaming === 0) continue;
    store<u32>(images, numberOf(part, there));
    images += room << 2;
  }
  atomic.store<u8>(its(part, PART_VERDICTS_AT) + number, verdictOf(part, number));
}

/** Which image of a value weighs less than all others, from the weights. */
function verdictOf(part: i32, number: i32): u8 {
  const step = its(part, PART_ROOM) << 3;
  let at = its(part, PART_WEIGHTS_AT) + (number << 3);
  const itself = load<u64>(at);
  let least = itself;
  let found: i32 = ITSELF;
  let same = true;
  for (let renaming = 1, renamings = get(RENAMINGS); renaming <= renamings; renaming++) {
    at += step;
    const weight = load<u64>(at);
    same = same && weight === itself;
    if (weight < least) found = ITSELF + renaming;
    else if (weight === least) found = TIE;
    least = min(least, weight);
  }
  return <u8>(same ? SAME : found);
}
