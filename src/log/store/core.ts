/** A store over an adapter: group commit, pages, upcasting, subscriptions. The same for every adapter; needs no Node. */
import { ModelError } from '../../errors.ts';
import type { Backend, Page } from './backend.ts';
import { encode, type Part } from './encode.ts';
import type { AllOptions, Append, Appended, Attachments, Capabilities, CaughtUp, Checkpoints, Entry, ReadOptions, Snapshots, Store } from './port.ts';
import type { Upcast } from './upcast.ts';

interface Waiting {
  readonly parts: readonly Part[];
  readonly resolve: (result: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows that are asked for at once. */
const pageSize = 500;
/** Entries that are made durable together: other writers wait so long. */
const groupSize = 1000;

export class CoreStore implements Store {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly snapshots: Snapshots;
  readonly checkpoints: Checkpoints;
  readonly attachments: Attachments;
  readonly #backend: Backend;
  readonly #upcast: Upcast;
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Set<() => void>();
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(backend: Backend, upcast: Upcast = (entry) => entry) {
    this.#backend = backend;
    this.#upcast = upcast;
    this.name = backend.name;
    this.capabilities = backend.capabilities;
    this.snapshots = backend.snapshots;
    this.checkpoints = backend.checkpoints;
    this.attachments = backend.attachments;
  }

  async append(...parts: readonly [Append, ...Append[]]): Promise<Appended> {
    this.#open();
    const encoded = encode(parts, this.capabilities.maxBatch);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ parts: encoded, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  read(stream: string, { from = 0, to = Infinity }: ReadOptions = {}): AsyncGenerator<Entry> {
    return this.#pages({ stream, after: from - 1, upTo: to });
  }

  all({ after = 0, upTo = Infinity, prefix = '' }: AllOptions = {}): AsyncGenerator<Entry> {
    return this.#pages({ after, upTo }, prefix);
  }

  async *subscribe({ after = 0, upTo = Infinity, prefix = '', signal }: AllOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<Entry | CaughtUp> {
    const bell = new Bell();
    const ring = () => { bell.ring(); };
    this.#listeners.add(ring);
    signal?.addEventListener('abort', ring);
    const unwatch = this.#backend.watch?.(ring);
    try {
      let [at, told] = [after, -1];
      const stopped = () => signal?.aborted === true || this.#closed;
      while (!stopped()) {
        const before = at;
        for await (const entry of this.#pages({ after: at, upTo })) {
          at = entry.position;
          if (entry.stream.startsWith(prefix)) yield entry;
          if (stopped()) return;
        }
        if (at >= upTo) return;
        if (at > before) continue; // there may be more by now
        if (told !== at) yield { caughtUp: true, at };
        told = at;
        await bell.wait(this.#backend.pollEvery);
      }
    } finally {
      this.#listeners.delete(ring);
      signal?.removeEventListener('abort', ring);
      unwatch?.();
    }
  }

  async revision(stream: string): Promise<number | null> {
    this.#open();
    return this.#backend.revision(stream);
  }

  async head(): Promise<number> {
    this.#open();
    return this.#backend.head();
  }

  async streams(prefix = ''): Promise<readonly { readonly name: string; readonly revision: number }[]> {
    this.#open();
    return [...await this.#backend.streams(prefix)].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async drop(prefix: string): Promise<number> {
    this.#open();
    await this.#draining;
    return this.#backend.drop(prefix);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#draining;
    for (const wake of this.#listeners) wake();
    await this.#backend.close();
  }

  async *#pages(range: Omit<Page, 'limit'>, prefix = ''): AsyncGenerator<Entry> {
    let after = range.after;
    for (;;) {
      this.#open();
      const entries = await this.#backend.page({ ...range, after, limit: pageSize });
      const last = entries.at(-1);
      for (const entry of entries) if (prefix === '' || entry.stream.startsWith(prefix)) yield this.#upcast(entry);
      if (last === undefined || entries.length < pageSize) return;
      after = range.stream === undefined ? last.position : last.revision;
      if (after >= range.upTo) return;
    }
  }

  /** Everything that waits becomes durable at once; what comes meanwhile waits for the next turn. */
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let [count, entries] = [0, 0];
      for (const { parts } of this.#waiting) {
        entries += parts.reduce((sum, { rows }) => sum + rows.length, 0);
        if (count > 0 && entries > groupSize) break;
        count++;
      }
      const group = this.#waiting.splice(0, count);
      try {
        const results = await this.#backend.commit(group.map(({ parts }) => parts));
        for (const [index, { resolve }] of group.entries()) resolve(results[index] as Appended);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      for (const wake of this.#listeners) wake();
    }
    this.#draining = undefined;
  }

  #open(): void {
    if (this.#closed) throw new ModelError('wrong-use', 'the store is closed', { at: this.name, usually: 'a reader that outlives its store' });
  }
}

/** Wakes who waits; a ring before the wait is not lost. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Until it rings, or so many milliseconds (0: no limit) have passed. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (milliseconds > 0) timer = setTimeout(resolve, milliseconds);
      });
      clearTimeout(timer);
    }
    this.#rung = false;
    this.#wake = undefined;
  }
}
