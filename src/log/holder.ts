/**
 * Who stood in the way: for an answer that refuses, the earlier facts that put the group or the device where it refused.
 *
 * A claim is refused because drivers use the DMA API of the group, a driver because a user has claimed it, a second
 * claim because of the first; either because of a foreign domain; a claim or an attach because a device of the group is reset; a bind because a driver is bound already.
 */
import { kindOf, nameOf } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';
import { DMA_API, EBUSY } from '../../machines/kernel.ts';
import type { Facts, Recorded } from './facts.ts';
import { callOf, previous } from './why.ts';

/** Somebody who holds what another was refused. */
export interface Holder {
  /** What is held: `group:8`, `device:0000:02:00.0`, `driver:e1000e`. */
  readonly what: Address;
  /** How: `claimed`, `used`, `attached`, `resetting` for a group, `bound` for a device, `registered` for a driver. */
  readonly how: 'claimed' | 'used' | 'attached' | 'resetting' | 'bound' | 'registered';
  /** By whom: the owner, the device whose driver counts or which is reset, the domain, the driver. */
  readonly by: string;
  /** The fact since which; null: from the start of the run. Its own chain is `why(facts, since)`. */
  readonly since: number | null;
  /** What happened in that fact; null: it was so from the start. */
  readonly event: string | null;
}

/**
 * The holders behind a refusal, in the order in which they came. Empty when the fact is no refusal, or when nobody
 * holds anything: an error of the environment, a device that is gone.
 *
 * The fact may be any answer that carries the refusal up: from the group to the errno that the writer sees.
 *
 * @throws {ModelError} wrong-use: there is no such fact
 */
export function holders(facts: Facts, seq: number): Holder[] {
  const ret = facts.fact(seq).event['ret'];
  if (typeof ret !== 'number' || ret === 0) return [];
  for (let fact: Recorded | undefined = facts.fact(seq); fact !== undefined; fact = previous(facts, fact)) {
    const { event, from } = fact;
    if (kindOf(from) === 'group' && Number(event['ret']) < 0) return ofGroup(facts, fact);
    if (Math.abs(ret) !== EBUSY) continue;
    if ((event.type === 'dev->p.ret' || event.type === 'dev->driver.ret') && typeof event['driver'] === 'string') return [ofDevice(facts, fact.seq, from, event['driver'])];
    if (event.type === 'driver_find.ret' && event['ret'] === 1) return [ofDriver(facts, fact.seq, from)];
  }
  return [];
}

/** `group:8 claimed by thread:vm1 since fact 12 (iommu_group_claim_dma_owner)` */
export function renderHolder({ what, how, by, since, event }: Holder): string {
  const named = what.startsWith('group:') ? what : nameOf(what);
  const begun = since === null ? 'from the start' : `since fact ${since} (${event})`;
  return how === 'bound' ? `${named} bound to ${by} ${begun}`
    : how === 'registered' ? `${named} registered ${begun}`
    : how === 'resetting' ? `${named} held by the reset of ${by} ${begun}`
    : how === 'attached' ? `${named} attached to ${by} ${begun}`
    : `${named} ${how} by ${by} ${begun}`;
}

interface Group {
  owner: Address | null;
  owner_cnt?: number;
  domain: string;
  devices: readonly string[];
  /** Devices in reset, where the kernel holds the group for them. */
  blocked?: readonly string[];
}

function ofGroup(facts: Facts, answer: Recorded): Holder[] {
  const what = answer.from;
  const call = deliveryTo(facts, answer);
  const group = call?.before?.context as unknown as Group | undefined;
  if (call === undefined || group === undefined) return [];
  if (call.event['bound'] === true) {
    // iommu_change_dev_def_domain(): the group says it, because the caller has seen a driver.
    return members(group, received(facts, what, call.seq)).flatMap((device) => {
      const at = `device:${device}`;
      const driver = lastDriver(facts, answer.seq, at);
      return driver === null ? [] : [ofDevice(facts, answer.seq, at, driver)];
    });
  }
  const history = received(facts, what, call.seq);
  const foreign = !['default', 'none'].includes(group.domain);
  const claims = call.event.type.endsWith('_claim_dma_owner');
  if (answer.event['ret'] === -EBUSY && call.event.type !== 'iommu_device_use_default_domain' && !(claims && foreign) && group.blocked?.length)
    return group.blocked.map((by): Holder => ({
      what, how: 'resetting', by, ...begun(history.findLast(({ event }) => event.type === 'pci_dev_reset_iommu_prepare' && event['device'] === by)),
    }));
  if (group.owner !== null && (group.owner_cnt ?? 1) > 0) {
    const since = history.findLast((fact) => read(fact.before).owner !== group.owner && read(fact.after).owner === group.owner);
    // A token does not say whose driver it stands for: the one that took the group is named, though others may keep it.
    if (group.owner === DMA_API) return [{ what, how: 'used', by: since === undefined ? DMA_API : nameOf(since.from), ...begun(since) }];
    return [{ what, how: 'claimed', by: group.owner, ...begun(since) }];
  }
  if (count(group) > 0) return users(what, group, history);
  if (!foreign) return [];
  const since = history.findLast((fact) => read(fact.before).domain !== group.domain && read(fact.after).domain === group.domain);
  return [{ what, how: 'attached', by: group.domain, ...begun(since) }];
}

