/**
 * Topologies from outside: JSON in its short form, checked once at the door; and a builder for the usual ones.
 *
 * What `parseTopology` returns is complete (every default is filled in) and fits together, so nothing behind it asks again.
 */
import { z } from 'zod';
import type { Plain } from '../../machines/chart.ts';
import { draws, environment_table } from '../../machines/environment.ts';
import { buses, errnoName, errnoNumber, plainBus } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import type { DeviceSpec, DriverSpec, ThreadSpec, Topology } from '../../machines/topology.ts';
import { ModelError, type ErrorDetail } from '../errors.ts';
import { editDistance, nearest } from './nearest.ts';

const name = z.string().regex(/^[^\s/]+$/, 'a name without blanks and slashes');
const plain = z.json();
const device = z.strictObject({
  name, bus: name.default('pci'), group: z.int().nonnegative().nullable().default(null), driver: name.nullable().default(null),
  present: z.boolean().default(true), driver_override: name.nullable().default(null), grouped: z.boolean().default(true),
});
const driver = z.strictObject({
  name, bus: name.default('pci'), driver_managed_dma: z.boolean().default(false), async: z.boolean().default(false),
  vfio: z.boolean().default(false), registered: z.boolean().default(true), matches: z.array(name).default([]),
});
const thread = z.strictObject({
  name, entry: name, calls: z.array(z.looseObject({ type: name }).catchall(plain)).min(1), times: z.int().positive().nullable().default(null),
});
const options = z.strictObject({
  test_remove: z.boolean().default(false), drivers_autoprobe: z.boolean().default(true), detach_dev: z.boolean().default(true),
});
const document = z.strictObject({
  devices: z.array(device).min(1),
  drivers: z.array(driver).default([]),
  threads: z.array(thread).default([]),
  options: options.default({ test_remove: false, drivers_autoprobe: true, detach_dev: true }),
  answers: z.record(z.string(), z.array(z.union([z.int(), z.string()])).min(1)).default({}),
});

type Argument = 'device' | 'driver' | 'bus' | 'group';
/** Arguments that a call must have, by entry point. What is not listed is checked for the names it does give. */
const needed: Readonly<Record<string, Readonly<Record<string, readonly Argument[]>>>> = {
  bind_store: { bind_store: ['device', 'driver'] },
  unbind_store: { unbind_store: ['device', 'driver'], device_release_driver: ['device'] },
  drivers_probe_store: { drivers_probe_store: ['device'], device_initial_probe: ['device'] },
  driver_override_store: { driver_override_store: ['device'] },
  device_bind_driver: { device_bind_driver: ['device', 'driver'] },
  driver_register: { driver_register: ['driver', 'bus'] },
  driver_unregister: { driver_unregister: ['driver', 'bus'] },
  device_add: { device_add: ['device', 'bus'], pci_bus_add_device: ['device', 'bus'], pci_scan_single_device: ['device', 'bus'] },
  device_del: { device_del: ['device', 'bus'], pci_stop_and_remove_bus_device: ['device', 'bus'] },
  reset_store: { reset_store: ['device'] },
  uevent_show: { uevent_show: ['device'] },
  iommu_device_unregister: { iommu_device_unregister: ['device'] },
  bus_iommu_probe: { bus_iommu_probe: ['device'] },
  iommu_device_register: { iommu_device_register: ['bus'] },
  group_store_type: { group_store_type: ['group'] },
  dma_owner: { claim: ['group'], attach: ['group'], detach: ['group'], release: ['group'] },
};

/**
 * A valid, complete topology from JSON that people write.
 *
 * Only names are compulsory. Defaults: a device is on `pci`, present, unbound, without a group; a driver is on `pci`,
 * registered, of the DMA API, and matches nothing; a thread may call again and again. A call may leave out `bus` (that of
 * its device or driver), `driver_override` (null: cleared) and write its group as a number. Answers may be words:
 * `"probe": [0, "-ENOMEM"]`.
 *
 * With `model`, entry points, their calls and bus callbacks are checked against it; without, `checkTopology` does it later.
 *
 * @param name how errors name the whole: a file, best
 * @throws {ModelError} `bad-topology`: the first thing that does not fit, with its place (`devices[2].driver`), what would
 *   have been accepted there, and the nearest name
 *
 * @example
 * parseTopology({ devices: [{ name: '0000:02:00.0', group: 8, driver: 'e1000e' }], drivers: [{ name: 'e1000e' }] }, 'one.json');
 */
