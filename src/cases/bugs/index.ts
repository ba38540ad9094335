/** Every bug, in the order of the sheet: what lies within the charts, and what does not. */
import type { Bug } from './bug.ts';
import { core } from './core.ts';
import { hazards } from './hazards.ts';
import { iommu, ownership } from './ownership.ts';

export { outside } from './outside.ts';
export const bugs: readonly Bug[] = [...ownership, ...iommu, ...core, ...hazards];
