/** The tables of a SQLite log, and its rows as entries. */
import { ModelError } from '../../errors.ts';
import type { StoredRow } from './encode.ts';
import type { Entry } from './port.ts';

/** `DMAo`: says whose file it is. */
export const applicationId = 0x444d416f;
/** Version of the tables; a later one is refused. */
export const schema = 1;

export const tables = `
create table log (head integer not null) strict;
insert into log values (0);
create table streams (id integer primary key, name text not null unique, revision integer not null) strict;
create table entries (
  position integer primary key, stream integer not null references streams on delete cascade, revision integer not null, id blob not null unique,
  type text not null, version integer not null, data text not null, meta text not null, recorded integer not null, unique (stream, revision)
) strict;
create table snapshots (
  stream text not null, revision integer not null, machine text not null, state text not null, primary key (stream, machine, revision)
) strict, without rowid;
create table checkpoints (name text primary key, position integer not null, definition text not null, state text not null) strict, without rowid;
pragma application_id = ${applicationId};
pragma user_version = ${schema};`;

/**
 * An entry as one JSON text, but for the dashes of its id: to hand nine columns over takes longer than to parse them. What
 * data and metadata could say of the rest, were they tampered with, is said again behind them.
 */
export const selected = `select '{"data":' || e.data || ',"meta":' || e.meta || ',"id":"' || lower(hex(e.id)) || '","type":' || json_quote(e.type) || ',"version":' || e.version
  || ',"recordedAt":' || e.recorded || ',"stream":' || json_quote(s.name) || ',"revision":' || e.revision || ',"position":' || e.position || '}' as entry from`;
export const rowsOf = `select e.position, s.name as stream, e.revision, lower(hex(e.id)) as id, e.type, e.version, e.data, e.meta, e.recorded from entries e join streams s on s.id = e.stream
  where e.id in (select unhex(value, '-') from json_each(?))`;

const dashed = (hex: string): string => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

/** Takes so many entries: position, id of the stream, revision, id, type, version, data, meta, time of each. */
export const insertOf = (count: number): string =>
  `insert into entries (position, stream, revision, id, type, version, data, meta, recorded) values ${Array.from({ length: count }, () => "(?, ?, ?, unhex(?, '-'), ?, ?, ?, ?, ?)").join(', ')}`;

/** @throws {ModelError} damaged-log */
export function entryOf(text: string, at: string): Entry {
  try {
    const { data, meta, id, type, version, recordedAt, stream, revision, position } = JSON.parse(text) as Entry;
    return { id: dashed(id), type, version, data, meta, recordedAt, stream, revision, position };
  } catch (error) {
    throw new ModelError('damaged-log', 'an entry is no JSON', { at, cause: error });
  }
}
export const storedRow = (row: Record<string, unknown>): StoredRow => ({
  position: row['position'] as number, stream: row['stream'] as string, revision: row['revision'] as number, id: dashed(row['id'] as string),
  type: row['type'] as string, version: row['version'] as number, data: row['data'] as string, meta: row['meta'] as string, recordedAt: row['recorded'] as number,
});
