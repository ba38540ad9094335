/**
 * The driver core of v6.2 to v6.5, where it differs from v6.1.y (6.1.192, which has backports of later fixes).
 *
 * Kernel v6.2 and v6.5, drivers/base/dd.c, core.c: as v5.19 where fixes had not come yet (test_remove, order of release, the gate), as
 * v6.1.y in matching and suppliers. v6.5 was read; of v6.2 what the commits between say.
 */
import { changed } from '../changed.ts';
import { linksFirst, neverSaysReady, probesTooEarly, testRemoveLeaks } from '../before/driver_core.ts';
import { driver_binding as binding } from '../driver_binding.ts';
import { device_add as add } from '../entry/device_add.ts';

export const driver_binding = changed(binding, testRemoveLeaks, linksFirst, probesTooEarly);
export const device_add = changed(add, neverSaysReady);
