/** Small topologies for the tests of the checker. */
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { subjectOf, type Subject } from '../../src/check/subject.ts';
import { defaultTopology, type DefaultTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';

export interface Small extends Partial<DefaultTopology> {
  /** How often each thread may begin; null: again and again. */
  readonly times?: number | null;
  readonly model?: string | Model;
  /** Only these threads. */
  readonly only?: readonly string[];
  /** The devices are not there yet. */
  readonly absent?: boolean;
  /** A thread that binds each device by hand. */
  readonly manual?: boolean;
}

export function smallTopology({ times = null, only, absent = false, manual = false, ...given }: Small): Topology {
  const topology = defaultTopology({ devices: 1, users: 0, sysfs: false, module: false, hotplug: false, ...given });
  const calls = topology.devices.map(({ name: device }) => ({ type: 'device_bind_driver', device, driver: 'e1000e' }));
  const threads = [...topology.threads, ...(manual ? [{ name: 'manual', entry: 'device_bind_driver', calls, times }] : [])];
  return {
    ...topology,
    devices: topology.devices.map((device) => ({ ...device, present: !absent })),
    threads: threads.filter(({ name }) => only === undefined || only.includes(name)).map((thread) => ({ ...thread, times })),
  };
}

export function small(given: Small): { system: System; subject: Subject } {
  const { model = 'v6.12.y' } = given;
  const system = new System(typeof model === 'string' ? (models[model] as Model) : model, smallTopology(given));
  return { system, subject: subjectOf(system) };
}