/** The devices that count: a use() that no unuse() of the same device took back. */
function users(what: Address, group: Group, history: readonly Recorded[]): Holder[] {
  const open = new Map<string, Recorded[]>();
  const unmatched = new Map<string, number>();
  for (const fact of history) {
    const change = count(read(fact.after)) - count(read(fact.before));
    const by = nameOf(fact.from);
    if (fact.event.type === 'iommu_device_use_default_domain' && change > 0) open.set(by, [...(open.get(by) ?? []), fact]);
    if (fact.event.type !== 'iommu_device_unuse_default_domain' || change >= 0) continue;
    const [, ...rest] = open.get(by) ?? [];
    if (open.get(by)?.length) open.set(by, rest);
    else unmatched.set(by, (unmatched.get(by) ?? 0) + 1);
  }
  const known = [...open].flatMap(([by, facts]) => facts.map((fact): Holder => ({ what, how: 'used', by, ...begun(fact) })))
    .sort((a, b) => (a.since ?? -1) - (b.since ?? -1));
  // What is counted and was not seen to begin was counted from the start, by members that are still bound, or have lost their IOMMU.
  const silent = members(group, history).filter((device) => (open.get(device) ?? []).length === 0 && !unmatched.has(device)).slice(0, Math.max(0, count(group) - known.length));
  return [...silent.map((by): Holder => ({ what, how: 'used', by, since: null, event: null })), ...known];
}

/** The devices of a group, and those that have left it. */
function members({ devices }: Group, history: readonly Recorded[]): string[] {
  const left = history.flatMap(({ event }) => (event.type === 'iommu_group_remove_device' ? [event['device'] as string] : []));
  return [...new Set([...devices, ...left])];
}

function ofDevice(facts: Facts, before: number, at: Address, driver: string): Holder {
  const since = received(facts, at, before).findLast(({ event }) => event.type === 'device_set_driver' && event['driver'] === driver);
  return { what: at, how: 'bound', by: driver, ...begun(since) };
}

function ofDriver(facts: Facts, before: number, at: Address): Holder {
  const since = received(facts, at, before).findLast(({ event }) => event.type === 'bus_add_driver');
  return { what: at, how: 'registered', by: nameOf(at), ...begun(since) };
}

function lastDriver(facts: Facts, before: number, at: Address): string | null {
  const last = received(facts, at, before).at(-1);
  return (last?.after?.context['driver'] as string | null | undefined) ?? null;
}

/** The delivery that the group answered: where a call was handed on, the last one. */
function deliveryTo(facts: Facts, answer: Recorded): Recorded | undefined {
  if (answer.cause === null) return callOf(facts, answer);
  const cause = facts.fact(answer.cause);
  return cause.to === answer.from ? cause : undefined;
}

/** What an actor received before a fact, first to last. */
function received(facts: Facts, to: Address, before: number): Recorded[] {
  const found: Recorded[] = [];
  for (let seq = 0; seq < before; seq++) {
    const fact = facts.fact(seq);
    if (fact.to === to) found.push(fact);
  }
  return found;
}

const count = ({ owner_cnt = 0 }: Group): number => owner_cnt;
const read = (state: Recorded['before']): Group => state?.context as unknown as Group;
const begun = (fact: Recorded | undefined): Pick<Holder, 'since' | 'event'> => ({ since: fact?.seq ?? null, event: fact?.event.type ?? null });
