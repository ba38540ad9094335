/** Small topologies for the tests of the checker. */
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { smallTopology as ofModel, type Small as SmallTopology } from '../../src/cases/small.ts';
import { subjectOf, type Subject } from '../../src/check/subject.ts';
import { System } from '../../src/world/world.ts';

export interface Small extends Omit<SmallTopology, 'models'> {
  readonly model?: string | Model;
}

const errors = { probe: [0, -12], sysfs_create_link: [0, -12], pinctrl_bind_pins: [0, -22] };
const bind: Small = { sysfs: true, times: 1, answers: errors };
const share: Small = { sysfs: true, users: 1, times: 1 };

/** Where each fault of machines/broken shows, and after how many steps at the earliest. */
export const faults: Readonly<Record<string, [Small, number]>> = {
  'test_remove without dma_cleanup': [{ ...bind, test_remove: true }, 29],
  'cleanup after a refused configure': [share, 26],
  'cleanup at once': [share, 20],
  'NOT_BOUND without BIND': [bind, 13],
  'sysfs removed before it is added': [share, 20],
  'lost error': [share, 21],
  'sysfs failure leaks the count': [bind, 23],
  'probe before the device is ready': [{ hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister'], times: 1 }, 26],
  'dev->driver stays after a failed probe': [bind, 15],
  'unuse ignores': [bind, 27],
  'claim without a look at the count': [share, 20],
  'claim that asks first': [share, 21],
  'claim keeps the default domain': [share, 2],
  'release keeps the count': [{ users: 1 }, 2],
  'bind keeps device_lock': [bind, 17],
  'listener takes device_lock': [{ sysfs: true }, 1],
  'listener takes device_lock, once': [{ sysfs: true, times: 1 }, 25],
  'dev->driver is cleared early': [bind, 38],
  'a dead device is bound by hand': [{ bus: 'usb', hotplug: true, manual: true, times: 1 }, 73],
  'scan without a lock': [{ hotplug: true, times: 1 }, 17],
  'unregister passes a writer': [{ sysfs: true, module: true, times: 1, only: ['bind_store', 'driver_unregister'] }, 35],
  'unregister passes a walker': [{ hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister'], times: 1 }, 53],
};

/** A model by its name, or itself. */
export const modelOf = (model: string | Model): Model => (typeof model === 'string' ? (models[model] as Model) : model);

export const smallTopology = ({ model, ...given }: Small): Topology => ofModel(model === undefined ? given : { ...given, models: [modelOf(model)] });

export function small(given: Small): { system: System; subject: Subject } {
  const system = new System(modelOf(given.model ?? 'v6.12.y'), smallTopology(given));
  return { system, subject: subjectOf(system) };
}

/** Properties that a kernel without a fix breaks in these topologies, and after how many steps at the earliest. */
export function unfixed(model: string, { test_remove = false, absent = false }: Small): Readonly<Record<string, number>> {
  const count = 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API';
  const used = 'a group with a driver that uses the DMA API is held for drivers';
  const held = 'at rest a group is held for drivers only while a driver uses the DMA API';
  const ready = 'no driver is probed before its device is ready, nor when it is dead';
  const fixed = ['v6.1.y', 'v6.12.y', 'v7.3'].includes(model);
  if (test_remove && ['v5.19', 'v6.2', 'v6.5'].includes(model)) return { [count]: 29, [held]: 35 }; // f429378a9bf8
  if (absent && model === 'v6.15') return { [count]: 41, [used]: 41, [ready]: 26, 'the kernel never stops': 37 };
  if (absent && !fixed) return { [count]: 40, [used]: 40, [ready]: 26 }; // a2225b6e834a
  return {};
}
