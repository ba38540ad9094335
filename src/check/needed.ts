/** Partial order only where it is needed: while the worlds fit into memory, visiting them all is faster. */
import { ModelError } from '../errors.ts';
import { explore, type ExploreOptions, type Report } from './explore.ts';
import type { Property } from './property.ts';
import type { Subject } from './subject.ts';

/**
 * As `explore`, first without partial order; when memory ends, once more with it, if `options` leave it on.
 *
 * What the first search decided stays decided. A search that is written to a file or goes on from one is the first only: it
 * stops when memory ends. A lossy one is made once, as `options` say.
 */
export async function exploreAsNeeded(subject: Subject, properties: readonly Property[], options: ExploreOptions = {}): Promise<Report> {
  if (options.lossy !== undefined) return explore(subject, properties, options);
  const kept = options.checkpoint !== undefined || options.resume !== undefined;
  const all = await explore(subject, properties, { ...options, partialOrder: false }).catch((error: unknown) => {
    if (error instanceof ModelError && error.code === 'too-little-memory' && !kept) return undefined; // the other search needs less
    throw error;
  });
  if (all === undefined) return explore(subject, properties, options);
  if (all.stopped !== 'memory' || kept) return all;
  const reduced = await explore(subject, properties, options);
  return {
    ...reduced, seconds: all.seconds + reduced.seconds,
    properties: reduced.properties.map((outcome, index) => {
      const before = all.properties[index];
      return before === undefined || before.verdict === 'unknown' ? outcome : before;
    }),
  };
}
