/**
 * driver_override_store: a write to a device's driver_override file; an empty line clears it.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/driver.c driver_set_override, under device_lock. Binds nothing by itself.
 */
import { assign, setup } from 'xstate';
import { deviceAt, overrideFileAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, ENODEV } from '../kernel.ts';

type Command = Call<'driver_override_store', { readonly device: string; readonly driver_override: string | null }>;
type Answer = Ret<'kernfs_get_active' | 'kernfs_put_active' | 'device_lock' | 'driver_set_override' | 'device_unlock'>;
interface Context extends Busy { device: string; driver_override: string | null }

const { call } = sends<Context, Command | Answer>();
const toFile = (type: string) => call(({ device }) => overrideFileAt(device), () => ({ type }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), ({ driver_override }) => ({ type, driver_override }));

export const driver_override_store = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: { failed: ({ event }) => 'ret' in event && event.ret < 0 },
  actions: {
    begin: assign(({ event }) => ('device' in event
      ? { caller: event.from, call: event.type, device: event.device, driver_override: event.driver_override, ret: 0 } : {})),
    absent: assign({ ret: -ENODEV }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', driver_override: null }),
  },
}).createMachine({
  id: 'driver_override_store',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', driver_override: null }),
  initial: 'idle',
  on: { driver_override_store: { actions: 'refuse' } },
  states: {
    idle: { on: { driver_override_store: { target: 'in_kernfs_get_active', actions: 'begin' } } },
    in_kernfs_get_active: {
      description: 'The file goes before its device, and the device not before the last writer.',
      entry: toFile('kernfs_get_active'),
      on: {
        'kernfs_get_active.ret': [
          { guard: 'failed', target: 'answered', actions: 'absent' },
          { target: 'in_device_lock' },
        ],
      },
    },
    in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_driver_set_override' } },
    in_driver_set_override: { entry: toDevice('driver_set_override'), on: { 'driver_set_override.ret': 'in_device_unlock' } },
    in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'in_kernfs_put_active' } },
    in_kernfs_put_active: { entry: toFile('kernfs_put_active'), on: { 'kernfs_put_active.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
