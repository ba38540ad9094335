/** Recordings in a log: the file as it is, each event with its place, once, with others at work meanwhile. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Plain } from '../../machines/chart.ts';
import { importStream, ingest } from '../../src/trace/ingest.ts';
import { fileBytes, findRecording, readTraceFile } from '../../src/trace/file.ts';
import { judgeTrace } from '../../src/trace/report.ts';
import { imports, judgeStored, verifiedImport } from '../../src/trace/stored.ts';
import { draft, listed, part } from '../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../src/log/store/memory.ts';
import { openStore } from '../../src/log/store/open.ts';
import type { Appended, Store } from '../../src/log/store/port.ts';
import { folder } from '../log/store/place.ts';

const place = folder('ingest');
const file = fileURLToPath(new URL('../traces/6.1.0-56-amd64/defer/trace.txt.gz', import.meta.url));
const packed = readFileSync(file);
const text = gunzipSync(packed);

test('each event stands where its entry says, in the file that is kept', async () => {
  const store = memoryStore();
  const result = await ingest(store, packed, 'defer');
  expect(result).toMatchObject({ id: createHash('sha256').update(packed).digest('hex'), known: false });
  expect(Buffer.concat(await listed(store.attachments.get(result.id))).equals(packed)).toBe(true);
  const entries = await listed(store.read(importStream(result.id)));
  const events = entries.filter(({ type }) => type === 'trace.event');
  expect([events.length, entries.length]).toEqual([result.events, result.events + result.gaps + 2]);
  for (const { data, meta } of events) {
    const { offset = 0, length = 0, attachment } = meta.source ?? {};
    const line = text.toString('utf8', offset, offset + length);
    const { event, comm, pid } = data as { event: string; comm: string; pid: number };
    expect([attachment, line.includes(`${comm}-${pid}`), line.includes(`: ${event}: `)]).toEqual([result.id, true, true]);
    const [, seconds, micro, ticks] = /\s(?:(\d+)\.(\d{6})|(\d+)): /.exec(line) ?? [];
    expect([meta.occurredAt, meta.clock]).toEqual(ticks === undefined ? [String(BigInt(`${seconds}${micro}000`)), 'local'] : [ticks, 'count']);
  }
});

test('a second import changes nothing, and so does one after an import that died', async () => {
  const store = memoryStore();
  const first = await ingest(store, packed, 'defer');
  const head = await store.head();
  expect(await ingest(store, packed, 'another name')).toEqual({ ...first, known: true });
  expect([await store.head(), (await imports(store)).map(({ name, ended }) => [name, ended])]).toEqual([head, [['defer', true]]]);

  const long = Buffer.concat([text, ...Array.from({ length: 5 }, () => text)]);
  for (const appends of [1, 2, 3]) {
    const dying = memoryStore();
    let left = appends;
    const once = { ...dying, name: dying.name, attachments: dying.attachments, revision: dying.revision.bind(dying), append: (...parts: Parameters<Store['append']>): Promise<Appended> => (left-- > 0 ? dying.append(...parts) : Promise.reject(new Error('killed'))) } as unknown as Store;
    await expect(ingest(once, long, 'long')).rejects.toThrow('killed');
    expect((await imports(dying))[0]?.ended).toBe(false);
    const again = await ingest(dying, long, 'long');
    const entries = await listed(dying.read(importStream(again.id)));
    expect([entries.length, (await imports(dying))[0]?.events]).toEqual([again.events + again.gaps + 2, again.events]);
  }
});

test('lost events are entries', async () => {
  const store = memoryStore();
  const lines = text.toString().split('\n');
  const at = lines.findIndex((line) => line.includes(': ') && !line.startsWith('#')) + 5;
  const { gaps, id } = await ingest(store, Buffer.from([...lines.slice(0, at), 'CPU:1 [LOST 42 EVENTS]', ...lines.slice(at)].join('\n')), 'lossy');
  expect(gaps).toBe((await ingest(memoryStore(), text, 'whole')).gaps + 1);
  expect((await listed(store.read(importStream(id)))).filter(({ type }) => type === 'trace.gap').map(({ data }) => data)).toContainEqual({ kind: 'lost', line: at + 1, cpu: 1, count: 42 });
});

test('pieces cut anywhere give the same entries, and so does a line that is too long to be one of a trace', async () => {
  const [whole, cut] = [memoryStore(), memoryStore()];
  const long = Buffer.concat([text.subarray(0, 20_000), Buffer.from(`\n${'x'.repeat(700_000)}\n`), text.subarray(20_000)]);
  const pieces = (size: number) => async function* () { for (let at = 0; at < long.length; at += size) yield await Promise.resolve(long.subarray(at, at + size)); };
  const first = await ingest(whole, long, 'x');
  expect(await ingest(cut, pieces(977), 'x')).toEqual(first);
  const entries = async (store: Store) => (await listed(store.all())).map(({ recordedAt: _recordedAt, ...entry }) => entry);
  expect(await entries(cut)).toEqual(await entries(whole));
});

test('a file that changes while it is read leaves nothing behind', async () => {
  const store = memoryStore();
  let reads = 0;
  const growing = async function* () { yield await Promise.resolve(text); if (reads++ > 0) yield Buffer.from('more\n'); };
  await expect(ingest(store, growing, 'x')).rejects.toMatchObject({ code: 'unreadable-file', message: expect.stringContaining('changes') as string });
  expect([await store.head(), await store.attachments.list()]).toEqual([0, []]);
});

test('what was kept is judged as the file is, with what lay beside it', async () => {
  const store = memoryStore();
  await ingest(store, () => fileBytes(file), file, await findRecording(file));
  const [kept] = await imports(store);
  const options = { why: true };
  const now = await judgeTrace(readTraceFile(file), { name: file, recording: await findRecording(file), ...options });
  expect(kept && await judgeStored(store, kept, options)).toEqual(now);
});

test('a recording is held against its file: the first entry that differs is named', async () => {
  const source = memoryStore();
  const { id } = await ingest(source, packed, 'defer');
  const held = async (change: (data: Record<string, unknown>, revision: number) => object, file: 'file' | 'no file' = 'file', to = Infinity) => {
    const store = memoryStore();
    if (file !== 'no file') await store.attachments.put((async function* () { yield await Promise.resolve(packed); })());
    for await (const { type, version, data, meta, revision, id: entry, stream } of source.all())
      if (revision < to) await store.append(part(stream, 'any', { id: entry, type, version, meta, data: change(data as Record<string, unknown>, revision) as Plain }));
    const [one] = await imports(store);
    return one && verifiedImport(store, one);
  };
  expect(await held((data) => data)).toEqual({ ok: true, notes: [] });
  expect(await held((data, revision) => (revision === 7 ? { ...data, pid: 1 } : data))).toEqual({ ok: false, notes: ['entry 7 is not what its file says'] });
  expect(await held((data) => data, 'no file')).toEqual({ ok: true, notes: ['its file is not in this log: only its entries are'] });
  expect(await held((data) => data, 'file', 100)).toEqual({ ok: true, notes: ['not ended: keep the file again to go on'] });
  expect(id).toMatch(/^19eaa281/);
});

test('what is no trace, or a damaged one, leaves nothing behind', async () => {
  const store = memoryStore();
  await expect(ingest(store, Buffer.from('hello\nworld\n'), 'x')).rejects.toMatchObject({ code: 'not-a-trace' });
  await expect(ingest(store, gzipSync(text).subarray(0, 500), 'x')).rejects.toMatchObject({ code: 'unreadable-file' });
  expect([await store.head(), await store.attachments.list()]).toEqual([0, []]);
});

test('another writer and a reader go on while a long recording is taken', async () => {
  const path = join(place, 'log.db');
  const [one, two] = [await openStore(path, { mode: 'write', durable: 'process-crash' }), await openStore(path, { mode: 'write', durable: 'process-crash' })];
  const long = Buffer.concat(Array.from({ length: 12 }, () => text));
  let done = false;
  const importing = ingest(one, long, 'long').finally(() => { done = true; });
  let meanwhile = 0;
  while (!done) {
    expect((await two.append(part('other', 'any', draft(meanwhile)))).ok).toBe(true);
    expect((await listed(two.read('other'))).length).toBe(++meanwhile);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { events } = await importing;
  expect([meanwhile > 3, events > 6000]).toEqual([true, true]);
  expect((await listed(two.all())).map(({ position }) => position)).toEqual(Array.from({ length: await two.head() }, (_, index) => index + 1));
  await one.close();
  await two.close();
});
