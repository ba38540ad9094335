/**
 * The setup lines of a scenario: devices, drivers, threads and options in plain words, and the topology they give.
 *
 *     device 0000:02:00.0 bus pci group 8 driver e1000e
 *     absent 0000:02:00.2 group 8
 *     driver e1000e matches 0000:02:00.0
 *     user vm1
 *     option test_remove
 */
import { groupAt } from '../../machines/address.ts';
import type { DeviceSpec, DriverSpec, ThreadSpec, Topology } from '../../machines/topology.ts';
import type { ErrorDetail } from '../errors.ts';
import { nearest } from '../world/nearest.ts';

/** Refuses the line being read, or an earlier one. */
type Refuse = (message: string, detail?: ErrorDetail, line?: number) => never;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const words = {
  first: ['device', 'absent', 'driver', 'thread', 'user', 'option'],
  device: ['bus', 'group', 'driver', 'driver_override', 'ungrouped'],
  driver: ['bus', 'matches', 'driver_managed_dma', 'vfio', 'async', 'unregistered'],
  option: ['test_remove', 'no drivers_autoprobe', 'no detach_dev'],
} as const;

/** What has been declared so far, and the questions that commands ask about it. */
export class Declarations {
  readonly #refuse: Refuse;
  readonly #devices: Mutable<DeviceSpec>[] = [];
  readonly #drivers: Mutable<DriverSpec>[] = [];
  /** Each thread with the entry points it prefers, and those it uses, in the order of their first use. */
  readonly #threads = new Map<string, { readonly prefers: readonly string[]; readonly used: string[] }>();
  /** What can be checked only when everything is declared. */
  readonly #later: (() => void)[] = [];
  #line = 0;
  readonly #options = { test_remove: false, drivers_autoprobe: true, detach_dev: true };

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  line(text: string, line: number): void {
    this.#line = line;
    const [first = '', ...rest] = text.trim().split(/\s+/);
    switch (first) {
      case 'device': case 'absent': return this.#device(rest, first === 'device');
      case 'driver': return this.#driver(rest);
      case 'thread': case 'user': return this.#thread(rest);
      case 'option': return this.#option(rest.join(' '));
      default: return this.#refuse(`${first} declares nothing`, { ...suggest(first, words.first), usually: 'a misspelt word, or a command before the topology is complete' });
    }
  }

