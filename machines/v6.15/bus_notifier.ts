/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier of v6.15: a device that meets its IOMMU is configured first, by its bus, unless a driver has it.
 *
 * Kernel v6.15 (6.15.0), drivers/iommu/iommu.c iommu_init_device since bcb81ac6ae3c: dev->driver is looked at without device_lock, then
 * bus->dma_configure() is called with every lock dropped, and its answer is thrown away. A driver that is there by then makes a
 * warning ("late IOMMU probe").
 * Left out: a second walk that finishes the device meanwhile (0c8e9c148e29 looks again from 6.15.1 on): here the calls for
 * one device wait for each other, so H-f, which needs three threads, cannot happen.
 */
import { deviceAt, iommuDmaAt } from '../address.ts';
import { bus_notifier as of6_12 } from '../bus_notifier.ts';
import { changed } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';
import { plainBus } from '../kernel.ts';

interface Seen { readonly context: { readonly bus: string; readonly device: string }; readonly event: { readonly driver?: string | null } }
const { call, say } = sends<Here & { device: string; bus: string }, { type: string; from: Address; driver?: string | null }>();
const readDriver = call(({ device }) => deviceAt(device), () => ({ type: 'dev->driver' }));

export const bus_notifier = changed(of6_12, (config) => {
  const { states } = config.states.iommu_probe_device;
  states.asked.always.at(-1).target = 'in_dev_driver';
  states.in_dev_driver = {
    entry: readDriver,
    on: {
      'dev->driver.ret': [
        { guard: ({ context, event }: Seen) => event.driver === null && plainBus(context.bus).dma !== null, target: 'in_dma_configure' },
        { target: 'in_probe_device' },
      ],
    },
  };
  states.in_dma_configure = {
    description: 'Without device_lock.',
    entry: call(({ device }) => iommuDmaAt(device), () => ({ type: 'dma_configure' })),
    on: { 'dma_configure.ret': 'in_probe_device' },
  };
  states.in_dev_iommu_group.on['dev->iommu_group.ret'].target = 'late';
  states.late = {
    entry: readDriver,
    on: {
      'dev->driver.ret': [
        { guard: ({ event }: Seen) => event.driver === null, target: 'probed' },
        { target: 'probed', actions: say(({ device }) => ({ type: 'dev_WARN', device, why: 'late IOMMU probe' })) },
      ],
    },
  };
});
