/** What the page and the worker that explores say to each other. */
import type { Topology } from '../../../../machines/topology.ts';
import type { Space, SpaceStep } from '../../../view/space/explore.ts';

export interface Asked {
  readonly model: string;
  readonly topology: Topology;
  readonly limit: number;
  /** Steps to the world where the search begins; none: the initial world. */
  readonly from: readonly SpaceStep[];
}
export type Told =
  | { readonly kind: 'progress'; readonly worlds: number; readonly depth: number }
  | { readonly kind: 'space'; readonly space: Space; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly why: string };
