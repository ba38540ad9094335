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
  NOTE_FOLD, NOTE_REST, NOTE_STUCK, NOTE_DECIDED, NOTE_PARKED, NOTE_TURN, NOTE_BYTES, TURNS, PAIRS_RESERVE,
  TRAIL_AT, TRAIL_ROOM, WISHED, LEADS, FIRST_TRAIL,
  RENAMINGS, RENAMED_AT, RENAMED_BYTES, RENAMED_RECORD, VERDICTS_AT, IMAGES_AT, WEIGHTS_AT, IMAGE_BYTES, ITSELF, SAME, TIE, OWN_THIRDS, OWN_OTHER, OWN_IMAGE,
} from './header';

/** Asks the host what a question has for answer at a node: a value, or 0 when the batch must wait. */
@external('host', 'miss')
declare function miss(question: i32, node: i32): i32;

/** Asks the host whether the world in hand, that looks like this, is wished for: `WISHED`, or another number but 0. */
@external('host', 'wish')
declare function wish(place: i32, fold: i32): i32;

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
  const entry = load<u64>(get(MEMORY_AT) + ((mix32(change, root) & get(MEMORY_MASK)) << 3));
  return (entry >>> MEMORY_ROOT) === ((<u64>change << MEMORY_ROOT) | root) ? <i64>(entry & ((1 << MEMORY_ROOT) - 1)) : -1;
}

function remember(change: u32, root: u32, next: u32): void {
  if (change === 0 || change === NO_MEMORY) return;
  atomic.store<u64>(get(MEMORY_AT) + ((mix32(change, root) & get(MEMORY_MASK)) << 3), (((<u64>change << MEMORY_ROOT) | root) << MEMORY_ROOT) | next);
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

/**
 * Of all worlds that renamings make of one, the key of that which weighs least: it stands for all. Threads are weighed first.
 *
 * What renamings make of the part below a root is computed once for each value of the root, and what each image weighs; so is
 * which of them the threads alone decide for, if they do.
 */
// @ts-ignore: decorator
@inline
function representative(key: u64, own: i32): u64 {
  if (get(RENAMINGS) === 0) return key;
  const second = <u64>get(SHIFT_SECOND);
  const threads = <i32>((key >>> second) & ((<u64>1 << second) - 1));
  if (load<u8>(get(VERDICTS_AT) + threads) === ITSELF) return key;
  return image(key, own, threads);
}

function image(key: u64, own: i32, threads: i32): u64 {
  const room = get(PAIRS_ROOM);
  const second = <u64>get(SHIFT_SECOND);
  const third = <u64>get(SHIFT_THIRD);
  const verdicts = get(VERDICTS_AT);
  const first = <i32>(key & ((<u64>1 << second) - 1));
  const rest = numberOf(<u32>(key >>> third), own);
  if (load<u8>(verdicts + threads) === 0 || load<u8>(verdicts + room + first) === 0 || load<u8>(verdicts + room * 2 + rest) === 0) rename(key, own, threads, first, rest);
  const best = chosen(load<u8>(verdicts + threads), load<u8>(verdicts + room + first), load<u8>(verdicts + room * 2 + rest), threads, first, rest);
  if (best === 0) return key;
  const images = get(IMAGES_AT) + (best - 1) * room * 12;
  return <u64>load<u32>(images + (first << 2)) | (<u64>load<u32>(images + ((room + threads) << 2)) << second) | (<u64>load<u32>(images + ((room * 2 + rest) << 2)) << third);
}

/** A small number for the value of the third root, which is seldom another one than before. */
// @ts-ignore: decorator
@inline
function numberOf(third: u32, own: i32): i32 {
  const at = own + OWN_THIRDS + (((third ^ (third >>> 7) ^ (third >>> 13)) & 63) << 3);
  if (load<u32>(at) === third && load<i32>(at, 4) !== 0) return load<i32>(at, 4) - 1;
  const number = intern(pair(-3, <i32>third));
  store<u32>(at, third);
  store<i32>(at, number + 1, 4);
  return number;
}

/** The renaming whose image weighs least, by what each part says of it. */
// @ts-ignore: decorator
@inline
function chosen(one: i32, two: i32, three: i32, threads: i32, first: i32, rest: i32): i32 {
  if (one < SAME) return one - ITSELF;
  if (one === SAME) {
    if (three === SAME && two !== TIE) return two === SAME ? 0 : two - ITSELF;
    if (two === SAME && three !== TIE) return three - ITSELF;
  }
  return lightest(threads, first, rest);
}

/** The renaming whose image weighs least; 0: none weighs less than the world itself. */
function lightest(threads: i32, first: i32, rest: i32): i32 {
  const room = get(PAIRS_ROOM);
  let weights = get(WEIGHTS_AT);
  let best = 0;
  let least: u64 = 0;
  let others: u64 = 0;
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++, weights += room * 24) {
    const weight = load<u64>(weights + ((room + threads) << 3));
    const more = load<u64>(weights + (first << 3)) + load<u64>(weights + ((room * 2 + rest) << 3));
    if (renaming !== 0 && (weight > least || (weight === least && more >= others))) continue;
    least = weight;
    others = more;
    best = renaming;
  }
  return best;
}

