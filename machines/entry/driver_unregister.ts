/**
 * driver_unregister: a module with a driver is unloaded: each device is released, the last of the list first.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/driver.c driver_unregister, drivers/base/bus.c bus_remove_driver, drivers/
 * base/dd.c driver_detach. First the files `bind` and `unbind` go: who is inside one of them is waited for, and nobody
 * gets in any more. A driver that may probe asynchronously first waits for every async probe to end.
 */
import { assign, setup } from 'xstate';
import { asyncAt, bindFileAt, bindingAt, busAt, deviceAt, driverAt, unbindFileAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'driver_unregister', { readonly driver: string; readonly bus: string }>;
type Answer =
  | Ret<'klist_devices_next', { readonly name: string | null }>
  | Ret<'klist_last', { readonly device: string | null }>
  | Ret<'kernfs_remove' | 'klist_drivers_del' | 'probe_type' | 'async_synchronize_full' | 'bus_remove_driver'>
  | Ret<'device_lock' | '__device_release_driver' | 'device_unlock'>;
interface Context extends Busy { driver: string; bus: string; device: string | null }

const { call, say } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device ?? ''), () => ({ type }));
const toDriver = (type: string) => call(({ driver }) => driverAt(driver), () => ({ type }));
const removeFile = (at: (driver: string) => Address) => call(({ driver }) => at(driver), () => ({ type: 'kernfs_remove' }));
const toBus = (type: string) => call(({ bus }) => busAt(bus), ({ driver, device }) => ({ type, name: driver, after: device }));

export const driver_unregister = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    yes: ({ event }) => 'ret' in event && event.ret === 1,
    noMore: ({ event }) =>
      (event.type === 'klist_devices_next.ret' && event.name === null) || (event.type === 'klist_last.ret' && event.device === null),
  },
  actions: {
    begin: assign(({ event }) => (event.type === 'driver_unregister'
      ? { caller: event.from, call: event.type, driver: event.driver, bus: event.bus, device: null, ret: 0 } : {})),
    take: assign({
      device: ({ event }) => (event.type === 'klist_devices_next.ret' ? event.name : event.type === 'klist_last.ret' ? event.device : null),
    }),
    driver_unregister: say(({ driver }) => ({ type: 'driver_unregister', driver })),
    'driver_unregister.ret': say(({ driver }) => ({ type: 'driver_unregister.ret', driver })),
    driver_detach: say(({ driver }) => ({ type: 'driver_detach', driver })),
    device_release_driver_internal: say(({ device }) => ({ type: 'device_release_driver_internal', device })),
    'device_release_driver_internal.ret': say(({ device }) => ({ type: 'device_release_driver_internal.ret', device })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, driver: '', bus: '', device: null }),
  },
}).createMachine({
  id: 'driver_unregister',
  context: ({ input }) => ({ ...notBusy, address: input.address, driver: '', bus: '', device: null }),
  initial: 'idle',
  on: { driver_unregister: { actions: 'refuse' } },
  states: {
    idle: { on: { driver_unregister: { target: 'remove_bind_files', actions: 'begin' } } },
    remove_bind_files: {
      entry: 'driver_unregister',
      initial: 'in_bind',
      states: {
        in_bind: { entry: removeFile(bindFileAt), on: { 'kernfs_remove.ret': 'in_unbind' } },
        in_unbind: { entry: removeFile(unbindFileAt), on: { 'kernfs_remove.ret': '#driver_unregister.in_klist_drivers_del' } },
      },
    },
    in_klist_drivers_del: {
      entry: toBus('klist_drivers_del'),
      on: { 'klist_drivers_del.ret': 'in_probe_type' },
    },
    in_probe_type: {
      entry: ['driver_detach', toDriver('probe_type')],
      on: { 'probe_type.ret': [{ guard: 'yes', target: 'async_synchronize_full' }, { target: 'driver_detach' }] },
    },
    async_synchronize_full: {
      initial: 'in_klist_devices_next',
      states: {
        in_klist_devices_next: {
          entry: toBus('klist_devices_next'),
          on: {
            'klist_devices_next.ret': [
              { guard: 'noMore', target: '#driver_unregister.driver_detach' },
              { target: 'in_async_synchronize_full', actions: 'take' },
            ],
          },
        },
        in_async_synchronize_full: {
          entry: call(({ device }) => asyncAt(device ?? ''), () => ({ type: 'async_synchronize_full' })),
          on: { 'async_synchronize_full.ret': 'in_klist_devices_next' },
        },
      },
    },
    driver_detach: {
      meta: { function: 'driver_detach' },
      initial: 'in_klist_last',
      states: {
        in_klist_last: {
          entry: toDriver('klist_last'),
          on: {
            'klist_last.ret': [
              { guard: 'noMore', target: '#driver_unregister.in_bus_remove_driver' },
              { target: 'in_device_lock', actions: 'take' },
            ],
          },
        },
        in_device_lock: {
          entry: ['device_release_driver_internal', toDevice('device_lock')],
          on: { 'device_lock.ret': 'in___device_release_driver' },
        },
        in___device_release_driver: {
          description: 'Only if the device is still bound to this driver.',
          entry: call(({ device }) => bindingAt(device ?? ''), ({ driver }) => ({ type: '__device_release_driver', driver })),
          on: { '__device_release_driver.ret': 'in_device_unlock' },
        },
        in_device_unlock: {
          entry: toDevice('device_unlock'),
          on: { 'device_unlock.ret': { target: 'in_klist_last', actions: 'device_release_driver_internal.ret' } },
        },
      },
    },
    in_bus_remove_driver: { entry: toDriver('bus_remove_driver'), on: { 'bus_remove_driver.ret': 'answered' } },
    answered: { entry: ['driver_unregister.ret', 'reply', 'idle'], always: 'idle' },
  },
});
