/**
 * device_bind_driver: a driver binds a device by hand, as phy and mac80211_hwsim do.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/dd.c device_bind_driver (exported): the caller stores dev->driver under
 * device_lock first and clears it on failure. No dma_configure; a later release calls dma_cleanup all the same.
 * Unlike __driver_probe_device() it asks for no dev->p->dead. Its callers bind devices that they keep alive themselves,
 * so the caller here looks first: a driver bound behind the release of a removal would stay on the device for ever.
 */
import { assign, setup } from 'xstate';
import { bindingAt, deviceAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, ENODEV } from '../kernel.ts';

type Command = Call<'device_bind_driver', { readonly device: string; readonly driver: string }>;
type Answer =
  | Ret<'dev->p', { readonly dead: boolean; readonly driver: string | null }>
  | Ret<'device_lock' | 'device_set_driver' | 'device_bind_driver' | 'device_unlock'>;
interface Context extends Busy { device: string; driver: string }

const { call } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const setDriver = (clear: boolean) =>
  call(({ device }) => deviceAt(device), ({ driver }) => ({ type: 'device_set_driver', driver: clear ? null : driver }));

export const device_bind_driver = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    dead: ({ event }) => event.type === 'dev->p.ret' && event.dead,
    bound: ({ event }) => event.type === 'dev->p.ret' && event.driver !== null,
  },
  actions: {
    begin: assign(({ event }) => ('driver' in event && 'device' in event
      ? { caller: event.from, call: event.type, device: event.device, driver: event.driver, ret: 0 } : {})),
    dead: assign({ ret: -ENODEV }),
    busy: assign({ ret: -EBUSY }),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', driver: '' }),
  },
}).createMachine({
  id: 'device_bind_driver',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', driver: '' }),
  initial: 'idle',
  on: { device_bind_driver: { actions: 'refuse' } },
  states: {
    idle: { on: { device_bind_driver: { target: 'in_device_lock', actions: 'begin' } } },
    in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_dev_p' } },
    in_dev_p: {
      entry: toDevice('dev->p'),
      on: {
        'dev->p.ret': [
          { guard: 'dead', target: 'in_device_unlock', actions: 'dead' },
          { guard: 'bound', target: 'in_device_unlock', actions: 'busy' },
          { target: 'in_device_set_driver' },
        ],
      },
    },
    in_device_set_driver: { entry: setDriver(false), on: { 'device_set_driver.ret': 'in_device_bind_driver' } },
    in_device_bind_driver: {
      entry: call(({ device }) => bindingAt(device), ({ driver }) => ({ type: 'device_bind_driver', driver })),
      on: {
        'device_bind_driver.ret': [
          { guard: 'failed', target: 'in_clear_driver', actions: 'keep' },
          { target: 'in_device_unlock' },
        ],
      },
    },
    in_clear_driver: { entry: setDriver(true), on: { 'device_set_driver.ret': 'in_device_unlock' } },
    in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
