/**
 * Lanes of a sequence diagram: who stands beside whom.
 *
 * The actors of one device share a lane, as do a driver and its files in sysfs, until a lane is opened. From left to right:
 * threads, drivers and buses, devices, groups, VFIO and iommufd, the environment; so a call goes right and its answer left.
 */
import { environment, kindOf, nameOf } from '../../../machines/address.ts';
import type { Address } from '../../../machines/chart.ts';
import { shown } from '../../scenario/names.ts';

export interface Lane {
  /** Stable, and the same in every run: what is opened and closed goes by it. */
  readonly id: string;
  readonly title: string;
  readonly kind: 'thread' | 'driver' | 'core' | 'device' | 'group' | 'user' | 'environment';
  /** Who is in it, in the order in which they appear. */
  readonly actors: readonly Address[];
  /** Opened: one of several lanes of what `of` names. */
  readonly of?: string;
}

const order: readonly Lane['kind'][] = ['thread', 'driver', 'core', 'device', 'group', 'user', 'environment'];
const ofDevice = new Set(['device', 'binding', 'attach', 'bus_dma', 'iommu_dma', 'notifier', 'vfio_device', 'parent_lock', 'driver_override']);

/** Lane of an actor while nothing is opened. */
export function laneOf(address: Address): Pick<Lane, 'id' | 'title' | 'kind'> {
  const [kind, name] = [kindOf(address), nameOf(address)];
  if (address === environment) return { id: environment, title: environment, kind: 'environment' };
  if (ofDevice.has(kind)) return { id: `device:${name}`, title: name, kind: 'device' };
  if (kind === 'thread') return { id: `thread:${shown(address)}`, title: shown(address), kind: 'thread' };
  if (kind === 'driver' || kind === 'bind' || kind === 'unbind') return { id: `driver:${name}`, title: `driver ${name}`, kind: 'driver' };
  if (kind === 'group') return { id: address, title: `group ${name}`, kind: 'group' };
  if (/^(?:vfio|iommufd)_/.test(kind)) return { id: address, title: shown(address), kind: 'user' };
  return { id: address, title: shown(address), kind: 'core' };
}

/**
 * The lanes of these facts, left to right, and the place of each actor's lane.
 *
 * @param opened ids of lanes whose actors each get a lane of their own
 * @param together threads share one lane, as in a trace, where each operation has a task of its own
 * @param laneOfActor in which lane an actor is while nothing is opened
 */
export function lanesOf(facts: readonly { readonly from: Address; readonly to: Address }[], opened: ReadonlySet<string> = new Set(), together = false, laneOfActor: (address: Address) => Pick<Lane, 'id' | 'title' | 'kind'> = laneOf): { lanes: Lane[]; placeOf: ReadonlyMap<Address, number> } {
  const found = new Map<string, Pick<Lane, 'id' | 'title' | 'kind'> & { actors: Set<Address>; first: number; of?: string }>();
  const seen = new Set<Address>();
  const meet = (address: Address, first: number) => {
    if (seen.has(address)) return;
    seen.add(address);
    const own = laneOfActor(address);
    const folded = together && own.kind === 'thread' ? { id: 'thread:', title: 'tasks', kind: own.kind } : own;
    const isOpened = opened.has(folded.id);
    const id = isOpened ? address : folded.id;
    const lane = found.get(id) ?? { ...folded, id, ...(isOpened ? { title: address, of: folded.id } : {}), actors: new Set<Address>(), first };
    lane.actors.add(address);
    found.set(id, lane);
  };
  for (const [at, { from, to }] of facts.entries()) {
    meet(from, at);
    meet(to, at);
  }
  const rank = (lane: { kind: Lane['kind'] }) => order.indexOf(lane.kind);
  const family = new Map<string, number>();
  for (const { id, of, first } of found.values()) family.set(of ?? id, Math.min(family.get(of ?? id) ?? Infinity, first));
  const sorted = [...found.values()].sort((a, b) => rank(a) - rank(b) || sided(a, b) || (family.get(a.of ?? a.id) ?? 0) - (family.get(b.of ?? b.id) ?? 0) || a.first - b.first);
  const lanes = sorted.map(({ id, title, kind, actors, of }): Lane => ({ id, title, kind, actors: [...actors], ...(of === undefined ? {} : { of }) }));
  return { lanes, placeOf: new Map(lanes.flatMap(({ actors }, place) => actors.map((address) => [address, place] as const))) };
}

/** Devices and groups stand in the order of their names, whoever comes first. */
const sided = (a: { kind: Lane['kind']; of?: string; id: string }, b: { of?: string; id: string }): number =>
  (a.kind === 'device' || a.kind === 'group' ? (a.of ?? a.id).localeCompare(b.of ?? b.id, 'en', { numeric: true }) : 0);
