/** Small topologies under every kernel: how many worlds there are, and which properties a kernel breaks, after how many steps at the earliest. */
import { describe, expect, test } from 'vitest';
import { kernels as released } from '../../machines/models/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const count = 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API';
const both = 'a group that a user owns has no driver that uses the DMA API';
const counted = 'a group with an owner is counted';
const used = 'a group with a driver that uses the DMA API is held for drivers';
const held = 'at rest a group is held for drivers only while a driver uses the DMA API';
const ready = 'no driver is probed before its device is ready, nor when it is dead';
const domain = 'every device of a group is attached to the domain of the group';
const kernels = (...names: string[]) => <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
const ungated = kernels('v5.19', 'v6.2', 'v6.5', 'v6.6');
const gated = kernels('v6.1.y', 'v6.12.y');
const all = kernels(...Object.keys(released));

/** By topology; by kernel the number of worlds, and what is broken. */
const subjects: readonly (readonly [string, Small, Readonly<Record<string, readonly [number, Readonly<Record<string, number>>]>>])[] = [
  ['two devices and a user', { devices: 2, sysfs: true, users: 1, times: 1 }, all([154, {}])],
  ['test_remove and a user', { sysfs: true, users: 1, times: 1, test_remove: true }, {
    ...all([147, {}]), ...kernels('v5.19', 'v6.2', 'v6.5')([139, { [count]: 29, [held]: 42 }]), // f429378a9bf8
  }],
  ['a module, a device that comes, and a user', {
    hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister', 'vm1'], users: 1, times: 1,
  }, { ...ungated([2240, { [count]: 40, [used]: 40, [both]: 42, [ready]: 26 }]), ...gated([2129, {}]) }], // a2225b6e834a
  ['the cdx bus', { bus: 'cdx', sysfs: true, users: 1, times: 1 }, kernels('v6.5', 'v6.6', 'v6.12.y')([81, { [used]: 20, [both]: 20, [counted]: 49 }])],
  ['a domain that cannot be attached', {
    devices: 2, users: 1, answers: { 'iommu_group_claim_dma_owner.attach': [0, -12], 'iommu_attach_group.attach': [0, -12] },
  }, { ...all([7, {}]), 'v5.19': [15, { [domain]: 2 }], 'v6.1.y': [11, { [domain]: 2 }], 'v6.2': [15, { [domain]: 2 }] }],
  ['suppliers that may do without', { sysfs: true, times: 1, answers: { device_links_check_suppliers: [0, -11], probe: [0, -12] } }, { ...all([32, {}]), 'v5.19': [21, {}] }],
  ['matches that defer or fail', { module: true, bus: 'platform', times: 1, answers: { driver_match_device: [0, 1, -517, -19] } }, { ...all([19, {}]), 'v5.19': [18, {}] }],
];

describe.each(subjects)('%s', (_name, given, expected) => {
  test.each(Object.keys(expected))('%s', async (model) => {
    const { states, properties } = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology(given)));
    const broken = properties.filter(({ verdict }) => verdict !== 'holds').map(({ name, way }) => [name, way?.steps.length]);
    expect([states, Object.fromEntries(broken)]).toEqual(expected[model]);
  }, 30_000);
});
