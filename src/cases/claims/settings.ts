/** The topologies in which claims are checked, each with what may happen in it. */
import type { DriverSpec, ThreadSpec, Topology } from '../../../machines/topology.ts';
import { smallTopology, type Small } from '../small.ts';
import type { Setting } from './claim.ts';

const setting = (says: string, small: Small): Setting => ({ says, topology: smallTopology({ times: 1, ...small }) });

/** What may go wrong in a probe: before the claim, and after it. */
const early = { pinctrl_bind_pins: [0, -22] };
const late = { probe: [0, -12] };
const either = { ...early, ...late };
/** An answer of each kind that sends really_probe() to a label of its own. */
const everywhere = {
  ...either, firmware_dma_configure: [0, -517], sysfs_create_link: [0, -12], activate: [0, -22], device_add_groups: [0, -12], state_synced: [0, -12],
};

export const oneUser = setting('a device that is bound and unbound, and a user of its group', { sysfs: true, users: 1 });
export const oneUserLate = setting('a device that is bound and unbound, whose probe() may fail, and a user of its group', { sysfs: true, users: 1, answers: late });
export const oneUserEither = setting('a device that is bound and unbound, whose pinctrl or probe() may fail, and a user of its group', { sysfs: true, users: 1, answers: either });
export const oneUserOn = (bus: string): Setting => setting(`a device on the ${bus} bus that is bound and unbound, and a user of its group`, { bus, sysfs: true, users: 1 });
export const everyFailure = setting('a device that is bound and unbound, where each step of its probe may fail, and a user of its group', { sysfs: true, users: 1, answers: everywhere });
export const lateFailures = setting('a device that is bound and unbound, where each step after dma_configure may fail', {
  sysfs: true, answers: { ...late, sysfs_create_link: [0, -12], activate: [0, -22], device_add_groups: [0, -12], state_synced: [0, -12] },
});
export const twice = setting('a device that is bound and unbound twice, whose pinctrl or probe() may fail', { sysfs: true, answers: either, times: 2 });
export const testRemove = setting('a device that is bound and unbound, with test_remove', { sysfs: true, test_remove: true });
export const testRemoveFails = setting('a device that is bound and unbound, with test_remove, where each step of its probe may fail', { sysfs: true, test_remove: true, answers: everywhere });
export const byHand = setting('a device that is bound, unbound, and bound by hand (device_bind_driver)', { sysfs: true, manual: true });
export const byHandFails = setting('a device that is bound, unbound, and bound by hand (device_bind_driver), where each step may fail', { sysfs: true, manual: true, answers: everywhere });

export const twoDevices = setting('two devices of a group, each bound and unbound by writers of its own', { devices: 2, writers: true });
export const twoFail: Setting = setting('two devices of a group, each bound by a writer of its own, one unbound; pinctrl or a probe() may fail', {
  devices: 2, writers: true, only: ['bind_store 0', 'bind_store 1', 'unbind_store 0'], answers: either,
});
export const threeFail = setting('three devices of a group, each bound by a writer of its own, whose probe() may fail', {
  devices: 3, writers: true, only: ['bind_store 0', 'bind_store 1', 'bind_store 2'], answers: late,
});
export const oneAtATime: Setting = { ...twoFail, says: `${twoFail.says}; one call at a time`, together: 1 };
export const twoUnbinds = setting('two devices of a group, bound, each unbound by a writer of its own', {
  devices: 2, bound: true, writers: true, only: ['unbind_store 0', 'unbind_store 1'],
});
export const threeUnbinds = setting('three devices of a group, bound, each unbound by a writer of its own', {
  devices: 3, bound: true, writers: true, only: ['unbind_store 0', 'unbind_store 1', 'unbind_store 2'],
});

