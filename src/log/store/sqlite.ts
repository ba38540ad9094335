/**
 * A store in one SQLite file: the usual one. Any number of processes of one machine read and write it.
 *
 * Write-ahead log; each commit is one BEGIN IMMEDIATE, and with `power-cut` it is on the disk before it is acknowledged.
 * Who finds the file locked waits without holding up its process. Attachments stay files, in a folder beside it.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelError } from '../../errors.ts';
import { FolderAttachments } from './attachments.ts';
import type { Backend, Page } from './backend.ts';
import { CoreStore } from './core.ts';
import { decide, type Decided, type Stored } from './decide.ts';
import { json, type Part } from './encode.ts';
import type { Appended, Attachments, Checkpoint, Checkpoints, Durability, Entry, Snapshots, Store } from './port.ts';
import { sqliteDriver, type Database, type Statement } from './sqlite_driver.ts';
import { busy, duplicate, holdLocal, immutable, sqliteFailure } from './sqlite_failures.ts';
import { applicationId, entryOf, insertOf, rowsOf, schema, selected, storedRow, tables } from './sqlite_tables.ts';
import type { Upcast } from './upcast.ts';

export interface SqliteOptions {
  /** `write` makes the file where there is none. Default: read. */
  readonly mode?: 'read' | 'write';
  readonly durable?: 'power-cut' | 'process-crash';
  readonly upcast?: Upcast;
  /** Milliseconds to wait while somebody else writes. Default 10 000. */
  readonly patience?: number;
}

/**
 * Opens a SQLite log, or makes one.
 *
 * @throws {ModelError} unreachable-store, not-a-store, damaged-log, newer-store, busy-store, unwritable-store
 */
