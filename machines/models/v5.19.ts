/** v5.19: the first release in which a group has an owner. */
import { readsTwice as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { device_add, device_attach, driver_binding, driver_register } from '../v5.19/driver_core.ts';
import { iommu_group } from '../v5.19/iommu_group.ts';
import { vfio_container, vfio_group } from '../v5.19/vfio.ts';
import { v6_1_y } from './v6.1.y.ts';

const { charts } = v6_1_y;

export const v5_19: Model = {
  name: 'v5.19',
  about: 'the first release with the claim: test_remove forgets dma_cleanup, no gate before ADD_DEVICE, a claim outlives the last vfio driver',
  charts: {
    ...charts, driver_binding, device_attach, iommu_group, vfio_group, vfio_container,
    entry: { ...charts.entry, device_add, driver_register, uevent_show },
  },
  release: 'iommu_release_device',
};
