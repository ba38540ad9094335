/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * Charts with one known fault each. The checker must find every one of them, by a shortest path.
 *
 * Each names the fault, the commit that made or cured it, and the property that it breaks.
 */
import { assign } from 'xstate';
import { probesTooEarly as withoutGate, testRemoveLeaks as withoutTestRemoveFix } from '../before/driver_core.ts';
import { bus_notifier } from '../bus_notifier.ts';
import { bus_type } from '../bus_type.ts';
import { device } from '../device.ts';
import { deviceAt } from '../address.ts';
import { sends, type Here } from '../chart.ts';
import { driver_binding } from '../driver_binding.ts';
import { bind_store } from '../entry/bind_store.ts';
import { device_add } from '../entry/device_add.ts';
import { device_bind_driver } from '../entry/device_bind_driver.ts';
import { dma_owner } from '../entry/dma_owner.ts';
import { kernfs_node } from '../kernfs_node.ts';
import { iommu_group } from '../v6.12.y/iommu_group.ts';
import { changed, stateAt, type Config } from '../changed.ts';

const reallyProbe = '__driver_probe_device.really_probe';

/** test_remove goes back to re_probe without dma_cleanup: 5.19 to 6.5. Cured by f429378a9bf8. */
export const testRemoveLeaks = changed(driver_binding, withoutTestRemoveFix);

/** A refused dma_configure goes to probe_failed: NOT_BOUND and dma_cleanup for what was never configured (fourth posting of the series). */
export const cleanupAfterRefusal = changed(driver_binding, (config) => {
  stateAt(config, `${reallyProbe}.in_dma_configure`).on['dma_configure.ret'][0].target = 'probe_failed';
});

/** A refused dma_configure goes straight to dma_cleanup. */
export const cleanupAtOnce = changed(driver_binding, (config) => {
  stateAt(config, `${reallyProbe}.in_dma_configure`).on['dma_configure.ret'][0].target = 'sysfs_failed.in_dma_cleanup';
});

/** A failing pinctrl_bind_pins goes to sysfs_failed, as until 5.16: NOT_BOUND without BIND. Cured by 00eb74ea2c14. */
export const notBoundWithoutBind = changed(driver_binding, (config) => {
  stateAt(config, `${reallyProbe}.in_pinctrl_bind_pins`).on['pinctrl_bind_pins.ret'][0].target = 'sysfs_failed';
});

/** The result of dma_configure is not stored: really_probe() returns 0 after it has torn everything down (fourth posting). */
export const lostError = changed(driver_binding, (config) => {
  delete stateAt(config, `${reallyProbe}.in_dma_configure`).on['dma_configure.ret'][0].actions;
});

/** sysfs_failed jumps over dma_cleanup: the count leaks. */
export const sysfsFailureLeaks = changed(driver_binding, (config) => {
  const { on } = stateAt(config, `${reallyProbe}.sysfs_failed.in_bus_notify`);
  on['bus_notify.ret'] = on['bus_notify.ret'].slice(1);
});

/** The gate does not ask whether the device is ready: before 6.12.86. Cured by a2225b6e834a. */
export const probesTooEarly = changed(driver_binding, withoutGate);

/** A failed probe leaves dev->driver as it is. */
export const driverStays = changed(driver_binding, (config) => {
  const state = stateAt(config, `${reallyProbe}.pinctrl_bind_failed`);
  delete state.entry;
  delete state.on;
  state.always = '#done';
});

/** unuse answers, and takes nothing from the count. */
export const unuseIgnores = changed(iommu_group, (config) => {
  const { on } = stateAt(config, 'ownership.kernel_dma');
  on.iommu_device_unuse_default_domain = { actions: on.iommu_device_unuse_default_domain[2].actions.slice(1) };
});

/** A claim does not look at the count. */
export const claimUnchecked = changed(iommu_group, (config) => {
  const { unowned, kernel_dma } = stateAt(config, 'ownership').states;
  kernel_dma.on.iommu_group_claim_dma_owner = unowned.on.iommu_group_claim_dma_owner;
});

