/** `check`, `compare`, `claims`, `bugs`, `trail`: what the checker found. */
import { z } from 'zod';
import { address, bool, count, document, kept, kind, message, model, path, step, text, texts, topology, transition } from './parts.ts';

const untaken = z.strictObject({ ...transition, guard: text.optional(), why: text });
const coverage = z.strictObject({
  transitions: count, taken: count, dead: z.array(untaken).describe('never taken in any world'), notMet: z.array(untaken),
  answers: z.array(z.strictObject({ call: text, ret: z.int() })).describe('answers of the environment that nobody got'),
});
const explain = z.strictObject({
  partialOrder: z.strictObject({ on: bool, narrowed: count, rounds: count }), symmetry: z.strictObject({ on: bool, orbits: z.array(texts), why: text.optional() }),
  kernel: z.enum(['wasm', 'javascript']), moves: count, nodes: count, bits: count, bytes: count,
});

const checked = document('check@1', {
  model, topology, states: count.describe('worlds'), transitions: count.describe('steps'), depth: count, complete: bool.describe('every reachable world was visited, or stands behind one that was'),
  bounds: z.strictObject({ together: count.nullable(), limit: count.nullable() }), stopped: z.enum(['limit', 'memory', 'interrupted']).optional(), kept: kept.optional(), seconds: z.number(),
  lossy: z.strictObject({ mode: z.enum(['compact', 'bitstate']), omission: z.number().describe('how likely at most a given world was left out') }).optional(),
  resumed: count.optional(), checkpoint: z.strictObject({ file: text.optional(), worlds: count, lost: text.optional() }).optional(),
  properties: z.array(z.strictObject({
    name: text, kind, verdict: z.enum(['holds', 'broken', 'unknown', 'sampled']), path, shortest: bool.optional(),
    loop: z.array(step).optional().describe('what then happens for ever'),
  })),
  notApplicable: texts, explain: explain.optional(), coverage: coverage.optional(),
}).describe('every world was visited, up to the bounds');

const walked = document('check@1', {
  model, complete: z.literal(false),
  simulated: z.strictObject({ walks: count, steps: count, seed: count, schedule: z.enum(['uniform', 'pct']), depth: count.optional() }),
  properties: z.array(z.strictObject({ name: text, verdict: z.enum(['broken', 'sampled']), walk: count.optional(), walked: count.optional(), shrunk: count.optional(), path })),
}).describe('with --simulate: random walks');

const side = z.strictObject({ worlds: count, steps: count, complete: bool, states: count.optional(), classes: count.optional() });
const compare = document('compare@1', {
  models: z.array(model), topology, bounds: z.strictObject({ together: count.nullable(), limit: count }), observer: text, answer: z.enum(['same', 'same-traces', 'differ', 'unknown']),
  by: z.enum(['branching', 'weak']).optional(), why: z.enum(['limit', 'memory', 'interrupted']).optional(), sides: z.array(side),
  run: texts.optional().describe('a shortest run that both can be seen to make'), left: texts.optional().describe('what may be seen next, on this side'), right: texts.optional(), side: z.enum(['left', 'right']).optional(), then: text.optional(),
  hesitation: z.strictObject({ run: texts, side: z.enum(['left', 'right']), offers: texts }).nullable().optional(), path, aut: texts.describe('files that were written'),
});

const witnessed = { path, shortest: bool };
const claims = document('claims@1', {
  claims: z.array(z.strictObject({
    id: z.int(), who: z.enum(['R', 'J', 'C']), claim: text, verdict: z.enum(['confirmed', 'refuted', 'conditional', 'not-a-state-property', 'unknown']), condition: text.optional(), states: count, path: path.optional(), note: text,
    checks: z.array(z.strictObject({
      role: z.enum(['claim', 'within', 'beyond', 'control']), model, setting: text, topology, together: count.nullable(), property: text, expects: z.enum(['holds', 'broken']),
      verdict: z.enum(['holds', 'broken', 'unknown', 'sampled']), met: bool, states: count, complete: bool, path: witnessed.path.optional(), shortest: witnessed.shortest.optional(),
    })),
    measures: z.array(z.strictObject({ what: text, value: z.union([z.number(), text]) })), seen: z.array(z.strictObject({ recording: text, shows: text })),
  })),
});

const outside = z.strictObject({ id: text, commit: text.nullable(), what: text, because: text });
const bugs = document('bugs@1', {
  bugs: z.array(z.strictObject({
    id: text, commit: text.nullable().describe('what put it right; null: nothing has yet'), what: text, affected: z.array(model), fixed: z.array(model), repaired: z.array(model), property: text,
    verdict: z.enum(['found', 'open', 'missed', 'unknown']), found: bool, absentInFixed: bool.nullable(), path,
    checks: z.array(z.strictObject({ model, verdict: z.enum(['holds', 'broken', 'unknown', 'sampled']), states: count, transitions: count, complete: bool, steps: count.optional(), shortest: bool.optional() })),
    condition: text.nullable(), note: text.nullable(), scenario: text.nullable(), recordings: z.array(z.strictObject({ trace: text, shows: text })), toRecord: text.nullable(), topology,
  })),
  outside: z.array(outside).describe('bugs outside of what the charts model'),
});

const trail = document('trail@1', { model, steps: count, broken: texts, found: texts, path: z.array(z.strictObject({ from: address, to: address, event: message })) });

export const ofChecker = { 'check@1': z.union([checked, walked]), 'compare@1': compare, 'claims@1': claims, 'bugs@1': bugs, 'trail@1': trail };
