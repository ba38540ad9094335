/** Every model, by name: kernels first, then what was argued for and not merged. */
import type { Model } from '../model.ts';
import { notifierWalks } from './notifier-walk.ts';
import { postings } from './postings.ts';
import { v6_1_y } from './v6.1.y.ts';
import { v6_12_y } from './v6.12.y.ts';

export const models: Readonly<Record<string, Model>> =
  Object.fromEntries([v6_1_y, v6_12_y, ...notifierWalks, ...postings].map((model) => [model.name, model]));
