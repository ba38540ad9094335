/**
 * driver_binding of v6.15: v6.12.y without the gate (a2225b6e834a came with 7.1).
 *
 * Kernel v6.15, drivers/base/dd.c; v6.14 and v6.17 were read. A PCI device is attached by device_attach() up to 6.14 and by
 * device_initial_probe() in 6.17; which it is in 6.15 the fact sheets do not say, and it stays device_attach() here.
 */
import { probesTooEarly } from '../before/driver_core.ts';
import { changed } from '../changed.ts';
import { driver_binding as binding } from '../driver_binding.ts';

export const driver_binding = changed(binding, probesTooEarly);
