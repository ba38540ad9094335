/** `dma-ownership/machines`: the charts, the models made of them, and systems that run them. Needs no Node: for pages too. */

// The charts of v6.12.y, one by one; those of other kernels stand in their models
export { async_helper } from '../../machines/entry/async_helper.ts';
export { bus_dma } from '../../machines/bus_dma.ts';
export { bus_notifier } from '../../machines/bus_notifier.ts';
export { bus_type } from '../../machines/bus_type.ts';
export { deferred_probe } from '../../machines/deferred_probe.ts';
export { deferred_probe_work_func } from '../../machines/entry/deferred_probe_work_func.ts';
export { device } from '../../machines/device.ts';
export { device_attach } from '../../machines/device_attach.ts';
export { device_driver } from '../../machines/device_driver.ts';
export { driver_binding } from '../../machines/driver_binding.ts';
export { iommu_group } from '../../machines/v6.12.y/iommu_group.ts';
export { iommufd_ctx } from '../../machines/v6.12.y/iommufd_ctx.ts';
export { kernfs_node } from '../../machines/kernfs_node.ts';
export { mutex } from '../../machines/mutex.ts';
export { vfio_container } from '../../machines/vfio_container.ts';
export { vfio_device } from '../../machines/v6.12.y/vfio_device.ts';
export { vfio_group } from '../../machines/v6.12.y/vfio_group.ts';
export type { BindingCall, BindingInput } from '../../machines/driver_binding.ts';
export type { DeviceCall, DeviceInput } from '../../machines/device.ts';
export type { DmaCall, DmaInput } from '../../machines/bus_dma.ts';
export type { DriverCall, DriverInput } from '../../machines/device_driver.ts';
export type { GroupCall, GroupInput } from '../../machines/v6.12.y/iommu_group.ts';

// As sets
export { models } from '../../machines/models/index.ts';
export type { Charts, Model, Placement } from '../../machines/model.ts';
export type { Address, Message, Plain, Said } from '../../machines/chart.ts';
export { errnoName, errnoNumber } from '../../machines/kernel.ts';

// A chart of one's own: another one, with changes
export { changed, stateAt } from '../../machines/changed.ts';

// Who exists, one step at a time, or live
export { defaultTopology, parseTopology, type DefaultTopology } from '../world/topology.ts';
export type { DeviceSpec, DriverSpec, ThreadSpec, Topology } from '../../machines/topology.ts';
export { System, type Choice, type Fact, type Flight, type Step, type SystemOptions, type World } from '../world/world.ts';
export { createSystem, type Delivery, type Live, type LiveOptions } from '../world/live.ts';
export { ModelError, errorCodes, formatError, type ErrorCode, type ErrorDetail } from '../errors.ts';
