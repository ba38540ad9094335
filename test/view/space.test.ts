/** The state space for looking at: the worlds of the checker, shortest ways, and places that do not collide. */
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { replay } from '../../src/check/replay.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { hueOf, spaceSvg } from '../../src/view/space/draw.ts';
import { exploreSpace, stepsFrom, wayTo } from '../../src/view/space/explore.ts';
import { layered, pictureOf, placed } from '../../src/view/space/layers.ts';
import { parseTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';

const small = (times: number | null = null) => parseTopology({
  devices: [{ name: 'a', group: 1 }, { name: 'b', group: 1, driver: 'd' }], drivers: [{ name: 'd', matches: ['*'] }],
  threads: [{ name: 'binds', entry: 'bind_store', calls: [{ type: 'bind_store', device: 'a', driver: 'd' }], times }, { name: 'unbinds', entry: 'unbind_store', calls: [{ type: 'unbind_store', device: 'b', driver: 'd' }], times: 1 },
    { name: 'vm', entry: 'dma_owner', calls: [{ type: 'claim', group: 1 }, { type: 'release', group: 1 }], times }],
}, 'small');

describe.each([['v6.12.y', null], ['v6.1.y', 1], ['v6-posting', 1]] as const)('%s, %s times', (name, times) => {
  const model = models[name] as (typeof models)[string];
  const system = new System(model, small(times));
  const properties = propertiesFor(system.topology, model);
  const space = exploreSpace(system, { limit: 20_000, properties });

  test('has the worlds and steps of the checker, and its verdicts', async () => {
    const report = await explore(subjectOf(new System(model, small(times))), properties, { partialOrder: false, symmetry: false, kernel: 'javascript' });
    expect([space.complete, space.worlds, space.from.length, Math.max(...space.depth) + 1]).toEqual([true, report.states, report.transitions, report.depth]);
    const broken = (kind: string) => report.properties.filter((one) => one.kind === kind && one.verdict === 'broken').map((one) => one.name);
    const seen = space.fields.filter(({ property, values }) => property && values.includes('not true')).map((one) => one.name);
    const worldly = new Set(properties.filter(({ holds }) => holds !== undefined).map((one) => one.name));
    expect(seen).toEqual([...broken('always'), ...broken('atRest')].filter((one) => worldly.has(one)).sort((a, b) => properties.findIndex((p) => p.name === a) - properties.findIndex((p) => p.name === b)));
  });

  test('knows a way to each world, as long as its depth', () => {
    for (let world = 0; world < space.worlds; world += 97) {
      const way = wayTo(space, world);
      expect(way).toHaveLength(space.depth[world] as number);
      expect(() => replay(new System(model, small(times)), way)).not.toThrow();
    }
    const [first] = stepsFrom(space, 0);
    expect(space.parent[first?.to ?? -1]).toBe(0);
  });

  test('stands apart in its layers; folded, no world is lost', () => {
    const picture = pictureOf(space);
    const { x, y } = layered(picture);
    expect(new Set([...x].map((at, node) => `${at.toFixed(3)} ${y[node]}`)).size).toBe(space.worlds);
    const fields = space.fields.filter(({ name: field }) => /who has it|at rest/.test(field));
    const folded = pictureOf(space, fields);
    expect(folded.nodes).toBeLessThanOrEqual(fields.reduce((product, { values }) => product * values.length, 1));
    expect([...folded.size].reduce((sum, size) => sum + size, 0)).toBe(space.worlds);
    expect([...folded.from].every((from, edge) => from !== folded.to[edge])).toBe(true);
    expect(spaceSvg(folded, placed(folded), fields[0], 'folded')).not.toMatch(/NaN|undefined|var\(/);
  });
});

test('stops at its limit, and goes on from any world', () => {
  const system = new System(models['v6.12.y'] as (typeof models)[string], small());
  const begun = exploreSpace(system, { limit: 50 });
  expect([begun.worlds, begun.complete]).toEqual([50, false]);
  expect(Math.max(...begun.to)).toBeLessThan(50);
  const { world } = replay(system, wayTo(begun, 49));
  const there = exploreSpace(system, { limit: 10, world });
  expect([there.worlds, there.depth[0]]).toEqual([10, 0]);
  expect(exploreSpace(system, { limit: 1000, onProgress: () => false }).worlds).toBe(1);
});

test('values of a field have colours of their own', () => {
  const field = { name: 'f', property: false, of: new Int32Array(), values: ['unowned', 'kernel DMA', 'claimed by vm1', 'claimed by vm2'] };
  expect(new Set(field.values.map((_, at) => hueOf(field, at))).size).toBe(4);
  expect(hueOf({ ...field, property: true, values: ['not true', 'true'] }, 0)).toBe('red');
});
