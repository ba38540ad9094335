/** Logs as files: every entry of some streams out, as CloudEvents JSON Lines with header and trailer, and in again. */
import { ModelError } from '../../errors.ts';
import { decode, json, metaText, type StoredRow } from '../store/encode.ts';
import { Lines } from '../store/lines.ts';
import type { Append, Entry, Store } from '../store/port.ts';

/** Entries of one batch of the file. */
const batchSize = 500;

/**
 * The text of a log file, in pieces: what `file:` opens, complete, with its trailer.
 *
 * @param prefixes streams whose names begin so; none: all of them
 * @param batch entries that are closed by one hash: of a file that is cut off or damaged, whole batches are left
 */
export async function* exported(store: Store, prefixes: readonly string[] = [], batch = batchSize): AsyncGenerator<string> {
  const lines = new Lines('');
  yield lines.header('dma-ownership', 0);
  let open: StoredRow[] = [];
  for await (const entry of store.all()) {
    if (prefixes.length > 0 && !prefixes.some((prefix) => entry.stream.startsWith(prefix))) continue;
    open.push(rowOf(entry));
    if (open.length < batch) continue;
    yield lines.batch(open);
    open = [];
  }
  if (open.length > 0) yield lines.batch(open);
  yield lines.trailer();
}

/** As it is stored: an upcaster is for readers. */
function rowOf({ id, type, version, data, meta, stream, revision, position, recordedAt, stored = { version, data } }: Entry): StoredRow {
  const at = `${stream} ${revision}`;
  return { id, type, version: stored.version, data: json(stored.data, at), meta: metaText(meta, at), stream, revision, position, recordedAt };
}

export interface Imported {
  /** Entries that are new here, and those that were here before. */
  readonly taken: number;
  readonly known: number;
  /** False: the file has no trailer. Its writer still writes, or died. */
  readonly complete: boolean;
  /** With `recover`: what is wrong behind the entries that were taken. */
  readonly damage: string | null;
}

/**
 * Appends the entries of a log file, in their order, with their ids and times. Again: nothing happens.
 *
 * @param options `recover`: of a damaged file, take what stands before the damage
 * @throws {ModelError} damaged-log, not-a-store, newer-store; damaged-log too when an id is known here with other content
 */
export async function imported(store: Store, bytes: AsyncIterable<Uint8Array>, name: string, { recover = false }: { readonly recover?: boolean } = {}): Promise<Imported> {
  const lines = new Lines(name);
  let damage: string | null = null;
  try {
    for await (const piece of bytes) lines.take(Buffer.from(piece));
  } catch (error) {
    if (!recover || !(error instanceof ModelError) || error.code !== 'damaged-log') throw error;
    damage = `${error.at ?? name}: ${error.message}`;
  }
  if (lines.empty) throw new ModelError('not-a-store', 'it has no header of a log', { at: name, usually: 'an empty file, or one that was cut off in its first line' });
  const rows = lines.rows.all;
  let known = 0;
  for (let at = 0; at < rows.length; at += batchSize) known += await take(store, rows.slice(at, at + batchSize));
  return { taken: rows.length - known, known, complete: lines.sealed, damage };
}

/** One append for each stretch of one stream; they become durable together and stay in order. */
async function take(store: Store, rows: readonly StoredRow[]): Promise<number> {
  const stretches: StoredRow[][] = [];
  for (const row of rows) {
    const last = stretches.at(-1);
    if (last?.[0]?.stream === row.stream) last.push(row);
    else stretches.push([row]);
  }
  const results = await Promise.all(stretches.map(async (stretch) => ({ stretch, result: await store.append(part(stretch)) })));
  let known = 0;
  for (const { stretch, result } of results) {
    if (result.ok) known += result.replayed ? stretch.length : 0;
    else for (const row of stretch) known += await alone(store, row); // a part of it is here already
  }
  return known;
}

async function alone(store: Store, row: StoredRow): Promise<number> {
  const result = await store.append(part([row]));
  if (result.ok) return result.replayed ? 1 : 0;
  throw new ModelError('damaged-log', `${row.stream} ${row.revision} is known here with other content`, { at: store.name, usually: 'two logs that were edited apart', hint: 'import it into another store' });
}

const part = (rows: readonly StoredRow[]): Append => ({
  stream: rows[0]?.stream ?? '', expected: 'any',
  entries: rows.map(decode).map(({ id, type, version, data, meta, recordedAt }) => ({ id, type, version, data, meta, recordedAt })) as unknown as Append['entries'],
});
