/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * driver_binding without dma_cleanup, and the places where a repair of the notifier walk puts a walk.
 *
 * "No change to dd.c" is what the walk promises: `driver_binding` here is the driver core with no dma_cleanup in it. The
 * repairs do change it: `walksAtClear` walks (again) wherever dev->driver has become NULL, `notifiesAfterClear` sends
 * DRIVER_NOT_BOUND only then. Neither has a posted patch; both are written down as their names say.
 */
import { driver_binding as merged } from '../driver_binding.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { notifierAt } from '../address.ts';
import { sends, type Here } from '../chart.ts';
import { device_bind_driver as byHand } from '../entry/device_bind_driver.ts';

const reallyProbe = '__driver_probe_device.really_probe';
const { call } = sends<Here & { device: string }, { type: string; from: string }>();
const toNotifier = (message: { type: string; action?: string }) => call(({ device }) => notifierAt(device), () => message);

function withoutCleanup(config: Config): void {
  for (const [path, answer] of [
    [`${reallyProbe}.test_remove`, 'device_remove remove.ret'], [`${reallyProbe}.sysfs_failed`, 'in_bus_notify bus_notify.ret'],
    ['__device_release_driver', 'device_remove remove.ret'],
  ] as const) {
    const { states } = stateAt(config, path);
    const [state, event] = answer.split(' ') as [string, string];
    states[state].on[event].shift();
    delete states.in_dma_cleanup;
  }
}

/** After `state` has cleared dev->driver: a walk, and only then on to where it went. */
function walkAfter(config: Config, path: string, target?: string): void {
  const dot = path.lastIndexOf('.');
  const { states } = dot < 0 ? config : stateAt(config, path.slice(0, dot));
  const { on } = states[path.slice(dot + 1)];
  const went: Config = on['device_set_driver.ret'];
  on['device_set_driver.ret'] = { ...(typeof went === 'string' ? {} : went), target: 'in_walk' };
  states.in_walk = { entry: toNotifier({ type: 'walk' }), on: { 'walk.ret': target ?? (typeof went === 'string' ? went : went.target) } };
}

export const driver_binding = changed(merged, withoutCleanup);

/** device_unbind_cleanup(), in each of its three callers. */
export const walksAtClear = changed(merged, withoutCleanup, (config) => {
  walkAfter(config, `${reallyProbe}.test_remove.device_unbind_cleanup`);
  walkAfter(config, `${reallyProbe}.pinctrl_bind_failed`);
  walkAfter(config, '__device_release_driver.device_unbind_cleanup');
});

/** device_bind_driver() failed, and its caller clears dev->driver again. device_attach() does so too, where nobody gets here. */
export const byHandWalksAtClear = changed(byHand, (config) => { walkAfter(config, 'in_clear_driver'); });

/** DRIVER_NOT_BOUND after dev->driver = NULL; UNBOUND_DRIVER comes after it already. */
export const notifiesAfterClear = changed(merged, withoutCleanup, (config) => {
  const { states } = stateAt(config, reallyProbe);
  states.sysfs_failed = {
    ...states.pinctrl_bind_failed, id: 'sysfs_failed', meta: { label: 'sysfs_failed' }, description: 'As pinctrl_bind_failed, and then the notice.',
    on: { 'device_set_driver.ret': 'in_driver_not_bound' },
  };
  states.in_driver_not_bound = {
    entry: toNotifier({ type: 'bus_notify', action: 'BUS_NOTIFY_DRIVER_NOT_BOUND' }),
    on: { 'bus_notify.ret': '#done' },
  };
});
