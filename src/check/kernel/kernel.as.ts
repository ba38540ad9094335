/**
 * The inner loop of the explorer, in AssemblyScript: fixed code over tables that the host fills.
 *
 * A world is a row of words. Its tree is stored: pairs of words, and pairs of such pairs, get a number each, so a world is
 * one pair of numbers (8 bytes) however many words it has, and a step computes anew only what lies above the words that it
 * changes. Worlds are taken in batches: the successors of all of them are computed and the places where they belong are
 * touched, before the first is looked up; so the waits for memory overlap.
 *
 * Several workers may run on one shared memory. A slot of a hash table is claimed with compare-and-swap; a worker that needs
 * something the tables do not have parks its batch for the host.
 */
import { OPEN_FULL, after, leafOf, openOf, through } from './choices.as';
import { note, see } from './observations.as';
import { get, mix } from './pairs.as';
import { partsEnd, rehashPart } from './parts.as';
import { representative } from './renaming.as';
import { CLAIMED } from './shared.as';
import { add, rehashWorlds, unpack } from './worlds.as';
import {
  PARTS_AT, PART_BYTES, PART_COUNT, PART_ROOM, LEAVES_AT, PAIRS, PAIRS_ROOM, WORLDS_AT, WORLDS, WORLDS_ROOM, SLOTS_AT, SLOTS_MASK, NEXT, END, BATCH, NOTES,
  NOTES_ROOM, DECIDED, MEMORY_AT, MEMORY_MASK, RENAMINGS, OWN_AT, OWN_TRANSITIONS, OWN_HERE, OWN_THERE, OWN_OPEN, OWN_PENDING, PENDING_BYTES, PENDING_ROOM, OWN_BYTES, COUNT_MASK, NODE_BUSY,
  NODE_BEGINS, LEAF_VISIBLE, DONE, NO_ROOM, TELL, NOTE_FOLD, NOTE_REST, NOTE_STUCK, NOTE_DECIDED, NOTE_PARKED, NOTE_TURN, TURNS, PAIRS_RESERVE,
  PART_RESERVE,
} from './header';

export { chase, mark, spread } from './goals.as';
export { rehashPairs } from './pairs.as';
export { find, put, read, replace } from './worlds.as';

const STUCK_BIT: i32 = 1 << 31;

/** Fills the slots of all parts and, once these are right, of worlds anew. */
export function rehash(): void {
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) rehashPart(part, get(OWN_AT));
  rehashWorlds();
}

/**
 * Expands worlds. False when the host must help: then nothing is added.
 *
 * Each pass does one thing for all worlds of the batch, in as few instructions as there can be between two loads that may
 * have to wait: so the processor waits for many of them at once.
 */
function batch(own: i32, from: i32, to: i32): bool {
  const end = choose(own, from, to);
  if (end === 0) return false;
  const first = own + OWN_PENDING;
  const parts = get(PARTS_AT);
  const partEnd = partsEnd();
  const memory = get(MEMORY_AT);
  const mask = get(MEMORY_MASK);
  const renames = get(RENAMINGS) !== 0;
  for (let one = first; one < end; one += PENDING_BYTES) {
    let key = through(load<i32>(one, 12), load<u64>(one), own, parts, partEnd, memory, mask);
    if (renames) key = representative(key, own);
    store<u64>(one, key);
    store<i32>(one, <i32>mix(key), 8);
  }
  touch(own, first, end);
  store<u64>(own + OWN_TRANSITIONS, load<u64>(own + OWN_TRANSITIONS) + <u64>((end - first) / PENDING_BYTES));
  if (get(TURNS) === 0) {
    for (let one = first; one < end; one += PENDING_BYTES) settle(own, one);
    return true;
  }
  let one = first;
  for (let place = from; place < to; place++) {
    let onward = false;
    for (; one < end && load<i32>(one, 20) === place; one += PENDING_BYTES) onward = settle(own, one) > place || onward;
    if (!onward) note(NOTE_TURN, place, 0);
  }
  return true;
}

/** The first world of the places `from` to `end` that has a step to the one at `place`; -1: none, or the host must help. */
export function before(place: i32, from: i32, end: i32): i32 {
  const own = get(OWN_AT);
  const first = own + OWN_PENDING;
  const wanted = load<u64>(get(WORLDS_AT) + (place << 3));
  for (let at = from; at < end; at += get(BATCH)) {
    const last = choose(own, at, min(at + get(BATCH), end));
    if (last === 0) return -1;
    for (let one = first; one < last; one += PENDING_BYTES)
      if (representative(after(load<i32>(one, 12), load<u64>(one), own), own) === wanted) return load<i32>(one, 20);
  }
  return -1;
}

