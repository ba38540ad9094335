/** `dma-ownership judge TRACE...`: does the model explain what a real kernel recorded? */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { models } from '../../machines/models/index.ts';
import { ModelError } from '../errors.ts';
import { formats, type Format } from '../trace/readers/reader.ts';
import { nearest } from '../world/nearest.ts';
import { ingest, type Ingested } from '../trace/ingest.ts';
import { fileBytes, findRecording, readTraceFile } from '../trace/file.ts';
import { judgeTrace, type Report, type Verdict } from '../trace/report.ts';
import type { Recording } from '../trace/recording.ts';
import { exit, type Exit } from './exit.ts';
import { reportText } from './judge_text.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { keeping, withStore, type Kept } from './store.ts';

type Options = { readonly model?: string; readonly format?: string; readonly why?: true; readonly all?: true; readonly transitions?: true } & Kept;

/** A trace in a folder of recordings: the name that our recorders give it, packed or not. */
const traceFile = /(^|\.)trace(\.txt)?(\.gz)?$/;

export function register(program: Program): void {
  keeping(program.command('judge'))
    .description('say whether a model explains what a real kernel recorded, and what happened in the recording')
    .argument('<trace...>', 'ftrace text, packed by gzip or not; a folder is searched for files named trace.txt; - for stdin')
    .option('--model <name>', 'judge by this model, instead of the one of the kernel that made the trace')
    .option('--format <kind>', `what wrote the recording, where its lines do not tell: ${formats.join(', ')}`)
    .option('--why', 'for each refusal, failure, deferral and clean-up, print the chain of causes')
    .option('--transitions', 'list the transitions of the charts that every explanation takes: what the trace confirms')
    .option('--all', 'print every change of ownership, however many')
    .values({ trace: { files: ['txt', 'gz', 'trace'] }, '--model': Object.keys(models), '--format': formats })
    .ends({
      holds: 'every recording conforms', violation: 'one violates the model', badInput: 'a file cannot be read, has no line of a trace, or comes from a kernel that no model covers',
      inconclusive: 'none violates, and of one it cannot be said: lines were lost, or something older than the recording is in the way', interrupted: 'stopped between two recordings',
    })
    .examples([
      ['judge trace.txt', 'the first line that the model does not explain, if there is one'],
      ['judge traces/', 'every trace.txt below a folder'],
      ['judge trace.txt --why', 'with the chain of causes of each refusal and clean-up'],
      ['judge trace.txt --model v6.1.y', 'by another kernel than its own'],
      ['judge - --json < trace.txt', 'for a program'],
    ])
    .does(judge);
}

async function judge(out: Output, given: string[], options: Options): Promise<Exit> {
  const files = given.flatMap((path) => tracesIn(path));
  const format = formatNamed(options.format);
  const stop = out.interruption();
  const reports: Report[] = [];
  for (const file of files) {
    if (stop.aborted) break;
    const recording = await recordingAt(file, format);
    const report = await judgeTrace(readTraceFile(file, recording), {
      name: file, recording, model: options.model, why: options.why === true, keep: options.all === true ? Infinity : 500, transitions: options.transitions === true,
      progress: (lines) => out.progress(`${file}: ${lines} lines`),
    });
    reports.push(report);
    out.line(reportText(report, options, out));
  }
  out.progress('');
  const kept = options.log === undefined ? undefined : await keep(out, options.log, files.slice(0, reports.length), format, options);
  out.result({ schema: 'dma-ownership/judge@1', ...(kept === undefined ? {} : { kept }), files: reports }, () => summary(reports));
  if (stop.aborted) return exit.interrupted;
  return worst(reports.map(({ verdict }) => verdict));
}

const recordingAt = async (file: string, format: Format | undefined): Promise<Recording> =>
  ({ ...(file === '-' ? {} : await findRecording(file)), ...(format === undefined ? {} : { format }) });

function formatNamed(named: string | undefined): Format | undefined {
  const format = formats.find((known) => known === named);
  if (named === undefined || format !== undefined) return format;
  const near = nearest(named, formats);
  throw new ModelError('wrong-use', `no recording is of a kind ${named}`, { at: '--format', accepted: formats, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) });
}

/** Keeps the files as they are, with their events. What was judged is not stored: it can be judged again. */
const keep = (out: Output, log: string | true, files: readonly string[], format: Format | undefined, options: Options) => {
  if (files.includes('-')) throw new ModelError('wrong-use', 'what came on stdin is gone', { at: '--log', accepted: 'a file', usually: '- together with --log' });
  return withStore(log, 'write', async (store) => {
    const imports: Ingested[] = [];
    for (const file of files) {
      imports.push(await ingest(store, () => fileBytes(file), file, await recordingAt(file, format)));
      out.progress(`${file}: kept`);
    }
    const known = imports.filter((one) => one.known).length;
    out.remark(`kept ${imports.length} recording${imports.length === 1 ? '' : 's'} in ${store.name}${known === 0 ? '' : `, ${known} known already`}`);
    return { store: store.name, imports };
  }, options);
};

const codes: Readonly<Record<Verdict, Exit>> = { violates: exit.violation, inconclusive: exit.inconclusive, conforms: exit.holds };
const worst = (verdicts: readonly Verdict[]): Exit =>
  (['violates', 'inconclusive'] as const).filter((verdict) => verdicts.includes(verdict)).map((verdict) => codes[verdict])[0] ?? exit.holds;

function tracesIn(path: string): string[] {
  if (path === '-' || !(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => traceFile.test(name.split('/').at(-1) ?? '')).sort();
  if (found.length === 0)
    throw new ModelError('unreadable-file', 'the folder has no trace', { at: path, accepted: 'files named trace.txt or trace.txt.gz, at any depth' });
  return found.map((name) => join(path, name));
}

function summary(reports: readonly Report[]): string {
  const count = (verdict: Verdict) => reports.filter((report) => report.verdict === verdict).length;
  const lines = reports.reduce((sum, report) => sum + report.lines, 0);
  const half = reports.filter(({ verdict, unseen }) => verdict === 'conforms' && unseen.length > 0).length;
  return `${reports.length} trace${reports.length === 1 ? '' : 's'}, ${lines} lines: ${count('conforms')} conform${half === 0 ? '' : ` (${half} of what they show)`}, ${count('violates')} violate, ${count('inconclusive')} inconclusive`;
}
