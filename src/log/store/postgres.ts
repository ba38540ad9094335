/**
 * A store on a PostgreSQL server (14 or newer), in a schema of its own: several writers on several hosts.
 *
 * Every commit begins by locking the one row that holds the head. So positions are given in the order of commits, and a
 * reader that goes on after the last position it saw misses nothing: PostgreSQL lets a lock go after the commit can be
 * seen. Sequences and transaction ids give no such order (docs/decisions/0004-the-log.md).
 */
import type pg from 'pg';
import { createHash } from 'node:crypto';
import { ModelError } from '../../errors.ts';
import { holdHash } from './attachments.ts';
import type { Backend, Page } from './backend.ts';
import { CoreStore } from './core.ts';
import { decide } from './decide.ts';
import { decode, json, type Part, type StoredRow } from './encode.ts';
import { noAttachment } from './memory.ts';
import { postgresFailure } from './postgres_failures.ts';
import { schemaVersion, tables } from './postgres_tables.ts';
import type { Appended, Attachments, Checkpoint, Checkpoints, Durability, Entry, Snapshots, Store } from './port.ts';
import type { Upcast } from './upcast.ts';

export interface PostgresOptions {
  /** `write` makes schema and tables where there are none. Default: read. */
  readonly mode?: 'read' | 'write';
  /** `process-crash`: the server acknowledges before its disk has it (synchronous_commit off). */
  readonly durable?: 'power-cut' | 'process-crash';
  readonly upcast?: Upcast;
}

type Row = Readonly<Record<string, unknown>>;

/** Bytes of an attachment in one row. */
const chunk = 1 << 20;

/**
 * Opens the log in a database: `postgres://user:password@host:port/database?schema=name`, schema `dma_ownership` unless
 * said otherwise; everything else as libpq has it, environment variables included.
 *
 * @throws {ModelError} unreachable-store, not-a-store, newer-store, unwritable-store
 */
export async function postgresStore(url: string, { mode = 'read', durable = 'power-cut', upcast }: PostgresOptions = {}): Promise<Store> {
  const { connection, schema, shown } = named(url);
  const { default: { Pool } } = await import('pg');
  const pool = new Pool({ connectionString: connection, max: 4, connectionTimeoutMillis: 10_000, application_name: 'dma-ownership' });
  // One that ends is opened again; who was using it is told by its query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => { client.on('error', () => undefined); });
  const opened = new Postgres(pool, schema, shown, mode === 'write', durable);
  try {
    await opened.begin();
  } catch (error) {
    await pool.end();
    throw postgresFailure(error, shown);
  }
  return new CoreStore(opened, upcast);
}

function named(url: string): { connection: string; schema: string; shown: string } {
  let parts: URL;
  try {
    parts = new URL(url);
  } catch (error) {
    throw new ModelError('wrong-use', 'this is no address of a database', { at: '--log', accepted: 'postgres://user:password@host:port/database', cause: error });
  }
  const schema = parts.searchParams.get('schema') ?? 'dma_ownership';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new ModelError('wrong-use', `${JSON.stringify(schema)} is no name of a schema`, { at: '--log', accepted: 'small letters, digits and _' });
  parts.searchParams.delete('schema');
  const connection = parts.toString();
  parts.password = '';
  parts.searchParams.delete('password');
  return { connection, schema, shown: `${parts.toString()}${schema === 'dma_ownership' ? '' : `${parts.search === '' ? '?' : '&'}schema=${schema}`}` };
}

class Postgres implements Backend {
  readonly name: string;
  capabilities = { durable: 'power-cut' as Durability, multiProcess: true, multiWriter: true, maxBatch: 10_000 };
  readonly pollEvery = 500;
  readonly snapshots: Snapshots;
  readonly checkpoints: Checkpoints;
  readonly attachments: Attachments;
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #writes: boolean;
  readonly #durable: 'power-cut' | 'process-crash';
  readonly #select: string;
  readonly #watchers = new Set<() => void>();
  #listening: Promise<pg.PoolClient | undefined> | undefined;

