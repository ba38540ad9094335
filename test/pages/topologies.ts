/** Small topologies that pages speak of, by what is in them. */
import type { Topology } from '../../machines/topology.ts';
import { smallTopology, type Small } from '../../src/cases/small.ts';
import { parseTopology } from '../../src/world/topology.ts';

const [device, sibling] = ['0000:02:00.0', '0000:02:00.1'];
const thread = (name: string, entry: string, times: number | null, ...calls: readonly object[]) => ({ name, entry, times, calls });
const bind = thread('bind_store', 'bind_store', 1, { type: 'bind_store', device, driver: 'e1000e' });
const two = { devices: [{ name: device, group: 8 }, { name: sibling, group: 8 }], drivers: [{ name: 'e1000e', matches: ['*'] }] };
const vfio = {
  devices: [{ name: device, group: 8, driver: 'vfio-pci' }],
  drivers: [{ name: 'vfio-pci', vfio: true, driver_managed_dma: true, matches: ['*'] }, { name: 'e1000e', matches: ['*'] }],
};

/** Users that claim and release, and attach nothing: what most users of a group come to. */
export function claimers(given: Small): Topology {
  const topology = smallTopology(given);
  return { ...topology, threads: topology.threads.map((one) => (one.entry === 'dma_owner' ? { ...one, calls: one.calls.filter(({ type }) => type === 'claim' || type === 'release') } : one)) };
}

