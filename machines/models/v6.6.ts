/** v6.6: test_remove cleans up, and devices have nodes of their own. */
import { readsTwice as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { iommufd_ctx } from '../v6.2/iommufd_ctx.ts';
import { device_add, driver_binding } from '../v6.6/driver_core.ts';
import { iommu_group } from '../v6.6/iommu_group.ts';
import { v6_12_y } from './v6.12.y.ts';

const { charts } = v6_12_y;

export const v6_6: Model = {
  name: 'v6.6',
  about: 'test_remove cleans up (f429378a9bf8), device nodes, an empty group loses its domains; no gate, no -EPROBE_DEFER from use',
  charts: { ...charts, driver_binding, iommu_group, iommufd_ctx, entry: { ...charts.entry, device_add, uevent_show } },
  release: 'iommu_deinit_device',
};
