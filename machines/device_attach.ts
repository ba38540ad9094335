/**
 * device_attach: __device_attach(), the scan over the drivers of a bus for one device.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117), drivers/base/dd.c: __device_attach, __device_attach_driver,
 * __device_attach_async_helper. The caller holds device_lock from before the call until after its answer, so one of
 * these charts per device is enough. Matching asks the device (driver_override) and then the environment (id tables).
 * Answers: 0 nothing bound, 1 bound, negative: a match or a probe that stopped the scan. A positive result of a
 * probe (the driver's own failure) goes on with the next driver; a negative one stops.
 * Left out: parent's runtime PM. The two kernels differ only in what happens when an async probe cannot be scheduled
 * for lack of memory, which the environment never says here.
 */
import { assign, setup } from 'xstate';
import { asyncAt, bindingAt, busAt, deferredProbe, deviceAt, driverAt } from './address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from './chart.ts';
import { EBUSY, EPROBE_DEFER } from './kernel.ts';

export type AttachCall =
  | Call<'__device_attach', { readonly allow_async: boolean }>
  /** The async helper's own scan: async drivers only. */
  | Call<'__device_attach_async'>;
type Answer =
  | Ret<'dev->p', { readonly dead: boolean; readonly driver: string | null }>
  | Ret<'klist_drivers_next', { readonly name: string | null }>
  | Ret<'klist_iter_exit' | 'driver_match_device' | 'probe_type' | 'driver_probe_device' | 'driver_deferred_probe_add'>
  | Ret<'device_is_bound' | 'device_bind_driver' | 'device_set_driver'>;

interface Context extends Busy {
  device: string;
  bus: string;
  drv: string | null;
  allow_async: boolean;
  want_async: boolean;
  have_async: boolean;
}

export interface AttachInput {
  address: string;
  device: string;
  bus: string;
}

const { call } = sends<Context, AttachCall | Answer>();
const done = (ret: number) => ({ type: 'done', params: { ret } }) as const;

