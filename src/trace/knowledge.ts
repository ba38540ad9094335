/**
 * What the judge knows of a recording's machine: who lives in it, learnt from the lines themselves.
 *
 * A recording begins in mid-life. A device, driver or group is given its actors when a line first names it; what that line
 * does not say about it stays open: several states are then kept (unbound, bound to some driver, absent), and the next
 * lines decide.
 */
import { bindingAt, busAt, deviceAt, driverAt, groupAt, nameOf, notifierAt, vfioContainerAt, vfioDeviceAt, vfioGroupAt } from '../../machines/address.ts';
import type { Address, Said } from '../../machines/chart.ts';
import { plainBus, unknown } from '../../machines/kernel.ts';
import { deviceActors, driverFiles, groupActors, type Model } from '../../machines/model.ts';
import { isVfioDriver, notifiedBuses } from '../../machines/tracepoints.ts';
import type { Actor, Local } from '../world/locals.ts';
import { System, type World } from '../world/world.ts';
import type { TraceLine } from './line.ts';
import { tokenOf, type State } from './state.ts';

const pciName = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** Stands for the group of a VFIO device where no line names it: it has other devices, so that it stays. */
const someGroup = groupAt(unknown);
const manyDrivers = 1000;

/** How a device may be found when it is first seen. */
export type Found = { readonly driver: string | null } | 'unbound' | 'open' | 'absent';

export class Knowledge {
  readonly system: System;
  readonly #model: Model;
  readonly #devices = new Map<string, { groupKnown: boolean }>();
  readonly #groups = new Map<Address, { settled: boolean; owner: string | null }>();
  readonly #drivers = new Set<string>();
  /** Drivers that were first met at work, not as they were registered. */
  readonly #olderDrivers = new Set<string>();
  readonly #threads = new Map<string, Address[]>();
  readonly #users = new Map<number, Address>();
  readonly #files = new Map<number, Map<string, Said>>();
  /** A VFIO driver was registered while recording: no VFIO device is older. */
  #vfioKnown = false;
  readonly #vfioGroups = new Set<Address>();

  constructor(model: Model) {
    this.#model = model;
    this.system = new System(model, {
      devices: [], drivers: [], threads: [], options: { test_remove: false, drivers_autoprobe: true, detach_dev: true }, answers: {},
    });
    for (const bus of ['pci', 'platform', unknown]) this.#addBus(bus);
    this.system.add({
      address: vfioGroupAt(unknown), chart: model.charts.vfio_group, input: { address: vfioGroupAt(unknown), iommu_group: someGroup, drivers: manyDrivers, device_list: [] },
    });
  }

