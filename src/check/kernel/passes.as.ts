/**
 * The passes over a batch of worlds. Each does one thing for all steps of the batch, in few instructions and, where most of
 * the time goes, without calls and without branches that depend on the step: so the processor waits for the memory of many steps
 * at once, and guesses wrong for few. What is rare is listed and done afterwards.
 */
import { closed, furtherOn, hold, offer, open, rests, valueOf } from './choices.as';
import { note, see } from './observations.as';
import { get, mix } from './pairs.as';
import { afresh, its, memoryOf, partsEnd, remembered } from './parts.as';
import { representative } from './renaming.as';
import { add, touch } from './worlds.as';
import {
  PARTS_AT, PART_BYTES, PART_SHIFT, PART_MASK, CHOICES_AT, ASK_BYTES, WORLDS_AT, SLOTS_AT, SLOTS_MASK, DECIDED, TURNS, MEMORY_AT, MEMORY_MASK, RENAMINGS, OWN_BLOCK,
  OWN_TOUCHED, OWN_BLOCKS, OWN_ROWS, OWN_STEPS, STEP_BYTES, OWN_PENDING, OWN_LATER, OWN_LATELY, OWN_PLACES, LATELY, BLOCK_BYTES, BLOCK_PLACE, BLOCK_END, BLOCK_PARTS, PENDING_BYTES, PENDING_HASH,
  PENDING_LEAF, PENDING_CHOICE, PENDING_BLOCK, PENDING_SOUGHT, LEAF_FLAGS, LEAF_PLAIN, LEAF_CHANGES, LEAF_VISIBLE, MEMORY_NUMBER, NOTE_FOLD, NOTE_REST,
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
  store<u64>(own, touched, OWN_TOUCHED);
  open(first, end, own);
  offerAll(first, end, own);
  const last = load<i32>(end - BLOCK_BYTES, BLOCK_END);
  let before = own + OWN_STEPS;
  for (let block = first, rows = own + OWN_ROWS; block < end; block += BLOCK_BYTES, rows += 4) {
    const after = load<i32>(block, BLOCK_END);
    if (rests(block)) see(block, own, load<i32>(block, BLOCK_PLACE), 2, NOTE_REST);
    else if (after === before && idle(block, rows, last) && (atomic.or<i32>(DECIDED << 2, STUCK_BIT) & STUCK_BIT) === 0) note(NOTE_STUCK, load<i32>(block, BLOCK_PLACE), 0);
    before = after;
  }
  return own + OWN_PENDING + (last - own - OWN_STEPS) / STEP_BYTES * PENDING_BYTES;
}

/** Lists what may happen in the worlds of some blocks. */
export function offerAll(first: i32, end: i32, own: i32): void {
  let step = own + OWN_STEPS;
  for (let block = first, rows = own + OWN_ROWS; block < end; block += BLOCK_BYTES, rows += 4) {
    step = offer(block, closed(block), rows, step);
    store<i32>(block, step, BLOCK_END);
  }
}

/** Could nothing happen in the world of a block even if more calls might begin? */
function idle(block: i32, rows: i32, room: i32): bool {
  return offer(block, 0, rows, room) === room;
}

/** Finds the leaf of each step. False when the host must help. */
export function resolve(own: i32, end: i32): bool {
  let later = own + OWN_LATER;
  let step = own + OWN_STEPS;
  for (let one = own + OWN_PENDING; one < end; one += PENDING_BYTES, step += STEP_BYTES) {
    const choice = load<u64>(step);
    const value = valueOf(<i32>choice, <i32>(choice >>> 32));
    store<u64>(one, choice, PENDING_CHOICE);
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
  const list = own + OWN_LATER;
  let touched: u64 = 0;
  let decided = 0;
  for (let part = get(PARTS_AT), last = partsEnd(), change = LEAF_CHANGES; part < last; part += PART_BYTES, change += 4) {
    const shift = <u64>its(part, PART_SHIFT);
    const bits = <u32>its(part, PART_MASK);
    let later = list;
    for (let one = first; one < end; one += PENDING_BYTES) {
      const leaf = load<i32>(one, PENDING_LEAF);
      if (change === LEAF_CHANGES) {
        store<u64>(one, load<u64>(load<i32>(one, PENDING_BLOCK)) ^ load<u64>(leaf, LEAF_PLAIN));
        decided |= load<i32>(leaf);
      }
      store<i32>(later, one);
      later += <i32>(load<i32>(leaf + change) !== 0) << 2;
    }
    for (let at = list; at < later; at += 4) {
      const one = load<i32>(at);
      const made = load<u32>(load<i32>(one, PENDING_LEAF) + change);
      const number = <u32>(load<u64>(load<i32>(one, PENDING_BLOCK)) >>> shift) & bits;
      const known = memoryOf(number, made, memory, mask);
      store<i32>(one, known, PENDING_HASH);
      store<u64>(one, remembered(number, made), PENDING_SOUGHT);
      touched ^= load<u64>(known);
    }
    let unknown = list;
    for (let at = list; at < later; at += 4) {
      const one = load<i32>(at);
      const entry = load<u64>(load<i32>(one, PENDING_HASH));
      const sought = load<u64>(one, PENDING_SOUGHT);
      // What stands there may be of another part, so no more than the bits of this one change.
      store<u64>(one, load<u64>(one) ^ (((entry ^ sought) & <u64>bits) << shift));
      store<i32>(unknown, one);
      unknown += <i32>((entry >>> MEMORY_NUMBER) !== sought) << 2;
    }
    for (let at = list; at < unknown; at += 4) {
      const one = load<i32>(at);
      const sought = load<u64>(one, PENDING_SOUGHT);
      const next = afresh(part, <u32>(sought >>> MEMORY_NUMBER), <u32>(sought & NUMBER), own, load<i32>(one, PENDING_HASH));
      store<u64>(one, (load<u64>(one) & ~(<u64>bits << shift)) | (<u64>next << shift));
    }
  }
  store<u64>(own, touched, OWN_TOUCHED);
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
  for (let at = own + OWN_LATER; at < later; at += 4) touched ^= touch(load<i32>(load<i32>(at), PENDING_HASH), slots, mask);
  store<i32>(own, touched, OWN_TOUCHED);
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
