/** A judged trace line by line: what the file says, what the judge took to have happened in between, and where it stopped. */
import { shown } from '../../scenario/names.ts';
import { boringAnywhere } from '../../scenario/boring.ts';
import { laneOf } from '../sequence/lanes.ts';
import { textOf } from '../sequence/rows.ts';
import type { TraceDocument } from '../../trace/document.ts';
import type { Followed } from '../../trace/follow.ts';

export interface TraceRow {
  /** `line`: of the file; `step`: inferred, no line shows it; `stop`: why the judge stopped here; `possible`: what it would have taken; `gap`: lines that are not kept. */
  readonly kind: 'line' | 'step' | 'stop' | 'possible' | 'gap';
  readonly line: number;
  readonly text: string;
  /** Of a line: `event`, `mark` (what a user did), or what else the file has. */
  readonly of: string;
  /** Something was refused or failed at this line. */
  readonly failed: boolean;
  /** Of an inferred step: so many explanations were alive; above 1 it is one of several. */
  readonly alive: number;
}

export interface TraceRowsOptions {
  /** `some`: inferred steps that a reader looks for; `all`: every one. */
  readonly inferred: 'none' | 'some' | 'all';
}

/** Rows in the order of the file; an inferred step stands before the line that made it necessary. */
export function traceRows({ report, lines, followed }: TraceDocument, { inferred }: TraceRowsOptions): TraceRow[] {
  const rows: TraceRow[] = [];
  const failures = new Set(report.refusals.map(({ line }) => line));
  const steps = inferred === 'none' ? [] : followed.filter((step) => step.inferred && (inferred === 'all' || isWorthwhile(step)));
  let [next, last] = [0, 0];
  for (const { line, text, kind } of lines) {
    if (line > last + 1 && last > 0 && lines.length < report.lines && line - last > 50)
      rows.push({ kind: 'gap', line: last + 1, text: `\u2026 ${line - last - 1} lines`, of: 'gap', failed: false, alive: 0 });
    last = line;
    for (; next < steps.length && (steps[next] as Followed).line <= line; next++) rows.push(stepRow(steps[next] as Followed));
    const isStop = line === report.line;
    rows.push({ kind: 'line', line, text: kind === 'event' || kind === 'mark' ? text.trim().replaceAll(/ {2,}/g, ' ') : text.trim(), of: isStop ? 'stop' : line === report.lost?.line ? 'lost' : kind, failed: failures.has(line), alive: 0 });
    if (line === report.lost?.line) rows.push({ kind: 'stop', line, text: `from here on nothing is sure: ${report.lost.why}`, of: 'lost', failed: false, alive: 0 });
    if (!isStop) continue;
    rows.push({ kind: 'stop', line, text: report.reason ?? '', of: 'stop', failed: true, alive: 0 });
    const possible = report.possible ?? [];
    for (const text of possible.length === 0 ? ['nothing of this task'] : possible) rows.push({ kind: 'possible', line, text, of: 'possible', failed: false, alive: 0 });
  }
  return rows;
}

const isWorthwhile = (step: Followed): boolean => laneOf(step.from).id !== laneOf(step.to).id && !boringAnywhere(step);

function stepRow(step: Followed): TraceRow {
  const said = step.said.map(({ type }) => type).filter((type) => !type.endsWith('.ret'));
  return {
    kind: 'step', line: step.line, text: `${shown(step.from)} \u2192 ${shown(step.to)}: ${textOf(step)}${said.length === 0 ? '' : ` (${said.join(', ')})`}`, of: 'step',
    failed: typeof step.event['ret'] === 'number' && step.event['ret'] < 0, alive: step.alive,
  };
}

/** The row of a line, or of the last one before it; -1 where there is none. */
export function rowOfLine(rows: readonly TraceRow[], line: number): number {
  const exact = rows.findIndex((row) => row.kind === 'line' && row.line === line);
  return exact >= 0 ? exact : rows.findLastIndex((row) => row.line <= line);
}

/** The verdict in a sentence. */
export function verdictText({ report: { verdict, model, line, lost, lines, unseen } }: Pick<TraceDocument, 'report'>): string {
  if (verdict === 'violates') return `${model} cannot explain line ${line ?? 0}`;
  if (verdict === 'inconclusive') return `nothing is sure from line ${lost?.line ?? line ?? 0} on`;
  return `${model} explains all ${lines} lines${unseen.length === 0 ? '' : ', as far as such a recording shows anything'}`;
}
