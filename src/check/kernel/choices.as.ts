/** What may happen in a world, and what becomes of it. */
import { get } from './pairs.as';
import { changed, its, numberIn, partsEnd, withNumber } from './parts.as';
import { copyRow, fillRow, nodeAt, spell } from './rows.as';
import {
  PARTS, PARTS_AT, PART_BYTES, PART_RECORD, PART_RECORDS_AT, PART_ACTORS_AT, PART_ACTORS_END, BANDS, BANDS_AT, BAND_BYTES, BAND_MASK, BAND_ROWS, BAND_ACTORS, BAND_END,
  ROW_BYTES, ROW_COUNTS, ROW_LATER, ROW_KNOWN, ASK_OFFSET, ASK_QUESTION, ASK_VALUES, TOGETHER, NODE_BUSY, NODE_INSIDE, NODE_BEGINS, LEAF_PLAIN, LEAF_CHANGES, BLOCK_BYTES,
  BLOCK_SELF, BLOCK_COUNTS, BLOCK_PARTS, OWN_ROWS, OWN_ROWS_BYTES,
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

/** Counts who is busy in the worlds of some blocks, and finds their rows of each band. */
export function open(first: i32, end: i32, own: i32): void {
  while (!opened(first, end, own)) learn(first, end, own);
}

/** The same; false when a row is not known. */
// @ts-ignore: decorator
@inline
function opened(first: i32, end: i32, own: i32): bool {
  const parts = BLOCK_PARTS + (get(PARTS) << 2);
  for (let words = BLOCK_PARTS; words < parts; words += 4) {
    for (let block = first; block < end; block += BLOCK_BYTES) {
      const before = words === BLOCK_PARTS ? 0 : load<i32>(block, BLOCK_COUNTS);
      store<i32>(block, before + load<i32>(load<i32>(block + words), ROW_COUNTS), BLOCK_COUNTS);
    }
  }
  let known = ROW_KNOWN;
  let rows = own + OWN_ROWS;
  for (let band = get(BANDS_AT), last = bandsEnd(); band < last; band += BAND_BYTES, rows += OWN_ROWS_BYTES) {
    const shift = <u64>load<i32>(band);
    const mask = load<i32>(band, BAND_MASK);
    const from = load<i32>(band, BAND_ROWS);
    let at = rows;
    for (let block = first; block < end; block += BLOCK_BYTES, at += 4) {
      const row = from + (<i32>(load<u64>(block) >>> shift) & mask) * ROW_BYTES;
      // @ts-ignore: given by assemble.mjs
      const counts = SHARED ? atomic.load<i32>(row, ROW_COUNTS) : load<i32>(row, ROW_COUNTS);
      known &= counts;
      store<i32>(at, row);
      store<i32>(block, load<i32>(block, BLOCK_COUNTS) + counts, BLOCK_COUNTS);
    }
  }
  return known !== 0;
}

// @ts-ignore: decorator
@inline
function bandsEnd(): i32 {
  return get(BANDS_AT) + get(BANDS) * BAND_BYTES;
}

/** Fills the rows of bands that are not known. */
function learn(first: i32, end: i32, own: i32): void {
  let rows = own + OWN_ROWS;
  for (let band = get(BANDS_AT), last = bandsEnd(); band < last; band += BAND_BYTES, rows += OWN_ROWS_BYTES) {
    let at = rows;
    for (let block = first; block < end; block += BLOCK_BYTES, at += 4)
      if (load<i32>(load<i32>(at), ROW_COUNTS) === 0) fillRow(load<i32>(at), load<i32>(band, BAND_ACTORS), load<i32>(band, BAND_END), block);
  }
}

/**
 * Lists what may happen in the world of a block: for each step the record of the choice, and the block. Gives the end of the list.
 *
 * The last part first: devices before threads, so that of ways of one length the one is found in which fewer calls overlap.
 *
 * @param none nodes whose choices are none, see `closed`
 * @param rows where the row of the first band stands
 */
// @ts-ignore: decorator
@inline
export function offer(block: i32, none: i32, rows: i32, list: i32): i32 {
  const kind = (none >>> 31) * ROW_LATER;
  const last = block + BLOCK_PARTS + (get(PARTS) - 1 << 2);
  let to = list;
  let words = last;
  do {
    const row = load<i32>(words);
    const next = copyRow(row + kind, block, to);
    to = next !== -1 ? next : spellPart((words - block - BLOCK_PARTS) >> 2, row, block, none, to);
    words = words === last ? block + BLOCK_PARTS : words + 4;
  } while (words !== last);
  let row = rows;
  for (let band = get(BANDS_AT), end = bandsEnd(); band < end; band += BAND_BYTES, row += OWN_ROWS_BYTES) {
    const next = copyRow(load<i32>(row) + kind, block, to);
    to = next !== -1 ? next : spell(load<i32>(band, BAND_ACTORS), load<i32>(band, BAND_END), block, block, none, to);
  }
  return to;
}

function spellPart(index: i32, record: i32, block: i32, none: i32, list: i32): i32 {
  const part = get(PARTS_AT) + index * PART_BYTES;
  return spell(its(part, PART_ACTORS_AT), its(part, PART_ACTORS_END), record, block, none, list);
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
  return (load<i32>(block, BLOCK_COUNTS) & (NODE_INSIDE - NODE_BUSY)) === 0;
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
