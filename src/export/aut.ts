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
  const lines = [`des (0, ${transitions}, ${states})`];
  for (let place = 0; place < states; place++)
    search.successors(place, (choice) => lines.push(`(${place}, "${said(search.tables, choice).replaceAll('"', "'")}", ${search.find()})`));
  return `${lines.join('\n')}\n`;
}
