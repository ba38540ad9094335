/** Questions to the checker as tables: a topology as people write it, and by model how many worlds there are and what is broken after how many steps. */
import { expect } from 'vitest';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { parseTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';
import { modelOf } from './subjects.ts';

type Found = readonly [worlds: number, broken: Readonly<Record<string, number>>];

/** By name: a topology, and what each model says about it. */
export type Questions = Readonly<Record<string, readonly [topology: object, found: Readonly<Record<string, Found>>]>>;

/** For `test.each`. */
export const rowsOf = (questions: Questions) => Object.entries(questions).flatMap(([name, [topology, byModel]]) =>
  Object.entries(byModel).map(([model, expected]) => [name, model, topology, expected] as const));

/** Every world, without reductions; a `sometimes` that does not come is no fault here. */
export async function found(name: string, model: string, json: object): Promise<Found> {
  const topology = parseTopology(json, name, modelOf(model));
  const system = new System(modelOf(model), topology, { twice: true });
  const { states, complete, properties } = await explore(subjectOf(system), propertiesFor(topology, modelOf(model)), { partialOrder: false, symmetry: false });
  expect(complete).toBe(true);
  const broken = properties.filter(({ kind, verdict }) => kind !== 'sometimes' && verdict !== 'holds');
  return [states, Object.fromEntries(broken.map(({ name: sentence, way }) => [sentence, way?.steps.length ?? 0]))];
}
