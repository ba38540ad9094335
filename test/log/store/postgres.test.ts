/** PostgreSQL, the real server: the promises of the port, and what goes wrong with a server. */
import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { draft, listed, part } from '../../../src/log/store/conformance/bed.ts';
import { conformance } from '../../../src/log/store/conformance/index.ts';
import { postgresStore } from '../../../src/log/store/postgres.ts';
import { cluster } from './cluster.ts';
import { fill } from './fill.ts';
import { mounts } from './mounts.ts';

const { url, owner: { uid = 0, gid = 0 } } = await cluster();
const { missing, place, small } = mounts('server-full');
const at = (schema: string) => `${url}?schema=${schema}`;

describe('conformance', () => {
  test.each(conformance({ durable: 'power-cut', multiWriter: true }).map((one, index) => [one.name, one, index] as const))('%s', async (_name, one, index) => {
    await one.run({ open: (options) => postgresStore(at(`case_${index}`), { mode: 'write', ...options }), reader: () => postgresStore(at(`case_${index}`)) }, one.name.startsWith('appends one after') ? 0.05 : 0.15);
  });
});

test.skipIf(missing !== undefined)(`a server whose disk is full: nothing half-written, and it goes on when there is room${missing === undefined ? '' : `: skipped, ${missing}`}`, async () => {
  const disk = small('tablespace', 3);
  chmodSync(place, 0o711);
  chownSync(disk, uid, gid);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1_000_000));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create tablespace small location '${disk}'`);
  await client.end();
  const store = await postgresStore(`${at('filled')}&options=-c%20default_tablespace%3Dsmall`, { mode: 'write' });
  const { taken, error } = await fill(store);
  expect(error).toMatchObject({ code: 'unwritable-store', message: 'the disk of the server is full' });
  expect(taken).toBeGreaterThan(8);
  expect([(await listed(store.all())).length, await store.head(), await store.revision('a')]).toEqual([taken, taken, taken - 1]);
  rmSync(ballast);
  expect((await store.append(part('b', 'no-stream', draft()))).ok).toBe(true);
  expect((await listed(store.all())).at(-1)).toMatchObject({ stream: 'b', position: taken + 1 });
  await store.close();
});
