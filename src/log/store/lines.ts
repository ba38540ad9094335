/**
 * The bytes of a JSON Lines log: batches of lines, each batch closed by a hash over itself and all before it.
 *
 * A batch counts only when it is closed, so what a dead process left half-written is not there; a changed byte anywhere is
 * found, with its line. A log that was exported ends with a trailer and takes no more.
 */
import { createHash } from 'node:crypto';
import { ModelError } from '../../errors.ts';
import { damaged, envelope, format, frame, headerType, opened, parsed, trailerType } from './envelope.ts';
import type { StoredRow } from './encode.ts';
import { Rows } from './memory.ts';

const closing = /,"chain":"([0-9a-f]{64})"\}$/;
/** No line that we write is longer. */
const longest = 64 * 1024 * 1024;

const chained = (before: string, body: string): string => createHash('sha256').update(before).update(body).digest('hex');

/** Closes a batch: its last line gets the hash. With end of line. */
function closed(before: string, lines: readonly string[]): { readonly text: string; readonly chain: string } {
  const body = lines.join('\n').slice(0, -1);
  const chain = chained(before, body);
  return { text: `${body},"chain":"${chain}"}\n`, chain };
}

/** Reads a log from its first byte on, in pieces cut anywhere, and writes what comes next. */
export class Lines {
  readonly rows: Rows;
  readonly #name: string;
  #chain = '';
  /** Lines of the batch that is open, and what they say. */
  #open: { readonly line: string; readonly row: StoredRow }[] = [];
  /** The line that has no end yet: bytes, because a piece may end inside a character. */
  #rest: Buffer[] = [];
  #line = 0;
  #count = 0;
  /** Bytes up to the end of the last closed batch, and those that were taken. */
  whole = 0;
  taken = 0;
  /** The trailer was read. */
  sealed = false;

  constructor(name: string, rows = new Rows()) {
    this.#name = name;
    this.rows = rows;
  }

  /** No header yet. */
  get empty(): boolean {
    return this.#chain === '';
  }

  /** @throws {ModelError} damaged-log, newer-store, not-a-store */
  take(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const piece = bytes.subarray(from, end);
      const line = this.#rest.length === 0 ? piece : Buffer.concat([...this.#rest.splice(0), piece]);
      from = end + 1;
      this.#take(line.toString('utf8'), this.taken + from);
    }
    this.taken += bytes.length;
    if (from < bytes.length) this.#rest.push(Buffer.from(bytes.subarray(from)));
    if (this.#rest.reduce((sum, { length }) => sum + length, 0) > longest) throw this.empty ? this.#foreign() : damaged('a line has no end', this.#at());
  }

  /** The header of a new log. `head`: positions up to it were used before. */
  header(generator: string, head: number): string {
    return this.#close([frame(headerType, { format, generator, head })]);
  }

  batch(rows: readonly StoredRow[]): string {
    this.#count += rows.length;
    return this.#close(rows.map(envelope));
  }

  trailer(): string {
    return this.#close([frame(trailerType, { count: this.#count })]);
  }

  /** Where to go back to when what was given out could not be written. */
  mark(): () => void {
    const [chain, count] = [this.#chain, this.#count];
    return () => { [this.#chain, this.#count] = [chain, count]; };
  }

  #close(lines: readonly string[]): string {
    const { text, chain } = closed(this.#chain, lines);
    this.#chain = chain;
    return text;
  }

  #take(line: string, end: number): void {
    this.#line++;
    if (this.sealed) throw damaged('there is more behind the trailer', this.#at());
    const [suffix, chain] = closing.exec(line) ?? [];
    if (this.#chain === '' && this.#line > 1) throw this.#foreign();
    if (suffix === undefined || chain === undefined) {
      if (this.#chain === '') throw this.#foreign();
      // Looked at before the batch is closed: a line that is whole and wrong is damage, and not what a dead writer left.
      this.#open.push({ line, row: opened(parsed(line, this.#at()), this.#at()) });
      return;
    }
    const open = this.#open.splice(0);
    const body = [...open.map((one) => one.line), line.slice(0, -suffix.length)].join('\n');
    if (chained(this.#chain, body) !== chain) throw this.#chain === '' && !line.includes(headerType) ? this.#foreign() : damaged(`the hash is not that of the ${open.length + 1} lines up to here`, this.#at());
    const last = parsed(line, this.#at());
    for (const [index, { row }] of open.entries()) this.#add(row, this.#at(index - open.length));
    if (last['type'] === headerType || last['type'] === trailerType) this.#frame(last, this.#at());
    else if (this.#chain === '') throw this.#foreign();
    else this.#add(opened(last, this.#at()), this.#at());
    this.#chain = chain;
    this.whole = end;
  }

  #add(row: StoredRow, at: string): void {
    const next = (this.rows.revision(row.stream) ?? -1) + 1;
    const last = this.rows.all.at(-1)?.position ?? 0;
    if (row.position <= last || row.revision !== next || this.rows.row(row.id) !== undefined)
      throw damaged(`${row.stream} ${row.revision} at ${row.position} does not follow ${next - 1} at ${last}`, at);
    this.#count++;
    this.rows.add(row);
  }

  #frame(fields: Readonly<Record<string, unknown>>, at: string): void {
    const data = fields['data'] as { readonly format?: unknown; readonly head?: unknown; readonly count?: unknown } | null;
    if (fields['type'] === trailerType) {
      if (data?.count !== this.#count) throw damaged(`the trailer counts ${String(data?.count)} entries, there are ${this.#count}`, at);
      this.sealed = true;
      return;
    }
    if (this.#line !== 1 || typeof data?.format !== 'number') throw damaged('a header stands here', at);
    if (data.format > format) throw new ModelError('newer-store', `the log has format ${data.format}`, { at: this.#name, accepted: `formats up to ${format}`, hint: 'read it with the version that wrote it' });
    this.rows.head = typeof data.head === 'number' ? data.head : 0;
  }

  #at(offset = 0): string {
    return `line ${this.#line + offset} of ${this.#name}`;
  }

  #foreign(): ModelError {
    return new ModelError('not-a-store', 'it does not begin with the header of a log', { at: this.#name, usually: 'another file', hint: 'an exported log begins with {"specversion":"1.0","id":"header"' });
  }
}