export async function sqliteStore(path: string, { mode = 'read', durable = 'power-cut', upcast, patience = 10_000 }: SqliteOptions = {}): Promise<Store> {
  const driver = await sqliteDriver();
  const writes = mode === 'write';
  let database: Database | undefined;
  try {
    if (writes) mkdirSync(dirname(path), { recursive: true });
    else statSync(path);
    if (existsSync(path) && statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    holdLocal(path);
    // Readers of a write-ahead log write too, a file beside it. Where nobody can, nobody changes it either.
    database = driver.open(!writes && immutable(path) ? `${pathToFileURL(path).href}?immutable=1` : path, { readOnly: !writes });
    const opened = new Sqlite(path, database, durable, writes, patience);
    await opened.begin();
    return new CoreStore(opened, upcast);
  } catch (error) {
    database?.close();
    throw sqliteFailure(error, path);
  }
}

/** Not an error: a commit that has to look ids up. */
const asksForIds = new Error('ids');
/** Rows of one statement: to call one takes as long as to bind half a row. */
const together = 16;

class Sqlite implements Backend {
  readonly name: string;
  readonly capabilities;
  readonly pollEvery = 100;
  readonly snapshots: Snapshots;
  readonly checkpoints: Checkpoints;
  readonly attachments: Attachments;
  readonly #path: string;
  readonly #database: Database;
  readonly #writes: boolean;
  readonly #patience: number;
  readonly #durable: Durability;
  readonly #statements = new Map<string, Statement>();

  constructor(path: string, database: Database, durable: 'power-cut' | 'process-crash', writes: boolean, patience: number) {
    this.name = `sqlite:${path}`;
    this.#path = path;
    this.#database = database;
    this.#writes = writes;
    this.#patience = patience;
    this.#durable = durable;
    this.capabilities = { durable, multiProcess: true, multiWriter: true, maxBatch: 10_000 } as const;
    this.attachments = new FolderAttachments(`${path}.attachments`);
    this.snapshots = {
      load: (stream, machine, atOrBelow = Number.MAX_SAFE_INTEGER) => this.#try(() => {
        const row = this.#sql('select revision, state from snapshots where stream = ? and machine = ? and revision <= ? order by revision desc limit 1').get(stream, machine, atOrBelow);
        return row === undefined ? null : { stream, machine, revision: Number(row['revision']), state: parse(row['state']) };
      }),
      save: (snapshot) => this.#transaction(() => {
        this.#sql('insert or replace into snapshots (stream, revision, machine, state) values (?, ?, ?, ?)').run(snapshot.stream, snapshot.revision, snapshot.machine, json(snapshot.state, 'a snapshot'));
      }),
    };
    this.checkpoints = {
      load: (name) => this.#try(() => this.#checkpoint(name)),
      save: (name, after, next) => this.#transaction(() => {
        if ((this.#checkpoint(name)?.position ?? null) !== after) return 'stale';
        this.#sql('insert or replace into checkpoints (name, position, definition, state) values (?, ?, ?, ?)').run(name, next.position, next.definition, json(next.state, 'a checkpoint'));
        return 'saved';
      }),
      reset: (name) => this.#transaction(() => { this.#sql('delete from checkpoints where name = ?').run(name); }),
    };
  }

  async begin(): Promise<void> {
    this.#database.exec('pragma busy_timeout = 0; pragma trusted_schema = off; pragma foreign_keys = on;');
    await this.#wait(() => { this.#holdOurs(); });
    if (!this.#writes) return;
    await this.#wait(() => {
      this.#database.exec(`pragma journal_mode = wal; pragma synchronous = ${this.#durable === 'power-cut' ? 'full' : 'normal'};`);
    });
    await this.#transaction(() => {
      if (this.#number('pragma user_version') === 0) this.#database.exec(tables);
    });
  }

  async commit(appends: readonly (readonly Part[])[]): Promise<readonly Appended[]> {
    // Ids are nearly always new, and to ask for each costs as much as to write it: who meets one that is not finds out by the index.
    try {
      return await this.#transaction(() => {
        const decided = this.#decide(appends, () => undefined);
        if (decided.results.every(({ ok }) => ok)) return this.#insert(decided);
        throw asksForIds;
      });
    } catch (error) {
      if (error !== asksForIds && !duplicate(error)) throw error;
    }
    return this.#transaction(() => {
      const ids = appends.flatMap((parts) => parts.flatMap((part) => part.rows.map(({ id }) => id)));
      const known = new Map(this.#sql(rowsOf).all(JSON.stringify(ids)).map(storedRow).map((row) => [row.id, row]));
      return this.#insert(this.#decide(appends, (id) => known.get(id)));
    });
  }

  #decide(appends: readonly (readonly Part[])[], row: Stored['row']): Decided {
    const revision = (stream: string) => numberOrNull(this.#sql('select revision from streams where name = ?').get(stream)?.['revision']);
    return decide(appends, { head: this.#number('select head from log'), revision, row }, Date.now());
  }

  #insert({ results, rows }: Decided): readonly Appended[] {
    if (rows.length === 0) return results;
    const streams = new Map<string, { id: number; revision: number }>();
    const values = rows.map(({ position, stream, revision, id, type, version, data, meta, recordedAt }) => {
      let touched = streams.get(stream);
      if (touched === undefined) {
        touched = { id: this.#streamId(stream), revision };
        streams.set(stream, touched);
      }
      touched.revision = revision;
      return [position, touched.id, revision, id, type, version, data, meta, recordedAt];
    });
    for (let at = 0; at < values.length; at += together) {
      const some = values.slice(at, at + together);
      this.#sql(insertOf(some.length)).run(...some.flat());
    }
    for (const { id, revision } of streams.values()) this.#sql('update streams set revision = ? where id = ?').run(revision, id);
    this.#sql('update log set head = ?').run(rows.at(-1)?.position);
    return results;
  }

  page({ stream, after, upTo, limit }: Page): Promise<Entry[]> {
    const end = Math.min(upTo, Number.MAX_SAFE_INTEGER);
    return this.#try(() => (stream === undefined
      ? this.#sql(`${selected} entries e join streams s on s.id = e.stream where e.position > ? and e.position <= ? order by e.position limit ?`).all(after, end, limit)
      : this.#sql(`${selected} streams s join entries e on e.stream = s.id where s.name = ? and e.revision > ? and e.revision <= ? order by e.revision limit ?`).all(stream, after, end, limit)
    ).map(({ entry }) => entryOf(String(entry), this.#path)));
  }
  revision(stream: string): Promise<number | null> {
    return this.#try(() => numberOrNull(this.#sql('select revision from streams where name = ?').get(stream)?.['revision']));
  }
  head(): Promise<number> {
    return this.#try(() => this.#number('select head from log'));
  }
  streams(prefix: string): Promise<{ name: string; revision: number }[]> {
    return this.#try(() => this.#sql('select name, revision from streams where substr(name, 1, ?) = ?').all([...prefix].length, prefix)
      .map((row) => ({ name: String(row['name']), revision: Number(row['revision']) })));
  }
  drop(prefix: string): Promise<number> {
    return this.#transaction(() => {
      this.#sql('delete from snapshots where substr(stream, 1, ?) = ?').run([...prefix].length, prefix);
      return Number(this.#sql('delete from streams where substr(name, 1, ?) = ?').run([...prefix].length, prefix).changes);
    });
  }
  close(): Promise<void> {
    if (this.#writes) {
      try {
        this.#database.exec('pragma wal_checkpoint(truncate)');
      } catch {
        // Somebody reads: the last one to close does it.
      }
    }
    this.#database.close();
    this.#statements.clear(); // @photostructure/sqlite lets the file go only when they are collected
    return Promise.resolve();
  }

  /** Ours, or empty and about to be. */
  #holdOurs(): void {
    const [application, version] = [this.#number('pragma application_id'), this.#number('pragma user_version')];
    const count = this.#number('select count(*) as count from sqlite_schema');
    if (application === 0 && version === 0 && count === 0 && this.#writes) return;
    if (application !== applicationId) throw new ModelError('not-a-store', count === 0 ? 'the database is empty' : 'the database belongs to another program', { at: this.#path, usually: 'a path of something else', hint: 'name another file with --log' });
    if (version > schema) throw new ModelError('newer-store', `its tables have version ${version}`, { at: this.#path, accepted: `versions up to ${schema}`, hint: 'use the version that wrote it' });
    // A table that says otherwise than it was made would give other entries, or keep no order.
    const made = new Map(this.#sql('select name, sql from sqlite_schema where type = \'table\'').all().map((row) => [row['name'], squeezed(String(row['sql']))]));
    const other = tables.split(';').map(squeezed).find((statement) => statement.startsWith('create table') && made.get(statement.split(' ')[2]) !== statement);
    if (other !== undefined) throw new ModelError('damaged-log', `its table ${other.split(' ')[2] ?? ''} is not that of a log`, { at: this.#path, usually: 'a file that was changed by hand, or by its disk' });
  }

  #streamId(name: string): number {
    const known = this.#sql('select id from streams where name = ?').get(name)?.['id'];
    if (known !== undefined) return Number(known);
    return Number(this.#sql('insert into streams (name, revision) values (?, -1) returning id').get(name)?.['id']);
  }

  #checkpoint(name: string): Checkpoint | null {
    const row = this.#sql('select position, definition, state from checkpoints where name = ?').get(name);
    return row === undefined ? null : { position: Number(row['position']), definition: String(row['definition']), state: parse(row['state']) };
  }

  #sql(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) this.#statements.set(text, statement = this.#database.prepare(text));
    return statement;
  }
  #number(text: string): number {
    return Number(Object.values(this.#sql(text).get() ?? {})[0]);
  }

  async #try<Result>(work: () => Result): Promise<Result> {
    try {
      return await this.#wait(work);
    } catch (error) {
      throw sqliteFailure(error, this.#path);
    }
  }

  /** All or nothing. */
  #transaction<Result>(work: () => Result): Promise<Result> {
    if (!this.#writes) return Promise.reject(new ModelError('unwritable-store', 'it was opened for reading', { at: this.#path, usually: 'a command that only reads' }));
    return this.#try(() => {
      this.#database.exec('begin immediate');
      try {
        const result = work();
        this.#database.exec('commit');
        return result;
      } catch (error) {
        try {
          this.#database.exec('rollback');
        } catch {
          // SQLite has rolled back already, as it does when the disk is full.
        }
        throw error;
      }
    });
  }

  /** Again while somebody else holds the lock, in small steps: the process goes on meanwhile. */
  async #wait<Result>(work: () => Result): Promise<Result> {
    const end = Date.now() + this.#patience;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        return work();
      } catch (error) {
        if (!busy(error) || Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
      }
    }
  }
}

/** A statement, however it was laid out. */
const squeezed = (sql: string): string => sql.trim().replace(/\s+/g, ' ').replace(/^create table/i, 'create table');
const numberOrNull = (value: unknown): number | null => (value === undefined || value === null ? null : Number(value));
const parse = (text: unknown) => JSON.parse(String(text)) as Checkpoint['state'];
