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
import {
  WORDS, INNERS, ROOT_FIRST, ROOT_SECOND, ROOT_THIRD, SHIFT_SECOND, SHIFT_THIRD, SHAPE_AT, ACTORS, ACTORS_AT, CHOICES_AT, ASKS_AT, EDGES_AT, EDGES_MASK, LEAVES_AT,
  TOGETHER, PAIRS_AT, PAIRS, PAIRS_ROOM, PAIR_SLOTS_AT, PAIR_SLOTS_MASK, FOLDS_AT, WORLDS_AT, WORLDS, WORLDS_ROOM, SLOTS_AT, SLOTS_MASK,
  NEXT, END, NOTES_AT, NOTES, NOTES_ROOM, DECIDED, WATCHED, WATCHED_AT, OBSERVED_WORDS, OWN_AT, MARKS_AT, WISHES_AT, WISH_RESTS,
  OWN_TRANSITIONS, OWN_HERE, OWN_THERE, OWN_OBSERVED, OWN_OPEN, OWN_PENDING, PENDING_BYTES, PENDING_ROOM, OWN_BYTES, BATCH, NODE_BYTES,
  COUNT_MASK, NODE_BUSY, NODE_INSIDE, NODE_BEGINS, LEAF_VISIBLE, MEMORY_AT, MEMORY_MASK, MEMORY_ROOT, NO_MEMORY, DONE, NO_ROOM, TELL,
  NOTE_FOLD, NOTE_REST, NOTE_STUCK, NOTE_DECIDED, NOTE_PARKED, NOTE_BYTES,
} from './header';

/** Asks the host what a question has for answer at a node: a value, or 0 when the batch must wait. */
@external('host', 'miss')
declare function miss(question: i32, node: i32): i32;

/** A slot that somebody is about to fill. */
const CLAIMED: i32 = -1;
const PLACE: i32 = 0x0fffffff;
const STUCK_BIT: i32 = 1 << 31;

// @ts-ignore: decorator
@inline
function get(field: i32): i32 {
  return load<i32>(field << 2);
}

// @ts-ignore: decorator
@inline
function mix(key: u64): u32 {
  let h = (key ^ (key >>> 32)) * 0x9e3779b97f4a7c15;
  h ^= h >>> 29;
  h *= 0xbf58476d1ce4e5b9;
  return <u32>(h >>> 32);
}

// @ts-ignore: decorator
@inline
function pair(left: i32, right: i32): u64 {
  return (<u64>left & 0xffffffff) | (<u64>right << 32);
}

/** The key of a world whose words and inner nodes stand at `here`. */
// @ts-ignore: decorator
@inline
function rootOf(here: i32): u64 {
  const first = <u64>load<u32>(here + (get(ROOT_FIRST) << 2));
  const second = <u64>load<u32>(here + (get(ROOT_SECOND) << 2));
  const third = <u64>load<u32>(here + (get(ROOT_THIRD) << 2));
  return first | (second << <u64>get(SHIFT_SECOND)) | (third << <u64>get(SHIFT_THIRD));
}

/** Number of a pair of numbers. A slot holds the pair and its number + 1. */
function intern(key: u64): i32 {
  const slots = get(PAIR_SLOTS_AT);
  const mask = get(PAIR_SLOTS_MASK);
  let at = <i32>mix(key) & mask;
  while (true) {
    const slot = slots + (at << 4);
    const entry = atomic.load<i32>(slot, 8);
    if (entry > 0) {
      if (load<u64>(slot) === key) return entry - 1;
      at = (at + 1) & mask;
    } else if (entry === 0 && atomic.cmpxchg<i32>(slot, 0, CLAIMED, 8) === 0) {
      const number = atomic.add<i32>(PAIRS << 2, 1);
      store<u64>(get(PAIRS_AT) + (number << 3), key);
      store<u64>(slot, key);
      atomic.store<i32>(slot, number + 1, 8);
      return number;
    }
  }
}

