/** What the file system and the databases say, in plain words. */
import { ModelError, type ErrorCode } from '../../errors.ts';

const files: Readonly<Record<string, readonly [code: ErrorCode, what: string, hint: string]>> = {
  ENOSPC: ['unwritable-store', 'the disk is full', 'make room, then do it again'],
  EDQUOT: ['unwritable-store', 'the quota of the disk is used up', 'make room, then do it again'],
  EFBIG: ['unwritable-store', 'the file would be larger than is allowed', 'write to another store, or raise the limit (ulimit -f)'],
  EACCES: ['unwritable-store', 'permission denied', 'name a place that you may write to with --log'],
  EPERM: ['unwritable-store', 'operation not permitted', 'name a place that you may write to with --log'],
  EROFS: ['unwritable-store', 'the file system is read-only', 'name a place that you may write to with --log'],
  EIO: ['unwritable-store', 'the disk reports an error', 'look at the kernel log'],
  ENOENT: ['unreachable-store', 'there is no such file or folder', 'check the name of the store'],
  ENOTDIR: ['unreachable-store', 'a part of the path is a file, not a folder', 'check the name of the store'],
  EISDIR: ['not-a-store', 'it is a folder', 'name a file in it'],
};

/** An error of the file system with a code of ours; what is ours already stays. */
export function fileFailure(error: unknown, at: string, reading = false): unknown {
  if (error instanceof ModelError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = files[code];
  if (known === undefined) return error;
  const [ours, what, hint] = known;
  return new ModelError(reading && ours === 'unwritable-store' ? 'unreachable-store' : ours, what, { at, hint, cause: error });
}
