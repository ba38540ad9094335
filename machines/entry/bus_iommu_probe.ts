/**
 * bus_iommu_probe: an IOMMU driver registers, and finds a device that was there before it.
 *
 * Kernel v5.19 to v7.3, drivers/iommu/iommu.c bus_iommu_probe, called by bus_set_iommu (until 6.0) or iommu_device_register: each device of the
 * bus is asked, without device_lock, whether a driver has it or not. One call here is one device of the walk.
 * Left out: the second pass, which sets up the default domains of all groups after the first has made them: a group gets its domain with
 * its first device. In between a driver may come in until b46064a18810 (6.15, 6.12.26), which makes use() say -EPROBE_DEFER there.
 */
import { assign, setup } from 'xstate';
import { notifierAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'bus_iommu_probe', { readonly device: string }>;
type Answer = Ret<'iommu_probe_device'>;
interface Context extends Busy { device: string }

const { call } = sends<Context, Command | Answer>();

export const bus_iommu_probe = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ('device' in event ? { caller: event.from, call: event.type, device: event.device, ret: 0 } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '' }),
  },
}).createMachine({
  id: 'bus_iommu_probe',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '' }),
  initial: 'idle',
  on: { bus_iommu_probe: { actions: 'refuse' } },
  states: {
    idle: { on: { bus_iommu_probe: { target: 'in_iommu_probe_device', actions: 'begin' } } },
    in_iommu_probe_device: {
      entry: call(({ device }) => notifierAt(device), () => ({ type: 'iommu_probe_device' })),
      on: { 'iommu_probe_device.ret': { target: 'answered', actions: 'keep' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
