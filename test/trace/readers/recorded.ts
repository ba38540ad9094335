/** Recordings that other programs made of real kernels, and their spoiled twins. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { findRecording } from '../../../src/trace/file.ts';
import { readTrace } from '../../../src/trace/read.ts';
import { judgeTrace, type Report } from '../../../src/trace/report.ts';

const root = fileURLToPath(new URL('traces/', import.meta.url));

export const kernels: readonly string[] = readdirSync(root).filter((name) => !name.endsWith('.md')).sort();
export const kindsOf = (kernel: string): string[] => readdirSync(root + kernel).sort();

export const textOf = (name: string): string => gunzipSync(readFileSync(`${root}${name}/trace.txt.gz`)).toString('latin1');

/** Judges a text as if it were the recording of that name. */
export const judgedAs = async (name: string, text: string): Promise<Report> =>
  judgeTrace(readTrace(text, { name }), { name, recording: await findRecording(`${root}${name}/trace.txt.gz`) });

const reports = new Map<string, Promise<Report>>();

/** Judges the recording, once. */
export function judged(name: string): Promise<Report> {
  const report = reports.get(name) ?? judgedAs(name, textOf(name));
  reports.set(name, report);
  return report;
}

/** The text without its first line that fits. */
export function without(text: string, pattern: RegExp): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => pattern.test(line));
  if (at < 0) throw new Error(`no line is like ${pattern}`);
  return lines.toSpliced(at, 1).join('\n');
}
