/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_dma of v5.15: the callback dma_configure, which has to do with firmware only, and asks for no flag.
 *
 * Kernel v5.15, drivers/pci/pci-driver.c pci_dma_configure, drivers/base/platform.c platform_dma_configure (of amba too, which has no
 * callback of its own yet), drivers/bus/fsl-mc/fsl-mc-bus.c fsl_mc_dma_configure. Firmware may make up for an IOMMU that came late.
 */
import { changed, type Config } from '../changed.ts';
import { firmwareOnly } from '../postings/bus_dma.ts';

export const bus_dma = changed(firmwareOnly, (config: Config) => {
  const { dma_configure } = config.states;
  const { in_driver_managed_dma, in_firmware } = dma_configure.states;
  const [, label] = in_driver_managed_dma.on['driver_managed_dma.ret'].actions;
  delete dma_configure.states.in_driver_managed_dma;
  dma_configure.initial = 'in_firmware';
  in_firmware.entry = [label, in_firmware.entry];
});
