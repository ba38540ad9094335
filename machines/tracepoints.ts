/**
 * Which probe of a recorder stands for which event of the charts, as data.
 *
 * A probe is known by the function it sits on and by its place: at the entry, at a `mutex_unlock` inside (the state as
 * the critical section leaves it), or at the return; so recorders may name their events as they like. `says` is the
 * word of the charts: a call, its answer, or what a chart says. Functions that no row names are outside the model.
 * Kernel v6.1.y and v6.12.y as Debian builds them: which static functions survive inlining differs.
 */
import { probes, type Probe } from './probes.ts';

/** Where in a function a probe sits. */
export type Place = 'entry' | 'locked' | 'return';

export interface Tracepoint {
  readonly says: string;
  readonly at: Place;
  /** Of a notifier call: the value of BUS_NOTIFY_ADD_DEVICE, 1 up to 6.2 and 0 from 6.3 on. */
  readonly first?: number;
}

export interface Recorder {
  /** Rows by `function place`. */
  readonly points: ReadonlyMap<string, Tracepoint>;
  /** Functions of other kernels that stand where this one has a function of another name: rows in the same form. */
  readonly renamed: ReadonlyMap<string, Tracepoint>;
  /** Functions that this kernel has too, built so that no probe can sit on them. */
  readonly inlined: ReadonlySet<string>;
}

/** Where notifier calls are seen: 6.3 brought bus_notify(), and other numbers. */
const notifierCalls: Readonly<Record<string, Tracepoint>> = {
  blocking_notifier_call_chain: { says: 'bus_notify', at: 'entry', first: 1 },
  bus_notify: { says: 'bus_notify', at: 'entry', first: 0 },
};

/** Functions that every kernel shows, by what of them is recorded: entry and return, the entry alone, the unlock of group->mutex, calls of kobject_uevent(). */
const everywhere = probes.filter(({ some, outside }) => some !== true && outside !== true);
const functions = (which: (probe: Probe) => boolean): string[] => everywhere.filter(which).map(({ on }) => on.at(-1) ?? '');
const both = functions(({ returns }) => returns !== undefined);
const entryOnly = functions(({ returns, calls }) => returns === undefined && calls === undefined);
const locked = functions(({ calls }) => calls === 'mutex_unlock');
const uevents = functions(({ calls }) => calls === 'kobject_uevent');

interface Special {
  readonly pairs: readonly string[];
  readonly entries: readonly string[];
  readonly critical: readonly string[];
  readonly notifier: string;
  /** Another kernel's function: how this one calls it. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly inlined: readonly string[];
}

function recorder({ pairs, entries, critical, notifier, renamed, inlined }: Special): Recorder {
  const points = new Map<string, Tracepoint>();
  for (const name of [...both, ...pairs]) {
    points.set(`${name} entry`, { says: name, at: 'entry' });
    points.set(`${name} return`, { says: name, at: 'return' });
  }
  for (const name of [...entryOnly, ...entries]) points.set(`${name} entry`, { says: name, at: 'entry' });
  for (const name of [...locked, ...critical]) points.set(`${name} locked`, { says: name, at: 'locked' });
  // kobject_uevent() lies in lib/, where no probe can sit: the calls to it inside these functions are recorded.
  for (const name of uevents) points.set(`${name} locked`, { says: 'kobject_uevent', at: 'entry' });
  const others = new Map<string, Tracepoint>();
  for (const [name, point] of Object.entries(notifierCalls)) (name === notifier ? points : others).set(`${name} entry`, point);
  for (const [name, says] of Object.entries(renamed)) for (const at of ['entry', 'return'] as const) others.set(`${name} ${at}`, { says, at });
  return { points, renamed: others, inlined: new Set(inlined) };
}

/** What shows itself without a probe: uevents to who listens, and what drivers/base/dd.c prints. Rows in the same form. */
export const unprobed: ReadonlyMap<string, Tracepoint> = new Map([
  ['kobject_uevent entry', { says: 'kobject_uevent', at: 'entry' }],
  ['printk entry', { says: 'printk', at: 'entry' }],
]);

const deviceClaims = ['iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner'];
const v6_1_y: Special = {
  pairs: ['__iommu_group_set_domain'], entries: ['iommu_release_device', 'iommu_group_remove_device'], critical: [],
  notifier: 'blocking_notifier_call_chain', renamed: { __iommu_group_set_domain_internal: '__iommu_group_set_domain' }, inlined: [],
};
const v6_12_y: Special = {
  pairs: ['__iommu_group_set_domain_internal', ...deviceClaims], entries: ['iommu_deinit_device'], critical: deviceClaims,
  notifier: 'bus_notify', renamed: { __iommu_group_set_domain: '__iommu_group_set_domain_internal' }, inlined: ['iommu_release_device'],
};

const v6_2: Special = { ...v6_1_y, pairs: [...v6_1_y.pairs, ...deviceClaims], critical: deviceClaims };

/** What the recorders of each model's kernel can see. Recordings exist of v6.1.y and v6.12.y; the others are built alike, as far as is known. */
export const recorders: Readonly<Record<string, Recorder>> = {
  'v5.19': recorder(v6_1_y),
  'v6.1.y': recorder(v6_1_y),
  'v6.2': recorder(v6_2),
  'v6.5': recorder({ ...v6_12_y, entries: v6_1_y.entries, inlined: [] }),
  'v6.6': recorder(v6_12_y),
  'v6.12.y': recorder(v6_12_y),
  'v6.15': recorder(v6_12_y),
  'v7.3': recorder(v6_12_y),
};

/** Buses whose notifier calls the recorder keeps. */
export const notifiedBuses: readonly string[] = ['pci', 'virtio', 'pci_express', 'platform'];

/** ioctl numbers of include/uapi/linux/vfio.h that the charts know. */
export const ioctls: Readonly<Record<number, string>> = {
  0x3b66: 'VFIO_SET_IOMMU', 0x3b67: 'VFIO_GROUP_GET_STATUS', 0x3b68: 'VFIO_GROUP_SET_CONTAINER',
  0x3b69: 'VFIO_GROUP_UNSET_CONTAINER', 0x3b6a: 'VFIO_GROUP_GET_DEVICE_FD',
};

/** A driver whose probe registers a vfio_device: their names all say so (vfio-pci, mlx5-vfio-pci, vfio-platform, ...). */
export const isVfioDriver = (name: string): boolean => /(^|-)vfio(-|$)/.test(name);
