/**
 * Recordings of real kernels in a log: the file as it is, as an attachment, and an entry for each event and each hole, with
 * the place where it stands in the file. Verdicts are not stored: they are what the judge says of the attachment, today.
 *
 * Ids come from the hash of the file and the place, so that a second import changes nothing. A batch has at most 1000
 * entries; others read and write between two.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Plain } from '../../machines/chart.ts';
import { ModelError } from '../errors.ts';
import { parseLine, type Item } from './line.ts';
import type { Draft, Store } from '../log/store/port.ts';

/** Entries of one append. */
const batchSize = 1000;

export interface Ingested {
  /** SHA-256 of the file as it is; the stream is `import/` and this. */
  readonly id: string;
  readonly events: number;
  readonly gaps: number;
  /** It was imported before. */
  readonly known: boolean;
}

export const importStream = (sha256: string): string => `import/${sha256}`;

/**
 * Keeps a trace file. What was begun and not ended by an import that died goes on where it was.
 *
 * @param bytes the whole file, packed by gzip or not; offsets count unpacked bytes
 * @throws {ModelError} not-a-trace: it has no event; busy-store
 */
export async function ingest(store: Store, bytes: Uint8Array, name: string): Promise<Ingested> {
  const text = unpacked(bytes, name);
  if (!some(lines(text), ({ item }) => item.kind === 'event')) throw new ModelError('not-a-trace', 'the trace has no event, so there is nothing to keep', { at: name });
  const { sha256 } = await store.attachments.put(once(bytes));
  const stream = importStream(sha256);
  const about = (type: 'import.began' | 'import.ended', data: Plain): Draft =>
    ({ id: lineId(sha256, type), type, version: 1, data, meta: { correlationId: sha256, occurredAt: '0', clock: 'wall', source: { attachment: sha256, offset: 0 } } });
  let batch: Draft[] = [];
  let known = true;
  let [events, gaps] = [0, 0];
  const flush = async () => {
    if (batch.length === 0) return;
    const entries = batch as [Draft, ...Draft[]];
    batch = [];
    const result = await store.append({ stream, expected: 'any', entries });
    if (!result.ok) throw new ModelError('damaged-log', 'the recording is in the log with other entries', { at: name, usually: 'an import by another version of this program', hint: 'import it into another store' });
    known &&= result.replayed;
  };
  // The name is that of the first import: another name is no other recording.
  if (await store.revision(stream) === null) await store.append({ stream, expected: 'no-stream', entries: [about('import.began', { name, size: bytes.length })] });
  for (const item of lines(text)) {
    const draft = entry(item, sha256);
    if (draft === undefined) continue;
    if (draft.type === 'trace.gap') gaps++;
    else events++;
    batch.push(draft);
    if (batch.length >= batchSize) await flush();
  }
  await flush();
  batch = [about('import.ended', { events, gaps })];
  await flush();
  return { id: sha256, events, gaps, known };
}

function unpacked(bytes: Uint8Array, name: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return Buffer.from(bytes);
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new ModelError('unreadable-file', 'the packed data is damaged or ends early', { at: name, hint: 'copy the file again', cause: error });
  }
}

function some<Item>(items: Iterable<Item>, is: (item: Item) => boolean): boolean {
  for (const item of items) if (is(item)) return true;
  return false;
}

interface Placed {
  readonly item: Item;
  readonly offset: number;
  readonly length: number;
}

function* lines(text: Buffer): Generator<Placed> {
  let [from, number] = [0, 0];
  while (from < text.length) {
    const found = text.indexOf(10, from);
    const end = found < 0 ? text.length : found;
    yield { item: parseLine(text.toString('utf8', from, end), ++number), offset: from, length: end - from };
    from = end + 1;
  }
}

/** What a line becomes; of what is neither event nor hole nothing, it is in the attachment. */
function entry({ item, offset, length }: Placed, sha256: string): Draft | undefined {
  const source = { attachment: sha256, offset, length };
  if (item.kind === 'event') {
    const { line, comm, pid, cpu, seq, unit, event, symbol, returns, fields } = item;
    const ns = unit === 'seconds' ? String(Math.round(seq * 1e9)) : String(seq);
    return {
      id: lineId(sha256, offset), type: 'trace.event', version: 1, data: { line, comm, pid, cpu, event, symbol, returns, fields: fields as unknown as Plain },
      meta: { correlationId: sha256, actor: `${comm}-${pid}`, occurredAt: ns, clock: unit === 'seconds' ? 'local' : 'count', source },
    };
  }
  if (item.kind !== 'lost' && item.kind !== 'started' && item.kind !== 'cut') return undefined;
  const { text: _text, ...what } = item;
  return { id: lineId(sha256, offset), type: 'trace.gap', version: 1, data: what as unknown as Plain, meta: { correlationId: sha256, occurredAt: '0', clock: 'count', source } };
}

function lineId(sha256: string, place: number | string): string {
  const hex = createHash('sha256').update(`${sha256} ${place}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

export interface Import {
  readonly id: string;
  readonly at: string;
  readonly name: string;
  readonly events: number;
  readonly gaps: number;
  readonly ended: boolean;
}

/** The recordings that were kept, the oldest first. */
export async function imports(store: Store): Promise<Import[]> {
  const found: Import[] = [];
  for (const { name: stream, revision } of await store.streams('import/')) {
    let began: { name?: string } = {};
    let ended: { events?: number; gaps?: number } | undefined;
    let at = 0;
    for await (const entry of store.read(stream, { to: 0 })) [began, at] = [entry.data as typeof began, entry.recordedAt];
    for await (const entry of store.read(stream, { from: revision })) if (entry.type === 'import.ended') ended = entry.data as typeof ended;
    found.push({ id: stream.slice('import/'.length), at: new Date(at).toISOString(), name: began.name ?? '', events: ended?.events ?? revision, gaps: ended?.gaps ?? 0, ended: ended !== undefined });
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
}
