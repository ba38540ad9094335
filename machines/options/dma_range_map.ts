/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * dev->dma_range_map of a device whose firmware has dma-ranges: dma_configure() allocates it, and who frees it?
 *
 * Kernel v6.1.y, drivers/base/dd.c: device_unbind_cleanup() frees it (d8f7a5484f21); `neverFreed` is the driver core before
 * that. The next dma_configure() writes the pointer over. Left out: a map that a refused dma_configure() has made.
 */
import { assign } from 'xstate';
import { changed, stateAt, type Config } from '../changed.ts';
import { driver_binding } from '../driver_binding.ts';

const reallyProbe = '__driver_probe_device.really_probe';
/** Where device_unbind_cleanup() is called. */
const cleanups = [`${reallyProbe}.test_remove.device_unbind_cleanup`, `${reallyProbe}.pinctrl_bind_failed`, '__device_release_driver.device_unbind_cleanup'];

function allocates(config: Config): void {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), dma_range_map: false });
  stateAt(config, `${reallyProbe}.in_dma_configure`).on['dma_configure.ret'].at(-1).actions = assign({ dma_range_map: true });
}

function frees(config: Config): void {
  for (const place of cleanups) {
    const state = stateAt(config, place);
    state.entry = [...state.entry, assign({ dma_range_map: false })];
  }
}

export const freed = changed(driver_binding, allocates, frees);
export const neverFreed = changed(driver_binding, allocates);