/** Writes what renamings make of the three parts of a world, what each image weighs, and the verdict; which says that the rest is there, so it comes last. */
function rename(key: u64, own: i32, threads: i32, first: i32, rest: i32): void {
  const here = own + OWN_OTHER;
  const there = own + OWN_IMAGE;
  const second = <u64>get(SHIFT_SECOND);
  const room = get(PAIRS_ROOM);
  unpack(key, here);
  let record = get(RENAMED_AT);
  let images = get(IMAGES_AT);
  let weights = get(WEIGHTS_AT);
  for (let renaming = 0, renamings = get(RENAMINGS); renaming <= renamings; renaming++, weights += room * 24) {
    memory.fill(there, 0, get(WORDS) << 2);
    let one: u64 = 0;
    let two: u64 = 0;
    let three: u64 = 0;
    for (const end = record + get(RENAMED_BYTES); record < end; record += RENAMED_RECORD) {
      const node = (load<i32>(here + load<i32>(record)) >>> load<i32>(record, 4)) & load<i32>(record, 8);
      const becomes = load<i32>(record, 12) + node * IMAGE_BYTES;
      const target = there + load<i32>(record, 16);
      store<i32>(target, load<i32>(target) | (load<i32>(becomes) << load<i32>(record, 20)));
      const root = load<i32>(record, 24);
      const weight = load<u64>(becomes, 8);
      if (root === 0) one += weight;
      else if (root === 1) two += weight;
      else three += weight;
    }
    store<u64>(weights + (first << 3), one);
    store<u64>(weights + ((room + threads) << 3), two);
    store<u64>(weights + ((room * 2 + rest) << 3), three);
    if (renaming === 0) continue;
    const renamed = keyOf(there);
    store<u32>(images + (first << 2), <u32>(renamed & ((<u64>1 << second) - 1)));
    store<u32>(images + ((room + threads) << 2), <u32>((renamed >>> second) & ((<u64>1 << second) - 1)));
    store<u32>(images + ((room * 2 + rest) << 2), <u32>(renamed >>> <u64>get(SHIFT_THIRD)));
    images += room * 12;
  }
  atomic.store<u8>(get(VERDICTS_AT) + room + first, verdictOf(first));
  atomic.store<u8>(get(VERDICTS_AT) + room * 2 + rest, verdictOf(room * 2 + rest));
  atomic.store<u8>(get(VERDICTS_AT) + threads, verdictOf(room + threads));
}

/** Which image of a part weighs less than all others, from the weights. */
function verdictOf(part: i32): u8 {
  const step = get(PAIRS_ROOM) * 24;
  let at = get(WEIGHTS_AT) + (part << 3);
  const itself = load<u64>(at);
  let least = itself;
  let verdict: i32 = ITSELF;
  let same = true;
  for (let renaming = 1, renamings = get(RENAMINGS); renaming <= renamings; renaming++) {
    at += step;
    const weight = load<u64>(at);
    same = same && weight === itself;
    if (weight < least) verdict = ITSELF + renaming;
    else if (weight === least) verdict = TIE;
    least = min(least, weight);
  }
  return <u8>(same ? SAME : verdict);
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
        const key = representative(after(leaf, here, there), own);
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
  let one = first;
  for (let place = from; place < to; place++) {
    let onward = false;
    for (; one < pending && load<i32>(one, 20) === place; one += PENDING_BYTES) onward = settle(own, one) > place || onward;
    if (!onward && get(TURNS) !== 0) note(NOTE_TURN, place, 0);
  }
  return true;
}

/** Adds a pending world and notes what is new in it. Gives its place. */
// @ts-ignore: decorator
@inline
function settle(own: i32, one: i32): i32 {
  const key = load<u64>(one);
  const leaf = load<i32>(one, 12);
  const place = add(key, load<i32>(one, 8));
  const decided = load<i32>(leaf);
  if ((decided & ~get(DECIDED)) !== 0) {
    const fresh = decided & ~atomic.or<i32>(DECIDED << 2, decided);
    if (fresh !== 0) note(NOTE_DECIDED, load<i32>(one, 20), load<i32>(one, 16), fresh);
  }
  if (place >= 0) return place;
  if ((load<i32>(leaf, 4) & LEAF_VISIBLE) !== 0) {
    unpack(key, own + OWN_THERE);
    see(own + OWN_THERE, own, -1 - place, 1, NOTE_FOLD);
  }
  return -1 - place;
}

/** Expands worlds until none is left before `END`, or the host must do something. `workers`: how many run at once. */
export function run(worker: i32, workers: i32): i32 {
  const own = get(OWN_AT) + worker * OWN_BYTES;
  const reserve = workers * PENDING_ROOM;
  while (true) {
    if (atomic.load<i32>(WORLDS << 2) + reserve > get(WORLDS_ROOM)) return NO_ROOM;
    if (atomic.load<i32>(PAIRS << 2) + workers * get(PAIRS_RESERVE) > get(PAIRS_ROOM)) return NO_ROOM;
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

/** Is the world at `place`, whose words and inner nodes stand in the first worker's own memory, wished for? */
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
  const key = representative(after(get(LEAVES_AT) + leafOf(choice, here), here, own + OWN_THERE), own);
  return add(key, <i32>mix(key));
}
