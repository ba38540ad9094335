/**
 * The driver core of v5.19, where it differs from v6.1.y: driver_binding, device_attach, device_add, driver_register.
 *
 * Kernel v5.19, drivers/base/dd.c, core.c, bus.c. Against v6.1.y (6.1.192), line by line:
 * - test_remove probes again without dma_cleanup (until f429378a9bf8);
 * - an unbind cleans up the links before devres (until 2e84dc379200);
 * - nobody asks whether device_add() is through (until a2225b6e834a), and any answer but 0 about suppliers ends a probe;
 * - a match that says -EPROBE_DEFER queues the device and probes it too; one that fails ends driver_register();
 * - __driver_attach() schedules its helper with device_lock held (until 70fe758352ca, 6.0), and waits for itself where memory is short.
 * The same: every label of really_probe(), the order of notifiers and uevents, deferral, the files of sysfs.
 * Not to be seen here: driver_deferred_probe_timeout is 0.
 */
import { changed } from '../changed.ts';
import {
  attachesUnderLock, deferredMatchAttaches, deferredMatchProbes, failedMatchEndsIt, linksFirst, neverSaysReady, probesTooEarly, suppliersEndIt, testRemoveLeaks,
} from '../before/driver_core.ts';
import { device_attach as attach } from '../device_attach.ts';
import { driver_binding as binding } from '../driver_binding.ts';
import { device_add as add } from '../entry/device_add.ts';
import { driver_register as register } from '../entry/driver_register.ts';

export const driver_binding = changed(binding, testRemoveLeaks, linksFirst, probesTooEarly, suppliersEndIt);
export const device_attach = changed(attach, deferredMatchProbes);
export const device_add = changed(add, neverSaysReady);
export const driver_register = changed(register, deferredMatchAttaches, failedMatchEndsIt, attachesUnderLock);
