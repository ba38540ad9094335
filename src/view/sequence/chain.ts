/** Why a fact happened, as a view shows it: the chain of causes, who stood in the way, and the facts of both. */
import { holders, renderHolder, type Holder } from '../../log/holder.ts';
import { previous, why, type Hop } from '../../log/why.ts';
import type { Facts } from '../../log/facts.ts';

export interface Chain {
  /** The fact that is explained. */
  readonly seq: number;
  /** Its causes, itself first, the event from outside last. */
  readonly hops: readonly Hop[];
  /** Who held what was refused, in words, and the fact since which (null: from the start). */
  readonly holders: readonly (Holder & { readonly text: string })[];
  /** Every fact of the chain, those too that `hops` leaves out because they say little. */
  readonly facts: ReadonlySet<number>;
  /** The facts since which the holders hold. */
  readonly held: ReadonlySet<number>;
}

/** @throws {ModelError} wrong-use: there is no such fact */
export function chainOf(facts: Facts, seq: number): Chain {
  const hops = why(facts, seq);
  const found = holders(facts, seq).map((holder) => ({ ...holder, text: renderHolder(holder) }));
  const all = new Set([seq]);
  for (let fact = previous(facts, facts.fact(seq), true); fact !== undefined; fact = previous(facts, fact)) all.add(fact.seq);
  return { seq, hops, holders: found, facts: all, held: new Set(found.flatMap(({ since }) => (since === null ? [] : [since]))) };
}
