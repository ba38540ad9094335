/** A store in memory: for tests and for the page. Gone with its process; needs no Node. */
import { ModelError } from '../../errors.ts';
import type { Backend, Page } from './backend.ts';
import { CoreStore } from './core.ts';
import { decide } from './decide.ts';
import { decode, json, type Part, type StoredRow } from './encode.ts';
import type { Appended, Attachments, Checkpoint, Checkpoints, Snapshot, Snapshots, Store } from './port.ts';
import type { Upcast } from './upcast.ts';

export interface MemoryOptions {
  readonly upcast?: Upcast;
  /** Milliseconds since 1970. Default: the clock of the machine. */
  readonly now?: () => number;
}

/** An empty store in memory. Bounded by the memory of the process. */
export const memoryStore = ({ upcast, now = Date.now }: MemoryOptions = {}): Store => new CoreStore(new Memory(now), upcast);

/** Rows by position, with the places that appends and readers look up. Also the index of a JSON Lines file. */
export class Rows {
  readonly #rows: StoredRow[] = [];
  readonly #streams = new Map<string, StoredRow[]>();
  readonly #ids = new Map<string, StoredRow>();
  /** The last position that was ever used. */
  head = 0;

  add(row: StoredRow): void {
    this.#rows.push(row);
    const stream = this.#streams.get(row.stream);
    if (stream === undefined) this.#streams.set(row.stream, [row]);
    else stream.push(row);
    this.#ids.set(row.id, row);
    this.head = Math.max(this.head, row.position);
  }

  revision(stream: string): number | null {
    return this.#streams.get(stream)?.at(-1)?.revision ?? null;
  }

  row(id: string): StoredRow | undefined {
    return this.#ids.get(id);
  }

  get all(): readonly StoredRow[] {
    return this.#rows;
  }

  page({ stream, after, upTo, limit }: Page): readonly StoredRow[] {
    const rows = stream === undefined ? this.#rows : this.#streams.get(stream) ?? [];
    const place = (row: StoredRow) => (stream === undefined ? row.position : row.revision);
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place(rows[middle] as StoredRow) > after) high = middle;
      else low = middle + 1;
    }
    const page = rows.slice(low, low + limit);
    const end = page.findIndex((row) => place(row) > upTo);
    return end < 0 ? page : page.slice(0, end);
  }

  streams(prefix: string): { name: string; revision: number }[] {
    return [...this.#streams].filter(([name]) => name.startsWith(prefix)).map(([name, rows]) => ({ name, revision: rows.length - 1 }));
  }

  drop(prefix: string): number {
    const gone = this.streams(prefix).map(({ name }) => name);
    for (const name of gone) {
      for (const { id } of this.#streams.get(name) ?? []) this.#ids.delete(id);
      this.#streams.delete(name);
    }
    const left = this.#rows.filter(({ stream }) => this.#streams.has(stream));
    this.#rows.splice(0, this.#rows.length, ...left);
    return gone.length;
  }
}

class Memory implements Backend {
  readonly name = 'memory:';
  readonly capabilities = { durable: 'none', multiProcess: false, multiWriter: true, maxBatch: 10_000 } as const;
  readonly pollEvery = 0;
  readonly snapshots: Snapshots = new MemorySnapshots();
  readonly checkpoints: Checkpoints = new MemoryCheckpoints();
  readonly attachments: Attachments = new MemoryAttachments();
  readonly #rows = new Rows();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  commit(appends: readonly (readonly Part[])[]): Promise<readonly Appended[]> {
    const { results, rows } = decide(appends, this.#rows, this.#now());
    for (const row of rows) this.#rows.add(row);
    return Promise.resolve(results);
  }
  page(page: Page) { return Promise.resolve(this.#rows.page(page).map(decode)); }
  revision(stream: string) { return Promise.resolve(this.#rows.revision(stream)); }
  head() { return Promise.resolve(this.#rows.head); }
  streams(prefix: string) { return Promise.resolve(this.#rows.streams(prefix)); }
  async drop(prefix: string) {
    await (this.snapshots as MemorySnapshots).drop(prefix);
    return this.#rows.drop(prefix);
  }
  close() { return Promise.resolve(); }
}

/** Snapshots of a process: a file has none of its own, because they can be computed again. */
export class MemorySnapshots implements Snapshots {
  readonly #kept = new Map<string, (Omit<Snapshot, 'state'> & { readonly state: string })[]>();

  load(stream: string, machine: string, atOrBelow = Infinity): Promise<Snapshot | null> {
    const found = this.#kept.get(stream)?.filter((one) => one.machine === machine && one.revision <= atOrBelow)
      .reduce<(Omit<Snapshot, 'state'> & { readonly state: string }) | null>((best, one) => (best === null || one.revision > best.revision ? one : best), null) ?? null;
    return Promise.resolve(found === null ? null : { ...found, state: JSON.parse(found.state) as Snapshot['state'] });
  }

  save({ state, ...snapshot }: Snapshot): Promise<void> {
    const others = (this.#kept.get(snapshot.stream) ?? []).filter(({ machine, revision }) => machine !== snapshot.machine || revision !== snapshot.revision);
    this.#kept.set(snapshot.stream, [...others, { ...snapshot, state: json(state, 'a snapshot') }]);
    return Promise.resolve();
  }

  drop(prefix: string): Promise<void> {
    for (const stream of [...this.#kept.keys()]) if (stream.startsWith(prefix)) this.#kept.delete(stream);
    return Promise.resolve();
  }
}

export class MemoryCheckpoints implements Checkpoints {
  readonly #kept = new Map<string, string>();

  load(name: string): Promise<Checkpoint | null> {
    const text = this.#kept.get(name);
    return Promise.resolve(text === undefined ? null : JSON.parse(text) as Checkpoint);
  }

  async save(name: string, after: number | null, next: Checkpoint): Promise<'saved' | 'stale'> {
    const now = await this.load(name);
    if ((now?.position ?? null) !== after) return 'stale';
    this.#kept.set(name, json(next, 'a checkpoint'));
    return 'saved';
  }

  reset(name: string): Promise<void> {
    this.#kept.delete(name);
    return Promise.resolve();
  }
}

class MemoryAttachments implements Attachments {
  readonly #kept = new Map<string, Uint8Array>();

  async put(bytes: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) pieces.push(piece);
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
    const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.#kept.set(sha256, whole);
    return { sha256, size: whole.length };
  }

  async *get(sha256: string): AsyncGenerator<Uint8Array> {
    const bytes = this.#kept.get(sha256);
    if (bytes === undefined) throw noAttachment(sha256, 'memory:');
    yield await Promise.resolve(bytes);
  }

  list() {
    return Promise.resolve([...this.#kept].map(([sha256, { length }]) => ({ sha256, size: length })));
  }

  drop(sha256: string): Promise<void> {
    this.#kept.delete(sha256);
    return Promise.resolve();
  }
}

export const noAttachment = (sha256: string, at: string): ModelError => new ModelError('no-such-run', `there is no attachment ${sha256}`, { at, usually: 'a log that was copied without the folder of its attachments' });
