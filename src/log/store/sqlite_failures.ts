/** What SQLite says, in plain words. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ModelError } from '../../errors.ts';
import { fileFailure } from './failures.ts';

/** What SQLite says where a driver leaves its result code out. */
const said: readonly (readonly [words: RegExp, code: number])[] = [
  [/is locked/, 5], [/readonly database/, 8], [/disk I\/O error/, 10], [/malformed/, 11], [/is full/, 13], [/unable to open/, 14], [/constraint failed/, 19], [/no such (table|column)|unsupported file format/, 1], [/not a database/, 26],
];

/** Result codes of SQLite, without what extends them. */
function codeOf(error: unknown): number {
  if (!(error instanceof Error) || error instanceof ModelError) return 0;
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : said.find(([words]) => words.test(error.message))?.[1] ?? 0;
}
/** An id that is stored already. */
export function duplicate(error: unknown): boolean {
  const raw = error instanceof ModelError ? error.cause : error;
  return codeOf(raw) === 19 && /entries\.id/.test((raw as Error).message);
}
export const busy = (error: unknown): boolean => [5, 6].includes(codeOf(error));

/** An error with a code of ours; what is ours already, or unknown, stays. */
export function sqliteFailure(error: unknown, at: string): unknown {
  const message = error instanceof Error ? error.message : '';
  const of = (code: ConstructorParameters<typeof ModelError>[0], what: string, hint: string) => new ModelError(code, what, { at, hint, cause: error });
  switch (codeOf(error)) {
    case 5: case 6: return of('busy-store', 'somebody else has been writing for a long time', 'try again when the other process is done');
    case 8: return of('unwritable-store', 'the file or its folder is read-only', 'name a place that you may write to with --log');
    case 10: return of('unwritable-store', `the disk reports an error (${message})`, 'look at the kernel log, and at the quota and limits of the user');
    // Our statements are always the same: what is wrong with one of them is a file that says otherwise than it was made.
    case 1: case 12: case 18: case 20: return of('damaged-log', `its tables are not those of a log (${message})`, 'copy the file, and try `sqlite3 FILE .recover`');
    case 19: return of('damaged-log', `its indexes do not fit its tables (${message})`, 'copy the file, and try `sqlite3 FILE .recover`');
    case 11: case 24: return of('damaged-log', `SQLite finds the file damaged (${message})`, 'copy the file, and try `sqlite3 FILE .recover`');
    case 13: return of('unwritable-store', 'the disk is full', 'make room, then do it again');
    case 14: return of('unwritable-store', 'the file cannot be opened', 'check the path, and that its folder may be written: SQLite keeps two files beside it');
    case 26: return of('not-a-store', 'it is no SQLite database', 'name another file with --log');
    default: return fileFailure(error, at);
  }
}

/** WAL needs memory that all processes share: not on network file systems. @throws {ModelError} unwritable-store */
export function holdLocal(path: string): void {
  const network: Readonly<Record<number, string>> = { 0x6969: 'NFS', 0xff534d42: 'CIFS', 0xfe534d42: 'SMB', 0x517b: 'SMB', 0x01021997: '9p', 0x00c36400: 'Ceph' };
  const kind = network[statfsSync(existsSync(path) ? path : dirname(path)).type >>> 0];
  if (kind !== undefined) throw new ModelError('unwritable-store', `it is on a network file system (${kind}), where SQLite may lose what it wrote`, { at: path, accepted: 'a disk of this machine', usually: 'a home folder on a server', hint: 'keep it elsewhere with --log sqlite:PATH, or on a server with --log postgres://...' });
}

/** A whole database on a file system that is read-only. */
export function immutable(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS' && !existsSync(`${path}-wal`);
  }
}
