/**
 * `perf script`: probes that perf recorded, with addresses in place of names.
 *
 *               labctl   194 [000]    15.216328:                      lab:drv_attach: (ffffffff81951824) dev="0000:00:05.0" drv="told"
 *
 * Marks are not there: perf does not record the trace marker. Seen with perf 6.1.187.
 */
import { parseBody } from '../body.ts';
import { parseLine, type Item } from '../line.ts';
import type { Marker } from '../marker.ts';
import { lineByLine, type Reader } from './reader.ts';
import { namesIn } from './trace_cmd.ts';

const event = /^\s*(\S.*?)\s+(\d+)(?:\/(\d+))?\s+\[(\d+)\]\s+(\d+\.\d+):\s+(?:\d+\s+)?[\w-]+:([\w-]+):(?:\s+|$)/;
const lost = /^\s*(?:\S.*?\s+\d+(?:\/\d+)?\s+\[(\d+)\]\s+\d+\.\d+:\s+PERF_RECORD_LOST(?:_SAMPLES)? lost (\d+)|Processed \d+ events and lost (\d+) chunks!?)/;
/** Warnings and headings that end up in the file, and call chains. */
const aside = /^(?:#|Warning:|Check IO\/CPU overload!|'\w+' not valid for .* events\. Ignoring\.$|\s+[0-9a-f]{8,16} .*\(.*\)$)/;
const release = /^# os release : (\S+)/;

function read(text: string, line: number): Item {
  const end = text.endsWith('\r') ? text.length - 1 : text.length;
  const found = event.exec(text);
  if (found === null) return otherLine(text, line);
  const [whole, comm = '', pid, tid, cpu, time, name = ''] = found;
  const body = parseBody(text, whole.length, end);
  if (body === null) return { kind: 'unparsed', line, text };
  return {
    kind: 'event', line, text, comm, pid: Number(tid ?? pid), cpu: Number(cpu), seq: Number(time), unit: 'seconds',
    // So `perf probe` names a return probe.
    event: body.returns ? name.replace(/__return$/, '') : name,
    symbol: body.symbol, offset: body.offset, caller: body.caller, returns: body.returns, fields: namesIn(body.fields), mark: null,
  };
}

function otherLine(text: string, line: number): Marker {
  if (text.trim() === '') return { kind: 'blank', line, text };
  const [whole, cpu, events, chunks] = lost.exec(text) ?? [];
  // A chunk is of an unknown number of events.
  if (whole !== undefined) return { kind: 'lost', line, text, cpu: Number(cpu ?? -1), count: chunks === undefined ? Number(events) : null };
  if (aside.test(text)) return { kind: 'header', line, text, tracer: '', release: release.exec(text)?.[1] ?? '' };
  return { kind: 'unparsed', line, text };
}

/** The columns of the trace file fit, too, where a task is named like `a-7`. */
export const perf: Reader = {
  format: 'perf',
  knows: (text) => /^# perf version : /.test(text) || (event.test(text.slice(0, 400)) && parseLine(text).kind !== 'event'),
  open: lineByLine(read),
};
