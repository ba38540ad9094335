/** How a bug of the kernel is written down: where it shows, what it breaks, and who has it. */
import type { Model } from '../../../machines/model.ts';
import type { Property } from '../../../machines/properties/property.ts';
import type { Topology } from '../../../machines/topology.ts';

/** A bug that lies within the charts: each affected model breaks the property in the topology, each fixed one keeps it there. */
export interface Bug {
  /** Number of the sheet, with a letter where one entry has two properties; `H-` for what no report is known of. */
  readonly id: string;
  /** What put it right; null: nothing has yet. */
  readonly commit: string | null;
  readonly what: string;
  /** The first is the one whose path is told. */
  readonly affected: readonly Model[];
  /** Kernels with the fix; none of an open finding. */
  readonly fixed: readonly Model[];
  /** Of an open finding: a model with a repair that nobody has posted, to show that nothing else breaks the property. */
  readonly repaired?: Model;
  readonly topology: Topology;
  readonly property: Property;
  /** Of an open finding: when a machine in the field may meet it. */
  readonly condition?: string;
  /** What stands between this row and the sheet or the kernel. */
  readonly note?: string;
  /** A scenario that plays it. */
  readonly scenario?: string;
  /** Recordings of real kernels in which it shows, and where to look. */
  readonly recordings?: readonly { readonly trace: string; readonly shows: string }[];
  /** How a recording of a real kernel would show it. */
  readonly steps?: string;
}

/** A bug that the charts cannot show, and why. */
export interface Outside {
  readonly id: string;
  readonly commit: string | null;
  readonly what: string;
  readonly because: string;
}

/** Nobody has put it right. */
export const isOpen = ({ commit }: Pick<Bug, 'commit'>): boolean => commit === null;
