/** v6.5: the last release whose test_remove forgets dma_cleanup. */
import { readsTwice as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { device_add, driver_binding } from '../v6.2/driver_core.ts';
import { iommufd_ctx } from '../v6.2/iommufd_ctx.ts';
import { iommufd_user, vfio_device, vfio_group } from '../v6.2/vfio.ts';
import { iommu_group } from '../v6.5/iommu_group.ts';
import { v6_12_y } from './v6.12.y.ts';

const { charts } = v6_12_y;

export const v6_5: Model = {
  name: 'v6.5',
  about: 'the last release whose test_remove forgets dma_cleanup; the cdx bus, which throws a refusal away; the type of a whole group',
  charts: {
    ...charts, driver_binding, iommu_group, vfio_device, vfio_group, iommufd_ctx,
    entry: { ...charts.entry, device_add, iommufd_user, uevent_show },
  },
  release: 'iommu_release_device',
};
