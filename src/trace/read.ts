/**
 * A whole trace, as batches of parsed lines and a running summary.
 *
 * Memory stays flat whatever the size: one block of input and the lines in it. Works on anything that
 * hands out text or bytes, in a browser too; files, gzip and standard input are in file.ts.
 */
import { ModelError } from '../errors.ts';
import { parseLine, type Item } from './line.ts';
import { binary, magicLooks, oddCharacters, textLooks } from './looks.ts';
import { alarmOf } from './marker.ts';
import type { Format } from './readers/reader.ts';
import { formatOf, Sorter } from './readers/sorter.ts';

/** A piece of text and where it stands, for reports. */
export type Quote = { readonly line: number; readonly text: string };

/** How many, and the first few. */
export type Tally = { readonly count: number; readonly first: readonly Quote[] };

/** What a reading has seen so far. Complete once the iteration has ended. */
export type Summary = {
  readonly name: string;
  /** Bytes taken from the source, after unpacking; characters where the source is text. */
  readonly bytes: number;
  readonly lines: number;
  readonly events: number;
  /** Unit of the clock: `null` before the first event, `mixed` when files were put together. */
  readonly unit: 'count' | 'seconds' | 'mixed' | null;
  /**
   * From the header: how many events the kernel held and had written. Fewer held than written are a hole;
   * fewer `events` than held mean that lines were taken out of the file, nobody knows where.
   */
  readonly entries: { readonly held: number; readonly written: number; readonly cpus: number } | null;
  /** Name of the kernel's current tracer; anything but `nop` mixes other lines in. '' when not said. */
  readonly tracer: string;
  /** Kernel release, in the rare headers that name it; else ''. */
  readonly release: string;
  /** Where events are known to be missing: lost, overwritten, or cut off. `events` counts those that are numbered. */
  readonly holes: Tally & { readonly events: number };
  /** Lines of the kernel log among the events. */
  readonly console: number;
  /** The first line that names a crash. */
  readonly crash: Quote | null;
  /** Warnings (`WARN_ON`) among the log lines. */
  readonly warnings: Tally;
  /** Lines of other tracers and options. */
  readonly foreign: number;
  /** Lines that are nothing we know. */
  readonly unparsed: Tally;
  /** What wrote the file, as its first telling line shows; null before that line. */
  readonly format: Format | null;
  /** Unparsed lines that are of another kind of recording, by kind. */
  readonly mixed: readonly (Tally & { readonly format: Format })[];
  /** The last line stops in the middle: it has no end of line and makes no sense. It is not in `unparsed`. */
  readonly truncated: Quote | null;
  /** False when the last line has no end of line. It was read, but its last value may be cut. */
  readonly newlineAtEnd: boolean;
};

/** Lines in file order, some thousands at a time. Each batch is a new array; the reader keeps none. */
export type Reading = AsyncIterable<readonly Item[]> & { readonly summary: Summary };

/** Text or bytes (UTF-8), in one piece or in pieces cut anywhere. */
export type Source = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export type ReadOptions = {
  /** What errors call the source; a path, or `standard input`. */
  readonly name: string;
  /** What wrote the source; absent: its lines show it. */
  readonly format?: Format;
};

/** A line may be this long, in characters. The kernel's own limit is a page. */
export const lineLimit = 65_536;

/** So many lines may go by without one that belongs to a trace. */
const patience = 1000;

/** How many lines of a kind are remembered with their text, and how much of it. */
const remembered = 5;
const quoteLimit = 300;

/** What is given in one piece is cut into blocks of this size, so that batches stay small. */
const blockSize = 262_144;

/**
 * Reads trace text: iterate over the result for batches of lines, then look at its `summary`.
 *
 * Lines among good ones that cannot be read are no error: they are counted, and the first are kept.
 * A line longer than 64 KiB is one of them, whatever it holds; its text is cut short.
 * A reading is used once.
 *
 * @example
 * const reading = readTrace(text, { name: 'pasted text' });
 * for await (const batch of reading) for (const item of batch) if (item.kind === 'event') see(item);
 * reading.summary.unparsed.count; // 0
 *
 * @throws {ModelError} `not-a-trace`, out of the iteration, when the source is empty, binary, or text
 * without a line of a trace in its first thousand lines (a kernel log may have more before the events).
 */
