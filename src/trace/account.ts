/**
 * What happened in a trace, as the judge followed it: who owned which group when, who was refused, what failed, what was
 * deferred and never came back. Bounded: long histories keep their beginning and their end.
 */
import { groupAt, kindOf, nameOf } from '../../machines/address.ts';
import { EPROBE_DEFER, errnoName } from '../../machines/kernel.ts';
import type { Mark } from './body.ts';
import { wordsOf } from './command.ts';
import type { Seen } from './explain.ts';
import type { Knowledge } from './knowledge.ts';
import type { TraceLine } from './line.ts';
import { reasons } from './reasons.ts';
import { lastStep, top, type Frame, type State, type Trail } from './state.ts';

/** A list that keeps its first and its last entries, and how many there were. */
export class Ends<T> {
  readonly first: T[] = [];
  readonly last: T[] = [];
  count = 0;
  readonly #most: number;
  constructor(most: number) {
    this.#most = most;
  }
  push(entry: T): void {
    this.count++;
    if (this.first.length < this.#most) this.first.push(entry);
    else {
      this.last.push(entry);
      if (this.last.length > this.#most) this.last.shift();
    }
  }
  get latest(): T | undefined {
    return this.last.at(-1) ?? this.first.at(-1);
  }
}

/** From this line on the group was so. */
export interface Ownership {
  readonly line: number;
  readonly state: 'unowned' | 'kernel_dma' | 'claimed';
  readonly owner_cnt: number;
  readonly domain: string;
  /** Who made it so: a device, or a task. */
  readonly by: string;
}

export interface GroupAccount {
  readonly id: string;
  readonly devices: Set<string>;
  readonly history: Ends<Ownership>;
  /** Devices whose drivers count, and since which line. */
  readonly users: Map<string, number>;
}

export interface DeviceAccount {
  readonly name: string;
  driver: string | null;
  group: string | null;
  bound: number;
  failed: number;
  refused: number;
  /** Line of the deferral that is still open. */
  deferredAt: number | null;
  /** Line at which a retry was refused, after which nobody tries again. */
  lostAt: number | null;
}

export type Reason = { readonly kind: 'refusal' | 'failure' | 'deferral' | 'cleanup' | 'lost' | 'error'; readonly line: number; readonly what: string; readonly why: string };

/** What was refused or failed: `group` is whose refusal it was, null where no group was asked. */
export interface Refusal {
  readonly line: number;
  readonly what: string;
  readonly by: string;
  readonly group: string | null;
}

export interface AccountOptions {
  /** Works out the chain of causes of each refusal, failure, deferral and clean-up. */
  readonly why?: boolean;
  /** Entries kept at each end of a history. */
  readonly keep?: number;
}

export class Account {
  events = 0;
  /** The file ends early, on purpose of its recorder. */
  cut = false;
  lossWhy = '';
  readonly outsideBy = new Map<string, number>();
  readonly groups = new Map<string, GroupAccount>();
  readonly devices = new Map<string, DeviceAccount>();
  readonly refusals: Ends<Refusal>;
  readonly reasons: Ends<Reason>;
  /** The last lines that were explained, oldest first. */
  readonly before: TraceLine[] = [];
  readonly #why: boolean;
  readonly #keep: number;

  constructor({ why = false, keep = 500 }: AccountOptions = {}) {
    this.#why = why;
    this.#keep = keep;
    this.refusals = new Ends(keep);
    this.reasons = new Ends(keep);
  }

  outside(what: string): void {
    this.outsideBy.set(what, (this.outsideBy.get(what) ?? 0) + 1);
  }
  hasFollowed(device: string): boolean {
    return this.devices.has(device);
  }
  /** After a loss nobody knows who counts. */
  lose(why: string): void {
    if (this.lossWhy === '') this.lossWhy = why;
    for (const group of this.groups.values()) group.users.clear();
    this.devices.clear();
  }

  /** A line has been explained; `state` is one that explains it. */
  note(seen: Seen, state: State, knowledge: Knowledge): void {
    const { line, says, at } = seen;
    this.#remember(line);
    const { dev, cur, g, ret } = line.fields;
    const device = typeof dev === 'string' ? this.#device(dev) : undefined;
    if (device !== undefined && typeof g === 'number' && line.fields['grp'] !== '0x0') device.group = String(g);
    if (at === 'locked' && typeof g === 'number') this.#ownership(seen, groupAt(g), state, knowledge);
    if (at === 'entry' && device !== undefined) this.#progress(says, device, typeof cur === 'string' ? cur : null, seen, state, knowledge);
    if (at === 'return' && typeof ret === 'number' && ret !== 0) this.#failed(seen, ret, state, knowledge);
  }

  /** An operation of a user is over. */
  ended(line: TraceLine, mark: Mark, knowledge: Knowledge, frame: Frame | undefined): void {
    this.#remember(line);
    if (mark.ret === null || mark.ret >= 0) return;
    this.refusals.push({ line: line.line, what: `${wordsOf(mark.op)}: ${errnoName(mark.ret)}`, by: taskOf(line), group: null });
    this.#reason('error', line, `${wordsOf(mark.op)} answers ${errnoName(mark.ret)}`, frame, knowledge);
  }

  #remember(line: TraceLine): void {
    this.before.push(line);
    if (this.before.length > 8) this.before.shift();
  }

  #device(name: string): DeviceAccount {
    const known = this.devices.get(name);
    if (known !== undefined) return known;
    const device: DeviceAccount = { name, driver: null, group: null, bound: 0, failed: 0, refused: 0, deferredAt: null, lostAt: null };
    this.devices.set(name, device);
    return device;
  }

