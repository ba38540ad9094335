/**
 * Traces and what lies beside them, from the file system: the only place of the readers that needs Node.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { ModelError } from '../errors.ts';
import { readTrace, type Reading, type ReadOptions } from './read.ts';
import { describeRecording, recordingFiles, type Recording } from './recording.ts';

/** Bytes asked of the file system at once: some thousand lines. */
const blockSize = 262_144;

/**
 * Reads the trace in a file, packed by gzip or not; `-` is standard input.
 *
 * Memory stays flat whatever the size. Whether a file is packed is seen from its first bytes.
 *
 * @throws {ModelError} out of the iteration: `unreadable-file` when there is no such file, it is a
 * directory, may not be read, or its packed data is damaged or ends early; `not-a-trace` as `readTrace`.
 */
export function readTraceFile(path: string, { format }: Pick<ReadOptions, 'format'> = {}): Reading {
  const name = path === '-' ? 'standard input' : path;
  return readTrace(unpacked(path === '-' ? process.stdin : fileBytes(path), name), { name, ...(format === undefined ? {} : { format }) });
}

/** The bytes of a file as they are. */
export const fileBytes = (path: string): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: blockSize });

/** Bytes that may be packed by gzip, unpacked piece by piece. @throws {ModelError} out of the iteration: unreadable-file */
export async function* unpacked(raw: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    const bytes = raw[Symbol.asyncIterator]();
    const first = await bytes.next();
    if (first.done === true) return;
    const all = chain(first.value, bytes);
    if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
      yield* all;
      return;
    }
    // A failure of either stream ends the other and comes out of the loop below.
    const gunzip = createGunzip({ chunkSize: blockSize });
    pipeline(Readable.from(all, { objectMode: false }), gunzip, () => undefined);
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw unreadable(error, name);
  }
}

async function* chain(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    // Who stops reading early wants the file closed.
    await rest.return?.();
  }
}

const causes: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: ['there is no such file', 'check the path'],
  EACCES: ['it may not be read', 'traces belong to root: copy it, then `chown` the copy'],
  EPERM: ['it may not be read', 'traces belong to root: copy it, then `chown` the copy'],
  EISDIR: ['it is a directory', 'give the trace file inside, usually trace.txt'],
  ENOTDIR: ['a part of the path is a file, not a directory', 'check the path'],
  Z_BUF_ERROR: ['the packed data ends early', 'copy the file again, or unpack what there is with `gzip -dc`'],
  Z_DATA_ERROR: ['the packed data is damaged', 'copy the file again'],
};

function unreadable(error: unknown, name: string): unknown {
  if (error instanceof ModelError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // What came in through `throw()` or is a fault of ours keeps its own words.
  if (code === '') return error;
  const [what, hint] = causes[code] ?? [error instanceof Error ? error.message : code, 'check the disk and the path'];
  return new ModelError('unreadable-file', what, { at: name, hint, cause: error });
}

/** Files beside a trace are small; of one that is not, only the beginning is read. */
const besideLimit = 4 * 1024 * 1024;

/**
 * Says what is known about a recording from the files beside its trace and from its path.
 *
 * Looks for the `recordingFiles` (`kprobe_events.txt`, `stats.txt`, `log.txt`, ...) in the same
 * directory, each packed by gzip or not; for `A.trace.txt` it looks for `A.stats.txt` and so on.
 * A file that is missing or cannot be read is as good as none: nothing is thrown.
 */
export async function findRecording(path: string): Promise<Recording> {
  if (path === '-') return describeRecording('', {});
  const prefix = /^(.*?)trace\.txt(?:\.gz)?$/.exec(basename(path))?.[1] ?? '';
  const texts = await Promise.all(
    recordingFiles.map(async (file) => {
      const beside = join(dirname(path), `${prefix}${file}`);
      return [file, (await textOf(beside)) ?? (await textOf(`${beside}.gz`))] as const;
    }),
  );
  return describeRecording(path, Object.fromEntries(texts.filter(([, text]) => text !== null)));
}

async function textOf(path: string): Promise<string | null> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(besideLimit), 0, besideLimit, 0);
      const bytes = buffer.subarray(0, bytesRead);
      const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
      return (packed ? gunzipSync(bytes, { maxOutputLength: 16 * besideLimit }) : bytes).toString('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
