/** Every model, by name, in the order of the kernels. */
import type { Model } from '../model.ts';
import { v5_19 } from './v5.19.ts';
import { v6_1_y } from './v6.1.y.ts';
import { v6_12_y } from './v6.12.y.ts';
import { v6_15 } from './v6.15.ts';
import { v6_2 } from './v6.2.ts';
import { v6_5 } from './v6.5.ts';
import { v6_6 } from './v6.6.ts';
import { v7_3 } from './v7.3.ts';

const kernels = [v5_19, v6_1_y, v6_2, v6_5, v6_6, v6_12_y, v6_15, v7_3];

export const models: Readonly<Record<string, Model>> = Object.fromEntries(kernels.map((model) => [model.name, model]));
