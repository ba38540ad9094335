/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * iommufd_ctx of v7.3: a device without an IOMMU may be bound too, and then nothing is claimed.
 *
 * Kernel v7.3 (7.3.4), drivers/iommu/iommufd/device.c iommufd_device_bind, iommufd_device_destroy, CONFIG_IOMMUFD_NOIOMMU: "noiommu" is decided
 * by dev->iommu == NULL, at the bind and again at the destroy. An IOMMU that comes in between makes the destroy release a claim that was
 * never taken. Whether the kernel has the option, and the process CAP_SYS_RAWIO, the environment says (iommufd_noiommu: 1).
 * Left out: that the driver is told so when it registers the device; attaching such a device (nothing is attached). By reading: not seen on a kernel.
 */
import { assign } from 'xstate';
import { environment } from '../address.ts';
import { changed } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';
import { ENODEV } from '../kernel.ts';
import { iommufd_ctx as of6_12 } from '../v6.12.y/iommufd_ctx.ts';

interface Seen { readonly event: { readonly ret: number } }
const { call } = sends<Here & { device: string }, { type: string; from: Address }>();

export const iommufd_ctx = changed(of6_12, ({ states }) => {
  const claimed = states.in_iommu_device_claim_dma_owner.on;
  claimed['iommu_device_claim_dma_owner.ret'] = [
    { guard: ({ event }: Seen) => event.ret === -ENODEV, target: 'in_noiommu', actions: 'keep' },
    ...(claimed['iommu_device_claim_dma_owner.ret'] as readonly unknown[]),
  ];
  states.in_noiommu = {
    meta: { function: 'iommufd_device_bind', step: 'CONFIG_IOMMUFD_NOIOMMU' },
    entry: call(() => environment, ({ device }) => ({ type: 'iommufd_noiommu', device })),
    on: {
      'iommufd_noiommu.ret': [
        { guard: ({ event }: Seen) => event.ret === 1, target: 'answered', actions: [assign({ ret: 0 }), 'bind'] },
        { target: 'answered' },
      ],
    },
  };
});
