/**
 * A judged trace as one document that a page shows: the verdict, the lines of the file, and the steps of the model between
 * them. Bounded: of a long trace the beginning and the end are kept.
 */
import { Ends } from './account.ts';
import type { Followed } from './follow.ts';
import type { Item } from './line.ts';
import type { Reading } from './read.ts';
import { judgeTrace, type JudgeTraceOptions, type Report } from './report.ts';

/** A line of the file. */
export interface DocumentLine {
  readonly line: number;
  readonly text: string;
  /** `event`: a probe; `mark`: what a user did; else as in `Marker`. */
  readonly kind: string;
  readonly task: string | null;
}

export interface TraceDocument {
  readonly schema: 'dma-ownership/trace@1';
  readonly report: Report;
  /** The steps of one explanation, oldest first; `followedInAll` where not all of them are here. */
  readonly followed: readonly Followed[];
  readonly followedInAll: number;
  /** The lines, but for the middle of a long file. */
  readonly lines: readonly DocumentLine[];
}

/** Lines, and steps, kept at each end. */
export const keptAtEachEnd = 6000;
/** Lines behind the one that is not explained. */
const beyond = 200;

/**
 * Judges a trace and keeps what a reader of the verdict looks at.
 *
 * @param options as `judgeTrace`; `keep` bounds lines and steps too. Default 6000 at each end
 * @throws {ModelError} as `judgeTrace`
 */
export async function judgeDocument(reading: Reading, { keep = keptAtEachEnd, ...options }: JudgeTraceOptions): Promise<TraceDocument> {
  const lines = new Ends<DocumentLine>(keep);
  let followed: Ends<Followed> | undefined;
  const watched: Reading = {
    get summary() { return reading.summary; },
    async *[Symbol.asyncIterator]() {
      for await (const batch of reading) {
        for (const item of batch) if (item.kind !== 'blank') lines.push(lineOf(item));
        yield batch;
      }
    },
  };
  const report = await judgeTrace(watched, { ...options, why: true, follow: keep, followed: (facts) => { followed = facts; } });
  const end = report.line === undefined ? Infinity : report.line + beyond;
  return {
    schema: 'dma-ownership/trace@1', report, lines: [...lines.first, ...lines.last].filter(({ line }) => line <= end),
    followed: followed === undefined ? [] : [...followed.first, ...followed.last], followedInAll: followed?.count ?? 0,
  };
}

const lineOf = (item: Item): DocumentLine => ({
  line: item.line, text: item.text, kind: item.kind === 'event' ? (item.mark === null ? 'event' : 'mark') : item.kind, task: item.kind === 'event' ? `${item.comm}-${item.pid}` : null,
});
