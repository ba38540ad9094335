/**
 * A suite for a real machine: what to do to it, what each call must answer, and what the kernel must do meanwhile.
 *
 * Names in it are roles, not addresses: whoever runs the suite says which device plays `A`. docs/reference/suite.md describes the form.
 */
import { z } from 'zod';
import { ModelError } from '../errors.ts';

const role = z.string().regex(/^[\w.:-]+$/);

/**
 * One thing that can be done to a machine. In `path`, `value` and `args`, `{A}` stands for the address of the device in the role A, `{bus A}` for its bus, and
 * `{group 1}` for the number that the machine gave to group 1 of the topology.
 */
const operation = z.discriminatedUnion('kind', [
  /** One write(2) of `value` to a file of sysfs; an empty value is written as a newline. */
  z.strictObject({ kind: z.literal('write'), path: z.string(), value: z.string() }),
  /** The whole file is read. */
  z.strictObject({ kind: z.literal('read'), path: z.string() }),
  /** `modprobe` or `modprobe -r`. */
  z.strictObject({ kind: z.literal('module'), action: z.enum(['load', 'unload']), module: role }),
  /** A system call on descriptors that the process `by` keeps between steps, each in a slot with a name. */
  z.strictObject({
    kind: z.literal('file'),
    op: z.enum(['copen', 'gopen', 'gstatus', 'setc', 'unsetc', 'setiommu', 'dev', 'close', 'iopen', 'vopen', 'bindfd', 'attachpt', 'detachpt']),
    args: z.array(z.string()),
  }),
]);

/** `ret` as the caller sees it: 0 or more for success, minus errno. `waits`: the call does not return before a later step. */
const expected = z.union([
  z.strictObject({ ret: z.int(), errno: z.string().regex(/^E\w+$/).optional() }),
  z.strictObject({ waits: z.literal(true) }),
]);

/** A probe of the recorder that must fire, in this order among those of its step. */
const fact = z.strictObject({
  /** A function or, for notifiers and uevents, `bus_notify` and `kobject_uevent` with their `action`. */
  function: z.string(),
  at: z.enum(['entry', 'locked', 'return']),
  device: z.string().optional(),
  driver: z.string().optional(),
  group: z.int().optional(),
  action: z.string().optional(),
  ret: z.int().optional(),
  /** Of `locked`: the field as the critical section leaves it. */
  owner_cnt: z.int().optional(),
});

const step = z.strictObject({
  /** Who does it: `admin`, or a process that keeps descriptors. */
  by: role,
  /** The call as the scenario writes it. */
  call: z.string(),
  do: operation,
  expect: expected,
  /** Calls of earlier steps that waited and return now: the number of the step, counted from 0. */
  ends: z.array(z.strictObject({ step: z.int().nonnegative(), ret: z.int(), errno: z.string().optional() })).default([]),
  facts: z.array(fact),
});

const test = z.strictObject({
  name: z.string().regex(/^[^#\n]+$/, 'one line without #'),
  /** What it covers, in the words of the report. */
  goals: z.array(z.string()),
  /** The same as a text that `dma-ownership run` plays. */
  scenario: z.string(),
  steps: z.array(step).min(1),
});

const suite = z.strictObject({
  schema: z.literal('dma-ownership/suite@1'),
  model: z.string(),
  /** The topology in the form of docs/reference/topology.md. Every test begins in its initial world. */
  topology: z.looseObject({}),
  /** Roles of devices, with the group of the topology that they are in. */
  devices: z.record(role, z.strictObject({ group: z.int().nonnegative().nullable() })),
  /** Drivers, by the name that sysfs has for them. `loaded`: its module is loaded when a test begins. */
  drivers: z.record(role, z.strictObject({ module: role, vfio: z.boolean(), driver_managed_dma: z.boolean(), loaded: z.boolean() })),
  /** Processes that keep descriptors. */
  users: z.array(role),
  tests: z.array(test),
});

export type Suite = z.infer<typeof suite>;
export type SuiteTest = z.infer<typeof test>;
export type SuiteStep = z.infer<typeof step>;
export type Operation = z.infer<typeof operation>;
export type SuiteFact = z.infer<typeof fact>;

/**
 * A suite from the JSON of `suite.json`.
 *
 * @param name how errors call it: the file, best
 * @throws {ModelError} `bad-suite`: the first thing that does not fit, with its place
 */
export function parseSuite(json: unknown, name: string): Suite {
  const parsed = suite.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  throw new ModelError('bad-suite', issue.message, { at: `${issue.path.map(String).join('.') || 'the document'} of ${name}`, accepted: 'what docs/reference/suite.md describes' });
}

/** The text of `suite.json`: a line for each device, driver, thread, step and fact. */
export function printSuite(given: Suite): string {
  const short = new Set(['devices', 'drivers', 'threads', 'options', 'do', 'expect', 'facts', 'users', 'goals', 'ends']);
  const one = (value: unknown): string => JSON.stringify(value, null, 1).replaceAll(/\s*\n\s*/g, ' ');
  const print = (value: unknown, indent: string, key: string): string => {
    const deeper = `${indent}  `;
    if (Array.isArray(value)) {
      if (value.length === 0) return '[]';
      return `[\n${value.map((item) => deeper + (short.has(key) ? one(item) : print(item, deeper, ''))).join(',\n')}\n${indent}]`;
    }
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return JSON.stringify(value);
    if (key === 'do' || key === 'expect' || key === 'options') return one(value);
    return `{\n${Object.entries(value).map(([name, item]) => `${deeper}${JSON.stringify(name)}: ${short.has(key) ? one(item) : print(item, deeper, name)}`).join(',\n')}\n${indent}}`;
  };
  return `${print(given, '', '')}\n`;
}
