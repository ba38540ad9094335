/**
 * deferred_probe_timeout_work_func: the delayed work that gives up waiting for suppliers.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/dd.c deferred_probe_timeout_work_func. Of all that it does, the trigger is what
 * matters here: every deferred device is tried once more. Left out: fw_devlink_drivers_done, the messages.
 */
import { assign, setup } from 'xstate';
import { deferredProbe } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'deferred_probe_timeout_work_func'>;
type Answer = Ret<'driver_deferred_probe_trigger'>;

const { call } = sends<Busy, Command | Answer>();

export const deferred_probe_timeout_work_func = setup({
  types: {} as Types<Busy, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, ret: 0 })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy }),
  },
}).createMachine({
  id: 'deferred_probe_timeout_work_func',
  context: ({ input }) => ({ ...notBusy, address: input.address }),
  initial: 'idle',
  on: { deferred_probe_timeout_work_func: { actions: 'refuse' } },
  states: {
    idle: { on: { deferred_probe_timeout_work_func: { target: 'in_driver_deferred_probe_trigger', actions: 'begin' } } },
    in_driver_deferred_probe_trigger: {
      entry: call(() => deferredProbe, () => ({ type: 'driver_deferred_probe_trigger' })),
      on: { 'driver_deferred_probe_trigger.ret': 'answered' },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
