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
import { OPEN_FULL, after, leafOf, openOf } from './choices.as';
import { note, see } from './observations.as';
import { CLAIMED, get, mix } from './pairs.as';
import { representative } from './renaming.as';
import { PLACE, add, unpack } from './worlds.as';
import {
  LEAVES_AT, PAIRS, PAIRS_ROOM, WORLDS_AT, WORLDS, WORLDS_ROOM, SLOTS_AT, SLOTS_MASK, NEXT, END, NOTES, NOTES_ROOM, DECIDED, OWN_AT, OWN_TRANSITIONS,
  OWN_HERE, OWN_THERE, OWN_OPEN, OWN_PENDING, PENDING_BYTES, PENDING_ROOM, OWN_BYTES, BATCH, COUNT_MASK, NODE_BUSY, NODE_BEGINS, LEAF_VISIBLE, DONE,
  NO_ROOM, TELL, NOTE_FOLD, NOTE_REST, NOTE_STUCK, NOTE_DECIDED, NOTE_PARKED, NOTE_TURN, TURNS, PAIRS_RESERVE,
} from './header';

export { chase, mark, spread } from './goals.as';
export { rehashPairs } from './pairs.as';
export { find, put, read, rehashWorlds, replace } from './worlds.as';

const STUCK_BIT: i32 = 1 << 31;

/** Computes the successors of worlds. False when the host must help: then nothing is added. */
function batch(own: i32, from: i32, to: i32): bool {
  const here = own + OWN_HERE;
  const there = own + OWN_THERE;
  const open = own + OWN_OPEN;
  const worlds = get(WORLDS_AT);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  let pending = own + OWN_PENDING;
  const first = pending;
  let touched = 0;
  for (let place = from; place < to; place++) {
    unpack(load<u64>(worlds + (place << 3)), here);
    const count = openOf(here, open);
    if ((count & NODE_BUSY) !== 0) {
      if ((count & COUNT_MASK) === 0 && (atomic.or<i32>(DECIDED << 2, STUCK_BIT) & STUCK_BIT) === 0) note(NOTE_STUCK, place, 0);
    } else {
      see(here, own, place, 2, NOTE_REST);
    }
    for (let index = 0; index < (count & COUNT_MASK); index++) {
      let choice = load<i32>(open + (index << 3));
      const flags = load<i32>(open + (index << 3), 4);
      if ((count & OPEN_FULL) !== 0 && (flags & NODE_BEGINS) !== 0) continue;
      for (const end = choice + (flags & COUNT_MASK); choice < end; choice++) {
        const value = leafOf(choice, here);
        if (value === 0) return false;
        const leaf = get(LEAVES_AT) + value;
        const key = representative(after(leaf, here, there), own);
        const hash = <i32>mix(key);
        store<u64>(pending, key);
        store<i32>(pending, hash, 8);
        store<i32>(pending, leaf, 12);
        store<i32>(pending, choice, 16);
        store<i32>(pending, place, 20);
        pending += PENDING_BYTES;
        touched ^= load<i32>(slots + ((hash & mask) << 2));
      }
    }
  }
  for (let one = first; one < pending; one += PENDING_BYTES) {
    const entry = load<i32>(slots + ((load<i32>(one, 8) & mask) << 2));
    if (entry !== CLAIMED) touched ^= load<i32>(worlds + ((entry & PLACE) << 3));
  }
  store<i32>(own + 8, touched);
  store<u64>(own + OWN_TRANSITIONS, load<u64>(own + OWN_TRANSITIONS) + <u64>((pending - first) / PENDING_BYTES));
  let one = first;
  for (let place = from; place < to; place++) {
    let onward = false;
    for (; one < pending && load<i32>(one, 20) === place; one += PENDING_BYTES) onward = settle(own, one) > place || onward;
    if (!onward && get(TURNS) !== 0) note(NOTE_TURN, place, 0);
  }
  return true;
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

/** Expands worlds until none is left before `END`, or the host must do something. `workers`: how many run at once. */
export function run(worker: i32, workers: i32): i32 {
  const own = get(OWN_AT) + worker * OWN_BYTES;
  const reserve = workers * PENDING_ROOM;
  while (true) {
    if (atomic.load<i32>(WORLDS << 2) + reserve > get(WORLDS_ROOM)) return NO_ROOM;
    if (atomic.load<i32>(PAIRS << 2) + workers * get(PAIRS_RESERVE) > get(PAIRS_ROOM)) return NO_ROOM;
    if (atomic.load<i32>(NOTES << 2) + reserve > get(NOTES_ROOM)) return TELL;
    const from = atomic.add<i32>(NEXT << 2, BATCH);
    const end = get(END);
    if (from >= end) return DONE;
    const to = min(from + BATCH, end);
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