export const device_attach = setup({
  types: {} as Types<Context, AttachCall | Answer, AttachInput>,
  guards: {
    dead: ({ event }) => event.type === 'dev->p.ret' && event.dead,
    hasDriver: ({ event }) => event.type === 'dev->p.ret' && event.driver !== null,
    helper: ({ context }) => context.want_async,
    noMore: ({ event }) => event.type === 'klist_drivers_next.ret' && event.name === null,
    yes: ({ event }) => 'ret' in event && event.ret === 1,
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    positive: ({ event }) => 'ret' in event && event.ret > 0,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    matchDefers: ({ event }) => 'ret' in event && event.ret === -EPROBE_DEFER,
    async: ({ context }) => context.allow_async || context.want_async,
    otherTurn: ({ context, event }) => 'ret' in event && (event.ret === 1) !== context.want_async,
    haveAsync: ({ context }) => context.have_async,
  },
  actions: {
    begin: assign(({ event }) => ({
      caller: event.from, call: event.type, drv: null, have_async: false,
      allow_async: event.type === '__device_attach' && event.allow_async, want_async: event.type === '__device_attach_async',
    })),
    done: assign({ ret: (_, { ret }: { ret: number }) => ret }),
    keepError: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    keepDriver: assign({ drv: ({ event }) => (event.type === 'dev->p.ret' ? event.driver : null) }),
    take: assign({ drv: ({ event }) => (event.type === 'klist_drivers_next.ret' ? event.name : null) }),
    noteAsync: assign({ have_async: ({ context, event }) => context.have_async || ('ret' in event && event.ret === 1) }),
    schedule: call(({ device }) => asyncAt(device), () => ({ type: '__device_attach_async_helper' })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, drv: null, allow_async: false, want_async: false, have_async: false }),
  },
}).createMachine({
  id: 'device_attach',
  context: ({ input }) => ({
    ...notBusy, address: input.address, device: input.device, bus: input.bus, drv: null,
    allow_async: false, want_async: false, have_async: false,
  }),
  initial: 'idle',
  on: {
    // Reached only without device_lock.
    __device_attach: { actions: 'refuse' },
    __device_attach_async: { actions: 'refuse' },
  },
  states: {
    idle: {
      on: {
        __device_attach: { target: 'in_gate', actions: 'begin' },
        __device_attach_async: { target: 'in_gate', actions: 'begin' },
      },
    },
    in_gate: {
      entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->p' })),
      on: {
        'dev->p.ret': [
          { guard: 'dead', target: 'answered', actions: done(0) },
          { guard: ({ context, event }) => context.want_async && event.driver !== null, target: 'answered', actions: done(0) },
          { guard: 'hasDriver', target: 'in_device_is_bound', actions: 'keepDriver' },
          { target: 'in_klist_drivers_next' },
        ],
      },
    },
    in_device_is_bound: {
      description: 'dev->driver is set: bound already (answer 1), or preset by somebody who wants a manual bind.',
      entry: call(({ device }) => bindingAt(device), () => ({ type: 'device_is_bound' })),
      on: { 'device_is_bound.ret': [{ guard: 'yes', target: 'answered', actions: done(1) }, { target: 'in_device_bind_driver' }] },
    },
    in_device_bind_driver: {
      entry: call(({ device }) => bindingAt(device), ({ drv }) => ({ type: 'device_bind_driver', driver: drv })),
      on: {
        'device_bind_driver.ret': [
          { guard: 'zero', target: 'answered', actions: done(1) },
          { target: 'in_device_set_driver' },
        ],
      },
    },
    in_device_set_driver: {
      entry: call(({ device }) => deviceAt(device), () => ({ type: 'device_set_driver', driver: null })),
      on: { 'device_set_driver.ret': { target: 'answered', actions: done(0) } },
    },

    in_klist_drivers_next: {
      meta: { function: 'bus_for_each_drv' },
      entry: call(({ bus }) => busAt(bus), ({ drv }) => ({ type: 'klist_drivers_next', after: drv })),
      on: {
        'klist_drivers_next.ret': [
          { guard: 'noMore', target: 'scanned', actions: done(0) },
          { target: 'in_driver_match_device', actions: 'take' },
        ],
      },
    },
    in_driver_match_device: {
      meta: { function: '__device_attach_driver' },
      entry: call(({ device }) => deviceAt(device), ({ device, drv }) => ({ type: 'driver_match_device', device, driver: drv })),
      on: {
        'driver_match_device.ret': [
          { guard: 'zero', target: 'in_klist_drivers_next' },
          { guard: 'matchDefers', target: 'in_driver_deferred_probe_add' },
          { guard: 'failed', target: 'in_klist_iter_exit', actions: 'keepError' },
          { guard: 'async', target: 'in_probe_type' },
          { target: 'in_driver_probe_device' },
        ],
      },
    },
    in_driver_deferred_probe_add: {
      entry: call(() => deferredProbe, ({ device }) => ({ type: 'driver_deferred_probe_add', device })),
      on: { 'driver_deferred_probe_add.ret': { target: 'in_klist_iter_exit', actions: done(-EPROBE_DEFER) } },
    },
    in_probe_type: {
      entry: call(({ drv }) => driverAt(drv ?? ''), ({ want_async }) => ({ type: 'probe_type', want_async })),
      on: {
        'probe_type.ret': [
          { guard: 'otherTurn', target: 'in_klist_drivers_next', actions: 'noteAsync' },
          { target: 'in_driver_probe_device', actions: 'noteAsync' },
        ],
      },
    },
    in_driver_probe_device: {
      entry: call(({ device }) => bindingAt(device), ({ drv }) => ({ type: 'driver_probe_device', driver: drv })),
      on: {
        'driver_probe_device.ret': [
          { guard: 'positive', target: 'in_klist_drivers_next' },
          { guard: 'failed', target: 'in_klist_iter_exit', actions: 'keepError' },
          { target: 'in_klist_iter_exit', actions: done(1) },
        ],
      },
    },

    in_klist_iter_exit: {
      description: 'The walk ends before the end of the list.',
      entry: call(({ bus }) => busAt(bus), () => ({ type: 'klist_iter_exit' })),
      on: { 'klist_iter_exit.ret': 'scanned' },
    },
    scanned: {
      always: [
        { guard: ({ context }) => context.ret === 0 && context.allow_async && context.have_async, target: 'answered', actions: 'schedule' },
        { target: 'answered' },
      ],
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
