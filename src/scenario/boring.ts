/**
 * What the text of a scenario leaves out: hops that answer no question of a reader.
 *
 * A rule here decides about a line of output and nothing else; `--all` knows no such rule.
 */
import { deferredProbe, environment, kindOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import { isAnswer, type Fact, type System, type World } from '../world/world.ts';
import { shown } from './names.ts';

/** Locks, list operations and passive reads: no question that a reader asks. */
const passive = new Set([
  'device_lock', 'device_unlock', 'mutex_lock', 'mutex_unlock', 'kernfs_activate', 'kernfs_remove', 'kernfs_get_active', 'kernfs_put_active', 'klist_iter_exit', 'bus_find_device_by_name', 'dev->bus', 'dev->driver', 'dev->p', 'device_set_driver', 'driver_find', 'bus_add_driver',
  'bus_remove_driver', 'klist_devices_add', 'klist_devices_del', 'klist_devices_next', 'klist_drivers_add', 'klist_drivers_del',
  'klist_drivers_next', 'klist_add_tail', 'klist_remove', 'klist_last', 'drivers_autoprobe_show', 'probe_type', 'driver_managed_dma',
  'deferred_trigger_count', 'defer_all_probes', 'driver_deferred_probe_del', 'deferred_probe_work_func', 'kobject_del', 'device_is_bound',
  'bus_remove_device', 'pci_bus_add_device', 'iommu_group_first_device', 'driver_probe_device', '__driver_probe_device',
  '__device_release_driver', '__device_attach', '__device_attach_async', 'bus_notify', 'iommu_group_dma_owner_claimed',
  'iommu_group_for_each_dev', 'vfio_dev_driver_allowed',
]);
/** Calls whose answer says nothing when it is 0. */
const quiet = new Set([
  'bus_add_device', 'ready_to_probe', 'kill_device', 'driver_set_override', 'driver_deferred_probe_add', 'iommu_group_remove_device',
  'iommu_device_unuse_default_domain', 'iommu_group_release_dma_owner', 'iommu_detach_group', '__driver_attach_async',
  'device_block_probing', 'device_unblock_probing', 'iommu_device_release_dma_owner', 'iommu_detach_group_handle',
]);

/** Calls inside VFIO whose answer is told once more by the line that follows. */
const repeated = /^(?:attachGroup|detachGroup|openFile|releaseFile|vfio_group_ioctl_\w+|vfio_ioctl_set_iommu)$/;

/** What two of the rules look up in the world before a fact. */
interface Lookup {
  /** Some probe is deferred. */
  readonly defers: () => boolean;
  /** The receiver does nothing. */
  readonly idle: () => boolean;
}

/** A fact that only `--all` prints. `before` is the world in which it happened. */
export const boring = (system: System, fact: Fact, before: World): boolean =>
  isBoring(fact, { defers: () => listed(system, before).length > 0, idle: () => system.local(before, fact.to).value === 'idle' });

/** The same where no world is at hand: what hangs on one is not boring. */
export const boringAnywhere = (fact: Pick<Fact, 'from' | 'to' | 'event'>): boolean => isBoring(fact, { defers: () => true, idle: () => false });

function isBoring({ from, to, event }: Pick<Fact, 'from' | 'to' | 'event'>, { defers, idle }: Lookup): boolean {
  if (shown(from) === shown(to)) return true;
  const call = event.type.replace(/\.ret$/, '');
  const answer = isAnswer(event) ? Number(event['ret']) : undefined;
  if (from === environment) return answer === undefined || answer === 0 || (call === 'driver_match_device' && answer > 0);
  if (to === environment) return true;
  if (/^(?:vfio_|iommufd_)/.test(kindOf(from)) || /^(?:vfio_|iommufd_)/.test(kindOf(to))) {
    // Between the parts of VFIO: errors, what is asked of the IOMMU core, and what an iommufd is asked for.
    if (answer !== undefined) return repeated.test(call) || (answer >= 0 && (!call.startsWith('iommu_') || quiet.has(call)));
    return !/^(?:iommu_|vfio_iommufd_)/.test(call) || kindOf(to) === 'device';
  }
  if (call === 'dev->driver' && kindOf(to) === 'group') return false; // what a walk over the group decides by
  if (call === 'driver_match_device' || (kindOf(to) === 'device' && answer === undefined && call.startsWith('iommu_'))) return true;
  if (passive.has(call) || (kindOf(to) === 'driver' && (call === 'probe' || call === 'remove'))) return true;
  if (answer !== undefined && quiet.has(call) && answer >= 0) return true;
  if (call === 'driver_deferred_probe_trigger' || call === 'queue_work') return !defers() || answer !== undefined;
  if (call === 'deferred_probe_active_list') return event['device'] === undefined || event['device'] === null;
  if (call === 'async_synchronize_full') return answer !== undefined || idle();
  return false;
}

/** A word that only `--all` prints: it repeats what a line beside it says, or kernels differ in its name for no reader's good. */
export const boringWord = ({ type, ret }: Said, beside: readonly Said[]): boolean =>
  /^__iommu_group_set_domain|_unl_ioctl\.ret$|_fops_open\.ret$/.test(type) ||
  ['iommu_release_device', 'iommu_deinit_device', '__driver_probe_device'].includes(type) ||
  /^(?:device_driver_attach|device_release_driver_internal|device_attach)(?:\.ret)?$/.test(type) ||
  (type === '__driver_probe_device.ret' && beside.some((other) => other.type === 'really_probe.ret')) || /(?:^|_)remove\.ret$/.test(type) ||
  /_dma_cleanup\.ret$/.test(type) || (/^vfio_.*\.ret$/.test(type) && (typeof ret !== 'number' || ret >= 0));

/** Devices on the two lists of deferred probes. */
export function listed(system: System, world: World): string[] {
  const { deferred_probe_pending_list: pending, deferred_probe_active_list: active } = system.local(world, deferredProbe).context as {
    deferred_probe_pending_list: string[]; deferred_probe_active_list: string[];
  };
  return [...pending, ...active];
}
