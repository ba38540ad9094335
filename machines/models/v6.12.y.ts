/** v6.12.y: Debian's 6.12.117, with its backports. */
import { async_helper } from '../entry/async_helper.ts';
import { bus_dma } from '../bus_dma.ts';
import { bus_notifier } from '../bus_notifier.ts';
import { bus_type } from '../bus_type.ts';
import { cdx_dma } from '../cdx_dma.ts';
import { deferred_probe } from '../deferred_probe.ts';
import { device } from '../device.ts';
import { device_attach } from '../device_attach.ts';
import { device_driver } from '../device_driver.ts';
import { driver_binding } from '../driver_binding.ts';
import { deferred_probe_work_func } from '../entry/deferred_probe_work_func.ts';
import { kernfs_node } from '../kernfs_node.ts';
import type { Model } from '../model.ts';
import { mutex } from '../mutex.ts';
import { device_dma_owner } from '../v6.12.y/device_dma_owner.ts';
import { group_store_type } from '../v6.12.y/iommu_group_store_type.ts';
import { iommu_group } from '../v6.12.y/iommu_group.ts';
import { iommufd_ctx } from '../v6.12.y/iommufd_ctx.ts';
import { iommufd_user } from '../v6.12.y/iommufd_user.ts';
import { vfio_device } from '../v6.12.y/vfio_device.ts';
import { vfio_group } from '../v6.12.y/vfio_group.ts';
import { vfio_container } from '../vfio_container.ts';
import { entries } from './entries.ts';

export const v6_12_y: Model = {
  name: 'v6.12.y',
  about: 'Debian 6.12.117: v6.1.y plus claims by device, -EPROBE_DEFER without default domain, a failed claim moves back',
  charts: {
    device, driver_binding, device_attach, bus_notifier, bus_type, iommu_group, device_driver, deferred_probe, mutex, kernfs_node,
    deferred_probe_work_func, async_helper, vfio_device, vfio_group, vfio_container, iommufd_ctx,
    bus_dma: { pci: bus_dma, platform: bus_dma, amba: bus_dma, 'fsl-mc': bus_dma, cdx: cdx_dma },
    entry: { ...entries, device_dma_owner, group_store_type, iommufd_user },
  },
  release: 'iommu_deinit_device',
  recorded: true,
};
