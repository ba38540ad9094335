/**
 * deferred_probe_work_func: the worker that tries deferred devices again.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/dd.c deferred_probe_work_func; each device goes through bus_probe_device().
 * Queued by the trigger; queued again while it runs, it runs once more.
 */
import { assign, setup } from 'xstate';
import { attachAt, busAt, deferredProbe, deviceAt } from '../address.ts';
import { sends, type Call, type Here, type Ret, type Types } from '../chart.ts';

type Command = Call<'queue_work'>;
type Answer =
  | Ret<'deferred_probe_active_list', { readonly device: string | null }>
  | Ret<'dev->bus', { readonly bus: string }>
  | Ret<'deferred_probe_work_func' | 'drivers_autoprobe_show' | 'device_lock' | '__device_attach' | 'device_unlock'>;
interface Context extends Here { device: string | null; bus: string; again: boolean }

const { call } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device ?? ''), () => ({ type }));

export const deferred_probe_work_func = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    noMore: ({ event }) => event.type === 'deferred_probe_active_list.ret' && event.device === null,
    again: ({ context }) => context.again,
  },
  actions: {
    note: assign({ again: true }),
    begin: assign({ again: false, device: null, bus: '' }),
    keepBus: assign({ bus: ({ event }) => (event.type === 'dev->bus.ret' ? event.bus : '') }),
    take: assign({ device: ({ event }) => (event.type === 'deferred_probe_active_list.ret' ? event.device : null) }),
  },
}).createMachine({
  id: 'deferred_probe_work_func',
  context: ({ input }) => ({ address: input.address, device: null, bus: '', again: false }),
  initial: 'idle',
  on: { queue_work: { actions: 'note' } },
  states: {
    idle: { on: { queue_work: { target: 'in_deferred_probe_work_func', actions: 'begin' } } },
    in_deferred_probe_work_func: {
      description: 'The work is no longer pending: a trigger from here on queues it again.',
      entry: call(() => deferredProbe, () => ({ type: 'deferred_probe_work_func' })),
      on: { 'deferred_probe_work_func.ret': 'in_deferred_probe_active_list' },
    },
    in_deferred_probe_active_list: {
      entry: call(() => deferredProbe, () => ({ type: 'deferred_probe_active_list' })),
      on: {
        'deferred_probe_active_list.ret': [
          { guard: 'noMore', target: 'done' },
          { target: 'in_dev_bus', actions: 'take' },
        ],
      },
    },
    in_dev_bus: { entry: toDevice('dev->bus'), on: { 'dev->bus.ret': { target: 'in_drivers_autoprobe', actions: 'keepBus' } } },
    in_drivers_autoprobe: {
      meta: { function: 'bus_probe_device' },
      entry: call(({ bus }) => busAt(bus), () => ({ type: 'drivers_autoprobe_show' })),
      on: { 'drivers_autoprobe_show.ret': [{ guard: 'zero', target: 'in_deferred_probe_active_list' }, { target: 'in_device_lock' }] },
    },
    in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_device_attach' } },
    in_device_attach: {
      entry: call(({ device }) => attachAt(device ?? ''), () => ({ type: '__device_attach', allow_async: true })),
      on: { '__device_attach.ret': 'in_device_unlock' },
    },
    in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'in_deferred_probe_active_list' } },
    done: {
      always: [
        { guard: 'again', target: 'in_deferred_probe_work_func', actions: 'begin' },
        { target: 'idle', actions: 'begin' },
      ],
    },
  },
});
