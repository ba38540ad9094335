/**
 * Recordings of real kernels in a log: the file as it is, as an attachment, and an entry for each event and each hole, with
 * the place where it stands in the file. Verdicts are not stored: they are what the judge says of the attachment, today.
 *
 * Ids come from the hash of the file and the place, so that a second import changes nothing. A batch has at most 1000
 * entries; others read and write between two. Memory stays flat whatever the size.
 */
import { createHash } from 'node:crypto';
import type { Plain } from '../../machines/chart.ts';
import { ModelError } from '../errors.ts';
import type { Draft, Store } from '../log/store/port.ts';
import { unpacked } from './file.ts';
import type { Item } from './line.ts';
import { lineLimit } from './read.ts';
import type { Format } from './readers/reader.ts';
import { Sorter } from './readers/sorter.ts';
import { plainRecording, type Recording } from './recording.ts';

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

/** A whole file, or a function that reads it from its beginning each time it is called. */
export type TraceBytes = Uint8Array | (() => AsyncIterable<Uint8Array>);

export const importStream = (sha256: string): string => `import/${sha256}`;

/**
 * Keeps a trace file. What was begun and not ended by an import that died goes on where it was.
 *
 * @param bytes packed by gzip or not; offsets count unpacked bytes. Read twice: what is damaged leaves nothing behind
 * @param recording what lay beside it (`findRecording`), for who judges it later
 * @throws {ModelError} not-a-trace: it has no event; unreadable-file; busy-store
 */
export async function ingest(store: Store, bytes: TraceBytes, name: string, recording: Recording = {}): Promise<Ingested> {
  const open = bytes instanceof Uint8Array ? () => once(bytes) : bytes;
  const { sha256, size } = await held(open, name, recording.format);
  const put = await store.attachments.put(open());
  if (put.sha256 !== sha256) {
    await store.attachments.drop(put.sha256);
    throw new ModelError('unreadable-file', 'it changes while it is read', { at: name, usually: 'a recording that still goes on', hint: 'copy it first' });
  }
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
  if (await store.revision(stream) === null) await store.append({ stream, expected: 'no-stream', entries: [about('import.began', { name, size, recording: plainRecording(recording) })] });
  for await (const draft of draftsOf(store, sha256, name, recording.format)) {
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

/** What the file that is kept gives, first to last. @throws {ModelError} no-such-run: the log does not have it; damaged-log: it is another one */
export async function* draftsOf(store: Store, sha256: string, name: string, format?: Format): AsyncGenerator<Draft> {
  for await (const placed of lines(unpacked(store.attachments.get(sha256), name), format)) {
    const draft = entry(placed, sha256);
    if (draft !== undefined) yield draft;
  }
}

/** Reads it once to its end, before anything is stored. @throws {ModelError} not-a-trace, unreadable-file */
async function held(open: () => AsyncIterable<Uint8Array>, name: string, format: Format | undefined): Promise<{ sha256: string; size: number }> {
  const digest = createHash('sha256');
  let [size, event] = [0, false];
  const counted = async function* () {
    for await (const piece of open()) {
      digest.update(piece);
      size += piece.length;
      yield piece;
    }
  };
  const whole = unpacked(counted(), name);
  // Past its first event only the packing is of interest.
  for await (const { item } of lines(whole, format, () => event)) event ||= item.kind === 'event';
  if (!event) throw new ModelError('not-a-trace', 'the trace has no event, so there is nothing to keep', { at: name });
  return { sha256: digest.digest('hex'), size };
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

interface Placed extends Place {
  readonly item: Item;
}

/** After so many lines the places are forgotten that no event can be of any more. */
const placesKept = 4096;

/** Items with the places of their lines. While `skip` says so, bytes are read and nothing is made of them. */
async function* lines(pieces: AsyncIterable<Uint8Array>, format: Format | undefined, skip: () => boolean = () => false): AsyncGenerator<Placed> {
  const sorter = new Sorter(format);
  const places = new Map<number, Place>();
  let [offset, number] = [0, 0];
  /** The line that has no end yet; of one that is too long to be a line of a trace only its length. */
  let rest: Buffer[] = [];
  let length = 0;
  const placed = (items: readonly Item[]): Placed[] => items.map((item) => ({ item, ...(places.get(item.line) as Place) }));
  const taken = (): Placed[] => {
    const text = length > lineLimit * 4 ? '' : rest.length === 1 ? (rest[0] as Buffer).toString('utf8') : Buffer.concat(rest).toString('utf8');
    places.set(++number, { offset, length });
    const items = placed(sorter.take(text, number));
    offset += length + 1;
    [rest, length] = [[], 0];
    if (number % placesKept === 0) {
      const since = Math.min(sorter.since, number + 1);
      for (const line of places.keys()) if (line < since) places.delete(line);
    }
    return items;
  };
  for await (const piece of pieces) {
    if (skip()) continue;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      rest.push(bytes.subarray(from, end));
      length += end - from;
      from = end + 1;
      yield* taken();
    }
    if (from === bytes.length) continue;
    length += bytes.length - from;
    if (length > lineLimit * 4) rest = [];
    else rest.push(Buffer.from(bytes.subarray(from)));
  }
  if (skip()) return;
  if (length > 0) yield* taken();
  yield* placed(sorter.end());
}

/** What a line becomes; of what is neither event nor hole nothing, it is in the attachment. */
function entry({ item, offset, length }: Placed, sha256: string): Draft | undefined {
  const source = { attachment: sha256, offset, length };
  if (item.kind === 'event') {
    const { line, comm, pid, cpu, seq, unit, event, symbol, offset: into, returns, fields, mark } = item;
    const ns = unit === 'seconds' ? String(Math.round(seq * 1e9)) : String(seq);
    return {
      id: lineId(sha256, offset), type: 'trace.event', version: 1,
      data: { line, comm, pid, cpu, event, symbol, offset: into, returns, fields: fields as unknown as Plain, ...(mark === null ? {} : { mark: mark as unknown as Plain }) },
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
