/** Entries as rows of text, and back: refuses what would not come back as it was. */
import type { Plain } from '../../../machines/chart.ts';
import { ModelError } from '../../errors.ts';
import type { Append, Draft, Entry, Expected, Meta } from './port.ts';

/** An entry whose data and metadata are JSON text. */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: string;
  readonly meta: string;
  /** Absent: now. */
  readonly recordedAt?: number;
}

export interface StoredRow extends Row {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly recordedAt: number;
}

/** One part of an append. */
export interface Part {
  readonly stream: string;
  readonly expected: Expected;
  readonly rows: readonly Row[];
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Names go into keys of databases: no control characters, no halves of characters. */
const name = /^[^\p{Cc}\p{Cs}]{1,500}$/u;
const ticks = /^-?\d{1,40}$/;
/** Nothing that we store is nested so; whoever nests deeper has a cycle. */
const deepest = 200;

/** @throws {ModelError} wrong-use, not-plain */
export function encode(parts: readonly Append[], maxBatch: number): Part[] {
  const ids = new Set<string>();
  const types = new Set<string>();
  const streams = new Set<string>();
  const encoded = parts.map(({ stream, expected, entries }): Part => {
    if (!name.test(stream)) refuse(`${JSON.stringify(stream)} cannot be the name of a stream`, 'up to 500 characters, none of them a control character');
    if (streams.has(stream)) refuse(`the stream ${stream} stands twice in one append`, 'each stream once, with all its entries');
    if (!(typeof expected === 'number' ? Number.isSafeInteger(expected) && expected >= 0 : ['no-stream', 'stream-exists', 'any'].includes(expected)))
      refuse(`${JSON.stringify(expected)} is nothing that one can expect of a stream`, ['a revision from 0', 'no-stream', 'stream-exists', 'any']);
    if ((entries as readonly Draft[]).length === 0) refuse(`nothing is appended to ${stream}`, 'one entry or more');
    streams.add(stream);
    return { stream, expected, rows: entries.map((entry) => row(entry, ids, types)) };
  });
  if (encoded.length === 0) refuse('nothing is appended to no stream', 'one stream or more');
  if (ids.size > maxBatch) refuse(`${ids.size} entries in one append`, `up to ${maxBatch}`);
  return encoded;
}

function row({ id, type, version, data, meta, recordedAt }: Draft, ids: Set<string>, types: Set<string>): Row {
  if (!uuid.test(id)) refuse(`${JSON.stringify(id)} is no id`, 'a UUID in lower case');
  if (ids.has(id)) refuse(`the id ${id} stands twice in one append`, 'an id for each entry');
  if (!(types.has(type) || name.test(type)) || !Number.isSafeInteger(version) || version < 1 || version > 2 ** 31 - 1) refuse(`${JSON.stringify(type)} version ${version} is no type`, 'a name, and a version from 1');
  if (!ticks.test(meta.occurredAt)) refuse(`${JSON.stringify(meta.occurredAt)} is no time`, 'a whole number in decimal digits');
  if (recordedAt !== undefined && !(Number.isSafeInteger(recordedAt) && Math.abs(recordedAt) <= latest)) refuse(`${recordedAt} is no record time`, 'whole milliseconds since 1970');
  ids.add(id);
  types.add(type);
  const texts = { id, type, version, data: json(data, type), meta: metaText(meta, type) };
  return recordedAt === undefined ? texts : { ...texts, recordedAt };
}

/** What a Date can say. */
const latest = 8.64e15;

/** Known keys in one order, so that equal metadata are equal texts. Written by hand: it is done for every entry. @throws {ModelError} not-plain */
export function metaText({ correlationId, causationId, actor, occurredAt, clock, traceparent, source }: Meta, at: string): string {
  const text = (value: string): string => (typeof value === 'string' ? JSON.stringify(value) : blame(value, `meta of ${at}`, 0));
  const whole = (value: number): number => (Number.isSafeInteger(value) && value >= 0 ? value : blame(value, `source of ${at}`, 0));
  return `{"correlationId":${text(correlationId)}${causationId === undefined ? '' : `,"causationId":${text(causationId)}`}${actor === undefined ? '' : `,"actor":${text(actor)}`}`
    + `,"occurredAt":${text(occurredAt)},"clock":${text(clock)}${traceparent === undefined ? '' : `,"traceparent":${text(traceparent)}`}`
    + (source === undefined ? '}' : `,"source":{"attachment":${text(source.attachment)},"offset":${whole(source.offset)}${source.length === undefined ? '' : `,"length":${whole(source.length)}`}}}`);
}

const refuse = (message: string, accepted: string | readonly string[]): never => {
  throw new ModelError('wrong-use', message, { at: 'append', accepted, usually: 'an append made by hand' });
};

/** JSON text that parses to the same value. @throws {ModelError} not-plain */
export function json(value: unknown, at: string): string {
  if (!plain(value, 0)) blame(value, at, 0);
  return JSON.stringify(value);
}

/** Does it survive JSON? Called for every entry, so it does not remember where it is. */
function plain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string': case 'boolean': return true;
    case 'number': return Number.isFinite(value) && !Object.is(value, -0);
    case 'object': {
      if (value === null) return true;
      if (depth > deepest) return false;
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index++) if (!plain(value[index], depth + 1)) return false; // an empty place too
        return true;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      for (const key of Object.keys(value)) if (!plain((value as Record<string, unknown>)[key], depth + 1)) return false;
      return true;
    }
    default: return false;
  }
}

/** Says which part of a value does not survive JSON. */
function blame(value: unknown, at: string, depth: number): never {
  if (depth > deepest) throw new ModelError('not-plain', 'it is nested without end, or more than 200 deep', { at: at.slice(0, 200), usually: 'an object that contains itself' });
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!plain(value[index], depth + 1)) blame(value[index], `${at}[${index}]`, depth + 1);
  }
  if (typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)) {
    for (const [key, inner] of Object.entries(value)) if (!plain(inner, depth + 1)) blame(inner, `${at}.${key}`, depth + 1);
  }
  throw new ModelError('not-plain', `${told(value)} does not survive JSON`, { at, accepted: ['strings', 'finite numbers other than -0', 'booleans', 'null', 'lists', 'records'], hint: 'store 64-bit numbers as decimal strings' });
}

const told = (value: unknown): string =>
  Object.is(value, -0) ? '-0' : typeof value === 'object' && value !== null ? 'an object of a class' : typeof value === 'bigint' ? `${value}n` : String(value);

/** @throws {ModelError} damaged-log: what is stored is no JSON */
export function decode({ data, meta, ...row }: StoredRow): Entry {
  try {
    const parsed = JSON.parse(`[${data},${meta}]`) as [Plain, Meta]; // once: reading is mostly this
    if (parsed.length !== 2) throw new Error('more than data and metadata');
    return { ...row, data: parsed[0], meta: parsed[1] };
  } catch (error) {
    throw new ModelError('damaged-log', `entry ${row.position} is no JSON`, { at: `${row.stream} ${row.revision}`, cause: error });
  }
}
