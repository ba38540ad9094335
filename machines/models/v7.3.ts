/** v7.3: the ready gate, resets that hold a group, and a driver pointer that is loaded once. */
import type { Model } from '../model.ts';
import { bus_notifier } from '../v6.15/bus_notifier.ts';
import { iommu_dma, iommu_dma_once } from '../v6.15/iommu_dma.ts';
import { device_add } from '../v7.3/device_add.ts';
import { device, iommu_group } from '../v7.3/iommu_group.ts';
import { iommufd_ctx } from '../v7.3/iommufd_ctx.ts';
import { reset_store } from '../v7.3/reset_store.ts';
import { v6_12_y } from './v6.12.y.ts';

const { charts } = v6_12_y;

export const v7_3: Model = {
  name: 'v7.3',
  about: '7.3.4: the gate before ADD_DEVICE, claims and attaches wait out a reset, dma_configure from the IOMMU probe loads dev->driver once (not on amba and cdx)',
  charts: {
    ...charts, device, iommu_group, iommufd_ctx, bus_notifier,
    iommu_dma: { pci: iommu_dma_once, platform: iommu_dma_once, amba: iommu_dma, 'fsl-mc': iommu_dma_once, cdx: iommu_dma },
    entry: { ...charts.entry, device_add, reset_store },
  },
  release: 'iommu_deinit_device',
};
