/** Charts as pictures: all of a machine is in them, and nothing lies on anything else. */
import { assign, createMachine, raise } from 'xstate';
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { v6_12_y } from '../../machines/models/v6.12.y.ts';
import { layout } from '../../src/cli/elk.ts';
import { chartGraph, reactionIds, statesOf, transitionsOf } from '../../src/view/chart/graph.ts';
import { fromElk, toElk, type Drawing, type Point, type Rect } from '../../src/view/chart/layout.ts';
import { chartSvg } from '../../src/view/chart/svg.ts';
import { widthOf } from '../../src/view/metrics.ts';
import { faceOf, sizes } from '../../src/view/chart/box.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';
import { charts } from '../machines/charts.ts';

/** Everything that has tripped other tools: self loops of composite states, chains of raise and always, parallel targets, the way back to an ancestor. */
const odd = createMachine({
  id: 'odd', type: 'parallel', context: { count: 0 },
  on: { reset: { target: ['.left.outer.b', '.right.on'] } },
  states: {
    left: {
      initial: 'outer',
      states: {
        outer: {
          initial: 'a',
          on: { again: { target: 'outer', reenter: true }, inward: '.b', stay: { actions: 'noted' }, quiet: {} },
          states: {
            a: { on: { go: { target: 'b', actions: [raise({ type: 'next' }), assign({ count: 1 })] }, self: 'a' } },
            b: { always: [{ guard: 'ready', target: 'c' }, { target: 'a' }], on: { next: 'c', up: '#odd.left' } },
            c: { entry: raise({ type: 'over' }), on: { over: { target: '#odd.left.end' } } },
          },
        },
        end: { type: 'final' },
      },
    },
    right: { initial: 'off', states: { off: { on: { flip: 'on' } }, on: { on: { flip: 'off' } } } },
    alone: {},
  },
});
const all = new Map([...charts, ['odd', odd] as const]);

describe('a picture has all of its machine', () => {
  test.each([...all])('%s', (_name, machine) => {
    const graph = chartGraph(machine);
    const svg = chartSvg(fromElk(graph, toElk(graph)));
    const found = (what: string) => new Set([...svg.matchAll(new RegExp(`data-${what}="([^"]*)"`, 'g'))].map(([, id]) => id?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))));
    const states = statesOf(machine.root);
    expect(found('state')).toEqual(new Set(states.map(({ id }) => id)));
    const drawnEdges = found('edge');
    const reactions = new Set([...found('reaction'), ...graph.edges.filter(({ id }) => drawnEdges.has(id)).flatMap(({ reactions }) => reactions.map(({ id }) => id))]);
    expect(reactions).toEqual(new Set(reactionIds(machine).values()));
    expect(reactions.size).toBe(states.flatMap(transitionsOf).length);
  });

  test('what happens stands in it as the kernel names it', () => {
    const svg = drawn(v6_12_y.charts.driver_binding, 'binding:');
    for (const word of ['dma_configure() → bus_dma', 'pinctrl_bind_failed:', 'BUS_NOTIFY_BIND_DRIVER → notifier', 'ret = -EPROBE_DEFER', '! KOBJ_UNBIND', 'step 8']) expect(svg).toContain(word.replaceAll('>', '&#62;'));
  });
});

/** The text of a chart of 6.12.y, without a layout. */
function drawn(machine: (typeof v6_12_y.charts)['driver_binding'], kind: string): string {
  const actor = new System(v6_12_y, defaultTopology({ devices: 1, users: 1 })).actors.find(({ address }) => address.startsWith(kind));
  const graph = chartGraph(machine, actor?.initial.context);
  return chartSvg(fromElk(graph, toElk(graph)));
}

const { device, driver_binding, iommu_group, vfio_group, bus_notifier } = v6_12_y.charts;
const walk = models['notifier-walk']?.charts.iommu_group ?? iommu_group;

describe('a layout', () => {
  test.each(Object.entries({ driver_binding, iommu_group, device, vfio_group, bus_notifier, walk, odd }))('of %s has everything in its place', async (_name, machine) => {
    const graph = chartGraph(machine);
    const question = JSON.stringify(toElk(graph));
    const drawing = fromElk(graph, await layout(toElk(graph)));
    expect(JSON.stringify(toElk(graph))).toBe(question);
    expect(misplaced(drawing)).toEqual([]);
  });
});

