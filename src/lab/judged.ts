/** What the judge says of a run, cut into the parts that notes in the trace name. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findRecording, readTraceFile } from '../trace/file.ts';
import { parseLine } from '../trace/line.ts';
import { judgeTrace, type Report } from '../trace/report.ts';
import type { Run } from './boot.ts';

export const traceOf = (folder: string): string => join(folder, 'trace.txt');

/** A part of a trace, from one note on to the next. */
export interface Part {
  readonly name: string;
  /** Lines of the trace, from 1; `to` is the last. */
  readonly from: number;
  readonly to: number;
}

/** Parts that begin with a note or marker that `named` knows. */
export function partsOf(lines: readonly string[], named: (text: string) => string | undefined): Part[] {
  const parts: { name: string; from: number; to: number }[] = [];
  for (const [index, text] of lines.entries()) {
    const name = text.includes('tracing_mark_write') ? named(text.replace(/^.*tracing_mark_write: /, '')) : undefined;
    const last = parts.at(-1);
    if (last !== undefined) last.to = name === undefined ? index + 1 : index;
    if (name !== undefined) parts.push({ name, from: index + 1, to: index + 1 });
  }
  return parts;
}

export const linesOf = (folder: string): string[] => readFileSync(traceOf(folder), 'utf8').replace(/\n$/, '').split('\n');

/** Events of more than one task lie between each other: calls met, and did not only follow one another. */
export function overlaps(lines: readonly string[]): boolean {
  const open = new Set<number>();
  for (const text of lines) {
    const item = parseLine(text);
    if (item.kind !== 'event' || item.mark === null || item.mark.id === '') continue;
    if (item.mark.kind === 'begin') {
      if (open.size > 0) return true;
      open.add(item.pid);
    } else open.delete(item.pid);
  }
  return false;
}

/** One stretch of a trace that was judged by itself: the whole trace, or what follows a line that nothing explained. */
export interface Stretch {
  readonly from: number;
  readonly report: Report;
}

/**
 * Judges a run. Where a line cannot be explained, the judge begins anew at the next part, as in a recording that begins there.
 *
 * @param model the model's name; absent: the one of the kernel
 * @param most stretches at most
 */
export async function judged(run: Run, parts: readonly Part[], model?: string, most = 20): Promise<Stretch[]> {
  const lines = linesOf(run.folder);
  const stretches: Stretch[] = [];
  let from = 1;
  while (stretches.length < most) {
    // A later stretch is written out, so that it can be judged again by hand.
    const file = from === 1 ? traceOf(run.folder) : join(run.folder, `from-${from}.trace.txt.gz`);
    if (from > 1) writeFileSync(file, gzipSync(`${lines.slice(from - 1).join('\n')}\n`));
    const recording = await findRecording(traceOf(run.folder));
    const report = await judgeTrace(readTraceFile(file), { name: file, recording: { ...recording, ...(run.crash === undefined ? {} : { crash: run.crash }) }, ...(model === undefined ? {} : { model }), transitions: true });
    stretches.push({ from, report });
    const stopped = report.verdict === 'violates' && report.line !== undefined ? from + report.line - 1 : undefined;
    const next = stopped === undefined ? undefined : parts.find((part) => part.from > stopped);
    if (next === undefined) break;
    from = next.from;
  }
  return stretches;
}

/** Lines of the whole trace that no explanation takes, with the reason. */
export const refusals = (stretches: readonly Stretch[]): { line: number; text: string; reason: string; possible: readonly string[] }[] =>
  stretches.flatMap(({ from, report }) => (report.verdict === 'violates' && report.line !== undefined
    ? [{ line: from + report.line - 1, text: report.text ?? '', reason: report.reason ?? '', possible: report.possible ?? [] }] : []));

export const partAt = (parts: readonly Part[], line: number): Part | undefined => parts.findLast((part) => part.from <= line);
