/**
 * A store in one JSON Lines file: one writer, any number of readers, all of it in memory while it is open. For logs that
 * are mailed, compared and kept with a test; runs of every day belong in a database.
 */
import { constants, type BigIntStats } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { ModelError } from '../../errors.ts';
import { FolderAttachments, syncFolder } from './attachments.ts';
import type { Backend, Page } from './backend.ts';
import { CoreStore } from './core.ts';
import { decide } from './decide.ts';
import { decode, type Part } from './encode.ts';
import { fileFailure } from './failures.ts';
import { Lines } from './lines.ts';
import { lock, type Lock } from './lock.ts';
import { MemoryCheckpoints, MemorySnapshots } from './memory.ts';
import type { Appended, Attachments, Checkpoints, Snapshots, Store } from './port.ts';
import type { Upcast } from './upcast.ts';

export interface FileOptions {
  /** `write` takes the lock and makes the file where there is none. Default: read. */
  readonly mode?: 'read' | 'write';
  readonly durable?: 'power-cut' | 'process-crash';
  readonly upcast?: Upcast;
}

/** Written into the header. */
const generator = 'dma-ownership';

/**
 * Opens a log file. What a dead writer left half-written at its end is cut off by the next writer, and not seen by readers.
 *
 * @throws {ModelError} unreachable-store, not-a-store, damaged-log, newer-store, busy-store, unwritable-store
 */
export async function fileStore(path: string, { mode = 'read', durable = 'power-cut', upcast }: FileOptions = {}): Promise<Store> {
  const file = new File(path, mode, durable);
  try {
    await file.begin();
  } catch (error) {
    await file.close();
    throw fileFailure(error, path, mode === 'read');
  }
  return new CoreStore(file, upcast);
}

class File implements Backend {
  readonly name: string;
  readonly capabilities;
  readonly pollEvery: number;
  readonly snapshots: Snapshots = new MemorySnapshots();
  readonly checkpoints: Checkpoints = new MemoryCheckpoints();
  readonly attachments: Attachments;
  readonly #path: string;
  readonly #writes: boolean;
  readonly #sync: boolean;
  #lines: Lines;
  #handle: FileHandle | undefined;
  #lock: Lock | undefined;
  /** A write that could not be taken back: nothing more is written. */
  #broken = false;

  constructor(path: string, mode: 'read' | 'write', durable: 'power-cut' | 'process-crash') {
    this.name = `file:${path}`;
    this.#path = path;
    this.#writes = mode === 'write';
    this.#sync = durable === 'power-cut';
    this.#lines = new Lines(path);
    this.capabilities = { durable, multiProcess: true, multiWriter: false, maxBatch: 10_000 } as const;
    this.pollEvery = this.#writes ? 0 : 100;
    this.attachments = new FolderAttachments(`${path}.attachments`);
  }

