/**
 * What can be done to a real machine with two devices of one group, in chapters: the worlds of all of it at once would be too many, and
 * most of what meets meets in one of these.
 */
import { groupAt } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import type { Model } from '../../machines/model.ts';
import type { DriverSpec, ThreadSpec, Topology } from '../../machines/topology.ts';
import { commandsOf } from '../scenario/commands.ts';
import { checkTopology } from '../world/topology.ts';

export interface Chapter {
  readonly name: string;
  readonly topology: Topology;
}

const [A, B, group] = ['A', 'B', groupAt(1)] as const;
const ordinary = 'uio_pci_generic';
const driver = (name: string, more: Partial<DriverSpec> = {}): DriverSpec =>
  ({ name, bus: 'pci', driver_managed_dma: false, async: false, vfio: false, registered: true, matches: [], ...more });
const drivers: readonly DriverSpec[] = [
  driver(ordinary), driver('pci-stub', { driver_managed_dma: true }), driver('vfio-pci', { driver_managed_dma: true, vfio: true }),
];

type Calls = readonly Said[];
const bind = (device: string, driver: string): Said => ({ type: 'bind_store', device, driver });
const unbind = (device: string, driver: string): Said => ({ type: 'unbind_store', device, driver });
const override = (device: string, ...names: (string | null)[]): Calls => names.map((driver_override) => ({ type: 'driver_override_store', device, driver_override }));
const probe = (device: string): Said => ({ type: 'drivers_probe_store', device });
const plug = (device: string): Calls => ['pci_stop_and_remove_bus_device', 'pci_scan_single_device'].map((type) => ({ type, device, bus: 'pci' }));
const load: Calls = ['driver_register', 'driver_unregister'].map((type) => ({ type, driver: ordinary, bus: 'pci' }));
const fds = (...devices: string[]): Calls => devices.flatMap((device) => [{ type: 'group_get_device_fd', device, group }, { type: 'device_close', device }]);
const container: Calls = ['container_open', 'container_close', 'set_iommu'].map((type) => ({ type }));
const open: Calls = ['group_open', 'group_close', 'group_get_status'].map((type) => ({ type, group }));
const set: Calls = ['group_set_container', 'group_unset_container'].map((type) => ({ type, group }));
const nodes = (device: string): Calls => ['cdev_open', 'bind_iommufd', 'attach_pt', 'detach_pt', 'cdev_close'].map((type) => ({ type, device }));

/** Each of them is explored whole. `users`: calls of processes, the first of the entry point `vfio_user`. */
const chapters: readonly { readonly name: string; readonly admin: Calls; readonly users?: readonly { readonly entry: string; readonly calls: Calls }[] }[] = [
  {
    name: 'binding by hand',
    admin: [bind(A, ordinary), bind(A, 'pci-stub'), unbind(A, ordinary), unbind(A, 'pci-stub'), ...override(A, ordinary, 'pci-stub', null), probe(A), { type: 'uevent_show', device: A }],
  },
  { name: 'modules', admin: [...load, bind(A, ordinary), unbind(A, ordinary), ...override(A, ordinary, null), ...override(B, ordinary), probe(B)] },
  { name: 'hot-plug', admin: [...plug(A), ...plug(B), ...override(A, ordinary), bind(A, ordinary), ...override(B, ordinary), probe(B), { type: 'uevent_show', device: A }] },
  {
    name: 'a user and a sibling',
    admin: [...override(A, 'vfio-pci'), probe(A), unbind(A, 'vfio-pci'), ...override(B, ordinary, 'pci-stub'), bind(B, ordinary), probe(B), unbind(B, ordinary)],
    users: [{ entry: 'vfio_user', calls: [...container, ...open, ...set] }],
  },
  {
    name: 'a user and its device',
    admin: [...override(A, 'vfio-pci', ordinary), bind(A, 'vfio-pci'), bind(A, ordinary), unbind(A, 'vfio-pci')],
    users: [{ entry: 'vfio_user', calls: [...container, ...open, ...set, ...fds(A)] }],
  },
  {
    name: 'two devices of one user',
    admin: [...override(A, 'vfio-pci'), probe(A), unbind(A, 'vfio-pci'), ...override(B, 'vfio-pci'), probe(B), unbind(B, 'vfio-pci')],
    users: [{ entry: 'vfio_user', calls: [...container, ...open.slice(0, 2), ...set, ...fds(A, B)] }],
  },
  {
    name: 'two users',
    admin: [...override(A, 'vfio-pci'), probe(A), unbind(A, 'vfio-pci')],
    users: [{ entry: 'vfio_user', calls: [...container, ...open, ...set] }, { entry: 'vfio_user', calls: [...container.slice(0, 2), ...open.slice(0, 2), ...set] }],
  },
  {
    name: 'a user and hot-plug',
    admin: [...override(A, 'vfio-pci'), probe(A), ...plug(B), ...override(B, ordinary), bind(B, ordinary)],
    users: [{ entry: 'vfio_user', calls: [...container, ...open.slice(0, 2), ...set] }],
  },
  {
    name: 'the type of the group',
    admin: [{ type: 'group_store_type', group }, ...override(A, 'vfio-pci', ordinary), probe(A), unbind(A, 'vfio-pci'), unbind(A, ordinary)],
    users: [{ entry: 'vfio_user', calls: [...container.slice(0, 2), ...open.slice(0, 2), ...set] }],
  },
  {
    name: 'iommufd',
    admin: [...override(A, 'vfio-pci'), probe(A), unbind(A, 'vfio-pci'), ...override(B, ordinary), bind(B, ordinary), unbind(B, ordinary)],
    users: [{ entry: 'iommufd_user', calls: [{ type: 'iommufd_open' }, { type: 'iommufd_close' }, ...nodes(A)] }],
  },
];

/** The chapters that a model can play: calls that its kernel does not have are left out, and chapters without a user that they need. */
export function machineChapters(model: Model): Chapter[] {
  const commands = commandsOf(model);
  const devices = [A, B].map((name) => ({ name, bus: 'pci', group: 1, driver: null, present: true, driver_override: null, grouped: true }));
  return chapters.flatMap(({ name, admin, users = [] }): Chapter[] => {
    if (users.some(({ entry }) => model.charts.entry[entry] === undefined)) return [];
    const threads = new Map<string, ThreadSpec>();
    const add = (who: string, entry: string | undefined, call: Said) => {
      if (entry === undefined || commands.get(call.type)?.includes(entry) !== true) return;
      threads.set(who, { name: who, entry, calls: [...threads.get(who)?.calls ?? [], call], times: null });
    };
    for (const call of admin) {
      const entry = commands.get(call.type)?.[0];
      add(`admin.${entry}`, entry, call);
    }
    for (const [index, { entry, calls }] of users.entries()) for (const call of calls) add(`vm${index + 1}`, entry, call);
    const topology: Topology = { devices, drivers, threads: [...threads.values()], options: { test_remove: false, drivers_autoprobe: true, detach_dev: true }, answers: {} };
    checkTopology(topology, `the chapter "${name}"`, model);
    return [{ name, topology }];
  });
}