  /** Forgets what is known of the machine, as after a loss; the actors and their tables stay. */
  forget(): void {
    for (const known of [this.#devices, this.#groups, this.#users, this.#files]) known.clear();
    this.#drivers.clear();
    this.#olderDrivers.clear();
    this.#vfioGroups.clear();
    this.#vfioKnown = false;
  }

  #addBus(bus: string): void {
    this.system.add({ address: busAt(bus), chart: this.#model.charts.bus_type, input: { address: busAt(bus), klist_devices: null, klist_drivers: null } });
  }

  isPci(device: string): boolean {
    return pciName.test(device);
  }
  knowsDevice(device: string): boolean {
    return this.#devices.has(device);
  }
  knowsGroup(group: Address): boolean {
    return this.#groups.has(group);
  }
  /** The recorder keeps notifier calls of this bus. */
  notified(bus: string): boolean {
    return notifiedBuses.includes(bus);
  }
  busOf(_driver: string): string {
    return unknown;
  }

  /** pci_bus_add_device() has allowed matching already. */
  mayMatch({ world }: State, device: string): boolean {
    return this.system.has(deviceAt(device)) && this.system.local(world, deviceAt(device)).context['match_driver'] === true;
  }

  /** Somebody's driver is on the device. */
  isBound({ world }: State, device: string): boolean {
    return this.system.has(deviceAt(device)) && this.system.local(world, deviceAt(device)).context['driver'] !== null;
  }

  /** Who is registered in the vfio_group is known completely: it was made while recording. */
  knowsVfio(group: Address): boolean {
    return this.#vfioKnown || this.#vfioGroups.has(group);
  }
  vfioGroupMade(id: number): void {
    this.#vfioGroups.add(groupAt(id));
  }

  /** A thread for an entry point, which nobody uses in this state. */
  idleThread(entry: string, state: State): Address {
    const known = this.#threads.get(entry) ?? [];
    const isUsed = (address: Address) => state.tasks.some(({ frames }) => frames.some(({ thread }) => thread === address));
    const free = known.find((address) => !isUsed(address) && this.#isIdle(state.world, address));
    return free ?? this.#addThread(entry, known);
  }

  #isIdle(world: World, address: Address): boolean {
    return this.system.local(world, address).value === 'idle' && tokenOf(this.system, world, address) < 0;
  }

  #addThread(entry: string, known: Address[]): Address {
    const name = `${entry}:${known.length + 1}`;
    const address = `thread:${name}`;
    const chart = this.#model.charts.entry[entry];
    if (chart === undefined) throw new Error(`${this.#model.name} has no entry point ${entry}`);
    this.system.add({ address, chart, input: { address } });
    if (entry === 'vfio_user')
      this.system.add({ address: vfioContainerAt(name), chart: this.#model.charts.vfio_container, input: { address: vfioContainerAt(name) } });
    this.#threads.set(entry, [...known, address]);
    return address;
  }

  /** The process of a task that uses VFIO. */
  user(pid: number, state: State): Address {
    const known = this.#users.get(pid);
    if (known !== undefined) return known;
    const taken = new Set(this.#users.values());
    const all = this.#threads.get('vfio_user') ?? [];
    const isNew = (address: Address) => state.world.locals[this.system.indexOf(address)]?.id === 0;
    const user = all.find((address) => (!taken.has(address) || this.#gone(address)) && isNew(address)) ?? this.#addThread('vfio_user', all);
    for (const [other, address] of this.#users) if (address === user) this.#users.delete(other);
    this.#users.set(pid, user);
    return user;
  }

  /** Nothing is open any more in the process that had this address. */
  #gone(address: Address): boolean {
    for (const [pid, user] of this.#users) if (user === address) return (this.#files.get(pid)?.size ?? 0) === 0;
    return true;
  }

  /** A process opened something: `closing` is the command that closes it. */
  opened(pid: number, slot: string, closing: Said): void {
    const files = this.#files.get(pid) ?? new Map<string, Said>();
    files.set(slot, closing);
    this.#files.set(pid, files);
  }
  closed(pid: number, slot: string): void {
    this.#files.get(pid)?.delete(slot);
  }
  /** What a process has open is not followed any further. */
  abandon(pid: number): void {
    this.#users.delete(pid);
    this.#files.delete(pid);
  }
  file(pid: number, slot: string): Said | undefined {
    return this.#files.get(pid)?.get(slot);
  }
  /** What a process that dies may close next. */
  closings(pid: number): { thread: Address; command: Said }[] {
    const thread = this.#users.get(pid);
    return thread === undefined ? [] : [...(this.#files.get(pid)?.values() ?? [])].map((command) => ({ thread, command }));
  }

  ensureDriver(driver: string, isNew = false): void {
    if (driver === '' || this.#drivers.has(driver)) return;
    this.#drivers.add(driver);
    if (!isNew) this.#olderDrivers.add(driver);
    const vfio = isVfioDriver(driver);
    if (vfio && isNew) this.#vfioKnown = true;
    const address = driverAt(driver);
    if (this.system.has(address)) return;
    this.system.add({
      address, chart: this.#model.charts.device_driver, ...(isNew ? {} : { value: 'registered' }),
      input: { address, driver, driver_managed_dma: null, async: null, vfio, klist_devices: null },
    });
    for (const file of driverFiles(this.#model, driver, 'unfollowed')) this.system.add(file);
  }

  /** A driver that was there before the recording may have been unloaded by somebody whom nobody followed. */
  maybeUnregistered(states: readonly State[], driver: string): State[] {
    if (!this.#olderDrivers.delete(driver)) return [...states];
    return [...states, ...states.map((state) => this.#asNew({ ...state, world: this.system.grow(state.world) }, [driverAt(driver)]))];
  }

  ensureGroup(id: number): Address {
    const group = groupAt(id);
    if (!this.#groups.has(group)) {
      this.#groups.set(group, { settled: false, owner: null });
      if (!this.system.has(group)) for (const placement of groupActors(this.#model, id, [unknown], 0)) this.system.add(placement);
    }
    return group;
  }

  /** Gives a device its actors; `found` says in which conditions it may be, `bus` where a line names it. */
  ensureDevice(states: readonly State[], device: string, found: readonly Found[], bus?: string): State[] {
    if (this.#devices.has(device)) return [...states];
    this.#devices.set(device, { groupKnown: false });
    const buses = this.isPci(device) ? ['pci'] : bus === undefined ? ['platform', unknown] : [bus === 'platform' ? bus : unknown];
    if (!this.system.has(deviceAt(device)))
      for (const placement of deviceActors(this.#model, {
        name: device, bus: buses[0] as string, group: null, driver: null, present: true, driver_override: unknown, grouped: false,
      }, { followed: false })) this.system.add(placement);
    return states.flatMap((state) => buses.flatMap((bus) => found.map((how) => this.#found({ ...state, world: this.system.grow(state.world) }, device, bus, how))));
  }

  #found(state: State, device: string, bus: string, how: Found): State {
    const driver = typeof how === 'object' ? how.driver : how === 'open' ? unknown : null;
    const presence = how === 'absent' ? 'absent' : 'present';
    let { world } = state;
    world = this.#put(world, deviceAt(device), { driver, bus, match_driver: true }, { presence, device_lock: 'unlocked', fields: {} });
    world = this.#put(world, bindingAt(device), { drv: driver ?? '', bound: driver !== null, bus: plainBus(bus) }, driver === null ? 'unbound' : 'bound');
    if (driver !== null && isVfioDriver(driver)) world = this.#registered(world, device);
    const notifier = this.system.local(world, notifierAt(device));
    world = this.#put(world, notifierAt(device), { bus, listens: plainBus(bus).iommu }, notifier.value);
    if (driver !== null) this.ensureDriver(driver);
    return { ...state, world: this.system.grow(world) };
  }

  /** A device that VFIO has had since before the recording, in a group that may never be named. */
  #registered(world: World, device: string): World {
    const known = this.system.local(world, deviceAt(device)).context['iommu_group'];
    return this.#put(world, vfioDeviceAt(device), { refcount: 1, group: known ?? someGroup }, 'registered');
  }

  /** Somebody whom nobody follows does something to the device: it is met anew. */
  forgetDevice(states: readonly State[], device: string): State[] {
    if (!this.#devices.delete(device)) return [...states];
    return states.map((state) => {
      const world = this.system.grow(state.world);
      const left = this.#part(world, device, this.system.local(world, notifierAt(device)).context['group']);
      return this.#asNew({ ...state, world: left }, [deviceAt(device), bindingAt(device), notifierAt(device)]);
    });
  }

  #asNew(state: State, addresses: readonly Address[]): State {
    const { world } = state;
    const locals = world.locals.slice();
    for (const address of addresses) {
      const index = this.system.indexOf(address);
      locals[index] = (this.system.actors[index] as Actor).initial;
    }
    return { ...state, world: { ...world, locals } };
  }

  /** A device that no line has told anything of yet is better met anew than kept in every condition. */
  forgetIfOpen(states: State[], device: string): State[] {
    const addresses = [deviceAt(device), bindingAt(device)];
    const conditions = new Set(states.map(({ world }) => addresses.map((address) => this.system.local(world, address).id).join()));
    if (conditions.size < 2) return states;
    this.#devices.delete(device);
    return states.map((state) => this.#asNew(state, addresses));
  }

  /** A device that is not followed through device_add() and device_del() comes or goes: what was known of it is over. */
  leaves(states: readonly State[], device: string, goes: boolean): State[] {
    if (!this.#devices.has(device)) return [...states];
    if (!goes) this.#devices.delete(device);
    return [...states];
  }

  /** A device that was found bound to an unknown driver may be bound to this one, or to another. */
  maybeBoundTo(state: State, device: string, driver: string): State[] {
    return [...new Set([state, ...this.nameDriver([state], device, driver)])];
  }

  /** Names the driver of a device that was found bound to an unknown one. */
  nameDriver(states: readonly State[], device: string, driver: string): State[] {
    return states.map((state) => {
      const address = deviceAt(device);
      if (!this.system.has(address) || this.system.local(state.world, address).context['driver'] !== unknown) return state;
      const { value } = this.system.local(state.world, address);
      const named = this.#put(state.world, address, { driver }, value as Local['value']);
      const binding = this.system.local(named, bindingAt(device));
      const bound = this.#put(named, bindingAt(device), { drv: driver }, binding.value);
      return { ...state, world: isVfioDriver(driver) ? this.#registered(bound, device) : bound };
    });
  }

  /** The group of a device as a line shows it; null: none. False when it is another one than is known. */
  learnGroup(states: readonly State[], device: string, id: number | null): State[] {
    const known = this.#devices.get(device);
    if (known === undefined || known.groupKnown) return [...states];
    known.groupKnown = true;
    return this.#join(states, device, id === null ? null : this.ensureGroup(id));
  }

  groupOf({ world }: State, device: string): unknown {
    return this.system.local(world, deviceAt(device)).context['iommu_group'];
  }

  knowsGroupOf(device: string): boolean {
    return this.#devices.get(device)?.groupKnown ?? false;
  }

  /** Which group a VFIO device was registered in, where only an earlier device of that group has shown it. */
  guessGroup(states: readonly State[], device: string): State[] {
    if (this.#devices.get(device)?.groupKnown !== false) return [...states];
    return states.flatMap((state) => {
      const { world } = state;
      const candidates = [...this.#groups.keys()].filter((group) =>
        Number(this.system.local(this.system.grow(world), vfioGroupAt(nameOf(group))).context['drivers'] ?? 0) > 0);
      return candidates.length === 0 ? [state, this.#inSomeGroup(state, device)] : candidates.flatMap((group) => this.#join([state], device, group));
    });
  }

  /** The group that VFIO's driver will register the device in may be one that no line names. */
  maybeInSomeGroup(states: readonly State[], device: string): State[] {
    if (this.#devices.get(device)?.groupKnown !== false) return [...states];
    return states.flatMap((state) => (this.isInSomeGroup(state, device) ? [state] : [state, this.#inSomeGroup(state, device)]));
  }

  #inSomeGroup(state: State, device: string): State {
    const { value } = this.system.local(state.world, vfioDeviceAt(device));
    return { ...state, world: this.#put(state.world, vfioDeviceAt(device), { group: someGroup }, value) };
  }
  isInSomeGroup({ world }: State, device: string): boolean {
    return this.system.has(vfioDeviceAt(device)) && this.system.local(world, vfioDeviceAt(device)).context['group'] === someGroup;
  }

  #join(states: readonly State[], device: string, group: Address | null): State[] {
    return states.flatMap((state) => {
      const grown = this.system.grow(state.world);
      const guessed = this.system.local(grown, deviceAt(device)).context['iommu_group'];
      if (guessed === group) return [state];
      if (guessed !== null && this.system.local(grown, vfioDeviceAt(device)).value !== this.#initialVfio(device)) return [];
      const { value } = this.system.local(grown, deviceAt(device));
      const world = this.#put(grown, deviceAt(device), { iommu_group: group }, value);
      const notifier = this.system.local(world, notifierAt(device));
      const vfio = this.system.local(world, vfioDeviceAt(device));
      let joined = this.#part(this.#put(world, notifierAt(device), { group, joined: group !== null }, notifier.value), device, guessed);
      joined = this.#put(joined, vfioDeviceAt(device), { group }, vfio.value);
      if (group === null) return [{ ...state, world: joined }];
      const { context, value: at } = this.system.local(joined, group);
      const devices = context['devices'] as string[];
      return [{ ...state, world: devices.includes(device) ? joined : this.#put(joined, group, { devices: [...devices, device].sort() }, at) }];
    });
  }

  /** Takes the device off the list of a group that it turns out not to be in. Others that nobody has named may be there. */
  #part(world: World, device: string, group: unknown): World {
    if (typeof group !== 'string' || !this.system.has(group)) return world;
    const { context, value } = this.system.local(world, group);
    const devices = (context['devices'] as string[]).filter((name) => name !== device);
    return this.#put(world, group, { devices: devices.length === 0 ? [unknown] : devices }, value);
  }

  /** A VFIO device that nobody has registered yet may still turn out to be in another group. */
  #initialVfio(device: string): Local['value'] {
    return (this.system.actors[this.system.indexOf(vfioDeviceAt(device))] as Actor).initial.value;
  }

  /** The device was added anew: it may have come into another group. */
  forgetGroup(device: string): void {
    const known = this.#devices.get(device);
    if (known !== undefined) known.groupKnown = false;
  }

  /** Whether the group's fields have been seen under its lock. */
  isSettled(group: Address): boolean {
    return this.#groups.get(group)?.settled ?? false;
  }
  settle(group: Address): void {
    const known = this.#groups.get(group);
    if (known !== undefined) known.settled = true;
  }
  unsettle(id: number): void {
    const known = this.#groups.get(groupAt(id));
    if (known !== undefined) known.settled = false;
  }
  /** The owner's pointer, as the last claim showed it. */
  ownerOf(group: Address): string | null {
    return this.#groups.get(group)?.owner ?? null;
  }
  setOwner(group: Address, pointer: string | null): void {
    const known = this.#groups.get(group);
    if (known !== undefined) known.owner = pointer;
  }

  /** One member of the group at least is known, or the model does not ask who they are. */
  knowsMembers(group: Address, { world }: State): boolean {
    if (!this.#model.charts.iommu_group.events.includes('iommu_group_first_device')) return true;
    return (this.system.local(this.system.grow(world), group).context['devices'] as string[]).some((name) => name !== unknown);
  }

  /** With and without members that nobody has named. */
  membersOpen(states: readonly State[], group: Address): State[] {
    return states.flatMap((state) => {
      const grown = { ...state, world: this.system.grow(state.world) };
      const { context, value } = this.system.local(grown.world, group);
      const devices = context['devices'] as string[];
      if (!devices.includes(unknown) || devices.length < 2) return [grown];
      return [grown, { ...grown, world: this.#put(grown.world, group, { devices: devices.filter((name) => name !== unknown) }, value) }];
    });
  }

  /** The group may have been empty, where nobody is known to be left in it. */
  emptied(state: State, group: Address): State[] {
    const { context, value } = this.system.local(this.system.grow(state.world), group);
    const devices = context['devices'] as string[];
    if (devices.length !== 1 || devices[0] !== unknown || typeof value !== 'object') return [];
    const world = this.#put(this.system.grow(state.world), group, { devices: [], domain: 'none', owner: null, owner_cnt: 0 },
      { ownership: 'unowned', attachment: 'none', membership: {} });
    return [{ ...state, world }];
  }

  /** A device on its way into a group turns out to come into this one. */
  redirect(states: readonly State[], device: string, id: number): State[] {
    const known = this.#devices.get(device);
    if (known === undefined || known.groupKnown) return [...states];
    known.groupKnown = true;
    const group = this.ensureGroup(id);
    return states.map((state) => {
      let world = this.system.grow(state.world);
      for (const address of [notifierAt(device), vfioDeviceAt(device)])
        world = this.#put(world, address, { group }, this.system.local(world, address).value);
      return { ...state, world };
    });
  }

  /** Every condition in which a group may be before a line that shows its fields first; `read` shows them as they were. */
  guesses(state: State, group: Address, owner_cnt: number, read: TraceLine | null): State[] {
    const counts = read === null ? [...new Set([owner_cnt, owner_cnt - 1, owner_cnt + 1])].filter((count) => count >= 0) : [Number(read.fields['oc'])];
    const isOwned = read === null || typeof read.fields['ow'] !== 'string' ? null : read.fields['ow'] !== '0x0';
    const world = this.system.grow(state.world);
    const put = (count: number, owner: Address | null, domain: string) => {
      const ownership = owner !== null ? 'claimed' : count > 0 ? 'kernel_dma' : 'unowned';
      const attachment = domain === 'default' || domain === 'blocking' ? domain : owner === null ? 'foreign' : 'user';
      return { ...state, world: this.#put(world, group, { owner_cnt: count, owner, domain }, { ownership, attachment, membership: {} }) };
    };
    return counts.flatMap((count) => [
      ...(isOwned === true ? [] : [put(count, null, 'default'), put(count, null, 'domain:?')]),
      ...(count > 0 && isOwned !== false ? [put(count, 'thread:?', 'blocking'), put(count, 'thread:?', 'domain:?')] : []),
    ]);
  }

  /** Changes an actor from outside, as only learning may. */
  #put(world: World, address: Address, context: Readonly<Record<string, unknown>>, value: Local['value']): World {
    const index = this.system.indexOf(address);
    const actor = this.system.actors[index] as Actor;
    const locals = world.locals.slice();
    locals[index] = actor.at({ ...(locals[index] ?? actor.initial).context, ...context }, value);
    return { ...world, locals };
  }
}

