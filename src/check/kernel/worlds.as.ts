/** Worlds as 64 bits, as words and inner nodes, and the table that finds them. */
import { CLAIMED, get, intern, mix, pair } from './pairs.as';
import {
  WORDS, INNERS, ROOT_FIRST, ROOT_SECOND, ROOT_THIRD, SHIFT_SECOND, SHIFT_THIRD, SHAPE_AT, PAIRS_AT, WORLDS_AT, WORLDS, SLOTS_AT, SLOTS_MASK, OWN_AT,
  OWN_HERE,
} from './header';

export const PLACE: i32 = 0x0fffffff;

/** The key of a world whose words and inner nodes stand at `here`. */
// @ts-ignore: decorator
@inline
export function rootOf(here: i32): u64 {
  const first = <u64>load<u32>(here + (get(ROOT_FIRST) << 2));
  const second = <u64>load<u32>(here + (get(ROOT_SECOND) << 2));
  const third = <u64>load<u32>(here + (get(ROOT_THIRD) << 2));
  return first | (second << <u64>get(SHIFT_SECOND)) | (third << <u64>get(SHIFT_THIRD));
}

/** Computes the inner nodes of the words at `here`. Gives the key of the world. */
export function keyOf(here: i32): u64 {
  const words = get(WORDS);
  const shape = get(SHAPE_AT);
  for (let inner = 0, inners = get(INNERS); inner < inners; inner++) {
    const left = load<i32>(here + (load<i32>(shape + (inner << 3)) << 2));
    const right = load<i32>(here + (load<i32>(shape + (inner << 3), 4) << 2));
    store<i32>(here + ((words + inner) << 2), intern(pair(left, right)));
  }
  return rootOf(here);
}

/** Writes the words and inner nodes of a world to `here`. */
export function unpack(key: u64, here: i32): void {
  const words = get(WORDS);
  const shape = get(SHAPE_AT);
  const pairs = get(PAIRS_AT);
  const second = <u64>get(SHIFT_SECOND);
  const third = <u64>get(SHIFT_THIRD);
  const mask = (<u64>1 << second) - 1;
  store<i32>(here + (get(ROOT_FIRST) << 2), <i32>(key & mask));
  store<i32>(here + (get(ROOT_SECOND) << 2), <i32>((key >>> second) & mask));
  store<i32>(here + (get(ROOT_THIRD) << 2), <i32>(key >>> third));
  for (let inner = get(INNERS) - 1; inner >= 0; inner--) {
    const both = load<u64>(pairs + (load<i32>(here + ((words + inner) << 2)) << 3));
    store<i32>(here + (load<i32>(shape + (inner << 3)) << 2), <i32>both);
    store<i32>(here + (load<i32>(shape + (inner << 3), 4) << 2), <i32>(both >>> 32));
  }
}

/** Place of a world; the place of a new one is `-1 - place`. */
export function add(key: u64, hash: i32): i32 {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = hash & mask;
  while (true) {
    const slot = slots + (at << 2);
    const entry = atomic.load<i32>(slot);
    if (entry === 0) {
      if (atomic.cmpxchg<i32>(slot, 0, CLAIMED) !== 0) continue;
      const place = atomic.add<i32>(WORLDS << 2, 1);
      store<u64>(worlds + (place << 3), key);
      atomic.store<i32>(slot, (hash & ~PLACE) | (place + 1));
      return -1 - place;
    }
    if (entry === CLAIMED) continue;
    if (((entry ^ hash) & ~PLACE) === 0 && load<u64>(worlds + (((entry & PLACE) - 1) << 3)) === key) return (entry & PLACE) - 1;
    at = (at + 1) & mask;
  }
}

/** Fills the slots of worlds anew. */
export function rehashWorlds(): void {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  memory.fill(slots, 0, (mask + 1) << 2);
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    const hash = <i32>mix(load<u64>(worlds + (place << 3)));
    let at = hash & mask;
    while (load<i32>(slots + (at << 2)) !== 0) at = (at + 1) & mask;
    store<i32>(slots + (at << 2), (hash & ~PLACE) | (place + 1));
  }
}

/** Adds the world whose words stand in the first worker's own memory: as `add`. */
export function put(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  return add(key, <i32>mix(key));
}

/** The same without a look-up: the words become the world at `place`, and the slots must be filled anew afterwards. */
export function replace(place: i32): void {
  store<u64>(get(WORLDS_AT) + (place << 3), keyOf(get(OWN_AT) + OWN_HERE));
}

/** Place of the world whose words stand in the first worker's own memory, or -1. */
export function find(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  const hash = <i32>mix(key);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = hash & mask;
  while (true) {
    const entry = load<i32>(slots + (at << 2));
    if (entry === 0) return -1;
    if (((entry ^ hash) & ~PLACE) === 0 && load<u64>(worlds + (((entry & PLACE) - 1) << 3)) === key) return (entry & PLACE) - 1;
    at = (at + 1) & mask;
  }
}

/** Writes the words of a world to the first worker's own memory. */
export function read(place: i32): void {
  unpack(load<u64>(get(WORLDS_AT) + (place << 3)), get(OWN_AT) + OWN_HERE);
}
