/**
 * What there is at a moment, as a person would list it: groups with who has them, devices with their drivers, threads with
 * what they are in. Read off the local states; nothing is remembered.
 */
import type { StateValue } from 'xstate';
import { bindingAt, deviceAt, driverAt, groupAt, kindOf, nameOf } from '../../../machines/address.ts';
import type { Address } from '../../../machines/chart.ts';
import { DMA_API } from '../../../machines/kernel.ts';
import type { Property } from '../../../machines/properties/property.ts';
import { pathOf } from '../../../machines/properties/binding.ts';
import type { Local } from '../../world/locals.ts';
import type { System, World } from '../../world/world.ts';

/** Who may do DMA: nobody yet, the kernel's drivers, a user; `untracked` where groups have no owner. */
export type Ownership = 'unowned' | 'kernel_dma' | 'claimed' | 'untracked';

export interface DeviceScene {
  readonly address: Address;
  readonly name: string;
  readonly bus: string;
  /** `absent`, `adding`, `present`, `dead`, `removed`. */
  readonly presence: string;
  /** dev->driver. */
  readonly driver: string | null;
  readonly bound: boolean;
  /** `unbound`, `probing`, `bound`, `releasing`, `absent`. */
  readonly state: string;
  /** Innermost state of its binding while a call is in there; empty at rest. */
  readonly doing: string;
  readonly driver_override: string | null;
  /** Who holds device_lock. */
  readonly locked: Address | null;
}
export interface GroupScene {
  readonly address: Address;
  readonly name: string;
  readonly ownership: Ownership;
  readonly owner: Address | null;
  /** Null where groups have no count. */
  readonly owner_cnt: number | null;
  readonly domain: string;
  readonly devices: readonly DeviceScene[];
  /** Sentences that are not true of this group now. */
  readonly broken: readonly string[];
}
export interface DriverScene {
  readonly address: Address;
  readonly name: string;
  readonly registered: boolean;
  readonly managed: boolean;
  readonly vfio: boolean;
}
export interface ThreadScene {
  readonly address: Address;
  readonly name: string;
  readonly entry: string;
  /** Innermost state of its program; `idle` outside every call. */
  readonly doing: string;
  /** The command that it runs; null outside every call. */
  readonly call: string | null;
  /** Whom its last call went to, while it waits. */
  readonly asks: Address | null;
}
export interface Scene {
  readonly groups: readonly GroupScene[];
  /** Devices without a group. */
  readonly loose: readonly DeviceScene[];
  readonly drivers: readonly DriverScene[];
  readonly threads: readonly ThreadScene[];
  /** Threads of the kernel's own, such as those that probe later or at once. */
  readonly workers: readonly ThreadScene[];
  /** Sentences that are not true now, and not because of one group. */
  readonly broken: readonly string[];
}

/** @param properties those that are asked: of these, `always` sentences about a world are looked at */
export function sceneOf(system: System, world: World, properties: readonly Property[] = []): Scene {
  const local = (address: Address) => system.local(world, address);
  const broken = brokenIn(system, world, properties);
  const devices = system.topology.devices.map(({ name, bus }): DeviceScene & { group: Address | null } => {
    const [device, binding] = [local(deviceAt(name)).context as Device, local(bindingAt(name))];
    const path = pathOf(binding.value);
    const presence = inner(local(deviceAt(name)).value, 'presence');
    return {
      address: deviceAt(name), name, bus, presence, driver: device.driver, bound: (binding.context as { bound?: boolean }).bound === true,
      state: presence === 'absent' ? 'absent' : states[outermost(binding.value)] ?? 'probing',
      doing: path === 'bound' || path === 'unbound' ? '' : path, driver_override: device.driver_override, locked: device.holder, group: device.iommu_group,
    };
  });
  const groups = [...new Set(system.topology.devices.flatMap(({ group }) => (group === null ? [] : [groupAt(group)])))];
  return {
    groups: groups.map((address) => {
      const { owner = null, owner_cnt = null, domain = 'none' } = local(address).context as Group;
      const kernel = owner === DMA_API || (owner === null && (owner_cnt ?? 0) > 0);
      return {
        address, name: nameOf(address), owner: owner === DMA_API ? null : owner, owner_cnt, domain,
        ownership: system.model.withoutOwners === true ? 'untracked' : kernel ? 'kernel_dma' : owner === null ? 'unowned' : 'claimed',
        devices: devices.filter(({ group }) => group === address), broken: broken.filter(({ group }) => group === address).map(({ name }) => name),
      };
    }),
    loose: devices.filter(({ group }) => group === null || !groups.includes(group)),
    drivers: system.topology.drivers.map(({ name, driver_managed_dma, vfio }) => ({
      address: driverAt(name), name, registered: pathOf(local(driverAt(name)).value) === 'registered', managed: driver_managed_dma, vfio,
    })),
    threads: system.topology.threads.map(({ name, entry }) => threadOf(`thread:${name}`, entry, local(`thread:${name}`), world)),
    workers: system.actors.filter(({ address }) => kindOf(address) === 'thread' && !system.topology.threads.some(({ name }) => `thread:${name}` === address)).map(({ address }) => threadOf(address, '', local(address), world)),
    broken: broken.filter(({ group }) => group === null).map(({ name }) => name),
  };
}

