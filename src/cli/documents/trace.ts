/** `judge` and the reports on recordings. */
import { z } from 'zod';
import { formats } from '../../trace/readers/reader.ts';
import { bool, count, document, kept, model, text, texts, trace, transition } from './parts.ts';

const line = z.int().nonnegative().describe('a line of the file, from 1');
export const ownership = z.strictObject({ line, state: z.enum(['unowned', 'kernel_dma', 'claimed']), owner_cnt: count, domain: text, by: text.describe('who made it so: a device, or a task') });
export const reason = z.strictObject({ kind: z.enum(['refusal', 'failure', 'deferral', 'cleanup', 'lost', 'error']), line, what: text, why: text });

export const report = z.strictObject({
  file: trace, model, chosenBy: text.describe('where the choice of the model comes from'), verdict: z.enum(['conforms', 'violates', 'inconclusive']), format: z.enum(formats).describe('what wrote the recording'), unseen: texts.describe('what such a recording never shows'), lines: count, events: count,
  outside: count.describe('events outside the model'), outsideBy: z.record(text, count),
  line: line.optional().describe('the first line that the model does not explain'), text: text.optional(), reason: text.optional(), possible: texts.optional().describe('what was possible there'), before: texts.optional(),
  lost: z.strictObject({ line, why: text }).optional().describe('from here on nothing is sure'), crash: z.strictObject({ line, text }).optional(), notes: texts,
  groups: z.array(z.strictObject({ id: text, devices: texts, ownership: z.array(ownership), changes: count })),
  devices: z.array(z.strictObject({
    name: text, group: text.nullable(), driver: text.nullable(), bound: count, failed: count, refused: count, deferredAt: line.nullable(), lostAt: line.nullable().describe('refused at its retry, and nobody tries again'),
  })),
  refusals: z.array(z.strictObject({ line, what: text, by: text, group: text.nullable() })), why: z.array(reason),
  transitions: z.array(z.strictObject({ ...transition, shown: bool.describe('a line shows the step; otherwise it lies on the only way to one'), line })).optional(),
});

const ingested = z.strictObject({ id: text.describe('SHA-256 of the file'), events: count, gaps: count, known: bool });
const judge = document('judge@1', { kept: z.strictObject({ store: kept.shape.store, imports: z.array(ingested) }).optional(), files: z.array(report) });

export const ofTraces = { 'judge@1': judge };
