/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/** Small differences between kernels that no model stands for: one chart each, with its commit. */
import { device_driver } from '../device_driver.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { ret } from '../chart.ts';
import { iommu_group as groupOf6_1 } from '../v6.1.y/iommu_group.ts';

/** device_driver before c490513c818d (5.19-rc): no driver has set driver_managed_dma, although it is VFIO's. */
export const flagForgotten = changed(device_driver, ({ states }: Config) => {
  for (const state of [states.unregistered, states.registered] as Config[]) state.on.driver_managed_dma = { actions: ret(0) };
});

/**
 * iommu_group where every domain is an identity domain, and two of them count as equal: 2380f1e8195e (6.0 to 6.6; 6.1.192 has it, v6.1.y
 * leaves it out). A driver that has put a domain of its own there stands in no other driver's way. Reverted by 189116d5ad54.
 */
export const identityDomains = changed(groupOf6_1, (config: Config) => {
  stateAt(config, 'ownership.kernel_dma').on.iommu_device_use_default_domain.shift();
});
