/**
 * Where things stand in the memory that the kernel and its host share: read by both compilers, so nothing but numbers.
 *
 * The header is a row of 32-bit fields at address 0. `..._AT` are addresses in bytes.
 */

/** Words of a world, inner nodes of its tree, the three nodes that make its key, and where the second and third begin. */
export const WORDS = 0;
export const INNERS = 1;
export const ROOT_FIRST = 2;
export const ROOT_SECOND = 3;
export const ROOT_THIRD = 38;
export const SHIFT_SECOND = 39;
export const SHIFT_THIRD = 40;
/** Per inner node: left and right child, as places among words and inner nodes. */
export const SHAPE_AT = 4;

/** Actors that may do something or may be busy: word, shift, mask, address of their node table. */
export const ACTORS = 5;
export const ACTORS_AT = 6;
/** By choice: a value, which is a leaf (see `LEAVES_AT`) or, below 0, -1 - question. */
export const CHOICES_AT = 7;
/** By question: word, shift and mask of the actor that is asked. */
export const ASKS_AT = 8;
/** Hash table: question, node, value, unused. */
export const EDGES_AT = 9;
export const EDGES_MASK = 10;
/** What choices do in the end, see `after` in the kernel. A value above 0 is the address of a leaf behind this one. */
export const LEAVES_AT = 11;
/** As many threads as this may be inside a call. */
export const TOGETHER = 13;

/** Pairs that inner nodes stand for, in the order of discovery; a hash table of their places + 1; what was noted of each as a fold. */
export const PAIRS_AT = 14;
export const PAIRS = 15;
export const PAIRS_ROOM = 16;
export const PAIR_SLOTS_AT = 17;
export const PAIR_SLOTS_MASK = 18;
export const FOLDS_AT = 19;

/** Worlds in the order of discovery, 8 bytes each; a hash table of their places + 1. */
export const WORLDS_AT = 20;
export const WORLDS = 21;
export const WORLDS_ROOM = 22;
export const SLOTS_AT = 23;
export const SLOTS_MASK = 24;

/** Next world to expand, and where this run ends. */
export const NEXT = 25;
export const END = 26;

/** What the host must look at: kind, place, and one number more. */
export const NOTES_AT = 27;
export const NOTES = 28;
export const NOTES_ROOM = 29;
/** Properties about steps that are decided already; bit 31: a world that is stuck was noted. */
export const DECIDED = 30;

/** Actors that properties look at: word, shift, mask, address of their observations, word and shift among the observed. */
export const WATCHED = 31;
export const WATCHED_AT = 32;
export const OBSERVED_WORDS = 33;

/** One for each worker, `OWN_BYTES` long. */
export const OWN_AT = 34;
/** By world: a byte for searches through the whole graph: 0, `LEADS` (to a wished world), or a trail that was there, from `FIRST_TRAIL` up. */
export const MARKS_AT = 35;
export const LEADS = 1;
export const FIRST_TRAIL = 2;
export const LAST_TRAIL = 255;
/** Worlds on one trail. */
export const TRAIL_AT = 43;
export const TRAIL_ROOM = 1048576;
/** By fold: 0 where the host was not asked, `WISHED` where worlds that look so are wished for. */
export const WISHES_AT = 36;
export const WISHED = 1;
export const UNWISHED = 2;
export const WISH_RESTS = 37;
/** Not 0: worlds that only lead back, to worlds before them, are noted. */
export const TURNS = 44;

/** What leaves do to roots: change, root and root afterwards in 64 bits each. */
export const MEMORY_AT = 12;
/** Counts the turns of the workers, and those of them that are done with theirs. */
export const TURN = 41;
export const AT_REST = 42;

/** Ways to rename, each a list of actors: word, shift, mask, address of images, word and shift of the actor it becomes, root that both are below. */
export const RENAMINGS = 45;
export const RENAMED_AT = 46;
/** Bytes of one record, and of one list. */
export const RENAMED_RECORD = 28;
export const RENAMED_BYTES = 47;
/** An image: a node, nothing, and its weight in 64 bits. */
export const IMAGE_BYTES = 16;
/**
 * What renamings make of the value of a root, where it is known. Three rows of `PAIRS_ROOM` each, by value: of the first root,
 * of threads, of the third; in the verdicts threads come first. Images and weights have such rows for each renaming.
 *
 * A verdict: 0 where nothing is known; `ITSELF`, or more by the number of a renaming, when that image weighs less than all
 * others; `SAME` when all weigh the same; or `TIE`.
 */
export const VERDICTS_AT = 48;
export const IMAGES_AT = 49;
export const WEIGHTS_AT = 50;
export const ITSELF = 1;
export const SAME = 254;
export const TIE = 255;
/** Pairs that the batch of one worker may add. */
export const PAIRS_RESERVE = 51;

/** Inside a worker's own memory: transitions (64 bits), worlds and successors in hand, observed words, pending worlds. */
export const OWN_TRANSITIONS = 0;
export const OWN_HERE = 64;
export const OWN_THERE = 320;
export const OWN_OBSERVED = 576;
export const OWN_OPEN = 1024;
/** Numbers of values of the third root: value, number + 1. */
export const OWN_THIRDS = 6656;
export const THIRDS_BYTES = 512;
export const OWN_OTHER = 7168;
export const OWN_IMAGE = 7424;
export const OWN_PENDING = 8192;
/** A pending world: key (64 bits), hash, leaf, choice, world it came from. */
export const PENDING_BYTES = 24;
export const PENDING_ROOM = 16384;
export const OWN_BYTES = 8192 + 24 * 16384;

/** Worlds expanded together, so that their look-ups overlap. */
export const BATCH = 16;
/** A node of an actor: first choice, then number of choices and flags. */
export const NODE_BYTES = 8;
export const COUNT_MASK = 0xffff;
/** Something in flight, or a thread inside a call. */
export const NODE_BUSY = 0x10000;
/** A thread of the topology inside a call. */
export const NODE_INSIDE = 0x20000;
/** Its choices begin calls. */
export const NODE_BEGINS = 0x40000;

/** Entries of that memory - 1. */
export const MEMORY_MASK = 52;
/** Bits of a root in it, and a change that is never remembered. */
export const MEMORY_ROOT = 22;
export const NO_MEMORY = 0xfffff;

/** Flag of a leaf: properties may see a difference. */
export const LEAF_VISIBLE = 1;

/** What a run returns. */
export const DONE = 0;
export const NO_ROOM = 1;
export const TELL = 2;

/** Kinds of notes: three numbers follow. */
export const NOTE_FOLD = 1;
export const NOTE_REST = 2;
export const NOTE_STUCK = 3;
export const NOTE_DECIDED = 4;
/** A batch that needs the host: its first world and its end. */
export const NOTE_PARKED = 5;
/** Every step of the world leads to a world before it. */
export const NOTE_TURN = 6;
export const NOTE_BYTES = 16;
