/**
 * unbind_store: a write to /sys/bus/B/drivers/D/unbind; and device_release_driver(), for other callers.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/bus.c unbind_store, drivers/base/dd.c device_release_driver_internal. The
 * driver is compared without lock, and the release has no filter: a driver that came in between is unbound instead.
 */
import { assign, setup } from 'xstate';
import { bindingAt, deviceAt, unbindFileAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, ENODEV } from '../kernel.ts';

type Command =
  | Call<'unbind_store', { readonly device: string; readonly driver: string }>
  | Call<'device_release_driver', { readonly device: string }>;
type Answer =
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'kernfs_get_active' | 'kernfs_put_active'>
  | Ret<'bus_find_device_by_name' | 'device_lock' | '__device_release_driver' | 'device_unlock'>;
interface Context extends Busy { device: string; driver: string }

const { call, say } = sends<Context, Command | Answer>();
const toFile = (type: string) => call(({ driver }) => unbindFileAt(driver), () => ({ type }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));

export const unbind_store = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    writing: ({ context }) => context.call === 'unbind_store',
    other: ({ context, event }) => event.type === 'dev->driver.ret' && event.driver !== context.driver,
  },
  actions: {
    begin: assign(({ event }) => ('device' in event
      ? { caller: event.from, call: event.type, device: event.device, driver: 'driver' in event ? event.driver : '', ret: 0 } : {})),
    absent: assign({ ret: -ENODEV }),
    device_release_driver_internal: say(({ device }) => ({ type: 'device_release_driver_internal', device })),
    'device_release_driver_internal.ret': say(({ device }) => ({ type: 'device_release_driver_internal.ret', device })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', driver: '' }),
  },
}).createMachine({
  id: 'unbind_store',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', driver: '' }),
  initial: 'idle',
  on: { unbind_store: { actions: 'refuse' }, device_release_driver: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        unbind_store: { target: 'in_kernfs_get_active', actions: 'begin' },
        device_release_driver: { target: 'in_device_lock', actions: 'begin' },
      },
    },
    in_kernfs_get_active: {
      description: 'The file goes before its driver, and the driver not before the last writer.',
      entry: toFile('kernfs_get_active'),
      on: {
        'kernfs_get_active.ret': [
          { guard: 'failed', target: 'answered', actions: 'absent' },
          { target: 'in_bus_find_device_by_name' },
        ],
      },
    },
    in_bus_find_device_by_name: {
      entry: toDevice('bus_find_device_by_name'),
      on: {
        'bus_find_device_by_name.ret': [
          { guard: 'zero', target: 'in_kernfs_put_active', actions: 'absent' },
          { target: 'in_dev_driver' },
        ],
      },
    },
    in_dev_driver: {
      description: 'dev->driver == drv? Without device_lock.',
      entry: toDevice('dev->driver'),
      on: {
        'dev->driver.ret': [
          { guard: 'other', target: 'in_kernfs_put_active', actions: 'absent' },
          { target: 'in_device_lock' },
        ],
      },
    },
    in_device_lock: {
      entry: ['device_release_driver_internal', toDevice('device_lock')],
      on: { 'device_lock.ret': 'in___device_release_driver' },
    },
    in___device_release_driver: {
      entry: call(({ device }) => bindingAt(device), () => ({ type: '__device_release_driver', driver: null })),
      on: { '__device_release_driver.ret': 'in_device_unlock' },
    },
    in_device_unlock: {
      entry: toDevice('device_unlock'),
      on: {
        'device_unlock.ret': [
          { guard: 'writing', target: 'in_kernfs_put_active', actions: 'device_release_driver_internal.ret' },
          { target: 'answered', actions: 'device_release_driver_internal.ret' },
        ],
      },
    },
    in_kernfs_put_active: { entry: toFile('kernfs_put_active'), on: { 'kernfs_put_active.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
