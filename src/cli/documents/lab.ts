/** `lab`: what real kernels did. */
import { z } from 'zod';
import { bool, count, document, model, text, texts } from './parts.ts';

const kernel = z.strictObject({
  name: text, release: text.optional(), series: text.optional(), test_remove: bool.optional(), from: text, folder: text, image: text, symbols: text, types: text, modules: text.optional(),
});
const run = z.strictObject({ kernel: text, job: text, folder: text, ended: z.enum(['finished', 'crashed', 'stalled']), crash: text.optional(), tries: count, seconds: z.number(), cpuSeconds: z.number() });
const possible = { line: count, text, reason: text, possible: texts };

const kernels = document('lab-kernels@1', { folder: text, ready: z.array(kernel), offered: z.array(z.strictObject({ series: text, package: text.nullable() })) });
const build = document('lab-build@1', { folder: text, built: z.array(kernel) });
const boot = document('lab-boot@1', { run });

const finding = z.strictObject({
  round: count, crash: text, folder: text, racers: z.array(z.strictObject({ name: text, ops: texts, delays: z.array(count) })), repeats: count, boots: count, scenario: text,
});
const races = document('lab-races@1', {
  kernel: text, seed: count, rounds: z.array(z.strictObject({ number: count, racers: texts, hotplug: bool, result: z.enum(['accepted', 'refused', 'crashed', 'not run']), overlapped: bool })),
  runs: z.array(z.strictObject({ run, verdicts: texts, lines: count })), refused: z.array(z.strictObject({ round: text, trace: text, ...possible })), findings: z.array(finding), left: text.optional(),
});

const step = z.strictObject({ number: text, by: text, call: text, expected: text, got: text, ok: bool, missing: text.optional() });
const suite = document('lab-suite@1', {
  kernel: text, suite: text, model, cast: z.strictObject({ devices: z.record(text, text), groups: z.record(text, count), functions: count }), run,
  tests: z.array(z.strictObject({ number: count, name: text, result: z.enum(['ok', 'not ok', 'skip', 'not run']), why: text.optional(), steps: z.array(step) })),
  verdicts: texts, refused: z.array(z.strictObject({ test: text, ...possible })), lines: count,
});

export const ofLab = { 'lab-kernels@1': kernels, 'lab-build@1': build, 'lab-boot@1': boot, 'lab-races@1': races, 'lab-suite@1': suite };
