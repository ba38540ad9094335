/** What properties see, and notes for the host. */
import { get, intern, pair } from './pairs.as';
import { nodeAt } from './rows.as';
import { FOLDS_AT, NOTES_AT, NOTES, WATCHED, WATCHED_AT, WATCHED_BYTES, OBSERVED_WORDS, OWN_OBSERVED, NOTE_BYTES } from './header';

export function note(kind: i32, place: i32, more: i32, most: i32 = 0): void {
  const number = atomic.add<i32>(NOTES << 2, 1);
  const at = get(NOTES_AT) + number * NOTE_BYTES;
  store<i32>(at, kind);
  store<i32>(at, place, 4);
  store<i32>(at, more, 8);
  store<i32>(at, most, 12);
}

/** Number of what properties see of the world in a block. */
export function foldOf(block: i32, own: i32): i32 {
  const observed = own + OWN_OBSERVED;
  const words = get(OBSERVED_WORDS);
  for (let word = 0; word < words; word++) store<i32>(observed + (word << 2), 0);
  let record = get(WATCHED_AT);
  for (let index = get(WATCHED); index > 0; index--, record += WATCHED_BYTES) {
    const seen = <i32>load<u16>(load<i32>(record, 12) + (nodeAt(load<i32>(block + load<i32>(record, 24)), record) << 1));
    const at = observed + load<i32>(record, 16);
    store<i32>(at, load<i32>(at) | (seen << load<i32>(record, 20)));
  }
  let fold = -2;
  for (let word = 0; word < words; word++) fold = intern(pair(fold, load<i32>(observed + (word << 2))));
  return fold;
}

/** Notes what properties see of a world, the first time that they do; `bit` 1: at all, 2: at rest. */
export function see(block: i32, own: i32, place: i32, bit: i32, kind: i32): void {
  const fold = foldOf(block, own);
  const at = get(FOLDS_AT) + fold;
  if ((load<u8>(at) & bit) === 0 && (atomic.or<u8>(at, <u8>bit) & bit) === 0) note(kind, place, fold);
}
