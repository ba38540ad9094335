/** Bugs that the charts cannot show, and why. */
import type { Outside } from './bug.ts';

export const outside: readonly Outside[] = [
  { id: '4', commit: 'a3da1ab6fbea', what: 'an emulated or noiommu group is claimed, and a blocking domain allocated for a group without an IOMMU', because: 'emulated and noiommu groups are not in the charts' },
  { id: '12', commit: '8490cad4dc4e', what: 'on 32-bit ARM a display driver attaches its own domain over the mapping of the DMA API and gets -EBUSY', because: 'no chart has the mappings of 32-bit ARM, which are a third kind of domain' },
  { id: '20', commit: 'bcb81ac6ae3c', what: 'device and group become visible half set up while firmware is parsed at driver bind', because: 'a device joins its group in one step; what is inside struct dev_iommu is memory' },
  { id: '22', commit: 'a2e7e59a9426', what: 'a failed IOMMU probe frees dev->iommu while another thread parses firmware into it', because: 'memory is not in the charts' },
  { id: '23', commit: '6.1.84', what: 'two threads find one group on the list of groups that wait for a default domain', because: 'that list is not in the charts; a group gets its domain in one step' },
  { id: '25', commit: 'da33e87bd2bf', what: 'an IOMMU is registered and not ready, and a client goes on without it', because: 'what firmware finds of an IOMMU is one answer of the environment' },
  { id: '28', commit: '3832862eb9c4, fd598f71b669', what: 'regressions of bcb81ac6ae3c', because: 'their details were not read' },
  { id: '29', commit: null, what: 'with two IOMMUs a walk leaves a device half probed, and the late test warns', because: 'an IOMMU has no instances in the charts' },
  { id: '34', commit: '5ee76c256e92', what: 'wait_for_device_probe() waits for the timeout of deferred probes: the boot hangs', because: 'wait_for_device_probe() and timers are not in the charts' },
  { id: '38', commit: '6.1.178, 6.12.97', what: 'the timeout of deferred probes is cancelled and scheduled again by two threads, and the work is lost', because: 'a timer is an event that somebody sends: it is never cancelled' },
  { id: '39', commit: '7.3.2, 6.12.117', what: 'USB interfaces are probed without the lock of their parent', because: 'parent locks around a probe are not in the charts: only USB has them' },
  { id: '41', commit: '91d44c1afc61', what: 'driver_override is read while a store frees the string', because: 'memory is not in the charts; a store is one step' },
  { id: '42', commit: '6.12.72, reverted 6.12.73', what: 'a match under device_lock deadlocks', because: 'it takes a probe that loads a driver: what a driver does inside its own probe is the environment\'s' },
  { id: '43', commit: null, what: '"Resources present before probing": devres of an earlier user refuse every probe', because: 'who leaves them there is the environment\'s' },
  { id: '44', commit: '6.12.42', what: 'an unbalanced close of a noiommu device', because: 'noiommu groups are not in the charts' },
  { id: '45', commit: 'b25e271b3779, 89395ccedbc1, a48ce36e2786', what: 'fixes of the driver core of the same years', because: 'they were not read' },
];
