/** Which part of an actor grows without end, for the error that says so. */
import type { WayStep } from './path.ts';
import { words } from './replay.ts';
import type { Node } from './tables.ts';

/** Local states that one actor may have, unless more are allowed. */
export const mostLocals = 1 << 14;
/** Calls in flight that one actor may have. */
export const mostInFlight = 64;

/** The part of the nodes with the most values, and its value in the last of them. */
export function grown(nodes: readonly Node[]): { readonly part: string; readonly values: number; readonly last: string } {
  const parts = new Map<string, { readonly values: Set<string>; last: string }>();
  for (const node of nodes) {
    for (const [part, value] of partsOf(node)) {
      const last = JSON.stringify(value) ?? 'undefined';
      const known = parts.get(part);
      if (known === undefined) parts.set(part, { values: new Set([last]), last });
      else {
        known.values.add(last);
        known.last = last;
      }
    }
  }
  const [part, { values, last }] = [...parts].reduce((most, one) => (one[1].values.size > most[1].values.size ? one : most));
  return { part, values: values.size, last: last.length > 100 ? `${last.slice(0, 100)}...` : last };
}

const partsOf = ({ local, outbox, left }: Node): [string, unknown][] => [
  ...Object.entries(local.context).map(([field, value]): [string, unknown] => [`context field ${field}`, value]),
  ['state', local.value], ['list of calls in flight', outbox], ['number of calls that it may still begin', left],
];

/** A way as lines; the middle of a long one is only counted. */
export function lines(steps: readonly WayStep[]): string[] {
  const [some, total] = [12, steps.length];
  const line = ({ to, event }: WayStep) => `${event.from} -> ${to} ${words(event)}`;
  if (total <= 2 * some + 1) return steps.map(line);
  return [...steps.slice(0, some).map(line), `(${total - 2 * some} steps)`, ...steps.slice(-some).map(line)];
}
