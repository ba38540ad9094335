/**
 * iommu_group of v6.6: as v6.12.y, without -EPROBE_DEFER (it came with 6.6.90) and without handles.
 *
 * Kernel v6.6, drivers/iommu/iommu.c. Left out as in v6.5; a device that needs direct mappings refuses a claim (-EINVAL, drawn).
 */
import { changed } from '../changed.ts';
import { useNeverDefers, withoutHandles } from '../before/iommu_group.ts';
import { iommu_group as of6_12 } from '../v6.12.y/iommu_group.ts';

export const iommu_group = changed(of6_12, useNeverDefers, withoutHandles);
