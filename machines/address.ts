/** How actors are named. One function per kind, so that a typing error is a compile error. */
import type { Address } from './chart.ts';

/** Whatever answers a call that no chart answers: firmware, pinctrl, a driver's own probe, an admin. */
export const environment: Address = 'environment';
export const deferredProbe: Address = 'deferred_probe';
/** drivers/pci/probe.c, taken by pci_lock_rescan_remove(). */
export const pciRescanRemoveLock: Address = 'pci_rescan_remove_lock';
export const deferredProbeWork: Address = 'thread:deferred_probe_work';

export const deviceAt = (device: string): Address => `device:${device}`;
export const bindingAt = (device: string): Address => `binding:${device}`;
export const attachAt = (device: string): Address => `attach:${device}`;
/** dev->parent->mutex. */
export const parentLockAt = (device: string): Address => `parent_lock:${device}`;
export const busDmaAt = (device: string): Address => `bus_dma:${device}`;
/** The callback again, for a caller that holds no device_lock: from v6.15 on. */
export const iommuDmaAt = (device: string): Address => `iommu_dma:${device}`;
export const notifierAt = (device: string): Address => `notifier:${device}`;
export const vfioDeviceAt = (device: string): Address => `vfio_device:${device}`;
export const groupAt = (id: string | number): Address => `group:${id}`;
export const vfioGroupAt = (id: string | number): Address => `vfio_group:${id}`;
/** A user process has one container, named like its thread. */
export const vfioContainerAt = (user: string): Address => `vfio_container:${user}`;
/** A process has one iommufd, named like its thread. */
export const iommufdCtxAt = (user: string): Address => `iommufd_ctx:${user}`;
export const driverAt = (driver: string): Address => `driver:${driver}`;
/** Files of sysfs: drivers/D/bind, drivers/D/unbind, devices/X/driver_override. */
export const bindFileAt = (driver: string): Address => `bind:${driver}`;
export const unbindFileAt = (driver: string): Address => `unbind:${driver}`;
export const overrideFileAt = (device: string): Address => `driver_override:${device}`;
export const busAt = (bus: string): Address => `bus:${bus}`;
export const asyncAt = (device: string): Address => `thread:async:${device}`;

/** `device:0000:02:00.0` gives `0000:02:00.0`: what stands behind the first colon. */
export const nameOf = (address: Address): string => address.slice(address.indexOf(':') + 1);
/** `device:0000:02:00.0` gives `device`. */
export const kindOf = (address: Address): string => {
  const colon = address.indexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
};
