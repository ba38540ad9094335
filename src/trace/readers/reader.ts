/** What a reader of another program's recording is: it takes lines of text, and gives the items that the judge takes. */
import type { Item } from '../line.ts';

/** Kinds of recordings, by the program that writes them. */
export const formats = ['ftrace', 'trace-cmd', 'perf', 'bpftrace', 'dmesg', 'journal', 'udevadm'] as const;

export type Format = (typeof formats)[number];

/** The reading of one file. */
export interface Lines {
  /** Takes the next line; gives what is known by now, in the order of the events. */
  take(text: string, line: number): readonly Item[];
  /** The file is over: gives what was kept back. */
  end(): readonly Item[];
  /** The first line that is kept back; Infinity where none is. */
  readonly since: number;
}

export interface Reader {
  readonly format: Format;
  /** Only this kind has such a line. Asked until one reader says yes, and again of lines that no one can read. */
  readonly knows: (text: string) => boolean;
  readonly open: () => Lines;
}

/** A reader that needs no more than the line. */
export const lineByLine = (read: (text: string, line: number) => Item): (() => Lines) => () =>
  ({ take: (text, line) => [read(text, line)], end: () => [], since: Infinity });
