/**
 * What a thread of a scenario may call: the commands of the entry points, and which word stands where.
 *
 * The charts say which commands exist (`commandsOf`); this table says in which order a text gives their arguments. A command
 * that is not listed takes its arguments as `name=value`, so a new entry point can be called without a change here.
 */
import type { Model } from '../../machines/model.ts';

/** What an argument names. One with `?` may be left out. */
export type Kind = 'bus' | 'device' | 'driver' | 'driver?' | 'group' | 'group?' | 'word?';
export interface Parameter {
  readonly name: string;
  readonly kind: Kind;
}

const parameter = (name: string, kind: Kind): Parameter => ({ name, kind });
const device = parameter('device', 'device');
const driver = parameter('driver', 'driver');
const group = parameter('group', 'group');
const owner = parameter('owner', 'word?');

const parameters: Readonly<Record<string, readonly Parameter[]>> = {
  bind_store: [driver, device],
  unbind_store: [driver, device],
  device_release_driver: [device],
  drivers_probe_store: [device],
  device_initial_probe: [device],
  driver_override_store: [device, parameter('driver_override', 'driver?')],
  device_bind_driver: [driver, device],
  driver_register: [driver],
  driver_attach: [driver],
  driver_unregister: [driver],
  device_add: [device],
  pci_bus_add_device: [device],
  pci_scan_single_device: [device],
  device_del: [device],
  pci_stop_and_remove_bus_device: [device],
  deferred_probe_timeout_work_func: [],
  device_block_probing: [],
  device_unblock_probing: [],
  bus_iommu_probe: [device],
  iommu_device_register: [parameter('bus', 'bus')],
  iommu_device_unregister: [device],
  uevent_show: [device],
  reset_store: [device],
  group_store_type: [group],
  container_open: [],
  container_close: [],
  set_iommu: [],
  group_open: [group],
  group_close: [parameter('group', 'group?')],
  group_get_status: [parameter('group', 'group?')],
  group_set_container: [parameter('group', 'group?')],
  group_unset_container: [parameter('group', 'group?')],
  group_get_device_fd: [device, parameter('group', 'group?')],
  device_close: [device],
  iommufd_open: [],
  iommufd_close: [],
  cdev_open: [device],
  bind_iommufd: [device],
  attach_pt: [device],
  detach_pt: [device],
  cdev_close: [device],
  claim: [group, owner],
  attach: [group],
  detach: [group],
  release: [group],
  claim_device: [device, owner],
  release_device: [device],
};

/** The arguments of a command in the order of the text; undefined when the table does not say. */
export const parametersOf = (command: string): readonly Parameter[] | undefined => parameters[command];

/** How a command is written: `bind_store DRIVER DEVICE`. */
export const usage = (command: string): string =>
  [command, ...(parameters[command] ?? []).map(({ name, kind }) => (kind.endsWith('?') ? `[${name.toUpperCase()}]` : name.toUpperCase()))].join(' ');

/** Commands that want the bus of their device or driver, which the text leaves out. */
const onBus: ReadonlySet<string> = new Set([
  'driver_register', 'driver_attach', 'driver_unregister', 'device_add', 'pci_bus_add_device', 'pci_scan_single_device', 'device_del', 'pci_stop_and_remove_bus_device',
]);
export const wantsBus = (command: string): boolean => onBus.has(command);

/** Commands of every entry point of a model, each with the entry points that take it. */
export function commandsOf(model: Model): ReadonlyMap<string, readonly string[]> {
  const commands = new Map<string, string[]>();
  for (const [entry, chart] of Object.entries(model.charts.entry)) {
    for (const command of Object.keys((chart.states['idle']?.config.on ?? {}) as object)) {
      if (!command.endsWith('.ret')) commands.set(command, [...(commands.get(command) ?? []), entry]);
    }
  }
  return commands;
}
