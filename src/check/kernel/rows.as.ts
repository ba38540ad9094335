/** Rows: what the nodes of some actors, side by side in words, may do together. Those of bands are filled when they are met, those of parts with their records. */
import { get } from './pairs.as';
import {
  ACTOR_BYTES, CHOICES_AT, ASK_BYTES, NODE_BYTES, COUNT_MASK, NODE_COUNTS, NODE_BEGINS, ROW_LISTED, ROW_COUNTS, ROW_LATER, ROW_KNOWN, ROW_CHOICES, STEP_BYTES, BLOCK_SELF,
} from './header';

/** More choices than a row has room for. */
const MANY: i32 = i32.MAX_VALUE;

/** The node of an actor whose words stand at `words`; a record begins with offset, shift and mask. */
// @ts-ignore: decorator
@inline
export function nodeAt(words: i32, record: i32): i32 {
  return (load<i32>(words + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
}

/** Record of the first choice of an actor's node, and its flags. */
// @ts-ignore: decorator
@inline
function entryOf(actor: i32, words: i32): u64 {
  return load<u64>(load<i32>(actor, 12) + nodeAt(words, actor) * NODE_BYTES);
}

/** How many choices a node has, but for those that are `none`. */
// @ts-ignore: decorator
@inline
function choicesOf(entry: u64, none: i32): i32 {
  const flags = <i32>(entry >>> 32);
  return (flags & none) !== 0 ? 0 : flags & COUNT_MASK;
}

/** Fills a row from what actors do whose words these are. Two workers may do so at once: they write the same. */
export function fillRow(row: i32, actors: i32, end: i32, words: i32): void {
  let counts = ROW_KNOWN;
  for (let actor = actors; actor < end; actor += ACTOR_BYTES) counts += <i32>(entryOf(actor, words) >>> 32) & NODE_COUNTS;
  fillHalf(row, actors, end, words, 0);
  fillHalf(row + ROW_LATER, actors, end, words, NODE_BEGINS);
  atomic.store<i32>(row, counts, ROW_COUNTS);
}

function fillHalf(row: i32, actors: i32, end: i32, words: i32, none: i32): void {
  let listed = 0;
  let fits = true;
  for (let actor = actors; actor < end; actor += ACTOR_BYTES) {
    const entry = entryOf(actor, words);
    const first = (<i32>entry - get(CHOICES_AT)) / ASK_BYTES;
    for (let index = 0, choices = choicesOf(entry, none); index < choices; index++) {
      fits = fits && listed < ROW_CHOICES && first + index < 0x10000;
      if (fits) store<u16>(row + listed * 2, <u16>(first + index));
      listed++;
    }
  }
  store<i32>(row, fits ? listed * STEP_BYTES : MANY, ROW_LISTED);
}

/** Lists the choices of a row as steps of a block. Room for four is written to, whatever there are. Gives the end of the list, or -1: they must be spelled. */
// @ts-ignore: decorator
@inline
export function copyRow(row: i32, block: i32, list: i32): i32 {
  const choices = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_u(v128.load64_zero(row)), 5), v128.load32_splat(CHOICES_AT << 2));
  const self = v128.load32_splat(block, BLOCK_SELF);
  v128.store(list, v128.shuffle<i32>(choices, self, 0, 4, 1, 5));
  v128.store(list, v128.shuffle<i32>(choices, self, 2, 6, 3, 7), 16);
  const bytes = load<i32>(row, ROW_LISTED);
  return bytes === MANY ? -1 : list + bytes;
}

/** The same, actor by actor: all choices but those that are `none`. */
export function spell(actors: i32, end: i32, words: i32, block: i32, none: i32, list: i32): i32 {
  let to = list;
  for (let actor = actors; actor < end; actor += ACTOR_BYTES) {
    const entry = entryOf(actor, words);
    for (let choice = <i32>entry, last = choice + choicesOf(entry, none) * ASK_BYTES; choice < last; choice += ASK_BYTES) {
      store<i32>(to, choice);
      store<i32>(to, block, 4);
      to += STEP_BYTES;
    }
  }
  return to;
}
