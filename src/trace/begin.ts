/**
 * With which call a task may begin: the line of a function's entry, and the entry point of the model that shows it.
 *
 * A line may leave several possibilities (a worker's probe may be a deferred or an asynchronous one); each is tried.
 */
import { asyncAt, deferredProbeWork, environment, groupAt } from '../../machines/address.ts';
import type { Address, Said } from '../../machines/chart.ts';
import { kobject_actions, unknown } from '../../machines/kernel.ts';
import { typesOf } from './command.ts';
import type { Seen } from './explain.ts';
import type { Knowledge } from './knowledge.ts';
import { isNobody } from './readers/names.ts';
import { framesOf, tokenOf, type State } from './state.ts';

export interface Beginning {
  /** Null: a function that the charts do not have; `ends` tells its return. */
  readonly thread: Address | null;
  readonly what: string;
  /** Absent: the thread is on its way already (queued work). */
  readonly command?: Said;
  readonly ends?: string;
  /** First this task's thread must go on, until it is idle or until the thread that begins is ready. */
  readonly after?: { readonly pid: number; readonly until: 'idle' | 'ready' };
}

export function beginnings({ line, says, at }: Seen, state: State, knowledge: Knowledge): Beginning[] {
  if (at !== 'entry') return [];
  const device = String(line.fields['dev'] ?? '');
  const driver = String(line.fields['drv'] ?? '');
  const group = typeof line.fields['g'] === 'number' ? groupAt(line.fields['g']) : '';
  const thread = (entry: string) => knowledge.idleThread(entry, state);
  const run = (entry: string, command: Said, what: string): Beginning[] => [{ thread: thread(entry), command, what }];
  const outside = (what: string): Beginning[] => [{ thread: null, what, ends: `${says} return` }];
  switch (says) {
    case 'device_driver_attach':
      return run('bind_store', { type: 'bind_store', device, driver }, `bind of ${device} to ${driver}`);
    case 'device_attach':
      return knowledge.mayMatch(state, device)
        ? run('drivers_probe_store', { type: 'drivers_probe_store', device }, `device_attach of ${device}`)
        : run('device_add', { type: 'pci_bus_add_device', device, bus: 'pci' }, `pci_bus_add_device of ${device}`);
    case 'driver_deferred_probe_trigger':
      return run('deferred_probe_timeout_work_func', { type: 'deferred_probe_timeout_work_func' }, 'deferred_probe_timeout_work_func');
    case 'device_release_driver_internal':
      return run('unbind_store', { type: 'device_release_driver', device }, `device_release_driver of ${device}`);
    case '__driver_probe_device':
      return probes(device, driver, state, knowledge);
    case 'deferred_probe_work_func':
      return worker(state, knowledge);
    case 'driver_register':
    case 'driver_unregister':
      return run(says, { type: says, driver, bus: knowledge.busOf(driver) }, `${says} ${driver}`);
    case 'device_add':
    case 'device_del':
      return knowledge.isPci(device)
        ? run(says, { type: says, device, bus: 'pci' }, `${says} of ${device}`)
        : outside(`${says} of ${device}`);
    case 'iommu_group_claim_dma_owner':
      return run('dma_owner', { type: 'claim', group }, `claim of ${group}`);
    case 'iommu_group_release_dma_owner':
      return run('dma_owner', { type: 'release', group }, `release of ${group}`);
    case 'iommu_attach_group':
      return run('dma_owner', { type: 'attach', group }, `attach of ${group}`);
    case 'iommu_detach_group':
      return run('dma_owner', { type: 'detach', group }, `detach of ${group}`);
    case 'iommu_group_store_type':
      if (!knowledge.knowsMembers(group, state)) return outside(`type of ${group}`);
      return typesOf({ type: 'group_store_type', group }).flatMap((command) => run('group_store_type', command, `type of ${group}`));
    case 'vfio_group_fops_release':
    case 'vfio_device_fops_release': {
      // An operation that is not followed closes what is not followed; without one, the process is over and closes everything.
      const closings = framesOf(state, line.pid).some(({ mark }) => mark !== null) ? [] : knowledge.closings(line.pid);
      return closings.length === 0 ? outside(says) : closings.map(({ thread: user, command }) =>
        ({ thread: user, command, what: `exit of task ${line.pid}` }));
    }
    case 'printk':
      return line.fields['message'] === 'driver_bound'
        // Somebody may set dev->driver by hand.
        ? [...attempts(device, driver, state, knowledge), ...run('device_bind_driver', { type: 'device_bind_driver', device, driver }, `device_bind_driver of ${device}`)]
        : attempts(device, driver, state, knowledge);
    case 'kobject_uevent':
      return isNobody(line.pid) ? uevents(device, driver === '' ? unknown : driver, Number(line.fields['action']), state, knowledge) : [];
    case 'iommu_probe_device':
    case 'vfio_group_fops_open':
    case 'vfio_group_fops_unl_ioctl':
    case 'vfio_fops_unl_ioctl':
    case 'vfio_container_attach_group':
    case 'vfio_group_detach_container':
    case 'vfio_register_group_dev':
    case 'vfio_unregister_group_dev':
      return outside(says);
    default:
      return [];
  }
}

