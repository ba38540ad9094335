/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * The driver core of v5.15, where it differs from v5.19: driver_binding, device_attach, driver_register, async_helper, device_driver.
 *
 * Kernel v5.15, drivers/base/dd.c. Against v5.19, line by line:
 * - a dma_configure that fails, and links that cannot be made, jump to probe_failed, so DRIVER_NOT_BOUND may come without BIND_DRIVER (until 00eb74ea2c14, 5.17);
 * - driver_sysfs_remove stands in pinctrl_bind_failed, so it also removes what was never added (until 885e50253bfd, 5.17);
 * - there is no dma_cleanup (25f3bcfc54bc, 5.19);
 * - __device_attach() schedules its helper with device_lock held: where memory is short the helper runs at once, and
 *   waits for the lock of its caller (until b232b02bf3c2, 5.19);
 * - __driver_attach() writes dev->p->async_driver whether or not another driver waits there (until 5.19).
 * The same: what the gate asks, suppliers, matches, test_remove, deferral, uevents, the files of sysfs. The clean-up that is one
 * function, device_unbind_cleanup, from 5.18 on stands under its later name.
 * Left out: dma_range_map (leaked until d8f7a5484f21), like all memory.
 */
import { assign } from 'xstate';
import { changed, stateAt, without, type Config } from '../changed.ts';
import { ret } from '../chart.ts';
import { linksFirst, probesTooEarly, scansUnderLock, suppliersEndIt, testRemoveLeaks } from '../before/driver_core.ts';
import { device as deviceOf5_19 } from '../device.ts';
import { device_driver as driverOf5_19 } from '../device_driver.ts';
import { driver_binding as binding } from '../driver_binding.ts';
import { async_helper as helper } from '../entry/async_helper.ts';
import { device_attach as attachOf5_19 } from '../v5.19/driver_core.ts';

export { device_add, driver_register } from '../v5.19/driver_core.ts';

const reallyProbe = '__driver_probe_device.really_probe';

/** There is no dma_cleanup yet. */
function withoutCleanup(config: Config): void {
  const release = stateAt(config, '__device_release_driver').states;
  release.device_remove.on['remove.ret'].shift();
  delete release.in_dma_cleanup;
}

/** `linked`: what driver_sysfs_add() makes is there. The kernel does not keep it: it removes either way. */
function labels(config: Config): void {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), linked: false });
  const linked = (value: boolean) => assign({ linked: value });
  const { states } = stateAt(config, reallyProbe);
  states.re_probe.entry = [linked(false), states.re_probe.entry];
  states.in_dma_configure.on['dma_configure.ret'][0].target = 'probe_failed';
  const link = states.in_driver_sysfs_add.states.in_sysfs_create_link.on['sysfs_create_link.ret'];
  link[0].target = '#probe_failed';
  link[1].actions = linked(true);
  const notify = states.sysfs_failed.states.in_bus_notify;
  states.probe_failed = {
    id: 'probe_failed',
    meta: { label: 'probe_failed' },
    description: 'dev->driver is still set.',
    entry: notify.entry,
    on: { 'bus_notify.ret': 'pinctrl_bind_failed' },
  };
  delete states.sysfs_failed;
  const { entry } = states.pinctrl_bind_failed;
  const remove = states.test_remove.states.device_remove.on['remove.ret'][0].actions[1];
  states.pinctrl_bind_failed.description = 'device_links_no_driver(), devres, dma ops, driver_sysfs_remove(), dev->driver = NULL, dismiss.';
  states.pinctrl_bind_failed.entry = [entry[0], remove, linked(false), ...entry.slice(1)];
  states.driver_bound.entry = [linked(false), ...states.driver_bound.entry];
}

export const driver_binding = changed(binding, testRemoveLeaks, linksFirst, probesTooEarly, suppliersEndIt, withoutCleanup, labels);

export const device_attach = changed(attachOf5_19, scansUnderLock);

interface Scheduled { readonly context: { readonly pending: number; readonly async_driver: string | null } }

/** Every schedule counts, and every helper probes the driver that was written last. */
export const async_helper = changed(helper, (config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), pending: 0 });
  const count = assign(({ context: { pending } }: Scheduled) => ({ pending: pending + 1 }));
  const ran = assign(({ context: { pending, async_driver } }: Scheduled) => ({ pending: pending - 1, async_driver: pending === 1 ? null : async_driver }));
  for (const state of Object.values<Config>(config.states as object)) {
    const branches = state.on?.__driver_attach_async;
    if (branches !== undefined) state.on.__driver_attach_async = Array.isArray(branches)
      ? { actions: ['keepDriver', count, ret(1)] } : { ...branches, actions: ['keepDriver', count, 'start', ret(1)] };
  }
  config.states.in_driver_probe_device.on['driver_probe_device.ret'].actions = ran;
});

interface Flags { readonly context: { readonly driver_managed_dma: boolean | null; readonly vfio: boolean } }

/**
 * There is no flag yet. What got it in 5.19 and is not a driver of VFIO's own lets a group be viable: pci-stub by its name, and the
 * port driver because its devices are bridges.
 */
export const device_driver = changed(driverOf5_19, (config) => {
  const allowed = [
    { guard: ({ context: { driver_managed_dma, vfio } }: Flags) => driver_managed_dma === true && !vfio, actions: ret(1) },
    { actions: ret(0) },
  ];
  for (const { on } of Object.values<Config>(config.states as object)) {
    delete on.driver_managed_dma;
    on.vfio_dev_driver_allowed = allowed;
  }
});

/** No owner, so nothing to ask a device's group for. */
export const device = changed(deviceOf5_19, (config) => {
  without(config, 'iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner');
});
