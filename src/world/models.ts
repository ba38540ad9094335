/** Models by name: those of the lists, and those that only a table of bugs or of broken charts asks about. */
import { brokenModels } from '../../machines/broken/index.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import * as options from '../../machines/options/index.ts';
import { ModelError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** Models that are named by no list, but by the tables that ask about them. */
const further: readonly Model[] = [...Object.values(options), ...brokenModels.map(({ model }) => model)];

/** @throws {ModelError} `no-such-model` */
export function modelNamed(name: string): Model {
  const model = models[name] ?? further.find((one) => one.name === name);
  if (model !== undefined) return model;
  const near = nearest(name, Object.keys(models));
  throw new ModelError('no-such-model', `there is no model ${name}`, {
    accepted: Object.keys(models), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}
