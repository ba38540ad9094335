/**
 * Entries as CloudEvents 1.0, one JSON object a line: the form of a JSON Lines file.
 *
 * `subject` is the stream, `sequence` the position, `type` has the version in it. What CloudEvents has no attribute for are
 * extensions, in lower case without separators as it demands; numbers that may outgrow 31 bits are decimal strings.
 */
import { ModelError } from '../../errors.ts';
import type { Clock, Meta } from './port.ts';
import { metaText, type StoredRow } from './encode.ts';

/** The first line, and the last of a log that is complete. */
export const headerType = 'dma-ownership.log.header.v1';
export const trailerType = 'dma-ownership.log.trailer.v1';
/** Version of the file format; a later one is refused. */
export const format = 1;
const prefix = 'dma-ownership.';
const source = 'urn:dma-ownership:log';

const text = JSON.stringify as (value: string) => string;

/** One entry, without end of line. */
export function envelope({ id, type, version, data, meta, stream, revision, position, recordedAt }: StoredRow): string {
  const { correlationId, causationId, actor, occurredAt, clock, traceparent, source: from } = JSON.parse(meta) as Meta;
  return `{"specversion":"1.0","id":"${id}","source":"${source}","type":${text(`${prefix}${type}.v${version}`)},"subject":${text(stream)},"time":"${new Date(recordedAt).toISOString()}"`
    + `,"sequence":"${String(position).padStart(12, '0')}","streamrevision":"${revision}","correlationid":${text(correlationId)}`
    + (causationId === undefined ? '' : `,"causationid":${text(causationId)}`) + (actor === undefined ? '' : `,"actor":${text(actor)}`)
    + `,"occurredat":"${occurredAt}","clock":"${clock}"` + (traceparent === undefined ? '' : `,"traceparent":${text(traceparent)}`)
    + (from === undefined ? '' : `,"attachment":${text(from.attachment)},"attachmentoffset":"${from.offset}"${from.length === undefined ? '' : `,"attachmentlength":"${from.length}"`}`)
    + `,"data":${data}}`;
}

/** The header or the trailer. */
export const frame = (type: string, data: Readonly<Record<string, string | number>>): string =>
  `{"specversion":"1.0","id":"${type === headerType ? 'header' : 'trailer'}","source":"${source}","type":"${type}","data":${JSON.stringify(data)}}`;

type Fields = Readonly<Record<string, unknown>>;

/** A line as JSON. @throws {ModelError} damaged-log */
export function parsed(line: string, at: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw damaged('the line is no JSON', at, error);
  }
  if (typeof value === 'object' && value !== null && (value as Fields)['specversion'] === '1.0') return value as Fields;
  throw damaged('the line is no CloudEvent 1.0', at);
}

const attributes = new Set([
  'specversion', 'id', 'source', 'type', 'subject', 'time', 'sequence', 'streamrevision', 'correlationid', 'causationid', 'actor', 'occurredat', 'clock', 'traceparent',
  'attachment', 'attachmentoffset', 'attachmentlength', 'data', 'chain',
]);

/** An envelope as a row. @throws {ModelError} damaged-log */
export function opened(fields: Fields, at: string): StoredRow {
  const unknown = Object.keys(fields).find((key) => !attributes.has(key));
  if (unknown !== undefined) throw damaged(`nobody wrote the attribute ${unknown}`, at);
  const string = (key: string): string => {
    const value = fields[key];
    if (typeof value === 'string') return value;
    throw damaged(`${key} is missing`, at);
  };
  const number = (key: string): number => {
    const value = string(key);
    if (/^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
    throw damaged(`${key} is no number`, at);
  };
  const [, type, version] = /^dma-ownership\.(.+)\.v(\d{1,9})$/s.exec(string('type')) ?? [];
  const recordedAt = Date.parse(string('time'));
  const id = string('id');
  if (type === undefined || !Number.isFinite(recordedAt) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) || !('data' in fields)) throw damaged('type, time, id or data is none', at);
  const optional = (key: string, as: string) => (key in fields ? { [as]: string(key) } : {});
  const meta = {
    correlationId: string('correlationid'), ...optional('causationid', 'causationId'), ...optional('actor', 'actor'),
    occurredAt: string('occurredat'), clock: string('clock') as Clock, ...optional('traceparent', 'traceparent'),
    ...('attachment' in fields ? { source: { attachment: string('attachment'), offset: number('attachmentoffset'), ...('attachmentlength' in fields ? { length: number('attachmentlength') } : {}) } } : {}),
  };
  return {
    id, type, version: Number(version), data: JSON.stringify(fields['data']), meta: metaText(meta, at), stream: string('subject'),
    revision: number('streamrevision'), position: number('sequence'), recordedAt,
  };
}

export const damaged = (what: string, at: string, cause?: unknown): ModelError =>
  new ModelError('damaged-log', what, { at, hint: 'what stands before it is whole: log import FILE --recover takes it', cause });