export const kernelTopologies: Readonly<Record<string, Topology>> = {
  'probes that fail, and a user': smallTopology({ sysfs: true, users: 1, times: 1, answers: { probe: [0, -12], firmware_dma_configure: [0, -517] } }),
  'test_remove, and a user': claimers({ sysfs: true, users: 1, times: 1, test_remove: true }),
  'a platform device that comes, and a module': smallTopology({ hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister'], times: 1 }),
  'a PCI device that comes and goes': smallTopology({ hotplug: true, times: 1 }),
  'the same, without drivers_autoprobe': { ...smallTopology({ hotplug: true, absent: true, times: 1 }), options: { test_remove: false, drivers_autoprobe: false, detach_dev: true } },
  'attaches that fail half way': smallTopology({ devices: 2, users: 1, answers: { 'iommu_group_claim_dma_owner.attach': [0, -12], 'iommu_attach_group.attach': [0, -12] } }),
  'suppliers that may do without': smallTopology({ sysfs: true, times: 1, answers: { device_links_check_suppliers: [0, -11], probe: [0, -12] } }),
  'matches that defer or fail': smallTopology({ module: true, bus: 'platform', times: 1, answers: { driver_match_device: [0, 1, -517, -19] } }),
  'an IOMMU that comes late': smallTopology({ ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1 }),
  'the cdx bus, and a user': claimers({ bus: 'cdx', sysfs: true, users: 1, times: 1 }),
  'the type of a group, and a driver': parseTopology({ ...two, threads: [thread('type', 'group_store_type', 1, { type: 'group_store_type', group: 8 }), bind] }, 'type'),
  'a NULL owner': parseTopology({ ...two, threads: [thread('vm1', 'dma_owner', 2, { type: 'claim', group: 8, owner: null }, { type: 'release', group: 8 }), bind] }, 'null'),
  'claims by device and by group': parseTopology({
    ...two, threads: [
      thread('owner', 'device_dma_owner', 3, { type: 'claim_device', device }, { type: 'release_device', device }, { type: 'claim_device', device: sibling }),
      thread('vm1', 'dma_owner', 2, { type: 'claim', group: 8 }, { type: 'release', group: 8 }),
    ],
  }, 'claims'),
  'VFIO: a group is opened, a container set, the driver unbound': parseTopology({
    ...vfio, threads: [
      thread('vm', 'vfio_user', 4, { type: 'container_open' }, { type: 'group_open', group: 8 }, { type: 'group_set_container' }, { type: 'group_close' }),
      thread('unbind_store', 'unbind_store', 1, { type: 'unbind_store', device, driver: 'vfio-pci' }), bind,
    ],
  }, 'vfio'),
};

/** Where designs that were argued about part. */
export const designTopologies: Readonly<Record<string, Topology>> = {
  'two probes that fail, and a user': claimers({ devices: 2, writers: true, users: 1, only: ['bind_store 0', 'bind_store 1', 'vm1'], answers: { probe: [0, -12] }, times: 1 }),
  'a probe that fails, an unbind, and a user': claimers({ sysfs: true, users: 1, answers: { probe: [0, -12], firmware_dma_configure: [0, -517] }, times: 1 }),
  'test_remove, and a user': claimers({ sysfs: true, users: 1, test_remove: true, times: 1 }),
  'a driver without a token, and a user': claimers({ devices: 2, managed: true, sysfs: true, users: 1, only: ['bind_store', 'vm1'], times: 1 }),
};

const failing = { probe: [0, -12], pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517], sysfs_create_link: [0, -12] };
/** Where cleanups and notices are held against each other. */
export const noticeTopologies: Readonly<Record<string, Topology>> = {
  'bind and unbind, everything may fail': smallTopology({ sysfs: true, times: 1, answers: failing }),
  'a module comes and goes, everything may fail': smallTopology({ module: true, times: 1, answers: failing }),
  'test_remove': smallTopology({ sysfs: true, times: 1, test_remove: true }),
  'device_bind_driver, which may fail': smallTopology({ manual: true, times: 1, answers: { sysfs_create_link: [0, -12] } }),
};

const errors = { probe: [0, -12], sysfs_create_link: [0, -12], pinctrl_bind_pins: [0, -22] };
/** For the matrix: where a kernel should break nothing, */
export const ordinary: Readonly<Record<string, Topology>> = {
  'a driver that comes and goes, and a user': smallTopology({ sysfs: true, users: 1, times: 1, answers: { probe: [0, -12], firmware_dma_configure: [0, -517] } }),
  'two devices, and a user': smallTopology({ devices: 2, sysfs: true, users: 1, times: 1 }),
  'two probes at once, which may fail': smallTopology({ devices: 2, writers: true, only: ['bind_store 0', 'bind_store 1'], answers: errors, times: 1 }),
  'a user beside a driver with driver_managed_dma': smallTopology({ devices: 2, managed: true, sysfs: true, users: 1, only: ['bind_store', 'vm1'], answers: { probe: [0, -12] }, times: 1 }),
  'a platform device that comes, and a module': kernelTopologies['a platform device that comes, and a module'] as Topology,
  'a PCI device that comes and goes, and a user': smallTopology({ hotplug: true, users: 1, times: 1 }),
  'attaches that fail half way': smallTopology({ devices: 2, users: 1, times: 3, answers: { 'iommu_group_claim_dma_owner.attach': [0, -12], 'iommu_attach_group.attach': [0, -12] } }),
  'VFIO: a group is opened, a container set, the driver unbound': kernelTopologies['VFIO: a group is opened, a container set, the driver unbound'] as Topology,
};

/** the same again and again, where nested claims do not count without end, */
export const endless: Readonly<Record<string, Topology>> = { 'the first, again and again': smallTopology({ sysfs: true, users: 1 }) };

/** and the named hazards. */
export const hazards: Readonly<Record<string, Topology>> = {
  'test_remove, and a user': smallTopology({ sysfs: true, users: 1, times: 1, test_remove: true, answers: { probe: [0, -12] } }),
  'the cdx bus, and a user': smallTopology({ bus: 'cdx', sysfs: true, users: 1, times: 1 }),
  'an IOMMU that comes late, on PCI': smallTopology({ ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1 }),
  'an IOMMU that comes late, on amba': smallTopology({ ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1, bus: 'amba' }),
  'an IOMMU that comes late, two devices, and a user': claimers({ devices: 2, ungrouped: true, entries: ['bus_iommu_probe'], only: ['bus_iommu_probe', 'bind_store', 'vm1'], sysfs: true, users: 1, times: 1 }),
  'device_bind_driver': smallTopology({ manual: true, sysfs: true, only: ['manual', 'unbind_store'], times: 1, answers: { sysfs_create_link: [0, -12] } }),
};