  #group(address: string): GroupAccount {
    const known = this.groups.get(address);
    if (known !== undefined) return known;
    const group: GroupAccount = { id: nameOf(address), devices: new Set(), history: new Ends(this.#keep), users: new Map() };
    this.groups.set(address, group);
    return group;
  }

  #ownership({ line, says }: Seen, address: string, { world, tasks }: State, knowledge: Knowledge): void {
    const { owner_cnt, owner, domain } = knowledge.system.local(world, address).context;
    const group = this.#group(address);
    const trail = tasks.find(({ pid }) => pid === line.pid)?.frames.at(-1)?.trail ?? null;
    const from = lastStep(trail, ({ fact }) => fact.to === address)?.fact.event.from ?? '';
    const by = kindOf(from) === 'bus_dma' ? nameOf(from) : taskOf(line);
    if (kindOf(from) === 'bus_dma') group.devices.add(nameOf(from));
    const state = owner !== null ? 'claimed' : Number(owner_cnt) > 0 ? 'kernel_dma' : 'unowned';
    const last = group.history.latest;
    if (says === 'iommu_device_use_default_domain' && last?.owner_cnt !== owner_cnt) group.users.set(by, line.line);
    if (says === 'iommu_device_unuse_default_domain') group.users.delete(by);
    if (last?.state === state && last.owner_cnt === owner_cnt && last.domain === domain) return;
    group.history.push({ line: line.line, state, owner_cnt: Number(owner_cnt), domain: String(domain), by });
  }

