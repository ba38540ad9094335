/** How checks are written down: a role, the property, what it comes to, where, and under which models. */
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import type { Property } from '../../../machines/properties/property.ts';
import type { Check, Role, Setting } from './claim.ts';

type Expectation = (property: Property, setting: Setting, ...given: readonly (string | Model)[]) => Check[];

const expects = (role: Role, expected: Check['expects']): Expectation => (property, setting, ...given) =>
  given.map((model) => ({ role, model: typeof model === 'string' ? named(model) : model, setting, property, expects: expected }));

export function named(name: string): Model {
  const model = models[name];
  if (model === undefined) throw new Error(`no model ${name}`);
  return model;
}

/** The claim says that it holds, or is broken. */
export const saysHolds = expects('claim', 'holds');
export const saysBroken = expects('claim', 'broken');
/** The claim says that it holds: where its condition is met, and where it is not. */
export const within = expects('within', 'holds');
export const beyond = expects('beyond', 'holds');
/** What must come out so, whoever is right. */
export const holds = expects('control', 'holds');
export const breaks = expects('control', 'broken');
