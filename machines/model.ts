/**
 * A model: a named, complete set of charts and constants; and which actors a topology gives under it.
 */
import type { AnyStateMachine } from 'xstate';
import {
  asyncAt, attachAt, bindFileAt, bindingAt, busAt, busDmaAt, deferredProbe, deferredProbeWork, deviceAt, driverAt, groupAt, iommuDmaAt, iommufdCtxAt,
  notifierAt, overrideFileAt, parentLockAt, pciRescanRemoveLock, unbindFileAt, vfioContainerAt, vfioDeviceAt, vfioGroupAt,
} from './address.ts';
import type { Address, Plain } from './chart.ts';
import { plainBus } from './kernel.ts';
import type { DeviceSpec, Topology } from './topology.ts';

/** The charts of a model, by the names of design and glossary. */
export interface Charts {
  readonly device: AnyStateMachine;
  readonly driver_binding: AnyStateMachine;
  readonly device_attach: AnyStateMachine;
  readonly mutex: AnyStateMachine;
  readonly kernfs_node: AnyStateMachine;
  readonly bus_notifier: AnyStateMachine;
  readonly bus_type: AnyStateMachine;
  readonly iommu_group: AnyStateMachine;
  readonly device_driver: AnyStateMachine;
  readonly deferred_probe: AnyStateMachine;
  readonly deferred_probe_work_func: AnyStateMachine;
  readonly async_helper: AnyStateMachine;
  readonly vfio_device: AnyStateMachine;
  readonly vfio_group: AnyStateMachine;
  readonly vfio_container: AnyStateMachine;
  /** Where the kernel has iommufd. */
  readonly iommufd_ctx?: AnyStateMachine;
  /** The callbacks of each bus that has them, by bus. */
  readonly bus_dma: Readonly<Record<string, AnyStateMachine>>;
  /** The dma_configure of each bus as the IOMMU core calls it, where it does. */
  readonly iommu_dma?: Readonly<Record<string, AnyStateMachine>>;
  /** Programs of threads, by entry point. */
  readonly entry: Readonly<Record<string, AnyStateMachine>>;
}

export interface Model {
  readonly name: string;
  /** What it stands for, in one line. */
  readonly about: string;
  readonly charts: Charts;
  /** Name of the function that takes a leaving device out of its group. */
  readonly release: string;
  /** Recordings of this kernel were held against the charts: a trace that does not say its kernel is judged by such a model only. */
  readonly recorded?: boolean;
  /** Where groups have an owner and no owner_cnt: how one begins that these devices' drivers use. */
  readonly used?: (devices: readonly string[]) => Pick<Placement, 'input' | 'value'>;
  /** A probe is counted before dma_configure() has ended: owner_cnt runs ahead of the drivers that use the DMA API. */
  readonly claimsFirst?: boolean;
  /** Groups have neither owner nor count: VFIO looks at the drivers in a group instead. */
  readonly withoutOwners?: boolean;
}

/** One actor of a world: where it lives, which chart it runs, how it begins. */
export interface Placement {
  readonly address: Address;
  readonly chart: AnyStateMachine;
  readonly input: Readonly<Record<string, Plain | undefined>>;
  /** Begins here instead of in the chart's initial state. */
  readonly value?: string | Readonly<Record<string, string | object>>;
}

const managedBy = (topology: Topology, driver: string | null) =>
  topology.drivers.find(({ name }) => name === driver)?.driver_managed_dma ?? false;
const vfioBy = (topology: Topology, { driver, present, group }: DeviceSpec) =>
  present && group !== null && (topology.drivers.find(({ name }) => name === driver)?.vfio ?? false);

/** A file of sysfs; where nobody knows who is inside it, `unfollowed`. */
const fileActor = ({ charts }: Model, address: Address, state: 'active' | 'removed' | 'unfollowed'): Placement =>
  ({ address, chart: charts.kernfs_node, input: { address }, value: state });

/** The files of one driver that somebody may be inside when it is unregistered. */
export const driverFiles = (model: Model, driver: string, state: 'active' | 'removed' | 'unfollowed'): Placement[] =>
  [bindFileAt(driver), unbindFileAt(driver)].map((address) => fileActor(model, address, state));

/** Actors of one device. `vfio`: a VFIO driver has registered it from the start; not `followed`: who writes to its files is not known. */
export function deviceActors(model: Model, spec: DeviceSpec, { vfio = false, followed = true } = {}): Placement[] {
  const { charts } = model;
  const { name, bus, driver, present } = spec;
  const grouped = present && spec.grouped && spec.group !== null;
  const group = spec.group === null ? null : groupAt(spec.group);
  const { dma, iommu } = plainBus(bus);
  const dmaChart = dma === null ? undefined : charts.bus_dma[bus];
  const iommuDmaChart = dma === null ? undefined : charts.iommu_dma?.[bus];
  return [
    {
      address: deviceAt(name), chart: charts.device,
      input: {
        address: deviceAt(name), device: name, driver, driver_override: spec.driver_override,
        iommu_group: grouped ? group : null, match_driver: bus !== 'pci' || present, bus,
      },
      ...(present ? { value: { presence: 'present', device_lock: 'unlocked', fields: {} } } : {}),
    },
    {
      address: bindingAt(name), chart: charts.driver_binding, input: { address: bindingAt(name), device: name, bus, driver },
      ...(driver === null ? {} : { value: 'bound' }),
    },
    { address: attachAt(name), chart: charts.device_attach, input: { address: attachAt(name), device: name, bus } },
    {
      address: notifierAt(name), chart: charts.bus_notifier,
      input: { address: notifierAt(name), device: name, bus, group, listens: iommu, release: model.release, joined: grouped },
    },
    fileActor(model, overrideFileAt(name), !followed ? 'unfollowed' : present ? 'active' : 'removed'),
    { address: asyncAt(name), chart: charts.async_helper, input: { address: asyncAt(name), device: name } },
    {
      address: vfioDeviceAt(name), chart: charts.vfio_device, input: { address: vfioDeviceAt(name), device: name, group, refcount: vfio ? 1 : 0 },
      ...(vfio ? { value: 'registered' } : {}),
    },
    ...(bus === 'pci' ? [] : [{ address: parentLockAt(name), chart: charts.mutex, input: { address: parentLockAt(name) } }]),
    ...(dmaChart === undefined ? [] : [{ address: busDmaAt(name), chart: dmaChart, input: { address: busDmaAt(name), device: name, bus: dma } }]),
    ...(iommuDmaChart === undefined ? [] : [{ address: iommuDmaAt(name), chart: iommuDmaChart, input: { address: iommuDmaAt(name), device: name, bus: dma } }]),
  ];
}

