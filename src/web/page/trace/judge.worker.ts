/** Judges a trace beside the page, which stays responsive meanwhile. */
import { formatError, ModelError } from '../../../errors.ts';
import { judgeDocument, type TraceDocument } from '../../../trace/document.ts';
import { readTrace } from '../../../trace/read.ts';
import type { Recording } from '../../../trace/recording.ts';

export interface Job {
  readonly name: string;
  readonly text: string;
  readonly recording: Recording;
  /** Absent: the one of the trace's kernel. */
  readonly model?: string;
}

export type Answer = { readonly lines: number } | { readonly document: TraceDocument } | { readonly error: string; readonly code: string };

const answer = (message: Answer) => { postMessage(message); };

addEventListener('message', ({ data: { name, text, recording, model } }: MessageEvent<Job>) => {
  judgeDocument(readTrace(text, { name }), { name, recording, model, progress: (lines) => { answer({ lines }); } })
    .then((document) => { answer({ document }); })
    .catch((error: unknown) => { answer(error instanceof ModelError ? { error: formatError(error), code: error.code } : { error: error instanceof Error ? error.message : String(error), code: 'unexpected' }); });
});
