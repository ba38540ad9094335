/**
 * Words of the kernel that the charts share: errno numbers, notifier and uevent names, bus types.
 *
 * Numbers are those of include/uapi/asm-generic/errno-base.h, errno.h and include/linux/errno.h. A chart
 * writes `-EBUSY` as the kernel does; `errnoName(-16)` turns it back for people.
 */
export const EPERM = 1;
export const ENOENT = 2;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const EMFILE = 24;
export const ENOTTY = 25;
export const EBADFD = 77;
export const ETIMEDOUT = 110;
export const EPROBE_DEFER = 517;

const errnos: Readonly<Record<number, string>> = {
  [EPERM]: 'EPERM', [ENOENT]: 'ENOENT', [EIO]: 'EIO', [ENXIO]: 'ENXIO', [EBADF]: 'EBADF', [EAGAIN]: 'EAGAIN',
  [ENOMEM]: 'ENOMEM', [EACCES]: 'EACCES', [EBUSY]: 'EBUSY', [EEXIST]: 'EEXIST', [ENODEV]: 'ENODEV',
  [EINVAL]: 'EINVAL', [EMFILE]: 'EMFILE', [ENOTTY]: 'ENOTTY', [EBADFD]: 'EBADFD', [ETIMEDOUT]: 'ETIMEDOUT', [EPROBE_DEFER]: 'EPROBE_DEFER',
};

/** `-16` gives `-EBUSY`, `517` gives `EPROBE_DEFER`, `0` and unknown numbers give themselves as text. */
export function errnoName(ret: number): string {
  const name = errnos[Math.abs(ret)];
  return name === undefined ? String(ret) : ret < 0 ? `-${name}` : name;
}

/** The number behind `-EBUSY`, `EPROBE_DEFER` or `-16`; undefined when the word is neither. */
export function errnoNumber(word: string): number | undefined {
  if (/^-?\d+$/.test(word)) return Number(word);
  const sign = word.startsWith('-') ? -1 : 1;
  for (const [number, name] of Object.entries(errnos)) if (name === word.replace(/^-/, '')) return sign * Number(number);
  return undefined;
}

/** A name that a world learnt from a trace does not know yet. No kernel object is called so. */
export const unknown = '?';

/** The owner of a group without a count while drivers use it: the token of designs that were never merged. */
export const DMA_API = 'DMA API';

/** Bus notifier events, include/linux/device/bus.h, in the order of their values from 6.3 on. */
export const notifiers = [
  'BUS_NOTIFY_ADD_DEVICE', 'BUS_NOTIFY_DEL_DEVICE', 'BUS_NOTIFY_REMOVED_DEVICE', 'BUS_NOTIFY_BIND_DRIVER',
  'BUS_NOTIFY_BOUND_DRIVER', 'BUS_NOTIFY_UNBIND_DRIVER', 'BUS_NOTIFY_UNBOUND_DRIVER', 'BUS_NOTIFY_DRIVER_NOT_BOUND',
] as const;
export type Notifier = (typeof notifiers)[number];

/** enum kobject_action, include/linux/kobject.h. */
export const kobject_actions = [
  'KOBJ_ADD', 'KOBJ_REMOVE', 'KOBJ_CHANGE', 'KOBJ_MOVE', 'KOBJ_ONLINE', 'KOBJ_OFFLINE', 'KOBJ_BIND', 'KOBJ_UNBIND',
] as const;
export type KobjectAction = (typeof kobject_actions)[number];

/**
 * What a `struct bus_type` brings to the binding path.
 *
 * `dma`: the name of its dma_configure / dma_cleanup pair, or null where the bus has neither (or, as vmbus and
 * host1x, one that owns nothing). `probe`: the wrapper around a driver's own probe, where it has a name that a
 * recorder can see.
 */
export interface BusType {
  readonly name: string;
  readonly dma: string | null;
  readonly probe: string | null;
  readonly remove: string | null;
  /** iommu_bus_notifier is registered on this bus (drivers/iommu/iommu.c, iommu_buses). */
  readonly iommu: boolean;
}

const bus = (name: string, dma: string | null, wrapper: string | null, iommu: boolean): BusType => ({
  name, dma, probe: wrapper && `${wrapper}_probe`, remove: wrapper && `${wrapper}_remove`, iommu,
});

/** Buses with ownership of their own, and some without: those that a topology may name. One that a trace names and that is not listed has no callbacks: `plainBus`. */
export const buses: Readonly<Record<string, BusType>> = {
  pci: bus('pci', 'pci', 'pci_device', true),
  platform: bus('platform', 'platform', 'platform', true),
  amba: bus('amba', 'amba', 'amba', true),
  'fsl-mc': bus('fsl-mc', 'fsl_mc', 'fsl_mc_driver', true),
  cdx: bus('cdx', 'cdx', 'cdx', true),
  // Without ownership: no callbacks, or (vmbus, host1x) some that have to do with firmware and coherence only.
  ...Object.fromEntries(['virtio', 'pci_express', 'usb', 'auxiliary', 'mdev', 'vmbus', 'host1x'].map((name) => [name, bus(name, null, null, false)])),
};

/** A bus without callbacks. */
export const plainBus = (name: string): BusType => buses[name] ?? bus(name, null, null, false);