export function parseTopology(json: unknown, name: string, model?: Model): Topology {
  const parsed = document.safeParse(json);
  if (!parsed.success) throw refused(parsed.error.issues[0] as z.core.$ZodIssue, json, name);
  const { devices, drivers, options } = parsed.data;
  const threads = parsed.data.threads.map((thread) => ({ ...thread, calls: thread.calls.map((call) => filled(thread.entry, call, devices, drivers)) }));
  const topology: Topology = { devices, drivers, threads, options, answers: numbers(parsed.data.answers, name) };
  checkTopology(topology, name, model);
  return topology;
}

/**
 * Holds a complete topology against itself and, when given, against a model.
 *
 * @throws {ModelError} `bad-topology`, as `parseTopology`
 */
export function checkTopology(topology: Topology, name: string, model?: Model): void {
  const check = new Check(topology, name, model);
  check.unique('devices', topology.devices);
  check.unique('drivers', topology.drivers);
  check.unique('threads', topology.threads);
  for (const [index, device] of topology.devices.entries()) check.device(device, `devices[${index}]`);
  for (const [index, driver] of topology.drivers.entries()) check.driver(driver, `drivers[${index}]`);
  for (const [index, thread] of topology.threads.entries()) check.thread(thread, `threads[${index}]`);
  for (const [function_, answers] of Object.entries(topology.answers)) check.answers(function_, answers);
}

class Check {
  readonly #topology: Topology;
  readonly #name: string;
  readonly #model: Model | undefined;
  readonly #devices: Map<string, DeviceSpec>;
  readonly #drivers: Map<string, DriverSpec>;

  constructor(topology: Topology, name: string, model: Model | undefined) {
    this.#topology = topology;
    this.#name = name;
    this.#model = model;
    this.#devices = new Map(topology.devices.map((device) => [device.name, device]));
    this.#drivers = new Map(topology.drivers.map((driver) => [driver.name, driver]));
  }

