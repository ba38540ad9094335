/**
 * Models that a question needs and that no kernel's name stands for: a shipped model with an option that it leaves out, with a
 * commit taken back out, or repaired where no kernel is.
 *
 * They are asked by the tables of src/cases; `--model` does not list them.
 */
import { bus_dma } from '../bus_dma.ts';
import type { Model } from '../model.ts';
import { v5_19 } from '../models/v5.19.ts';
import { v6_1_y } from '../models/v6.1.y.ts';
import { v6_15 } from '../models/v6.15.ts';
import { v7_3 } from '../models/v7.3.ts';
import { iommu_dma_once } from '../v6.15/iommu_dma.ts';
import { flagForgotten, identityDomains } from './defects.ts';
import { freed, neverFreed } from './dma_range_map.ts';
import { refusalDefers, scansOn, unbindsByName, writersDefer } from './repairs.ts';
import { asksAgain, goesOn } from './two_walks.ts';

const other = (model: Model, what: string, changes: Partial<Model['charts']>): Model =>
  ({ ...model, recorded: false, name: `${model.name}, ${what}`, about: `${model.name}, ${what}`, charts: { ...model.charts, ...changes } });
const entry = (model: Model, changes: Model['charts']['entry']) => ({ entry: { ...model.charts.entry, ...changes } });

/** Options. */
export const v6_1_y_dma_ranges = other(v6_1_y, 'dma-ranges', { driver_binding: freed });
export const v6_1_y_identity = other(v6_1_y, 'identity domains', { iommu_group: identityDomains });

export const v6_15_two_walks = other(v6_15, 'two walks', { bus_notifier: goesOn });
export const v7_3_two_walks = other(v7_3, 'two walks', { bus_notifier: asksAgain });

/** Without a commit, or with one more. */
export const with_0c8e9c148e29 = other(v6_15, 'two walks, with 0c8e9c148e29', { bus_notifier: asksAgain });
export const before_d8f7a5484f21 = other(v6_1_y, 'dma-ranges, before d8f7a5484f21', { driver_binding: neverFreed });
export const before_c490513c818d = other(v5_19, 'before c490513c818d', { device_driver: flagForgotten });

/** Repaired. */
export const cdxRefuses = other(v7_3, 'cdx returns what use() says', { bus_dma: { ...v7_3.charts.bus_dma, cdx: bus_dma } });
export const ambaLoadsOnce = other(v7_3, 'amba loads dev->driver once', { iommu_dma: { ...v7_3.charts.iommu_dma, amba: iommu_dma_once } });
export const releasesByName = other(v7_3, 'unbind_store releases its driver only', entry(v7_3, { unbind_store: unbindsByName }));
export const scanGoesOn = other(v7_3, 'a refusal does not end the scan', { device_attach: scansOn });
export const refusalIsDeferred = other(v7_3, 'a refusal is deferred', { driver_binding: refusalDefers });
export const bindIsDeferred = other(v7_3, 'a bind that defers is queued', { driver_binding: writersDefer });
