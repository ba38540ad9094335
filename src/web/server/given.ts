/** What the page is asked to show, in the form in which it gets it: from `/api/given`, or out of its own file. */
import type { Address, Message, Said } from '../../../machines/chart.ts';
import type { Topology } from '../../../machines/topology.ts';
import type { Recording } from '../../trace/recording.ts';

/** A fact without what follows from the charts. */
export interface BareFact {
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  readonly cause: number | null;
  readonly said?: readonly Said[];
}

/** How a stored run began and ended. */
export interface RunEntry {
  readonly id: string;
  readonly what: string;
  readonly by: string;
  readonly model: string;
  readonly facts: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly outcome: string | null;
  readonly parent: { readonly run: string; readonly seq: number } | null;
}

export interface RunHead extends RunEntry {
  readonly topology: Topology;
  readonly answersFirst: boolean;
}

/** A recording without what JSON does not keep. */
export type PlainRecording = Omit<Recording, 'probes'> & { readonly probes?: readonly (readonly [string, NonNullable<Recording['probes']> extends ReadonlyMap<string, infer List> ? List : never])[] };

/** One thing to show. A text is a scenario, a path, a kernel trace or a watched application: the page sees which. */
export type Given =
  | { readonly kind: 'text'; readonly name: string; readonly text: string; readonly recording?: PlainRecording }
  | { readonly kind: 'run'; readonly head: RunHead; readonly facts?: readonly BareFact[] };

export interface Start {
  readonly version: string;
  /** The store whose runs can be listed, and where runs are saved; null: none. */
  readonly store: string | null;
  /** The store may be written. */
  readonly writes: boolean;
  readonly given: readonly Given[];
  /** Applications are watched: `url` is where inspectors connect to; null: only what was asked for is. */
  readonly watching?: { readonly url: string | null };
  /** Fragment to begin with. */
  readonly fragment?: string;
}