  unique(list: 'devices' | 'drivers' | 'threads', specs: readonly { readonly name: string }[]): void {
    const seen = new Map<string, number>();
    for (const [index, spec] of specs.entries()) {
      const first = seen.get(spec.name);
      if (first !== undefined)
        this.#refuse(`${list}[${index}].name`, `${spec.name} is the name of ${list}[${first}] already`, {
          accepted: 'a name of its own', usually: 'a line copied and not changed', hint: 'give it another name, or remove it',
        });
      seen.set(spec.name, index);
    }
  }

  device({ bus, driver: bound, present }: DeviceSpec, at: string): void {
    this.#bus(bus, `${at}.bus`);
    if (bound === null) return;
    const driver = this.#known(bound, this.#drivers, `${at}.driver`, 'driver', 'null, for an unbound device');
    if (driver.bus !== bus)
      this.#refuse(`${at}.driver`, `${bound} is a driver of bus ${driver.bus}, the device is on bus ${bus}`, {
        accepted: this.#namesOn(bus), usually: 'a bus left to its default, pci', hint: `write "bus" on both the device and the driver`,
      });
    if (!driver.registered)
      this.#refuse(`${at}.driver`, `${bound} is not registered, so no device is bound to it`, {
        accepted: [...this.#registeredOn(bus), 'null'], usually: 'a module that a thread loads later', hint: `write "driver": null, or "registered": true on ${bound}`,
      });
    if (!present)
      this.#refuse(`${at}.driver`, 'a device that is not present is bound to no driver', {
        accepted: 'null', usually: 'a device that a thread adds later', hint: 'write "driver": null, or "present": true',
      });
  }

  driver({ bus, matches }: DriverSpec, at: string): void {
    this.#bus(bus, `${at}.bus`);
    for (const [index, device] of matches.entries())
      if (device !== '*') this.#known(device, this.#devices, `${at}.matches[${index}]`, 'device', '*');
  }

  thread({ name, entry, calls }: ThreadSpec, at: string): void {
    if (name === 'deferred_probe_work' || name.startsWith('async:'))
      this.#refuse(`${at}.name`, `thread:${name} is a thread of the kernel's own`, { accepted: 'any other name', usually: 'a name taken from a log', hint: 'rename it' });
    const entries = this.#model?.charts.entry;
    const chart = entries?.[entry];
    if (entries !== undefined && chart === undefined)
      this.#refuse(`${at}.entry`, `${this.#model?.name} has no entry point ${entry}`, {
        accepted: Object.keys(entries), usually: 'a misspelt function, or one of another kernel', ...hint(entry, Object.keys(entries)),
      });
    const commands = this.#model && chart && commandsOf(this.#model, entry);
    for (const [index, call] of calls.entries()) {
      const place = `${at}.calls[${index}]`;
      if (commands !== undefined && !commands.includes(call.type))
        this.#refuse(`${place}.type`, `a thread of ${entry} takes no ${call.type}`, {
          accepted: commands, usually: 'a call that belongs to another entry point', ...hint(call.type, commands),
        });
      this.#call(entry, call, place);
    }
  }

  answers(function_: string, answers: readonly number[]): void {
    const at = `answers[${JSON.stringify(function_)}]`;
    const row = rowOf(function_);
    if (row === undefined)
      this.#refuse(at, `the environment answers no ${function_}`, {
        accepted: answerable, usually: 'a function that a chart answers itself', ...hint(function_, answerable),
      });
    for (const [index, ret] of answers.entries())
      if (!row.possible.includes(ret))
        this.#refuse(`${at}[${index}]`, `${function_} never answers ${errnoName(ret)}`, {
          accepted: row.possible.map(errnoName), usually: 'a positive number for a negative errno', ...(row.possible.includes(-ret) ? { hint: `write ${errnoName(-ret)}` } : {}),
        });
  }

  #call(entry: string, call: Call, at: string): void {
    for (const argument of needed[entry]?.[call.type] ?? [])
      if (call[argument] === undefined)
        this.#refuse(`${at}.${argument}`, `${call.type} needs a ${argument}`, { accepted: this.#names(argument), usually: 'an argument left out', hint: `add "${argument}"` });
    const { device, driver, bus, group } = call;
    const given = (value: Plain | undefined): value is Plain => value !== undefined && value !== null;
    const onDevice = !given(device) ? undefined : this.#known(device, this.#devices, `${at}.device`, 'device');
    const ofDriver = !given(driver) ? undefined : this.#known(driver, this.#drivers, `${at}.driver`, 'driver');
    if (given(group)) this.#known(group, new Map(this.#groups().map((address) => [address, address])), `${at}.group`, 'group');
    const right = (onDevice ?? ofDriver)?.bus;
    if (given(bus) && right === undefined) this.#known(bus, new Map(this.#names('bus').map((known) => [known, known])), `${at}.bus`, 'device on bus');
    if (bus !== undefined && right !== undefined && bus !== right)
      this.#refuse(`${at}.bus`, `${onDevice?.name ?? ofDriver?.name} is on bus ${right}, not ${show(bus)}`, { accepted: right, usually: 'a bus left to its default, pci', hint: 'leave "bus" out' });
    if (onDevice !== undefined && ofDriver !== undefined && onDevice.bus !== ofDriver.bus)
      this.#refuse(`${at}.driver`, `${ofDriver.name} is a driver of bus ${ofDriver.bus}, ${onDevice.name} is on bus ${onDevice.bus}`, {
        accepted: this.#namesOn(onDevice.bus), usually: 'a bus left to its default, pci', hint: 'write "bus" on both the device and the driver',
      });
  }

  #bus(bus: string, at: string): void {
    const near = Object.keys(buses).find((known) => editDistance(known, bus) === 1) ?? nearest(bus, Object.keys(buses));
    if (buses[bus] === undefined)
      this.#refuse(at, `there is no bus ${bus}`, {
        accepted: Object.keys(buses), usually: 'a slip, or a bus that owns nothing', hint: near === undefined ? 'for a bus without callbacks, write "usb" or "auxiliary"' : `did you mean ${near}?`,
      });
    if (this.#model !== undefined && plainBus(bus).dma !== null && this.#model.charts.bus_dma[bus] === undefined)
      this.#refuse(at, `${this.#model.name} has no bus ${bus}`, { accepted: Object.keys(this.#model.charts.bus_dma), usually: 'a bus that came with a later kernel', hint: 'take another model, or another bus' });
  }

  #known<T>(name: Plain, known: ReadonlyMap<string, T>, at: string, what: string, ...also: string[]): T {
    const found = typeof name === 'string' ? known.get(name) : undefined;
    if (found !== undefined) return found;
    return this.#refuse(at, `there is no ${what} ${show(name)}`, {
      accepted: [...known.keys(), ...also], usually: `a ${what} that the topology does not list`, ...hint(show(name), [...known.keys()]),
    });
  }

  #groups(): string[] {
    return [...new Set(this.#topology.devices.flatMap(({ group }) => (group === null ? [] : [`group:${group}`])))];
  }
  #names(argument: Argument): string[] {
    if (argument === 'bus') return [...new Set(this.#topology.devices.map(({ bus }) => bus))];
    return argument === 'group' ? this.#groups() : [...(argument === 'device' ? this.#devices : this.#drivers).keys()];
  }
  #namesOn(bus: string): string[] {
    return this.#topology.drivers.filter((driver) => driver.bus === bus).map(({ name }) => name);
  }
  #registeredOn(bus: string): string[] {
    return this.#topology.drivers.filter((driver) => driver.bus === bus && driver.registered).map(({ name }) => name);
  }

  #refuse(at: string, message: string, detail: ErrorDetail): never {
    throw new ModelError('bad-topology', message, { ...detail, at: `${at} of ${this.#name}` });
  }
}