const counted = (owner_cnt: number): Pick<Placement, 'input' | 'value'> =>
  ({ input: { owner_cnt }, ...(owner_cnt > 0 ? { value: { ownership: 'kernel_dma', attachment: 'default', membership: {} } } : {}) });

/** Actors of one group: its members, how many of them count (or which of them), and which of them a VFIO driver has registered. */
export function groupActors(model: Model, id: number, devices: readonly string[], users: number | readonly string[], vfio: readonly string[] = [], detach_dev = true): Placement[] {
  const { input, value } = model.withoutOwners === true ? { input: {} } : typeof users === 'number' ? counted(users) : model.used?.(users) ?? counted(users.length);
  return [
    { address: groupAt(id), chart: model.charts.iommu_group, input: { address: groupAt(id), devices, ...(detach_dev ? {} : { detach_dev }), ...input }, ...(value === undefined ? {} : { value }) },
    {
      address: vfioGroupAt(id), chart: model.charts.vfio_group,
      input: { address: vfioGroupAt(id), iommu_group: groupAt(id), drivers: vfio.length, device_list: vfio },
    },
  ];
}

/** Every actor that a topology gives under a model, in a fixed order. The topology is valid (src/world/topology.ts). */
export function actorsOf(model: Model, topology: Topology): Placement[] {
  const { charts } = model;
  const buses = [...new Set([...topology.devices, ...topology.drivers].map(({ bus }) => bus))];
  const groups = [...new Set(topology.devices.flatMap(({ group }) => (group === null ? [] : [group])))];
  const present = topology.devices.filter((device) => device.present);
  const members = (id: number) => present.filter(({ group, grouped }) => grouped && group === id);
  return [
    ...topology.devices.flatMap((device) => deviceActors(model, device, { vfio: vfioBy(topology, device) })),
    ...groups.flatMap((id) => groupActors(model, id, members(id).map(({ name }) => name),
      members(id).flatMap(({ name, driver }) => (driver !== null && !managedBy(topology, driver) ? [name] : [])),
      present.filter((device) => device.group === id && vfioBy(topology, device)).map(({ name }) => name), topology.options.detach_dev)),
    ...topology.drivers.flatMap((driver): Placement[] => [{
      address: driverAt(driver.name), chart: charts.device_driver,
      input: {
        address: driverAt(driver.name), driver: driver.name, driver_managed_dma: driver.driver_managed_dma, async: driver.async,
        vfio: driver.vfio, klist_devices: present.filter((device) => device.driver === driver.name).map(({ name }) => name),
      },
      ...(driver.registered ? { value: 'registered' } : {}),
    }, ...driverFiles(model, driver.name, driver.registered ? 'active' : 'removed')]),
    ...buses.map((bus): Placement => ({
      address: busAt(bus), chart: charts.bus_type,
      input: {
        address: busAt(bus), drivers_autoprobe: topology.options.drivers_autoprobe,
        klist_devices: present.filter((device) => device.bus === bus).map(({ name }) => name),
        klist_drivers: topology.drivers.filter((driver) => driver.bus === bus && driver.registered).map(({ name }) => name),
      },
    })),
    ...(buses.includes('pci') ? [{ address: pciRescanRemoveLock, chart: charts.mutex, input: { address: pciRescanRemoveLock } }] : []),
    { address: deferredProbe, chart: charts.deferred_probe, input: { address: deferredProbe } },
    {
      address: deferredProbeWork, chart: charts.deferred_probe_work_func,
      input: { address: deferredProbeWork },
    },
    ...topology.threads.flatMap((thread): Placement[] => {
      const chart = charts.entry[thread.entry];
      const address = `thread:${thread.name}`;
      if (chart === undefined) return [];
      const container = vfioContainerAt(thread.name);
      const ctx = iommufdCtxAt(thread.name);
      return [
        { address, chart, input: { address } },
        ...(thread.entry === 'vfio_user' ? [{ address: container, chart: charts.vfio_container, input: { address: container } }] : []),
        ...(thread.entry === 'iommufd_user' && charts.iommufd_ctx !== undefined ? [{ address: ctx, chart: charts.iommufd_ctx, input: { address: ctx } }] : []),
      ];
    }),
  ];
}
