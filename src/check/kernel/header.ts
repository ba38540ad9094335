/**
 * Where things stand in the memory that the kernel and its host share: read by both compilers, so nothing but numbers.
 *
 * The header is a row of 32-bit fields at address 0. `..._AT` are addresses in bytes. What workers write stands apart from
 * what all read, each in a line of the cache of its own.
 */

/** Parts of a world that are numbered, and a record for each (see `PART_BYTES`). */
export const PARTS = 0;
export const PARTS_AT = 1;

/**
 * Bands: actors that may do something or may be busy and stand side by side in the 64 bits of a world. All their bits together
 * lead to one row, that says what they may do together.
 */
export const BANDS = 5;
export const BANDS_AT = 6;
/** Shift and mask in the 64 bits, the rows, the first of its actors and the end of them (see `ACTOR_BYTES`). */
export const BAND_BYTES = 20;
export const BAND_MASK = 4;
export const BAND_ROWS = 8;
export const BAND_ACTORS = 12;
export const BAND_END = 16;
/**
 * A row: numbers of up to four choices, and the bytes that all its choices take in a list, or more when there are more; then the
 * same for choices that do not begin a call. Between them how many nodes are busy and inside, and `ROW_KNOWN`; 0: not known.
 */
export const ROW_BYTES = 32;
export const ROW_LISTED = 8;
export const ROW_COUNTS = 12;
export const ROW_LATER = 16;
export const ROW_KNOWN = 1;
export const ROW_CHOICES = 4;
/** Bits of a band of more than one actor at most. */
export const BAND_BITS = 12;
export const MOST_BANDS = 64;
/** An actor: offset, shift, mask, address of its node table. The offset is from where its words stand: the 64 bits, or the record of a part. */
export const ACTOR_BYTES = 16;
/**
 * What decides how a choice goes on, by choice and then by question: where the block of a world has the address of the actor's
 * words (see `BLOCK_BYTES`), offset, shift and mask, the address of the values by its node, the question, and room for one value. A value is
 * the address of a leaf or, below 0, that of the next question; 0: not known. A choice that asks nobody first finds its value
 * in the room for one: then all are read alike, and no branch has to be guessed.
 */
export const CHOICES_AT = 7;
export const ASK_BYTES = 32;
export const ASK_OFFSET = 4;
export const ASK_VALUES = 16;
export const ASK_QUESTION = 20;
export const ASK_VALUE = 24;
/** As many threads as this may be inside a call. */
export const TOGETHER = 13;

/** Pairs that stand for what properties see, in the order of discovery; a hash table of their places + 1; what was noted of each as a fold. */
export const PAIRS_AT = 14;
export const PAIRS_ROOM = 16;
export const PAIR_SLOTS_AT = 17;
export const PAIR_SLOTS_MASK = 18;
export const FOLDS_AT = 19;

/** Worlds in the order of discovery, 8 bytes each; a hash table of their places + 1. */
export const WORLDS_AT = 20;
export const WORLDS_ROOM = 22;
export const SLOTS_AT = 23;
export const SLOTS_MASK = 24;

/** Where this run ends, and how many worlds are expanded together, so that their look-ups overlap. */
export const END = 26;
export const BATCH = 25;

/** What the host must look at: kind, place, and one number more. */
export const NOTES_AT = 27;
export const NOTES_ROOM = 29;

/** Actors that properties look at: offset, shift, mask, address of their observations, word and shift among the observed, and where a block has the address of their words. */
export const WATCHED = 31;
export const WATCHED_AT = 32;
export const WATCHED_BYTES = 28;
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
/** Counts how often worlds got other keys or other places: what workers remember of them is void then. From 1. */
export const ERA = 46;
/** Not 0: worlds that only lead back, to worlds before them, are noted. */
export const TURNS = 44;

/** What changes make of parts: change, part and part afterwards, see `MEMORY_NUMBER`; and its entries - 1. */
export const MEMORY_AT = 12;
export const MEMORY_MASK = 52;
/** By number of a change, of whichever part: what to xor to the words of the part. */
export const CHANGES_AT = 9;
export const CHANGE_BYTES = 10;
/** Counts the turns of the workers, and those of them that are done with theirs. */
export const TURN = 41;
export const AT_REST = 42;

/** Ways to rename. */
export const RENAMINGS = 45;
/** Bytes of one record in a part's list of actors: offset, shift, mask, address of images, offset and shift of the actor it becomes. */
export const RENAMED_RECORD = 24;
/** An image: a node, nothing, and its weight in 64 bits. */
export const IMAGE_BYTES = 16;
/**
 * By value of a part: 0 where nothing is known; `ITSELF`, or more by the number of a renaming, when that image weighs less
 * than all others; `SAME` when all weigh the same; or `TIE`.
 */
export const ITSELF = 1;
export const SAME = 254;
export const TIE = 255;
/** Pairs that the batch of one worker may add, and values of a part. */
export const PAIRS_RESERVE = 51;
export const PART_RESERVE = 53;