type Device = { readonly driver: string | null; readonly driver_override: string | null; readonly holder: Address | null; readonly iommu_group: Address | null };
type Group = { readonly owner?: Address | null; readonly owner_cnt?: number | null; readonly domain?: string };

const inner = (value: StateValue, region: string): string => (typeof value === 'string' ? value : pathOf(value[region] ?? value));

/** What the outermost state of a binding means; the others are those of a probe. */
const states: Readonly<Record<string, string>> = { unbound: 'unbound', bound: 'bound', __device_release_driver: 'releasing' };
const outermost = (value: StateValue): string => (typeof value === 'string' ? value : Object.keys(value)[0] ?? '');

function threadOf(address: Address, entry: string, { value, context }: Local, world: World): ThreadScene {
  const asked = world.flight.find(({ event }) => event.from === address);
  const { call } = context as { readonly call?: unknown };
  return { address, name: nameOf(address), entry, doing: pathOf(value), call: outermost(value) !== 'idle' && typeof call === 'string' ? call : null, asks: asked?.to ?? null };
}

/** Sentences that are not true in this world; with the group, where it is that of one group alone. */
function brokenIn(system: System, world: World, properties: readonly Property[]): { readonly name: string; readonly group: Address | null }[] {
  const looked = system.actors.map(({ address, initial }, index) => {
    const { value, context } = world.locals[index] ?? initial;
    return { address, value, context };
  });
  return properties.flatMap((property): { readonly name: string; readonly group: Address | null }[] => {
    const { kind, name, sees, holds } = property;
    if (kind !== 'always' || holds === undefined) return [];
    const seen = Object.fromEntries(Object.entries(sees).map(([of, see]) => [of, looked.filter(({ address }) => kindOf(address) === of).map((actor) => ({ address: actor.address, fact: see(actor) }))]));
    const facts = (only?: Address) => Object.fromEntries(Object.entries(seen).map(([of, list]) => [of, list.filter(({ address }) => of !== 'group' || only === undefined || address === only).map(({ fact }) => fact)]));
    if (holds(facts())) return [];
    const groups = (seen['group'] ?? []).filter(({ address }) => !holds(facts(address)));
    return groups.length > 0 ? groups.map(({ address }) => ({ name, group: address })) : [{ name, group: null }];
  });
}

/** How a group stands, in a word: `broken` where a sentence about it is not true, else who owns it. */
export const standing = ({ ownership, broken }: GroupScene): Ownership | 'broken' => (broken.length > 0 ? 'broken' : ownership);

export const standings: Readonly<Record<Ownership | 'broken', string>> = { unowned: 'unowned', kernel_dma: 'kernel DMA', claimed: 'claimed', untracked: 'owner not tracked', broken: 'broken' };

/** Fields that say again what others say. */
const notMarked = ['devices', 'state', 'call'];

/** Names of what is otherwise in `after`, as `<address> <field>`; the address alone for something new. */
export function changes(before: Scene, after: Scene): ReadonlySet<string> {
  const all = ({ groups, loose, drivers, threads, workers }: Scene) => new Map([...groups, ...groups.flatMap(({ devices }) => devices), ...loose, ...drivers, ...threads, ...workers].map((one) => [one.address, one as object as Readonly<Record<string, unknown>>]));
  const [was, is] = [all(before), all(after)];
  return new Set([...is].flatMap(([address, now]) => {
    const then = was.get(address);
    if (then === undefined) return [address];
    return Object.keys(now).filter((field) => !notMarked.includes(field) && JSON.stringify(now[field]) !== JSON.stringify(then[field])).map((field) => `${address} ${field}`);
  }));
}
