/** Attachments in a folder: one file each, named by its SHA-256. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../../errors.ts';
import { fileFailure } from './failures.ts';
import { noAttachment } from './memory.ts';
import type { Attachments } from './port.ts';

const hash = /^[0-9a-f]{64}$/;

/** Bytes become visible under their name only when they are whole and on the disk. */
export class FolderAttachments implements Attachments {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(bytes: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
    const part = join(this.#folder, `${randomBytes(8).toString('hex')}.part`);
    try {
      await mkdir(this.#folder, { recursive: true });
      const file = await open(part, 'wx');
      const digest = createHash('sha256');
      let size = 0;
      try {
        for await (const piece of bytes) {
          digest.update(piece);
          size += piece.length;
          for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten;
        }
        await file.sync();
      } finally {
        await file.close();
      }
      const sha256 = digest.digest('hex');
      await rename(part, join(this.#folder, sha256));
      await syncFolder(this.#folder);
      return { sha256, size };
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw fileFailure(error, this.#folder);
    }
  }

  async *get(sha256: string): AsyncGenerator<Uint8Array> {
    const path = join(this.#folder, sha256);
    if (!hash.test(sha256) || (await stat(path).catch(() => undefined)) === undefined) throw noAttachment(sha256, this.#folder);
    const digest = createHash('sha256');
    try {
      for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
        digest.update(piece);
        yield piece;
      }
    } catch (error) {
      throw fileFailure(error, path, true);
    }
    holdHash(digest.digest('hex'), sha256, path);
  }

  async drop(sha256: string): Promise<void> {
    if (!hash.test(sha256)) return;
    try {
      await rm(join(this.#folder, sha256), { force: true });
    } catch (error) {
      throw fileFailure(error, this.#folder);
    }
  }

  async list(): Promise<{ sha256: string; size: number }[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return Promise.all(names.filter((name) => hash.test(name)).sort().map(async (sha256) => ({ sha256, size: (await stat(join(this.#folder, sha256))).size })));
  }
}

/** @throws {ModelError} damaged-log */
export function holdHash(is: string, was: string, at: string): void {
  if (is !== was) throw new ModelError('damaged-log', `the attachment has the hash ${is} now`, { at, accepted: was, usually: 'a file that was changed after it was stored' });
}

/** A new name in a folder is as durable as the folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined); // Windows opens no folders
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

