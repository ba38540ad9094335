/** Fills a store until nothing more goes in. */
import { drafts, part } from '../../../src/log/store/conformance/bed.ts';
import type { Store } from '../../../src/log/store/port.ts';

/** Appends until it fails. How many entries were acknowledged, and the error. */
export async function fill(store: Store): Promise<{ taken: number; error: unknown }> {
  for (let taken = 0; ; taken += 4) {
    try {
      await store.append(part('a', 'any', ...drafts(4, () => 'x'.repeat(10_000))));
    } catch (error) {
      return { taken, error };
    }
    if (taken > 10_000) throw new Error('never full');
  }
}