/** A probe whose caller the recorder does not show: queued work, or some function that asks for drivers. */
function probes(device: string, driver: string, state: State, knowledge: Knowledge): Beginning[] {
  const { system } = knowledge;
  const helper = asyncAt(device);
  const found: Beginning[] = [];
  const what = `asynchronous probe of ${device}`;
  if (tokenOf(system, state.world, helper) >= 0) found.push({ thread: helper, what });
  for (const { pid, frames } of state.tasks) {
    const thread = frames.at(-1)?.thread;
    if (thread == null || !system.has(thread)) continue;
    const { driver: registering } = system.local(state.world, thread).context;
    const token = state.world.flight[tokenOf(system, state.world, thread)];
    if (registering === driver && thread.startsWith('thread:driver_register') && token?.to === environment)
      found.push({ thread: helper, what, after: { pid, until: 'ready' } });
  }
  found.push(...worker(state, knowledge));
  // A bound device is not asked for drivers; a driver that is new, or has a new id, still meets it.
  found.push(knowledge.isBound(state, device)
    ? { thread: knowledge.idleThread('driver_register', state), what: `driver_attach of ${driver}`, command: { type: 'driver_attach', driver, bus: unknown } }
    : { thread: knowledge.idleThread('drivers_probe_store', state), what: `device_initial_probe of ${device}`, command: { type: 'device_initial_probe', device } });
  return found;
}

/** A probe of which only a message or a uevent is seen. */
function attempts(device: string, driver: string, state: State, knowledge: Knowledge): Beginning[] {
  const what = `probe of ${device} by ${driver}`;
  return knowledge.mayMatch(state, device)
    ? [{ thread: knowledge.idleThread('bind_store', state), what, command: { type: 'bind_store', device, driver } }]
    : [{ thread: knowledge.idleThread('device_add', state), what, command: { type: 'pci_bus_add_device', device, bus: 'pci' } }];
}

/** What sends a uevent of which nothing else is seen. */
function uevents(device: string, driver: string, action: number, state: State, knowledge: Knowledge): Beginning[] {
  const run = (entry: string, command: Said): Beginning[] => [{ thread: knowledge.idleThread(entry, state), what: `${command.type} of ${device}`, command }];
  switch (kobject_actions[action]) {
    case 'KOBJ_BIND': return attempts(device, driver, state, knowledge);
    case 'KOBJ_UNBIND': return run('unbind_store', { type: 'device_release_driver', device });
    case 'KOBJ_ADD': return run('device_add', { type: 'device_add', device, bus: 'pci' });
    case 'KOBJ_REMOVE': return run('device_del', { type: 'device_del', device, bus: 'pci' });
    default: return [];
  }
}

const queuing = new Set(['driver_deferred_probe_del', 'driver_deferred_probe_trigger']);

/** deferred_probe_work: queued, or still in an earlier run that has shown all it will show. */
function worker(state: State, { system }: Knowledge): Beginning[] {
  const what = 'deferred_probe_work_func';
  for (const { pid, frames } of state.tasks)
    if (frames.at(-1)?.thread === deferredProbeWork) return [{ thread: deferredProbeWork, what, after: { pid, until: 'idle' } }];
  if (tokenOf(system, state.world, deferredProbeWork) >= 0) return [{ thread: deferredProbeWork, what }];
  // The trigger has been called, and has queued the work before its caller showed anything more; without a probe on it, the call right before it was seen last.
  return state.tasks.flatMap(({ pid, frames }) => {
    const thread = frames.at(-1)?.thread;
    const token = thread == null ? undefined : state.world.flight[tokenOf(system, state.world, thread)];
    return token !== undefined && queuing.has(token.event.type) ? [{ thread: deferredProbeWork, what, after: { pid, until: 'ready' as const } }] : [];
  });
}

