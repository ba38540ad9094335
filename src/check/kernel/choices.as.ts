/** What may happen in a world, and what becomes of it. */
import { get } from './pairs.as';
import { changed, its, nodeAt, numberIn, partsEnd, withNumber } from './parts.as';
import {
  PARTS_AT, PART_BYTES, PART_RECORD, PART_RECORDS_AT, PART_ACTORS_AT, OPEN_ACTORS, ACTORS, ACTORS_AT, ASK_OFFSET, ASK_QUESTION, ASK_VALUES, TOGETHER, NODE_BYTES,
  COUNT_MASK, NODE_BUSY, NODE_INSIDE, NODE_COUNTS, NODE_BEGINS, LEAF_PLAIN, LEAF_CHANGES, BLOCK_BYTES, BLOCK_SELF, BLOCK_OPEN, BLOCK_COUNTS, BLOCK_PARTS, ROW_BYTES,
} from './header';

/** Asks the host what a question has for answer at a node: a value, or 0 when the batch must wait. */
@external('host', 'miss')
declare function miss(question: i32, node: i32): i32;

/** Writes a world and where its parts are to a block. */
// @ts-ignore: decorator
@inline
export function hold(key: u64, block: i32): void {
  store<u64>(block, key);
  store<i32>(block, block, BLOCK_SELF);
  let to = block;
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES) {
    store<i32>(to, its(part, PART_RECORDS_AT) + numberIn(key, part) * its(part, PART_RECORD), BLOCK_PARTS);
    to += 4;
  }
}

/** The node that decides how a choice or a question goes on. */
// @ts-ignore: decorator
@inline
function asked(ask: i32, block: i32): i32 {
  return nodeAt(load<i32>(block + load<i32>(ask)), ask + ASK_OFFSET);
}

/** What a choice comes to in a world, as far as its first question goes. */
// @ts-ignore: decorator
@inline
export function valueOf(choice: i32, block: i32): i32 {
  return load<i32>(load<i32>(choice, ASK_VALUES) + (asked(choice, block) << 2));
}

/** The leaf of a choice in a world, or 0 when the host must help. */
export function leafOf(choice: i32, block: i32): i32 {
  return furtherOn(choice, valueOf(choice, block), block);
}

/** The same, from its first value on. */
export function furtherOn(choice: i32, first: i32, block: i32): i32 {
  let ask = choice;
  let value = first;
  while (value <= 0) {
    if (value === 0) value = miss(load<i32>(ask, ASK_QUESTION), asked(ask, block));
    if (value >= 0) break;
    ask = -value;
    value = load<i32>(load<i32>(ask, ASK_VALUES) + (asked(ask, block) << 2));
  }
  return value;
}

/** Lists the nodes that have choices, for the worlds in some blocks, each in a row of its own; and counts who is busy. */
// @ts-ignore: decorator
@inline
export function open(first: i32, end: i32, row: i32): void {
  // The last part first: devices before threads, so that of ways of one length the one is found in which fewer calls overlap.
  openInParts(first, end, row);
  let record = get(ACTORS_AT);
  for (const last = record + (get(ACTORS) << 4); record < last; record += 16) {
    const word = load<i32>(record);
    const shift = load<i32>(record, 4);
    const mask = load<i32>(record, 8);
    const nodes = load<i32>(record, 12);
    for (let block = first; block < end; block += BLOCK_BYTES) {
      const entry = load<u64>(nodes + ((load<i32>(block + word) >>> shift) & mask) * NODE_BYTES);
      const flags = <i32>(entry >>> 32);
      const at = load<i32>(block, BLOCK_OPEN);
      store<u64>(at, entry);
      store<i32>(block, at + (<i32>((flags & COUNT_MASK) !== 0) << 3), BLOCK_OPEN);
      store<i32>(block, load<i32>(block, BLOCK_COUNTS) + (flags & NODE_COUNTS), BLOCK_COUNTS);
    }
  }
}

/** The same for the actors that stand in parts, the last part first. */
// @ts-ignore: decorator
@inline
function openInParts(first: i32, end: i32, row: i32): void {
  const parts = get(PARTS_AT);
  const last = partsEnd() - PART_BYTES;
  let words = BLOCK_PARTS + ((last - parts) / PART_BYTES << 2);
  let part = last;
  do {
    const actors = its(part, PART_ACTORS_AT);
    let to = row;
    for (let block = first; block < end; block += BLOCK_BYTES, to += ROW_BYTES) {
      const base = load<i32>(block + words);
      const said = load<u64>(base);
      let at = part === last ? to : load<i32>(block, BLOCK_OPEN);
      for (let more = said & ((<u64>1 << OPEN_ACTORS) - 1); more !== 0; more &= more - 1) {
        const actor = actors + (<i32>ctz<u64>(more) << 4);
        store<u64>(at, load<u64>(load<i32>(actor, 12) + nodeAt(base, actor) * NODE_BYTES));
        at += 8;
      }
      const counts = part === last ? 0 : load<i32>(block, BLOCK_COUNTS);
      store<i32>(block, at, BLOCK_OPEN);
      store<i32>(block, counts + <i32>(said >>> 63) * NODE_BUSY + (<i32>(said >>> OPEN_ACTORS) & 0x7fff) * NODE_INSIDE, BLOCK_COUNTS);
    }
    words = part === last ? BLOCK_PARTS : words + 4;
    part = part === last ? parts : part + PART_BYTES;
  } while (part !== last);
}

/** Nodes whose choices are none in the world of a block, because as many calls go on as may: `NODE_BEGINS`, or 0. */
// @ts-ignore: decorator
@inline
export function closed(block: i32): i32 {
  return (load<i32>(block, BLOCK_COUNTS) >>> 24) >= get(TOGETHER) ? NODE_BEGINS : 0;
}

/** Is nobody busy in the world of a block? */
// @ts-ignore: decorator
@inline
export function rests(block: i32): bool {
  return (load<i32>(block, BLOCK_COUNTS) & (NODE_INSIDE - 1)) === 0;
}

/** Key of the world that a leaf makes of another: what stands in the 64 bits themselves, then part by part. */
export function after(leaf: i32, before: u64, own: i32): u64 {
  let key = before ^ load<u64>(leaf, LEAF_PLAIN);
  let at = leaf;
  for (let part = get(PARTS_AT), end = partsEnd(); part < end; part += PART_BYTES, at += 4) {
    const change = load<u32>(at, LEAF_CHANGES);
    if (change !== 0) key = withNumber(key, part, changed(part, change, numberIn(before, part), own));
  }
  return key;
}
