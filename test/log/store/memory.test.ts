/** A store in memory keeps every promise but that of lasting. */
import { describe, test } from 'vitest';
import { conformance } from '../../../src/log/store/conformance/index.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import type { Store } from '../../../src/log/store/port.ts';

describe('conformance', () => {
  test.each(conformance({ durable: 'none', multiWriter: true }).map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    let store: Store | undefined;
    await one.run({ open: () => Promise.resolve(store ??= memoryStore()) }, 1);
  });
});