/** One device of a group leaves its driver while another meets one. */
function race(says: string, answers: Topology['answers']): Setting {
  const { topology } = setting(says, { devices: 2, bound: true, writers: true, only: ['unbind_store 0', 'bind_store 1'], answers });
  return { says, topology: { ...topology, devices: topology.devices.map((device, index) => (index === 1 ? { ...device, driver: null } : device)) } };
}
export const unbindAndBind = race('one device of a group is unbound while another is bound, and nothing fails', {});
export const unbindAndPinctrl = race('one device of a group is unbound while another is bound, whose pinctrl may fail', early);
export const unbindAndFirmware = race('one device of a group is unbound while another is bound, whose firmware may defer', { firmware_dma_configure: [0, -517] });
export const unbindAndProbe = race('one device of a group is unbound while another is bound, whose probe() may fail', late);

export const stubLeaves = setting('two devices of a group, bound and unbound to e1000e or to pci-stub, which manages DMA itself, and a user', {
  devices: 2, managed: true, sysfs: true, users: 1, only: ['bind_store', 'unbind_store', 'vm1'],
});
export const stubBeside = setting('two devices of a group, bound and unbound to e1000e or to pci-stub, which manages DMA itself, whose probe() may fail, and a user', {
  devices: 2, managed: true, sysfs: true, users: 1, answers: late, only: ['bind_store', 'unbind_store', 'vm1'],
});
export const modules = setting('two drivers, one of which manages DMA itself, are loaded, unloaded, bound and unbound, beside a user', {
  managed: true, sysfs: true, module: true, users: 1,
});
export const hotplug = setting('a device that is added, removed, bound and unbound, whose pinctrl or probe() may fail', { sysfs: true, hotplug: true, answers: either });
export const iommuLeaves = setting('a device that is bound, and is unbound while its IOMMU driver unregisters', {
  bound: true, sysfs: true, entries: ['iommu_device_unregister'], only: ['unbind_store', 'iommu_device_unregister'],
});

const claims = (name: string, times: number, ...types: string[]): ThreadSpec => ({ name, entry: 'dma_owner', calls: types.map((type) => ({ type, group: 'group:8' })), times });
export const twoClaims: Setting = {
  says: 'a user that claims a group twice, and somebody who releases it once',
  topology: { ...smallTopology({}), threads: [claims('vm1', 2, 'claim'), claims('vm2', 1, 'release')] },
};

const names = ['0000:02:00.0', '0000:02:00.1'] as const;
const vfio_pci: DriverSpec = { name: 'vfio-pci', bus: 'pci', driver_managed_dma: true, async: false, vfio: true, registered: true, matches: ['*'] };
/** Two devices of a group, bound to vfio-pci. */
function vfio(...threads: ThreadSpec[]): Topology {
  const { devices, ...rest } = smallTopology({ devices: 2 });
  return { ...rest, devices: devices.map((device) => ({ ...device, driver: 'vfio-pci' })), drivers: [vfio_pci], threads };
}
const each = (devices: readonly string[], ...types: string[]) => devices.flatMap((device) => types.map((type) => ({ type, device })));
const through = (entry: string, [open, ...more]: readonly [string, ...string[]], name: string, devices: readonly string[], times: number | null): ThreadSpec => ({
  name, entry, times,
  calls: [
    { type: open }, { type: 'group_open', group: 'group:8' }, { type: 'group_set_container' }, ...more.map((type) => ({ type })),
    ...each(devices, 'group_get_device_fd', 'device_close'), { type: 'group_unset_container' }, { type: 'group_close' },
  ],
});
const container = through.bind(null, 'vfio_user', ['container_open', 'set_iommu', 'container_close']);
export const oneContainer: Setting = {
  says: 'a process with a container and both devices of a group, which opens and closes in any order, again and again', topology: vfio(container('vm1', names, null)),
};
export const twoContainers: Setting = {
  says: 'two processes, each with a container and one of the two devices of a group', topology: vfio(container('vm1', [names[0]], 4), container('vm2', [names[1]], 4)),
};
export const iommufd: Setting = {
  says: 'a process with an iommufd and both devices of a group, which opens and closes in any order, again and again',
  topology: vfio(through('iommufd_user', ['iommufd_open', 'iommufd_close'], 'vm1', names, null)),
};
