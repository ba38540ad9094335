/** Worlds as 64 bits and taken apart, and the table that finds them. */
import { get, mix } from './pairs.as';
import { numberIn, numberOf, its, partsEnd, withNumber } from './parts.as';
import { CLAIMED, claim, countUp, fill } from './shared.as';
import {
  PARTS_AT, PART_BYTES, PART_HERE, PART_RECORD, PART_RECORDS_AT, WORLDS_AT, WORLDS, SLOTS_AT, SLOTS_MASK, OWN_AT, OWN_HERE,
} from './header';

/** The key of a world that stands at `here`. */
export function keyOf(here: i32): u64 {
  let key = load<u64>(here);
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) key = withNumber(key, part, numberOf(part, here));
  return key;
}

/** Writes a world to `here`: its 64 bits, and behind them the record of each part. */
function unpack(key: u64, here: i32): void {
  store<u64>(here, key);
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) {
    const bytes = its(part, PART_RECORD);
    let from = its(part, PART_RECORDS_AT) + numberIn(key, part) * bytes;
    let to = here + its(part, PART_HERE);
    for (const stop = from + bytes; from < stop; from += 8) {
      store<u64>(to, load<u64>(from));
      to += 8;
    }
  }
}

/** The slot where the search for a world begins: the first of four that are read together. A slot holds the place + 1, and above it bits of the hash that did not lead there. */
// @ts-ignore: decorator
@inline
export function slotOf(hash: i32, mask: i32): i32 {
  return hash & mask & ~3;
}

/** Asks for the memory of the slots where the search for a world begins. */
// @ts-ignore: decorator
@inline
export function touch(hash: i32, slots: i32, mask: i32): i32 {
  const at = slots + (slotOf(hash, mask) << 2);
  const entry = load<i32>(at);
  // Most are written to soon: a page that is written to first is mapped once, one that is read first twice.
  // @ts-ignore: given by assemble.mjs
  if (!SHARED) store<i32>(at, entry);
  return entry;
}

/** Place of a world; the place of a new one is `-1 - place`. */
// @ts-ignore: decorator
@inline
export function add(key: u64, hash: i32): i32 {
  // @ts-ignore: given by assemble.mjs
  if (SHARED) return seek(key, hash);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  const none = i32x4.splat(0);
  let at = slotOf(hash, mask);
  while (true) {
    const first = slots + (at << 2);
    const entries = v128.load(first);
    const empty = i32x4.eq(entries, none);
    const alike = i32x4.eq(v128.and(v128.xor(entries, i32x4.splat(hash)), i32x4.splat(~mask)), none);
    for (let more = i32x4.bitmask(v128.andnot(alike, empty)); more !== 0; more &= more - 1) {
      const place = (load<i32>(first + (ctz<i32>(more) << 2)) & mask) - 1;
      if (load<u64>(worlds + (place << 3)) === key) return place;
    }
    const free = i32x4.bitmask(empty);
    if (free !== 0) return settle(key, hash, mask, first + (ctz<i32>(free) << 2));
    at = (at + 4) & mask;
  }
}

/** The same, slot by slot, while others add worlds too. */
function seek(key: u64, hash: i32): i32 {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = slotOf(hash, mask);
  while (true) {
    const slot = slots + (at << 2);
    const entry = atomic.load<i32>(slot);
    if (entry === 0) {
      if (claim(slot)) return settle(key, hash, mask, slot);
      continue;
    }
    if (entry === CLAIMED) continue;
    if (((entry ^ hash) & ~mask) === 0 && load<u64>(worlds + (((entry & mask) - 1) << 3)) === key) return (entry & mask) - 1;
    at = (at + 1) & mask;
  }
}

/** Fills a slot with a new world. */
// @ts-ignore: decorator
@inline
function settle(key: u64, hash: i32, mask: i32, slot: i32): i32 {
  const place = countUp(WORLDS << 2);
  store<u64>(get(WORLDS_AT) + (place << 3), key);
  fill(slot, (hash & ~mask) | (place + 1));
  return -1 - place;
}

/** Fills the slots of worlds anew. */
export function rehashWorlds(): void {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  memory.fill(slots, 0, (mask + 1) << 2);
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    const hash = <i32>mix(load<u64>(worlds + (place << 3)));
    let at = slotOf(hash, mask);
    while (load<i32>(slots + (at << 2)) !== 0) at = (at + 1) & mask;
    store<i32>(slots + (at << 2), (hash & ~mask) | (place + 1));
  }
}

/** Adds the world that stands in the first worker's own memory: as `add`. */
export function put(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  return add(key, <i32>mix(key));
}

/** The same without a look-up: it becomes the world at `place`, and the slots must be filled anew afterwards. */
export function replace(place: i32): void {
  store<u64>(get(WORLDS_AT) + (place << 3), keyOf(get(OWN_AT) + OWN_HERE));
}

/** Place of the world that stands in the first worker's own memory, or -1. */
export function find(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  const hash = <i32>mix(key);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = slotOf(hash, mask);
  while (true) {
    const entry = load<i32>(slots + (at << 2));
    if (entry === 0) return -1;
    if (((entry ^ hash) & ~mask) === 0 && load<u64>(worlds + (((entry & mask) - 1) << 3)) === key) return (entry & mask) - 1;
    at = (at + 1) & mask;
  }
}

/** Takes a world apart in the first worker's own memory. */
export function read(place: i32): void {
  unpack(load<u64>(get(WORLDS_AT) + (place << 3)), get(OWN_AT) + OWN_HERE);
}