  constructor(pool: pg.Pool, schema: string, shown: string, writes: boolean, durable: 'power-cut' | 'process-crash') {
    this.name = shown;
    this.#pool = pool;
    this.#schema = schema;
    this.#writes = writes;
    this.#durable = durable;
    this.#select = `select e.position, s.name as stream, e.revision, e.id, e.type, e.version, e.data, e.meta, e.recorded from ${schema}.entries e join ${schema}.streams s on s.id = e.stream`;
    this.snapshots = {
      load: async (stream, machine, atOrBelow = Number.MAX_SAFE_INTEGER) => {
        const [row] = await this.#query(`select revision, state from ${schema}.snapshots where stream = $1 and machine = $2 and revision <= $3 order by revision desc limit 1`, stream, machine, atOrBelow);
        return row === undefined ? null : { stream, machine, revision: Number(row['revision']), state: parse(row['state']) };
      },
      save: async (snapshot) => {
        await this.#query(`insert into ${schema}.snapshots (stream, revision, machine, state) values ($1, $2, $3, $4) on conflict (stream, machine, revision) do update set state = excluded.state`,
          snapshot.stream, snapshot.revision, snapshot.machine, json(snapshot.state, 'a snapshot'));
      },
    };
    this.checkpoints = {
      load: async (name) => {
        const [row] = await this.#query(`select position, definition, state from ${schema}.checkpoints where name = $1`, name);
        return row === undefined ? null : { position: Number(row['position']), definition: String(row['definition']), state: parse(row['state']) };
      },
      save: async (name, after, next) => {
        const values = [name, next.position, next.definition, json(next.state, 'a checkpoint')];
        const saved = after === null
          ? await this.#query(`insert into ${schema}.checkpoints (name, position, definition, state) values ($1, $2, $3, $4) on conflict do nothing returning name`, ...values)
          : await this.#query(`update ${schema}.checkpoints set position = $2, definition = $3, state = $4 where name = $1 and position = $5 returning name`, ...values, after);
        return saved.length === 1 ? 'saved' : 'stale';
      },
      reset: async (name) => { await this.#query(`delete from ${schema}.checkpoints where name = $1`, name); },
    };
    this.attachments = { put: (bytes) => this.#put(bytes), get: (sha256) => this.#get(sha256), list: () => this.#list(), drop: async (sha256) => { await this.#query(`delete from ${schema}.attachments where sha256 = $1`, sha256); } };
  }

  async begin(): Promise<void> {
    const [server] = await this.#query("select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding, current_setting('fsync') as fsync");
    const refuse = (message: string, accepted: string): never => { throw new ModelError('not-a-store', message, { at: this.name, accepted, usually: 'a server that was set up for something else' }); };
    if (Number(server?.['version']) < 140_000) refuse(`the server is PostgreSQL ${Math.floor(Number(server?.['version']) / 10_000)}`, '14 or newer');
    if (server?.['encoding'] !== 'UTF8') refuse(`the database has the encoding ${String(server?.['encoding'])}`, 'UTF8');
    this.capabilities = { ...this.capabilities, durable: server?.['fsync'] === 'on' ? this.#durable : 'process-crash' };
    if (this.#writes) {
      // Two that make the tables at once.
      await this.#transaction(`select pg_advisory_xact_lock(${0x444d416f})`, async (query) => {
        const [found] = await query('select to_regclass($1) as log', `${this.#schema}.log`);
        if (found?.['log'] === null) for (const statement of tables(this.#schema)) await query(statement);
      });
    }
    const [found] = await this.#query('select to_regclass($1) as log', `${this.#schema}.log`);
    if (found?.['log'] === null) refuse(`there is no log in its schema ${this.#schema}`, 'a database that a log was written to');
    const columns = await this.#query('select column_name from information_schema.columns where table_schema = $1 and table_name = $2', this.#schema, 'log');
    if (!columns.some((column) => column['column_name'] === 'dma_ownership')) refuse(`its schema ${this.#schema} has a table log of another program`, 'a schema of its own: ?schema=name');
    const [log] = await this.#query(`select dma_ownership as version from ${this.#schema}.log`);
    if (Number(log?.['version']) > schemaVersion) throw new ModelError('newer-store', `its tables have version ${String(log?.['version'])}`, { at: this.name, accepted: `versions up to ${schemaVersion}`, hint: 'use the version that wrote it' });
  }

  commit(appends: readonly (readonly Part[])[]): Promise<readonly Appended[]> {
    const schema = this.#schema;
    return this.#transaction(`select head from ${schema}.log for update`, async (query, [log]) => {
      const names = [...new Set(appends.flat().map(({ stream }) => stream))];
      const known = new Map((await query(`select name, revision from ${schema}.streams where name = any($1)`, names)).map((row) => [String(row['name']), Number(row['revision'])]));
      const ids = appends.flat().flatMap(({ rows }) => rows.map(({ id }) => id));
      const used = new Map((await query(`${this.#select} where e.id = any($1::uuid[])`, ids)).map(storedRow).map((row) => [row.id, row]));
      const { results, rows } = decide(appends, { head: Number(log?.['head']), revision: (stream) => known.get(stream) ?? null, row: (id) => used.get(id) }, Date.now());
      if (rows.length === 0) return results;
      const last = new Map(rows.map(({ stream, revision }) => [stream, revision]));
      const column = <Value>(value: (row: StoredRow) => Value): Value[] => rows.map(value);
      await query(
        `with touched as (
           insert into ${schema}.streams (name, revision) select * from unnest($1::text[], $2::bigint[])
           on conflict (name) do update set revision = excluded.revision returning id, name
         ), written as (
           insert into ${schema}.entries (position, stream, revision, id, type, version, data, meta, recorded)
           select given.position, touched.id, given.revision, given.id, given.type, given.version, given.data, given.meta, given.recorded
           from unnest($3::bigint[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::int[], $9::text[], $10::text[], $11::bigint[])
             as given (position, stream, revision, id, type, version, data, meta, recorded) join touched on touched.name = given.stream
         ), moved as (update ${schema}.log set head = $12)
         select pg_notify($13, '')`,
        [...last.keys()], [...last.values()],
        column(({ position }) => position), column(({ stream }) => stream), column(({ revision }) => revision), column(({ id }) => id), column(({ type }) => type),
        column(({ version }) => version), column(({ data }) => data), column(({ meta }) => meta), column(({ recordedAt }) => recordedAt),
        rows.at(-1)?.position, schema);
      return results;
    });
  }