/** What a thread of an entry point may be told to do under a model. */
const commandsOf = ({ charts }: Model, entry: string): string[] => (charts.entry[entry]?.events ?? []).map(String).filter((event) => !event.endsWith('.ret'));

const hint = (word: string, words: readonly string[]): ErrorDetail => {
  const near = nearest(word, words);
  return near === undefined ? {} : { hint: `did you mean ${near}?` };
};
const show = (value: Plain | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Functions that `answers` may name; a draw is named after the call that carries it. */
const answerable = [...Object.keys(environment_table), ...Object.keys(draws).map((call) => `${call}.attach`)];
const rowOf = (function_: string) =>
  function_.endsWith('.attach') ? draws[function_.slice(0, -'.attach'.length)] : environment_table[function_];

type Call = ThreadSpec['calls'][number];

/** What a call leaves out because its device or driver says it. */
function filled(entry: string, call: Call, devices: readonly DeviceSpec[], drivers: readonly DriverSpec[]): Call {
  const bus = devices.find(({ name }) => name === call['device'])?.bus ?? drivers.find(({ name }) => name === call['driver'])?.bus;
  return {
    ...call,
    ...(call['bus'] === undefined && bus !== undefined && needed[entry]?.[call.type]?.includes('bus') === true ? { bus } : {}),
    ...(typeof call['group'] === 'number' ? { group: `group:${call['group']}` } : {}),
    ...(call.type === 'driver_override_store' && call['driver_override'] === undefined ? { driver_override: null } : {}),
  };
}

/** Answers as numbers, whether they were written so or as words. */
function numbers(answers: Readonly<Record<string, readonly (number | string)[]>>, name: string): Record<string, readonly number[]> {
  const number = (given: number | string, at: string): number => {
    const ret = typeof given === 'number' ? given : errnoNumber(given);
    if (ret !== undefined) return ret;
    throw new ModelError('bad-topology', `${given} is no errno`, {
      at: `${at} of ${name}`, accepted: ['0', '-ENOMEM', '-12'], usually: 'a misspelt errno', hint: 'write the number, with its sign',
    });
  };
  return Object.fromEntries(Object.entries(answers).map(([function_, given]) =>
    [function_, given.map((ret, index) => number(ret, `answers[${JSON.stringify(function_)}][${index}]`))]));
}

/** The first complaint of the schema, with its place. */
function refused(issue: z.core.$ZodIssue, json: unknown, name: string): ModelError {
  const place = (keys: readonly PropertyKey[]) =>
    keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('').replace(/^\./, '');
  const at = (keys: readonly PropertyKey[]) => ({ at: keys.length === 0 ? name : `${place(keys)} of ${name}` });
  const value = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], json);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path);
    const key = issue.keys[0] ?? '';
    return new ModelError('bad-topology', `there is no "${key}" here`, { ...at([...issue.path, key]), accepted: known, usually: 'a misspelt key', ...hint(key, known) });
  }
  const expected = issue.code === 'invalid_type' ? issue.expected : issue.message.replace(/^Invalid string: must match pattern.*/, 'a name without blanks and slashes');
  return new ModelError('bad-topology', value === undefined ? 'this is missing' : `${JSON.stringify(value)} does not fit`, {
    ...at(issue.path), accepted: expected, usually: value === undefined ? 'a key left out, or JSON of another kind' : 'a value of another type',
  });
}

