/** Every model, by name. */
import type { Model } from '../model.ts';
import { v6_1_y } from './v6.1.y.ts';
import { v6_12_y } from './v6.12.y.ts';

export const models: Readonly<Record<string, Model>> = { [v6_1_y.name]: v6_1_y, [v6_12_y.name]: v6_12_y };
