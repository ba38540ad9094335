/** Where a driver_binding stands, read off its state. */
import type { StateValue } from 'xstate';
import type { Looked } from './property.ts';

/** `really_probe.in_probe` and so on, without the outermost state. */
export function pathOf(value: StateValue): string {
  const path: string[] = [];
  for (let at: StateValue | undefined = value; at !== undefined;) {
    if (typeof at === 'string') {
      path.push(at);
      break;
    }
    const [key, inner]: [string, StateValue | undefined] = Object.entries(at)[0] ?? ['', undefined];
    path.push(key);
    at = inner;
  }
  return path.join('.');
}

const really_probe = '__driver_probe_device.really_probe.';
/** Steps of really_probe() between a dma_configure() that succeeded and the dma_cleanup() that undoes it. */
const configuredSteps = [
  'in_driver_sysfs_add', 'in_activate', 'in_probe', 'in_device_add_groups', 'in_state_synced', 'in_test_remove', 'test_remove.device_remove',
  'test_remove.in_dma_cleanup', 'dev_groups_failed', 'probe_failed', 'sysfs_failed', 'driver_bound',
];

/** dma_configure() has succeeded and dma_cleanup() has not come yet. A bound device may be asked to probe, and refuses. */
export function configured({ value, context }: Looked): boolean {
  const path = pathOf(value);
  if (path.startsWith('__device_release_driver.')) return /\.(in_unbind_driver|device_remove|in_dma_cleanup)(\.|$)/.test(path);
  return context['bound'] === true || (path.startsWith(really_probe) && configuredSteps.some((step) => path.slice(really_probe.length).startsWith(step)));
}

const drivingSteps = ['in_probe', 'in_device_add_groups', 'in_state_synced', 'in_test_remove', 'test_remove.device_remove', 'dev_groups_failed', 'driver_bound'];

/** The driver's own probe() has begun and its remove() has not ended: it may do DMA. */
export function driving({ value, context }: Looked): boolean {
  const path = pathOf(value);
  if (path.startsWith('__device_release_driver.')) return /\.(in_unbind_driver|device_remove)(\.|$)/.test(path);
  return context['bound'] === true || (path.startsWith(really_probe) && drivingSteps.some((step) => path.slice(really_probe.length).startsWith(step)));
}

/** Inside really_probe(). */
export const probing = ({ value }: Looked): boolean => pathOf(value).startsWith(really_probe);
