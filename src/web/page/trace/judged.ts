/** The trace that is shown, and what became of it: judged in a worker, by the model of its kernel or by another. */
import { signal } from '@preact/signals';
import type { TraceDocument } from '../../../trace/document.ts';
import type { Recording } from '../../../trace/recording.ts';
import { line } from './standing.ts';
import type { Answer, Job } from './judge.worker.ts';
import JudgeWorker from './judge.worker.ts?worker';

export type Judged =
  | { readonly state: 'judging'; readonly name: string; readonly lines: number }
  | { readonly state: 'judged'; readonly document: TraceDocument; readonly milliseconds: number }
  | { readonly state: 'failed'; readonly name: string; readonly text: string; readonly code: string };

export const judged = signal<Judged | null>(null);
let worker: Worker | undefined;

/** Nothing is judged any more. */
export function forget(): void {
  worker?.terminate();
  [worker, judged.value] = [undefined, null];
}

/** Begins to judge; what was under way is given up. */
export function judge({ name, text, recording, model, at }: { readonly name: string; readonly text: string; readonly recording: Recording; readonly model?: string | undefined; readonly at?: number | undefined }): void {
  worker?.terminate();
  const mine = new JudgeWorker();
  worker = mine;
  const begun = performance.now();
  judged.value = { state: 'judging', name, lines: 0 };
  const end = (value: Judged) => { judged.value = value; mine.terminate(); };
  mine.onmessage = ({ data }: MessageEvent<Answer>) => {
    if (worker !== mine) return;
    if ('lines' in data) judged.value = { state: 'judging', name, lines: data.lines };
    else if ('error' in data) end({ state: 'failed', name, text: data.error, code: data.code });
    else {
      line.value = at ?? data.document.report.line ?? data.document.report.lost?.line ?? null;
      end({ state: 'judged', document: data.document, milliseconds: performance.now() - begun });
    }
  };
  mine.onerror = ({ message }) => { if (worker === mine) end({ state: 'failed', name, text: message, code: 'unexpected' }); };
  mine.postMessage({ name, text, recording, ...(model === undefined ? {} : { model }) } satisfies Job);
}