  /** Everything is declared: holds the names against each other. */
  complete(): void {
    for (const check of this.#later) check();
  }

  /** A declared name, as commands write it. Groups come back as addresses. */
  known(kind: 'bus' | 'device' | 'driver' | 'group' | 'thread', name: string, line?: number): string {
    const names = {
      bus: () => [...new Set([...this.#devices, ...this.#drivers].map(({ bus }) => bus))],
      device: () => this.#devices.map((device) => device.name), driver: () => this.#drivers.map((driver) => driver.name),
      group: () => this.#groups(), thread: () => [...this.#threads.keys()],
    }[kind]();
    const found = names.includes(name);
    if (!found) this.#refuse(name === '' ? `a ${kind} is missing here` : `there is no ${kind} ${name}`, suggest(name, names), line);
    return kind === 'group' ? groupAt(name) : name;
  }

  /** Whoever a scripted answer may be about. */
  anybody(name: string): string {
    const all = [...this.#devices, ...this.#drivers].map((named) => named.name);
    if (!all.includes(name) && !this.#groups().includes(name)) this.#refuse(`there is no ${name}`, suggest(name, [...all, ...this.#groups()]));
    return name;
  }

  busOf(name: string): string {
    return [...this.#devices, ...this.#drivers].find((named) => named.name === name)?.bus ?? 'pci';
  }

  /** The entry point that a thread takes for a command; remembers that the thread needs it. */
  entryOf(thread: string, entries: readonly string[]): string {
    const { prefers, used } = this.#threads.get(thread) ?? { prefers: [], used: [] };
    const entry = [...prefers, ...used, ...entries].find((name) => entries.includes(name)) ?? '';
    if (!used.includes(entry)) used.push(entry);
    return entry;
  }

  /** The topology: one actor for each thread and entry point. */
  topology(): Topology {
    const threads = [...this.#threads].flatMap(([name, { used }]) =>
      used.map((entry, index): ThreadSpec => ({ name: threadActor(name, entry, index === 0), entry, calls: [], times: null })));
    return { devices: this.#devices, drivers: this.#drivers, threads, options: this.#options, answers: {} };
  }

  #groups(): string[] {
    return [...new Set(this.#devices.flatMap(({ group }) => (group === null ? [] : [String(group)])))];
  }

  #device([name = '', ...rest]: readonly string[], present: boolean): void {
    this.#new(name, this.#devices, 'device');
    const device: Mutable<DeviceSpec> = { name, bus: 'pci', group: null, driver: null, present, driver_override: null, grouped: true };
    for (let index = 0; index < rest.length; index++) {
      const word = rest[index] ?? '';
      const value = () => rest[++index] ?? this.#refuse(`${word} of ${name} is missing`, { accepted: `${word} NAME` });
      switch (word) {
        case 'bus': device.bus = value(); break;
        case 'group': device.group = this.#number(value()); break;
        case 'driver': device.driver = value(); break;
        case 'driver_override': device.driver_override = value(); break;
        case 'ungrouped': device.grouped = false; break;
        default: this.#refuse(`a device has no ${word}`, suggest(word, words.device));
      }
    }
    this.#devices.push(device);
    const line = this.#line;
    this.#later.push(() => this.#bound(device, line));
  }

  #driver([name = '', ...rest]: readonly string[]): void {
    this.#new(name, this.#drivers, 'driver');
    const driver: Mutable<DriverSpec> = {
      name, bus: 'pci', driver_managed_dma: false, async: false, vfio: false, registered: true, matches: [],
    };
    for (let index = 0; index < rest.length; index++) {
      const word = rest[index] ?? '';
      switch (word) {
        case 'bus': driver.bus = rest[++index] ?? this.#refuse(`bus of ${name} is missing`, { accepted: 'bus NAME' }); break;
        case 'driver_managed_dma': driver.driver_managed_dma = true; break;
        case 'vfio': driver.vfio = true; break;
        case 'async': driver.async = true; break;
        case 'unregistered': driver.registered = false; break;
        case 'matches': {
          const matched = rest.slice(index + 1).filter((next) => !(words.driver as readonly string[]).includes(next));
          const line = this.#line;
          this.#later.push(() => { for (const device of matched) if (device !== '*') this.known('device', device, line); });
          driver.matches = matched;
          index += matched.length;
          break;
        }
        default: this.#refuse(`a driver has no ${word}`, suggest(word, words.driver));
      }
    }
    this.#drivers.push(driver);
  }

  #bound({ name, bus, driver, present }: DeviceSpec, line: number): void {
    if (driver === null) return;
    this.known('driver', driver, line);
    const bound = this.#drivers.find((known) => known.name === driver);
    const wrong = !present ? `${name} is not there yet, so no driver is bound to it`
      : bound?.registered === false ? `${driver} is not registered, so no device is bound to it`
      : bound?.bus !== bus ? `${driver} is a driver of bus ${bound?.bus}, ${name} is on bus ${bus}` : undefined;
    if (wrong !== undefined) this.#refuse(wrong, { accepted: 'a registered driver of the same bus, on a device that is there' }, line);
  }

  #thread([name = '', ...entries]: readonly string[]): void {
    if (!/^[a-z][\w-]*$/.test(name) || ['async', 'deferred_probe_work', 'group', 'driver'].includes(name))
      this.#refuse(`${name || 'nothing'} cannot be the name of a thread`, { accepted: 'a word of letters, digits, _ and -, such as admin' });
    if (this.#threads.has(name)) this.#refuse(`${name} is declared twice`, { accepted: 'a name of its own' });
    this.#threads.set(name, { prefers: entries, used: [] });
  }

  #option(text: string): void {
    if (text === 'test_remove') this.#options.test_remove = true;
    else if (text === 'no drivers_autoprobe') this.#options.drivers_autoprobe = false;
    else if (text === 'no detach_dev') this.#options.detach_dev = false;
    else this.#refuse(`there is no option ${text}`, suggest(text, words.option));
  }

  #new(name: string, list: readonly { readonly name: string }[], what: string): void {
    if (name === '') this.#refuse(`the name of the ${what} is missing`, { accepted: `${what} NAME ...` });
    if (list.some((known) => known.name === name)) this.#refuse(`${name} is declared twice`, { accepted: 'a name of its own' });
  }
  #number(word: string): number {
    return /^\d+$/.test(word) ? Number(word) : this.#refuse(`${word} is not a group`, { accepted: 'a number, such as 8' });
  }
}

/** Name of the actor that runs an entry point for a thread: the first has the thread's own name. */
export const threadActor = (thread: string, entry: string, first: boolean): string => (first ? thread : `${thread}.${entry}`);

function suggest(word: string, known: readonly string[]): ErrorDetail {
  const near = nearest(word, known);
  return { accepted: known, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) };
}
