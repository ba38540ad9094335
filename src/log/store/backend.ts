/** What an adapter of ours has to do; core.ts makes a store of it. */
import type { Part } from './encode.ts';
import type { Appended, Attachments, Capabilities, Checkpoints, Entry, Position, Snapshots } from './port.ts';

export interface Page {
  /** Entries of one stream by revision, or of all by position. */
  readonly stream?: string;
  /** After this revision or position. */
  readonly after: number;
  /** Up to and with this one. */
  readonly upTo: number;
  readonly limit: number;
}

export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Milliseconds between two looks for what other processes wrote; 0: there are none. */
  readonly pollEvery: number;
  /** Takes each append whole or not at all, in order, and resolves when all are durable. When it throws, none was taken. */
  commit(appends: readonly (readonly Part[])[]): Promise<readonly Appended[]>;
  page(page: Page): Promise<readonly Entry[]>;
  revision(stream: string): Promise<number | null>;
  head(): Promise<Position>;
  streams(prefix: string): Promise<readonly { readonly name: string; readonly revision: number }[]>;
  drop(prefix: string): Promise<number>;
  /** Calls back when another process may have written. */
  watch?(changed: () => void): () => void;
  readonly snapshots: Snapshots;
  readonly checkpoints: Checkpoints;
  readonly attachments: Attachments;
  close(): Promise<void>;
}
