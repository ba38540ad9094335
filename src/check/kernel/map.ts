/** Where each part of the kernel's memory begins, for given sizes. */
import * as header from './header.ts';

/** How much of everything there is room for. */
export interface Sizes {
  readonly workers: number;
  /** Nodes of each actor, as its field in a world allows. */
  readonly nodes: readonly number[];
  readonly choices: number;
  /** By question: nodes of the actor that is asked; and questions that there is room for, with as many nodes in all. */
  readonly questions: number;
  readonly answers: number;
  /** Rows of all bands. */
  readonly rows: number;
  /** Bytes of all leaves. */
  readonly leaves: number;
  /** Changes of parts, and bytes of each. */
  readonly changes: number;
  readonly changeBytes: number;
  /** Slots of the table of pairs; a power of two. Half of them may be used. */
  readonly pairSlots: number;
  /** Ways to rename. */
  readonly renamings: number;
  /** By part: values, a power of two, with twice as many slots; and bytes of a record. */
  readonly parts: readonly { readonly room: number; readonly bytes: number }[];
  /** Slots of the table of worlds; a power of two. Three quarters of them may be used. */
  readonly slots: number;
}

/** Where a part of worlds has its tables. */
export interface PartMap {
  readonly actors: number;
  readonly renamed: number;
  readonly verdicts: number;
  readonly images: number;
  readonly weights: number;
  readonly slots: number;
  readonly records: number;
}

export interface MemoryMap {
  readonly own: number;
  readonly notes: number;
  readonly parts: number;
  readonly actors: number;
  readonly bands: number;
  readonly rows: number;
  readonly watched: number;
  readonly nodes: readonly number[];
  readonly seen: readonly number[];
  readonly choices: number;
  readonly asks: number;
  readonly answers: number;
  readonly leaves: number;
  readonly changes: number;
  /** By actor: images of its nodes, under no renaming and under each. */
  readonly images: readonly number[];
  readonly memory: number;
  readonly folds: number;
  readonly wishes: number;
  readonly ofParts: readonly PartMap[];
  readonly pairSlots: number;
  readonly pairs: number;
  readonly slots: number;
  readonly worlds: number;
  /** First byte behind everything. */
  readonly end: number;
}

/** Notes that fit: enough for what every worker may write between two looks. */
export const notesRoom = (workers: number): number => (workers + 1) * 2 * header.PENDING_ROOM;

/** Worlds that fit. */
export const room = (slots: number): number => Math.floor((slots / 4) * 3);

/** Bytes of what renamings make of one value of a part. */
export const imagesBytes = (renamings: number): number => (renamings === 0 ? 0 : 1 + renamings * 4 + (renamings + 1) * 8);

/** What changes make of parts is remembered for so many; the more values, the more changes. */
export const memoryEntries = (parts: Sizes['parts']): number => Math.max(2 ** 16, Math.min(2 * Math.max(...parts.map((part) => part.room)), 2 ** 22));

export function mapOf({ workers, nodes, choices, questions, answers, rows, leaves, changes, changeBytes, pairSlots, renamings, parts, slots }: Sizes): MemoryMap {
  let at = 8192;
  const take = (bytes: number) => {
    const from = at;
    at = Math.ceil((at + bytes) / 64) * 64;
    return from;
  };
  return {
    own: take(workers * header.OWN_BYTES),
    notes: take(notesRoom(workers) * header.NOTE_BYTES),
    parts: take(parts.length * header.PART_BYTES),
    actors: take(nodes.length * header.ACTOR_BYTES),
    bands: take(header.MOST_BANDS * header.BAND_BYTES),
    rows: take(rows * header.ROW_BYTES),
    watched: take(nodes.length * header.WATCHED_BYTES),
    nodes: nodes.map((count) => take(count * header.NODE_BYTES)),
    seen: nodes.map((count) => take(count * 2)),
    choices: take(choices * header.ASK_BYTES),
    asks: take(questions * header.ASK_BYTES),
    answers: take(answers * 4),
    leaves: take(leaves),
    changes: take(changes * changeBytes),
    images: nodes.map((count) => take(renamings === 0 ? 0 : (renamings + 1) * count * header.IMAGE_BYTES)),
    memory: take(memoryEntries(parts) * 8),
    folds: take(pairSlots / 2),
    wishes: take(pairSlots / 2),
    pairSlots: take(pairSlots * 16),
    pairs: take((pairSlots / 2) * 8),
    ofParts: parts.map((part) => ({
      actors: take(nodes.length * header.ACTOR_BYTES),
      renamed: take(renamings === 0 ? 0 : (renamings + 1) * nodes.length * header.RENAMED_RECORD),
      verdicts: take(renamings === 0 ? 0 : part.room),
      images: take(renamings * part.room * 4),
      weights: take(renamings === 0 ? 0 : (renamings + 1) * part.room * 8),
      slots: take(part.room * 8),
      records: take(part.room * part.bytes),
    })),
    slots: take(slots * 4),
    worlds: take(room(slots) * 8),
    end: at,
  };
}
