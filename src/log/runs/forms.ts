/**
 * What the log of a run consists of: two streams, and the forms of their entries.
 *
 * `run/ID` has the facts, so that revision and sequence number are the same. `about/ID` says how the run began and how it
 * ended. Inputs, answers of the environment and the order are the truth; what the charts made of them (`said`, `after`,
 * `passed`) is stored beside it, and held against the charts on replay.
 */
import { randomUUID } from 'node:crypto';
import type { StateValue } from 'xstate';
import { z } from 'zod';
import type { Address, Message, Plain, Said } from '../../../machines/chart.ts';
import type { ThreadSpec, Topology } from '../../../machines/topology.ts';
import { ModelError } from '../../errors.ts';
import type { Passed, Recorded, State } from '../facts.ts';
import type { Draft, Entry } from '../store/port.ts';
import { upcasting, type Upcaster } from '../store/upcast.ts';

/** Versions that are read today. An older one needs an upcaster, and a golden log that has it. */
export const versions = { 'run.began': 1, 'run.ended': 1, fact: 1, 'import.began': 1, 'import.ended': 1, 'trace.event': 1, 'trace.gap': 1 } as const;
const upcasters: readonly Upcaster[] = [];
export const upcast = upcasting(versions, upcasters);

/**
 * A topology as it is stored: complete, other than what people write. Its type holds it to `Topology`: what is added there
 * is added here, with the default that older runs had.
 */
const text = z.string();
const complete: z.ZodType<Topology> = z.strictObject({
  devices: z.array(z.strictObject({ name: text, bus: text, group: z.int().nullable(), driver: text.nullable(), present: z.boolean(), driver_override: text.nullable(), grouped: z.boolean() })),
  drivers: z.array(z.strictObject({ name: text, bus: text, driver_managed_dma: z.boolean(), async: z.boolean(), vfio: z.boolean(), registered: z.boolean(), matches: z.array(text) })),
  threads: z.array(z.strictObject({ name: text, entry: text, calls: z.array(z.looseObject({ type: text })) as unknown as z.ZodType<ThreadSpec['calls']>, times: z.int().nullable() })),
  options: z.strictObject({ test_remove: z.boolean(), drivers_autoprobe: z.boolean(), detach_dev: z.boolean().default(true) }),
  answers: z.record(text, z.array(z.int())),
});

/** How a run began: enough to take it again, and enough to read it without the charts. */
export interface Began {
  readonly what: string;
  /** Program and version that wrote it. */
  readonly by: string;
  readonly model: string;
  /** Hash of the charts and the step; see machine.ts. */
  readonly machine: string;
  readonly topology: Topology;
  readonly answersFirst: boolean;
  readonly parent: { readonly run: string; readonly seq: number } | null;
  readonly initial: Readonly<Record<Address, State>>;
}

export interface Ended {
  readonly facts: number;
  /** SHA-256 over the texts of the beginning and of all facts, each with a line feed. */
  readonly digest: string;
  /** Nothing in flight, no thread inside a call. */
  readonly atRest: boolean;
  readonly outcome: string;
}

/** A fact as it is stored; what is empty is left out. */
export interface StoredFact {
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  readonly cause: number | null;
  readonly said?: readonly Said[];
  /** State of the receiver, where it changed. */
  readonly after?: { readonly value: StateValue; readonly context: Readonly<Record<string, unknown>> };
  readonly passed?: readonly Passed[];
}

export const runStream = (id: string): string => `run/${id}`;
export const aboutStream = (id: string): string => `about/${id}`;
/** A run that nobody else has. */
export const newRun = (): string => randomUUID();

/** Ids are made of the run and a number: storing a fact twice stores it once. */
export function entryId(run: string, number: number | 'began' | 'ended'): string {
  const tail = typeof number === 'number' ? number.toString(16).padStart(12, '0') : number === 'began' ? 'ffffffffff00' : 'ffffffffff01';
  return `${run.slice(0, 14)}8${run.slice(15, 24)}${tail}`;
}

export function factDraft(run: string, { seq, from, to, event, cause, said, before, after, passed }: Recorded): Draft {
  const data: StoredFact = {
    from, to, event, cause, ...(said.length === 0 ? {} : { said }), ...(after === null || same(before, after) ? {} : { after }), ...(passed.length === 0 ? {} : { passed }),
  };
  return {
    id: entryId(run, seq), type: 'fact', version: 1, data: data as unknown as Plain,
    meta: { correlationId: run, ...(cause === null ? {} : { causationId: entryId(run, cause) }), ...(from === 'environment' && cause === null ? { actor: to } : {}), occurredAt: String(seq), clock: 'sim' },
  };
}

export const aboutDraft = (run: string, which: 'began' | 'ended', data: Began | Ended, seq: number): Draft =>
  ({ id: entryId(run, which), type: `run.${which}`, version: 1, data: data as unknown as Plain, meta: { correlationId: run, occurredAt: String(seq), clock: 'sim' } });

const same = (a: State | null, b: State): boolean => a !== null && a.value === b.value && a.context === b.context;

/** What a stored entry says. @throws {ModelError} damaged-log: no writer of ours wrote this */
export function factOf(entry: Entry): StoredFact {
  const data = entry.data as unknown as Partial<StoredFact> | null;
  const whole = entry.type === 'fact' && record(data) && typeof data.from === 'string' && typeof data.to === 'string' && record(data.event) && typeof data.event.type === 'string' && typeof data.event.from === 'string'
    && (data.cause === null || (Number.isSafeInteger(data.cause) && Number(data.cause) >= 0 && Number(data.cause) < entry.revision)) && list(data.said, (word) => record(word) && typeof (word as Said).type === 'string')
    && (data.after === undefined || (record(data.after) && record(data.after.context) && 'value' in data.after)) && list(data.passed, (one) => record(one) && typeof (one as Passed).label === 'string' && typeof (one as Passed).at === 'number');
  if (whole) return data as StoredFact;
  throw new ModelError('damaged-log', 'this is no fact', { at: `${entry.stream} ${entry.revision}` });
}

const record = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown, each: (item: unknown) => boolean): boolean => value === undefined || (Array.isArray(value) && value.every(each));

/** @throws {ModelError} damaged-log */
export function beganOf({ data, type, stream }: Entry): Began {
  const began = data as unknown as Partial<Began> | null;
  const topology = complete.safeParse(began?.topology).data;
  if (type === 'run.began' && record(began) && typeof began.model === 'string' && typeof began.machine === 'string' && typeof began.what === 'string' && typeof began.by === 'string' && topology !== undefined
    && typeof began.answersFirst === 'boolean' && (began.parent === null || (record(began.parent) && typeof began.parent.run === 'string' && Number.isSafeInteger(began.parent.seq)))
    && record(began.initial) && Object.values(began.initial).every((state) => record(state) && record(state.context))) return { ...(began as Began), topology };
  throw new ModelError('damaged-log', 'this is no beginning of a run', { at: stream });
}

/** @throws {ModelError} damaged-log */
export function endedOf({ data, type, stream }: Entry): Ended {
  const ended = data as unknown as Partial<Ended> | null;
  if (type === 'run.ended' && record(ended) && Number.isSafeInteger(ended.facts) && typeof ended.digest === 'string' && typeof ended.atRest === 'boolean' && typeof ended.outcome === 'string') return ended as Ended;
  throw new ModelError('damaged-log', 'this is no end of a run', { at: stream });
}
