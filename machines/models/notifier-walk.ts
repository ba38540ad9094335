/**
 * The notifier walk (Robin Murphy, February 2022), its two readings, and what repairs of it there could be.
 *
 * All on the driver core and the VFIO of v6.1.y, so that only the ownership differs from the count as it was merged.
 */
import { device as visibleLate } from '../notifier-walk/device.ts';
import { bus_dma } from '../notifier-walk/bus_dma.ts';
import { bus_notifier, walksInOrder, walksWhenAsked } from '../notifier-walk/bus_notifier.ts';
import { claimedBits } from '../notifier-walk/claimed_bits.ts';
import { byHandWalksAtClear, driver_binding, notifiesAfterClear, walksAtClear } from '../notifier-walk/driver_binding.ts';
import { iommu_group, kernelTokenOnly } from '../notifier-walk/iommu_group.ts';
import { DMA_API } from '../kernel.ts';
import type { Model } from '../model.ts';
import { v6_1_y } from './v6.1.y.ts';

export const rival = (name: string, about: string, changes: Partial<Model['charts']> = {}): Model => ({
  ...v6_1_y, recorded: false, name, about,
  charts: {
    ...v6_1_y.charts, iommu_group: kernelTokenOnly, bus_notifier, driver_binding,
    bus_dma: Object.fromEntries(Object.keys(v6_1_y.charts.bus_dma).map((bus) => [bus, bus_dma])), ...changes,
  },
  used: (devices) => (devices.length === 0 ? { input: {} } : { input: { owner: DMA_API }, value: 'kernel_dma' }),
});
export const byHand = { ...v6_1_y.charts.entry, device_bind_driver: byHandWalksAtClear };

/** A bit for each device whose driver was there from the start. */
const claimedBy: Model['used'] = (devices) => (devices.length === 0 ? { input: {} } : { input: { owner: DMA_API, claimed: devices }, value: 'kernel_dma' });

export const notifierWalks: readonly Model[] = [
  rival('notifier-walk', 'an owner, no count; UNBOUND and NOT_BOUND walk the group, and give up the token of the DMA API only'),
  rival('notifier-walk-any-owner', 'notifier-walk read to the letter: the walk gives up whatever owner it finds', { iommu_group }),
  rival('notifier-walk-once', 'notifier-walk with WRITE_ONCE and READ_ONCE: a store to dev->driver is seen a step later', { device: visibleLate }),
  rival('notify-after-clear', 'notifier-walk, with DRIVER_NOT_BOUND sent after dev->driver = NULL', { driver_binding: notifiesAfterClear }),
  rival('walk-at-clear', 'notifier-walk, and a walk more wherever dev->driver becomes NULL', { driver_binding: walksAtClear, entry: byHand }),
  rival('walk-only-at-clear', 'walk-at-clear, and nothing listens: the driver core asks for the walk, nobody else', {
    driver_binding: walksAtClear, entry: byHand, bus_notifier: walksWhenAsked,
  }),
  rival('walk-only-at-clear-once', 'walk-only-at-clear with WRITE_ONCE and READ_ONCE, as in notifier-walk-once', {
    driver_binding: walksAtClear, entry: byHand, bus_notifier: walksInOrder, device: visibleLate,
  }),
  {
    ...rival('claimed-bit', 'notifier-walk, with a bit for each device instead of looks at dev->driver', { iommu_group: claimedBits }),
    used: claimedBy,
  },
  {
    ...rival('claimed-bit-at-clear', 'a bit for each device, given back wherever dev->driver becomes NULL', {
      iommu_group: claimedBits, driver_binding: walksAtClear, entry: byHand,
    }),
    used: claimedBy,
  },
  {
    ...rival('bit-only-at-clear', 'claimed-bit-at-clear, and nothing listens: the merged count, given back once dev->driver is NULL', {
      iommu_group: claimedBits, driver_binding: walksAtClear, entry: byHand, bus_notifier: walksWhenAsked,
    }),
    used: claimedBy,
  },
];
