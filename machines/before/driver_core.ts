/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * Charts of the driver core before a commit: each change takes one commit back out of a shipped chart.
 *
 * A kernel revision lists those that it does not have yet (machines/v5.19 and so on).
 */
import { and, assign } from 'xstate';
import { busAt, deviceAt, driverAt, environment } from '../address.ts';
import { stateAt, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';

const reallyProbe = '__driver_probe_device.really_probe';

/** driver_binding before f429378a9bf8 (6.6, 6.5.y, 6.1.53): test_remove goes back to re_probe without dma_cleanup. */
export function testRemoveLeaks(config: Config): void {
  const { on } = stateAt(config, `${reallyProbe}.test_remove.device_remove`);
  on['remove.ret'] = on['remove.ret'].slice(1);
  delete stateAt(config, `${reallyProbe}.test_remove`).states.in_dma_cleanup;
}

/** driver_binding before 2e84dc379200 (6.7, in 6.1.y and 6.12.y): an unbind cleans up the links before devres and dev->driver. */
export function linksFirst(config: Config): void {
  const state = stateAt(config, '__device_release_driver.device_unbind_cleanup');
  const cleanup = state.on['device_set_driver.ret'];
  state.description = 'The links first, then devres.';
  state.entry = [cleanup.actions, ...state.entry];
  state.on['device_set_driver.ret'] = cleanup.target;
}

/** driver_binding before a2225b6e834a (7.1, 6.12.86, 6.1.175): the gate does not ask whether device_add() is through. */
export function probesTooEarly(config: Config): void {
  const { on } = stateAt(config, '__driver_probe_device.in_gate');
  on['dev->p.ret'] = on['dev->p.ret'].filter(({ guard }: Config) => guard !== 'notReady');
}

/**
 * device_add before a2225b6e834a: no device_lock and no field. The call `ready_to_probe` stays, as the moment when ADD_DEVICE
 * has been delivered: nobody acts on it, but properties see who was probed before it.
 */
export function neverSaysReady(config: Config): void {
  const { states } = stateAt(config, 'device_add');
  states.in_bus_notify.on['bus_notify.ret'] = 'in_ready_to_probe';
  states.in_ready_to_probe.on['ready_to_probe.ret'] = 'in_kobject_uevent';
  states.in_kobject_uevent.on['dev->driver.ret'] = [
    { guard: 'pci', target: '#pci_bus_add_device', actions: ['uevent', 'device_add.ret'] },
    { target: 'in_drivers_autoprobe', actions: 'uevent' },
  ];
  delete states.in_device_lock;
  delete states.in_device_unlock;
}

/** driver_binding before 6.0: whatever device_links_check_suppliers() says but 0 ends the probe, there is no best effort. */
export function suppliersEndIt(config: Config): void {
  const { on } = stateAt(config, `${reallyProbe}.in_device_links_check_suppliers`);
  on['device_links_check_suppliers.ret'] = on['device_links_check_suppliers.ret'].slice(1);
}

/** device_attach before 6.0: a match that defers queues the device, and probes it all the same. */
export function deferredMatchProbes(config: Config): void {
  stateAt(config, 'in_driver_deferred_probe_add').on['driver_deferred_probe_add.ret'] = [
    { guard: 'async', target: 'in_probe_type' },
    { target: 'in_driver_probe_device' },
  ];
}

/** driver_register before 6.0: the same while a driver meets its devices. */
export function deferredMatchAttaches(config: Config): void {
  stateAt(config, 'driver_attach.in_driver_deferred_probe_add').on['driver_deferred_probe_add.ret'] = 'in_probe_type';
}

const { call } = sends<Here & { driver: string; bus: string }, { type: string; from: string }>();

/**
 * driver_register before 6.2 (6.1.4): a match that fails ends the walk, and the driver is not registered after all.
 * Devices that it met before stay bound to it. klist_del() does not wait for walkers as the call does that stands for it here.
 */
export function failedMatchEndsIt(config: Config): void {
  const keep = assign({ ret: ({ event }: { event: { ret?: number } }) => event.ret ?? 0 });
  const { on } = stateAt(config, 'driver_attach.in_driver_match_device');
  on['driver_match_device.ret'] = on['driver_match_device.ret'].flatMap((branch: Config) => (branch.guard !== 'failed' ? [branch] : [
    { guard: and(['failed', 'registering']), target: '#out_del_list', actions: keep },
    { guard: 'failed', target: '#answered', actions: keep },
  ]));
  config.states.out_del_list = {
    id: 'out_del_list',
    meta: { function: 'bus_add_driver', label: 'out_del_list' },
    initial: 'in_klist_drivers_del',
    states: {
      in_klist_drivers_del: {
        entry: call(({ bus }) => busAt(bus), ({ driver }) => ({ type: 'klist_drivers_del', name: driver })),
        on: { 'klist_drivers_del.ret': 'in_bus_remove_driver' },
      },
      in_bus_remove_driver: {
        entry: call(({ driver }) => driverAt(driver), () => ({ type: 'bus_remove_driver' })),
        on: { 'bus_remove_driver.ret': '#answered' },
      },
    },
  };
}

const { call: callOf } = sends<Here & { device: string | null }, { type: string; from: string }>();
/** async_schedule_dev() where there is no memory for an entry: the helper runs here and now, and wants a lock that its caller has. */
const schedules = (config: Config, done: Config, then: Config): void => {
  Object.assign(config.states, {
    in_async_schedule_dev: {
      entry: callOf(() => environment, ({ device }) => ({ type: 'async_schedule_dev', device })),
      on: { 'async_schedule_dev.ret': [{ guard: 'failed', target: 'in_async_helper' }, then] },
    },
    in_async_helper: {
      description: 'For ever: the holder of device_lock waits for device_lock.',
      entry: callOf(({ device }) => deviceAt(device ?? ''), () => ({ type: 'device_lock' })),
      on: { 'device_lock.ret': done },
    },
  });
};

/** device_attach before b232b02bf3c2 (5.19): __device_attach() schedules its helper with device_lock held. */
export function scansUnderLock(config: Config): void {
  const [scheduled, done] = config.states.scanned.always;
  schedules(config, done, { ...scheduled });
  config.states.scanned.always = [{ guard: scheduled.guard, target: 'in_async_schedule_dev' }, done];
  delete config.states.in_async_schedule_dev.on['async_schedule_dev.ret'][1].guard;
}

/** driver_register before 70fe758352ca (6.0): __driver_attach() schedules its helper with device_lock held. */
export function attachesUnderLock(config: Config): void {
  const asynchronous = stateAt(config, 'driver_attach.asynchronous');
  const { in_schedule, in_dev_driver } = asynchronous.states;
  asynchronous.description = 'Under device_lock: is a helper wanted? It is scheduled with the lock held.';
  schedules(asynchronous, 'in_device_unlock', { target: 'in_schedule' });
  in_dev_driver.on['dev->driver.ret'].at(-1).target = 'in_async_schedule_dev';
  in_schedule.meta = { function: 'async_schedule_dev' };
}
