/** Recordings in a store, read: which there are, their events, and what the judge says of the file that was kept. */
import type { Plain } from '../../machines/chart.ts';
import { ModelError } from '../errors.ts';
import type { Entry, Store } from '../log/store/port.ts';
import type { Fields } from './body.ts';
import { unpacked } from './file.ts';
import { draftsOf, importStream } from './ingest.ts';
import type { TraceLine } from './line.ts';
import { readTrace } from './read.ts';
import { recordingOf, type Recording } from './recording.ts';
import { judgeTrace, type JudgeTraceOptions, type Report } from './report.ts';

export interface Import {
  /** SHA-256 of the file. */
  readonly id: string;
  readonly at: string;
  readonly name: string;
  readonly events: number;
  readonly gaps: number;
  readonly ended: boolean;
}

/** An event as it was stored: what the line says, without its text. */
export interface StoredEvent extends Pick<TraceLine, 'line' | 'comm' | 'pid' | 'cpu' | 'event' | 'symbol' | 'offset' | 'returns'> {
  readonly fields: Fields;
  readonly mark?: TraceLine['mark'];
}

/** The recordings that were kept, the oldest first. `beginning`: only those whose id begins so. */
export async function imports(store: Store, beginning = ''): Promise<Import[]> {
  const found: Import[] = [];
  for (const { name: stream, revision } of await store.streams(importStream(beginning))) {
    const { name, at } = await began(store, stream);
    let ended: { events?: number; gaps?: number } | undefined;
    for await (const entry of store.read(stream, { from: revision })) if (entry.type === 'import.ended') ended = entry.data as typeof ended;
    found.push({ id: stream.slice('import/'.length), at: new Date(at).toISOString(), name, events: ended?.events ?? revision, gaps: ended?.gaps ?? 0, ended: ended !== undefined });
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));
}

async function began(store: Store, stream: string): Promise<{ name: string; at: number; recording: Recording }> {
  for await (const { data, recordedAt } of store.read(stream, { to: 0 })) {
    const { name, recording } = data as { readonly name?: string; readonly recording?: Plain };
    return { name: name ?? '', at: recordedAt, recording: recordingOf(recording) };
  }
  return { name: '', at: 0, recording: {} };
}

/** What an entry of a recording says. @throws {ModelError} damaged-log: no writer of ours wrote this */
export function eventOf({ data, stream, revision }: Entry): StoredEvent {
  const event = data as unknown as StoredEvent | null;
  if (typeof event === 'object' && event !== null && typeof event.line === 'number' && typeof event.comm === 'string' && typeof event.event === 'string' && typeof event.symbol === 'string'
    && typeof event.fields === 'object' && (event.fields as object | null) !== null) return event;
  throw new ModelError('damaged-log', 'this is no event of a recording', { at: `${stream} ${revision}` });
}

/** Judges the file that was kept, by what was known about it then. @throws {ModelError} as `judgeTrace`; no-such-run: the log has no file */
export async function judgeStored(store: Store, { id, name }: Import, options: Omit<JudgeTraceOptions, 'name' | 'recording'> = {}): Promise<Report> {
  const { recording } = await began(store, importStream(id));
  return judgeTrace(readTrace(unpacked(store.attachments.get(id), name), { name, ...(recording.format === undefined ? {} : { format: recording.format }) }), { ...options, name, recording });
}

/** Does a recording still hold? The hash of its file, and every entry against what the file gives now. Notes on what does not. */
export async function verifiedImport(store: Store, { id, name, ended }: Import): Promise<{ readonly ok: boolean; readonly notes: readonly string[] }> {
  if (!(await store.attachments.list()).some(({ sha256 }) => sha256 === id)) return { ok: true, notes: ['its file is not in this log: only its entries are'] };
  const stored = store.read(importStream(id), { from: 1 })[Symbol.asyncIterator]();
  try {
    for await (const draft of draftsOf(store, id, name)) {
      const next = await stored.next();
      if (next.done === true) return ended ? { ok: false, notes: ['it ends before its file'] } : { ok: true, notes: ['not ended: keep the file again to go on'] };
      const { value } = next;
      if (value.id !== draft.id || JSON.stringify([value.type, value.data, value.meta]) !== JSON.stringify([draft.type, draft.data, draft.meta]))
        return { ok: false, notes: [`entry ${value.revision} is not what its file says`] };
    }
    const last = await stored.next();
    return last.done === true || last.value.type === 'import.ended' ? { ok: true, notes: [] } : { ok: false, notes: [`entry ${last.value.revision} is not in its file`] };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ok: false, notes: [error.message] };
  } finally {
    await stored.return?.();
  }
}