  async page({ stream, after, upTo, limit }: Page): Promise<Entry[]> {
    const end = Math.min(upTo, Number.MAX_SAFE_INTEGER);
    const rows = stream === undefined
      ? await this.#query(`${this.#select} where e.position > $1 and e.position <= $2 order by e.position limit $3`, after, end, limit)
      : await this.#query(`${this.#select} where s.name = $1 and e.revision > $2 and e.revision <= $3 order by e.revision limit $4`, stream, after, end, limit);
    return rows.map(storedRow).map(decode);
  }
  async revision(stream: string): Promise<number | null> {
    const [row] = await this.#query(`select revision from ${this.#schema}.streams where name = $1`, stream);
    return row === undefined ? null : Number(row['revision']);
  }
  async head(): Promise<number> {
    return Number((await this.#query(`select head from ${this.#schema}.log`))[0]?.['head']);
  }
  async streams(prefix: string): Promise<{ name: string; revision: number }[]> {
    return (await this.#query(`select name, revision from ${this.#schema}.streams where starts_with(name, $1)`, prefix)).map((row) => ({ name: String(row['name']), revision: Number(row['revision']) }));
  }
  drop(prefix: string): Promise<number> {
    return this.#transaction(`select head from ${this.#schema}.log for update`, async (query) => {
      await query(`delete from ${this.#schema}.snapshots where starts_with(stream, $1)`, prefix);
      return (await query(`delete from ${this.#schema}.streams where starts_with(name, $1) returning id`, prefix)).length;
    });
  }

  /** Tells of appends at once, as long as its connection lives; the poll of the subscription does the rest. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    this.#listening ??= this.#listen();
    return () => { this.#watchers.delete(changed); };
  }

  /** One connection for all who watch. */
  async #listen(): Promise<pg.PoolClient | undefined> {
    try {
      const client = await this.#pool.connect();
      client.on('error', () => undefined);
      client.on('notification', () => { for (const changed of this.#watchers) changed(); });
      await client.query(`listen ${this.#schema}`);
      return client;
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    (await this.#listening)?.release(true);
    await this.#pool.end();
  }

  async #put(bytes: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
    return this.#transaction('', async (query) => {
      const [row] = await query(`insert into ${this.#schema}.attachments (size) values (0) returning id`);
      const id = row?.['id'];
      const digest = createHash('sha256');
      let [size, count] = [0, 0];
      for await (const piece of bytes) {
        digest.update(piece);
        size += piece.length;
        for (let at = 0; at < piece.length; at += chunk)
          await query(`insert into ${this.#schema}.attachment_chunks (attachment, number, bytes) values ($1, $2, $3)`, id, count++, Buffer.from(piece.subarray(at, at + chunk)));
      }
      const sha256 = digest.digest('hex');
      await query(`select head from ${this.#schema}.log for update`); // two that put the same file
      const [same] = await query(`select id from ${this.#schema}.attachments where sha256 = $1`, sha256);
      if (same === undefined) await query(`update ${this.#schema}.attachments set sha256 = $1, size = $2 where id = $3`, sha256, size, id);
      else await query(`delete from ${this.#schema}.attachments where id = $1`, id);
      return { sha256, size };
    });
  }

  async *#get(sha256: string): AsyncGenerator<Uint8Array> {
    const [row] = await this.#query(`select id from ${this.#schema}.attachments where sha256 = $1`, sha256);
    if (row === undefined) throw noAttachment(sha256, this.name);
    const digest = createHash('sha256');
    for (let number = 0; ; number++) {
      const [piece] = await this.#query(`select bytes from ${this.#schema}.attachment_chunks where attachment = $1 and number = $2`, row['id'], number);
      if (piece === undefined) break;
      digest.update(piece['bytes'] as Buffer);
      yield piece['bytes'] as Buffer;
    }
    holdHash(digest.digest('hex'), sha256, this.name);
  }

  async #list(): Promise<{ sha256: string; size: number }[]> {
    return (await this.#query(`select sha256, size from ${this.#schema}.attachments where sha256 is not null order by sha256`)).map((row) => ({ sha256: String(row['sha256']), size: Number(row['size']) }));
  }

  async #query(text: string, ...values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(text, values)).rows;
    } catch (error) {
      throw postgresFailure(error, this.name);
    }
  }

  /** All or nothing. `first` is done together with the beginning; `work` gets its rows. */
  async #transaction<Result>(first: string, work: (query: (text: string, ...values: unknown[]) => Promise<Row[]>, rows: readonly Row[]) => Promise<Result>): Promise<Result> {
    if (!this.#writes) throw new ModelError('unwritable-store', 'it was opened for reading', { at: this.name, usually: 'a command that only reads' });
    let client: pg.PoolClient | undefined;
    try {
      const taken = client = await this.#pool.connect();
      const begun = await client.query(`begin isolation level read committed; set local synchronous_commit = ${this.#durable === 'power-cut' ? 'on' : 'off'}; ${first}`) as unknown as readonly pg.QueryResult<Row>[];
      const result = await work(async (text, ...values) => (await taken.query<Row>(text, values)).rows, begun.at(-1)?.rows ?? []);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      const rolledBack = await client?.query('rollback').then(() => true, () => false);
      client?.release(rolledBack !== true);
      throw postgresFailure(error, this.name);
    }
  }
}

const parse = (text: unknown) => JSON.parse(String(text)) as Checkpoint['state'];
const storedRow = (row: Row): StoredRow => ({
  position: Number(row['position']), stream: row['stream'] as string, revision: Number(row['revision']), id: row['id'] as string, type: row['type'] as string,
  version: Number(row['version']), data: row['data'] as string, meta: row['meta'] as string, recordedAt: Number(row['recorded']),
});
