/**
 * One line of kernel trace text, taken apart.
 *
 * Hand-written scanning instead of one regular expression: a recording has a million lines, and the
 * columns stand where the kernel's format strings put them, so nearly every line is read once, left to
 * right, without trying anything twice. The formats are those of kernel/trace/trace_output.c:
 *
 *     `%16s-%-7d (%7d) [%03d] dN.12 %5lu.%06lu: event: body`   the trace file
 *     `%8.8s-%-7d %3ddN.12 %4lldus@: event: body`              latency-format, and a dump on the console
 *
 * Pure: text in, plain data out. No line makes it throw.
 */
import { parseBody, parseMark, type Body, type Fields, type Mark } from './body.ts';
import { alarmOf, messageStart, opensDump, parseComment, parseLoss, type Marker } from './marker.ts';

/** One event that the kernel recorded. */
export type TraceLine = {
  readonly kind: 'event';
  /** Number of the line in its file, from 1; 0 when the caller gave none. */
  readonly line: number;
  /** The whole line as it stands in the file, without its end of line. */
  readonly text: string;
  /** Name of the task. Cut to 8 characters in latency format; `<...>` when the kernel forgot it. */
  readonly comm: string;
  /** The thread, as the first pid namespace counts. */
  readonly pid: number;
  readonly cpu: number;
  /** A position on the trace clock, in `unit`. Orders events; two may be equal. */
  readonly seq: number;
  /** `count`: whole numbers without a unit (counter, x86-tsc, the nanoseconds of trace-cmd). */
  readonly unit: 'count' | 'seconds';
  /** Name of the event. Whoever recorded chose it: the probe definitions say what it stands for. */
  readonly event: string;
  /** The probed function, as the kernel spells it (`foo.part.0`); '' where it printed a bare address. */
  readonly symbol: string;
  /** Bytes from the start of `symbol` to the probe; 0 at a return. The entry of a function is 0 or 4. */
  readonly offset: number;
  /** At a return, the function returned to; '' at an entry and where the kernel did not know. */
  readonly caller: string;
  /** True for a return probe, false for a probe inside or at the start of a function. */
  readonly returns: boolean;
  /** The fields of the event by name; see `Fields` for how values are typed. */
  readonly fields: Fields;
  /** What the user did, when this is one of our lines in the trace marker; else null. */
  readonly mark: Mark | null;
};

/** A line of a trace file, whatever it is. Switch on `kind`. */
export type Item = TraceLine | Marker;

/** The text of a trace marker is anybody's: what looks like a field in it is none. */
const noBody: Body = { symbol: '', offset: 0, caller: '', returns: false, fields: {} };

const SPACE = 0x20;
const HASH = 0x23;
const OPEN = 0x28;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BRACKET = 0x5b;
const U = 0x75;

/**
 * Says what one line of trace text is.
 *
 * Accepts the trace file, `trace_pipe`, latency format, `trace-cmd report`, and the console form that
 * `ftrace_dump_on_oops` prints, with or without time stamps of the log. The column of the thread group
 * and the flags may be missing. A name of a task may hold anything, ` -7 [001] x:` included.
 *
 * Fast enough that files, not lines, are the unit to think in: several hundred thousand lines a second.
 * Strings of the result may share memory with `text` and with the block it was cut from: who keeps many
 * of them for long should keep what they say, not the lines.
 *
 * @example
 * const item = parseLine('    bash-160     [001] .....    24.009851: unbind: (device_unbind_cleanup+0x0/0x70) dev="0000:01:00.0"');
 * if (item.kind === 'event') item.fields['dev']; // "0000:01:00.0"
 */
export function parseLine(text: string, line = 0): Item {
  // Copies that went through a serial line or another system end in a carriage return.
  const end = text.charCodeAt(text.length - 1) === 0x0d ? text.length - 1 : text.length;
  // In latency format a name of eight characters starts the line, and may start with anything.
  if (text.charCodeAt(0) === HASH && isComment(text)) return eventAt(text, 0, 8, end, line) ?? parseComment(text, line);
  const start = messageStart(text);
  // The columns of the trace file and of latency format, then any other place.
  return (
    eventAt(text, start, start + 16, end, line) ??
    eventAt(text, start, start + 8, end, line) ??
    eventAnywhere(text, start, end, line) ??
    otherLine(text, start, end, line)
  );
}

/** The kernel's `#PF: supervisor read access` is none. */
function isComment(text: string): boolean {
  return /^#+(?:\s|$)/.test(text);
}

/** A name of a task has at most 15 bytes. */
const nameLimit = 15;

/** Where white space was changed on the way, the dash between name and pid is no longer in its column. */
function eventAnywhere(text: string, start: number, end: number, line: number): TraceLine | null {
  const first = skipSpaces(text, start);
  let dash = text.indexOf('-', first);
  while (dash !== -1 && dash <= first + nameLimit) {
    const found = eventAt(text, start, dash, end, line);
    if (found !== null) return found;
    dash = text.indexOf('-', dash + 1);
  }
  return null;
}

