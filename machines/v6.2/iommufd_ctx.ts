/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * iommufd up to v6.11: iommufd_ctx attaches a group without a handle.
 *
 * Kernel v6.2 to v6.6, drivers/iommu/iommufd/device.c: iommu_attach_group, iommu_detach_group. Since no handle sits in pasid_array,
 * an unbalanced unuse() takes a count of the context instead of warning.
 */
import { nameOf } from '../address.ts';
import { changed, type Config } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';
import { iommufd_ctx as of6_12 } from '../v6.12.y/iommufd_ctx.ts';

interface Attached { readonly device: string; readonly group: Address }
const { call } = sends<Here & { group: Address; pt: string; device: string; attached: readonly Attached[] }, { type: string; from: Address }>();

function attachesWithoutHandle(config: Config): void {
  const { states } = config;
  const { in_iommu_attach_group_handle: attach, in_iommu_detach_group_handle: detach } = states;
  delete states.in_iommu_attach_group_handle;
  delete states.in_iommu_detach_group_handle;
  states.in_iommu_attach_group = {
    ...attach,
    entry: call(({ group }) => group, ({ address, pt }) => ({ type: 'iommu_attach_group', domain: `domain:${nameOf(address)}:${pt}` })),
    on: { 'iommu_attach_group.ret': attach.on['iommu_attach_group_handle.ret'] },
  };
  states.in_iommu_detach_group = {
    ...detach,
    entry: call(({ attached, device }) => attached.find((one) => one.device === device)?.group ?? '', () => ({ type: 'iommu_detach_group' })),
    on: { 'iommu_detach_group.ret': detach.on['iommu_detach_group_handle.ret'] },
  };
  states.in_attach_ioas.always.at(-1).target = 'in_iommu_attach_group';
  states.in_detach_ioas.always[0].target = 'in_iommu_detach_group';
}

export const iommufd_ctx = changed(of6_12, attachesWithoutHandle);
