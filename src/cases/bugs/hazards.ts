/** Hazards without a report and, but for one, without a fix: derived from the code, found here, open. */
import * as options from '../../../machines/options/index.ts';
import * as dma_ownership from '../../../machines/properties/dma_ownership.ts';
import * as history from '../../../machines/properties/history.ts';
import type { Bug } from './bug.ts';
import { named } from './ownership.ts';
import { a, b, bind, onDevice, place, thread, unbind, user } from './places.ts';

const all = named('v7.3', 'v5.19', 'v6.1.y', 'v6.2', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15');
const stub = { name: 'pci-stub', driver_managed_dma: true };

export const hazards: readonly Bug[] = [
  {
    id: 'H-a', commit: null,
    what: 'a driver that was bound before the IOMMU came is not counted; its unbind takes the count of its sibling, and a user may claim the group beside the sibling\'s driver',
    affected: all, fixed: [],
    topology: place({ devices: [{ name: a, driver: 'e1000e', grouped: false }, { name: b }], threads: [onDevice('iommu', 'bus_iommu_probe', a), unbind(a), bind(b), user('claim')] }),
    property: history.neverBothOn(b),
    condition: 'an IOMMU driver that is a module and comes after a driver has been bound; up to 6.14 mainly, since then the IOMMU core configures devices itself',
    note: 'A user may claim beside the first driver already, which is shorter; the property asks for the sibling, which was counted.',
    recordings: [{ trace: '6.12.117+deb12-amd64/viommu-defer', shows: 'what keeps it rare: where firmware names the IOMMU, pci_dma_configure() says -EPROBE_DEFER until it is there (line 39)' }],
    scenario: 'iommu-probe-after-bind',
    steps: 'load the driver of one device of a group, then the driver of the IOMMU, then bind a second device, unbind the first (WARN only if the second is not bound), and claim: it succeeds',
  },
  {
    id: 'H-b', commit: null,
    what: 'a device is plugged into a group that a user owns, and the IOMMU driver cannot attach it: it stays without a group, and a kernel driver is bound to it unasked',
    affected: all, fixed: [],
    topology: place({
      devices: [{ name: a, present: false }, { name: b }], threads: [thread('plug', 'device_add', [{ type: 'pci_scan_single_device', device: a }]), user('claim')],
      answers: { 'iommu_group_add_device.attach': [0, -12] },
    }),
    property: history.noDriverBesideAnOwner,
    condition: 'hot-plug into a shared group while a user owns it, and an IOMMU driver that runs out of memory or refuses the domain for this device; what the device can reach then is up to the IOMMU',
    note: 'The claim may come before the device or after it; both ways are equally short.',
    scenario: 'hot-add-attach-fails',
    steps: 'in QEMU with an IOMMU driver that refuses its next attach (fault injection of the page allocator), plug a function into the group of a running guest: "Failed to add to iommu group" and BIND_DRIVER of its driver',
  },
  {
    id: 'H-c', commit: null,
    what: 'a driver attaches a domain of its own without a claim while nobody is counted; the next driver comes in over it, and the one after that is refused with -EBUSY',
    affected: all, fixed: [],
    topology: place({ devices: [{ name: a }, { name: b }], threads: [bind(a), bind(b), { ...user('attach'), name: 'drm' }] }),
    property: history.onlyUsersRefuse,
    condition: 'display and Tegra drivers attach domains of their own; their group must have two more devices with drivers',
    note: 'From 6.0 to 6.6 two identity domains counted as equal (11).',
    steps: 'iommu_attach_group() by the first driver, then bind two siblings: the first succeeds, the second gets -EBUSY, and iommu_group_claim_dma_owner() was never called',
  },
  {
    id: 'H-d', commit: null,
    what: 'iommu_device_release_dma_owner() does not ask who has the group: it gives up a group that another way has claimed',
    affected: named('v7.3', 'v6.2', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15'), fixed: [],
    topology: place({ threads: [user('claim'), thread('vm2', 'device_dma_owner', [{ type: 'release_device', device: a }])] }),
    property: history.releasedByItsOwner,
    condition: 'a driver that mixes claims by group and by device, or releases once too often; VFIO and iommufd do neither',
    scenario: 'release-by-stranger',
  },
  {
    id: 'H-e', commit: '6.2',
    what: 'a claim whose blocking domain cannot be attached to the second device leaves the first blocked, and says that it failed: the first device\'s driver has no DMA',
    affected: named('v6.1.y', 'v5.19'), fixed: named('v6.2', 'v6.5', 'v6.6', 'v6.12.y', 'v7.3'),
    topology: place({ devices: [{ name: a }, { name: b }], threads: [bind(a), user('claim')], answers: { 'iommu_group_claim_dma_owner.attach': [0, -12] } }),
    property: dma_ownership.oneDomain,
    scenario: 'claim-attach-fails',
    note: '6.1.192 has no fix of it.',
  },
  {
    id: 'H-f', commit: null,
    what: 'dma_configure() of one walk sees a driver that is just being bound, and a group that another walk has made: the driver is counted twice, and given back once',
    affected: [options.v7_3_two_walks, options.with_0c8e9c148e29], fixed: [],
    topology: place({ devices: [{ name: a, grouped: false }], threads: [onDevice('iommu', 'bus_iommu_probe', a), onDevice('other', 'bus_iommu_probe', a), bind(a)] }),
    property: history.countedOnce,
    condition: 'two IOMMUs that register at the same time while a driver is bound to one of their devices; each of three steps has to fall into a window of the others',
    note: 'The test of dev->driver in iommu_init_device() and its load in dma_configure() are two loads, on every bus.',
    steps: 'three tasks, two of which register an IOMMU driver each while the third binds: iommu_device_use_default_domain() is entered twice for one BOUND_DRIVER, once by a task that walks',
  },
  {
    id: 'H-g', commit: null,
    what: 'a write to unbind compares the driver without device_lock: a driver that has come since is unbound in its place',
    affected: all, fixed: [], repaired: options.releasesByName,
    topology: place({
      devices: [{ name: a, driver: 'e1000e' }], drivers: [{ name: 'e1000e' }, stub],
      threads: [unbind(a, 'e1000e', 'unbind'), unbind(a, 'e1000e', 'unbind-again'), bind(a, 'pci-stub')],
    }),
    property: history.unbindsTheNamed,
    condition: 'two programs that rebind one device at the same time, as libvirt and an administrator may',
    scenario: 'unbind-successor',
    steps: 'two tasks write to e1000e/unbind while a third binds pci-stub: one unbind that succeeds is followed by UNBIND_DRIVER of pci-stub',
  },
  {
    id: 'H-h', commit: null,
    what: 'device_bind_driver() binds without dma_configure(), and the release cleans up all the same: the count goes below what it was',
    affected: all, fixed: [],
    topology: place({ threads: [thread('manual', 'device_bind_driver', [{ type: 'device_bind_driver', device: a, driver: 'e1000e' }]), unbind(a)] }),
    property: dma_ownership.unuseIsExpected,
    condition: 'a driver that binds by hand on a bus with dma_cleanup; those in the tree (phy, mac80211_hwsim, pnp, serio, usb) sit on buses without',
    scenario: 'manual-bind-underflow',
  },
  {
    id: 'H-i', commit: null,
    what: 'an IOMMU driver leaves while a driver is bound: the device loses its group, and the driver\'s clean-up finds none to give its count back to',
    affected: all, fixed: [],
    topology: place({ threads: [...[bind(a), unbind(a)], onDevice('iommu', 'iommu_device_unregister', a)] }),
    property: dma_ownership.heldIsUsed,
    condition: 'an IOMMU driver that is a module and is unloaded, or fails late in its own probe',
    steps: 'rmmod of an IOMMU driver with a bound device, unbind, and modprobe again: a WARN of iommu_device_unuse_default_domain() where the group is a new one',
  },
  {
    id: 'H-j', commit: null,
    what: 'a device without an IOMMU is bound to an iommufd, which claims nothing; its IOMMU comes, and the destroy releases what was never claimed',
    affected: named('v7.3'), fixed: [],
    topology: place({
      devices: [{ name: a, driver: 'vfio-pci', grouped: false }], drivers: [{ name: 'vfio-pci', driver_managed_dma: true, vfio: true }],
      threads: [
        thread('vm1', 'iommufd_user', [{ type: 'iommufd_open' }, ...['cdev_open', 'bind_iommufd', 'cdev_close'].map((type) => ({ type, device: a }))], 4),
        onDevice('iommu', 'bus_iommu_probe', a),
      ],
      answers: { iommufd_noiommu: [0, 1] },
    }),
    property: dma_ownership.releaseIsExpected,
    condition: 'a kernel with IOMMUFD_NOIOMMU, and an IOMMU driver that is loaded while the device is bound to an iommufd',
    steps: 'bind_iommufd without a call of iommu_device_claim_dma_owner, the device joins a group, the file is closed: iommu_device_release_dma_owner is called, with a warning',
  },
  {
    id: 'H-k', commit: null,
    what: 'a driver that is refused its group ends the scan: a later driver that needs no claim, such as vfio-pci by a dynamic id, is never tried',
    affected: all, fixed: [], repaired: options.scanGoesOn,
    topology: place({ drivers: [{ name: 'e1000e' }, stub], threads: [onDevice('admin', 'drivers_probe_store', a), user('claim')] }),
    property: history.scanGoesOn,
    condition: 'two drivers that match one device, the first of them a kernel driver, while a user owns the group',
    scenario: 'refusal-stops-scan',
    recordings: [{ trace: '6.12.117+deb12-amd64/user-first', shows: 'a write to drivers_probe while the group is owned gets EINVAL: the scan ended with the refusal' }],
  },
  {
    id: 'H-l', commit: null,
    what: 'a refusal is not a deferral: when the user has gone, nobody tries the kernel driver again',
    affected: all, fixed: [], repaired: options.refusalIsDeferred,
    topology: place({ threads: [onDevice('admin', 'drivers_probe_store', a), user('claim')] }),
    property: history.refusalIsKept,
    condition: 'any device whose driver is loaded, or whose deferred probe is tried again, while a user owns its group; the weak form holds: a new bind succeeds',
    scenario: 'deferral-lost',
    recordings: [
      { trace: '6.1.0-56-amd64/user-first', shows: 'e1000 is loaded while the group is owned; after the user has closed everything its device has no driver until drivers_probe is written' },
      { trace: '6.12.117+deb12-amd64/defer', shows: 'a deferred device is tried again while the group is owned, is refused, and is off the list for good' },
    ],
  },
  {
    id: 'H-m', commit: null,
    what: 'a bind by sysfs that defers is not put on the list: the writer gets -EAGAIN, and nobody tries again',
    affected: all, fixed: [], repaired: options.bindIsDeferred,
    topology: place({ threads: [bind(a)], answers: { probe: [0, -517] } }),
    property: history.deferralIsKept,
    condition: 'every write to bind of a driver whose supplier is not there yet',
    scenario: 'probe-defers',
    recordings: [
      { trace: '6.1.0-56-amd64/defer', shows: 'bind gets EAGAIN and the list stays empty; drivers_probe puts the same device on it' },
      { trace: '6.12.117+deb12-amd64/viommu-defer', shows: 'bind of 0000:00:05.0 gets EAGAIN because its IOMMU is not there (line 45); when the IOMMU comes the devices on the list are bound, and this one is not' },
    ],
  },
];