/** Fills the slots of pairs anew. */
export function rehashPairs(): void {
  const slots = get(PAIR_SLOTS_AT);
  const mask = get(PAIR_SLOTS_MASK);
  const pairs = get(PAIRS_AT);
  memory.fill(slots, 0, (mask + 1) << 4);
  for (let number = 0, count = get(PAIRS); number < count; number++) {
    const key = load<u64>(pairs + (number << 3));
    let at = <i32>mix(key) & mask;
    while (load<i32>(slots + (at << 4), 8) !== 0) at = (at + 1) & mask;
    store<u64>(slots + (at << 4), key);
    store<i32>(slots + (at << 4), number + 1, 8);
  }
}

/** Fills the slots of worlds anew. */
export function rehashWorlds(): void {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  memory.fill(slots, 0, (mask + 1) << 2);
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    const hash = <i32>mix(load<u64>(worlds + (place << 3)));
    let at = hash & mask;
    while (load<i32>(slots + (at << 2)) !== 0) at = (at + 1) & mask;
    store<i32>(slots + (at << 2), (hash & ~PLACE) | (place + 1));
  }
}

/** Computes the inner nodes of the words at `here`. Gives the key of the world. */
function keyOf(here: i32): u64 {
  const words = get(WORDS);
  const shape = get(SHAPE_AT);
  for (let inner = 0, inners = get(INNERS); inner < inners; inner++) {
    const left = load<i32>(here + (load<i32>(shape + (inner << 3)) << 2));
    const right = load<i32>(here + (load<i32>(shape + (inner << 3), 4) << 2));
    store<i32>(here + ((words + inner) << 2), intern(pair(left, right)));
  }
  return rootOf(here);
}

/** Writes the words and inner nodes of a world to `here`. */
function unpack(key: u64, here: i32): void {
  const words = get(WORDS);
  const shape = get(SHAPE_AT);
  const pairs = get(PAIRS_AT);
  const second = <u64>get(SHIFT_SECOND);
  const third = <u64>get(SHIFT_THIRD);
  const mask = (<u64>1 << second) - 1;
  store<i32>(here + (get(ROOT_FIRST) << 2), <i32>(key & mask));
  store<i32>(here + (get(ROOT_SECOND) << 2), <i32>((key >>> second) & mask));
  store<i32>(here + (get(ROOT_THIRD) << 2), <i32>(key >>> third));
  for (let inner = get(INNERS) - 1; inner >= 0; inner--) {
    const both = load<u64>(pairs + (load<i32>(here + ((words + inner) << 2)) << 3));
    store<i32>(here + (load<i32>(shape + (inner << 3)) << 2), <i32>both);
    store<i32>(here + (load<i32>(shape + (inner << 3), 4) << 2), <i32>(both >>> 32));
  }
}

/** Place of a world; the place of a new one is `-1 - place`. */
function add(key: u64, hash: i32): i32 {
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = hash & mask;
  while (true) {
    const slot = slots + (at << 2);
    const entry = atomic.load<i32>(slot);
    if (entry === 0) {
      if (atomic.cmpxchg<i32>(slot, 0, CLAIMED) !== 0) continue;
      const place = atomic.add<i32>(WORLDS << 2, 1);
      store<u64>(worlds + (place << 3), key);
      atomic.store<i32>(slot, (hash & ~PLACE) | (place + 1));
      return -1 - place;
    }
    if (entry === CLAIMED) continue;
    if (((entry ^ hash) & ~PLACE) === 0 && load<u64>(worlds + (((entry & PLACE) - 1) << 3)) === key) return (entry & PLACE) - 1;
    at = (at + 1) & mask;
  }
}

/** Adds the world whose words stand in the first worker's own memory: as `add`. */
export function put(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  return add(key, <i32>mix(key));
}

/** The same without a look-up: the words become the world at `place`, and the slots must be filled anew afterwards. */
export function replace(place: i32): void {
  store<u64>(get(WORLDS_AT) + (place << 3), keyOf(get(OWN_AT) + OWN_HERE));
}

