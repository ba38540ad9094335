/** v5.15: groups have no owner; VFIO looks at the drivers in a group, and stops the machine where one comes too late to refuse. */
import { readsTwice as uevent_show } from '../entry/uevent_show.ts';
import type { Model } from '../model.ts';
import { bus_dma } from '../v5.15/bus_dma.ts';
import { bus_notifier } from '../v5.15/bus_notifier.ts';
import { dma_owner } from '../v5.15/dma_owner.ts';
import { async_helper, device, device_add, device_attach, device_driver, driver_binding, driver_register } from '../v5.15/driver_core.ts';
import { iommu_group } from '../v5.15/iommu_group.ts';
import { vfio_container } from '../v5.15/vfio_container.ts';
import { vfio_device } from '../v5.15/vfio_device.ts';
import { vfio_group } from '../v5.15/vfio_group.ts';
import { vfio_user } from '../v5.15/vfio_user.ts';
import { v6_1_y } from './v6.1.y.ts';

const { charts } = v6_1_y;
/** That an IOMMU takes its devices along when it leaves was not read of this kernel. */
const { iommu_device_unregister: _notRead, ...entry } = charts.entry;

export const v5_15: Model = {
  name: 'v5.15',
  about: 'before the series: no owner and no count; VFIO looks whether a group is viable, and BUG_ON where a driver is bound in a live one',
  charts: {
    ...charts, device, driver_binding, device_attach, async_helper, device_driver, bus_notifier, iommu_group, vfio_device, vfio_group, vfio_container,
    bus_dma: Object.fromEntries(Object.keys(charts.bus_dma).map((bus) => [bus, bus_dma])),
    entry: { ...entry, device_add, driver_register, dma_owner, vfio_user, uevent_show },
  },
  release: 'iommu_release_device',
  withoutOwners: true,
};
