/** Can a wished world be reached from every world? */
import { after, closed, hold, leafOf, offer, open, rests } from './choices.as';
import { foldOf, note } from './observations.as';
import { get, mix } from './pairs.as';
import { representative } from './renaming.as';
import { add } from './worlds.as';
import {
  WORLDS_AT, WORLDS, NOTES, NOTES_ROOM, OWN_AT, MARKS_AT, WISHES_AT, WISH_RESTS, OWN_BLOCK, OWN_ROWS, OWN_STEPS, STEP_BYTES, BLOCK_BYTES, NOTE_TURN, TRAIL_AT, TRAIL_ROOM,
  WISHED, LEADS, FIRST_TRAIL,
} from './header';

/** Asks the host whether the world in hand, that looks like this, is wished for: `WISHED`, or another number but 0. */
@external('host', 'wish')
declare function wish(place: i32, fold: i32): i32;

/** Is the world at `place`, that stands in the first worker's own block, wished for? */
function wished(place: i32): bool {
  const own = get(OWN_AT);
  const block = own + OWN_BLOCK;
  if (get(WISH_RESTS) !== 0) {
    open(block, block + BLOCK_BYTES, own);
    if (!rests(block)) return false;
  }
  const fold = foldOf(block, own);
  const at = get(WISHES_AT) + fold;
  if (load<u8>(at) === 0) store<u8>(at, <u8>wish(place, fold));
  return load<u8>(at) === WISHED;
}

/**
 * Looks for a wished world behind the one at `from`, and marks the worlds on the way.
 *
 * Depth first, latest world first. Worlds that it meets get the mark `trail`, so it is over when it has met them all, or when
 * the way gets too long. Worlds that it left again are noted as turns: nothing is known of them yet.
 */
export function chase(from: i32, trail: i32): bool {
  const own = get(OWN_AT);
  const marks = get(MARKS_AT);
  const way = get(TRAIL_AT);
  let length = 0;
  let place = from;
  while (true) {
    if (load<u8>(marks + place) === LEADS) break;
    hold(load<u64>(get(WORLDS_AT) + (place << 3)), own + OWN_BLOCK);
    store<i32>(way + (length++ << 2), place);
    if (wished(place)) break;
    store<u8>(marks + place, <u8>trail);
    place = -1;
    while (place < 0) {
      place = latest(own, trail);
      if (place >= 0) break;
      note(NOTE_TURN, load<i32>(way + (--length << 2)), 0);
      if (length === 0 || get(NOTES) === get(NOTES_ROOM)) return false;
      hold(load<u64>(get(WORLDS_AT) + (load<i32>(way + ((length - 1) << 2)) << 3)), own + OWN_BLOCK);
    }
    if (length === TRAIL_ROOM) return false;
  }
  while (length > 0) store<u8>(marks + load<i32>(way + (--length << 2)), LEADS);
  return true;
}

/** The latest successor of the world in hand that leads to a wished one, or else that has not got the mark `trail`; -1: none. */
function latest(own: i32, trail: i32): i32 {
  const block = own + OWN_BLOCK;
  open(block, block + BLOCK_BYTES, own);
  let found = -1;
  for (let step = own + OWN_STEPS, end = offer(block, closed(block), own + OWN_ROWS, step); step < end; step += STEP_BYTES) {
    const place = successor(load<i32>(step), own);
    const mark = load<u8>(get(MARKS_AT) + place);
    if (mark === LEADS) return place;
    if (mark !== trail) found = max(found, place);
  }
  return found;
}

/** Marks the worlds that are wished for, and no other. */
export function mark(): void {
  const own = get(OWN_AT);
  const marks = get(MARKS_AT);
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    hold(load<u64>(get(WORLDS_AT) + (place << 3)), own + OWN_BLOCK);
    store<u8>(marks + place, wished(place) ? <u8>LEADS : 0);
  }
}

/** Marks worlds that lead to a marked one, latest first. Gives how many are new. */
export function spread(): i32 {
  const own = get(OWN_AT);
  const block = own + OWN_BLOCK;
  const marks = get(MARKS_AT);
  let marked = 0;
  for (let place = get(WORLDS) - 1; place >= 0; place--) {
    if (load<u8>(marks + place) === LEADS) continue;
    hold(load<u64>(get(WORLDS_AT) + (place << 3)), block);
    const next = latest(own, FIRST_TRAIL);
    if (next < 0 || load<u8>(marks + next) !== LEADS) continue;
    store<u8>(marks + place, LEADS);
    marked++;
  }
  return marked;
}

/** Place of what a choice makes of the world in hand, which was found before. */
function successor(choice: i32, own: i32): i32 {
  const block = own + OWN_BLOCK;
  const key = representative(after(leafOf(choice, block), load<u64>(block), own), own);
  return add(key, <i32>mix(key));
}
