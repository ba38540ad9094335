/**
 * What v5.15 could not help, each in a topology of its own: how many worlds, what is broken, by how short a way, and that a later kernel is free of it.
 */
import { expect, test } from 'vitest';
import type { ThreadSpec } from '../../machines/topology.ts';
import { found, rowsOf, type Questions } from './questions.ts';

const stops = 'the kernel never stops';
const stuck = 'no call waits for ever';
const ends = 'every call can come to its end';
const onUsers = 'no driver that does DMA is in a group that is attached to another domain than the default one';
const domain = 'every device of a group is attached to the domain of the group';
const scheduled = 'an asynchronous probe is of the driver that it was scheduled for';

const [a, b] = ['0000:02:00.0', '0000:02:00.1'];
const vfio = { name: 'vfio-pci', driver_managed_dma: true, vfio: true, matches: ['*'] };
const e1000e = { name: 'e1000e', matches: ['*'] };
const device = (name: string, driver: string | null, more: object = {}) => ({ name, group: 8, driver, ...more });
const thread = (name: string, entry: string, calls: ThreadSpec['calls']) => ({ name, entry, calls, times: 1 });
/** A process whose calls may come in any order, each once. */
const user = (...calls: ThreadSpec['calls']) => ({ name: 'vm1', entry: 'vfio_user', calls, times: null });
const opens = [{ type: 'container_open' }, { type: 'group_open', group: 8 }, { type: 'group_set_container' }];
const write = (entry: string, driver: string, device: string) => thread(entry, entry, [{ type: entry, driver, device }]);
const load = (driver: string) => ({ name: driver, entry: 'driver_register', calls: [{ type: 'driver_register', driver }], times: 1 });
const async = (name: string) => ({ name, async: true, registered: false, matches: ['*'] });

/** By name: a topology, and by kernel the worlds and what is broken. */
const subjects: Questions = {
  'a driver is bound in a live group (3b86f317c9c7)': [{
    devices: [device(a, 'vfio-pci'), device(b, 'vfio-pci')], drivers: [vfio, e1000e],
    threads: [user(...opens), write('unbind_store', 'vfio-pci', b), write('bind_store', 'e1000e', b)],
  }, { 'v5.15': [8046, { [stops]: 60 }], 'v5.19': [7208, {}] }],
  'a device is opened while a driver is bound to its sibling': [{
    devices: [device(a, 'vfio-pci'), device(b, null)], drivers: [vfio, e1000e],
    threads: [user(...opens, { type: 'set_iommu' }, { type: 'group_get_device_fd', device: a }), write('bind_store', 'e1000e', b)],
  }, { 'v5.15': [3539, { [stops]: 41, [onUsers]: 33 }], 'v5.19': [2232, {}] }],
  'the last device leaves a group whose container nobody unsets': [{
    devices: [device(a, 'vfio-pci')], drivers: [vfio], threads: [{ ...user(...opens), times: 3 }, write('unbind_store', 'vfio-pci', a)],
  }, { 'v5.15': [988, { [stuck]: 23, [ends]: 11 }], 'v5.19': [945, {}], 'v6.1.y': [923, {}] }],
  'a device comes to a group that a user is attached to': [{
    devices: [device(a, 'vfio-pci'), device(b, null, { present: false })], drivers: [vfio],
    threads: [user(...opens, { type: 'set_iommu' }), thread('plug', 'device_add', [{ type: 'pci_scan_single_device', device: b }])],
  }, { 'v5.15': [3543, { [domain]: 27 }], 'v5.19': [2660, {}] }],
  'an asynchronous driver is loaded, and memory is short (70fe758352ca)': [{
    devices: [device(a, null)], drivers: [async('e1000e')], threads: [load('e1000e')], answers: { async_schedule_dev: [0, '-ENOMEM'] },
  }, { 'v5.15': [210, { [stuck]: 13, [ends]: 12 }], 'v5.19': [190, { [stuck]: 13, [ends]: 12 }], 'v6.1.y': [187, {}] }],
  'a device comes for an asynchronous driver, and memory is short (b232b02bf3c2)': [{
    devices: [{ name: 'p', bus: 'platform', present: false }], drivers: [{ ...async('d'), bus: 'platform', registered: true }],
    threads: [thread('plug', 'device_add', [{ type: 'device_add', device: 'p' }])], answers: { async_schedule_dev: [0, '-ENOMEM'] },
  }, { 'v5.15': [129, { [stuck]: 22, [ends]: 21 }], 'v5.19': [130, {}] }],
  'two asynchronous drivers for one device': [{
    devices: [device(a, null)], drivers: [async('e1000e'), async('igb')], threads: [load('e1000e'), load('igb')],
  }, { 'v5.15': [12356, { [scheduled]: 27 }], 'v5.19': [9524, {}] }],
};

test.each(rowsOf(subjects))('%s: %s', async (name, model, json, expected) => {
  expect(await found(name, model, json)).toEqual(expected);
});
