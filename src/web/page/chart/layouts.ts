/** Layouts that come along with the page, by `keyOf`: those of the recorded kernels. The build puts them here (layouts.plugin.js). */
import type { Packed } from '../../../view/chart/packed.ts';

export const layouts: Readonly<Record<string, Packed>> = {};