/** The event whose name of the task ends at `dash`; null when the columns do not follow there. */
function eventAt(text: string, start: number, dash: number, end: number, line: number): TraceLine | null {
  if (text.charCodeAt(dash) !== DASH) return null;
  let at = dash + 1;
  let pid = 0;
  let code = text.charCodeAt(at);
  if (!isDigit(code)) return null;
  while (isDigit(code)) {
    pid = pid * 10 + code - ZERO;
    code = text.charCodeAt(++at);
  }
  if (code !== SPACE) return null;
  at = skipSpaces(text, at);
  code = text.charCodeAt(at);
  if (code === OPEN) {
    // The thread group, `(    162)` or `(-------)`. Threads are what locks are held by: not kept.
    at = text.indexOf(')', at);
    if (at === -1) return null;
    at = skipSpaces(text, at + 1);
    code = text.charCodeAt(at);
  }
  const bracket = code === BRACKET;
  if (bracket) code = text.charCodeAt(++at);
  let cpu = 0;
  if (!isDigit(code)) return null;
  while (isDigit(code)) {
    cpu = cpu * 10 + code - ZERO;
    code = text.charCodeAt(++at);
  }
  if (bracket) {
    if (code !== 0x5d) return null;
    at = skipSpaces(text, at + 1);
    code = text.charCodeAt(at);
  }
  // Flags, 4 to 7 characters by kernel. They follow the CPU at once in latency format, and start with no digit.
  if (!isDigit(code)) {
    const space = text.indexOf(' ', at);
    if (space - at < 4 || space - at > 7) return null;
    at = skipSpaces(text, space);
    code = text.charCodeAt(at);
  }
  let ticks = 0;
  const digits = at;
  while (isDigit(code)) {
    ticks = ticks * 10 + code - ZERO;
    code = text.charCodeAt(++at);
  }
  if (at === digits) return null;
  let unit: TraceLine['unit'] = 'count';
  let scale = 1;
  if (code === DOT) {
    unit = 'seconds';
    code = text.charCodeAt(++at);
    while (isDigit(code)) {
      ticks = ticks * 10 + code - ZERO;
      scale *= 10;
      code = text.charCodeAt(++at);
    }
  } else if (code === U && text.charCodeAt(at + 1) === 0x73) {
    // `23854412us@:`, the character behind it says how long nothing happened.
    unit = 'seconds';
    scale = 1_000_000;
    at += 3;
    code = text.charCodeAt(at);
  }
  if (code !== COLON || text.charCodeAt(at + 1) !== SPACE) return null;
  at += 2;
  const nameEnd = text.indexOf(':', at);
  if (nameEnd === -1 || nameEnd >= end) return null;
  for (let i = at; i < nameEnd; i++) if (!isWord(text.charCodeAt(i))) return null;
  if (nameEnd === at) return null;
  const event = text.slice(at, nameEnd);
  // trace-cmd pads the names of events to 20 columns.
  const bodyStart = skipSpaces(text, nameEnd + 1);
  const marker = event === 'tracing_mark_write';
  const body = marker ? noBody : parseBody(text, bodyStart, end);
  if (body === null) return null;
  return {
    kind: 'event',
    line,
    text,
    comm: text.slice(skipSpaces(text, start), dash),
    pid,
    cpu,
    seq: scale === 1 ? ticks : ticks / scale,
    unit,
    event,
    symbol: body.symbol,
    offset: body.offset,
    caller: body.caller,
    returns: body.returns,
    fields: body.fields,
    mark: marker ? parseMark(text.slice(bodyStart, end)) : null,
  };
}

const otherTracer = /^ => |-\d+ .* \d+(?:\.\d+|us.)?: (?:<stack trace>|\S+ <-\S+)/;

/** What the line is when it is no event. */
function otherLine(text: string, start: number, end: number, line: number): Marker {
  const message = text.slice(start, end);
  if (start === 0 && message.trim() === '') return { kind: 'blank', line, text };
  const loss = parseLoss(text, message, line);
  if (loss !== null) return loss;
  const alarm = alarmOf(message);
  if (start > 0 || alarm !== null || opensDump(message)) return { kind: 'console', line, text, message, alarm };
  // No more than the columns need: the expression tries every dash.
  if (otherTracer.test(message.slice(0, 400))) return { kind: 'foreign', line, text };
  if (/^cpus=\d+$/.test(message)) return { kind: 'header', line, text, tracer: '', release: '' };
  return { kind: 'unparsed', line, text };
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function isWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || code === 0x5f || isDigit(code) || (code >= 0x41 && code <= 0x5a);
}
