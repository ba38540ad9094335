/** An IOMMU that comes in two passes, one that leaves, one without a detach op, and one that iommufd does without: what each kernel or posting makes of it. */
import { expect, test } from 'vitest';
import type { ThreadSpec } from '../../machines/topology.ts';
import { found, rowsOf, type Questions } from './questions.ts';

const count = 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API';
const used = 'a group with a driver that uses the DMA API is held for drivers';
const held = 'at rest a group is held for drivers only while a driver uses the DMA API';
const stops = 'the kernel never stops';
const warns = 'iommu_device_unuse_default_domain never warns';
const early = 'nobody is counted in a group whose default domain is not set yet';
const released = 'what is released when a device is closed was claimed when it was bound';
const stays = 'no device stays on a domain of a user that was detached';
const kernels = (...names: string[]) => <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));

const device = '0000:02:00.0';
const e1000e = { name: 'e1000e', matches: ['*'] };
const thread = (entry: string, ...calls: ThreadSpec['calls']) => ({ name: entry, entry, calls, times: 1 });
const write = (entry: string) => thread(entry, { type: entry, driver: 'e1000e', device });
const iommu = (entry: string) => thread(entry, { type: entry, bus: 'pci' });
const vm1 = { name: 'vm1', entry: 'dma_owner', calls: ['claim', 'attach', 'detach', 'release'].map((type) => ({ type, group: 8 })), times: 4 };

const questions: Questions = {
  'the two passes of an IOMMU that comes, and a driver between them (b46064a18810)': [{
    devices: [{ name: device, group: 8, grouped: false }], drivers: [e1000e], threads: [iommu('iommu_device_register'), write('bind_store')],
  }, {
    'v5.15': [554, {}],
    ...kernels('v5.19', 'v6.1.y', 'v6.2', 'v6.5', 'v6.6')([627, { [count]: 23, [used]: 23, [early]: 24 }]), 'v6.12.y': [547, { [count]: 23, [used]: 23 }], 'v6.15': [754, { [count]: 24, [used]: 24, [stops]: 20 }], 'v7.3': [728, { [count]: 24, [used]: 24 }],
  }],
  'an IOMMU leaves while a driver is bound, and comes back': [{
    devices: [{ name: device, group: 8, driver: 'e1000e' }], drivers: [e1000e],
    threads: [thread('iommu_device_unregister', { type: 'iommu_device_unregister', device }), iommu('iommu_device_register'), write('unbind_store')],
  }, {
    'v6.1.y': [1044, { [count]: 4, [used]: 10, [held]: 4, [warns]: 23 }],
    'v6.12.y': [1093, { [count]: 4, [used]: 10, [held]: 4, [warns]: 23 }], 'v7.3': [1178, { [count]: 4, [used]: 11, [held]: 4, [warns]: 24 }],
  }],
  'no driver is bound while the IOMMU leaves and comes back': [{
    devices: [{ name: device, group: 8 }], drivers: [e1000e], threads: [thread('iommu_device_unregister', { type: 'iommu_device_unregister', device }), iommu('iommu_device_register'), vm1],
  }, { 'v6.12.y': [3728, {}] }],
  'a user detaches, and the IOMMU driver has no op for it (0286300e6045)': [{
    devices: [{ name: device, group: 8 }], threads: [vm1], options: { detach_dev: false },
  }, { 'v6-posting': [102, { [stays]: 6 }], 'v7-posting': [76, { [stays]: 6 }], 'v5.19': [64, {}] }],
  'the same, with an op': [{ devices: [{ name: device, group: 8 }], threads: [vm1] }, { 'v6-posting': [95, {}] }],
  'a device without an IOMMU is bound to an iommufd, and its IOMMU comes': [{
    devices: [{ name: device, group: 8, driver: 'vfio-pci', grouped: false }], drivers: [{ name: 'vfio-pci', driver_managed_dma: true, vfio: true }],
    threads: [
      { name: 'vm1', entry: 'iommufd_user', times: 4, calls: [{ type: 'iommufd_open' }, ...['cdev_open', 'bind_iommufd', 'cdev_close'].map((type) => ({ type, device }))] },
      thread('bus_iommu_probe', { type: 'bus_iommu_probe', device }),
    ],
    answers: { iommufd_noiommu: [0, 1] },
  }, { 'v6.12.y': [344, {}], 'v7.3': [568, { [released]: 22 }] }],
};

test.each(rowsOf(questions))('%s: %s', async (name, model, json, expected) => {
  expect(await found(name, model, json)).toEqual(expected);
});
