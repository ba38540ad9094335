/**
 * iommu_group of v6.5: as v6.12.y, without -EPROBE_DEFER, without handles, and an empty group keeps its domains.
 *
 * Kernel v6.5, drivers/iommu/iommu.c. A failed claim or attach moves every device back; the last device that leaves a group in use makes
 * a warning; the type may change while nobody counts.
 * Left out: two identity domains count as equal until 6.6 (2380f1e8195e, reverted by 189116d5ad54); domains have no contents here.
 */
import { changed } from '../changed.ts';
import { keepsDomains, useNeverDefers, withoutHandles } from '../before/iommu_group.ts';
import { iommu_group as of6_12 } from '../v6.12.y/iommu_group.ts';

export const iommu_group = changed(of6_12, useNeverDefers, withoutHandles, keepsDomains);
