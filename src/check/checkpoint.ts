/**
 * A checkpoint: an exploration on disk. docs/reference/checkpoint.md describes the file.
 *
 * Written beside its place and moved there when it is whole, so that there is always one that can be read.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { dirname } from 'node:path';
import { ModelError, type ErrorCode } from '../errors.ts';
import type { Property } from './property.ts';
import type { Saved } from './saved.ts';
import type { Subject } from './subject.ts';

const schema = 'dma-ownership/checkpoint@2';
const magic = Buffer.from('DMAOWNCK');
/** Bytes of one write. */
const piece = 1 << 26;

/** What must be the same for an exploration to go on. Each is compared as text. */
export type Identity = Readonly<Record<string, unknown>>;

/**
 * What is asked of what, under which options: all that decides which worlds there are and what is found there.
 *
 * `compiled`: the WebAssembly kernel chooses which world stands for those that differ by names only.
 */
export function identityOf(subject: Subject, properties: readonly Property[], options: { readonly partialOrder: boolean; readonly symmetry: boolean; readonly compiled: boolean }): Identity {
  const { model, topology, together, actors } = subject;
  const { version } = createRequire(import.meta.url)('dma-ownership/package.json') as { version: string };
  return {
    version, model, charts: digest([...new Set(actors.map(({ chart }) => chart))].map((chart) => text(chart))), topology,
    together: together === Infinity ? null : together, properties: properties.map(({ name }) => name), predicates: digest(properties.map((property) => text(property))),
    ...options,
  };
}

/** Sees that a checkpoint can be written there, and that nothing else is overwritten. @throws {ModelError} unwritable-file */
export function prepare(file: string): void {
  guarded('unwritable-file', file, () => {
    if (existsSync(file)) {
      const begin = Buffer.alloc(magic.length);
      const handle = openSync(file, 'r+');
      const read = readSync(handle, begin, 0, magic.length, 0);
      closeSync(handle);
      if (read > 0 && !begin.equals(magic)) throw new ModelError('unwritable-file', 'there is something else than a checkpoint', { at: file, hint: 'name another file' });
    }
    const part = partOf(file);
    closeSync(openSync(part, 'w'));
    rmSync(part);
  });
}

/** Writes a checkpoint in place of the one before. @throws {ModelError} unwritable-file; the one before is then still there */
export function write(file: string, identity: Identity, { facts, lists }: Saved): void {
  const body = Buffer.from(JSON.stringify(facts));
  const parts: [string, Uint8Array][] = [['facts', body], ...Object.entries(lists).map(([name, list]): [string, Uint8Array] => [name, new Uint8Array(list.buffer, list.byteOffset, list.byteLength)])];
  const header = Buffer.from(JSON.stringify({ schema, endian: endianness(), identity, parts: parts.map(([name, { byteLength }]) => ({ name, bytes: byteLength })) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const part = partOf(file);
  guarded('unwritable-file', file, () => {
    const handle = openSync(part, 'w');
    try {
      const hash = createHash('sha256');
      for (const bytes of [magic, length, header, ...parts.map(([, bytes]) => bytes)]) {
        hash.update(bytes);
        writeAll(handle, bytes);
      }
      writeAll(handle, hash.digest());
      fsyncSync(handle);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
    renameSync(part, file);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
  });
}

/** Reads a checkpoint of this very question. @throws {ModelError} unreadable-file, not-a-checkpoint, other-checkpoint */
export function read(file: string, identity: Identity): Saved {
  const bytes = guarded('unreadable-file', file, () => readFileSync(file));
  const wrong = (message: string) => new ModelError('not-a-checkpoint', message, { at: file });
  if (!bytes.subarray(0, magic.length).equals(magic)) throw wrong('it does not begin as a checkpoint does');
  const end = bytes.length - 32;
  if (end < magic.length + 4 || !createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) throw wrong('its checksum is wrong');
  const start = magic.length + 4;
  const from = start + bytes.readUInt32LE(magic.length);
  const header = JSON.parse(bytes.toString('utf8', start, from)) as { schema: string; endian: string; identity: Identity; parts: { name: string; bytes: number }[] };
  const differences = [
    ...(header.schema === schema ? [] : [`schema (${header.schema})`]), ...(header.endian === endianness() ? [] : ['byte order']),
    ...[...new Set([...Object.keys(identity), ...Object.keys(header.identity)])].flatMap((key) => difference(key, header.identity[key], identity[key])),
  ];
  if (differences.length > 0)
    throw new ModelError('other-checkpoint', `it was made with another ${differences.join('; another ')}`, { at: file, hint: 'resume with the arguments of the first run, or begin anew without --resume' });
  let at = from;
  const [facts, ...lists] = header.parts.map(({ name, bytes: size }) => {
    at += size;
    return { name, bytes: bytes.subarray(at - size, at) };
  });
  return {
    facts: JSON.parse(String(facts?.bytes)) as Saved['facts'],
    lists: Object.fromEntries(lists.map(({ name, bytes: { buffer, byteOffset, byteLength } }) => [name, new Int32Array(buffer.slice(byteOffset, byteOffset + byteLength))])),
  };
}

const partOf = (file: string): string => `${file}.part`;

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at, Math.min(piece, bytes.length - at));
}

function guarded<Result>(code: ErrorCode, file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new ModelError(code, error.message.replace(/^\w+: |, \w+( '.*')?$/g, ''), { at: file, cause: error });
  }
}

/** Short values are shown. */
function difference(key: string, theirs: unknown, ours: unknown): string[] {
  const [a, b] = [theirs, ours].map((value) => JSON.stringify(value ?? null)) as [string, string];
  if (a === b) return [];
  return [a.length + b.length < 100 ? `${key} (${a}, now ${b})` : key];
}

const digest = (texts: readonly string[]): string => createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16);

/** Charts and predicates as text: data, and the source of functions. */
function text(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify((value as { config?: unknown; implementations?: unknown }).config === undefined ? value : pick(value as object), (_key, inner: unknown) => {
    if (typeof inner === 'function') return { source: String(inner), ...inner };
    if (typeof inner !== 'object' || inner === null) return inner;
    if (seen.has(inner) && !Array.isArray(inner)) return 'again';
    seen.add(inner);
    return inner;
  });
}

const pick = ({ config, implementations }: { config?: unknown; implementations?: unknown }) => ({ config, implementations });
