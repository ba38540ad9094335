/** Every model, by name: kernels in their order, then what was argued for and not merged, then what nobody proposed. */
import type { Model } from '../model.ts';
import { notifierWalks } from './notifier-walk.ts';
import { postings } from './postings.ts';
import { supposed } from './supposed.ts';
import { v5_15 } from './v5.15.ts';
import { v5_19 } from './v5.19.ts';
import { v6_1_y } from './v6.1.y.ts';
import { v6_12_y } from './v6.12.y.ts';
import { v6_15 } from './v6.15.ts';
import { v6_2 } from './v6.2.ts';
import { v6_5 } from './v6.5.ts';
import { v6_6 } from './v6.6.ts';
import { v7_3 } from './v7.3.ts';

const named = (models: readonly Model[]): Readonly<Record<string, Model>> => Object.fromEntries(models.map((model) => [model.name, model]));

export const kernels = named([v5_15, v5_19, v6_1_y, v6_2, v6_5, v6_6, v6_12_y, v6_15, v7_3]);
export const rivals = named([...notifierWalks, ...postings]);
export const models: Readonly<Record<string, Model>> = { ...kernels, ...rivals, ...named(supposed) };
