/** What a PostgreSQL server and the way to it say, in plain words. Never with a password. */
import { ModelError, type ErrorCode } from '../../errors.ts';

const failures: Readonly<Record<string, readonly [code: ErrorCode, what: string, hint: string]>> = {
  ECONNREFUSED: ['unreachable-store', 'nothing answers there', 'start the server, or check host and port'],
  ENOTFOUND: ['unreachable-store', 'no host has this name', 'check the host'],
  EAI_AGAIN: ['unreachable-store', 'the name of the host cannot be looked up now', 'check the network'],
  ETIMEDOUT: ['unreachable-store', 'the server does not answer in time', 'check the network'],
  EHOSTUNREACH: ['unreachable-store', 'there is no way to the host', 'check the network'],
  ECONNRESET: ['unreachable-store', 'the server ended the connection', 'do it again: what was stored already is not stored twice'],
  EPIPE: ['unreachable-store', 'the server ended the connection', 'do it again: what was stored already is not stored twice'],
  ENOENT: ['unreachable-store', 'there is no such socket', 'start the server, or check the path'],
  EACCES: ['unreachable-store', 'the socket may not be used', 'check the user'],
  '28P01': ['unreachable-store', 'the password is wrong', 'check user and password; PGPASSWORD and ~/.pgpass are read too'],
  '28000': ['unreachable-store', 'the user may not connect', 'check the user, and pg_hba.conf of the server'],
  '3D000': ['unreachable-store', 'there is no such database', 'make it with createdb, or check the name'],
  '53300': ['unreachable-store', 'the server has too many connections', 'try again later'],
  '57P01': ['unreachable-store', 'the server is shutting down', 'do it again when it is up: what was stored already is not stored twice'],
  '57P03': ['unreachable-store', 'the server is starting or shutting down', 'try again'],
  '42501': ['unwritable-store', 'the user may not do this', 'grant the user the schema of the log'],
  '25006': ['unwritable-store', 'the server only reads', 'name the primary server'],
  '53100': ['unwritable-store', 'the disk of the server is full', 'make room there, then do it again'],
  '42P01': ['not-a-store', 'a table of the log is missing', 'use another schema: ?schema=name'],
  '42703': ['not-a-store', 'a table has other columns than those of a log', 'use another schema: ?schema=name'],
};

/** An error with a code of ours; what is ours already, or unknown, stays. */
export function postgresFailure(error: unknown, at: string): unknown {
  if (error instanceof ModelError || !(error instanceof Error)) return error;
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  const known = failures[code];
  if (known !== undefined) return new ModelError(known[0], known[1], { at, hint: known[2], cause: error });
  if (/password must be a string|no password|SASL/i.test(error.message)) return new ModelError('unreachable-store', 'the server wants a password', { at, hint: 'postgres://user:password@host/database, PGPASSWORD or ~/.pgpass', cause: error });
  if (/terminated|timeout|timed out|not queryable|closed/i.test(error.message)) return new ModelError('unreachable-store', 'the connection to the server ended', { at, hint: 'do it again: what was stored already is not stored twice', cause: error });
  return error;
}