/** Lists all steps of worlds: which world, which choice, which leaf. Gives the end of the list, or 0. */
// @ts-ignore: decorator
@inline
function choose(own: i32, from: i32, to: i32): i32 {
  const here = own + OWN_HERE;
  const open = own + OWN_OPEN;
  let pending = own + OWN_PENDING;
  for (let place = from; place < to; place++) {
    const key = load<u64>(get(WORLDS_AT) + (place << 3));
    unpack(key, here);
    const count = openOf(here, open);
    if ((count & NODE_BUSY) !== 0) {
      if ((count & COUNT_MASK) === 0 && (atomic.or<i32>(DECIDED << 2, STUCK_BIT) & STUCK_BIT) === 0) note(NOTE_STUCK, place, 0);
    } else {
      see(here, own, place, 2, NOTE_REST);
    }
    for (let entry = open, last = open + ((count & COUNT_MASK) << 3); entry < last; entry += 8) {
      let choice = load<i32>(entry);
      const flags = load<i32>(entry, 4);
      if ((count & OPEN_FULL) !== 0 && (flags & NODE_BEGINS) !== 0) continue;
      for (const end = choice + (flags & COUNT_MASK); choice < end; choice++) {
        const value = leafOf(choice, here);
        if (value === 0) return 0;
        store<u64>(pending, key);
        store<i32>(pending, get(LEAVES_AT) + value, 12);
        store<i32>(pending, choice, 16);
        store<i32>(pending, place, 20);
        pending += PENDING_BYTES;
      }
    }
  }
  return pending;
}

/** Reads what the look-ups of pending worlds will read, so that it is near by then; and finds the slot where each is or may be. */
// @ts-ignore: decorator
@inline
function touch(own: i32, first: i32, end: i32): void {
  const worlds = get(WORLDS_AT);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  let touched = 0;
  for (let one = first; one < end; one += PENDING_BYTES) touched ^= load<i32>(slots + ((load<i32>(one, 8) & mask) << 2));
  for (let one = first; one < end; one += PENDING_BYTES) {
    const hash = load<i32>(one, 8);
    let at = hash & mask;
    let entry = load<i32>(slots + (at << 2));
    while (entry !== 0 && ((entry ^ hash) & ~mask) !== 0 && entry !== CLAIMED) {
      at = (at + 1) & mask;
      entry = load<i32>(slots + (at << 2));
    }
    store<i32>(one, (hash & ~mask) | at, 8);
    if (entry !== 0 && entry !== CLAIMED) touched ^= load<i32>(worlds + (((entry & mask) - 1) << 3));
  }
  store<i32>(own + 8, touched);
}

/** Adds a pending world and notes what is new in it. Gives its place. */
// @ts-ignore: decorator
@inline
function settle(own: i32, one: i32): i32 {
  const key = load<u64>(one);
  const leaf = load<i32>(one, 12);
  const place = add(key, load<i32>(one, 8));
  const decided = load<i32>(leaf);
  if ((decided & ~get(DECIDED)) !== 0) {
    const fresh = decided & ~atomic.or<i32>(DECIDED << 2, decided);
    if (fresh !== 0) note(NOTE_DECIDED, load<i32>(one, 20), load<i32>(one, 16), fresh);
  }
  if (place >= 0) return place;
  if ((load<i32>(leaf, 4) & LEAF_VISIBLE) !== 0) {
    unpack(key, own + OWN_THERE);
    see(own + OWN_THERE, own, -1 - place, 1, NOTE_FOLD);
  }
  return -1 - place;
}

/** Is there room for a batch of each worker in every part? */
// @ts-ignore: decorator
@inline
function roomy(workers: i32): bool {
  const reserve = workers * get(PART_RESERVE);
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES)
    if (atomic.load<i32>(part + PART_COUNT) + reserve > load<i32>(part + PART_ROOM)) return false;
  return atomic.load<i32>(PAIRS << 2) + workers * get(PAIRS_RESERVE) <= get(PAIRS_ROOM);
}

/** Expands worlds until none is left before `END`, or the host must do something. `workers`: how many run at once. */
export function run(worker: i32, workers: i32): i32 {
  const own = get(OWN_AT) + worker * OWN_BYTES;
  const reserve = workers * PENDING_ROOM;
  const many = get(BATCH);
  while (true) {
    if (atomic.load<i32>(WORLDS << 2) + reserve > get(WORLDS_ROOM) || !roomy(workers)) return NO_ROOM;
    if (atomic.load<i32>(NOTES << 2) + reserve > get(NOTES_ROOM)) return TELL;
    const from = atomic.add<i32>(NEXT << 2, many);
    const end = get(END);
    if (from >= end) return DONE;
    const to = min(from + many, end);
    if (!batch(own, from, to)) {
      note(NOTE_PARKED, from, to);
      if (workers === 1) return TELL;
    }
  }
}

/** Expands the worlds of a batch that was parked. False: it must be parked again. */
export function redo(from: i32, to: i32): bool {
  return batch(get(OWN_AT), from, to);
}
