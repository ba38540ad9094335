/** What several documents have in them. */
import { z } from 'zod';

export const text = z.string();
export const texts = z.array(text);
export const count = z.int().nonnegative();
export const seq = count.describe('number of a fact, from 0');
export const since = seq.nullable().describe('number of a fact; null: from the start');
export const bool = z.boolean();
export const address = text.describe('who in the model, such as device:0000:02:00.0, group:8, thread:vm1, env');
export const model = text.describe('a model, such as v6.12.y');
export const trace = text.describe('the file');
export const plain = z.record(text, z.unknown());

/** A schema with its name in it. */
export const document = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) => z.strictObject({ schema: z.literal(`dma-ownership/${name}` as const), ...shape });

export const message = z.looseObject({ type: text.describe('a function of the kernel, or its return: <function>.ret') }).meta({ id: 'message', description: 'its type, its sender, its arguments' });
export const step = z.strictObject({ from: address, to: address, event: message }).meta({ id: 'step', description: 'the delivery of a message' });
export const path = z.array(step).meta({ id: 'path', description: 'deliveries of messages, in order' });

export const state = z.strictObject({ value: z.union([text, plain]).describe('names of states, nested as the chart is'), context: plain }).meta({ id: 'state' });
export const fact = z.strictObject({
  seq, from: address, to: address, event: message, cause: seq.nullable().describe('the fact that sent the message; null: from outside'), said: z.array(message).describe('what the receiver said meanwhile'),
});
export const recorded = fact.extend({
  before: state.nullable().describe('state of the receiver; null: the environment'), after: state.nullable(),
  passed: z.array(z.strictObject({ label: text, at: count })).describe('goto labels that the step passed, and how many were said before'),
});

export const topology = z.strictObject({
  devices: z.array(z.strictObject({ name: text, bus: text, group: count.nullable(), driver: text.nullable(), present: bool, driver_override: text.nullable(), grouped: bool })),
  drivers: z.array(z.strictObject({ name: text, bus: text, driver_managed_dma: bool, async: bool, vfio: bool, registered: bool, matches: texts })),
  threads: z.array(z.strictObject({ name: text, entry: text, calls: z.array(message), times: count.nullable() })),
  options: z.strictObject({ test_remove: bool, drivers_autoprobe: bool, detach_dev: bool }),
  answers: z.record(text, z.array(z.int())),
}).meta({ id: 'topology', description: 'as in docs/reference/topology.md, with every default filled in' });

export const kept = z.strictObject({ store: text, runs: texts.describe('ids') });
export const kind = z.enum(['always', 'sometimes', 'canAlways', 'leadsTo', 'neverStuck', 'atRest']);
export const transition = { chart: text, state: text.describe('path of the state that has it; empty: the chart itself'), event: text.describe('empty: without an event'), branch: z.int().min(1) };
