/** What may happen in a world, and what becomes of it. */
import { get } from './pairs.as';
import { changed, nodeAt, its, partsEnd } from './parts.as';
import {
  PARTS_AT, PART_BYTES, PART_HERE, PART_ACTORS_AT, OPEN_ACTORS, ACTORS, ACTORS_AT, CHOICES_AT, ASKS_AT, MEMORY_AT, MEMORY_MASK, TOGETHER, NODE_BYTES, COUNT_MASK, NODE_BUSY,
  LEAF_CHANGES,
} from './header';

/** Asks the host what a question has for answer at a node: a value, or 0 when the batch must wait. */
@external('host', 'miss')
declare function miss(question: i32, node: i32): i32;

/** The leaf of a choice in the world at `here`, or 0 when the host must help. */
// @ts-ignore: decorator
@inline
export function leafOf(choice: i32, here: i32): i32 {
  let value = load<i32>(get(CHOICES_AT) + (choice << 2));
  while (value < 0) {
    const ask = get(ASKS_AT) + ((-1 - value) << 4);
    const node = nodeAt(here, ask);
    const answer = load<i32>(load<i32>(ask, 12) + (node << 2));
    value = answer !== 0 ? answer : miss(-1 - value, node);
  }
  return value;
}

export const OPEN_FULL: i32 = 0x20000;

/** Lists the nodes of the world at `here` that have choices. Gives their number; bits 16 up: see below. */
// @ts-ignore: decorator
@inline
export function openOf(here: i32, open: i32): i32 {
  let record = get(ACTORS_AT);
  let at = open;
  let inside = 0;
  let busy = 0;
  // The last part first: devices before threads, so that of ways of one length the one is found in which fewer calls overlap.
  const devices = partsEnd() - PART_BYTES;
  let part = devices;
  do {
    const said = load<u64>(here + its(part, PART_HERE));
    busy |= <i32>(said >>> 63) << 16;
    inside += <i32>(said >>> OPEN_ACTORS) & 0x7fff;
    for (let actors = said & ((<u64>1 << OPEN_ACTORS) - 1); actors !== 0; actors &= actors - 1) {
      const actor = its(part, PART_ACTORS_AT) + (<i32>ctz<u64>(actors) << 4);
      store<u64>(at, load<u64>(load<i32>(actor, 12) + nodeAt(here, actor) * NODE_BYTES));
      at += 8;
    }
    part = part === devices ? get(PARTS_AT) : part + PART_BYTES;
  } while (part !== devices);
  for (const end = record + (get(ACTORS) << 4); record < end; record += 16) {
    const entry = load<u64>(load<i32>(record, 12) + nodeAt(here, record) * NODE_BYTES);
    const flags = <i32>(entry >>> 32);
    busy |= flags;
    inside += (flags >>> 17) & 1;
    store<u64>(at, entry);
    at += <i32>((flags & COUNT_MASK) !== 0) << 3;
  }
  const full = <i32>(inside >= get(TOGETHER));
  return ((at - open) >>> 3) | (busy & NODE_BUSY) | (full << 17);
}

/** Key of the world that a leaf makes of another: what stands in the 64 bits themselves, then part by part. */
// @ts-ignore: decorator
@inline
export function after(leaf: i32, before: u64, own: i32): u64 {
  return through(leaf, before, own, get(PARTS_AT), partsEnd(), get(MEMORY_AT), get(MEMORY_MASK));
}

/** The same for many: with what does not change between them. */
// @ts-ignore: decorator
@inline
export function through(leaf: i32, before: u64, own: i32, parts: i32, end: i32, memory: i32, mask: i32): u64 {
  let key = before ^ load<u64>(leaf, 8);
  let change = leaf + LEAF_CHANGES;
  for (let part = parts; part < end; part += PART_BYTES) {
    const number = load<u32>(change);
    if (number !== 0) key = changed(key, part, number, own, memory, mask);
    change += 4;
  }
  return key;
}
