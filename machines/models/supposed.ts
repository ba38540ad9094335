/**
 * What nobody proposed: models that take one sentence of the argument at its word, to see what becomes of it; and the smallest
 * repair of the notifier walk where stores are seen late.
 *
 * On the driver core and the VFIO of v6.1.y, as the rivals are.
 */
import type { Model } from '../model.ts';
import { walksAfterStore } from '../notifier-walk/bus_notifier.ts';
import { device as visibleLate } from '../notifier-walk/device.ts';
import { driver_binding as withoutCleanup, walksAtClear } from '../notifier-walk/driver_binding.ts';
import { firmwareOnly } from '../postings/bus_dma.ts';
import { bus_notifier as claimsAtBind } from '../supposed/claims_at_bind.ts';
import { driver_binding as releasesEarly } from '../supposed/releases_early.ts';
import { bus_notifier as walksAtUnbound } from '../supposed/walks_at_unbound.ts';
import { byHand, rival } from './notifier-walk.ts';
import { v6_1_y } from './v6.1.y.ts';

const { charts } = v6_1_y;

export const supposed: readonly Model[] = [
  {
    ...v6_1_y, recorded: false, name: 'claim-at-bind', about: 'the count, with BIND_DRIVER as the place of the claim, whose answer nobody reads',
    charts: {
      ...charts, driver_binding: withoutCleanup, bus_notifier: claimsAtBind,
      bus_dma: Object.fromEntries(Object.keys(charts.bus_dma).map((bus) => [bus, firmwareOnly])),
    },
  },
  {
    ...v6_1_y, recorded: false, name: 'release-before-remove', about: 'the count, given back before the driver\'s remove() is called',
    charts: { ...charts, driver_binding: releasesEarly },
  },
  rival('walk-at-unbound', 'notifier-walk that listens to UNBOUND_DRIVER alone', { bus_notifier: walksAtUnbound }),
  rival('walk-at-clear-once', 'walk-at-clear with WRITE_ONCE and READ_ONCE: a store to dev->driver is seen a step later, but for what the mutex orders', {
    driver_binding: walksAtClear, entry: byHand, device: visibleLate, bus_notifier: walksAfterStore,
  }),
];
