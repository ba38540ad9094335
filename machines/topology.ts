/**
 * Which devices, groups, buses, drivers, users and threads exist: plain data. src/world/topology.ts validates it.
 */
import type { Plain } from './chart.ts';

export interface DeviceSpec {
  readonly name: string;
  readonly bus: string;
  /** IOMMU group that firmware puts the device in; null: no IOMMU behind it. */
  readonly group: number | null;
  /** Driver bound from the start. */
  readonly driver: string | null;
  /** False: not there yet, a thread may add it. */
  readonly present: boolean;
  readonly driver_override: string | null;
  /** False: present, but without its group (the IOMMU driver came late). */
  readonly grouped: boolean;
}

export interface DriverSpec {
  readonly name: string;
  readonly bus: string;
  readonly driver_managed_dma: boolean;
  readonly async: boolean;
  /** probe() registers a vfio_device. */
  readonly vfio: boolean;
  readonly registered: boolean;
  /** Devices that its id table matches; `*` for every one of its bus. */
  readonly matches: readonly string[];
}

/** A thread: which entry points it may run, with which arguments, and how often (null: again and again). */
export interface ThreadSpec {
  readonly name: string;
  readonly entry: string;
  readonly calls: readonly { readonly type: string; readonly [argument: string]: Plain }[];
  readonly times: number | null;
}

export interface Topology {
  readonly devices: readonly DeviceSpec[];
  readonly drivers: readonly DriverSpec[];
  readonly threads: readonly ThreadSpec[];
  /** Options of the kernel. */
  readonly options: {
    /** CONFIG_DEBUG_TEST_DRIVER_REMOVE */
    readonly test_remove: boolean;
    readonly drivers_autoprobe: boolean;
    /** The IOMMU driver has the op: what is detached to no domain at all is detached in hardware too. Only the postings ask. */
    readonly detach_dev: boolean;
  };
  /** What the environment may say, by function: replaces the default of environment.ts. */
  readonly answers: Readonly<Record<string, readonly number[]>>;
}
