/**
 * observable: what somebody outside the charts notices of a step, in the kernel's words; the rest is internal.
 *
 * Two observers first. `user` sees what a process and an administrator see: each system call (or module load, plug, ...) of a thread of the
 * topology with its errno, uevents, and what reaches the kernel's log (WARN, BUG). `kernel` sees in addition what is called out of the driver
 * core, the bus, VFIO and the IOMMU core: firmware, pinctrl, the pm_domain, the driver's own probe and remove, the IOMMU driver that is asked for
 * a device, what opens a VFIO device, each with its answer, and the notifiers of the bus with dev->driver as a listener reads it.
 * Internal for both: locks, owner and owner_cnt, dev->driver itself, lists, the kernel's own threads, which function calls which, what the group is
 * attached to, what an IOMMU driver says to an attach (its errno is seen where it comes out), and the tables in `kept`.
 * Nobody sees time, DMA, memory, or that nothing happens for ever.
 */
import { nameOf } from './address.ts';
import type { Address, Plain } from './chart.ts';
import { errnoName } from './kernel.ts';

/** One thing of a step: a thread begins a call or gets its result, the environment is called or answers, or an actor says something. */
export interface Happening {
  readonly kind: 'begin' | 'result' | 'call' | 'answer' | 'said';
  /** The thread, who calls, who gets the answer, who says it. */
  readonly at: Address;
  readonly event: { readonly type: string; readonly [argument: string]: Plain };
}

/** What is seen of a happening; null: nothing. */
export type Observer = (happening: Happening) => string | null;

/** Looked up in tables of the kernel's own, though the environment decides what they hold. */
const kept: ReadonlySet<string> = new Set([
  'driver_match_device', 'device_links_check_suppliers', 'devres_head', 'sysfs_create_link', 'device_add_groups', 'state_synced', 'test_remove',
  'iommufd_isolated_msi', 'vfio_iommu_isolated_msi', 'async_schedule_dev', 'iommufd_noiommu',
]);
const logged: ReadonlySet<string> = new Set(['WARN_ON', 'BUG', 'dev_WARN']);

const text = (value: Plain | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** `bind_store device=0000:02:00.0 driver=e1000e`, without who is named already. */
function told({ type, from: _from, ret: _ret, ...others }: Happening['event'], named: string): string {
  return [type, ...Object.entries(others).filter(([, value]) => value !== named).map(([key, value]) => `${key}=${text(value)}`)].join(' ');
}
const functionOf = (answer: string): string => answer.replace(/\.ret$/, '');

/** How an errno is told: by its name, or only that there is one. */
type Errno = (ret: number) => string;
const byName: Errno = errnoName;
const asFailure: Errno = (ret) => (ret === 0 ? '0' : 'failure');

const user = (errno: Errno): Observer => ({ kind, at, event }) => {
  const name = nameOf(at);
  if (kind === 'begin') return `${name}: ${told(event, name)}`;
  if (kind === 'result') return `${name}: ${functionOf(event.type)} = ${errno(Number(event['ret']))}`;
  if (kind !== 'said') return null;
  if (logged.has(event.type)) return `${name}: ${event.type}${event['why'] === undefined ? '' : `, ${text(event['why'])}`}`;
  return event.type === 'kobject_uevent' ? `${name}: uevent ${text(event['action'])} driver=${text(event['driver'])}` : null;
};

const kernel = (errno: Errno): Observer => (happening) => {
  const { kind, at, event } = happening;
  const name = nameOf(at);
  if (kind === 'call') return kept.has(event.type) ? null : `${name}: ${told(event, name)} is called`;
  if (kind === 'answer') return kept.has(functionOf(event.type)) ? null : `${name}: ${functionOf(event.type)} = ${errno(Number(event['ret']))}`;
  if (kind === 'said' && event.type === 'bus_notify') return `${name}: ${text(event['action'])} driver=${text(event['driver'])}`;
  return user(errno)(happening);
};

/** Who drives a device, seen by its driver, firmware and pinctrl; and one thing more, under a name of its own. */
const beside = (more: (event: Happening['event']) => boolean): Observer => (happening) => {
  const { kind, at, event } = happening;
  if (kind === 'said' && more(event)) return `${nameOf(at)}: its group may be given up`;
  return kind === 'call' || kind === 'answer' ? kernel(byName)(happening) : kind === 'said' ? null : user(byName)(happening);
};

/**
 * By name. `any-errno`: a failure is a failure, whichever it is. `cleanups` and `notices` are made for each other: what the bus's dma_cleanup marks for one, the
 * notices UNBOUND_DRIVER and DRIVER_NOT_BOUND mark for the other.
 */
export const observers: Readonly<Record<string, Observer>> = {
  kernel: kernel(byName),
  user: user(byName),
  'kernel-any-errno': kernel(asFailure),
  'user-any-errno': user(asFailure),
  cleanups: beside(({ type }) => type.endsWith('_dma_cleanup')),
  notices: beside(({ type, action }) => type === 'bus_notify' && (action === 'BUS_NOTIFY_UNBOUND_DRIVER' || action === 'BUS_NOTIFY_DRIVER_NOT_BOUND')),
};
