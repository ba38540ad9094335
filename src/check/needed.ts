/** Reductions only where they are needed: while every world fits into memory, visiting them all is faster. */
import { ModelError } from '../errors.ts';
import { explore, type ExploreOptions, type Report } from './explore.ts';
import type { Property } from './property.ts';
import type { Subject } from './subject.ts';

/**
 * As `explore`, first without reductions; when memory ends, once more with those that `options` leave on.
 *
 * What the first search decided stays decided. A search that is written to a file, goes on from one, or is lossy is made
 * once, as `options` say: only one of the two could be gone on with.
 */
export async function exploreAsNeeded(subject: Subject, properties: readonly Property[], options: ExploreOptions = {}): Promise<Report> {
  if (options.checkpoint !== undefined || options.resume !== undefined || options.lossy !== undefined) return explore(subject, properties, options);
  const all = await explore(subject, properties, { ...options, symmetry: false, partialOrder: false }).catch((error: unknown) => {
    if (error instanceof ModelError && error.code === 'too-little-memory') return undefined; // the other search needs less
    throw error;
  });
  if (all === undefined) return explore(subject, properties, options);
  if (all.stopped !== 'memory') return all;
  const reduced = await explore(subject, properties, options);
  return {
    ...reduced, seconds: all.seconds + reduced.seconds,
    properties: reduced.properties.map((outcome, index) => {
      const before = all.properties[index];
      return before === undefined || before.verdict === 'unknown' ? outcome : before;
    }),
  };
}
