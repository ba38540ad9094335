/** What goes wrong with files and databases, in plain words; and what was there before is untouched. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { errorCodes, ModelError, type ErrorCode } from '../../../src/errors.ts';
import { draft, drafts, listed, part } from '../../../src/log/store/conformance/bed.ts';
import { fileFailure } from '../../../src/log/store/failures.ts';
import { openStore } from '../../../src/log/store/open.ts';
import { atLeast, sqliteDriver } from '../../../src/log/store/sqlite_driver.ts';
import { cluster } from './cluster.ts';
import { folder } from './place.ts';
import { hold, workers } from './processes.ts';

const place = folder('failures');
const { url, port } = await cluster();
const built = await workers('failures');
afterAll(() => { built.remove(); });

let count = 0;
const path = (ending: string): string => join(place, `${count++}.${ending}`);
/** A store with three entries, closed. */
async function made(name: string): Promise<string> {
  const store = await openStore(name, { mode: 'write' });
  await store.append(part('a', 'any', ...drafts(2)), part('b', 'any', draft('ü')));
  await store.close();
  return name;
}
/** Code and words of what happens, in both modes, or that nothing does. */
async function failure(name: string, modes: readonly ('read' | 'write')[] = ['read', 'write']): Promise<string> {
  const said: string[] = [];
  for (const mode of modes) {
    try {
      const store = await openStore(name, { mode });
      try {
        await listed(store.all());
      } finally {
        await store.close();
      }
      said.push('nothing');
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      expect(errorCodes[error.code].fault).not.toBe('model');
      expect(JSON.stringify([error.message, error.at, error.hint])).not.toContain('secret');
      said.push(`${error.code}: ${error.message}`);
    }
  }
  return [...new Set(said)].join(' | ');
}
const begins = (code: ErrorCode, words: string) => expect.stringMatching(new RegExp(`^${code}: .*${words}`)) as string;

