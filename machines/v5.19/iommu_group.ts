/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group of v5.19: v6.1.y, but an attach that fails half way is not taken back.
 *
 * Kernel v5.19, drivers/iommu/iommu.c, iommu_attach_group: until 6.1.18 and 6.3 the devices before the failing one stay on the
 * new domain, while group->domain names the old. The same as in v6.1.y: use, unuse, claim, release, detach, who joins and leaves, the type.
 * Left out: two identity domains count as equal from 6.0 to 6.6 (2380f1e8195e); domains have no contents here.
 */
import { changed, stateAt, type Config } from '../changed.ts';
import { iommu_group as of6_1 } from '../v6.1.y/iommu_group.ts';

/** Before 6.1.18 and 6.3: the first device has moved, the others have not. */
export function attachLeavesStrays(config: Config): void {
  const { on } = stateAt(config, 'attachment');
  on.iommu_attach_group = on.iommu_attach_group.map((branch: Config) =>
    (branch.guard === 'attachFails' ? { ...branch, actions: ['leaveStray', branch.actions] } : branch));
}

export const iommu_group = changed(of6_1, attachLeavesStrays);
