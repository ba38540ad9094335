/**
 * iommu_device_unregister: an IOMMU driver leaves, whoever drives the devices behind it; their groups vanish.
 *
 * Kernel v6.1 to v7.3, drivers/iommu/iommu.c iommu_device_unregister, remove_iommu_group: each device of the bus leaves its group, without
 * device_lock. Up to 6.0 bus_set_iommu() does the same walk where it fails. A driver that was counted is counted nowhere any more, and
 * gives back nothing (or too much, where a new group has come).
 * Left out: devices of another IOMMU, the memory of the IOMMU driver.
 */
import { assign, setup } from 'xstate';
import { busAt, notifierAt } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'iommu_device_unregister', { readonly bus: string }>;
type Answer = Ret<'klist_devices_next', { readonly name: string | null }> | Ret<'iommu_release_device'>;
interface Context extends Busy {
  bus: string;
  device: string | null;
}

const { call } = sends<Context, Command | Answer>();

export const iommu_device_unregister = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: { noMore: ({ event }) => event.type === 'klist_devices_next.ret' && event.name === null },
  actions: {
    begin: assign(({ event }) => ('bus' in event ? { caller: event.from, call: event.type, bus: event.bus, device: null, ret: 0 } : {})),
    take: assign({ device: ({ event }) => (event.type === 'klist_devices_next.ret' ? event.name : null) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, bus: '', device: null }),
  },
}).createMachine({
  id: 'iommu_device_unregister',
  context: ({ input }) => ({ ...notBusy, address: input.address, bus: '', device: null }),
  initial: 'idle',
  on: { iommu_device_unregister: { actions: 'refuse' } },
  states: {
    idle: { on: { iommu_device_unregister: { target: 'in_klist_devices_next', actions: 'begin' } } },
    in_klist_devices_next: {
      meta: { function: 'bus_for_each_dev' },
      entry: call(({ bus }) => busAt(bus), ({ device }) => ({ type: 'klist_devices_next', after: device })),
      on: { 'klist_devices_next.ret': [{ guard: 'noMore', target: 'answered' }, { target: 'in_iommu_release_device', actions: 'take' }] },
    },
    in_iommu_release_device: {
      meta: { function: 'remove_iommu_group' },
      entry: call(({ device }) => notifierAt(device ?? ''), () => ({ type: 'iommu_release_device' })),
      on: { 'iommu_release_device.ret': 'in_klist_devices_next' },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