  async begin(): Promise<void> {
    if (!this.#writes) {
      this.#handle = await open(this.#path, 'r');
      await this.#refresh();
      await this.#holdHeader();
      return;
    }
    this.#lock = lock(`${this.#path}.lock`, this.#path);
    this.#handle = await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o666);
    await this.#refresh();
    await this.#holdHeader();
    if (this.#lines.taken > this.#lines.whole) {
      const { whole } = this.#lines;
      await this.#handle.truncate(whole);
      await this.#again(this.#handle);
    }
    if (!this.#lines.empty) return;
    await this.#write(this.#lines.header(generator, 0));
    await syncFolder(dirname(this.#path));
  }

  async commit(appends: readonly (readonly Part[])[]): Promise<readonly Appended[]> {
    this.#holdWriter();
    const { results, rows } = decide(appends, this.#lines.rows, Date.now());
    if (rows.length === 0) return results;
    const back = this.#lines.mark();
    let text = '';
    let at = 0;
    for (const [index, parts] of appends.entries()) {
      const result = results[index];
      if (result?.ok !== true || result.replayed) continue;
      const count = parts.reduce((sum, part) => sum + part.rows.length, 0);
      text += this.#lines.batch(rows.slice(at, at + count));
      at += count;
    }
    try {
      await this.#write(text);
    } catch (error) {
      back();
      throw fileFailure(error, this.#path);
    }
    for (const row of rows) this.#lines.rows.add(row);
    return results;
  }

  async page(page: Page) {
    await this.#refresh();
    return this.#lines.rows.page(page).map(decode);
  }
  async revision(stream: string) {
    await this.#refresh();
    return this.#lines.rows.revision(stream);
  }
  async head() {
    await this.#refresh();
    return this.#lines.rows.head;
  }
  async streams(prefix: string) {
    await this.#refresh();
    return this.#lines.rows.streams(prefix);
  }

  /** Writes the file anew without them; a reader sees the old one or the new one. */
  async drop(prefix: string): Promise<number> {
    this.#holdWriter();
    const count = this.#lines.rows.streams(prefix).length;
    if (count === 0) return 0;
    const { head, all } = this.#lines.rows;
    const left = all.filter(({ stream }) => !stream.startsWith(prefix));
    const next = new Lines(this.#path);
    const beside = `${this.#path}.${randomBytes(4).toString('hex')}`;
    let handle: FileHandle | undefined;
    try {
      handle = await open(beside, 'wx+');
      let size = await writeAll(handle, next.header(generator, head), 0);
      for (let at = 0; at < left.length; at += 1000) size = await writeAll(handle, next.batch(left.slice(at, at + 1000)), size);
      await handle.sync();
      await rename(beside, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await handle?.close();
      await rm(beside, { force: true });
      throw fileFailure(error, this.#path);
    }
    await this.#handle?.close();
    this.#handle = handle;
    await (this.snapshots as MemorySnapshots).drop(prefix);
    await this.#again(handle);
    return count;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#lock?.release();
  }

  /** Readers: takes what was written since, or the whole file where it was written anew. */
  async #refresh(): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    if (this.#writes && this.#lines.taken > 0) return;
    if (this.#lines.taken > 0 && !same(await stat(this.#path, { bigint: true }).catch(() => undefined), await handle.stat({ bigint: true }))) {
      const next = await open(this.#path, 'r').catch(() => undefined);
      if (next !== undefined) {
        await handle.close();
        this.#handle = next;
        return this.#again(next);
      }
    }
    await this.#tail(handle);
  }

  async #again(handle: FileHandle): Promise<void> {
    this.#lines = new Lines(this.#path);
    await this.#tail(handle);
  }

  async #tail(handle: FileHandle): Promise<void> {
    const buffer = Buffer.allocUnsafe(1 << 18);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.#lines.taken);
      if (bytesRead === 0) return;
      this.#lines.take(Buffer.from(buffer.subarray(0, bytesRead)));
    }
  }

  /** A file without a whole header is ours only if it is empty or the beginning of one: its writer died at its first write. */
  async #holdHeader(): Promise<void> {
    if (!this.#lines.empty || (this.#lines.taken === 0 && this.#writes)) return;
    const expected = Buffer.from(new Lines('').header(generator, 0));
    const found = Buffer.alloc(expected.length + 1);
    const { bytesRead } = await (this.#handle as FileHandle).read(found, 0, found.length, 0);
    if (!expected.subarray(0, bytesRead).equals(found.subarray(0, bytesRead)) || bytesRead > expected.length)
      throw new ModelError('not-a-store', 'it does not begin with the header of a log', { at: this.#path, usually: 'another file' });
    if (bytesRead === 0) throw new ModelError('not-a-store', 'the file is empty', { at: this.#path, usually: 'a copy that failed' });
  }

  #holdWriter(): void {
    const why = !this.#writes ? 'it was opened for reading' : this.#lines.sealed ? 'it ends with a trailer: it is an exported log' : this.#broken ? 'an earlier write failed and could not be taken back' : undefined;
    if (why !== undefined) throw new ModelError('unwritable-store', why, { at: this.#path, usually: why, hint: 'import it into another store' });
    if (this.#lock?.held() !== true) throw new ModelError('busy-store', 'another process has taken the file over', { at: this.#path });
  }

  /** Appends, and takes back what it could not write whole. */
  async #write(text: string): Promise<void> {
    const handle = this.#handle as FileHandle;
    const start = this.#lines.taken;
    if ((await handle.stat()).size !== start) throw new ModelError('busy-store', 'somebody else has written into the file', { at: this.#path });
    try {
      const end = await writeAll(handle, text, start);
      if (this.#sync) await handle.datasync();
      this.#lines.taken = end;
      this.#lines.whole = end;
    } catch (error) {
      await handle.truncate(start).catch(() => { this.#broken = true; });
      throw error;
    }
  }
}

async function writeAll(handle: FileHandle, text: string, start: number): Promise<number> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at, start + at)).bytesWritten;
  return start + bytes.length;
}

const same = (a: BigIntStats | undefined, b: BigIntStats): boolean => a === undefined || (a.ino === b.ino && a.dev === b.dev && a.size >= b.size);
