/** Small topologies under every kernel: how many worlds there are, and which properties a kernel breaks, after how many steps at the earliest. */
import { describe, expect, test } from 'vitest';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { modelOf, small, smallTopology, type Small } from './subjects.ts';

const count = 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API';
const both = 'a group that a user owns has no driver that uses the DMA API';
const counted = 'a group with an owner is counted';
const used = 'a group with a driver that uses the DMA API is held for drivers';
const held = 'at rest a group is held for drivers only while a driver uses the DMA API';
const ready = 'no driver is probed before its device is ready, nor when it is dead';
const domain = 'every device of a group is attached to the domain of the group';
const stops = 'the kernel never stops';
const deferred = 'a driver whose match defers does not probe the device in that walk';
const registers = 'a driver is registered, unless its name is taken';
const onUsers = 'no driver that does DMA is in a group that is attached to another domain than the default one';
const bound = 'DRIVER_NOT_BOUND comes only after BIND_DRIVER';
const links = 'driver_sysfs_remove comes only after driver_sysfs_add';
const warns = 'iommu_device_unuse_default_domain never warns';
const kernels = (...names: string[]) => <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
/** Of v5.15 says its own row, where it has one. */
const all = kernels('v5.19', 'v6.1.y', 'v6.2', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15', 'v7.3');

/** By topology; by kernel the number of worlds, and what is broken. */
const subjects: readonly (readonly [string, Small, Readonly<Record<string, readonly [number, Readonly<Record<string, number>>]>>])[] = [
  ['two devices and a user', { devices: 2, sysfs: true, users: 1, times: 1 }, { ...all([10258, {}]), 'v5.15': [7270, { [onUsers]: 21 }] }],
  ['test_remove and a user', { sysfs: true, users: 1, times: 1, test_remove: true }, {
    ...all([5041, {}]), 'v5.15': [3200, { [onUsers]: 21 }], ...kernels('v5.19', 'v6.2', 'v6.5')([4725, { [count]: 29, [held]: 42 }]), // f429378a9bf8
  }],
  ['a module, a device that comes, and a user', {
    hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister', 'vm1'], users: 1, times: 1,
  }, {
    'v5.15': [21270, { [domain]: 15, [ready]: 26, [onUsers]: 39 }], ...kernels('v6.1.y', 'v6.12.y')([31193, {}]), 'v7.3': [32913, {}], // a2225b6e834a
    ...kernels('v5.19', 'v6.2', 'v6.5', 'v6.6')([33879, { [count]: 40, [used]: 40, [both]: 42, [ready]: 26 }]),
    'v6.15': [37091, { [count]: 41, [used]: 41, [both]: 43, [ready]: 26, [stops]: 37 }], // without the gate, bcb81ac6ae3c meets drivers of new devices too
  }],
  ['the cdx bus', { bus: 'cdx', sysfs: true, users: 1, times: 1 }, kernels('v6.5', 'v6.6', 'v6.12.y', 'v6.15', 'v7.3')([4024, { [used]: 20, [both]: 20, [counted]: 49 }])],
  ['a domain that cannot be attached', {
    devices: 2, users: 1, answers: { 'iommu_group_claim_dma_owner.attach': [0, -12], 'iommu_attach_group.attach': [0, -12] },
  }, { ...all([20, {}]), 'v5.15': [9, { [domain]: 2 }], 'v5.19': [30, { [domain]: 2 }], 'v6.1.y': [25, { [domain]: 2 }], 'v6.2': [30, { [domain]: 2 }] }],
  ['suppliers that may do without', { sysfs: true, times: 1, answers: { device_links_check_suppliers: [0, -11], probe: [0, -12] } }, { ...all([871, {}]), 'v5.15': [573, {}], 'v5.19': [589, {}] }],
  ['matches that defer or fail', { module: true, bus: 'platform', times: 1, answers: { driver_match_device: [0, 1, -517, -19] } }, {
    ...all([94, {}]), 'v5.15': [120, { [deferred]: 16, [registers]: 17 }], 'v5.19': [118, { [deferred]: 16, [registers]: 17 }],
  }],
  ['a probe that fails anywhere', { sysfs: true, times: 1, answers: { probe: [0, -12], sysfs_create_link: [0, -12], pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517] } }, {
    'v5.15': [653, { [bound]: 15, [links]: 13 }], 'v5.19': [685, {}], // 00eb74ea2c14, 885e50253bfd
  }],
  ['an IOMMU that comes late, pci', { ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1 }, {
    ...all([3272, { [count]: 22, [used]: 22, [warns]: 51 }]), 'v5.15': [3648, {}],
    'v6.15': [5192, { [count]: 23, [used]: 23, [warns]: 52, [stops]: 19 }], 'v7.3': [4960, { [count]: 23, [used]: 23, [warns]: 52 }], // 78447d4545b2
  }],
  ['an IOMMU that comes late, amba', { ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1, bus: 'amba' },
    kernels('v6.15', 'v7.3')([5192, { [count]: 23, [used]: 23, [warns]: 52, [stops]: 19 }])],
  ['a reset and a user', { devices: 2, entries: ['reset_store'], users: 1, times: 1 }, { 'v7.3': [128, {}] }],
];

describe.each(subjects)('%s', (_name, given, expected) => {
  test.each(Object.keys(expected))('%s', async (model) => {
    const { states, properties } = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology({ ...given, model }), modelOf(model)), { partialOrder: false, symmetry: false });
    const broken = properties.filter(({ verdict }) => verdict !== 'holds').map(({ name, way }) => [name, way?.steps.length]);
    expect([states, Object.fromEntries(broken)]).toEqual(expected[model]);
  }, 30_000);
});