describe('sqlite', () => {
  const sql = async (file: string, text: string) => { const database = (await sqliteDriver()).open(file, { readOnly: false }); database.exec(text); database.close(); };

  test.each<[string, (file: string) => Promise<unknown> | void, string]>([
    ['a later schema', async (file) => { await made(file); await sql(file, 'pragma user_version = 99'); }, begins('newer-store', 'version 99')],
    ['a table without its order', async (file) => { await made(file); writeFileSync(file, readFileSync(file).toString('latin1').replace('unique (stream, revision)', 'check  (stream<>revision)'), 'latin1'); }, begins('damaged-log', 'its table entries|malformed')],
    ['another program', (file) => sql(file, 'create table people (name text)'), begins('not-a-store', 'another program')],
    ['a text', (file) => { writeFileSync(file, 'hello, '.repeat(1000)); }, begins('not-a-store', 'no SQLite database')],
    ['a file that was cut off', async (file) => { await made(file); truncateSync(file, 8192 + 100); }, begins('damaged-log', '')],
    ['a folder', (file) => { mkdirSync(file); }, begins('not-a-store', 'folder')],
  ])('%s', async (_name, prepare, expected) => {
    const file = path('db');
    await prepare(file);
    const before = statSync(file).isFile() ? readFileSync(file) : undefined;
    expect(await failure(file)).toEqual(expected);
    if (before !== undefined) expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('nothing there is an error for a reader only', async () => {
    expect(await failure(path('db'), ['read'])).toEqual(begins('unreachable-store', 'no such file'));
    expect(await failure(path('db'), ['write'])).toBe('nothing');
  });

  test('a writer that never lets go', async () => {
    const file = await made(path('db'));
    const database = (await sqliteDriver()).open(file, { readOnly: false });
    database.exec('begin immediate');
    const { sqliteStore } = await import('../../../src/log/store/sqlite.ts');
    await expect(sqliteStore(file, { mode: 'write', patience: 50 })).rejects.toMatchObject({ code: 'busy-store' });
    const reader = await openStore(file);
    expect((await listed(reader.all())).length).toBe(3); // readers are not in its way
    await reader.close();
    database.exec('rollback');
    database.close();
    expect(await failure(file)).toBe('nothing');
  });

  test('which SQLite is fit', () => {
    expect([atLeast('22.13.0', [22, 13, 0]), atLeast('22.12.9', [22, 13, 0]), atLeast('24.0.0', [22, 13, 0]), atLeast('3.51.2', [3, 51, 3]), atLeast('3.53.0', [3, 51, 3])]).toEqual([true, false, true, false, true]);
  });
});

describe('file', () => {
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n');

  test.each<[string, (file: string) => void, string]>([
    ['another file', (file) => { writeFileSync(file, 'hello\n'); }, begins('not-a-store', 'header')],
    ['another file of one line', (file) => { writeFileSync(file, 'hello'); }, begins('not-a-store', 'header')],
    ['JSON Lines of somebody else', (file) => { writeFileSync(file, '{"a":1}\n{"a":2}\n'); }, begins('not-a-store', 'header')],
    ['a broken line', (file) => { const all = lines(file); all[1] = (all[1] ?? '').slice(0, 40); writeFileSync(file, all.join('\n')); }, begins('damaged-log', 'no JSON')],
    ['a line that is missing', (file) => { const all = lines(file); all.splice(1, 1); writeFileSync(file, all.join('\n')); }, begins('damaged-log', 'hash')],
    ['two lines that were swapped', (file) => { const [header = '', one = '', two = '', ...rest] = lines(file); writeFileSync(file, [header, two, one, ...rest].join('\n')); }, begins('damaged-log', 'hash')],
    ['a word that was changed', (file) => { writeFileSync(file, readFileSync(file, 'utf8').replace('ü', 'u')); }, begins('damaged-log', 'hash')],
    ['a number that was changed', (file) => { writeFileSync(file, readFileSync(file, 'utf8').replace('"data":1', '"data":2')); }, begins('damaged-log', 'hash')],
    ['lines of somebody else at the end', (file) => { appendFileSync(file, '{"specversion":"1.0","id":"x"}\n'); }, begins('damaged-log', '')],
  ])('%s', async (_name, change, expected) => {
    const file = path('jsonl');
    await made(file);
    change(file);
    const before = readFileSync(file, 'utf8');
    expect(await failure(file)).toEqual(expected);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('a later format', async () => {
    const { Lines } = await import('../../../src/log/store/lines.ts');
    const file = path('jsonl');
    const header = new Lines('').header('x', 0).replace('"format":1', '"format":2');
    const body = header.slice(0, header.indexOf(',"chain"'));
    const { createHash } = await import('node:crypto');
    writeFileSync(file, `${body},"chain":"${createHash('sha256').update('').update(body).digest('hex')}"}\n`);
    expect(await failure(file)).toEqual(begins('newer-store', 'format 2'));
  });

  test('what a dead writer left half-written is not there, wherever it was cut', async () => {
    const file = path('jsonl');
    await made(file);
    const whole = readFileSync(file);
    const store = await openStore(file, { mode: 'write' });
    await store.append(part('a', 1, ...drafts(2)));
    await store.close();
    const more = readFileSync(file);
    for (let size = whole.length; size < more.length; size += 29) {
      const cut = path('jsonl');
      writeFileSync(cut, more.subarray(0, size));
      const reader = await openStore(cut);
      expect(await reader.head()).toBe(3);
      await reader.close();
      const writer = await openStore(cut, { mode: 'write' });
      expect(readFileSync(cut).equals(whole)).toBe(true);
      expect((await writer.append(part('a', 1, draft()))).ok).toBe(true);
      await writer.close();
    }
  });

  test('a header that was never finished is begun anew', async () => {
    const file = path('jsonl');
    await made(file);
    truncateSync(file, 60);
    expect(await failure(file, ['write'])).toBe('nothing');
  });

  test('a writer that is gone leaves a lock that the next one takes', async () => {
    const file = await made(path('jsonl'));
    writeFileSync(`${file}.lock`, '4194303 1 dead\n');
    expect(await failure(file)).toBe('nothing');
    writeFileSync(`${file}.lock`, `${process.pid} 1 another process that had this pid\n`);
    expect(await failure(file)).toBe('nothing');
    writeFileSync(`${file}.lock`, `${process.pid}  of a system that does not tell when\n`);
    expect(await failure(file, ['write'])).toEqual(begins('busy-store', `process ${process.pid}`));
    expect(await failure(file, ['read'])).toBe('nothing');
  });

  test('somebody else who writes into it is noticed before anything is written', async () => {
    const file = path('jsonl');
    const store = await openStore(file, { mode: 'write' });
    await store.append(part('a', 'any', draft()));
    appendFileSync(file, 'x\n');
    await expect(store.append(part('a', 'any', draft()))).rejects.toMatchObject({ code: 'busy-store' });
    await store.close();
    expect(readFileSync(file, 'utf8').endsWith('}\nx\n')).toBe(true);
  });
});

test.each(['db', 'jsonl'])('a folder that nobody may write to, %s', async (ending) => {
  expect(await failure(`/proc/log.${ending}`, ['write'])).toMatch(/^(unwritable|unreachable)-store: /);
});

test.each(['db', 'jsonl'])('a disk that is full in the middle: what was acknowledged is there, %s', async (ending) => {
  const file = path(ending);
  const command = `trap '' XFSZ; ulimit -f ${ending === 'db' ? 400 : 60}; exec "${process.execPath}" "${built.program}" "${file}" w 7 100000`;
  const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 50_000 });
  expect(status).toBe(3);
  expect(stderr).toMatch(/^(unwritable-store): /);
  const acknowledged = new Map(stdout.split('\n').flatMap((line) => (/^\d+ \d+$/.test(line) ? [line.split(' ').map(Number) as [number, number]] : [])));
  expect(acknowledged.size).toBeGreaterThan(3);
  const store = await openStore(file, { mode: 'write' });
  await hold(store, new Map([['w', acknowledged]]));
  expect((await store.append(part('after', 'no-stream', draft()))).ok).toBe(true);
  await store.close();
}, 60_000);

describe('postgres', () => {
  const query = async (text: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: url.replace(/postgres$/, database) });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };

  test.each<[string, () => Promise<string> | string, string]>([
    ['a wrong password', () => url.replace('secret', 'wrong-secret'), begins('unreachable-store', 'password is wrong')],
    ['no password', () => url.replace(':secret', ''), begins('unreachable-store', 'password')],
    ['no such user', () => url.replace('tester', 'nobody'), begins('unreachable-store', 'password is wrong|may not connect')],
    ['no such database', () => url.replace(/postgres$/, 'none'), begins('unreachable-store', 'no such database')],
    ['nobody listens', () => url.replace(String(port), '1'), begins('unreachable-store', 'nothing answers')],
    ['no such host', () => url.replace('127.0.0.1', 'no-such-host.invalid'), begins('unreachable-store', 'host')],
    ['a table of another program', async () => { await query('create schema other; create table other.log (line text)'); return `${url}?schema=other`; }, begins('not-a-store', 'another program')],
    ['a later schema', async () => { await made(`${url}?schema=later`); await query('update later.log set dma_ownership = 7'); return `${url}?schema=later`; }, begins('newer-store', 'version 7')],
    ['another encoding', async () => { await query("create database ascii encoding 'SQL_ASCII' template template0"); return url.replace(/postgres$/, 'ascii'); }, begins('not-a-store', 'SQL_ASCII')],
  ])('%s', async (_name, prepare, expected) => {
    expect(await failure(await prepare())).toEqual(expected);
  });

  test('a user who may not write', async () => {
    await made(`${url}?schema=mine`);
    await query("create role guest login password 'secret'; grant usage on schema mine to guest; grant select on all tables in schema mine to guest");
    const guest = `${url.replace('tester', 'guest')}?schema=mine`;
    const store = await openStore(guest, { mode: 'write' });
    await expect(store.append(part('a', 'any', draft()))).rejects.toMatchObject({ code: 'unwritable-store' });
    expect((await listed(store.all())).length).toBe(3);
    await store.close();
    expect(await failure(`${url.replace('tester', 'guest')}?schema=theirs`, ['write'])).toEqual(begins('unwritable-store', 'may not'));
  });

  test('a database without a log is an error for a reader only', async () => {
    expect(await failure(`${url}?schema=nothing`, ['read'])).toEqual(begins('not-a-store', 'no log'));
  });

  test('a connection that ends in the middle: doing it again stores it once', async () => {
    const store = await openStore(`${url}?schema=cut`, { mode: 'write' });
    const append = part('a', 'no-stream', ...drafts(3));
    await store.append(append);
    await query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dma-ownership'");
    const again = async () => store.append(append).catch((error: unknown) => (error instanceof ModelError && error.code === 'unreachable-store' ? store.append(append) : Promise.reject(error as Error)));
    expect(await again()).toMatchObject({ ok: true, replayed: true });
    expect(await store.head()).toBe(3);
    await store.close();
  });
});

test('what file systems say', () => {
  const said = (code: string, reading = false) => fileFailure(Object.assign(new Error(code), { code }), 'x', reading);
  expect(said('ENOSPC')).toMatchObject({ code: 'unwritable-store', message: 'the disk is full' });
  expect(said('EROFS')).toMatchObject({ code: 'unwritable-store', message: 'the file system is read-only' });
  expect(said('EACCES', true)).toMatchObject({ code: 'unreachable-store', message: 'permission denied' });
  expect(said('EWHATEVER')).not.toBeInstanceOf(ModelError);
});

test('a name that names nothing', async () => {
  for (const name of ['', 'log', 'mysql://x', 'file:', 'sqlite:', 'memory:x', 'postgres://x?schema=a-b', 'postgres://[']) expect(await failure(name), name).toEqual(begins('wrong-use', ''));
  const copy = path('jsonl');
  copyFileSync(await made(path('jsonl')), copy);
  expect(await failure(`file:${copy}`)).toBe('nothing');
});