/** Worlds that were found; the next one to expand; notes; pairs. */
export const WORLDS = 128;
export const NEXT = 160;
export const NOTES = 192;
export const PAIRS = 224;
/** Properties about steps that are decided already; bit 31: a world that is stuck was noted. */
export const DECIDED = 256;

/** A part, whose values are records in the order of discovery: where its number stands in the 64 bits, and the mask of that. */
export const PART_BYTES = 192;
export const PART_SHIFT = 0;
export const PART_MASK = 4;
/** Where its record stands in a world in hand, and how many bytes it takes: a row, then its words. */
export const PART_HERE = 8;
export const PART_RECORD = 12;
export const PART_RECORDS_AT = 16;
export const PART_ROOM = 20;
export const PART_SLOTS_AT = 24;
export const PART_SLOTS_MASK = 28;
/** Actors of it that may do something or be busy, see `ACTOR_BYTES`. */
export const PART_ACTORS_AT = 32;
export const PART_ACTORS_END = 36;
/** By renaming, first none: a list of its actors. By value: verdict; for each renaming the image; for none and for each the weight. */
export const PART_RENAMED_AT = 44;
export const PART_RENAMED_BYTES = 48;
export const PART_VERDICTS_AT = 52;
export const PART_IMAGES_AT = 56;
export const PART_WEIGHTS_AT = 60;
/** Its values, in a line of the cache of its own. */
export const PART_COUNT = 128;

/** Inside a worker's own memory: transitions (64 bits), worlds in hand, observed words. */
export const OWN_TRANSITIONS = 0;
/** What was only read so that it is at hand: were it written nowhere, nobody would read it. */
export const OWN_TOUCHED = 8;
/** The `ERA` of what it remembers. */
export const OWN_ERA = 16;
export const OWN_HERE = 64;
export const OWN_THERE = 1088;
export const OWN_OTHER = 2112;
export const OWN_OBSERVED = 3136;
/** A world in hand has room for this. */
export const HERE_ROOM = 1024;

/** Blocks: of one world to look at, then of the worlds of a batch; and by band and world the address of a row. */
export const OWN_BLOCK = 3584;
export const OWN_BLOCKS = 3648;
export const OWN_ROWS = 7744;
export const OWN_ROWS_BYTES = 256;
/**
 * A world whose steps are taken: its 64 bits, their address, its place, how many nodes are busy and inside (see `NODE_BUSY`),
 * the end of the list of its steps, and the address of the record of each part.
 */
export const BLOCK_BYTES = 64;
export const BLOCK_SELF = 8;
export const BLOCK_PLACE = 12;
export const BLOCK_COUNTS = 16;
export const BLOCK_END = 20;
export const BLOCK_PARTS = 24;
export const MOST_PARTS = 10;
/** What may happen in these worlds: record of the choice and block, 4 bytes each. */
export const OWN_STEPS = 24128;
export const STEP_BYTES = 8;

/** A pending world: key (64 bits), then its hash, before that the address of what is remembered; leaf, record of the choice, block of the world it came from; what is looked for there (64 bits). */
export const OWN_PENDING = 24192 + 8 * 16384;
export const PENDING_BYTES = 32;
export const PENDING_HASH = 8;
export const PENDING_LEAF = 12;
export const PENDING_CHOICE = 16;
export const PENDING_BLOCK = 20;
export const PENDING_SOUGHT = 24;
export const PENDING_ROOM = 16384;
/** Pending worlds for which something is done later. */
export const OWN_LATER = 24256 + 40 * 16384;
/** By hash: the worlds that a worker met lately, and their places. Most steps lead to one of them. */
export const LATELY = 32768;
export const OWN_LATELY = 24256 + 44 * 16384 + 64;
export const OWN_PLACES = 24256 + 44 * 16384 + 64 + 8 * 32768;
export const OWN_BYTES = 24256 + 44 * 16384 + 64 + 12 * 32768;

export const MOST_BATCH = 64;
/** A node of an actor: record of the first choice, then number of choices and flags. */
export const NODE_BYTES = 8;
export const COUNT_MASK = 0xffff;
/** Something in flight, or a thread inside a call; and a thread of the topology inside a call. They are added up over the nodes of a world: at most 127. */
export const NODE_BUSY = 0x10000;
export const NODE_INSIDE = 0x1000000;
export const NODE_COUNTS = 0x1010000;
/** Its choices begin calls. */
export const NODE_BEGINS = -0x80000000;

/** Bits of a number of a part, and of a change that is remembered. */
export const MEMORY_NUMBER = 25;
export const MEMORY_CHANGE = 14;

/** What a choice does in the end: decided properties, flags, what to xor to the 64 bits, then for each part the number of a change; 0: none. */
export const LEAF_FLAGS = 4;
export const LEAF_PLAIN = 8;
export const LEAF_CHANGES = 16;
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
