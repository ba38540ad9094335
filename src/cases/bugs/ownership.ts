/** Who owns a group while drivers bind: the series itself, its postings, and what came after it. */
import { brokenModels } from '../../../machines/broken/index.ts';
import type { Model } from '../../../machines/model.ts';
import { models } from '../../../machines/models/index.ts';
import * as options from '../../../machines/options/index.ts';
import * as dma_ownership from '../../../machines/properties/dma_ownership.ts';
import * as history from '../../../machines/properties/history.ts';
import * as probe_pairing from '../../../machines/properties/probe_pairing.ts';
import type { Bug } from './bug.ts';
import { a, b, bind, onDevice, place, thread, unbind, user } from './places.ts';

export const named = (...names: string[]): Model[] => names.map((name) => {
  const model = models[name] ?? brokenModels.find(({ model: broken }) => broken.name === name)?.model;
  if (model === undefined) throw new Error(`no model ${name}`);
  return model;
});
const vfio = { name: 'vfio-pci', driver_managed_dma: true, vfio: true };
/** A process that sets the container of the group. */
const process = thread('vm1', 'vfio_user', [{ type: 'container_open' }, { type: 'group_open', group: 8 }, { type: 'group_set_container' }], 3);
const steps = (device: string) => [bind(device), unbind(device)];

