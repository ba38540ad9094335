/**
 * What is asked of a subject. A property sees only what it says it looks at: a few plain facts of some actors.
 */

import type { StateValue } from 'xstate';
import type { Output, Sent } from '../world/locals.ts';
import type { Message } from './subject.ts';

/** An actor as a property may look at it. */
export interface Looked {
  readonly address: string;
  readonly value: StateValue;
  readonly context: Readonly<Record<string, unknown>>;
}

export const kinds = ['always', 'atRest', 'neverStuck', 'sometimes', 'canAlways', 'leadsTo'] as const;
export type Kind = (typeof kinds)[number];

/** What was looked at, by kind of actor (the part of the address before the colon), in the order of the actors. */
export type Seen = Readonly<Record<string, readonly unknown[]>>;

/** One actor takes one message: what it was before and after, what it said and sent. */
export interface Stepped {
  readonly address: string;
  readonly before: { readonly value: StateValue; readonly context: Readonly<Record<string, unknown>> };
  readonly after: { readonly value: StateValue; readonly context: Readonly<Record<string, unknown>> };
  readonly event: Message;
  readonly said: readonly Extract<Output, { kind: 'said' }>['said'][];
  readonly sent: readonly Sent[];
}

export interface Property {
  readonly kind: Kind;
  readonly name: string;
  readonly why: string;
  /** Kernel commit that the property goes back to. */
  readonly commit?: string;
  /** Takes from each actor of a kind what the predicates need, as plain data. */
  readonly sees: Readonly<Record<string, (actor: Looked) => unknown>>;
  /** `always`, `atRest`: true in every (resting) world. `sometimes`, `canAlways`: the world looked for. `leadsTo`: the cause. */
  readonly holds?: (seen: Seen) => boolean;
  /** `leadsTo`: what follows sooner or later. */
  readonly then?: (seen: Seen) => boolean;
  /** `always`: false for a step that must never be taken. `sometimes`: true for the step looked for. */
  readonly step?: (step: Stepped) => boolean;
  /** `sometimes`, `canAlways`: the world looked for is also at rest. */
  readonly rests?: boolean;
}

/** `sampled`: not found by a search that may have left worlds out. */
export type Verdict = 'holds' | 'broken' | 'unknown' | 'sampled';

/** The kind of an actor, from its address. */
export const kindOf = (address: string): string => {
  const colon = address.indexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
};
