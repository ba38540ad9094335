/** Can a wished world be reached from every world? */
import { OPEN_FULL, after, leafOf, openOf } from './choices.as';
import { foldOf, note } from './observations.as';
import { get, mix } from './pairs.as';
import { representative } from './renaming.as';
import { add, unpack } from './worlds.as';
import {
  LEAVES_AT, WORLDS_AT, WORLDS, NOTES, NOTES_ROOM, OWN_AT, MARKS_AT, WISHES_AT, WISH_RESTS, OWN_HERE, OWN_OPEN, COUNT_MASK, NODE_BUSY,
  NODE_BEGINS, NOTE_TURN, TRAIL_AT, TRAIL_ROOM, WISHED, LEADS, FIRST_TRAIL,
} from './header';

/** Asks the host whether the world in hand, that looks like this, is wished for: `WISHED`, or another number but 0. */
@external('host', 'wish')
declare function wish(place: i32, fold: i32): i32;

/** Is the world at `place`, that stands in the first worker's own memory, wished for? */
function wished(place: i32): bool {
  const own = get(OWN_AT);
  const here = own + OWN_HERE;
  if (get(WISH_RESTS) !== 0 && (openOf(here, own + OWN_OPEN) & NODE_BUSY) !== 0) return false;
  const fold = foldOf(here, own);
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
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), own + OWN_HERE);
    store<i32>(way + (length++ << 2), place);
    if (wished(place)) break;
    store<u8>(marks + place, <u8>trail);
    place = -1;
    while (place < 0) {
      place = latest(own, openOf(own + OWN_HERE, own + OWN_OPEN), trail);
      if (place >= 0) break;
      note(NOTE_TURN, load<i32>(way + (--length << 2)), 0);
      if (length === 0 || get(NOTES) === get(NOTES_ROOM)) return false;
      unpack(load<u64>(get(WORLDS_AT) + (load<i32>(way + ((length - 1) << 2)) << 3)), own + OWN_HERE);
    }
    if (length === TRAIL_ROOM) return false;
  }
  while (length > 0) store<u8>(marks + load<i32>(way + (--length << 2)), LEADS);
  return true;
}

/** The latest successor of the world in hand that leads to a wished one, or else that has not got the mark `trail`; -1: none. */
function latest(own: i32, count: i32, trail: i32): i32 {
  const here = own + OWN_HERE;
  const open = own + OWN_OPEN;
  let found = -1;
  for (let index = 0; index < (count & COUNT_MASK); index++) {
    let choice = load<i32>(open + (index << 3));
    const flags = load<i32>(open + (index << 3), 4);
    if ((count & OPEN_FULL) !== 0 && (flags & NODE_BEGINS) !== 0) continue;
    for (const end = choice + (flags & COUNT_MASK); choice < end; choice++) {
      const place = successor(choice, own);
      const mark = load<u8>(get(MARKS_AT) + place);
      if (mark === LEADS) return place;
      if (mark !== trail) found = max(found, place);
    }
  }
  return found;
}

/** Marks the worlds that are wished for, and no other. */
export function mark(): void {
  const own = get(OWN_AT);
  const marks = get(MARKS_AT);
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), own + OWN_HERE);
    store<u8>(marks + place, wished(place) ? <u8>LEADS : 0);
  }
}

/** Marks worlds that lead to a marked one, latest first. Gives how many are new. */
export function spread(): i32 {
  const own = get(OWN_AT);
  const here = own + OWN_HERE;
  const marks = get(MARKS_AT);
  let marked = 0;
  for (let place = get(WORLDS) - 1; place >= 0; place--) {
    if (load<u8>(marks + place) === LEADS) continue;
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), here);
    const next = latest(own, openOf(here, own + OWN_OPEN), FIRST_TRAIL);
    if (next < 0 || load<u8>(marks + next) !== LEADS) continue;
    store<u8>(marks + place, LEADS);
    marked++;
  }
  return marked;
}

/** Place of what a choice makes of the world in hand, which was found before. */
function successor(choice: i32, own: i32): i32 {
  const here = own + OWN_HERE;
  const key = representative(after(get(LEAVES_AT) + leafOf(choice, here), load<u64>(here), own), own);
  return add(key, <i32>mix(key));
}
