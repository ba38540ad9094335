/* eslint-disable @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_dma of the notifier walk: dma_configure claims for the DMA API, and there is no dma_cleanup.
 *
 * The claim is iommu_device_use_default_domain(), whose answer the group's chart gives. Firmware comes first, then the claim,
 * as since v8 of the series: so nothing has to be given back inside dma_configure. With the order of v6, which was on the
 * table at the time, a failure of firmware after the claim would leave the owner behind as well. Otherwise as ../bus_dma.ts.
 */
import { bus_dma as merged } from '../bus_dma.ts';
import { changed, type Config } from '../changed.ts';

export const bus_dma = changed(merged, (config: Config) => {
  delete config.on.dma_cleanup;
  delete config.states.idle.on.dma_cleanup;
  delete config.states.dma_cleanup;
});