  #progress(says: string, device: DeviceAccount, cur: string | null, seen: Seen, state: State, knowledge: Knowledge): void {
    const { line } = seen;
    const frame = top(state, line.pid);
    switch (says) {
      case 'driver_bound':
        device.driver = cur;
        device.bound++;
        device.deferredAt = null;
        device.lostAt = null;
        break;
      case 'device_unbind_cleanup':
        device.driver = null;
        break;
      case 'device_release_driver_internal':
        device.driver = cur ?? device.driver;
        break;
      case 'driver_deferred_probe_add':
        device.deferredAt = line.line;
        device.lostAt = null;
        this.#reason('deferral', line, `${device.name} is deferred`, frame, knowledge);
        break;
      case 'pci_dma_cleanup':
        this.#reason('cleanup', line, `dma_cleanup of ${device.name}`, frame, knowledge);
        break;
      case 'device_del':
        device.driver = null;
        break;
      default:
    }
  }

  #failed(seen: Seen, ret: number, state: State, knowledge: Knowledge): void {
    const { line, says } = seen;
    const frame = top(state, line.pid);
    const device = this.#concerned(frame === undefined ? null : frame.trail);
    if (says === 'iommu_device_use_default_domain') {
      if (device === undefined) return;
      device.refused++;
      this.refusals.push({ line: line.line, what: `use of ${device.name}: ${errnoName(ret)}`, by: this.#holder(device.group), group: device.group });
      this.#reason('refusal', line, `${device.name} may not use the DMA API: ${errnoName(ret)}, ${this.#holder(device.group)}`, frame, knowledge);
      if (device.deferredAt !== null && frame?.what === 'deferred_probe_work_func') {
        device.lostAt = line.line;
        this.#reason('lost', line, `${device.name}, deferred at line ${device.deferredAt}, is refused at its retry: off the list, and nobody tries again`, frame, knowledge);
      }
    } else if (says.endsWith('_claim_dma_owner')) {
      const group = lastStep(frame?.trail ?? null, ({ fact }) => kindOf(fact.to) === 'group')?.fact.to;
      this.refusals.push({ line: line.line, what: `claim of ${group ?? 'a group'}: ${errnoName(ret)}`, by: this.#holder(group === undefined ? null : nameOf(group)), group: group === undefined ? null : nameOf(group) });
      this.#reason('refusal', line, `claim of ${group ?? 'a group'} by ${taskOf(line)}: ${errnoName(ret)}, ${this.#holder(group === undefined ? null : nameOf(group))}`, frame, knowledge);
    } else if (says === 'really_probe') {
      if (device === undefined) return;
      device.failed++;
      this.#reason('failure', line, `probe of ${device.name} fails: ${errnoName(Math.abs(ret) === EPROBE_DEFER ? -Math.abs(ret) : ret)}`, frame, knowledge);
    }
  }

  #concerned(trail: Trail | null): DeviceAccount | undefined {
    const step = lastStep(trail, ({ fact }) => kindOf(fact.to) === 'binding' || kindOf(fact.to) === 'bus_dma');
    return step === undefined ? undefined : this.#device(nameOf(step.fact.to));
  }

  /** Who has the group, and since when. */
  #holder(id: string | null): string {
    const group = id === null ? undefined : this.groups.get(groupAt(id));
    const last = group?.history.latest;
    if (group === undefined || last === undefined) return 'held by somebody whom no line shows';
    if (last.state === 'claimed') {
      const since = [...group.history.first, ...group.history.last].findLast((entry, index, all) => entry.state === 'claimed' && all[index - 1]?.state !== 'claimed');
      return `group ${group.id} is claimed by ${since?.by ?? 'somebody'} since line ${since?.line ?? last.line}`;
    }
    if (last.state === 'kernel_dma') {
      const users = [...group.users].map(([name, line]) => `${name} since line ${line}`);
      return users.length === 0 ? `group ${group.id} is used by ${last.owner_cnt} drivers from before the recording` : `group ${group.id} is used by ${users.join(', ')}`;
    }
    return `group ${group.id} is attached to a domain of somebody`;
  }

  #reason(kind: Reason['kind'], line: TraceLine, what: string, frame: Frame | undefined, knowledge: Knowledge): void {
    if (!this.#why) return;
    const why = frame === undefined ? 'the call never reached the function' : reasons(knowledge.system, frame, kind === 'cleanup' ? 'dma_cleanup' : undefined);
    this.reasons.push({ kind, line: line.line, what, why });
  }
}

/** `labctl-145` */
export const taskOf = ({ comm, pid }: TraceLine): string => `${comm}-${pid}`;
