/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * vfio_group and vfio_container of v5.19: the last driver that leaves takes nothing away from the user.
 *
 * Kernel v5.19, drivers/vfio/vfio.c: the token of a claim is the file of the container. struct vfio_group lives as long as a driver or
 * an open file holds it: a user who keeps the file of a group keeps container and claim after the last vfio device has gone (until
 * ca5f21b25749, 6.1), the node stays, and the next vfio driver finds the same struct.
 * group_rwsem stands as the mutex that v6.1 made of it: its readers (GET_STATUS) wait for each other here, which loses no order of effects.
 * The functions bear the names of v6.1.y. Not in the fact sheets: what a node answers whose group has a file and no driver; it
 * is taken to be there, and busy.
 */
import { and, not } from 'xstate';
import { groupAt, nameOf } from '../address.ts';
import { changed, partsOf, type Config } from '../changed.ts';
import { ret, sends, type Address, type Here } from '../chart.ts';
import { ENOENT, ENXIO } from '../kernel.ts';
import { vfio_group as groupOf6_1 } from '../v6.1.y/vfio_group.ts';
import { vfio_container as containerOf6_1 } from '../vfio_container.ts';

const { call } = sends<Here & { group: Address }, { type: string; from: Address }>();
const left = { actions: ['dropDriver', ret(0)] };
const gone = and(['noDrivers', not('opened')]);

/** Before ca5f21b25749: vfio_device_remove_group() is a count that goes down. */
function fileKeepsGroup(config: Config): void {
  Object.assign(config.on, {
    path_openat: [{ guard: gone, actions: ret(-ENOENT) }, { actions: ret(0) }],
    chrdev_open: [{ guard: gone, actions: ret(-ENXIO) }, { actions: ret(0) }],
    vfio_device_set_group: { actions: ['addDriver', ret(0)] },
    vfio_device_remove_group: left,
    vfio_device_get_from_name: config.on.vfio_device_get_from_name.filter(({ guard }: Config) => guard !== 'senderStale'),
  });
  const { unlocked, locked, in_vfio_group_detach_container } = config.states;
  unlocked.on.vfio_device_remove_group = left;
  // No file is ever stale; what vfio_device_set_group and vfio_device_remove_group do with the lock stands in the last three branches.
  locked.always = locked.always.slice(0, -3).flatMap((branch: Config) => {
    const parts = partsOf(branch.guard);
    if (parts.includes('callerStale')) return [];
    return [parts.includes('noDrivers') ? { ...branch, guard: and([parts[0], gone]) } : branch];
  });
  delete locked.always.at(-1).guard;
  in_vfio_group_detach_container.on['detachGroup.ret'].pop();
}

export const vfio_group = changed(groupOf6_1, fileKeepsGroup);

export const vfio_container = changed(containerOf6_1, (config) => {
  config.states.in_iommu_group_claim_dma_owner.entry =
    call(({ group }) => groupAt(nameOf(group)), ({ address }) => ({ type: 'iommu_group_claim_dma_owner', owner: address }));
});
