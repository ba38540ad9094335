/** Logs as files: out and in again without a change, and whatever happens to the bytes, no wrong world. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ModelError } from '../../../src/errors.ts';
import { runs } from '../../../src/log/runs/stored.ts';
import { exported, imported } from '../../../src/log/runs/transfer.ts';
import { verified } from '../../../src/log/runs/verify.ts';
import { listed, part, draft } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Store } from '../../../src/log/store/port.ts';
import { folder } from '../store/place.ts';
import { kept, played } from './walks.ts';

const place = folder('transfer');
const text = async (store: Store, prefixes?: string[]) => (await listed(exported(store, prefixes))).join('');
const bytes = async function* (content: string | Buffer) { yield await Promise.resolve(Buffer.from(content as string)); };
const take = (store: Store, content: string | Buffer, options = {}) => imported(store, bytes(content), 'the file', options);

const source = memoryStore();
let whole = '';
beforeAll(async () => {
  for (const file of ['sysfs-link-fails.scenario', 'refused.scenario']) await kept(source, played(file), file);
  whole = await text(source);
});

test.each(['memory:', 'one.db', 'one.jsonl'])('export, import and export again gives the same bytes: %s', async (name) => {
  const store = await openStore(name === 'memory:' ? name : join(place, name), { mode: 'write', durable: 'process-crash' });
  const all = (await listed(source.all())).length;
  expect(await take(store, whole)).toEqual({ taken: all, known: 0, complete: true, damage: null });
  expect(await take(store, whole)).toEqual({ taken: 0, known: all, complete: true, damage: null });
  expect(await text(store)).toBe(whole);
  await store.close();
});

test('a part of a log beside another, and twice with other borders', async () => {
  const store = memoryStore();
  await store.append(part('mine', 'any', draft()));
  const [first, second] = await runs(source);
  const one = await text(source, [`run/${first?.id}`, `about/${first?.id}`]);
  expect(await take(store, one)).toMatchObject({ complete: true, known: 0 });
  expect(await take(store, whole)).toMatchObject({ known: (await listed(memoryEntries(one))).length });
  expect((await runs(store)).map(({ id }) => id).sort()).toEqual([first?.id, second?.id].sort());
  for (const run of await runs(store)) expect((await verified(store, run)).ok).toBe(true);
});
async function* memoryEntries(content: string) {
  const store = memoryStore();
  await take(store, content);
  yield* store.all();
}

test('an exported file is a store to read, and takes nothing more', async () => {
  const path = join(place, 'sealed.jsonl');
  writeFileSync(path, whole);
  const store = await openStore(path, { mode: 'write' });
  expect((await runs(store)).length).toBe(2);
  await expect(store.append(part('a', 'any', draft()))).rejects.toMatchObject({ code: 'unwritable-store' });
  await store.close();
  expect(readFileSync(path, 'utf8')).toBe(whole);
});

test('a file that was cut off is taken up to its last whole batch, and that is said', async () => {
  const entries = (await listed(source.all())).map(({ id }) => id);
  const small = (await listed(exported(source, [], 9))).join('');
  for (let size = 0; size <= small.length; size += Math.floor(small.length / 60)) {
    const store = memoryStore();
    const result = await take(store, small.slice(0, size)).catch((error: unknown) => (error as ModelError).code);
    const got = (await listed(store.all())).map(({ id }) => id);
    expect(got).toEqual(entries.slice(0, got.length));
    expect([typeof result, size]).toEqual([got.length === 0 && result === 'not-a-store' ? 'string' : 'object', size]);
    if (typeof result === 'object') expect(result.complete).toBe(size === small.length);
  }
});
