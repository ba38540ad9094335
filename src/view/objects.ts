/** How things stand in a world, as plain data: groups with owner and count, devices with drivers, threads and what they are in. */
import { bindingAt, deviceAt, groupAt, kindOf } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';
import { DMA_API } from '../../machines/kernel.ts';
import type { System, World } from '../world/world.ts';

/** Who may do DMA through a group. `untracked`: this kernel does not say. `broken`: what it counts and what it says do not fit. */
export type Ownership = 'unowned' | 'kernel_dma' | 'claimed' | 'untracked' | 'broken';

export interface GroupObject {
  readonly address: Address;
  readonly id: number;
  readonly ownership: Ownership;
  /** Undefined: this kernel does not count. */
  readonly owner_cnt: number | undefined;
  readonly owner: string | null;
  readonly domain: string;
  readonly devices: readonly DeviceObject[];
}

export interface DeviceObject {
  readonly address: Address;
  readonly name: string;
  readonly driver: string | null;
  /** `unbound`, `probing`, `bound`, `releasing`, `absent`. */
  readonly state: string;
}

export interface ThreadObject {
  readonly address: Address;
  readonly name: string;
  /** Null: idle. */
  readonly state: string | null;
  /** The command that it runs. */
  readonly call: string | null;
}

export interface Objects {
  readonly groups: readonly GroupObject[];
  /** Devices that no group has. */
  readonly alone: readonly DeviceObject[];
  readonly threads: readonly ThreadObject[];
}

export function objectsOf(system: System, world: World): Objects {
  const { devices, threads } = system.topology;
  const groups = [...new Set(devices.map(({ group }) => group))].filter((group) => group !== null);
  const device = (name: string) => deviceOf(system, world, name);
  return {
    groups: groups.map((id) => groupOf(system, world, id, devices.filter(({ group }) => group === id).map(({ name }) => device(name)))),
    alone: devices.filter(({ group }) => group === null).map(({ name }) => device(name)),
    threads: [...new Set([...threads.map(({ name }) => `thread:${name}`), ...system.actors.map(({ address }) => address).filter((address) => kindOf(address) === 'thread')])].map((address) => threadOf(system, world, address)),
  };
}

function deviceOf(system: System, world: World, name: string): DeviceObject {
  const { value, context } = system.local(world, deviceAt(name));
  const { presence } = value as { presence: string };
  const { driver = null } = context as { driver?: string | null };
  const binding = outermost(system.local(world, bindingAt(name)).value);
  const state = presence === 'absent' ? 'absent' : { unbound: 'unbound', bound: 'bound', __device_release_driver: 'releasing' }[binding] ?? 'probing';
  return { address: deviceAt(name), name, driver, state };
}

function groupOf(system: System, world: World, id: number, devices: readonly DeviceObject[]): GroupObject {
  const { value, context } = system.local(world, groupAt(id));
  const { owner = null, owner_cnt, domain = '' } = context as { owner?: string | null; owner_cnt?: number; domain?: string };
  const said = typeof value === 'string' ? value : (value as { ownership?: string }).ownership ?? Object.keys(value).find((part) => part !== 'attachment' && part !== 'membership');
  return { address: groupAt(id), id, owner_cnt, owner: owner === DMA_API ? null : owner, domain: String(domain), devices, ownership: system.model.withoutOwners === true ? 'untracked' : ownershipOf(said, owner_cnt, owner) };
}

function ownershipOf(said: string | undefined, count: number | undefined, owner: string | null): Ownership {
  if (count !== undefined && (count < 0 || (said === 'unowned' && count > 0) || (said === 'kernel_dma' && (count === 0 || (owner !== null && owner !== DMA_API))) || (said === 'claimed' && count === 0))) return 'broken';
  if (said === 'kernel_dma' || said === 'claimed' || said === 'unowned') return said;
  // Designs with states of their own: the owner decides, and a state that is named for the DMA API.
  return owner === DMA_API ? 'kernel_dma' : owner !== null ? 'claimed' : /dma|used/.test(said ?? '') ? 'kernel_dma' : 'unowned';
}

function threadOf(system: System, world: World, address: Address): ThreadObject {
  const { value, context } = system.local(world, address);
  const state = outermost(value);
  const { call } = context as { call?: unknown };
  return { address, name: address.slice('thread:'.length), state: state === 'idle' ? null : innermost(value), call: state !== 'idle' && typeof call === 'string' ? call : null };
}

const outermost = (value: unknown): string => (typeof value === 'string' ? value : Object.keys(value as object)[0] ?? '');
/** The names on the way to the active state, joined; of parallel states, all. */
function innermost(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as object).map(([name, inner]) => { const below = innermost(inner); return below === '' ? name : below; }).join(' · ');
}
