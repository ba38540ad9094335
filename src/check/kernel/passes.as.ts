/**
 * The passes over a batch of worlds. Each does one thing for all steps of the batch, in few instructions and, where most of
 * the time goes, without calls and without branches that depend on the step: so the processor waits for the memory of many steps
 * at once, and guesses wrong for few. What is rare is listed and done afterwards.
 */
import { closed, furtherOn, hold, open, rests, valueOf } from './choices.as';
import { note, see } from './observations.as';
import { get, mix } from './pairs.as';
import { afresh, its, memoryOf, partsEnd, remembered } from './parts.as';
import { representative } from './renaming.as';
import { add, slotOf } from './worlds.as';
import {
  PARTS_AT, PART_BYTES, PART_SHIFT, PART_MASK, CHOICES_AT, ASK_BYTES, WORLDS_AT, SLOTS_AT, SLOTS_MASK, DECIDED, TURNS, MEMORY_AT, MEMORY_MASK, RENAMINGS, OWN_BLOCK,
  OWN_BLOCKS, OWN_ROWS, ROW_BYTES, OWN_PENDING, OWN_LATER, OWN_LATELY, OWN_PLACES, LATELY, BLOCK_BYTES, BLOCK_PLACE, BLOCK_OPEN, BLOCK_PARTS, PENDING_BYTES, PENDING_HASH,
  PENDING_LEAF, PENDING_CHOICE, PENDING_BLOCK, PENDING_SOUGHT, COUNT_MASK, LEAF_FLAGS, LEAF_PLAIN, LEAF_CHANGES, LEAF_VISIBLE, MEMORY_NUMBER, NOTE_FOLD, NOTE_REST,
  NOTE_STUCK, NOTE_DECIDED, NOTE_TURN,
} from './header';

const STUCK_BIT: i32 = 1 << 31;
const NUMBER: u64 = (1 << MEMORY_NUMBER) - 1;

/** Lists all steps of worlds: which world, which choice. Gives the end of the list. */
export function list(own: i32, from: i32, to: i32): i32 {
  const first = own + OWN_BLOCKS;
  const end = first + (to - from) * BLOCK_BYTES;
  let world = get(WORLDS_AT) + (from << 3);
  let place = from;
  let touched: u64 = 0;
  for (let block = first; block < end; block += BLOCK_BYTES, world += 8) {
    hold(load<u64>(world), block);
    store<i32>(block, place++, BLOCK_PLACE);
    touched ^= load<u64>(load<i32>(block, BLOCK_PARTS));
  }
  store<u64>(own + 8, touched);
  open(first, end, own + OWN_ROWS);
  let pending = own + OWN_PENDING;
  let row = own + OWN_ROWS;
  for (let block = first; block < end; block += BLOCK_BYTES, row += ROW_BYTES) {
    const last = load<i32>(block, BLOCK_OPEN);
    if (rests(block)) see(block, own, load<i32>(block, BLOCK_PLACE), 2, NOTE_REST);
    else if (last === row && (atomic.or<i32>(DECIDED << 2, STUCK_BIT) & STUCK_BIT) === 0) note(NOTE_STUCK, load<i32>(block, BLOCK_PLACE), 0);
    const none = closed(block);
    for (let entry = row; entry < last; entry += 8) {
      const choice = <u64>load<u32>(entry) | (<u64>block << 32);
      const flags = load<i32>(entry, 4);
      const choices = flags & COUNT_MASK & (<i32>((flags & none) !== 0) - 1);
      // Most have one or two: so two are written, and those counted that there are.
      store<u64>(pending, choice, PENDING_CHOICE);
      store<u64>(pending, choice + ASK_BYTES, PENDING_BYTES + PENDING_CHOICE);
      for (let index = 2; index < choices; index++) store<u64>(pending + index * PENDING_BYTES, choice + index * ASK_BYTES, PENDING_CHOICE);
      pending += choices * PENDING_BYTES;
    }
  }
  return pending;
}

/** Finds the leaf of each step. False when the host must help. */
export function resolve(own: i32, end: i32): bool {
  let later = own + OWN_LATER;
  for (let one = own + OWN_PENDING; one < end; one += PENDING_BYTES) {
    const value = valueOf(load<i32>(one, PENDING_CHOICE), load<i32>(one, PENDING_BLOCK));
    store<i32>(one, value, PENDING_LEAF);
    store<i32>(later, one);
    later += <i32>(value <= 0) << 2;
  }
  for (let at = own + OWN_LATER; at < later; at += 4) {
    const one = load<i32>(at);
    const leaf = furtherOn(load<i32>(one, PENDING_CHOICE), load<i32>(one, PENDING_LEAF), load<i32>(one, PENDING_BLOCK));
    if (leaf === 0) return false;
    store<i32>(one, leaf, PENDING_LEAF);
  }
  return true;
}

