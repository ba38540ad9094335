/** v6.2: claims by device, and iommufd in place of a container. */
import { readsTwice as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { device_dma_owner } from '../v6.12.y/device_dma_owner.ts';
import { device_add, driver_binding } from '../v6.2/driver_core.ts';
import { iommu_group } from '../v6.2/iommu_group.ts';
import { iommufd_ctx } from '../v6.2/iommufd_ctx.ts';
import { iommufd_user, vfio_device, vfio_group } from '../v6.2/vfio.ts';
import { v6_1_y } from './v6.1.y.ts';

const { charts } = v6_1_y;

export const v6_2: Model = {
  name: 'v6.2',
  about: 'claims by device, counted by token; iommufd through the group; test_remove still forgets dma_cleanup',
  charts: {
    ...charts, driver_binding, iommu_group, vfio_device, vfio_group, iommufd_ctx,
    entry: { ...charts.entry, device_add, device_dma_owner, iommufd_user, uevent_show },
  },
  release: 'iommu_release_device',
};
