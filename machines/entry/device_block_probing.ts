/**
 * device_block_probing, device_unblock_probing: suspend, hibernation and shutdown keep every driver from probing.
 *
 * Kernel v6.1.y and v6.12.y: drivers/base/dd.c, both. From the flag on, a probe that begins defers; the unblock
 * triggers the deferred ones. Left out: wait_for_device_probe() between the flag and the return, so a probe that was
 * under way may end after the block has returned.
 */
import { assign, setup } from 'xstate';
import { deferredProbe } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'device_block_probing'> | Call<'device_unblock_probing'>;
type Answer = Ret<'device_block_probing' | 'device_unblock_probing'>;

const { call } = sends<Busy, Command | Answer>();
const toDeferred = (type: string) => call(() => deferredProbe, () => ({ type }));

export const device_block_probing = setup({
  types: {} as Types<Busy, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, ret: 0 })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy }),
  },
}).createMachine({
  id: 'device_block_probing',
  context: ({ input }) => ({ ...notBusy, address: input.address }),
  initial: 'idle',
  on: { device_block_probing: { actions: 'refuse' }, device_unblock_probing: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        device_block_probing: { target: 'in_device_block_probing', actions: 'begin' },
        device_unblock_probing: { target: 'in_device_unblock_probing', actions: 'begin' },
      },
    },
    in_device_block_probing: { entry: toDeferred('device_block_probing'), on: { 'device_block_probing.ret': 'answered' } },
    in_device_unblock_probing: { entry: toDeferred('device_unblock_probing'), on: { 'device_unblock_probing.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
