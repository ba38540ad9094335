/** v6.1.y: Debian's 6.1.192, with its backports. */
import { async_helper } from '../entry/async_helper.ts';
import { bus_dma } from '../bus_dma.ts';
import { bus_notifier } from '../bus_notifier.ts';
import { bus_type } from '../bus_type.ts';
import { deferred_probe } from '../deferred_probe.ts';
import { device } from '../device.ts';
import { device_attach } from '../device_attach.ts';
import { device_driver } from '../device_driver.ts';
import { driver_binding } from '../driver_binding.ts';
import { deferred_probe_work_func } from '../entry/deferred_probe_work_func.ts';
import { kernfs_node } from '../kernfs_node.ts';
import { underLock as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { mutex } from '../mutex.ts';
import { group_store_type } from '../v6.1.y/iommu_group_store_type.ts';
import { iommu_group } from '../v6.1.y/iommu_group.ts';
import { vfio_device } from '../v6.1.y/vfio_device.ts';
import { vfio_group } from '../v6.1.y/vfio_group.ts';
import { vfio_container } from '../vfio_container.ts';
import { entries } from './entries.ts';

export const v6_1_y: Model = {
  name: 'v6.1.y',
  about: 'Debian 6.1.192: count and bus callbacks, firmware first, blocking domain on claim; test_remove cleans up',
  charts: {
    device, driver_binding, device_attach, bus_notifier, bus_type, iommu_group, device_driver, deferred_probe, mutex, kernfs_node,
    deferred_probe_work_func, async_helper, vfio_device, vfio_group, vfio_container,
    bus_dma: { pci: bus_dma, platform: bus_dma, amba: bus_dma, 'fsl-mc': bus_dma },
    entry: { ...entries, group_store_type, uevent_show },
  },
  release: 'iommu_release_device',
  recorded: true,
};
