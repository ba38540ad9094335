/** Files that a command reads and writes. */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ModelError } from '../errors.ts';

/** What is in a file, or for `-` on standard input. An error has the path, also where Node leaves it out: of a directory. */
export function contentOf(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw error instanceof Error && 'code' in error ? Object.assign(error, { path }) : error;
  }
}

/**
 * Writes all or nothing: a reader never sees half a file, and what was there stays when writing fails.
 *
 * @throws {ModelError} `unwritable-file`
 */
export function replaceFile(path: string, text: string): void {
  const beside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(beside, text, { flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new ModelError('unwritable-file', `nothing was written (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { at: path, cause: error });
  }
}
