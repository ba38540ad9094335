/**
 * What becomes of appends, as a pure function of what is stored: the one place where stores decide about revisions and
 * ids, so that they cannot decide differently.
 */
import type { Part, Row, StoredRow } from './encode.ts';
import type { Appended, Expected } from './port.ts';

/** What is stored, as far as these appends touch it. */
export interface Stored {
  /** Position of the last entry. */
  readonly head: number;
  /** Last revision of a stream; null: none. */
  revision(stream: string): number | null;
  row(id: string): StoredRow | undefined;
}

export interface Decided {
  readonly results: readonly Appended[];
  /** What has to be written, in order; nothing of appends that were refused. */
  readonly rows: readonly StoredRow[];
}

/** Takes appends one after the other; each sees what the ones before it wrote. */
export function decide(appends: readonly (readonly Part[])[], stored: Stored, now: number): Decided {
  const { head } = stored;
  const rows: StoredRow[] = [];
  const written = new Map<string, StoredRow>();
  const last = new Map<string, number>();
  const revision = (stream: string) => last.get(stream) ?? stored.revision(stream);
  const known = (id: string) => written.get(id) ?? stored.row(id);
  const results = appends.map((parts): Appended => {
    if (parts.some((part) => part.rows.some(({ id }) => known(id) !== undefined))) return again(parts, parts.map((part) => part.rows.map(({ id }) => known(id))));
    for (const { stream, expected } of parts) {
      const actual = revision(stream);
      if (!met(expected, actual)) return { ok: false, reason: 'revision', stream, expected, actual };
    }
    const revisions = parts.map(({ stream, rows: drafts }) => {
      let next = revision(stream) ?? -1;
      for (const { id, type, version, data, meta, recordedAt = now } of drafts) { // not spread: it is done for every entry
        const row = { id, type, version, data, meta, stream, revision: ++next, position: head + rows.length + 1, recordedAt };
        rows.push(row);
        written.set(id, row);
      }
      last.set(stream, next);
      return next;
    });
    return { ok: true, position: head + rows.length, revisions, replayed: false };
  });
  return { results, rows };
}

const met = (expected: Expected, actual: number | null): boolean =>
  expected === 'any' || (expected === 'no-stream' ? actual === null : expected === 'stream-exists' ? actual !== null : actual === expected);

/** Some ids are known: either the whole append was stored before, as it is now, or an id is used twice. */
function again(parts: readonly Part[], known: readonly (readonly (StoredRow | undefined)[])[]): Appended {
  for (const [index, { stream, rows }] of parts.entries()) {
    for (const [place, row] of rows.entries()) {
      const before = known[index]?.[place];
      const first = known[index]?.[0];
      if (before === undefined || first === undefined) return { ok: false, reason: 'id-reuse', id: known.flat().find((one) => one !== undefined)?.id ?? row.id };
      if (before.stream !== stream || before.revision !== first.revision + place || !same(before, row)) return { ok: false, reason: 'id-reuse', id: row.id };
    }
  }
  const stored = known.flat() as readonly StoredRow[];
  return {
    ok: true, replayed: true, position: Math.max(...stored.map(({ position }) => position)),
    revisions: known.map((part) => part.at(-1)?.revision ?? 0),
  };
}

const same = (a: Row, b: Row): boolean => a.type === b.type && a.version === b.version && a.data === b.data && a.meta === b.meta;
