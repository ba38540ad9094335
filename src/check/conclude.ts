/** What a finished search says of each property. */
import { ModelError } from '../errors.ts';
import type { ExploreOptions, Outcome } from './explore.ts';
import type { Compiled } from './fast.ts';
import { fairLoops, goals } from './graph.ts';
import { pathTo, type Way } from './path.ts';
import type { Property, Verdict } from './property.ts';
import { Round, type Found } from './round.ts';
import { Tables } from './tables.ts';

/** What a search that may be called complete says, and one that was stopped. */
export function conclude(round: Round, complete: boolean, options: ExploreOptions, compiled: Compiled | undefined): Outcome[] {
  const { properties } = round;
  const outcomes: Outcome[] = [];
  for (const property of properties) {
    const { name, kind } = property;
    const found = round.found.get(property);
    if (kind === 'sometimes') {
      const settled = round.ample?.settled.get(property);
      const way = found ? wayTo(round, found) : settled && { steps: settled };
      const verdict: Verdict = way ? 'holds' : complete ? 'broken' : 'unknown';
      outcomes.push({ name, kind, verdict, ...(way ? { way, shortest: !round.ample } : {}) });
    } else if (found) {
      outcomes.push({ name, kind, verdict: 'broken', ...nearest(round, property, found, options, compiled) });
    } else if (!complete) {
      outcomes.push({ name, kind, verdict: 'unknown' });
    } else if (kind === 'canAlways') {
      const lost = orNoMemory(() => goals(round, properties.indexOf(property), property));
      outcomes.push({
        name, kind, verdict: lost === undefined ? 'unknown' : lost === -1 ? 'holds' : 'broken',
        ...(lost === undefined || lost === -1 ? {} : { way: wayTo(round, { place: lost, row: [] }), shortest: !round.ample }),
      });
    } else if (kind === 'leadsTo') {
      const loop = fairLoops(round, properties.indexOf(property));
      outcomes.push({ name, kind, verdict: loop ? 'broken' : 'holds', ...(loop ? { way: loop, shortest: false } : {}) });
    } else {
      outcomes.push({ name, kind, verdict: 'holds' });
    }
  }
  return outcomes;
}

/** What a search says that may have left worlds out: what is broken is, and nothing else is known. */
export function sampled(round: Round, stopped: boolean, options: ExploreOptions): Outcome[] {
  return round.properties.map((property): Outcome => {
    const { name, kind } = property;
    const found = round.found.get(property);
    if (found && kind !== 'sometimes') {
      const way = options.lossy === 'compact' ? wayTo(round, found) : orNoMemory(() => searched(round, property, options));
      return { name, kind, verdict: 'broken', ...(way ? { way, shortest: false } : {}) };
    }
    return { name, kind, verdict: stopped ? 'unknown' : 'sampled' };
  });
}

/** A way to what was found, by a second search that keeps what a way needs; undefined where that one leaves it out. */
function searched({ search: { tables: { subject } } }: Round, property: Property, options: ExploreOptions): Way | undefined {
  const again = new Round(new Tables(subject, [property], options.locals), [property], { ...options, lossy: 'compact' });
  while (again.found.size === 0 && again.run(1024));
  const found = again.found.get(property);
  return found && wayTo(again, found);
}

/** Undefined when memory does not suffice. */
function orNoMemory<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof ModelError && error.code === 'out-of-memory') return undefined;
    throw error;
  }
}

const wayTo = (round: Round, { place, row }: Found): Way => pathTo(round, place, row);

/** With a reduction, a shorter way may have been left out: looks again without, no deeper, for a while. */
function nearest(round: Round, property: Property, found: Found, options: ExploreOptions, compiled: Compiled | undefined): { way: Way; shortest: boolean } {
  const way = wayTo(round, found);
  if (!round.ample) return { way, shortest: true };
  const steps = way.steps.length;
  const again = new Round(new Tables(round.search.tables.subject, [property], options.locals), [property], { ...options, partialOrder: false, symmetry: false }, { compiled });
  const limit = Math.max(compiled === undefined ? 200_000 : 5_000_000, round.search.worlds.size * 2);
  while (again.found.size === 0 && again.search.depth < steps + 1 && again.search.worlds.size < limit && again.run(1024));
  const nearer = again.found.get(property);
  if (nearer) return { way: wayTo(again, nearer), shortest: true };
  return { way, shortest: again.search.depth >= steps };
}
