/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * driver_binding of the postings: what the driver core did itself.
 *
 * v6 and v7 have no dma_cleanup on test_remove. v4 (17 Dec 2021) has the wrappers device_dma_configure() and
 * device_dma_cleanup() in dd.c, around the bus's callback and the claim in the order of v8; its error is not stored, so
 * really_probe() returns 0 after it has torn everything down. v1 (15 Nov 2021) claims before `re_probe`, where a refusal
 * has nothing to undo, and gives up when the probe has failed or the driver is gone.
 * Which lines v4 and v1 clean up at was not re-read: v4 where v6 does, v1 in release where v6 does, and at the end of
 * pinctrl_bind_failed. Base: the driver core of v6.1.y (the postings' had no gate, which says nothing about owners).
 */
import { deviceAt, driverAt } from '../address.ts';
import { lostError } from '../broken/charts.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';
import { driver_binding as merged } from '../driver_binding.ts';

const reallyProbe = '__driver_probe_device.really_probe';
const { call } = sends<Here & { device: string; drv: string }, { type: string; from: string }>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const flag = call(({ drv }) => driverAt(drv), ({ drv }) => ({ type: 'driver_managed_dma', driver: drv }));

const withoutTestRemoveCleanup = (config: Config): void => {
  const { states } = stateAt(config, `${reallyProbe}.test_remove`);
  states.device_remove.on['remove.ret'].shift();
  delete states.in_dma_cleanup;
};

export const driver_binding = changed(merged, withoutTestRemoveCleanup);

export const losesErrors = changed(lostError, withoutTestRemoveCleanup);

/** A claim, or its end, unless the driver's flag (here driver_managed_dma, then suppress_auto_claim_dma_owner) says no. */
const unlessManaged = (states: Config, name: string, function_: string, then: unknown): void => {
  states[name] = {
    initial: 'in_driver_managed_dma',
    states: {
      in_driver_managed_dma: {
        entry: flag, on: { 'driver_managed_dma.ret': [{ guard: 'yes', target: Array.isArray(then) ? then.at(-1).target : then }, { target: 'in_call' }] },
      },
      in_call: { entry: toDevice(function_), on: { [`${function_}.ret`]: then } },
    },
  };
};

export const claimsBeforeProbe = changed(merged, withoutTestRemoveCleanup, (config) => {
  const { states } = stateAt(config, reallyProbe);
  states.re_probe.id = 're_probe';
  states.in_devres_head.on['devres_head.ret'][1].target = 'claim';
  unlessManaged(states, 'claim', 'iommu_device_use_default_domain', [{ guard: 'failed', target: '#done', actions: 'keepError' }, { target: '#re_probe' }]);
  states.sysfs_failed.states.in_bus_notify.on['bus_notify.ret'].shift();
  delete states.sysfs_failed.states.in_dma_cleanup;
  states.pinctrl_bind_failed.on['device_set_driver.ret'] = 'release';
  unlessManaged(states, 'release', 'iommu_device_unuse_default_domain', '#done');
  const released = stateAt(config, '__device_release_driver').states;
  released.device_unbind_cleanup.id = 'device_unbind_cleanup';
  released.device_remove.on['remove.ret'][0].target = 'in_dma_cleanup';
  unlessManaged(released, 'in_dma_cleanup', 'iommu_device_unuse_default_domain', '#device_unbind_cleanup');
});