/** Place of the world whose words stand in the first worker's own memory, or -1. */
export function find(): i32 {
  const key = keyOf(get(OWN_AT) + OWN_HERE);
  const hash = <i32>mix(key);
  const slots = get(SLOTS_AT);
  const mask = get(SLOTS_MASK);
  const worlds = get(WORLDS_AT);
  let at = hash & mask;
  while (true) {
    const entry = load<i32>(slots + (at << 2));
    if (entry === 0) return -1;
    if (((entry ^ hash) & ~PLACE) === 0 && load<u64>(worlds + (((entry & PLACE) - 1) << 3)) === key) return (entry & PLACE) - 1;
    at = (at + 1) & mask;
  }
}

/** Writes the words of a world to the first worker's own memory. */
export function read(place: i32): void {
  unpack(load<u64>(get(WORLDS_AT) + (place << 3)), get(OWN_AT) + OWN_HERE);
}

function note(kind: i32, place: i32, more: i32, most: i32 = 0): void {
  const number = atomic.add<i32>(NOTES << 2, 1);
  const at = get(NOTES_AT) + number * NOTE_BYTES;
  store<i32>(at, kind);
  store<i32>(at, place, 4);
  store<i32>(at, more, 8);
  store<i32>(at, most, 12);
}

/** Number of what properties see of the words at `here`. */
function foldOf(here: i32, own: i32): i32 {
  const observed = own + OWN_OBSERVED;
  const words = get(OBSERVED_WORDS);
  for (let word = 0; word < words; word++) store<i32>(observed + (word << 2), 0);
  let record = get(WATCHED_AT);
  for (let index = get(WATCHED); index > 0; index--, record += 24) {
    const node = (load<i32>(here + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
    const seen = <i32>load<u16>(load<i32>(record, 12) + (node << 1));
    const at = observed + load<i32>(record, 16);
    store<i32>(at, load<i32>(at) | (seen << load<i32>(record, 20)));
  }
  let fold = -2;
  for (let word = 0; word < words; word++) fold = intern(pair(fold, load<i32>(observed + (word << 2))));
  return fold;
}

/** Notes what properties see of a world, the first time that they do; `bit` 1: at all, 2: at rest. */
function see(here: i32, own: i32, place: i32, bit: i32, kind: i32): void {
  const fold = foldOf(here, own);
  const at = get(FOLDS_AT) + fold;
  if ((atomic.or<u8>(at, <u8>bit) & bit) === 0) note(kind, place, fold);
}

/** What the question has for answer at a node, or 0. */
// @ts-ignore: decorator
@inline
function answer(question: i32, node: i32): i32 {
  const edges = get(EDGES_AT);
  const mask = get(EDGES_MASK);
  let at: i32 = question * <i32>0x9e3779b1 + node * <i32>0x85ebca6b;
  at ^= at >>> 15;
  at &= mask;
  while (true) {
    const slot = edges + (at << 4);
    const value = load<i32>(slot, 8);
    if (value === 0 || (load<i32>(slot) === question && load<i32>(slot, 4) === node)) return value;
    at = (at + 1) & mask;
  }
}

/** The leaf of a choice in the world at `here`, or 0 when the host must help. */
// @ts-ignore: decorator
@inline
function leafOf(choice: i32, here: i32): i32 {
  let value = load<i32>(get(CHOICES_AT) + (choice << 2));
  while (value < 0) {
    const question = -1 - value;
    const ask = get(ASKS_AT) + question * 12;
    const node = (load<i32>(here + load<i32>(ask)) >>> load<i32>(ask, 4)) & load<i32>(ask, 8);
    value = answer(question, node);
    if (value === 0) value = miss(question, node);
  }
  return value;
}

/** Lists the nodes of the world at `here` that have choices. Gives their number; bits 16 up: see below. */
function openOf(here: i32, open: i32): i32 {
  let record = get(ACTORS_AT);
  let count = 0;
  let inside = 0;
  let busy = 0;
  for (let index = get(ACTORS); index > 0; index--, record += 16) {
    const node = (load<i32>(here + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
    const entry = load<u64>(load<i32>(record, 12) + node * NODE_BYTES);
    const flags = <i32>(entry >>> 32);
    busy |= flags & NODE_BUSY;
    inside += (flags >>> 17) & 1;
    store<u64>(open + (count << 3), entry);
    count += <i32>((flags & COUNT_MASK) !== 0);
  }
  const full = <i32>(inside >= get(TOGETHER));
  return count | busy | (full << 17);
}

const OPEN_FULL: i32 = 0x20000;

/**
 * Key of the world that a leaf makes of the one at `here`, which is as before afterwards.
 *
 * A leaf: decided properties, flags, what it does to the first and to the second root (a number, 0: nothing), what to xor to
 * the third, number of words that change, number of inner nodes above them; then each word's address and what to xor; then
 * each inner node's address and those of what it joins. What a leaf does to a root at one of its values is remembered.
 */
// @ts-ignore: decorator
@inline
function after(leaf: i32, here: i32, saved: i32): u64 {
  const second = <u64>get(SHIFT_SECOND);
  const first = load<u32>(here + (get(ROOT_FIRST) << 2));
  const other = load<u32>(here + (get(ROOT_SECOND) << 2));
  const one = remembered(load<u32>(leaf, 8), first);
  const two = remembered(load<u32>(leaf, 12), other);
  if ((one | two) >= 0) {
    const third = <u64>(load<u32>(here + (get(ROOT_THIRD) << 2)) ^ load<u32>(leaf, 16));
    return <u64>one | (<u64>two << second) | (third << <u64>get(SHIFT_THIRD));
  }
  const key = afresh(leaf, here, saved);
  const mask = (<u64>1 << second) - 1;
  remember(load<u32>(leaf, 8), first, <u32>(key & mask));
  remember(load<u32>(leaf, 12), other, <u32>((key >>> second) & mask));
  return key;
}

/** A root after what a leaf does to it, or -1. */
// @ts-ignore: decorator
@inline
function remembered(change: u32, root: u32): i64 {
  if (change === 0) return root;
  const entry = load<u64>(get(MEMORY_AT) + ((mix32(change, root) & MEMORY_MASK) << 3));
  return (entry >>> MEMORY_ROOT) === ((<u64>change << MEMORY_ROOT) | root) ? <i64>(entry & ((1 << MEMORY_ROOT) - 1)) : -1;
}

function remember(change: u32, root: u32, next: u32): void {
  if (change === 0 || change === NO_MEMORY) return;
  atomic.store<u64>(get(MEMORY_AT) + ((mix32(change, root) & MEMORY_MASK) << 3), (((<u64>change << MEMORY_ROOT) | root) << MEMORY_ROOT) | next);
}

// @ts-ignore: decorator
@inline
function mix32(change: u32, root: u32): i32 {
  const h = root * <u32>0x9e3779b1 + change * <u32>0x85ebca6b;
  return <i32>(h ^ (h >>> 15));
}

function afresh(leaf: i32, here: i32, saved: i32): u64 {
  const words = leaf + 28;
  const inners = words + (load<i32>(leaf, 20) << 3);
  const end = inners + load<i32>(leaf, 24) * 12;
  flip(words, inners, here);
  let save = saved;
  for (let inner = inners; inner < end; inner += 12) {
    const at = here + load<i32>(inner);
    store<i32>(save, load<i32>(at));
    save += 4;
    store<i32>(at, intern(pair(load<i32>(here + load<i32>(inner, 4)), load<i32>(here + load<i32>(inner, 8)))));
  }
  const key = rootOf(here);
  save = saved;
  for (let inner = inners; inner < end; inner += 12) {
    store<i32>(here + load<i32>(inner), load<i32>(save));
    save += 4;
  }
  flip(words, inners, here);
  return key;
}

// @ts-ignore: decorator
@inline
function flip(words: i32, end: i32, here: i32): void {
  for (let word = words; word < end; word += 8) {
    const at = here + load<i32>(word);
    store<i32>(at, load<i32>(at) ^ load<i32>(word, 4));
  }
}

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
        const key = after(leaf, here, there);
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
  for (let one = first; one < pending; one += PENDING_BYTES) settle(own, one);
  return true;
}

/** Adds a pending world and notes what is new in it. */
// @ts-ignore: decorator
@inline
function settle(own: i32, one: i32): void {
  const key = load<u64>(one);
  const leaf = load<i32>(one, 12);
  const place = add(key, load<i32>(one, 8));
  const decided = load<i32>(leaf);
  if ((decided & ~get(DECIDED)) !== 0) {
    const fresh = decided & ~atomic.or<i32>(DECIDED << 2, decided);
    if (fresh !== 0) note(NOTE_DECIDED, load<i32>(one, 20), load<i32>(one, 16), fresh);
  }
  if (place < 0 && (load<i32>(leaf, 4) & LEAF_VISIBLE) !== 0) {
    unpack(key, own + OWN_THERE);
    see(own + OWN_THERE, own, -1 - place, 1, NOTE_FOLD);
  }
}

/** Expands worlds until none is left before `END`, or the host must do something. `workers`: how many run at once. */
export function run(worker: i32, workers: i32): i32 {
  const own = get(OWN_AT) + worker * OWN_BYTES;
  const reserve = workers * PENDING_ROOM;
  while (true) {
    if (atomic.load<i32>(WORLDS << 2) + reserve > get(WORLDS_ROOM)) return NO_ROOM;
    if (atomic.load<i32>(PAIRS << 2) + reserve * 4 > get(PAIRS_ROOM)) return NO_ROOM;
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

/** Notes what properties see of worlds, as if they were new. */
export function survey(from: i32, to: i32): void {
  const own = get(OWN_AT);
  const here = own + OWN_HERE;
  for (let place = from; place < to; place++) {
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), here);
    see(here, own, place, 1, NOTE_FOLD);
    if ((openOf(here, own + OWN_OPEN) & NODE_BUSY) === 0) see(here, own, place, 2, NOTE_REST);
  }
}

/** Marks the worlds whose fold is wished for. Gives how many. */
export function mark(): i32 {
  const own = get(OWN_AT);
  const here = own + OWN_HERE;
  const marks = get(MARKS_AT);
  let marked = 0;
  for (let place = 0, count = get(WORLDS); place < count; place++) {
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), here);
    let wished = load<u8>(get(WISHES_AT) + foldOf(here, own)) !== 0;
    if (wished && get(WISH_RESTS) !== 0) wished = (openOf(here, own + OWN_OPEN) & NODE_BUSY) === 0;
    store<u8>(marks + place, <u8>wished);
    marked += <i32>wished;
  }
  return marked;
}

/** Marks worlds that lead to a marked one, latest first. Gives how many are new. */
export function spread(): i32 {
  const own = get(OWN_AT);
  const here = own + OWN_HERE;
  const open = own + OWN_OPEN;
  const marks = get(MARKS_AT);
  let marked = 0;
  for (let place = get(WORLDS) - 1; place >= 0; place--) {
    if (load<u8>(marks + place) !== 0) continue;
    unpack(load<u64>(get(WORLDS_AT) + (place << 3)), here);
    const count = openOf(here, open);
    if (!leads(own, count)) continue;
    store<u8>(marks + place, 1);
    marked++;
  }
  return marked;
}

/** Does a choice of the world in hand lead to a marked one? */
function leads(own: i32, count: i32): bool {
  const here = own + OWN_HERE;
  const there = own + OWN_THERE;
  const open = own + OWN_OPEN;
  for (let index = 0; index < (count & COUNT_MASK); index++) {
    let choice = load<i32>(open + (index << 3));
    const flags = load<i32>(open + (index << 3), 4);
    if ((count & OPEN_FULL) !== 0 && (flags & NODE_BEGINS) !== 0) continue;
    for (const end = choice + (flags & COUNT_MASK); choice < end; choice++) {
      const key = after(get(LEAVES_AT) + leafOf(choice, here), here, there);
      const place = add(key, <i32>mix(key));
      if (load<u8>(get(MARKS_AT) + place) !== 0) return true;
    }
  }
  return false;
}
