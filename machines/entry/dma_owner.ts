/**
 * dma_owner: a user of a group, reduced to what it asks of the IOMMU core.
 *
 * Kernel v6.1.y and v6.12.y, drivers/iommu/iommu.c: claim, attach, detach, release, in any order that an in-kernel user
 * may choose; the token is this thread's own address unless the call brings one (NULL is a mistake that it can make). What VFIO and iommufd add above these calls is in vfio_user.ts and
 * iommufd_user.ts.
 */
import { assign, setup } from 'xstate';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Group = { readonly group: Address };
type Command = Call<'claim', Group & { readonly owner?: Address | null }> | Call<'attach', Group> | Call<'detach', Group> | Call<'release', Group>;
type Answer = Ret<'iommu_group_claim_dma_owner' | 'iommu_attach_group' | 'iommu_detach_group' | 'iommu_group_release_dma_owner'>;
interface Context extends Busy { group: Address; owner: Address | null }

const { call } = sends<Context, Command | Answer>();
const toGroup = (type: string) =>
  call(({ group }) => group, ({ address, owner }) => ({
    type,
    ...(type === 'iommu_group_claim_dma_owner' ? { owner } : {}),
    ...(type === 'iommu_attach_group' ? { domain: `domain:${address}` } : {}),
  }));

export const dma_owner = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ context, event }) => ('group' in event ? {
      caller: event.from, call: event.type, group: event.group, ret: 0,
      owner: event.type === 'claim' && event.owner !== undefined ? event.owner : context.address,
    } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, group: '', owner: null }),
  },
}).createMachine({
  id: 'dma_owner',
  context: ({ input }) => ({ ...notBusy, address: input.address, group: '', owner: null }),
  initial: 'idle',
  on: { claim: { actions: 'refuse' }, attach: { actions: 'refuse' }, detach: { actions: 'refuse' }, release: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        claim: { target: 'in_iommu_group_claim_dma_owner', actions: 'begin' },
        attach: { target: 'in_iommu_attach_group', actions: 'begin' },
        detach: { target: 'in_iommu_detach_group', actions: 'begin' },
        release: { target: 'in_iommu_group_release_dma_owner', actions: 'begin' },
      },
    },
    in_iommu_group_claim_dma_owner: {
      entry: toGroup('iommu_group_claim_dma_owner'),
      on: { 'iommu_group_claim_dma_owner.ret': { target: 'answered', actions: 'keep' } },
    },
    in_iommu_attach_group: {
      entry: toGroup('iommu_attach_group'),
      on: { 'iommu_attach_group.ret': { target: 'answered', actions: 'keep' } },
    },
    in_iommu_detach_group: {
      entry: toGroup('iommu_detach_group'),
      on: { 'iommu_detach_group.ret': { target: 'answered', actions: 'keep' } },
    },
    in_iommu_group_release_dma_owner: {
      entry: toGroup('iommu_group_release_dma_owner'),
      on: { 'iommu_group_release_dma_owner.ret': { target: 'answered', actions: 'keep' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
