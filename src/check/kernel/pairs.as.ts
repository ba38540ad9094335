/** Pairs of numbers, each with a number of its own; and what everything here reads with. */
import { claim, countUp, fill } from './shared.as';
import { PAIRS_AT, PAIRS, PAIR_SLOTS_AT, PAIR_SLOTS_MASK } from './header';

// @ts-ignore: decorator
@inline
export function get(field: i32): i32 {
  return load<i32>(field << 2);
}

// @ts-ignore: decorator
@inline
export function mix(key: u64): u32 {
  let h = (key ^ (key >>> 32)) * 0x9e3779b97f4a7c15;
  h ^= h >>> 29;
  h *= 0xbf58476d1ce4e5b9;
  return <u32>(h >>> 32);
}

// @ts-ignore: decorator
@inline
export function pair(left: i32, right: i32): u64 {
  return (<u64>left & 0xffffffff) | (<u64>right << 32);
}

/** Number of a pair of numbers. A slot holds the pair and its number + 1. */
export function intern(key: u64): i32 {
  const slots = get(PAIR_SLOTS_AT);
  const mask = get(PAIR_SLOTS_MASK);
  let at = <i32>mix(key) & mask;
  while (true) {
    const slot = slots + (at << 4);
    const entry = atomic.load<i32>(slot, 8);
    if (entry > 0) {
      if (load<u64>(slot) === key) return entry - 1;
      at = (at + 1) & mask;
    } else if (entry === 0 && claim(slot + 8)) {
      const number = countUp(PAIRS << 2);
      store<u64>(get(PAIRS_AT) + (number << 3), key);
      store<u64>(slot, key);
      fill(slot + 8, number + 1);
      return number;
    }
  }
}

/** Fills the slots of pairs anew. */
export function rehashPairs(): void {
  const slots = get(PAIR_SLOTS_AT);
  const mask = get(PAIR_SLOTS_MASK);
  const pairs = get(PAIRS_AT);
  memory.fill(slots, 0, (mask + 1) << 4);
  for (let number = 0, count = get(PAIRS); number < count; number++) {
    const key = load<u64>(pairs + (number << 3));
    let at = <i32>mix(key) & mask;
    while (load<i32>(slots + (at << 4), 8) !== 0) at = (at + 1) & mask;
    store<u64>(slots + (at << 4), key);
    store<i32>(slots + (at << 4), number + 1, 8);
  }
}
