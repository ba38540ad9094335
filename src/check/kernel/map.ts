/** Where each part of the kernel's memory begins, for given sizes. */
import * as header from './header.ts';

/** How much of everything there is room for. */
export interface Sizes {
  readonly workers: number;
  /** Nodes of each actor, as its field in a world allows. */
  readonly nodes: readonly number[];
  readonly choices: number;
  readonly questions: number;
  /** Slots of the table of answers; a power of two. */
  readonly answers: number;
  /** Bytes of all leaves. */
  readonly leaves: number;
  /** Slots of the table of pairs; a power of two. Half of them may be used. */
  readonly pairSlots: number;
  /** Ways to rename. */
  readonly renamings: number;
  /** Slots of the table of worlds; a power of two. Three quarters of them may be used. */
  readonly slots: number;
}

export interface MemoryMap {
  readonly own: number;
  readonly notes: number;
  readonly shape: number;
  readonly actors: number;
  readonly watched: number;
  readonly nodes: readonly number[];
  readonly seen: readonly number[];
  readonly choices: number;
  readonly asks: number;
  readonly answers: number;
  readonly leaves: number;
  readonly memory: number;
  readonly renamed: number;
  /** By actor: images of its nodes, under no renaming and under each. */
  readonly images: readonly number[];
  readonly verdicts: number;
  readonly rootImages: number;
  readonly weights: number;
  readonly pairs: number;
  readonly folds: number;
  readonly wishes: number;
  readonly pairSlots: number;
  readonly slots: number;
  readonly worlds: number;
  /** First byte behind everything. */
  readonly end: number;
}

/** Notes that fit: enough for what every worker may write between two looks. */
export const notesRoom = (workers: number): number => (workers + 1) * 2 * header.PENDING_ROOM;

/** Worlds that fit. */
export const room = (slots: number): number => Math.floor((slots / 4) * 3);

/** Bytes of what renamings make of a pair that is the value of some root. */
export const imagesBytes = (renamings: number): number => (renamings === 0 ? 0 : 3 * (1 + renamings * 4 + (renamings + 1) * 8));

/** What leaves do to roots is remembered for so many; the more pairs, the more roots. */
export const memoryEntries = (pairSlots: number): number => Math.max(2 ** 16, Math.min(pairSlots / 2, 2 ** 22));

export function mapOf({ workers, nodes, choices, questions, answers, leaves, pairSlots, renamings, slots }: Sizes): MemoryMap {
  let at = 4096;
  const take = (bytes: number) => {
    const from = at;
    at = Math.ceil((at + bytes) / 64) * 64;
    return from;
  };
  return {
    own: take(workers * header.OWN_BYTES),
    notes: take(notesRoom(workers) * header.NOTE_BYTES),
    shape: take(64 * 8),
    actors: take(nodes.length * 16),
    watched: take(nodes.length * 24),
    nodes: nodes.map((count) => take(count * header.NODE_BYTES)),
    seen: nodes.map((count) => take(count * 2)),
    choices: take(choices * 4),
    asks: take(questions * 12),
    answers: take(answers * 16),
    leaves: take(leaves),
    memory: take(memoryEntries(pairSlots) * 8),
    renamed: take(renamings === 0 ? 0 : (renamings + 1) * nodes.length * header.RENAMED_RECORD),
    images: nodes.map((count) => take(renamings === 0 ? 0 : (renamings + 1) * count * header.IMAGE_BYTES)),
    verdicts: take(renamings === 0 ? 0 : 3 * (pairSlots / 2)),
    rootImages: take(12 * renamings * (pairSlots / 2)),
    weights: take(renamings === 0 ? 0 : 24 * (renamings + 1) * (pairSlots / 2)),
    pairs: take((pairSlots / 2) * 8),
    folds: take(pairSlots / 2),
    wishes: take(pairSlots / 2),
    pairSlots: take(pairSlots * 16),
    slots: take(slots * 4),
    worlds: take(room(slots) * 8),
    end: at,
  };
}
