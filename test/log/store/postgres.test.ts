/** PostgreSQL, the real server: the promises of the port, and what goes wrong with a server. */
import { describe, test } from 'vitest';
import { conformance } from '../../../src/log/store/conformance/index.ts';
import { postgresStore } from '../../../src/log/store/postgres.ts';
import { cluster } from './cluster.ts';

const { url } = await cluster();
const at = (schema: string) => `${url}?schema=${schema}`;

describe('conformance', () => {
  test.each(conformance({ durable: 'power-cut', multiWriter: true }).map((one, index) => [one.name, one, index] as const))('%s', async (_name, one, index) => {
    await one.run({ open: (options) => postgresStore(at(`case_${index}`), { mode: 'write', ...options }), reader: () => postgresStore(at(`case_${index}`)) }, one.name.startsWith('appends one after') ? 0.05 : 0.15);
  });
});
