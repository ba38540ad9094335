/**
 * What a command of an entry point is on a real machine: a write to sysfs, a module, or a system call on a descriptor.
 *
 * A command that no user space can make alone (a worker, a driver that binds by hand) has no row.
 */
import { nameOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import type { Operation } from './suite.ts';

type Make = (call: Readonly<Record<string, string>>) => Operation;

const write = (path: string, value: string): Operation => ({ kind: 'write', path, value });
const file = (op: Extract<Operation, { kind: 'file' }>['op'], ...args: string[]): Operation => ({ kind: 'file', op, args });
const at = (role: string | undefined): string => `{${role}}`;
const ofDevice = (device: string | undefined, name: string): string => `/sys/bus/pci/devices/${at(device)}/${name}`;
const ofDriver = (driver: string | undefined, name: string): string => `/sys/bus/pci/drivers/${driver}/${name}`;
const number = (group: string | undefined): string => nameOf(group ?? '');
/** The module of a driver: modprobe takes `-` for `_`. */
export const moduleOf = (driver: string): string => driver.replaceAll('-', '_');

const rows: Readonly<Record<string, Make>> = {
  bind_store: ({ driver, device }) => write(ofDriver(driver, 'bind'), at(device)),
  unbind_store: ({ driver, device }) => write(ofDriver(driver, 'unbind'), at(device)),
  drivers_probe_store: ({ device }) => write('/sys/bus/pci/drivers_probe', at(device)),
  driver_override_store: ({ device, driver_override }) => write(ofDevice(device, 'driver_override'), driver_override ?? ''),
  pci_stop_and_remove_bus_device: ({ device }) => write(ofDevice(device, 'remove'), '1'),
  pci_scan_single_device: ({ device }) => write(`/sys/class/pci_bus/{bus ${device}}/rescan`, '1'),
  uevent_show: ({ device }) => ({ kind: 'read', path: ofDevice(device, 'uevent') }),
  group_store_type: ({ group }) => write(`/sys/kernel/iommu_groups/{group ${number(group)}}/type`, 'auto'),
  driver_register: ({ driver }) => ({ kind: 'module', action: 'load', module: moduleOf(driver ?? '') }),
  driver_unregister: ({ driver }) => ({ kind: 'module', action: 'unload', module: moduleOf(driver ?? '') }),
  container_open: () => file('copen', 'c'),
  container_close: () => file('close', 'c'),
  set_iommu: () => file('setiommu', 'c', '1'),
  group_open: ({ group }) => file('gopen', `g${number(group)}`, `{group ${number(group)}}`),
  group_close: ({ group }) => file('close', `g${number(group)}`),
  group_get_status: ({ group }) => file('gstatus', `g${number(group)}`),
  group_set_container: ({ group }) => file('setc', `g${number(group)}`, 'c'),
  group_unset_container: ({ group }) => file('unsetc', `g${number(group)}`),
  group_get_device_fd: ({ group, device }) => file('dev', `d${device}`, `g${number(group)}`, at(device)),
  device_close: ({ device }) => file('close', `d${device}`),
  iommufd_open: () => file('iopen', 'c'),
  iommufd_close: () => file('close', 'c'),
  cdev_open: ({ device }) => file('vopen', `v${device}`, at(device)),
  bind_iommufd: ({ device }) => file('bindfd', `v${device}`, 'c'),
  attach_pt: ({ device }) => file('attachpt', `v${device}`, 'c'),
  detach_pt: ({ device }) => file('detachpt', `v${device}`),
  cdev_close: ({ device }) => file('close', `v${device}`),
};

/** The operation behind a call; undefined when nobody can make it from user space. */
export function operationOf(call: Said): Operation | undefined {
  const words = Object.fromEntries(Object.entries(call).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
  return rows[call.type]?.(words);
}
