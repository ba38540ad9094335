/**
 * device_dma_owner: a user that claims device by device, reduced to what it asks of the IOMMU core.
 *
 * Kernel v6.12.y (6.12.117), drivers/iommu/iommu.c: iommu_device_claim_dma_owner, iommu_device_release_dma_owner, in any
 * order; the token is this thread's own address unless the call brings one. iommufd is the only user in the tree, and
 * iommufd_user.ts is what it adds.
 */
import { assign, setup } from 'xstate';
import { deviceAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Device = { readonly device: string };
type Command = Call<'claim_device', Device & { readonly owner?: Address | null }> | Call<'release_device', Device>;
type Answer = Ret<'iommu_device_claim_dma_owner' | 'iommu_device_release_dma_owner'>;
interface Context extends Busy { device: string; owner: Address | null }

const { call } = sends<Context, Command | Answer>();

export const device_dma_owner = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ context, event }) => ('device' in event ? {
      caller: event.from, call: event.type, device: event.device, ret: 0,
      owner: event.type === 'claim_device' && event.owner !== undefined ? event.owner : context.address,
    } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '', owner: null }),
  },
}).createMachine({
  id: 'device_dma_owner',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '', owner: null }),
  initial: 'idle',
  on: { claim_device: { actions: 'refuse' }, release_device: { actions: 'refuse' } },
  states: {
    idle: {
      on: {
        claim_device: { target: 'in_iommu_device_claim_dma_owner', actions: 'begin' },
        release_device: { target: 'in_iommu_device_release_dma_owner', actions: 'begin' },
      },
    },
    in_iommu_device_claim_dma_owner: {
      entry: call(({ device }) => deviceAt(device), ({ owner }) => ({ type: 'iommu_device_claim_dma_owner', owner })),
      on: { 'iommu_device_claim_dma_owner.ret': { target: 'answered', actions: 'keep' } },
    },
    in_iommu_device_release_dma_owner: {
      entry: call(({ device }) => deviceAt(device), () => ({ type: 'iommu_device_release_dma_owner' })),
      on: { 'iommu_device_release_dma_owner.ret': { target: 'answered', actions: 'keep' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
