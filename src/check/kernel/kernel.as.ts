/**
 * The inner loop of the explorer, in AssemblyScript: fixed code over tables that the host fills.
 *
 * A world is 64 bits: fields, and numbers of records that hold the rest of it (`parts.ts`). Worlds are taken in batches, and a
 * batch goes pass by pass (`passes.as.ts`), so the waits for memory overlap.
 *
 * Several workers may run on one shared memory. A slot of a hash table is claimed with compare-and-swap; a worker that needs
 * something the tables do not have parks its batch for the host.
 */
import { note } from './observations.as';
import { get } from './pairs.as';
import { partsEnd, rehashPart } from './parts.as';
import { compute, decide, forget, list, resolve, settle, sift, turn } from './passes.as';
import { rehashWorlds } from './worlds.as';
import {
  PARTS_AT, PART_BYTES, PART_COUNT, PART_ROOM, PAIRS, PAIRS_ROOM, WORLDS_AT, WORLDS, WORLDS_ROOM, NEXT, END, BATCH, NOTES, NOTES_ROOM, DECIDED, OWN_AT, OWN_TRANSITIONS, OWN_ERA,
  OWN_PENDING, ERA, BLOCK_PLACE, PENDING_BYTES, PENDING_BLOCK, PENDING_ROOM, OWN_BYTES, DONE, NO_ROOM, TELL, NOTE_PARKED, TURNS,
  PAIRS_RESERVE, PART_RESERVE,
} from './header';

export { chase, mark, spread } from './goals.as';
export { rehashPairs } from './pairs.as';
export { find, put, read, replace } from './worlds.as';
// Nobody calls these from outside: what is exported stays a function of its own, and its loops get all registers.
export { open } from './choices.as';
export { compute, decide, forget, list, offerAll, resolve, settle, sift, turn } from './passes.as';

/** Fills the slots of all parts and, once these are right, of worlds anew. */
export function rehash(): void {
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) rehashPart(part);
  rehashWorlds();
  store<i32>(ERA << 2, get(ERA) + 1);
}

/** Expands worlds. False when the host must help: then nothing is added. */
function batch(own: i32, from: i32, to: i32): bool {
  if (load<i32>(own, OWN_ERA) !== get(ERA)) {
    forget(own);
    store<i32>(own, get(ERA), OWN_ERA);
  }
  const end = list(own, from, to);
  if (!resolve(own, end)) return false;
  if ((compute(own, end) & ~get(DECIDED)) !== 0) decide(own, end);
  settle(own, sift(own, end));
  store<u64>(own + OWN_TRANSITIONS, load<u64>(own + OWN_TRANSITIONS) + <u64>((end - own - OWN_PENDING) / PENDING_BYTES));
  if (get(TURNS) !== 0) turn(own, from, to, end);
  return true;
}

/** The first world of the places `from` to `end` that has a step to the one at `place`; -1: none, or the host must help. */
export function before(place: i32, from: i32, end: i32): i32 {
  const own = get(OWN_AT);
  const wanted = load<u64>(get(WORLDS_AT) + (place << 3));
  for (let at = from; at < end; at += get(BATCH)) {
    const last = list(own, at, min(at + get(BATCH), end));
    if (!resolve(own, last)) return -1;
    compute(own, last);
    for (let one = own + OWN_PENDING; one < last; one += PENDING_BYTES)
      if (load<u64>(one) === wanted) return load<i32>(load<i32>(one, PENDING_BLOCK), BLOCK_PLACE);
  }
  return -1;
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
