/** Parts of worlds that have a number for each of their values. */
import { get, mix } from './pairs.as';
import { fillRow } from './rows.as';
import { claim, countUp, fill } from './shared.as';
import {
  PARTS, PARTS_AT, PART_BYTES, PART_SHIFT, PART_MASK, PART_HERE, PART_RECORD, PART_RECORDS_AT, PART_SLOTS_AT, PART_SLOTS_MASK, PART_ACTORS_AT,
  PART_ACTORS_END, PART_COUNT, CHANGES_AT, CHANGE_BYTES, ROW_BYTES, MEMORY_NUMBER, MEMORY_CHANGE, MEMORY_AT, MEMORY_MASK, OWN_THERE,
} from './header';

// @ts-ignore: decorator
@inline
export function its(part: i32, field: i32): i32 {
  return load<i32>(part + field);
}

/** Address of the record behind the last part. */
// @ts-ignore: decorator
@inline
export function partsEnd(): i32 {
  return get(PARTS_AT) + get(PARTS) * PART_BYTES;
}

/** Number of a part in a world. */
// @ts-ignore: decorator
@inline
export function numberIn(key: u64, part: i32): u32 {
  return <u32>(key >>> <u64>its(part, PART_SHIFT)) & <u32>its(part, PART_MASK);
}

/** A world with another number of a part. */
// @ts-ignore: decorator
@inline
export function withNumber(key: u64, part: i32, number: u32): u64 {
  const shift = <u64>its(part, PART_SHIFT);
  return (key & ~(<u64><u32>its(part, PART_MASK) << shift)) | (<u64>number << shift);
}

function hashOf(words: i32, end: i32): i32 {
  let hash: u64 = 0;
  for (let at = words; at < end; at += 8) hash = <u64>mix((hash << 20) ^ load<u64>(at)) ^ (hash << 32);
  return <i32>mix(hash);
}

/** Number of the value of a part whose record stands in the world in hand at `here`; its row does not count. */
export function numberOf(part: i32, here: i32): u32 {
  const words = here + its(part, PART_HERE) + ROW_BYTES;
  const end = words + its(part, PART_RECORD) - ROW_BYTES;
  const slots = its(part, PART_SLOTS_AT);
  const mask = its(part, PART_SLOTS_MASK);
  const records = its(part, PART_RECORDS_AT) + ROW_BYTES;
  const stride = its(part, PART_RECORD);
  let slot = hashOf(words, end) & mask;
  while (true) {
    const entry = atomic.load<i32>(slots + (slot << 2));
    if (entry > 0) {
      let known = records + (entry - 1) * stride;
      let at = words;
      for (; at < end && load<u64>(at) === load<u64>(known); at += 8) known += 8;
      if (at >= end) return entry - 1;
      slot = (slot + 1) & mask;
    } else if (entry === 0 && claim(slots + (slot << 2))) {
      const number = countUp(part + PART_COUNT);
      const record = records + number * stride;
      for (let word = 0; words + word < end; word += 8) store<u64>(record + word, load<u64>(words + word));
      rowOf(part, record - ROW_BYTES);
      fill(slots + (slot << 2), number + 1);
      return number;
    }
  }
}

/** Fills the row that a record of a part begins with. */
// @ts-ignore: decorator
@inline
function rowOf(part: i32, record: i32): void {
  fillRow(record, its(part, PART_ACTORS_AT), its(part, PART_ACTORS_END), record);
}

/** Fills the slots of a part anew, and the rows of its records. */
export function rehashPart(part: i32): void {
  const slots = its(part, PART_SLOTS_AT);
  const mask = its(part, PART_SLOTS_MASK);
  const stride = its(part, PART_RECORD);
  memory.fill(slots, 0, (mask + 1) << 2);
  let record = its(part, PART_RECORDS_AT);
  for (let number = 0, count = its(part, PART_COUNT); number < count; number++, record += stride) {
    rowOf(part, record);
    let slot = hashOf(record + ROW_BYTES, record + stride) & mask;
    while (load<i32>(slots + (slot << 2)) !== 0) slot = (slot + 1) & mask;
    store<i32>(slots + (slot << 2), number + 1);
  }
}

/** Where it is remembered what a change made of a value. */
// @ts-ignore: decorator
@inline
export function memoryOf(number: u32, change: u32, memory: i32, mask: i32): i32 {
  const hash = number * <u32>0x9e3779b1 + change * <u32>0x85ebca6b;
  return memory + ((<i32>(hash ^ (hash >>> 15)) & mask) << 3);
}

/** What an entry there holds, above the number of what the change made. */
// @ts-ignore: decorator
@inline
export function remembered(number: u32, change: u32): u64 {
  return (<u64>change << MEMORY_NUMBER) | <u64>number;
}

/** Number of what a change makes of a value. */
export function changed(part: i32, change: u32, number: u32, own: i32): u32 {
  const at = memoryOf(number, change, get(MEMORY_AT), get(MEMORY_MASK));
  const entry = load<u64>(at);
  return (entry >>> MEMORY_NUMBER) === remembered(number, change) ? <u32>entry & ((1 << MEMORY_NUMBER) - 1) : afresh(part, change, number, own, at);
}

/** The same, not from memory; it is remembered at `at`. */
export function afresh(part: i32, change: u32, number: u32, own: i32, at: i32): u32 {
  const here = own + OWN_THERE;
  const stride = its(part, PART_RECORD);
  const words = here + its(part, PART_HERE) + ROW_BYTES;
  const before = its(part, PART_RECORDS_AT) + number * stride + ROW_BYTES;
  const flips = get(CHANGES_AT) + change * get(CHANGE_BYTES);
  for (let word = 0; word < stride - ROW_BYTES; word += 8) store<u64>(words + word, load<u64>(before + word) ^ load<u64>(flips + word));
  const next = numberOf(part, here);
  if (change < (1 << MEMORY_CHANGE)) atomic.store<u64>(at, (remembered(number, change) << MEMORY_NUMBER) | <u64>next);
  return next;
}
