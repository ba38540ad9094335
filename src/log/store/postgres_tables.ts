/** The tables of a log on a PostgreSQL server. */

/** A later one is refused. */
export const schemaVersion = 1;

/** One statement each. JSON stays text: `jsonb` drops the order of keys, and refuses what JSON allows. */
export const tables = (schema: string): string[] => [
  `create schema if not exists ${schema}`,
  `create table ${schema}.log (head bigint not null, dma_ownership integer not null)`,
  `insert into ${schema}.log values (0, ${schemaVersion})`,
  `create table ${schema}.streams (id bigint generated always as identity primary key, name text collate "C" not null unique, revision bigint not null)`,
  `create table ${schema}.entries (
    position bigint primary key, stream bigint not null references ${schema}.streams on delete cascade, revision bigint not null, id uuid not null unique,
    type text not null, version integer not null, data text not null, meta text not null, recorded bigint not null, unique (stream, revision))`,
  `create table ${schema}.snapshots (
    stream text collate "C" not null, revision bigint not null, machine text not null, state text not null, primary key (stream, machine, revision))`,
  `create table ${schema}.checkpoints (name text primary key, position bigint not null, definition text not null, state text not null)`,
  `create table ${schema}.attachments (id bigint generated always as identity primary key, sha256 text unique, size bigint not null)`,
  `create table ${schema}.attachment_chunks (
    attachment bigint not null references ${schema}.attachments on delete cascade, number integer not null, bytes bytea not null, primary key (attachment, number))`,
];