export function readTrace(source: Source, options: ReadOptions): Reading {
  const collector = new Collector(options);
  return { summary: collector, [Symbol.asyncIterator]: () => batches(source, collector) };
}

async function* batches(source: Source, collector: Collector): AsyncGenerator<readonly Item[]> {
  const decoder = new TextDecoder();
  for await (const piece of pieces(source)) {
    if (typeof piece !== 'string') collector.refusePacked(piece);
    collector.bytes += piece.length;
    const items = collector.take(typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }));
    if (items.length > 0) yield items;
  }
  const last = [...collector.take(decoder.decode()), ...collector.finish()];
  if (last.length > 0) yield last;
}

function pieces(source: Source): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  if (typeof source === 'string') {
    // An editor's byte order mark goes; where bytes are decoded, the decoder drops it.
    return blocks(source.startsWith('\ufeff') ? 1 : 0, source.length, (from, to) => source.slice(from, to));
  }
  return source instanceof Uint8Array ? blocks(0, source.length, (from, to) => source.subarray(from, to)) : source;
}

function* blocks<T>(start: number, end: number, cut: (from: number, to: number) => T): Generator<T> {
  for (let at = start; at < end; at += blockSize) yield cut(at, at + blockSize);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Takes pieces of text, gives lines, and keeps the books. */
class Collector implements Writable<Summary> {
  bytes = 0;
  lines = 0;
  events = 0;
  unit: Summary['unit'] = null;
  entries: Summary['entries'] = null;
  tracer = '';
  release = '';
  console = 0;
  crash: Quote | null = null;
  foreign = 0;
  truncated: Quote | null = null;
  newlineAtEnd = true;
  readonly holes = { count: 0, events: 0, first: [] as Quote[] };
  readonly warnings = { count: 0, first: [] as Quote[] };
  readonly unparsed = { count: 0, first: [] as Quote[] };
  readonly mixed: { readonly format: Format; count: number; readonly first: Quote[] }[] = [];
  readonly name: string;
  readonly #sorter: Sorter;

  /** The line that has no end yet. */
  #rest = '';
  /** The first lines, to say what the text looks like. Empty once there was an event. */
  #head: string[] = [];
  /** Of the first characters, how many were looked at, and how many of them no text has. */
  #looked = 0;
  #odd = 0;
  /** The console speaks without time stamps: from here on a line that is no event is the kernel's. */
  #dumping = false;

  constructor({ name, format }: ReadOptions) {
    this.name = name;
    this.#sorter = new Sorter(format);
  }

  get format(): Format | null {
    return this.#sorter.format;
  }

  refusePacked(piece: Uint8Array): void {
    const looks = this.bytes === 0 ? magicLooks(piece) : null;
    if (looks !== null) this.#refuse(`it looks like ${looks.like}`, looks.hint);
  }

  #refuseBinary(text: string): void {
    this.#looked += text.length;
    this.#odd += oddCharacters(text);
    const mostlyOdd = this.#odd > 20 && this.#odd * 20 > this.#looked;
    if (text.includes('\0') || mostlyOdd) this.#refuse(`it looks like ${binary.like}`, binary.hint);
  }

  take(piece: string): Item[] {
    if (this.#looked < lineLimit) this.#refuseBinary(piece.slice(0, lineLimit));
    const items: Item[] = [];
    let from = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', from)) {
      const part = piece.slice(from, end);
      this.#line(this.#rest === '' ? part : this.#rest + part, true, items);
      this.#rest = '';
      from = end + 1;
    }
    // Of a line without end a little more than the limit is kept: enough to know that it is too long.
    if (from < piece.length && this.#rest.length <= lineLimit) this.#rest += piece.slice(from);
    if (this.#rest.length > lineLimit || this.lines > patience) this.#refuseUnlessTrace(false);
    return items;
  }

  finish(): Item[] {
    const items: Item[] = [];
    if (this.#rest !== '') {
      this.newlineAtEnd = false;
      this.#line(this.#rest, false, items);
      this.#rest = '';
    }
    for (const item of this.#sorter.end()) this.#count(item, items);
    this.#refuseUnlessTrace(true);
    return items;
  }

  #line(text: string, ended: boolean, items: Item[]): void {
    this.lines++;
    if (text.length > lineLimit) this.#count(tooLong(text, this.lines), items);
    else if (this.format === 'ftrace') this.#count(this.#classify(parseLine(text, this.lines), ended), items);
    else for (const item of this.#sorter.take(text, this.lines)) this.#count(this.#classify(item, ended), items);
  }

  /** What depends on more than the line itself. */
  #classify(item: Item, ended: boolean): Item {
    if (item.kind === 'console') {
      if (item.message === item.text) this.#dumping = true;
      return item;
    }
    if (item.kind !== 'unparsed') return item;
    const { line, text } = item;
    if (this.#dumping) return { kind: 'console', line, text, message: text, alarm: alarmOf(text) };
    return ended || line < this.lines ? item : { kind: 'truncated', line, text };
  }

  #count(item: Item, items: Item[]): void {
    items.push(item);
    if (item.kind === 'event') {
      this.events++;
      if (this.unit !== item.unit) this.unit = this.unit === null ? item.unit : 'mixed';
      return;
    }
    if (this.events === 0 && this.#head.length < 100) this.#head.push(item.text);
    switch (item.kind) {
      case 'header':
        this.tracer ||= item.tracer;
        this.release ||= item.release;
        break;
      case 'entries':
        this.entries ??= { held: item.held, written: item.written, cpus: item.cpus };
        if (item.held < item.written) this.#hole(item, item.written - item.held);
        break;
      case 'lost':
        this.#hole(item, item.count ?? 0);
        break;
      case 'started':
        this.#hole(item, 0);
        break;
      case 'cut':
        this.#hole(item, item.of - item.kept);
        break;
      case 'console':
        this.console++;
        if (item.alarm === 'crash') this.crash ??= quote(item.line, item.message);
        if (item.alarm === 'warning') remember(this.warnings, item.line, item.message);
        break;
      case 'foreign':
        this.foreign++;
        break;
      case 'unparsed':
        remember(this.unparsed, item.line, item.text);
        this.#other(item.line, item.text);
        break;
      case 'truncated':
        this.truncated = quote(item.line, item.text);
        break;
      case 'blank':
        break;
    }
  }

  /** A line that this kind does not have may be one of another kind. */
  #other(line: number, text: string): void {
    const format = this.format === null ? undefined : formatOf(text);
    if (format === undefined || format === this.format) return;
    let mixed = this.mixed.find((known) => known.format === format);
    if (mixed === undefined) this.mixed.push((mixed = { format, count: 0, first: [] }));
    remember(mixed, line, text);
  }

  #hole(item: Item, events: number): void {
    this.holes.events += events;
    remember(this.holes, item.line, item.text);
  }

  #refuseUnlessTrace(atEnd: boolean): void {
    if (this.events > 0) return;
    const signs = this.tracer !== '' || this.entries !== null || this.holes.count > 0;
    const odd = this.unparsed.count > 0 || this.truncated !== null || this.foreign > 0 || this.console > 0;
    // An empty recording has a header and nothing else. A log may have its events at the very end.
    if (atEnd ? signs && !odd : this.foreign > 0 || this.console > 0) return;
    if (this.bytes === 0) {
      this.#refuse('it is empty', 'a trace_pipe gives each event once; read `trace` to get events again');
    }
    if (this.foreign > 0) {
      this.#refuse('it looks like output of the function tracer, without one event of a probe', 'enable events, see the probes that docs/how-to/record.md names');
    }
    const { like, hint } = textLooks([...this.#head, this.#rest]);
    this.#refuse(`it looks like ${like}`, hint);
  }

  #refuse(what: string, hint: string): never {
    const line = this.unparsed.first[0]?.line;
    throw new ModelError('not-a-trace', `no line of a kernel trace here: ${what}`, {
      at: line === undefined ? this.name : `line ${line} of ${this.name}`,
      accepted: 'the text of `trace` or `trace_pipe` in tracefs, a console log with a dump of the trace buffer, or one of the kinds in docs/reference/recordings.md',
      hint,
    });
  }
}

function remember(list: { count: number; readonly first: Quote[] }, line: number, text: string): void {
  list.count++;
  if (list.first.length < remembered) list.first.push(quote(line, text));
}

function quote(line: number, text: string): Quote {
  return { line, text: text.slice(0, quoteLimit) };
}

function tooLong(text: string, line: number): Item {
  return { kind: 'unparsed', line, text: `${text.slice(0, quoteLimit)} ...` };
}
