/**
 * The port of the log: what every store of entries promises, whatever keeps the bytes.
 *
 * A store holds streams of entries. An append names what it expects of each stream it touches, takes all of its entries
 * or none, and resolves when they are as durable as the store says. All entries of a store have one order, in which a
 * reader never meets an entry that came to stand before one it has seen already. The conformance kit (conformance.ts) is
 * this page as a program; memory.ts, file.ts, sqlite.ts and postgres.ts pass it.
 */
import type { Plain } from '../../../machines/chart.ts';

/** Place of an entry in the order of all entries, from 1. Grows by one with each entry; what is dropped leaves a gap. */
export type Position = number;

/** Which clock `occurredAt` was read from: steps of a simulated run, or a clock of a kernel. */
export type Clock = 'sim' | 'boottime' | 'monotonic' | 'local' | 'count' | 'wall';

export interface Meta {
  /** The run or import that the entry belongs to. */
  readonly correlationId: string;
  /** Id of the entry that caused this one. Absent: it came from outside. */
  readonly causationId?: string;
  /** Who did it: a thread, a user. */
  readonly actor?: string;
  /** When it happened, in ticks of `clock`: a whole number in decimal digits, because nanoseconds outgrow a double. */
  readonly occurredAt: string;
  readonly clock: Clock;
  /** W3C trace context of whoever appended. */
  readonly traceparent?: string;
  /** Where it stands in a file that is kept as an attachment. */
  readonly source?: { readonly attachment: string; readonly offset: number; readonly length?: number };
}

/** An entry before it is stored. */
export interface Draft {
  /** A UUID in lower case. The same id with the same content is stored once, with other content refused. */
  readonly id: string;
  readonly type: string;
  /** Version of the form of `data`, from 1; upcasters bring older ones up. */
  readonly version: number;
  readonly data: Plain;
  readonly meta: Meta;
  /** When another log took it, in milliseconds since 1970: for imports. Default: now. */
  readonly recordedAt?: number;
}

/** An entry as it was stored. */
export interface Entry extends Draft {
  readonly stream: string;
  /** Place in its stream, from 0, without gaps. */
  readonly revision: number;
  readonly position: Position;
  /** When the store took it, in milliseconds since 1970. The order is that of `position`, not of this clock. */
  readonly recordedAt: number;
  /** What is stored, where an upcaster has changed it on reading. */
  readonly stored?: Pick<Draft, 'version' | 'data'>;
}

/** What an append expects of a stream: its last revision, that it is new, that it is not, or nothing. */
export type Expected = number | 'no-stream' | 'stream-exists' | 'any';

/** Entries for one stream. */
export interface Append {
  readonly stream: string;
  readonly expected: Expected;
  readonly entries: readonly [Draft, ...Draft[]];
}

export type Appended =
  /** `revisions`: the last one of each stream, in the order of the append. `replayed`: it was all there before. */
  | { readonly ok: true; readonly position: Position; readonly revisions: readonly number[]; readonly replayed: boolean }
  /** `actual`: the last revision, null for a stream without entries. */
  | { readonly ok: false; readonly reason: 'revision'; readonly stream: string; readonly expected: Expected; readonly actual: number | null }
  /** The id stands for other content, or only a part of the append was there before. */
  | { readonly ok: false; readonly reason: 'id-reuse'; readonly id: string };

/** What an acknowledged append survives: nothing, the end of the process, or the loss of power. */
export type Durability = 'none' | 'process-crash' | 'power-cut';

export interface Capabilities {
  readonly durable: Durability;
  /** Other processes may read meanwhile. */
  readonly multiProcess: boolean;
  /** Several may write at once. */
  readonly multiWriter: boolean;
  /** Entries that one append may have. */
  readonly maxBatch: number;
}

export interface ReadOptions {
  /** First revision. Default 0. */
  readonly from?: number;
  /** Up to and with this revision. Default: all that are there. */
  readonly to?: number;
}

export interface AllOptions {
  /** Only what stands after this position. Default 0: everything. */
  readonly after?: Position;
  /** Up to and with this position. */
  readonly upTo?: Position;
  /** Only streams whose name begins so. */
  readonly prefix?: string;
}

/** Where a subscription has met the end of the log; more may follow. */
export interface CaughtUp {
  readonly caughtUp: true;
  readonly at: Position;
}

/** State of a reader of a stream at a revision: a cache, never the truth. */
export interface Snapshot {
  readonly stream: string;
  readonly revision: number;
  /** Hash of what computed it. Another machine does not find it. */
  readonly machine: string;
  readonly state: Plain;
}

export interface Snapshots {
  /** The last one at or below a revision. */
  load(stream: string, machine: string, atOrBelow?: number): Promise<Snapshot | null>;
  save(snapshot: Snapshot): Promise<void>;
}

/** How far a projection has read, and what it has come to. */
export interface Checkpoint {
  readonly position: Position;
  /** Hash of its definition: another one begins anew. */
  readonly definition: string;
  readonly state: Plain;
}

export interface Checkpoints {
  load(name: string): Promise<Checkpoint | null>;
  /** Stores state and position together, if the stored one is still at `after` (null: there is none). */
  save(name: string, after: Position | null, next: Checkpoint): Promise<'saved' | 'stale'>;
  reset(name: string): Promise<void>;
}

/** Files as they were, by SHA-256. Putting one twice keeps it once. */
export interface Attachments {
  put(bytes: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string; readonly size: number }>;
  /** @throws {ModelError} no-such-run: there is none; damaged-log: its bytes have another hash */
  get(sha256: string): AsyncIterable<Uint8Array>;
  list(): Promise<readonly { readonly sha256: string; readonly size: number }[]>;
  /** Forgets one; one that is not there is forgotten already. */
  drop(sha256: string): Promise<void>;
}

export interface Store {
  /** How it is named on a command line, without password. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * Appends to one or several streams: all or nothing, in this order. Resolves when durable; a conflict is a result.
   * Appends that wait together are made durable together.
   *
   * @throws {ModelError} wrong-use, not-plain, unwritable-store, busy-store
   */
  append(...parts: readonly [Append, ...Append[]]): Promise<Appended>;
  /** Entries of a stream, first to last; of a stream that is not there, none. */
  read(stream: string, options?: ReadOptions): AsyncIterable<Entry>;
  /** Last revision of a stream; null: it has no entry. */
  revision(stream: string): Promise<number | null>;
  /** Entries of all streams, in the one order. */
  all(options?: AllOptions): AsyncIterable<Entry>;
  /** Position of the last entry that was ever stored; 0: none. */
  head(): Promise<Position>;
  /** Like `all`, and then whatever comes, until `signal` says stop or the loop is left. Resumable: begin after the last position seen. */
  subscribe(options?: AllOptions & { readonly signal?: AbortSignal }): AsyncIterable<Entry | CaughtUp>;
  /** Streams whose name begins so, by name. */
  streams(prefix?: string): Promise<readonly { readonly name: string; readonly revision: number }[]>;
  /** Forgets whole streams, with their snapshots. Positions are not used again. How many streams there were. */
  drop(prefix: string): Promise<number>;
  readonly snapshots: Snapshots;
  readonly checkpoints: Checkpoints;
  readonly attachments: Attachments;
  /** Waits for what was asked before. */
  close(): Promise<void>;
}
