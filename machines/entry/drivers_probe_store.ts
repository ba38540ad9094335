/**
 * drivers_probe_store: a write to /sys/bus/B/drivers_probe; and device_initial_probe(), for other callers.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/bus.c drivers_probe_store, bus_rescan_devices_helper, drivers/base/dd.c
 * device_attach, device_initial_probe. A bound device is left alone, after a look without lock. A negative result,
 * whichever, becomes -EINVAL; "nothing matched" and "the driver's probe failed" are both success.
 */
import { assign, setup } from 'xstate';
import { attachAt, deviceAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, EINVAL, ENODEV } from '../kernel.ts';

type Command = Call<'drivers_probe_store', { readonly device: string }> | Call<'device_initial_probe', { readonly device: string }>;
type Answer =
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'bus_find_device_by_name' | 'device_lock' | '__device_attach' | 'device_unlock'>;
interface Context extends Busy { device: string }

const { call, say } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));

export const drivers_probe_store = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    bound: ({ event }) => event.type === 'dev->driver.ret' && event.driver !== null,
  },
  actions: {
    begin: assign(({ event }) => ('device' in event ? { caller: event.from, call: event.type, device: event.device, ret: 0 } : {})),
    absent: assign({ ret: -ENODEV }),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    toErrno: assign({ ret: ({ context }) => (context.ret < 0 ? -EINVAL : 0) }),
    device_attach: say(({ device }) => ({ type: 'device_attach', device })),
    'device_attach.ret': say(({ device, ret }) => ({ type: 'device_attach.ret', device, ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '' }),
  },
}).createMachine({
  id: 'drivers_probe_store',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '' }),
  initial: 'idle',
  on: { drivers_probe_store: { actions: 'refuse' }, device_initial_probe: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        drivers_probe_store: { target: 'in_bus_find_device_by_name', actions: 'begin' },
        device_initial_probe: { target: 'device_initial_probe', actions: 'begin' },
      },
    },
    in_bus_find_device_by_name: {
      entry: toDevice('bus_find_device_by_name'),
      on: {
        'bus_find_device_by_name.ret': [
          { guard: 'zero', target: 'answered', actions: 'absent' },
          { target: 'in_dev_driver' },
        ],
      },
    },
    in_dev_driver: {
      description: 'Without device_lock.',
      entry: toDevice('dev->driver'),
      on: { 'dev->driver.ret': [{ guard: 'bound', target: 'answered' }, { target: 'device_attach' }] },
    },
    device_attach: {
      entry: 'device_attach',
      initial: 'in_device_lock',
      states: {
        in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_device_attach' } },
        in_device_attach: {
          entry: call(({ device }) => attachAt(device), () => ({ type: '__device_attach', allow_async: false })),
          on: { '__device_attach.ret': { target: 'in_device_unlock', actions: 'keep' } },
        },
        in_device_unlock: {
          entry: toDevice('device_unlock'),
          on: { 'device_unlock.ret': { target: '#answered', actions: ['device_attach.ret', 'toErrno'] } },
        },
      },
    },
    device_initial_probe: {
      initial: 'in_device_lock',
      states: {
        in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_device_attach' } },
        in_device_attach: {
          entry: call(({ device }) => attachAt(device), () => ({ type: '__device_attach', allow_async: true })),
          on: { '__device_attach.ret': 'in_device_unlock' },
        },
        in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': '#answered' } },
      },
    },
    answered: { id: 'answered', entry: ['reply', 'idle'], always: 'idle' },
  },
});
