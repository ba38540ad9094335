/**
 * bind_store: a write to /sys/bus/B/drivers/D/bind.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/bus.c bind_store, drivers/base/dd.c device_driver_attach. Any match that is
 * not 0 counts, a negative one too. Not counted in probe_count, not queued on deferral: the writer gets -EAGAIN.
 * The write answers 0 for the byte count.
 */
import { assign, setup } from 'xstate';
import { bindFileAt, bindingAt, deviceAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EAGAIN, EBUSY, ENODEV, EPROBE_DEFER } from '../kernel.ts';

type Command = Call<'bind_store', { readonly device: string; readonly driver: string }>;
type Answer = Ret<'kernfs_get_active' | 'kernfs_put_active' | 'bus_find_device_by_name' | 'driver_match_device' | 'device_lock' | '__driver_probe_device' | 'device_unlock'>;
interface Context extends Busy { device: string; driver: string }

const { call, say } = sends<Context, Command | Answer>();
const toFile = (type: string) => call(({ driver }) => bindFileAt(driver), () => ({ type }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), ({ device, driver }) => ({ type, device, driver }));

export const bind_store = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
  },
  actions: {
    begin: assign(({ event }) => ('driver' in event
      ? { caller: event.from, call: event.type, device: event.device, driver: event.driver, ret: 0 } : {})),
    absent: assign({ ret: -ENODEV }),
    /** device_driver_attach(): a positive errno becomes negative, -EPROBE_DEFER becomes -EAGAIN. */
    keep: assign({
      ret: ({ event }) => {
        const ret = 'ret' in event ? Math.abs(event.ret) : 0;
        return ret === 0 ? 0 : ret === EPROBE_DEFER ? -EAGAIN : -ret;
      },
    }),
    device_driver_attach: say(({ device, driver }) => ({ type: 'device_driver_attach', device, driver })),
    'device_driver_attach.ret': say(({ device, ret }) => ({ type: 'device_driver_attach.ret', device, ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', driver: '' }),
  },
}).createMachine({
  id: 'bind_store',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', driver: '' }),
  initial: 'idle',
  on: { bind_store: { actions: 'refuse' } },
  states: {
    idle: { on: { bind_store: { target: 'in_kernfs_get_active', actions: 'begin' } } },
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
          { target: 'in_driver_match_device' },
        ],
      },
    },
    in_driver_match_device: {
      description: 'Without device_lock.',
      entry: toDevice('driver_match_device'),
      on: {
        'driver_match_device.ret': [
          { guard: 'zero', target: 'in_kernfs_put_active', actions: 'absent' },
          { target: 'in_device_lock' },
        ],
      },
    },
    in_device_lock: {
      entry: ['device_driver_attach', toDevice('device_lock')],
      on: { 'device_lock.ret': 'in_driver_probe_device' },
    },
    in_driver_probe_device: {
      entry: call(({ device }) => bindingAt(device), ({ driver }) => ({ type: '__driver_probe_device', driver })),
      on: { '__driver_probe_device.ret': { target: 'in_device_unlock', actions: 'keep' } },
    },
    in_device_unlock: {
      entry: toDevice('device_unlock'),
      on: { 'device_unlock.ret': { target: 'in_kernfs_put_active', actions: 'device_driver_attach.ret' } },
    },
    in_kernfs_put_active: { entry: toFile('kernfs_put_active'), on: { 'kernfs_put_active.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
