/** Stores by the names that a command line gives them. */
import { ModelError } from '../../errors.ts';
import { fileStore } from './file.ts';
import { memoryStore } from './memory.ts';
import type { Store } from './port.ts';
import { postgresStore } from './postgres.ts';
import { sqliteStore } from './sqlite.ts';
import type { Upcast } from './upcast.ts';

export interface OpenOptions {
  /** `write` makes the store where there is none. Default: read. */
  readonly mode?: 'read' | 'write';
  /** What an acknowledged append survives. Default: the loss of power. */
  readonly durable?: 'power-cut' | 'process-crash';
  readonly upcast?: Upcast;
}

/** Where runs are kept unless somebody says otherwise, under the current folder. */
export const usualStore = 'sqlite:.dma-ownership/log.db';

/**
 * Opens `sqlite:PATH`, `file:PATH`, `postgres://...` or `memory:`; a path ending in .db or .jsonl needs no scheme.
 *
 * @throws {ModelError} wrong-use, and what the adapters throw
 */
export function openStore(name: string, options: OpenOptions = {}): Promise<Store> {
  const [, scheme = '', path = ''] = /^(memory|file|sqlite|postgres|postgresql):(.*)$/s.exec(name) ?? [];
  if (scheme === 'memory' && path === '') return Promise.resolve(memoryStore(options));
  if (scheme.startsWith('postgres')) return postgresStore(name, options);
  const plain = scheme === '' ? name : path;
  if (plain !== '' && (scheme === 'sqlite' || (scheme === '' && /\.(db|sqlite)$/.test(plain)))) return sqliteStore(plain, options);
  if (plain !== '' && (scheme === 'file' || (scheme === '' && plain.endsWith('.jsonl')))) return fileStore(plain, options);
  return Promise.reject(new ModelError('wrong-use', `${JSON.stringify(name)} names no store`, {
    at: '--log', accepted: ['sqlite:PATH', 'file:PATH', 'postgres://user@host/database', 'a path ending in .db or .jsonl'], usually: 'a path without its kind', hint: `--log ${usualStore}`,
  }));
}
