/** Models with one broken chart each, and the property that must notice. */
import type { Model } from '../model.ts';
import { v6_12_y } from '../models/v6.12.y.ts';
import * as charts from './charts.ts';

export interface Broken {
  readonly name: string;
  readonly model: Model;
  /** Name of the property that it breaks. */
  readonly breaks: string;
}

const { charts: whole } = v6_12_y;
const broken = (name: string, breaks: string, changes: Partial<Model['charts']>): Broken =>
  ({ name, breaks, model: { ...v6_12_y, name: `v6.12.y, ${name}`, charts: { ...whole, ...changes } } });
const entry = (changes: Model['charts']['entry']) => ({ entry: { ...whole.entry, ...changes } });

const count = 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API';
const both = 'a group that a user owns has no driver that uses the DMA API';

export const brokenModels: readonly Broken[] = [
  broken('test_remove without dma_cleanup', count, { driver_binding: charts.testRemoveLeaks }),
  broken('cleanup after a refused configure', 'a group with an owner is counted', { driver_binding: charts.cleanupAfterRefusal }),
  broken('cleanup at once', 'dma_cleanup comes only after a dma_configure that succeeded', { driver_binding: charts.cleanupAtOnce }),
  broken('NOT_BOUND without BIND', 'DRIVER_NOT_BOUND comes only after BIND_DRIVER', { driver_binding: charts.notBoundWithoutBind }),
  broken('sysfs removed before it is added', 'driver_sysfs_remove comes only after driver_sysfs_add', { driver_binding: charts.cleanupAfterRefusal }),
  broken('lost error', 'a probe answers 0 exactly when the device is bound', { driver_binding: charts.lostError }),
  broken('sysfs failure leaks the count', count, { driver_binding: charts.sysfsFailureLeaks }),
  broken('probe before the device is ready', 'no driver is probed before its device is ready, nor when it is dead', { driver_binding: charts.probesTooEarly }),
  broken('dev->driver stays after a failed probe', 'at rest dev->driver is set exactly where a driver is bound', { driver_binding: charts.driverStays }),
  broken('unuse ignores', count, { iommu_group: charts.unuseIgnores }),
  broken('claim without a look at the count', both, { iommu_group: charts.claimUnchecked }),
  broken('claim that asks first', both, { iommu_group: charts.claimUnchecked, ...entry({ dma_owner: charts.claimAsksFirst }) }),
  broken('claim keeps the default domain', 'a group that a user owns is not attached to the default domain', { iommu_group: charts.claimKeepsDomain }),
  broken('release keeps the count', 'a group can always become free again', { iommu_group: charts.releaseKeepsCount }),
  broken('bind keeps device_lock', 'every call can come to its end', entry({ bind_store: charts.lockIsKept })),
  broken('listener takes device_lock', 'every call can come to its end', { bus_notifier: charts.listenerLocks }),
  broken('listener takes device_lock, once', 'no call waits for ever', { bus_notifier: charts.listenerLocks }),
  broken('dev->driver is cleared early', 'a driver has DMA only where dev->driver names it', { device: charts.driverGoesEarly }),
  broken('a dead device is bound by hand', 'a device is put on the list of its driver once', entry({ device_bind_driver: charts.bindsTheDead })),
  broken('scan without a lock', 'a device is not added while it is being added or removed, nor removed then', entry({ device_add: charts.scansAtOnce })),
  broken('unregister passes a writer', 'a device is bound only to a driver that is registered', { kernfs_node: charts.drainsNobody }),
  broken('unregister passes a walker', 'a device is bound only to a driver that is registered', { bus_type: charts.leavesUnderWalkers }),
];
