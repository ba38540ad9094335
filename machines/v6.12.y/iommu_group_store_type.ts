/**
 * iommu_group_store_type: a write to /sys/kernel/iommu_groups/N/type.
 *
 * Kernel v6.12.y (6.12.117), drivers/iommu/iommu.c iommu_group_store_type: group->mutex only; refused with -EPERM while
 * anybody counts, kernel driver or user. Left out: the capability check, the words of the file, DMA to DMA-FQ.
 */
import { assign, setup } from 'xstate';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

/** `same`: `true` where the type that is written is the one that the group has, as with `auto` after boot. */
type Command = Call<'group_store_type', { readonly group: Address; readonly same?: string }>;
type Answer = Ret<'iommu_group_store_type'>;
interface Context extends Busy { group: Address; same: string }

const { call } = sends<Context, Command | Answer>();

export const group_store_type = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ('group' in event ? { caller: event.from, call: event.type, group: event.group, same: event.same ?? '', ret: 0 } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, group: '', same: '' }),
  },
}).createMachine({
  id: 'group_store_type',
  context: ({ input }) => ({ ...notBusy, address: input.address, group: '', same: '' }),
  initial: 'idle',
  on: { group_store_type: { actions: 'refuse' } },
  states: {
    idle: { on: { group_store_type: { target: 'in_iommu_group_store_type', actions: 'begin' } } },
    in_iommu_group_store_type: {
      entry: call(({ group }) => group, ({ same }) => ({ type: 'iommu_group_store_type', ...(same === '' ? {} : { same }) })),
      on: { 'iommu_group_store_type.ret': { target: 'answered', actions: 'keep' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