export const ownership: readonly Bug[] = [
  {
    id: '1', commit: 'f429378a9bf8',
    what: 'with CONFIG_DEBUG_TEST_DRIVER_REMOVE a driver is removed and probed again without dma_cleanup: the group is counted once too often for ever',
    affected: named('v5.19', 'v6.2', 'v6.5'), fixed: named('v6.1.y', 'v6.6', 'v6.12.y'),
    topology: place({ threads: [...steps(a), user('claim')], test_remove: true }),
    property: dma_ownership.heldIsUsed,
    scenario: 'test-remove-leaks',
    recordings: [{ trace: 'tdr-buggy/tdr', shows: 'line 41: pci_dma_configure() again, and no pci_dma_cleanup() before it; tdr-fixed/tdr is the same kernel with the fix' }],
  },
  {
    id: '2', commit: '3b86f317c9c7',
    what: 'before groups had owners: a driver is bound in a group whose container is set, is not one of VFIO\'s, and the notifier of VFIO stops the machine',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({
      devices: [{ name: a, driver: 'vfio-pci' }, { name: b, driver: 'vfio-pci' }], drivers: [vfio, { name: 'e1000e' }], threads: [process, unbind(b, 'vfio-pci'), bind(b)],
    }),
    property: probe_pairing.kernelGoesOn,
    note: 'The other half of the fix is 93219ea94388. What the series is for.',
    scenario: 'vfio-live-group-bug',
  },
  {
    id: '3', commit: '0286300e6045',
    what: 'where the IOMMU driver has no detach op, a domain that a user has detached and freed stays in the hardware',
    affected: named('v6-posting', 'v7-posting'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ threads: [user('claim', 'attach', 'detach', 'release')], detach_dev: false }),
    property: dma_ownership.detachMoves,
    note: 'The affected tree was linux-next between 1ea2a07a532b and the fix. Memory is not in the charts: the path ends where the user may free what the hardware still uses.',
  },
  {
    id: '5a', commit: 'order of v8',
    what: 'use() comes before firmware, which then makes the group: the driver is bound and not counted, and its clean-up warns',
    affected: named('v6-posting', 'v7-posting'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ devices: [{ name: a, grouped: false }], threads: steps(a), answers: { firmware_dma_configure: [1] } }),
    property: dma_ownership.unuseIsExpected,
    note: 'Reported by Eric Auger against v7.',
  },
  {
    id: '5b', commit: 'order of v8',
    what: 'use() comes before firmware, beside a sibling that was counted: the clean-up takes the sibling\'s count, and a user may claim the group while the sibling\'s driver is there',
    affected: named('v6-posting', 'v7-posting'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ devices: [{ name: a, grouped: false }, { name: b }], threads: [...steps(a), bind(b), user('claim')], answers: { firmware_dma_configure: [1] } }),
    property: history.neverBothOn(b),
  },
  {
    id: '6', commit: 'never merged',
    what: 'a refused or deferred dma_configure is torn down, and really_probe() returns 0: the writer of bind is told that it succeeded',
    affected: named('v4-posting'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ threads: [bind(a), user('claim')], answers: { firmware_dma_configure: [0, -517] } }),
    property: probe_pairing.boundMeansZero,
  },
  {
    id: '7', commit: 'never merged',
    what: 'a dma_configure that fails goes to probe_failed: DRIVER_NOT_BOUND without BIND_DRIVER, and dma_cleanup for what was never configured',
    affected: named('v6.12.y, cleanup after a refused configure'), fixed: named('v6.1.y', 'v6.12.y'),
    topology: place({ threads: [bind(a), user('claim')] }),
    property: dma_ownership.ownerIsCounted,
    note: 'The affected model is v6.12.y with this label; the tree of December 2021 had it between the third and the fourth posting.',
  },
  {
    id: '8', commit: '00eb74ea2c14',
    what: 'a dma_configure that fails goes to the label that sends DRIVER_NOT_BOUND, although BIND_DRIVER was never sent',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ threads: [bind(a)], answers: { pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517] } }),
    property: probe_pairing.notBoundAfterBind,
    scenario: 'labels-before-5.17',
  },
  {
    id: '9', commit: '885e50253bfd',
    what: 'a pinctrl or dma_configure that fails removes links of sysfs that were never made',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ threads: [bind(a)], answers: { pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517] } }),
    property: probe_pairing.sysfsRemoveAfterAdd,
    scenario: 'labels-before-5.17',
  },
  {
    id: '10', commit: 'd8f7a5484f21',
    what: 'a device with dma-ranges that is bound and unbound keeps dma_range_map, and the next bind allocates another',
    affected: [options.before_d8f7a5484f21], fixed: [options.v6_1_y_dma_ranges],
    topology: place({ threads: steps(a), answers: { probe: [0, -12] } }),
    property: history.rangeMapIsFreed,
    note: 'Both models follow the pointer, which the others leave out; the kernels were 5.15 and 5.16.',
  },
  {
    id: '11', commit: '2380f1e8195e',
    what: 'a driver puts a domain of its own in place of the default one, both identity domains; the next driver of the group is refused with -EBUSY',
    affected: named('v5.19'), fixed: [options.v6_1_y_identity],
    topology: place({ devices: [{ name: a }, { name: b }], threads: [bind(a), bind(b), { ...user('attach'), name: 'amdgpu' }] }),
    property: history.onlyUsersRefuse,
    note: 'Reverted by 189116d5ad54 (6.7): from then on this is H-c again. Domains have no contents in the charts; in the fixed model all of them are identity domains.',
  },
  {
    id: '13', commit: 'c490513c818d',
    what: 'the new VFIO drivers (mlx5, hisi_acc) lack driver_managed_dma: to be bound counts as kernel DMA, and the claim of their group is refused with -EPERM',
    affected: [options.before_c490513c818d], fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({
      drivers: [vfio], threads: [bind(a, 'vfio-pci'), process],
    }),
    property: dma_ownership.heldIsUsed,
  },
  {
    id: '14', commit: 'ca5f21b25749',
    what: 'a process keeps the file of a group open after the last vfio driver is unbound: the group stays claimed, and kernel drivers are refused until the file is closed',
    affected: named('v5.19'), fixed: named('v6.1.y', 'v6.12.y'),
    topology: place({
      devices: [{ name: a, driver: 'vfio-pci' }], drivers: [vfio, { name: 'e1000e' }],
      threads: [unbind(a, 'vfio-pci'), bind(a), process],
    }),
    property: history.vfioLeavesWithItsDriver,
    note: 'The container may be set before the driver goes, as in the report, or after; what counts is the open file. Both are equally short.',
    scenario: 'vfio-claim-outlives-driver',
  },
  {
    id: '15', commit: 'of 5.19, without container_q',
    what: 'the unbind of the last vfio device waits until its container is unset, although nobody has the device open',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ devices: [{ name: a, driver: 'vfio-pci' }], drivers: [vfio], threads: [process, unbind(a, 'vfio-pci')] }),
    property: probe_pairing.nothingIsStuck,
    note: 'The process never unsets its container here: it need not, to be idle.',
    scenario: 'vfio-last-device-waits',
  },
  {
    id: '16', commit: '1ea2a07a532b',
    what: 'a device is plugged into a group that a user has attached: it gets the user\'s domain, and then the default one all the same',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({ devices: [{ name: a, present: false }, { name: b }], threads: [thread('plug', 'device_add', [{ type: 'pci_scan_single_device', device: a }]), user('attach', 'detach')] }),
    property: dma_ownership.oneDomain,
    scenario: 'hot-add-user-domain',
  },
  {
    id: '17', commit: '6.1.18, 6.3',
    what: 'an attach that fails at the second device leaves the first on the new domain, and group->domain names the old one',
    affected: named('v5.19', 'v6.2'), fixed: named('v6.1.y', 'v6.5', 'v6.12.y'),
    topology: place({ devices: [{ name: a }, { name: b }], threads: [user('claim', 'attach', 'detach', 'release')], answers: { 'iommu_attach_group.attach': [0, -12] } }),
    property: dma_ownership.oneDomain,
    scenario: 'vfio-set-container-attach-fails',
  },
  {
    id: '18', commit: null,
    what: 'cdx_dma_configure() throws the refusal away: a kernel driver is bound beside the user of its group, and its unbind takes the user\'s count',
    affected: named('v7.3', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15'), fixed: [], repaired: options.cdxRefuses,
    topology: place({ bus: 'cdx', devices: [{ name: a }], threads: [...steps(a), user('claim')] }),
    property: dma_ownership.ownerIsCounted,
    condition: 'a device of an AMD cdx bus whose IOMMU group is in the hands of vfio-cdx, and another driver that is bound to it or to a sibling',
    scenario: 'cdx-lost-refusal',
    steps: 'give one device of a cdx group to a user through vfio-cdx, bind another of the group to its kernel driver (the write succeeds), unbind it, close the user: iommu_group_release_dma_owner() warns, and the next claim is refused with -EBUSY',
  },
  {
    id: '19', commit: null,
    what: 'cdx_dma_configure() answers 0 when firmware says -EPROBE_DEFER: the driver probes without its IOMMU',
    affected: named('v7.3', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15'), fixed: [], repaired: options.cdxRefuses,
    topology: place({ bus: 'cdx', threads: steps(a), answers: { firmware_dma_configure: [0, -517] } }),
    property: history.firmwareIsHeard,
    condition: 'a cdx device whose IOMMU driver comes after its own driver',
    scenario: 'cdx-lost-deferral',
    steps: 'load the driver of a cdx device before the driver of its IOMMU: it is bound at once, and iommu_device_unuse_default_domain() warns when it is unbound',
  },
];

/** An IOMMU that comes late, or leaves. */
export const iommu: readonly Bug[] = [
  {
    id: '21', commit: 'b46064a18810',
    what: 'between the two passes of bus_iommu_probe() the group has no default domain yet: a driver comes in and maps, and pass 2 attaches another domain under it',
    affected: named('v6.6', 'v5.19', 'v6.1.y', 'v6.2', 'v6.5'), fixed: named('v6.12.y', 'v6.15', 'v7.3'),
    topology: place({ devices: [{ name: a, grouped: false }], threads: [thread('iommu', 'iommu_device_register', [{ type: 'iommu_device_register', bus: 'pci' }]), ...steps(a)] }),
    property: dma_ownership.nobodyBeforeDomain,
    note: 'A thread of iommu_device_register makes two steps of what is one for bus_iommu_probe: devices join in pass 1, domains come in pass 2. 6.1.192 has no fix.',
  },
  {
    id: '24', commit: '0c8e9c148e29',
    what: 'the IOMMU core drops its lock for dma_configure(), a second walk finishes the device, and the first goes on as if nobody had: the device is set up twice',
    affected: [options.v6_15_two_walks], fixed: [options.with_0c8e9c148e29, options.v7_3_two_walks],
    topology: place({ devices: [{ name: a, grouped: false }], threads: [onDevice('iommu', 'bus_iommu_probe', a), onDevice('other', 'bus_iommu_probe', a)] }),
    property: history.memberOnce,
    note: 'In the other models the calls of the IOMMU core for one device wait for each other; here they do not while the lock is dropped.',
  },
  {
    id: '26', commit: '78447d4545b2',
    what: 'dma_configure() from the IOMMU probe computes a pointer from dev->driver, a driver is bound meanwhile, and the flag is read through what was made from NULL',
    affected: named('v6.15'), fixed: named('v6.12.y', 'v7.3'),
    topology: place({ devices: [{ name: a, grouped: false }], threads: [onDevice('iommu', 'bus_iommu_probe', a), ...steps(a)] }),
    property: probe_pairing.kernelGoesOn,
    scenario: 'iommu-probe-races-bind',
    note: 'Seen on a Pixel 6. v6.12.y never had the cause (bcb81ac6ae3c).',
  },
  {
    id: '27', commit: null,
    what: 'amba and cdx load dev->driver twice in that dma_configure(), as pci did in 26',
    affected: named('v7.3', 'v6.15'), fixed: [], repaired: options.ambaLoadsOnce,
    topology: place({ bus: 'amba', devices: [{ name: a, grouped: false }], threads: [onDevice('iommu', 'bus_iommu_probe', a), ...steps(a)] }),
    property: probe_pairing.kernelGoesOn,
    condition: 'a device on amba or cdx whose IOMMU driver registers while a driver is bound to the device, as modules loaded side by side may do',
    steps: 'an ARM machine with an amba device behind an SMMU: load the driver of the SMMU and the driver of the device at the same time, again and again; the crash names amba_dma_configure()',
  },
];
