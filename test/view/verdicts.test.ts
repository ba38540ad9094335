/** Every way that the page can open: taken again, and at its end the property is broken. Whether it is all that there is, others hold. */
import { describe, expect, test } from 'vitest';
import { properties } from '../../machines/properties/index.ts';
import * as argued from '../../machines/properties/argued.ts';
import type { Property } from '../../machines/properties/property.ts';
import { bugs } from '../../src/cases/bugs/index.ts';
import { choicesOf, picksOf, type BugsData, type ClaimsData, type MatrixData, type Picks } from '../../src/view/verdicts/data.ts';
import { modelNamed } from '../../src/world/models.ts';
import { System } from '../../src/world/world.ts';
import { kindOf } from '../../machines/address.ts';
import { dataOf } from '../pages/data.ts';

const claims = JSON.parse(dataOf('claims')) as ClaimsData;
const found = JSON.parse(dataOf('bugs')) as BugsData;
const matrix = JSON.parse(dataOf('properties')) as MatrixData;
const sentences = new Map<string, Property>([...properties, ...Object.values(argued).filter((one): one is Property => typeof one === 'object'), ...bugs.map(({ property }) => property)].map((property) => [property.name, property]));

type Asked = { readonly model: string; readonly topology: number; readonly property: string; readonly way: Picks };
const known = new Map<string, boolean>();
const systems = new Map<string, System>();
function systemOf(name: string, topology: ClaimsData['topologies'][number]): System {
  const key = JSON.stringify([name, topology]);
  const system = systems.get(key) ?? new System(modelNamed(name), topology);
  systems.set(key, system);
  return system;
}

/** Whether the way shows what it is said to show. Ways that several rows share are taken once. */
function shows({ model: name, topology, property: sentence, way }: Asked, topologies: ClaimsData['topologies']): boolean {
  const key = JSON.stringify([name, topologies[topology], sentence, way]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const property = sentences.get(sentence) as Property;
  const system = systemOf(name, topologies[topology] as ClaimsData['topologies'][number]);
  let world = system.initial();
  let broken = false;
  for (const choice of choicesOf(system, way)) {
    const { world: next, fact: { to, event, said }, out } = system.step(world, choice);
    if (property.step !== undefined && to !== 'environment')
      broken ||= !property.step({ address: to, before: system.local(world, to), after: system.local(next, to), event, said, sent: out.flatMap((one) => (one.kind === 'sent' ? [one.sent] : [])) });
    world = next;
  }
  if (property.holds !== undefined && property.step === undefined && (property.kind === 'always' || property.kind === 'atRest')) {
    const looked = system.actors.map(({ address }) => ({ address, ...system.local(world, address) }));
    broken = !property.holds(Object.fromEntries(Object.entries(property.sees).map(([kind, look]) => [kind, looked.filter(({ address }) => kindOf(address) === kind).map(look)])))
      && (property.kind === 'always' || system.atRest(world));
  } else if (property.step === undefined) broken = world.seq === way.length; // what can never happen from here on is no world's own
  known.set(key, broken);
  return broken;
}

describe('every way is taken again, and breaks what it is said to break', () => {
  test.each(claims.claims.map((claim) => [claim.id, claim] as const))('claim %i', (_id, claim) => {
    const ways = claim.checks.flatMap(({ way, ...check }) => (way === undefined ? [] : [{ ...check, way }]));
    expect(ways.filter((one) => !shows(one, claims.topologies))).toEqual([]);
    if (claim.shown !== undefined) expect(claim.checks[claim.shown]?.way).toBeDefined();
  });

  test.each(found.bugs.map((bug) => [bug.id, bug] as const))('bug %s', (_id, bug) => {
    const ways = bug.checks.flatMap(({ way, ...check }) => (way === undefined ? [] : [{ ...check, way }]));
    expect(ways.length).toBeGreaterThan(0);
    expect(ways.filter((one) => !shows(one, found.topologies))).toEqual([]);
  });

  test.each(matrix.tables.map((table) => [table.title, table] as const))('properties: %s', (_title, { models, rows }) => {
    const topologies = matrix.topologies.map(({ topology }) => topology);
    const ways = rows.flatMap(({ property, cells }) => cells.flatMap((cell, at) => (cell.verdict !== 'broken' || cell.way === undefined ? []
      : [{ model: models[at] as string, topology: cell.topology, property: matrix.properties[property]?.name ?? '', way: cell.way }])));
    expect(ways.length).toBeGreaterThan(0);
    expect(ways.filter((one) => !shows(one, topologies))).toEqual([]);
  });
});

test('the data is small', () => {
  expect([claims, found, matrix].map((data) => JSON.stringify(data).length).reduce((sum, length) => sum + length)).toBeLessThan(500_000);
});

test('a way of other charts is refused, and a fact that the world does not offer has no number', () => {
  const check = claims.claims.flatMap(({ checks }) => checks).find(({ way }) => way !== undefined && way.length > 20);
  const topology = claims.topologies[check?.topology ?? 0] as ClaimsData['topologies'][number];
  const system = new System(modelNamed(check?.model ?? ''), topology);
  expect(() => choicesOf(system, [0, 99])).toThrow(expect.objectContaining({ code: 'impossible-way' }));
  expect(() => picksOf(system.model, topology, [{ from: 'environment', to: 'thread:nobody', event: { type: 'x', from: 'environment' }, cause: null }])).toThrow(expect.objectContaining({ code: 'impossible-way' }));
});
