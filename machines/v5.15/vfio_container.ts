/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * vfio_container of v5.15: a group is attached and detached, and never claimed.
 *
 * Kernel v5.15, drivers/vfio/vfio.c vfio_group_set_container, __vfio_group_unset_container, vfio_ioctl_set_iommu; type1 as in v6.1.y.
 */
import { changed } from '../changed.ts';
import { vfio_container as of6_1 } from '../vfio_container.ts';

export const vfio_container = changed(of6_1, ({ states }) => {
  delete states.in_iommu_group_claim_dma_owner;
  delete states.in_iommu_group_release_dma_owner;
  const [attach, cannotSet, set, detach] = states.locked.always;
  states.locked.always = [
    { ...attach, guard: ({ context }: { context: { call: string; iommu_driver: boolean } }) => context.call === 'attachGroup' && context.iommu_driver, target: 'in_attach_group' },
    { ...attach, target: 'answered', actions: 'join' }, cannotSet, set, detach, { target: 'answered', actions: 'leave' },
  ];
  states.attach_failed.always.shift();
  states.attach_failed.always.unshift({ guard: attach.guard, target: 'answered' });
  states.in_detach_group.on['iommu_detach_group.ret'] = { target: 'answered', actions: 'leave' };
});
