/**
 * What was posted of the series "Fix BUG_ON in vfio_iommu_group_notifier()" and not merged so.
 *
 * On the driver core and the VFIO of v6.1.y, so that only ownership differs.
 */
import type { Model } from '../model.ts';
import { bus_dma, firmwareOnly } from '../postings/bus_dma.ts';
import { claimsBeforeProbe, driver_binding, losesErrors } from '../postings/driver_binding.ts';
import { iommu_group, withoutNesting } from '../postings/iommu_group.ts';
import { v6_1_y } from './v6.1.y.ts';

const { charts: whole } = v6_1_y;
const onEveryBus = (chart: Model['charts']['device']) => Object.fromEntries(Object.keys(whole.bus_dma).map((bus) => [bus, chart]));
const posting = (name: string, about: string, changes: Partial<Model['charts']>, more: Partial<Model> = {}): Model =>
  ({ ...v6_1_y, recorded: false, name, about, charts: { ...whole, iommu_group, ...changes }, ...more });

export const postings: readonly Model[] = [
  posting('v1-posting', 'the driver core claims before re_probe, unless the driver has a flag; groups as in v6-posting',
    { driver_binding: claimsBeforeProbe, bus_dma: onEveryBus(firmwareOnly) }, { claimsFirst: true }),
  posting('v4-posting', 'wrappers in the driver core, firmware first; the error of a refused configure is lost; groups as in v6-posting',
    { driver_binding: losesErrors }),
  posting('v6-posting', 'count and bus callbacks, claim first; nested claims; no domain while owned; test_remove leaks',
    { driver_binding, bus_dma: onEveryBus(bus_dma) }, { claimsFirst: true }),
  posting('v7-posting', 'v6-posting without nested claims',
    { driver_binding, bus_dma: onEveryBus(bus_dma), iommu_group: withoutNesting }, { claimsFirst: true }),
];
