/**
 * iommu_device_unregister: an IOMMU driver leaves, and takes a device out of its group.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117), drivers/iommu/iommu.c iommu_device_unregister: each device of the IOMMU is released as if it had
 * been removed from its bus, whether a driver has it or not. One call here is one device of the walk. A device whose group
 * has gone is asked again when an IOMMU comes (bus_iommu_probe).
 */
import { assign, setup } from 'xstate';
import { notifierAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'iommu_device_unregister', { readonly device: string }>;
type Answer = Ret<'iommu_release_device'>;
interface Context extends Busy { device: string }

const { call } = sends<Context, Command | Answer>();

export const iommu_device_unregister = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ('device' in event ? { caller: event.from, call: event.type, device: event.device, ret: 0 } : {})),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '' }),
  },
}).createMachine({
  id: 'iommu_device_unregister',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '' }),
  initial: 'idle',
  on: { iommu_device_unregister: { actions: 'refuse' } },
  states: {
    idle: { on: { iommu_device_unregister: { target: 'in_iommu_release_device', actions: 'begin' } } },
    in_iommu_release_device: {
      entry: call(({ device }) => notifierAt(device), () => ({ type: 'iommu_release_device' })),
      on: { 'iommu_release_device.ret': 'answered' },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
