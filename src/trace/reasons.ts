/** Why the last thing in a frame happened, as one line in kernel words. */
import { circumstances, type Facts, type Recorded } from '../log/facts.ts';
import { renderChain, why } from '../log/why.ts';
import { ModelError } from '../errors.ts';
import type { System } from '../world/world.ts';
import { stepsOf, type Frame } from './state.ts';

/**
 * The chain of causes of a frame's last fact (or of its last one of a type), back to what began the frame.
 *
 * The facts of one task are a run of their own here: numbered from 0, and a cause outside the frame is the outside.
 */
export function reasons(system: System, { trail, what, since }: Frame, type?: string): string {
  const steps = stepsOf(trail);
  if (steps.length === 0) return '';
  const numbers = new Map(steps.map(({ fact }, index) => [fact.seq, index]));
  const recorded = steps.map(({ fact, before, after }, seq): Recorded =>
    circumstances(system, { ...fact, seq, cause: fact.cause === null ? null : numbers.get(fact.cause) ?? null }, before, after));
  const facts: Facts = {
    length: recorded.length,
    fact(seq) {
      const fact = recorded[seq];
      if (fact === undefined) throw new ModelError('wrong-use', `there is no fact ${seq}`);
      return fact;
    },
  };
  const last = type === undefined ? -1 : recorded.findLastIndex(({ event }) => event.type === type);
  const chain = renderChain(why(facts, last < 0 ? recorded.length - 1 : last));
  return `${chain} (${what}, line ${since})`;
}
