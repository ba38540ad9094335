/** Topologies of the bugs: two functions of one card in group 8, and the threads that it takes. */
import type { ThreadSpec, Topology } from '../../../machines/topology.ts';
import { parseTopology } from '../../world/topology.ts';

export const [a, b] = ['0000:02:00.0', '0000:02:00.1'] as const;
const group = 'group:8';

type Device = Readonly<Record<string, unknown>>;
type Calls = ThreadSpec['calls'];

export interface Place {
  readonly bus?: string;
  /** Default: one device, present, unbound, in its group. */
  readonly devices?: readonly Device[];
  /** Default: e1000e, which matches every device. */
  readonly drivers?: readonly Device[];
  readonly threads: readonly ThreadSpec[];
  readonly answers?: Readonly<Record<string, readonly (number | string)[]>>;
  readonly test_remove?: boolean;
  /** The IOMMU driver has an op to detach a device. Default true. */
  readonly detach_dev?: boolean;
}

/** A complete topology. What a thread calls it calls in any order, as often as its `times` says, once by default. */
export function place({ bus = 'pci', devices = [{ name: a }], drivers = [{ name: 'e1000e' }], threads, answers = {}, test_remove = false, detach_dev = true }: Place): Topology {
  return parseTopology({
    devices: devices.map((device) => ({ bus, group: 8, ...device })),
    drivers: drivers.map((driver) => ({ bus, matches: ['*'], ...driver })),
    threads, answers, options: { test_remove, detach_dev },
  }, 'a bug');
}

/** A thread of its own for these calls of one entry point. */
export const thread = (name: string, entry: string, calls: Calls, times = 1): ThreadSpec => ({ name, entry, calls, times });
export const bind = (device: string, driver = 'e1000e', name = `bind-${device.slice(-1)}`): ThreadSpec => thread(name, 'bind_store', [{ type: 'bind_store', device, driver }]);
export const unbind = (device: string, driver = 'e1000e', name = `unbind-${device.slice(-1)}`): ThreadSpec => thread(name, 'unbind_store', [{ type: 'unbind_store', device, driver }]);
/** A user of the group, who may make as many calls as are listed, of these. */
export const user = (...types: string[]): ThreadSpec => thread('vm1', 'dma_owner', types.map((type) => ({ type, group })), types.length);
/** A thread that does one thing to one device. */
export const onDevice = (name: string, entry: string, device: string, more: Readonly<Record<string, string>> = {}): ThreadSpec => thread(name, entry, [{ type: entry, device, ...more }]);
