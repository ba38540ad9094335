/**
 * device_add: a device appears on its bus; for PCI, a scan of the bus finds it (one device, or the two halves alone).
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117): drivers/base/core.c device_add, drivers/base/bus.c bus_add_device,
 * bus_probe_device, drivers/pci/bus.c pci_bus_add_device. driver_register() sees the device from bus_add_device() on; it
 * is refused (-EPROBE_DEFER) until ready_to_probe is set. A PCI device matches nothing before pci_bus_add_device(),
 * which asks for drivers whatever drivers_autoprobe says.
 * What keeps it apart from a removal: see mutex.ts. A scan that waits for one finds the device gone.
 * Left out: the errors of kobject, class and attribute files; fw_devlink.
 */
import { assign, setup } from 'xstate';
import { attachAt, busAt, deviceAt, notifierAt, overrideFileAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, EEXIST } from '../kernel.ts';
import { hotplugLock } from '../mutex.ts';

type Where = { readonly device: string; readonly bus: string };
type Command = Call<'device_add', Where> | Call<'pci_bus_add_device', Where> | Call<'pci_scan_single_device', Where>;
type Answer =
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'kernfs_activate' | 'mutex_lock' | 'mutex_unlock' | 'bus_find_device_by_name' | 'klist_devices_add' | 'bus_add_device' | 'bus_notify' | 'ready_to_probe' | 'drivers_autoprobe_show'>
  | Ret<'pci_bus_add_device' | 'device_lock' | '__device_attach' | 'device_unlock'>;
interface Context extends Busy { device: string; bus: string }

const { call, say } = sends<Context, Command | Answer>();
const lockOf = ({ call, device, bus }: Context) => hotplugLock(call, device, bus);
const toLock = (type: string) => call((context) => lockOf(context) ?? '', () => ({ type }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const toBus = (type: string) => call(({ bus }) => busAt(bus), ({ device }) => ({ type, name: device }));
const attach = (allow_async: boolean) =>
  call(({ device }) => attachAt(device), () => ({ type: '__device_attach', allow_async }));

export const device_add = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    locks: ({ context }) => lockOf(context) !== null,
    pci: ({ context }) => context.call === 'pci_scan_single_device',
  },
  actions: {
    begin: assign(({ event }) => ('bus' in event
      ? { caller: event.from, call: event.type, device: event.device, bus: event.bus, ret: 0 } : {})),
    exists: assign({ ret: -EEXIST }),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    found: assign({ ret: 0 }),
    device_add: say(({ device }) => ({ type: 'device_add', device })),
    'device_add.ret': say(({ device }) => ({ type: 'device_add.ret', device, ret: 0 })),
    uevent: say(({ device }, event) =>
      ({ type: 'kobject_uevent', device, action: 'KOBJ_ADD', driver: event.type === 'dev->driver.ret' ? event.driver : null })),
    device_attach: say(({ device }) => ({ type: 'device_attach', device })),
    'device_attach.ret': say(({ device, ret }) => ({ type: 'device_attach.ret', device, ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', bus: '' }),
  },
}).createMachine({
  id: 'device_add',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', bus: '' }),
  initial: 'idle',
  on: { device_add: { actions: 'refuse' }, pci_bus_add_device: { actions: 'refuse' }, pci_scan_single_device: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        device_add: { target: 'begun', actions: 'begin' },
        pci_bus_add_device: { target: 'pci_bus_add_device', actions: 'begin' },
        pci_scan_single_device: { target: 'begun', actions: 'begin' },
      },
    },
    begun: { always: [{ guard: 'locks', target: 'in_mutex_lock' }, { target: 'in_bus_find_device_by_name' }] },
    in_mutex_lock: {
      description: 'From here to the end: what comes and goes does so one after the other.',
      entry: toLock('mutex_lock'),
      on: { 'mutex_lock.ret': 'in_bus_find_device_by_name' },
    },
    in_bus_find_device_by_name: {
      description: 'A device that is there is not added again.',
      entry: toDevice('bus_find_device_by_name'),
      on: {
        'bus_find_device_by_name.ret': [
          { guard: 'zero', target: 'device_add' },
          { target: 'over', actions: 'exists' },
        ],
      },
    },
    device_add: {
      entry: 'device_add',
      initial: 'in_bus_add_device',
      states: {
        in_bus_add_device: { entry: toDevice('bus_add_device'), on: { 'bus_add_device.ret': 'in_device_add_groups' } },
        in_device_add_groups: {
          meta: { function: 'bus_add_device' },
          entry: call(({ device }) => overrideFileAt(device), () => ({ type: 'kernfs_activate' })),
          on: { 'kernfs_activate.ret': 'in_klist_devices_add' },
        },
        in_klist_devices_add: { entry: toBus('klist_devices_add'), on: { 'klist_devices_add.ret': 'in_bus_notify' } },
        in_bus_notify: {
          entry: call(({ device }) => notifierAt(device), () => ({ type: 'bus_notify', action: 'BUS_NOTIFY_ADD_DEVICE' })),
          on: { 'bus_notify.ret': 'in_kobject_uevent' },
        },
        in_kobject_uevent: {
          entry: toDevice('dev->driver'),
          on: { 'dev->driver.ret': { target: 'in_device_lock', actions: 'uevent' } },
        },
        in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_ready_to_probe' } },
        in_ready_to_probe: { entry: toDevice('ready_to_probe'), on: { 'ready_to_probe.ret': 'in_device_unlock' } },
        in_device_unlock: {
          entry: toDevice('device_unlock'),
          on: {
            'device_unlock.ret': [
              { guard: 'pci', target: '#pci_bus_add_device', actions: 'device_add.ret' },
              { target: 'in_drivers_autoprobe' },
            ],
          },
        },
        in_drivers_autoprobe: {
          meta: { function: 'bus_probe_device' },
          entry: toBus('drivers_autoprobe_show'),
          on: { 'drivers_autoprobe_show.ret': [{ guard: 'zero', target: 'added' }, { target: 'device_initial_probe' }] },
        },
        device_initial_probe: {
          initial: 'in_device_lock',
          states: {
            in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_device_attach' } },
            in_device_attach: { entry: attach(true), on: { '__device_attach.ret': 'in_device_unlock' } },
            in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': '#added' } },
          },
        },
        added: { id: 'added', entry: 'device_add.ret', always: '#over' },
      },
    },
    pci_bus_add_device: {
      id: 'pci_bus_add_device',
      meta: { function: 'pci_bus_add_device' },
      initial: 'in_match_driver',
      states: {
        in_match_driver: { entry: toDevice('pci_bus_add_device'), on: { 'pci_bus_add_device.ret': 'in_device_lock' } },
        in_device_lock: { entry: ['device_attach', toDevice('device_lock')], on: { 'device_lock.ret': 'in_device_attach' } },
        in_device_attach: {
          entry: attach(false),
          on: { '__device_attach.ret': { target: 'in_device_unlock', actions: 'keep' } },
        },
        in_device_unlock: {
          entry: toDevice('device_unlock'),
          on: { 'device_unlock.ret': { target: '#over', actions: ['device_attach.ret', 'found'] } },
        },
      },
    },
    over: { id: 'over', always: [{ guard: 'locks', target: 'in_mutex_unlock' }, { target: 'answered' }] },
    in_mutex_unlock: { entry: toLock('mutex_unlock'), on: { 'mutex_unlock.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