/** Computes the key of the world that each step leads to: what stands in the 64 bits themselves, then part by part. Gives what properties about steps say. */
export function compute(own: i32, end: i32): i32 {
  const first = own + OWN_PENDING;
  const memory = get(MEMORY_AT);
  const mask = get(MEMORY_MASK);
  let touched: u64 = 0;
  let decided = 0;
  for (let part = get(PARTS_AT), last = partsEnd(), change = LEAF_CHANGES; part < last; part += PART_BYTES, change += 4) {
    const shift = <u64>its(part, PART_SHIFT);
    const bits = <u32>its(part, PART_MASK);
    for (let one = first; one < end; one += PENDING_BYTES) {
      const leaf = load<i32>(one, PENDING_LEAF);
      const before = load<u64>(load<i32>(one, PENDING_BLOCK));
      const number = <u32>(before >>> shift) & bits;
      const made = load<u32>(leaf + change);
      const at = memoryOf(number, made, memory, mask);
      if (change === LEAF_CHANGES) store<u64>(one, before ^ load<u64>(leaf, LEAF_PLAIN));
      store<i32>(one, at, PENDING_HASH);
      store<u64>(one, remembered(number, made), PENDING_SOUGHT);
      touched ^= load<u64>(at);
      decided |= load<i32>(leaf);
    }
    let later = own + OWN_LATER;
    for (let one = first; one < end; one += PENDING_BYTES) {
      const entry = load<u64>(load<i32>(one, PENDING_HASH));
      const sought = load<u64>(one, PENDING_SOUGHT);
      const changes = <u64>0 - <u64>((sought >>> MEMORY_NUMBER) !== 0);
      store<u64>(one, load<u64>(one) ^ (((entry ^ sought) & NUMBER & changes) << shift));
      store<i32>(later, one);
      later += <i32>((((entry >>> MEMORY_NUMBER) ^ sought) & changes) !== 0) << 2;
    }
    for (let at = own + OWN_LATER; at < later; at += 4) {
      const one = load<i32>(at);
      const sought = load<u64>(one, PENDING_SOUGHT);
      const next = afresh(part, <u32>(sought >>> MEMORY_NUMBER), <u32>(sought & NUMBER), own, load<i32>(one, PENDING_HASH));
      store<u64>(one, (load<u64>(one) & ~(<u64>bits << shift)) | (<u64>next << shift));
    }
  }
  store<u64>(own + 8, touched);
  if (get(RENAMINGS) !== 0) for (let one = first; one < end; one += PENDING_BYTES) store<u64>(one, representative(load<u64>(one), own));
  return decided;
}

/** Lists the steps to worlds that may be new: none that was met lately. Gives the end of that list. */
export function sift(own: i32, end: i32): i32 {
  const first = own + OWN_PENDING;
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  let later = own + OWN_LATER;
  for (let one = first; one < end; one += PENDING_BYTES) {
    const key = load<u64>(one);
    const hash = <i32>mix(key);
    const lately = own + ((hash & (LATELY - 1)) << 3);
    store<i32>(one, hash, PENDING_HASH);
    store<i32>(later, one);
    later += <i32>(load<u64>(lately, OWN_LATELY) !== key) << 2;
    store<u64>(lately, key, OWN_LATELY);
  }
  let touched = 0;
  for (let at = own + OWN_LATER; at < later; at += 4) touched ^= load<i32>(slots + (slotOf(load<i32>(load<i32>(at), PENDING_HASH), mask) << 2));
  store<i32>(own + 8, touched);
  return later;
}

/** Notes what properties about steps say that was not known. */
export function decide(own: i32, end: i32): void {
  for (let one = own + OWN_PENDING; one < end; one += PENDING_BYTES) {
    const decided = load<i32>(load<i32>(one, PENDING_LEAF));
    if ((decided & ~get(DECIDED)) === 0) continue;
    const fresh = decided & ~atomic.or<i32>(DECIDED << 2, decided);
    if (fresh !== 0) note(NOTE_DECIDED, load<i32>(load<i32>(one, PENDING_BLOCK), BLOCK_PLACE), (load<i32>(one, PENDING_CHOICE) - get(CHOICES_AT)) / ASK_BYTES, fresh);
  }
}

/** Adds the worlds of the listed steps and notes what is new in them. */
export function settle(own: i32, end: i32): void {
  const turns = get(TURNS) !== 0;
  for (let at = own + OWN_LATER; at < end; at += 4) {
    const one = load<i32>(at);
    const key = load<u64>(one);
    const hash = load<i32>(one, PENDING_HASH);
    const place = add(key, hash);
    if (turns) store<i32>(own + ((hash & (LATELY - 1)) << 2), place ^ (place >> 31), OWN_PLACES);
    if (place >= 0 || (load<i32>(load<i32>(one, PENDING_LEAF), LEAF_FLAGS) & LEAF_VISIBLE) === 0) continue;
    hold(key, own + OWN_BLOCK);
    see(own + OWN_BLOCK, own, -1 - place, 1, NOTE_FOLD);
  }
}

/** Notes the worlds all of whose steps lead to worlds before them. */
export function turn(own: i32, from: i32, to: i32, end: i32): void {
  let one = own + OWN_PENDING;
  for (let place = from, block = own + OWN_BLOCKS; place < to; place++, block += BLOCK_BYTES) {
    let onward = false;
    for (; one < end && load<i32>(one, PENDING_BLOCK) === block; one += PENDING_BYTES) onward = placeOf(own, one) > place || onward;
    if (!onward) note(NOTE_TURN, place, 0);
  }
}

/** Place of the world that a step leads to, which was added. */
// @ts-ignore: decorator
@inline
function placeOf(own: i32, one: i32): i32 {
  const key = load<u64>(one);
  const hash = load<i32>(one, PENDING_HASH);
  const at = hash & (LATELY - 1);
  return load<u64>(own + (at << 3), OWN_LATELY) === key ? load<i32>(own + (at << 2), OWN_PLACES) : add(key, hash);
}

/** Forgets which worlds were met lately: only the first was. */
export function forget(own: i32): void {
  const key = load<u64>(get(WORLDS_AT));
  for (let at = 0; at < LATELY; at++) store<u64>(own + (at << 3), key, OWN_LATELY);
  memory.fill(own + OWN_PLACES, 0, LATELY << 2);
}
