/**
 * async_helper: the asynchronous probes of one device.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/dd.c __driver_attach_async_helper (a driver was registered) and
 * __device_attach_async_helper (a device was added), kernel/async.c async_synchronize_full. dev->p->async_driver keeps a
 * second driver from being scheduled before the first has run. A helper starts some time after it was scheduled.
 */
import { assign, setup } from 'xstate';
import { attachAt, bindingAt, deviceAt } from '../address.ts';
import { ret, sends, type Address, type Call, type Here, type Ret, type Types } from '../chart.ts';

type Command =
  | Call<'__driver_attach_async', { readonly driver: string }> | Call<'__device_attach_async_helper'>
  | Call<'async_synchronize_full'> | Call<'async_run_entry_fn'>;
type Answer = Ret<'device_lock' | 'driver_probe_device' | '__device_attach_async' | 'device_unlock'>;
interface Context extends Here {
  device: string;
  async_driver: string | null;
  /** A scan for async drivers is scheduled. */
  scan: boolean;
  waiting: Address[];
}
export interface AsyncInput {
  address: Address;
  device: string;
}

const { call, answer } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const busy = {
  __driver_attach_async: [{ guard: 'asyncDriver', actions: ret(0) }, { actions: ['keepDriver', ret(1)] }],
  __device_attach_async_helper: { actions: 'keepScan' },
  async_synchronize_full: { actions: 'wait' },
  async_run_entry_fn: {},
} as const;

export const async_helper = setup({
  types: {} as Types<Context, Command | Answer, AsyncInput>,
  guards: {
    asyncDriver: ({ context }) => context.async_driver !== null,
    more: ({ context }) => context.async_driver !== null || context.scan,
    someoneWaits: ({ context }) => context.waiting.length > 0,
  },
  actions: {
    answer,
    keepDriver: assign({ async_driver: ({ event }) => (event.type === '__driver_attach_async' ? event.driver : null) }),
    keepScan: assign({ scan: true }),
    scanned: assign({ scan: false }),
    ran: assign({ async_driver: null }),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event.from] }),
    start: call(({ address }) => address, () => ({ type: 'async_run_entry_fn' })),
    wake: call(({ waiting }) => waiting[0] ?? '', () => ({ type: 'async_synchronize_full.ret', ret: 0 })),
    next: assign({ waiting: ({ context }) => context.waiting.slice(1) }),
  },
}).createMachine({
  id: 'async_helper',
  context: ({ input }) => ({ ...input, async_driver: null, scan: false, waiting: [] }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        __driver_attach_async: { target: 'scheduled', actions: ['keepDriver', 'start', ret(1)] },
        __device_attach_async_helper: { target: 'scheduled', actions: ['keepScan', 'start'] },
        async_synchronize_full: { actions: ret(0) },
        async_run_entry_fn: {},
      },
    },
    scheduled: {
      on: { ...busy, async_run_entry_fn: 'in_device_lock' },
    },
    in_device_lock: {
      entry: toDevice('device_lock'),
      on: {
        ...busy,
        'device_lock.ret': [{ guard: 'asyncDriver', target: 'in_driver_probe_device' }, { target: 'in___device_attach' }],
      },
    },
    in_driver_probe_device: {
      meta: { function: '__driver_attach_async_helper' },
      entry: call(({ device }) => bindingAt(device), ({ async_driver }) => ({ type: 'driver_probe_device', driver: async_driver })),
      on: { ...busy, 'driver_probe_device.ret': { target: 'in_device_unlock', actions: 'ran' } },
    },
    in___device_attach: {
      meta: { function: '__device_attach_async_helper' },
      entry: ['scanned', call(({ device }) => attachAt(device), () => ({ type: '__device_attach_async' }))],
      on: { ...busy, '__device_attach_async.ret': 'in_device_unlock' },
    },
    in_device_unlock: {
      entry: toDevice('device_unlock'),
      on: { ...busy, 'device_unlock.ret': [{ guard: 'more', target: 'scheduled', actions: 'start' }, { target: 'finished' }] },
    },
    finished: {
      always: [{ guard: 'someoneWaits', target: 'finished', reenter: true, actions: ['wake', 'next'] }, { target: 'idle' }],
    },
  },
});
