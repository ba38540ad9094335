import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import { propertiesFor } from '../../../machines/properties/index.ts';
import { find, type Sought } from '../../../src/cases/bugs/find.ts';
import { bugs, outside } from '../../../src/cases/bugs/index.ts';
import { isOpen } from '../../../src/cases/bugs/bug.ts';
import { bugsData } from '../../../src/cases/data.ts';
import { decide } from '../../../src/cases/decide.ts';
import { replay } from '../../../src/log/replay.ts';
import { System } from '../../../src/world/world.ts';
import { jsonOf } from '../../pages/data.ts';
import { page } from './page.ts';

const patience = 240_000;
const there = (path: string) => existsSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)));
let sought: Sought[] = [];
const rowOf = (id: string): Sought => sought.find(({ bug }) => bug.id === id) as Sought;

beforeAll(async () => {
  sought = await find(bugs);
}, patience);

test('every entry of the list stands in one of the two tables, once', () => {
  const entries = [...bugs, ...outside].map(({ id }) => id.replace(/(?<=\d)[ab]$/, ''));
  const wanted = [...Array.from({ length: 45 }, (_, index) => String(index + 1)), ...[...'abcdefghijklm'].map((letter) => `H-${letter}`)];
  expect([...new Set(entries)].sort()).toEqual(wanted.sort());
  expect(new Set(outside.map(({ id }) => id)).size).toBe(outside.length);
  expect(outside.filter(({ id }) => bugs.some((bug) => bug.id.replace(/(?<=\d)[ab]$/, '') === id))).toEqual([]);
});

describe.each(bugs.map((bug) => [bug.id, bug] as const))('%s', (id, bug) => {
  test('is broken in every affected model by a shortest path, and holds in every other in every world', () => {
    const { affected, fixed, repaired, verdict } = rowOf(id);
    expect(affected.map(({ finding }) => [finding.verdict, finding.complete, finding.witness?.shortest])).toEqual(affected.map(() => ['broken', true, true]));
    expect([...fixed, ...repaired].map(({ finding }) => [finding.verdict, finding.complete])).toEqual([...fixed, ...repaired].map(() => ['holds', true]));
    expect(verdict).toBe(isOpen(bug) ? 'open' : 'found');
  });

  test('each path is a run that replay accepts, and refuses under a model where it is not', () => {
    for (const { asked: { model, topology }, finding } of rowOf(id).affected)
      expect(replay(new System(model, topology), finding.witness?.facts ?? [])).toMatchObject({ same: true });
  });

  test('has a fix, or says where it can happen; what it names exists', () => {
    expect(isOpen(bug) ? [bug.fixed, typeof bug.condition] : [bug.fixed.length > 0, bug.condition, bug.repaired]).toEqual(isOpen(bug) ? [[], 'string'] : [true, undefined, undefined]);
    expect(bug.scenario === undefined || there(`test/golden/${bug.scenario}.scenario`)).toBe(true);
    expect((bug.recordings ?? []).filter(({ trace }) => !there(`test/traces/${trace}/trace.txt.gz`))).toEqual([]);
  });
});

test('a row that says what the models do not is missed', async () => {
  const bug = bugs.find(({ id }) => id === '17') as (typeof bugs)[number];
  const verdicts = async (given: typeof bug, limit?: number) => (await find([given], { limit })).map(({ verdict, found, absentInFixed }) => [verdict, found, absentInFixed]);
  expect(await verdicts({ ...bug, affected: [models['v6.12.y'] as Model] })).toEqual([['missed', false, true]]);
  expect(await verdicts({ ...bug, fixed: [models['v5.19'] as Model] })).toEqual([['missed', true, false]]);
  expect(await verdicts(bug, 1)).toEqual([['unknown', false, false]]);
});

/** An IOMMU that comes after a driver was bound leaves a driver that nobody counts (H-a), in every model. */
const late = ['5a', '5b', '21', '26'];

test('v6.12.y breaks no property in the topologies of what is fixed there, but for the IOMMU that comes late', async () => {
  const model = models['v6.12.y'] as Model;
  const rows = bugs.filter(({ id, fixed }) => fixed.includes(model) && !late.includes(id));
  const cases = rows.flatMap(({ topology }) => propertiesFor(topology, model).filter(({ kind }) => kind !== 'sometimes').map((property) => ({ model, topology, property })));
  const broken = (await decide(cases)).filter(({ verdict, complete }) => verdict !== 'holds' || !complete);
  expect(broken.map(({ property, verdict }) => [property, verdict])).toEqual([]);
}, patience);

test('the page', async () => {
  await expect(page(sought, outside)).toMatchFileSnapshot('../../../docs/reference/bugs.md');
});

test('what the page shows of bugs', async () => {
  await expect(jsonOf(bugsData(sought, outside))).toMatchFileSnapshot('../../../src/web/page/verdicts/bugs.json');
});
