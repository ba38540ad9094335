/** Small topologies: the usual one (`defaultTopology`) with fewer threads, or with threads for other entry points. */
import type { Topology } from '../../machines/topology.ts';
import { defaultTopology, type DefaultTopology } from '../world/topology.ts';

export interface Small extends Partial<DefaultTopology> {
  /** How often each thread may begin; null: again and again. */
  readonly times?: number | null;
  /** Only these threads. */
  readonly only?: readonly string[];
  /** The devices are not there yet. */
  readonly absent?: boolean;
  /** The IOMMU driver came after the devices. */
  readonly ungrouped?: boolean;
  /** Threads of their own for these entry points, which take a device. */
  readonly entries?: readonly string[];
  /** A thread that binds each device by hand. */
  readonly manual?: boolean;
  /** A writer to `bind` and one to `unbind` for each device. */
  readonly writers?: boolean;
}

/**
 * A topology of one device and no threads, but for what is asked for.
 *
 * @example
 * smallTopology({ devices: 2, sysfs: true, users: 1, times: 1 });
 */
export function smallTopology({ times = null, only, absent = false, ungrouped = false, entries = [], manual = false, writers = false, ...given }: Small): Topology {
  const topology = defaultTopology({ devices: 1, users: 0, sysfs: false, module: false, hotplug: false, ...given });
  const calls = topology.devices.map(({ name: device }) => ({ type: 'device_bind_driver', device, driver: 'e1000e' }));
  const more = entries.map((entry) => ({ name: entry, entry, calls: topology.devices.map(({ name: device }) => ({ type: entry, device })), times }));
  const perDevice = ['bind_store', 'unbind_store'].flatMap((entry) => topology.devices.map(({ name: device }, index) =>
    ({ name: `${entry} ${index}`, entry, calls: topology.drivers.map(({ name: driver }) => ({ type: entry, device, driver })), times })));
  const threads = [
    ...topology.threads, ...more, ...(writers ? perDevice : []), ...(manual ? [{ name: 'manual', entry: 'device_bind_driver', calls, times }] : []),
  ];
  return {
    ...topology,
    devices: topology.devices.map((device) => ({ ...device, present: !absent, grouped: !ungrouped })),
    threads: threads.filter(({ name }) => only === undefined || only.includes(name)).map((thread) => ({ ...thread, times })),
  };
}
