/**
 * What is asked of a subject. A property sees only what it says it looks at: a few plain facts of some actors.
 */

/** An actor as a property may look at it. */
export interface Looked {
  readonly address: string;
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
}

export const kinds = ['always', 'atRest', 'neverStuck', 'sometimes', 'canAlways', 'leadsTo'] as const;
export type Kind = (typeof kinds)[number];

/** What was looked at, by kind of actor (the part of the address before the colon), in the order of the actors. */
export type Seen = Readonly<Record<string, readonly unknown[]>>;

/** A word that a chart said in a step. */
export interface Word {
  readonly type: string;
  readonly [argument: string]: unknown;
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
  /** `always`: false for a word that must never be said. `sometimes`: true for the word looked for. */
  readonly says?: (word: Word, by: string) => boolean;
  /** `sometimes`, `canAlways`: the world looked for is also at rest. */
  readonly rests?: boolean;
}

export type Verdict = 'holds' | 'broken' | 'unknown';

/** The kind of an actor, from its address. */
export const kindOf = (address: string): string => {
  const colon = address.indexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
};
