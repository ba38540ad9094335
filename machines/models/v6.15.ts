/** v6.15: a device is configured when it meets its IOMMU, without device_lock. */
import type { Model } from '../model.ts';
import { bus_notifier } from '../v6.15/bus_notifier.ts';
import { driver_binding } from '../v6.15/driver_core.ts';
import { iommu_dma } from '../v6.15/iommu_dma.ts';
import { device_add } from '../v6.2/driver_core.ts';
import { v6_12_y } from './v6.12.y.ts';

const { charts } = v6_12_y;

export const v6_15: Model = {
  name: 'v6.15',
  about: 'dma_configure from the IOMMU probe, without device_lock, beside a driver that may be binding (bcb81ac6ae3c); no gate yet',
  charts: {
    ...charts, driver_binding, bus_notifier,
    iommu_dma: { pci: iommu_dma, platform: iommu_dma, amba: iommu_dma, 'fsl-mc': iommu_dma, cdx: iommu_dma },
    entry: { ...charts.entry, device_add },
  },
  release: 'iommu_deinit_device',
};
