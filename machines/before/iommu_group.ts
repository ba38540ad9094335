/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group before commits of 6.5 to 6.15: each change takes one of them back out of the chart of v6.12.y.
 */
import { without, type Config } from '../changed.ts';

/** Before b46064a18810 (6.15, 6.12.26, 6.6.90): use() does not ask whether there is a default domain yet. */
export function useNeverDefers(config: Config): void {
  for (const { on } of Object.values<Config>(config.states.ownership.states as object))
    on.iommu_device_use_default_domain = on.iommu_device_use_default_domain.filter(({ guard }: Config) => guard !== 'noDefaultDomain');
}

/** Before 6.12: iommufd attaches without a handle, so pasid_array never has an entry for "no PASID". */
export function withoutHandles(config: Config): void {
  without(config, 'iommu_attach_group_handle', 'iommu_detach_group_handle');
  const { kernel_dma, claimed } = config.states.ownership.states;
  for (const { on } of [kernel_dma, claimed])
    on.iommu_device_unuse_default_domain = on.iommu_device_unuse_default_domain.filter(({ guard }: Config) => guard !== 'handle');
}

/** Before 6.6: an empty group keeps its domains. */
export function keepsDomains(config: Config): void {
  delete config.states.attachment.on.iommu_group_remove_device;
}
