/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * dma_owner of v5.15: an in-kernel user attaches its domain to a group and detaches it; there is nothing to claim.
 *
 * Kernel v5.15, drivers/iommu/iommu.c iommu_attach_group, iommu_detach_group.
 */
import { changed, without } from '../changed.ts';
import { dma_owner as later } from '../entry/dma_owner.ts';

export const dma_owner = changed(later, (config) => {
  without(config, 'claim', 'release');
  delete config.states.in_iommu_group_claim_dma_owner;
  delete config.states.in_iommu_group_release_dma_owner;
});
