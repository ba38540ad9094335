/** What is written from the model: charts, exports, tests, the page; and errors. */
import { z } from 'zod';
import { bool, count, document, model, text, texts } from './parts.ts';

const charts = document('charts@1', { model, charts: z.array(z.strictObject({ name: text, states: count })) });
const chart = document('chart@1', { model, chart: text, states: count, width: count, height: count, svg: text.optional(), out: text.optional() });
const exported = document('export@1', { model, to: text, complete: bool, states: count, transitions: count, walks: count, left: texts.describe('properties that the format cannot say'), text: text.optional(), out: text.optional() });
const exportChart = document('export-chart@1', { model, to: text, charts: texts, text: text.optional(), files: texts.optional() });
const exportMonitor = document('export-monitor@1', { to: text, monitors: texts, text: text.optional(), files: texts.optional() });

const criterion = text.describe('a criterion of --coverage');
const length = z.strictObject({ tests: count, steps: count });
const goal = z.strictObject({ criterion, name: text, verdict: z.enum(['covered', 'uncovered', 'unreachable', 'unknown']), tests: texts });
const summary = z.strictObject({ criterion, about: text, goals: count, covered: count, uncovered: count, unreachable: count, unknown: count });
const testgen = document('testgen@1', {
  model, target: text, worlds: count, steps: count, complete: bool, unit: text, length, shortestPaths: length.describe('a suite with one shortest path for each goal'), summary: z.array(summary), goals: z.array(goal),
  out: text.nullable(), files: texts,
});

const fates = { killed: count, equal: count, survived: count, unknown: count };
const mutate = document('mutate@1', {
  model, worlds: count, complete: bool,
  suites: z.array(z.strictObject({
    coverage: criterion, length, mutants: count, ...fates, score: z.number().describe('killed, of those that are not proved equal'), operators: z.array(z.strictObject({ operator: text, ...fates })),
    fates: z.array(z.strictObject({ operator: text, place: text, what: text, fate: z.enum(['killed', 'equal', 'survived', 'unknown']), by: text, steps: count.optional() })),
  })),
});

const served = document('inspect@1', { url: text, port: count, token: text, listens: text.optional().describe('where applications connect that shall be watched') });
const written = document('inspect@1', { file: text, bytes: count });

const recordings = z.union([
  document('record@1', { arguments: texts, code: z.int() }).describe('recorded here'), document('record@1', { file: text, probes: count }), document('record@1', { script: text }), document('record@1', { usage: text }),
]);

const completion = document('completion@1', { shell: z.enum(['bash', 'zsh', 'fish']), script: text });

const error = document('error@1', {
  code: text.describe('docs/reference/errors.md lists them; unexpected: a fault of this program'), message: text, at: text.optional(), accepted: z.union([text, texts]).optional(), usually: text.optional(), hint: text.optional(),
  way: texts.optional().describe('what leads there, a line each'),
});

export const ofWriters = {
  'charts@1': charts, 'chart@1': chart, 'export@1': exported, 'export-chart@1': exportChart, 'export-monitor@1': exportMonitor, 'testgen@1': testgen, 'mutate@1': mutate, 'inspect@1': z.union([served, written]), 'record@1': recordings, 'completion@1': completion, 'error@1': error,
};
