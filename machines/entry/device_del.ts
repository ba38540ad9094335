/**
 * device_del: a device leaves its bus; for PCI, hot-unplug or a write to its `remove` file.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117): drivers/base/core.c device_del, drivers/base/bus.c bus_remove_device,
 * drivers/pci/remove.c pci_stop_dev, pci_destroy_dev. PCI releases the driver before device_del, so UNBIND and UNBOUND
 * come before DEL_DEVICE; elsewhere bus_remove_device() does it, after DEL_DEVICE.
 * What keeps it apart from a scan, and from another removal: see mutex.ts. Who comes too late is told -ENODEV; the kernel
 * tells the writer of `remove` that it succeeded.
 * Left out: children of a bridge, SR-IOV functions, devres of the device itself.
 */
import { assign, setup } from 'xstate';
import { bindingAt, busAt, deferredProbe, deviceAt, notifierAt, overrideFileAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, ENODEV, type Notifier } from '../kernel.ts';
import { hotplugLock } from '../mutex.ts';

type Where = { readonly device: string; readonly bus: string };
type Command = Call<'device_del', Where> | Call<'pci_stop_and_remove_bus_device', Where>;
type Answer =
  | Ret<'kernfs_remove' | 'mutex_lock' | 'mutex_unlock'>
  | Ret<'bus_find_device_by_name' | 'device_lock' | '__device_release_driver' | 'device_unlock' | 'kill_device' | 'bus_notify'>
  | Ret<'klist_devices_del' | 'bus_remove_device' | 'driver_deferred_probe_del' | 'kobject_del'>;
interface Context extends Busy { device: string; bus: string }

const { call, say } = sends<Context, Command | Answer>();
const lockOf = ({ call, device, bus }: Context) => hotplugLock(call, device, bus);
const toLock = (type: string) => call((context) => lockOf(context) ?? '', () => ({ type }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const notify = (action: Notifier) => call(({ device }) => notifierAt(device), () => ({ type: 'bus_notify', action }));
const release = call(({ device }) => bindingAt(device), () => ({ type: '__device_release_driver', driver: null }));

export const device_del = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    locks: ({ context }) => lockOf(context) !== null,
    pci: ({ context }) => context.call === 'pci_stop_and_remove_bus_device',
  },
  actions: {
    begin: assign(({ event }) => ('bus' in event
      ? { caller: event.from, call: event.type, device: event.device, bus: event.bus, ret: 0 } : {})),
    absent: assign({ ret: -ENODEV }),
    device_del: say(({ device }) => ({ type: 'device_del', device })),
    'device_del.ret': say(({ device }) => ({ type: 'device_del.ret', device })),
    uevent: say(({ device }) => ({ type: 'kobject_uevent', device, action: 'KOBJ_REMOVE', driver: null })),
    device_release_driver_internal: say(({ device }) => ({ type: 'device_release_driver_internal', device })),
    'device_release_driver_internal.ret': say(({ device }) => ({ type: 'device_release_driver_internal.ret', device })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', bus: '' }),
  },
}).createMachine({
  id: 'device_del',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', bus: '' }),
  initial: 'idle',
  on: { device_del: { actions: 'refuse' }, pci_stop_and_remove_bus_device: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        device_del: { target: 'begun', actions: 'begin' },
        pci_stop_and_remove_bus_device: { target: 'begun', actions: 'begin' },
      },
    },
    begun: { always: [{ guard: 'locks', target: 'in_mutex_lock' }, { target: 'in_bus_find_device_by_name' }] },
    in_mutex_lock: {
      description: 'From here to the end: what comes and goes does so one after the other.',
      entry: toLock('mutex_lock'),
      on: { 'mutex_lock.ret': 'in_bus_find_device_by_name' },
    },
    in_bus_find_device_by_name: {
      entry: toDevice('bus_find_device_by_name'),
      on: {
        'bus_find_device_by_name.ret': [
          { guard: 'zero', target: 'over', actions: 'absent' },
          { guard: 'pci', target: 'pci_stop_dev' },
          { target: 'device_del' },
        ],
      },
    },
    pci_stop_dev: {
      meta: { function: 'pci_stop_dev' },
      initial: 'in_device_lock',
      states: {
        in_device_lock: {
          entry: ['device_release_driver_internal', toDevice('device_lock')],
          on: { 'device_lock.ret': 'in___device_release_driver' },
        },
        in___device_release_driver: { entry: release, on: { '__device_release_driver.ret': 'in_device_unlock' } },
        in_device_unlock: {
          entry: toDevice('device_unlock'),
          on: { 'device_unlock.ret': { target: '#device_del.device_del', actions: 'device_release_driver_internal.ret' } },
        },
      },
    },
    device_del: {
      entry: 'device_del',
      initial: 'in_device_lock',
      states: {
        in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_kill_device' } },
        in_kill_device: { entry: toDevice('kill_device'), on: { 'kill_device.ret': 'in_device_unlock' } },
        in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'in_del_device' } },
        in_del_device: { entry: notify('BUS_NOTIFY_DEL_DEVICE'), on: { 'bus_notify.ret': 'bus_remove_device' } },
        bus_remove_device: {
          meta: { function: 'bus_remove_device' },
          initial: 'in_device_remove_groups',
          states: {
            in_device_remove_groups: {
              description: 'Waits for who is writing to a file of the device.',
              entry: call(({ device }) => overrideFileAt(device), () => ({ type: 'kernfs_remove' })),
              on: { 'kernfs_remove.ret': 'in_klist_devices_del' },
            },
            in_klist_devices_del: {
              entry: call(({ bus }) => busAt(bus), ({ device }) => ({ type: 'klist_devices_del', name: device })),
              on: { 'klist_devices_del.ret': 'in_bus_remove_device' },
            },
            in_bus_remove_device: { entry: toDevice('bus_remove_device'), on: { 'bus_remove_device.ret': 'in_device_lock' } },
            in_device_lock: {
              entry: ['device_release_driver_internal', toDevice('device_lock')],
              on: { 'device_lock.ret': 'in___device_release_driver' },
            },
            in___device_release_driver: { entry: release, on: { '__device_release_driver.ret': 'in_device_unlock' } },
            in_device_unlock: {
              entry: toDevice('device_unlock'),
              on: { 'device_unlock.ret': { target: '#removed', actions: 'device_release_driver_internal.ret' } },
            },
          },
        },
        in_driver_deferred_probe_del: {
          id: 'removed',
          entry: call(() => deferredProbe, ({ device }) => ({ type: 'driver_deferred_probe_del', device })),
          on: { 'driver_deferred_probe_del.ret': 'in_removed_device' },
        },
        in_removed_device: {
          entry: notify('BUS_NOTIFY_REMOVED_DEVICE'),
          on: { 'bus_notify.ret': { target: 'in_kobject_del', actions: 'uevent' } },
        },
        in_kobject_del: {
          entry: toDevice('kobject_del'),
          on: { 'kobject_del.ret': { target: '#over', actions: 'device_del.ret' } },
        },
      },
    },
    over: { id: 'over', always: [{ guard: 'locks', target: 'in_mutex_unlock' }, { target: 'answered' }] },
    in_mutex_unlock: { entry: toLock('mutex_unlock'), on: { 'mutex_unlock.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
