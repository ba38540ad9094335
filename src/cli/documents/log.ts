/** `run`, `log` and `replay`: scenarios and kept runs. */
import { z } from 'zod';
import { address, bool, count, document, kept, model, plain, recorded, seq, since, text, texts } from './parts.ts';
import { ownership, reason, report } from './trace.ts';

const store = text;
const run = document('run@1', {
  kept: kept.optional(),
  files: z.array(z.strictObject({
    file: text, about: text, expect: z.enum(['always', 'sometimes', 'never']),
    models: z.array(z.strictObject({
      model, verdict: z.enum(['as-expected', 'differs']), difference: z.strictObject({ model, line: count, after: text.nullable(), expected: text.nullable(), produced: text.nullable() }).optional(),
      blocks: z.array(z.strictObject({ facts: z.array(recorded), text: texts })),
    })),
  })),
});

const list = document('log-list@1', {
  store, durable: z.enum(['none', 'process-crash', 'power-cut']), entries: count,
  runs: z.array(z.strictObject({ id: text, at: text, what: text, model, facts: count, outcome: text.nullable(), atRest: bool.nullable(), parent: z.strictObject({ run: text, seq }).optional() })),
  imports: z.array(z.strictObject({ id: text.describe('SHA-256 of the file'), at: text, name: text, events: count, gaps: count, ended: bool })),
});
const verify = document('log-verify@1', {
  store, runs: z.array(z.strictObject({ run: text, ok: bool, facts: count, sameMachine: bool.describe('the charts are those of the run'), notes: texts })),
  recordings: z.array(z.strictObject({ recording: text, ok: bool, notes: texts })),
});
const exported = document('log-export@1', { to: z.enum(['jsonl', 'perfetto', 'itf']), runs: texts, text: text.optional(), out: text.optional(), bytes: count.optional() });
const imported = document('log-import@1', { file: text, store, taken: count, known: count, complete: bool, damage: text.nullable() });
const prune = document('log-prune@1', { store, pruned: texts });

const users = z.array(z.strictObject({ device: text, since }));
const summaryOfRun = document('log-summary@1', {
  run: text, devices: z.record(text, z.array(z.strictObject({ seq: since, presence: text, driver: text.nullable() }))),
  cleanups: z.array(z.strictObject({ seq, device: text, root: seq, begun: text, failure: seq.nullable(), failed: text.nullable() })),
  refusals: z.array(z.strictObject({ seq, group: address, to: address, answer: text, owner: address.nullable(), users, domain: text })),
  held: z.array(z.strictObject({ group: address, kind: z.enum(['device', 'owner']), who: text, since })).describe('at the end'),
});
const summaryOfRecording = document('log-summary@1', { recording: text, report });

const event = z.looseObject({ line: count });
const showRun = document('log-show@1', { run: text, model, what: text, facts: z.array(recorded) });
const showRecording = document('log-show@1', { recording: text, name: text, events: z.array(event).describe('events of the recording, and gaps in it') });

const hop = z.strictObject({ seq, kind: z.enum(['call', 'answer', 'said', 'label', 'outside']), text, object: text.nullable() });
const holder = z.strictObject({ what: address, how: z.enum(['claimed', 'used', 'attached', 'resetting', 'bound', 'registered']), by: text, since, event: text.nullable() });
const whyRun = document('log-why@1', { run: text, seq, chain: z.array(hop).describe('itself first, the event from outside last'), holders: z.array(holder) });
const whyRecording = document('log-why@1', { recording: text, model, line: count, why: z.array(reason) });

const owned = z.strictObject({ seq: since, ownership: text, owner: address.nullable(), owner_cnt: count.nullable(), domain: text, event: text.nullable(), by: address.nullable() });
const ownersRun = document('log-owners@1', { run: text, group: text, ownership: z.array(owned) });
const ownersRecording = document('log-owners@1', { recording: text, model, group: text, devices: texts, ownership: z.array(ownership) });

const replay = document('replay@1', {
  run: text, model, facts: count, at: seq, same: bool, steps: count, machine: z.strictObject({ recorded: text, now: text }), differs: z.strictObject({ seq, reason: text }).optional(), branch: text.optional(),
  atRest: bool, world: z.record(text, z.strictObject({ value: z.union([text, plain]), context: plain })), text: texts,
});

export const ofLogs = {
  'run@1': run, 'log-list@1': list, 'log-verify@1': verify, 'log-export@1': exported, 'log-import@1': imported, 'log-prune@1': prune, 'log-summary@1': z.union([summaryOfRun, summaryOfRecording]),
  'log-show@1': z.union([showRun, showRecording]), 'log-why@1': z.union([whyRun, whyRecording]), 'log-owners@1': z.union([ownersRun, ownersRecording]), 'replay@1': replay,
};
