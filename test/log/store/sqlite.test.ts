/** SQLite: the promises of the port. */
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { conformance } from '../../../src/log/store/conformance/index.ts';
import { sqliteStore } from '../../../src/log/store/sqlite.ts';
import { folder } from './place.ts';

const place = folder('sqlite');

describe('conformance', () => {
  test.each(conformance({ durable: 'power-cut', multiWriter: true }).map((one, index) => [one.name, one, index] as const))('%s', async (_name, one, index) => {
    const path = join(place, `${index}.db`);
    await one.run({ open: (options) => sqliteStore(path, { mode: 'write', durable: 'process-crash', ...options }), reader: () => sqliteStore(path) }, 1);
  });
});
