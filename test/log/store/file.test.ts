/** A JSON Lines file: the promises of the port. */
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { conformance } from '../../../src/log/store/conformance/index.ts';
import { fileStore } from '../../../src/log/store/file.ts';
import { folder } from './place.ts';

const place = folder('file');

describe('conformance', () => {
  test.each(conformance({ durable: 'power-cut', multiWriter: false }).map((one, index) => [one.name, one, index] as const))('%s', async (_name, one, index) => {
    const path = join(place, `${index}.jsonl`);
    await one.run({ open: (options) => fileStore(path, { mode: 'write', durable: 'process-crash', ...options }), reader: () => fileStore(path) }, 1);
  });
});
