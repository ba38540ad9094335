/**
 * The driver core of v6.6, where it differs from v6.12.y: f429378a9bf8 is in, 2e84dc379200 and a2225b6e834a are not.
 *
 * Kernel v6.6, drivers/base/dd.c. Not read as a tree: v6.5 with the fix of its merge window.
 */
import { changed } from '../changed.ts';
import { linksFirst, probesTooEarly } from '../before/driver_core.ts';
import { driver_binding as binding } from '../driver_binding.ts';

export { device_add } from '../v6.2/driver_core.ts';
export const driver_binding = changed(binding, linksFirst, probesTooEarly);
