/**
 * Finds out which kind of recording a text is, from the first line that only one kind has, and reads it as that kind.
 *
 * Until then lines are read as the kernel's own text: a heading, or a log that may still hold a dump of the trace buffer.
 */
import { parseLine, type Item } from '../line.ts';
import { bpftrace } from './bpftrace.ts';
import { dmesg } from './dmesg.ts';
import { journal } from './journal.ts';
import { perf } from './perf.ts';
import type { Format, Lines, Reader } from './reader.ts';
import { traceCmd } from './trace_cmd.ts';
import { udevadm } from './udevadm.ts';

const readers: readonly Reader[] = [traceCmd, perf, bpftrace, udevadm, journal, dmesg];

/** The kind that alone has such a line; undefined: it could be of several, or of none. */
export function formatOf(text: string): Format | undefined {
  const other = readers.find(({ knows }) => knows(text));
  return other?.format ?? (parseLine(text).kind === 'event' ? 'ftrace' : undefined);
}

export class Sorter {
  /** Null until a line has shown it. */
  format: Format | null;
  #lines: Lines | null = null;

  /** @param format what the file is said to be; absent: to be found out */
  constructor(format?: Format) {
    this.format = format ?? null;
    this.#open();
  }

  #open(): void {
    this.#lines = readers.find(({ format }) => format === this.format)?.open() ?? null;
  }

  take(text: string, line: number): readonly Item[] {
    if (this.format === null) {
      const format = formatOf(text);
      if (format !== undefined) {
        this.format = format;
        this.#open();
      }
    }
    return this.#lines?.take(text, line) ?? [parseLine(text, line)];
  }

  end(): readonly Item[] {
    return this.#lines?.end() ?? [];
  }

  /** The first line that is kept back; Infinity where none is. */
  get since(): number {
    return this.#lines?.since ?? Infinity;
  }
}
