/** What may happen in a world, and what becomes of it. */
import { get, intern, pair } from './pairs.as';
import { rootOf } from './worlds.as';
import {
  ROOT_FIRST, ROOT_SECOND, ROOT_THIRD, SHIFT_SECOND, SHIFT_THIRD, ACTORS, ACTORS_AT, CHOICES_AT, ASKS_AT, EDGES_AT, EDGES_MASK, TOGETHER, NODE_BYTES,
  COUNT_MASK, NODE_BUSY, MEMORY_AT, MEMORY_MASK, MEMORY_ROOT, NO_MEMORY,
} from './header';

/** Asks the host what a question has for answer at a node: a value, or 0 when the batch must wait. */
@external('host', 'miss')
declare function miss(question: i32, node: i32): i32;

/** What the question has for answer at a node, or 0. */
// @ts-ignore: decorator
@inline
function answer(question: i32, node: i32): i32 {
  const edges = get(EDGES_AT);
  const mask = get(EDGES_MASK);
  let at: i32 = question * <i32>0x9e3779b1 + node * <i32>0x85ebca6b;
  at ^= at >>> 15;
  at &= mask;
  while (true) {
    const slot = edges + (at << 4);
    const value = load<i32>(slot, 8);
    if (value === 0 || (load<i32>(slot) === question && load<i32>(slot, 4) === node)) return value;
    at = (at + 1) & mask;
  }
}

/** The leaf of a choice in the world at `here`, or 0 when the host must help. */
// @ts-ignore: decorator
@inline
export function leafOf(choice: i32, here: i32): i32 {
  let value = load<i32>(get(CHOICES_AT) + (choice << 2));
  while (value < 0) {
    const question = -1 - value;
    const ask = get(ASKS_AT) + question * 12;
    const node = (load<i32>(here + load<i32>(ask)) >>> load<i32>(ask, 4)) & load<i32>(ask, 8);
    value = answer(question, node);
    if (value === 0) value = miss(question, node);
  }
  return value;
}

export const OPEN_FULL: i32 = 0x20000;

/** Lists the nodes of the world at `here` that have choices. Gives their number; bits 16 up: see below. */
export function openOf(here: i32, open: i32): i32 {
  let record = get(ACTORS_AT);
  let count = 0;
  let inside = 0;
  let busy = 0;
  for (let index = get(ACTORS); index > 0; index--, record += 16) {
    const node = (load<i32>(here + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
    const entry = load<u64>(load<i32>(record, 12) + node * NODE_BYTES);
    const flags = <i32>(entry >>> 32);
    busy |= flags & NODE_BUSY;
    inside += (flags >>> 17) & 1;
    store<u64>(open + (count << 3), entry);
    count += <i32>((flags & COUNT_MASK) !== 0);
  }
  const full = <i32>(inside >= get(TOGETHER));
  return count | busy | (full << 17);
}

/**
 * Key of the world that a leaf makes of the one at `here`, which is as before afterwards.
 *
 * A leaf: decided properties, flags, what it does to the first and to the second root (a number, 0: nothing), what to xor to
 * the third, number of words that change, number of inner nodes above them; then each word's address and what to xor; then
 * each inner node's address and those of what it joins. What a leaf does to a root at one of its values is remembered.
 */
// @ts-ignore: decorator
@inline
export function after(leaf: i32, here: i32, saved: i32): u64 {
  const second = <u64>get(SHIFT_SECOND);
  const first = load<u32>(here + (get(ROOT_FIRST) << 2));
  const other = load<u32>(here + (get(ROOT_SECOND) << 2));
  const one = remembered(load<u32>(leaf, 8), first);
  const two = remembered(load<u32>(leaf, 12), other);
  if ((one | two) >= 0) {
    const third = <u64>(load<u32>(here + (get(ROOT_THIRD) << 2)) ^ load<u32>(leaf, 16));
    return <u64>one | (<u64>two << second) | (third << <u64>get(SHIFT_THIRD));
  }
  const key = afresh(leaf, here, saved);
  const mask = (<u64>1 << second) - 1;
  remember(load<u32>(leaf, 8), first, <u32>(key & mask));
  remember(load<u32>(leaf, 12), other, <u32>((key >>> second) & mask));
  return key;
}

/** A root after what a leaf does to it, or -1. */
// @ts-ignore: decorator
@inline
function remembered(change: u32, root: u32): i64 {
  if (change === 0) return root;
  const entry = load<u64>(get(MEMORY_AT) + ((mix32(change, root) & get(MEMORY_MASK)) << 3));
  return (entry >>> MEMORY_ROOT) === ((<u64>change << MEMORY_ROOT) | root) ? <i64>(entry & ((1 << MEMORY_ROOT) - 1)) : -1;
}

function remember(change: u32, root: u32, next: u32): void {
  if (change === 0 || change === NO_MEMORY) return;
  atomic.store<u64>(get(MEMORY_AT) + ((mix32(change, root) & get(MEMORY_MASK)) << 3), (((<u64>change << MEMORY_ROOT) | root) << MEMORY_ROOT) | next);
}

// @ts-ignore: decorator
@inline
function mix32(change: u32, root: u32): i32 {
  const h = root * <u32>0x9e3779b1 + change * <u32>0x85ebca6b;
  return <i32>(h ^ (h >>> 15));
}

function afresh(leaf: i32, here: i32, saved: i32): u64 {
  const words = leaf + 28;
  const inners = words + (load<i32>(leaf, 20) << 3);
  const end = inners + load<i32>(leaf, 24) * 12;
  flip(words, inners, here);
  let save = saved;
  for (let inner = inners; inner < end; inner += 12) {
    const at = here + load<i32>(inner);
    store<i32>(save, load<i32>(at));
    save += 4;
    store<i32>(at, intern(pair(load<i32>(here + load<i32>(inner, 4)), load<i32>(here + load<i32>(inner, 8)))));
  }
  const key = rootOf(here);
  save = saved;
  for (let inner = inners; inner < end; inner += 12) {
    store<i32>(here + load<i32>(inner), load<i32>(save));
    save += 4;
  }
  flip(words, inners, here);
  return key;
}

// @ts-ignore: decorator
@inline
function flip(words: i32, end: i32, here: i32): void {
  for (let word = words; word < end; word += 8) {
    const at = here + load<i32>(word);
    store<i32>(at, load<i32>(at) ^ load<i32>(word, 4));
  }
}
