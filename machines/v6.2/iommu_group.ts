/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group of v6.2: v6.1.y with claims by device.
 *
 * Kernel v6.2, drivers/iommu/iommu.c: iommu_device_claim_dma_owner, iommu_device_release_dma_owner, a NULL owner warns, and a
 * failed claim moves every device back. An attach that fails half way leaves devices behind, as in v5.19 (until 6.3). The type
 * is still changed for one device under its lock, and no default domain refuses nobody.
 * That a failed claim is taken back is said of "6.2 and later" by a reading of v6.5; the tree of v6.2 was not read.
 */
import { assign } from 'xstate';
import { changed, stateAt, type Config } from '../changed.ts';
import { ret, type Address } from '../chart.ts';
import { EINVAL, EPERM } from '../kernel.ts';
import { attachLeavesStrays } from '../v5.19/iommu_group.ts';
import { iommu_group as of6_1 } from '../v6.1.y/iommu_group.ts';

interface Seen { readonly context: { readonly owner: Address | null; readonly owner_cnt: number }; readonly event: { readonly type: string; readonly owner?: Address | null } }

const noOwner = { guard: ({ event }: Seen) => event.owner === null, actions: ['warn', ret(-EINVAL)] };
const sameOwner = { guard: ({ context, event }: Seen) => context.owner_cnt > 0 && context.owner === event.owner, actions: ['get', ret(0)] };
const shared = { guard: ({ context }: Seen) => context.owner_cnt > 1, actions: ['put', ret(0)] };
const own = assign(({ event }: Seen) => ({ owner: event.owner ?? null }));

/** A claim that fails moves all devices back; one that does not takes its token from either call. */
const claim = (branches: Config): Config => [noOwner, ...branches.map(({ actions, ...branch }: Config) => ({
  ...branch, actions: [actions].flat().filter((action) => action !== 'leaveStray').flatMap((action) => (action === 'own' ? ['own', own] : [action])),
}))];

function claimsByDevice(config: Config): void {
  const { unowned, kernel_dma, claimed } = stateAt(config, 'ownership').states;
  for (const { on } of [unowned, claimed]) on.iommu_group_claim_dma_owner = claim(on.iommu_group_claim_dma_owner);
  kernel_dma.on.iommu_group_claim_dma_owner = [noOwner, { actions: ret(-EPERM) }];
  const [first, ...others] = claimed.on.iommu_group_claim_dma_owner;
  unowned.on.iommu_device_claim_dma_owner = unowned.on.iommu_group_claim_dma_owner;
  kernel_dma.on.iommu_device_claim_dma_owner = kernel_dma.on.iommu_group_claim_dma_owner;
  claimed.on.iommu_device_claim_dma_owner = [first, sameOwner, ...others];
  unowned.on.iommu_device_release_dma_owner = unowned.on.iommu_group_release_dma_owner;
  kernel_dma.on.iommu_device_release_dma_owner = [shared, kernel_dma.on.iommu_group_release_dma_owner];
  claimed.on.iommu_device_release_dma_owner = [shared, ...claimed.on.iommu_group_release_dma_owner];
}

function domainsFollow(config: Config): void {
  const { on, states } = stateAt(config, 'attachment');
  on.iommu_group_claim_dma_owner = [{ guard: noOwner.guard }, on.iommu_group_claim_dma_owner];
  on.iommu_device_claim_dma_owner = on.iommu_group_claim_dma_owner;
  for (const [name, state] of Object.entries<Config>(states as object))
    if (name !== 'none') state.on.iommu_device_release_dma_owner = [{ guard: shared.guard }, state.on.iommu_group_release_dma_owner];
}

export const iommu_group = changed(of6_1, attachLeavesStrays, claimsByDevice, domainsFollow);
