/**
 * `trace-cmd report`: the columns of the trace file, with addresses in place of names, and marks in words of its own.
 *
 *     cpus=2
 *               labctl-194   [000]          43: probe:                (ffffffff81951300) dev="0000:00:05.0" drv="told" cur="" dl=0
 *               labctl-206   [000]         195: print:                tracing_mark_write: USER B 206.3 setc:g:c
 *
 * `-t` gives more digits. `-R` is not read: it prints bytes from behind a name that the kernel could not read, and no quotes that
 * would show it. Seen with trace-cmd 3.1.6.
 */
import { parseMark, type Fields, type Value } from '../body.ts';
import { parseLine, type Item, type TraceLine } from '../line.ts';
import { lineByLine, type Reader } from './reader.ts';

const sign = /^cpus=\d+$|\d: (?:print: +tracing_mark_write: |\w+: +\([0-9a-f]{8,16}(?: <- [0-9a-f]{8,16})?\))/;
const printed = /: print: +tracing_mark_write: (.*?)\r?$/;
const raw = /: \w+: +(?:__probe_(?:ip|func)|ip)=/;

/** Fields that are names, whatever they look like. */
const names = new Set(['dev', 'drv', 'cur', 'bus']);

/** Nothing, or a byte of what comes behind in the recorder's buffer. */
const unreadable = /^$|[\u0000-\u001f\ufffd]/;

/** Without quotes a name may look like a number; a name that the kernel could not read is printed without length. */
export function namesIn(fields: Fields): Fields {
  const wrong = Object.entries(fields).filter(([name, value]) => names.has(name) && (typeof value === 'number' || (typeof value === 'string' && unreadable.test(value))));
  if (wrong.length === 0) return fields;
  return { ...fields, ...Object.fromEntries(wrong.map(([name, value]): [string, Value] => [name, typeof value === 'number' ? String(value) : null])) };
}

function read(text: string, line: number): Item {
  const item = parseLine(text, line);
  if (item.kind !== 'event') return item;
  if (raw.test(text)) return { kind: 'unparsed', line, text };
  return item.event === 'print' ? marked(item) : { ...item, fields: namesIn(item.fields) };
}

function marked(item: TraceLine): TraceLine {
  const mark = printed.exec(item.text)?.[1];
  return mark === undefined ? item : { ...item, event: 'tracing_mark_write', fields: {}, mark: parseMark(mark) };
}

export const traceCmd: Reader = { format: 'trace-cmd', knows: (text) => sign.test(text.slice(0, 400)), open: lineByLine(read) };
