/** Every world and step as a labelled transition system in the Aldebaran format, which CADP, mCRL2 and LTSmin read. */
import { ModelError } from '../errors.ts';
import type { Closed } from './close.ts';
import { said } from './program.ts';

/** More steps than this are no text any more. */
const most = 5_000_000;

/**
 * One line per step: from, label in the kernel's words, to. World 0 is the initial one; worlds are numbered breadth first.
 *
 * @throws {ModelError} `too-large-to-export`: not every world was visited, or there are more than 5 000 000 steps
 */
export function aut({ search, complete, states, transitions }: Closed): string {
  if (!complete || transitions > most)
    throw new ModelError('too-large-to-export', `${states} worlds ${complete ? `with ${transitions} steps` : 'were visited, and there are more'}`, {
      at: '--to aut', accepted: `every world, and at most ${most} steps`, hint: complete ? 'take a smaller topology, or --to promela' : 'raise --limit, take a smaller topology, or --to promela',
    });
  const lines = [head(transitions, states)];
  for (let place = 0; place < states; place++)
    search.successors(place, (choice) => lines.push(line(place, said(search.tables, choice), search.find())));
  return `${lines.join('\n')}\n`;
}

/** A labelled transition system, its initial state 0. The label `i` is the internal step (CADP's word; `ltscompare --tau=i` of mCRL2). */
export function autOf({ states, first, label, target }: Labelled, names: readonly string[]): string {
  const lines = [head(label.length, states)];
  for (let state = 0; state < states; state++)
    for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++)
      lines.push(line(state, names[label[edge] as number] as string, target[edge] as number));
  return `${lines.join('\n')}\n`;
}

/** The steps of state s stand from `first[s]` to `first[s + 1]`. */
interface Labelled {
  readonly states: number;
  readonly first: Int32Array;
  readonly label: Int32Array;
  readonly target: Int32Array;
}

const head = (steps: number, states: number): string => `des (0, ${steps}, ${states})`;
const line = (from: number, label: string, to: number): string => `(${from}, "${label.replaceAll('"', "'")}", ${to})`;