/** The owner asks first and claims then, in two steps; the claim itself does not look (with `claimUnchecked`). */
const { call } = sends<Here & { group: string }, { type: string; from: string }>();
export const claimAsksFirst = changed(dma_owner, (config) => {
  const { states } = config;
  states.in_iommu_group_dma_owner_claimed = {
    entry: call(({ group }) => group, () => ({ type: 'iommu_group_dma_owner_claimed' })),
    on: {
      'iommu_group_dma_owner_claimed.ret': [
        { guard: ({ event }: { event: { ret: number } }) => event.ret === 0, target: 'in_iommu_group_claim_dma_owner' },
        { target: 'answered', actions: 'keep' },
      ],
    },
  };
  states.idle.on.claim.target = 'in_iommu_group_dma_owner_claimed';
});

/** A claim leaves the group on the default domain. */
export const claimKeepsDomain = changed(iommu_group, (config) => {
  const own = assign(({ event }: { event: { owner?: string } }) => ({ owner: event.owner ?? null, owner_cnt: 1 }));
  const { unowned } = stateAt(config, 'ownership').states;
  const claim = unowned.on.iommu_group_claim_dma_owner.at(-1);
  claim.actions = claim.actions.map((action: Config) => (action === 'own' ? own : action));
});

/** release gives the owner up and forgets the count. */
export const releaseKeepsCount = changed(iommu_group, (config) => {
  const disown = assign({ owner: null, domain: 'default' });
  const { claimed } = stateAt(config, 'ownership').states;
  const release = claimed.on.iommu_group_release_dma_owner[0];
  release.actions = release.actions.map((action: Config) => (action === 'disown' ? disown : action));
});

/** A write to bind whose probe fails returns with device_lock held. */
export const lockIsKept = changed(bind_store, (config) => {
  const { on } = stateAt(config, 'in_driver_probe_device');
  on['__driver_probe_device.ret'] = [
    { guard: ({ event }: { event: { ret: number } }) => event.ret !== 0, target: 'answered', actions: 'keep' },
    on['__driver_probe_device.ret'],
  ];
});

/** A listener of the notifier chain takes device_lock, which its caller may hold. */
const listener = sends<Here & { device: string }, { type: string; from: string }>();
export const listenerLocks = changed(bus_notifier, (config) => {
  const { states } = config;
  states.in_device_lock = {
    entry: listener.call(({ device }) => deviceAt(device), () => ({ type: 'device_lock' })),
    on: { 'device_lock.ret': 'in_device_unlock' },
  };
  states.in_device_unlock = {
    entry: listener.call(({ device }) => deviceAt(device), () => ({ type: 'device_unlock' })),
    on: { 'device_unlock.ret': 'in_dev_driver' },
  };
  states.idle.on.bus_notify.target = 'in_device_lock';
});

/** dev->driver is cleared while the driver still has the device. */
export const driverGoesEarly = changed(device, (config) => {
  const { on } = stateAt(config, 'device_lock.unlocked');
  on.device_lock.actions = [assign({ driver: null }), ...on.device_lock.actions];
});

/** Who binds by hand does not look whether the device is being removed. */
export const bindsTheDead = changed(device_bind_driver, (config) => {
  stateAt(config, 'in_dev_p').on['dev->p.ret'].shift();
});

/** A scan of the bus takes no pci_rescan_remove_lock. */
export const scansAtOnce = changed(device_add, (config) => {
  stateAt(config, 'begun').always.shift();
  stateAt(config, 'over').always.shift();
});

/** Who removes a file does not wait for those inside. */
export const drainsNobody = changed(kernfs_node, (config) => {
  const { on } = stateAt(config, 'active');
  on.kernfs_remove = on.kernfs_remove[0];
  delete on.kernfs_remove.guard;
});

/** A driver leaves the list of its bus while somebody stands at it (klist_del instead of klist_remove). */
export const leavesUnderWalkers = changed(bus_type, (config) => {
  stateAt(config, 'registered').on.klist_drivers_del.shift();
});