const shapes: readonly [RegExp, z.ZodObject][] = [
  [/^$/, document], [/^devices\.\d+$/, device], [/^drivers\.\d+$/, driver], [/^threads\.\d+$/, thread],
];
const keysAt = (path: readonly PropertyKey[]): string[] => {
  const [, shape] = shapes.find(([pattern]) => pattern.test(path.map(String).join('.'))) ?? [];
  return Object.keys((shape ?? options).shape);
};

export interface DefaultTopology {
  /** Devices `0000:02:00.0`, `0000:02:00.1`, ..., all in group 8. */
  readonly devices: number;
  /** Threads `vm1`, `vm2`, ... that claim, attach, detach and release the group. */
  readonly users: number;
  readonly bus?: string;
  /** The devices are bound to the driver from the start. Default false. */
  readonly bound?: boolean;
  /** Threads that write to `bind` and `unbind`. Default true. */
  readonly sysfs?: boolean;
  /** Threads that load and unload the driver. Default true. */
  readonly module?: boolean;
  /** Threads that plug and unplug each device. Default true. */
  readonly hotplug?: boolean;
  /** A second driver, pci-stub, with driver_managed_dma; the sysfs threads then bind it too. Default false. */
  readonly managed?: boolean;
  readonly test_remove?: boolean;
  readonly detach_dev?: boolean;
  readonly answers?: Topology['answers'];
  /** Calls that one of these models does not have are left out: without owners, users attach and detach only. */
  readonly models?: readonly Model[];
}

/**
 * The usual topology: some devices in one group, a driver, users of the group, and the threads that stir them.
 *
 * One thread for each kind of call, so that two calls of one kind never overlap: enough for every claim of design.md and
 * small enough to be visited whole. Group 8, driver `e1000e`.
 *
 * @example
 * defaultTopology({ devices: 2, users: 1, hotplug: false });
 */
export function defaultTopology(given: DefaultTopology): Topology {
  const { bus = 'pci', bound = false, sysfs = true, module = true, hotplug = true, managed = false, test_remove = false, detach_dev = true, answers = {}, models = [] } = given;
  const names = Array.from({ length: given.devices }, (_, index) => `0000:02:00.${index}`);
  const drivers = ['e1000e', ...(managed ? ['pci-stub'] : [])];
  const [plug, unplug] = bus === 'pci' ? ['pci_scan_single_device', 'pci_stop_and_remove_bus_device'] : ['device_add', 'device_del'];
  const pairs = names.flatMap((device) => drivers.map((driver) => ({ device, driver })));
  const thread = (name: string, entry: string, calls: ThreadSpec['calls']): ThreadSpec => ({
    name, entry, calls: calls.filter(({ type }) => models.every((model) => commandsOf(model, entry).includes(type))), times: null,
  });
  const topology: Topology = {
    devices: names.map((name) => ({ name, bus, group: 8, driver: bound ? 'e1000e' : null, present: true, driver_override: null, grouped: true })),
    drivers: drivers.map((name) => ({
      name, bus, driver_managed_dma: name === 'pci-stub', async: false, vfio: false, registered: true, matches: ['*'],
    })),
    threads: [
      ...(sysfs ? ['bind_store', 'unbind_store'].map((entry) => thread(entry, entry, pairs.map((pair) => ({ type: entry, ...pair })))) : []),
      ...(module ? ['driver_register', 'driver_unregister'].map((entry) => thread(entry, entry, [{ type: entry, driver: 'e1000e', bus }])) : []),
      ...(hotplug ? [
        thread('plug', 'device_add', names.map((device) => ({ type: plug, device, bus }))),
        thread('unplug', 'device_del', names.map((device) => ({ type: unplug, device, bus }))),
      ] : []),
      ...Array.from({ length: given.users }, (_, index) => thread(`vm${index + 1}`, 'dma_owner',
        ['claim', 'attach', 'detach', 'release'].map((type) => ({ type, group: 'group:8' })))),
    ],
    options: { test_remove, drivers_autoprobe: true, detach_dev },
    answers,
  };
  checkTopology(topology, 'the default topology');
  return topology;
}
