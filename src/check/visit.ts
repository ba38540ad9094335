/** A search taken to its end or to a limit, with breaks in which others may do something. */
import { ModelError } from '../errors.ts';
import type { Search, Visitor } from './search.ts';

export interface VisitOptions {
  /** Worlds at most, about: a slice of the search ends there. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((worlds: number) => void) | undefined;
}

/** Worlds of a slice. */
const slice = 4096;

/** For a search of which only the worlds and steps are wanted. */
export const unheard: Visitor = { discovered: () => undefined, decided: () => undefined, expanding: () => undefined };

/**
 * Visits worlds until there are no more, the limit is reached, memory has run out or the signal comes.
 *
 * @returns whether every world was visited
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function visit(search: Search, { limit, signal, onProgress }: VisitOptions): Promise<boolean> {
  let more = true;
  while (more && search.worlds.size < limit && signal?.aborted !== true) {
    try {
      more = search.run(Math.min(slice, limit));
    } catch (error) {
      if (error instanceof ModelError && error.code === 'out-of-memory') break;
      throw error;
    }
    onProgress?.(search.worlds.size);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return !more;
}