const inside = (inner: Rect, outer: Rect) => inner.x >= outer.x - 0.5 && inner.y >= outer.y - 0.5 && inner.x + inner.width <= outer.x + outer.width + 0.5 && inner.y + inner.height <= outer.y + outer.height + 0.5;
const apart = (a: Rect, b: Rect) => a.x + a.width <= b.x + 0.5 || b.x + b.width <= a.x + 0.5 || a.y + a.height <= b.y + 0.5 || b.y + b.height <= a.y + 0.5;
const onRim = ({ x, y }: Point, rect: Rect) => inside({ x, y, width: 0, height: 0 }, rect)
  && Math.min(Math.abs(x - rect.x), Math.abs(x - rect.x - rect.width), Math.abs(y - rect.y), Math.abs(y - rect.y - rect.height)) < 0.6;
const through = (from: Point, to: Point, rect: Rect) => Math.max(from.x, to.x) > rect.x + 1 && Math.min(from.x, to.x) < rect.x + rect.width - 1
  && Math.max(from.y, to.y) > rect.y + 1 && Math.min(from.y, to.y) < rect.y + rect.height - 1;

/** What stands where it must not, in words. */
function misplaced({ states, edges, anywheres, width, height }: Drawing): string[] {
  const picture = { x: 0, y: 0, width, height };
  const rects = new Map(states.map(({ state, rect }) => [state.id, rect]));
  const rectOf = (id: string | null) => (id === null ? picture : rects.get(id)) as Rect;
  const wrong: string[] = [];
  const must = (holds: boolean, what: string) => { if (!holds) wrong.push(what); };
  const header = (id: string): Rect => ({ ...rectOf(id), height: states.find(({ state }) => state.id === id)?.box.height ?? 0 });
  for (const { state, rect, box } of states) {
    must(inside(rect, rectOf(state.parent)), `${state.id} leaves ${state.parent ?? 'the picture'}`);
    must(rect.width >= box.width && rect.height >= box.height, `${state.id} is too small for its text`);
    if (state.parent !== null) must(apart(rect, header(state.parent)), `${state.id} lies on the title of ${state.parent}`);
    for (const other of states) if (other.state.id < state.id && other.state.parent === state.parent) must(apart(rect, other.rect), `${state.id} lies on ${other.state.id}`);
    for (const line of box.lines) for (const { x, text, ink } of line.pieces) must(x + widthOf(text, sizes[ink], faceOf(ink)) <= rect.width, `${text} leaves ${state.id}`);
  }
  for (const { edge, points, label } of edges) {
    const [start, end] = [points[0] ?? { x: -1, y: -1 }, points.at(-1) ?? { x: -1, y: -1 }];
    const pill = anywheres.find(({ of }) => of === edge.from);
    must(onRim(start, rectOf(edge.from)) || (pill !== undefined && onRim(start, pill.rect)), `${edge.id} does not begin at its state`);
    must(onRim(end, rectOf(edge.to)), `${edge.id} does not end at its state`);
    if (label === undefined) continue;
    must(inside(label.rect, picture), `the words of ${edge.id} leave the picture`);
    for (const other of edges) {
      if (other.edge === edge) continue;
      if (other.label !== undefined && other.edge.id < edge.id) must(apart(label.rect, other.label.rect), `words on words: ${edge.id}, ${other.edge.id}`);
      must(!other.points.some((point, index) => index > 0 && through(other.points[index - 1] as Point, point, label.rect)), `${other.edge.id} runs through the words of ${edge.id}`);
    }
    for (const { state, rect } of states) if (state.kind === 'atomic') must(apart(label.rect, rect), `the words of ${edge.id} lie on ${state.id}`);
  }
  return wrong;
}

test('a picture is XML that says what it is', () => {
  const graph = chartGraph(odd);
  const svg = chartSvg(fromElk(graph, toElk(graph)), { active: new Set(['odd']) });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg.match(/<g\b/g)?.length).toBe(svg.match(/<\/g>/g)?.length);
  expect(svg).not.toMatch(/var\(|NaN|undefined/);
});
