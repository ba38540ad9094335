/** A layout without what the chart itself says: numbers only, so that many can come along with a page. */
import { boxesOf, toElk, type Drawing, type Point, type Rect } from './layout.ts';
import type { ChartGraph } from './graph.ts';

type Numbers = readonly number[];

export interface Packed {
  readonly size: Numbers;
  /** Of each state, in the order of the graph: x, y, width, height. */
  readonly states: readonly Numbers[];
  /** Of each edge: x and y of its points in turn. */
  readonly edges: readonly Numbers[];
  readonly labels: readonly (Numbers | null)[];
  /** By the number of the state: the dot, and the way from there. */
  readonly beginnings: readonly (readonly [state: number, dot: Numbers, points: Numbers])[];
  readonly anywheres: readonly (readonly [state: number, rect: Numbers])[];
}

export function packed({ width, height, states, edges, beginnings, anywheres }: Drawing): Packed {
  const index = new Map(states.map(({ state }, at) => [state.id, at]));
  const at = (id: string) => index.get(id) as number;
  return {
    size: [width, height].map(Math.ceil), states: states.map(({ rect }) => flat(rect)), edges: edges.map(({ points }) => line(points)),
    labels: edges.map(({ label }) => (label === undefined ? null : flat(label.rect))),
    beginnings: beginnings.map(({ of, dot, points }) => [at(of), line([dot]), line(points)]), anywheres: anywheres.map(({ of, rect }) => [at(of), flat(rect)]),
  };
}

/** The drawing of the chart that was packed. */
export function unpacked(graph: ChartGraph, { size, states, edges, labels, beginnings, anywheres }: Packed): Drawing {
  const boxes = boxesOf(graph);
  const id = (at: number) => graph.states[at]?.id ?? '';
  return {
    name: graph.name, width: size[0] ?? 0, height: size[1] ?? 0,
    states: graph.states.map((state, at) => ({ state, box: boxes.state(state.id), rect: rect(states[at]) })),
    edges: graph.edges.map((edge, at) => {
      const [box, label] = [boxes.edge(edge.id), labels[at]];
      return { edge, points: points(edges[at]), ...(box === undefined || label == null ? {} : { label: { box, rect: rect(label) } }) };
    }),
    beginnings: beginnings.map(([at, dot, way]) => ({ of: id(at), dot: points(dot)[0] ?? { x: 0, y: 0 }, points: points(way) })),
    anywheres: anywheres.map(([at, numbers]) => ({ of: id(at), rect: rect(numbers) })),
  };
}

/** The name of a layout: the same for charts of the same form and the same sizes. FNV-1a over the question, in two halves. */
export function keyOf(graph: ChartGraph): string {
  const text = JSON.stringify(toElk(graph));
  const half = (seed: number): string => {
    let hash = seed;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619);
    return (hash >>> 0).toString(36);
  };
  return `${half(2166136261)}-${half(84696351)}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const flat = ({ x, y, width, height }: Rect): Numbers => [x, y, width, height].map(round);
const line = (way: readonly Point[]): Numbers => way.flatMap(({ x, y }) => [round(x), round(y)]);
const rect = ([x = 0, y = 0, width = 0, height = 0]: Numbers = []): Rect => ({ x, y, width, height });
const points = (numbers: Numbers = []): Point[] => numbers.flatMap((x, at) => (at % 2 === 0 ? [{ x, y: numbers[at + 1] ?? 0 }] : []));
