/**
 * Random walks that only learn: what they meet need not be learnt in the middle of a search, and fields get their width before
 * the first world is kept.
 */
import { ModelError } from '../errors.ts';
import type { Ints } from './ints.ts';
import type { Leaf, Steps } from './steps.ts';
import type { Choice } from './tables.ts';
import { generator } from './random.ts';

const walks = 200;
const length = 400;

/** Fills `steps` with what walks from the initial world meet: the same at each call. What a chart does wrong is left to the search. */
export function scout(steps: Steps): void {
  try {
    walk(steps);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
  }
}

function walk(steps: Steps): void {
  const { tables } = steps;
  const { starts, together } = tables.subject;
  const random = generator(1);
  for (let done = 0; done < walks; done++) {
    const nodes = new Int32Array(tables.nodes.length);
    for (let step = 0; step < length; step++) {
      const full = starts.filter(({ actor }) => !tables.quiet(actor, nodes[actor] as number)).length >= together;
      const open: number[] = [];
      for (let actor = 0; actor < nodes.length; actor++) {
        const node = nodes[actor] as number;
        steps.expand(actor, node);
        const first = (tables.first[actor] as Ints).data[node] as number;
        const count = (tables.count[actor] as Ints).data[node] as number;
        if (count > 0 && !(full && (tables.choices[first] as Choice).start)) for (let choice = first; choice < first + count; choice++) open.push(choice);
      }
      const choice = open[Math.floor(random() * open.length)];
      if (choice === undefined) break;
      for (const { actor, after } of leafOf(steps, choice, nodes).changes) nodes[actor] = after;
    }
  }
}

function leafOf(steps: Steps, choice: number, nodes: Int32Array): Leaf {
  let value = steps.values.data[choice] as number;
  while (value < 0) value = steps.answer(-1 - value, nodes[(steps.questions[-1 - value] as (typeof steps.questions)[number]).actor] as number);
  return steps.leaves[value - 1] as Leaf;
}
