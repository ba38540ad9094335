/**
 * driver_register: a module with a driver is loaded: the driver meets every device of its bus; and driver_attach() alone,
 * as a write to new_id asks for it.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/driver.c driver_register, drivers/base/bus.c bus_add_driver, drivers/base/
 * dd.c driver_attach, __driver_attach. The files `bind` and `unbind` appear when every device has been met. Matching is done without device_lock. Results of probes are dropped: only a
 * driver of the same name makes it fail.
 * Left out: the file new_id, which an unregister would wait for too.
 */
import { and, assign, setup } from 'xstate';
import { asyncAt, bindFileAt, bindingAt, busAt, deferredProbe, deviceAt, driverAt, unbindFileAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, EPROBE_DEFER } from '../kernel.ts';

type Where = { readonly driver: string; readonly bus: string };
type Command = Call<'driver_register', Where> | Call<'driver_attach', Where>;
type Answer =
  | Ret<'klist_devices_next', { readonly name: string | null }>
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'kernfs_activate' | 'driver_find' | 'bus_add_driver' | 'klist_drivers_add' | 'drivers_autoprobe_show' | 'driver_match_device' | 'probe_type'>
  | Ret<'device_lock' | 'driver_probe_device' | 'device_unlock' | '__driver_attach_async' | 'driver_deferred_probe_add'>;
interface Context extends Busy { driver: string; bus: string; device: string | null }

const { call, say } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device ?? ''), ({ device, driver }) => ({ type, device, driver }));
const addFile = (at: (driver: string) => Address) => call(({ driver }) => at(driver), () => ({ type: 'kernfs_activate' }));
const toDriver = (type: string) => call(({ driver }) => driverAt(driver), () => ({ type }));

export const driver_register = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    yes: ({ event }) => 'ret' in event && event.ret === 1,
    defers: ({ event }) => 'ret' in event && event.ret === -EPROBE_DEFER,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    registering: ({ context }) => context.call === 'driver_register',
    noMore: ({ event }) => event.type === 'klist_devices_next.ret' && event.name === null,
    bound: ({ event }) => event.type === 'dev->driver.ret' && event.driver !== null,
  },
  actions: {
    begin: assign(({ event }) => (event.type === 'driver_register' || event.type === 'driver_attach'
      ? { caller: event.from, call: event.type, driver: event.driver, bus: event.bus, device: null, ret: 0 } : {})),
    exists: assign({ ret: -EBUSY }),
    take: assign({ device: ({ event }) => (event.type === 'klist_devices_next.ret' ? event.name : null) }),
    driver_register: say(({ driver }) => ({ type: 'driver_register', driver })),
    'driver_register.ret': say(({ driver, ret }) => ({ type: 'driver_register.ret', driver, ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, driver: '', bus: '', device: null }),
  },
}).createMachine({
  id: 'driver_register',
  context: ({ input }) => ({ ...notBusy, address: input.address, driver: '', bus: '', device: null }),
  initial: 'idle',
  on: { driver_register: { actions: 'refuse' }, driver_attach: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        driver_register: { target: 'in_driver_find', actions: 'begin' },
        driver_attach: { target: 'driver_attach', actions: 'begin' },
      },
    },
    in_driver_find: {
      entry: ['driver_register', toDriver('driver_find')],
      on: { 'driver_find.ret': [{ guard: 'zero', target: 'in_bus_add_driver' }, { target: 'answered', actions: 'exists' }] },
    },
    in_bus_add_driver: { entry: toDriver('bus_add_driver'), on: { 'bus_add_driver.ret': 'in_klist_drivers_add' } },
    in_klist_drivers_add: {
      entry: call(({ bus }) => busAt(bus), ({ driver }) => ({ type: 'klist_drivers_add', name: driver })),
      on: { 'klist_drivers_add.ret': 'in_drivers_autoprobe' },
    },
    in_drivers_autoprobe: {
      entry: call(({ bus }) => busAt(bus), () => ({ type: 'drivers_autoprobe_show' })),
      on: { 'drivers_autoprobe_show.ret': [{ guard: 'zero', target: 'add_bind_files' }, { target: 'driver_attach' }] },
    },
    driver_attach: {
      meta: { function: '__driver_attach' },
      initial: 'in_klist_devices_next',
      states: {
        in_klist_devices_next: {
          entry: call(({ bus }) => busAt(bus), ({ device }) => ({ type: 'klist_devices_next', after: device })),
          on: {
            'klist_devices_next.ret': [
              { guard: and(['noMore', 'registering']), target: '#add_bind_files' },
              { guard: 'noMore', target: '#answered' },
              { target: 'in_driver_match_device', actions: 'take' },
            ],
          },
        },
        in_driver_match_device: {
          description: 'Without device_lock.',
          entry: toDevice('driver_match_device'),
          on: {
            'driver_match_device.ret': [
              { guard: 'zero', target: 'in_klist_devices_next' },
              { guard: 'defers', target: 'in_driver_deferred_probe_add' },
              { guard: 'failed', target: 'in_klist_devices_next' },
              { target: 'in_probe_type' },
            ],
          },
        },
        in_driver_deferred_probe_add: {
          entry: call(() => deferredProbe, ({ device }) => ({ type: 'driver_deferred_probe_add', device })),
          on: { 'driver_deferred_probe_add.ret': 'in_klist_devices_next' },
        },
        in_probe_type: {
          entry: toDriver('probe_type'),
          on: { 'probe_type.ret': [{ guard: 'yes', target: 'asynchronous' }, { target: 'synchronous' }] },
        },
        synchronous: {
          initial: 'in_device_lock',
          states: {
            in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_driver_probe_device' } },
            in_driver_probe_device: {
              entry: call(({ device }) => bindingAt(device ?? ''), ({ driver }) => ({ type: 'driver_probe_device', driver })),
              on: { 'driver_probe_device.ret': 'in_device_unlock' },
            },
            in_device_unlock: {
              entry: toDevice('device_unlock'),
              on: { 'device_unlock.ret': '#driver_register.driver_attach.in_klist_devices_next' },
            },
          },
        },
        asynchronous: {
          description: 'Under device_lock: is a helper wanted? It is scheduled after the unlock (since 6.0).',
          initial: 'in_device_lock',
          states: {
            in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_dev_driver' } },
            in_dev_driver: {
              entry: toDevice('dev->driver'),
              on: { 'dev->driver.ret': [{ guard: 'bound', target: 'in_device_unlock' }, { target: 'in_schedule' }] },
            },
            in_schedule: {
              entry: call(({ device }) => asyncAt(device ?? ''), ({ driver }) => ({ type: '__driver_attach_async', driver })),
              on: { '__driver_attach_async.ret': 'in_device_unlock' },
            },
            in_device_unlock: {
              entry: toDevice('device_unlock'),
              on: { 'device_unlock.ret': '#driver_register.driver_attach.in_klist_devices_next' },
            },
          },
        },
      },
    },
    add_bind_files: {
      id: 'add_bind_files',
      initial: 'in_unbind',
      states: {
        in_unbind: { entry: addFile(unbindFileAt), on: { 'kernfs_activate.ret': 'in_bind' } },
        in_bind: { entry: addFile(bindFileAt), on: { 'kernfs_activate.ret': '#answered' } },
      },
    },
    answered: {
      id: 'answered',
      always: [
        { guard: 'registering', target: 'idle', actions: ['driver_register.ret', 'reply', 'idle'] },
        { target: 'idle', actions: ['reply', 'idle'] },
      ],
    },
  },
});
