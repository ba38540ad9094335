/** Entry points that every model from v5.17 on shares: one chart for each, run by a thread. */
import type { AnyStateMachine } from 'xstate';
import { dma_owner } from '../entry/dma_owner.ts';
import { bind_store } from '../entry/bind_store.ts';
import { bus_iommu_probe } from '../entry/bus_iommu_probe.ts';
import { deferred_probe_timeout_work_func } from '../entry/deferred_probe_timeout_work_func.ts';
import { device_add } from '../entry/device_add.ts';
import { device_bind_driver } from '../entry/device_bind_driver.ts';
import { device_block_probing } from '../entry/device_block_probing.ts';
import { device_del } from '../entry/device_del.ts';
import { driver_override_store } from '../entry/driver_override_store.ts';
import { driver_register } from '../entry/driver_register.ts';
import { driver_unregister } from '../entry/driver_unregister.ts';
import { drivers_probe_store } from '../entry/drivers_probe_store.ts';
import { iommu_device_register } from '../entry/iommu_device_register.ts';
import { iommu_device_unregister } from '../entry/iommu_device_unregister.ts';
import { uevent_show } from '../entry/uevent_show.ts';
import { unbind_store } from '../entry/unbind_store.ts';
import { vfio_user } from '../entry/vfio_user.ts';

export const entries: Readonly<Record<string, AnyStateMachine>> = {
  bind_store, unbind_store, drivers_probe_store, driver_override_store, driver_register, driver_unregister,
  deferred_probe_timeout_work_func, device_add, device_del, device_bind_driver, device_block_probing, dma_owner, vfio_user, bus_iommu_probe,
  iommu_device_register, iommu_device_unregister, uevent_show,
};
