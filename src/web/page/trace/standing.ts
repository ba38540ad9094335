/** Which trace is open, and where a reader stands in it: what a link to it says. */
import { signal } from '@preact/signals';
import type { PlainRecording } from '../../server/given.ts';

/** A kernel trace that was opened: the view of traces judges and shows it. */
export interface OpenedTrace {
  readonly name: string;
  readonly text: string;
  readonly recording?: PlainRecording;
  /** Where to stand when it is judged. Default: where the judge stopped. */
  readonly line?: number | undefined;
  /** The model that judges it. Default: that of its kernel. */
  readonly by?: string | undefined;
}

/** A trace that a link means and that is too large to be in it. */
export interface MeantTrace extends Pick<OpenedTrace, 'name' | 'line' | 'by'> {
  /** SHA-256 of the unpacked text in hexadecimal; empty where the browser of the sender computes none. */
  readonly hash: string;
  readonly characters: number;
  /** The word of the link. */
  readonly word: string;
}

export const trace = signal<OpenedTrace | null>(null);
export const meant = signal<MeantTrace | null>(null);
/** The line at which a reader stands. */
export const line = signal<number | null>(null);
/** The model that judges; undefined: that of the trace's kernel. */
export const model = signal<string | undefined>(undefined);
