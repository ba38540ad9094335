/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group and device of v7.3: while a device is reset, nobody moves its group to another domain.
 *
 * Kernel v7.3 (7.3.4), drivers/iommu/iommu.c, struct iommu_group { recovery_cnt }, struct group_device { blocked, reset_depth }: a claim and an
 * attach answer -EBUSY while recovery_cnt is not 0. `blocked` lists the devices in reset; recovery_cnt is their number. device_lock keeps
 * two resets of one device apart, so reset_depth is never more than 1 here.
 * Not in the fact sheets: the names pci_dev_reset_iommu_prepare and pci_dev_reset_iommu_done, that a change of type is refused too,
 * and that detach and release, which must succeed, pass (its fix "due to reset" says so of both). use() and unuse() are as before.
 */
import { assign } from 'xstate';
import { changed, stateAt, type Config } from '../changed.ts';
import { ret, type Call } from '../chart.ts';
import { device as deviceOf6_12 } from '../device.ts';
import { EBUSY } from '../kernel.ts';
import { iommu_group as of6_12 } from '../v6.12.y/iommu_group.ts';

interface Seen { readonly context: { readonly blocked: readonly string[] }; readonly event: { readonly type: string; readonly device?: string } }

const recovering = ({ context }: Seen) => context.blocked.length > 0;
const block = assign(({ context, event }: Seen) => ({ blocked: [...context.blocked, event.device ?? ''] }));
const unblock = assign(({ context, event }: Seen) => ({ blocked: context.blocked.filter((device) => device !== event.device) }));
const refused = { guard: recovering, actions: ret(-EBUSY) };

export type ResetCall = Call<'pci_dev_reset_iommu_prepare' | 'pci_dev_reset_iommu_done', { readonly device: string }>;

export const iommu_group = changed(of6_12, (config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ blocked: [], ...context(given) });
  const { unowned, claimed } = stateAt(config, 'ownership').states;
  for (const { on } of [unowned, claimed] as Config[])
    for (const call of ['iommu_group_claim_dma_owner', 'iommu_device_claim_dma_owner'])
      on[call] = (on[call] as Config[]).flatMap((branch: Config) => (branch.guard === 'attachFails' ? [refused, branch] : [branch])) as Config;
  const attachment = stateAt(config, 'attachment').on;
  for (const call of ['iommu_attach_group', 'iommu_attach_group_handle']) attachment[call] = [refused, ...(attachment[call] as Config[])];
  for (const call of ['iommu_group_claim_dma_owner', 'iommu_device_claim_dma_owner']) attachment[call] = [{ guard: recovering }, attachment[call]];
  const membership = stateAt(config, 'membership').on;
  const type = membership.iommu_group_store_type as Config[];
  membership.iommu_group_store_type = [...type.slice(0, -1), refused, type.at(-1)];
  for (const branch of membership.iommu_group_remove_device as Config[]) branch.actions = [unblock, ...(branch.actions as Config[])];
  membership.pci_dev_reset_iommu_prepare = { actions: [block, ret(0)] };
  membership.pci_dev_reset_iommu_done = { actions: [unblock, ret(0)] };
});

export const device = changed(deviceOf6_12, (config) => {
  const { on } = stateAt(config, 'fields');
  for (const call of ['pci_dev_reset_iommu_prepare', 'pci_dev_reset_iommu_done'])
    on[call] = [{ guard: 'inGroup', actions: 'toGroup' }, { actions: ret(0) }];
});
