/**
 * Where everything of a chart stands. The layout is computed by ELK, which the caller brings; what goes in and what
 * comes out is plain data, so it may run in a worker, or long before.
 */
import { edgeBox, stateBox, waitsFor, type Box } from './box.ts';
import type { ChartEdge, ChartGraph, ChartState } from './graph.ts';
import { backward, levelsOf, spansOf } from './order.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export interface DrawnState {
  readonly state: ChartState;
  readonly box: Box;
  readonly rect: Rect;
}
export interface DrawnEdge {
  readonly edge: ChartEdge;
  readonly points: readonly Point[];
  /** Nothing on the edge: taken at once, and in any case. */
  readonly label?: { readonly box: Box; readonly rect: Rect };
}
/** Where transitions of a state to a state inside it begin. */
export interface Anywhere {
  readonly of: string;
  readonly rect: Rect;
}
/** From the dot to the state that is entered first. */
export interface Beginning {
  readonly of: string;
  readonly dot: Point;
  readonly points: readonly Point[];
}

export interface Drawing {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly states: readonly DrawnState[];
  readonly edges: readonly DrawnEdge[];
  readonly beginnings: readonly Beginning[];
  readonly anywheres: readonly Anywhere[];
}

/** The parts of ELK's JSON that are used, both ways. */
export interface ElkNode {
  id: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  layoutOptions?: Record<string, string>;
  children?: ElkNode[];
  edges?: ElkEdge[];
}
interface ElkEdge {
  id: string;
  sources: string[];
  targets: string[];
  layoutOptions?: Record<string, string>;
  labels?: { text: string; x?: number; y?: number; width: number; height: number; layoutOptions?: Record<string, string> }[];
  sections?: { startPoint: Point; endPoint: Point; bendPoints?: Point[] }[];
}

const spacing: Record<string, string> = {
  'elk.spacing.nodeNode': '20', 'elk.layered.spacing.nodeNodeBetweenLayers': '12', 'elk.spacing.edgeNode': '11', 'elk.layered.spacing.edgeNodeBetweenLayers': '8',
  'elk.spacing.edgeEdge': '9', 'elk.layered.spacing.edgeEdgeBetweenLayers': '9', 'elk.spacing.edgeLabel': '3', 'elk.spacing.labelNode': '4',
};
const layered: Record<string, string> = {
  'elk.algorithm': 'layered', 'elk.direction': 'DOWN', 'elk.hierarchyHandling': 'INCLUDE_CHILDREN', 'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT', 'elk.json.edgeCoords': 'ROOT', 'elk.randomSeed': '1', 'elk.layered.thoroughness': '1',
  'elk.layered.nodePlacement.strategy': 'LINEAR_SEGMENTS', ...spacing,
};
/** From a state to the one that is written next: this is the way that a reader follows, so it runs straight. */
const onward: Record<string, string> = { 'elk.layered.priority.straightness': '20', 'elk.layered.priority.shortness': '10' };
/** Regions of a parallel state stand beside each other; no transition goes from one to another. */
const regions: Record<string, string> = { 'elk.algorithm': 'rectpacking', 'elk.aspectRatio': '1.6', 'elk.spacing.nodeNode': '16', 'elk.json.shapeCoords': 'ROOT', 'elk.json.edgeCoords': 'ROOT' };

const dot = (of: string): string => `${of} begins`;
const dotSize = 10;
/** Where transitions of a state to a state inside it begin: they may be taken in any state there. */
const anywhere = (of: string): string => `${of} anywhere`;
const pill: Readonly<{ width: number; height: number }> = { width: 78, height: 20 };

/** The boxes of a chart: they say how large everything is. */
export function boxesOf(graph: ChartGraph): { state(id: string): Box; edge(id: string): Box | undefined } {
  const waiting = new Set(graph.states.filter((state) => waitsFor(state, graph.edges)).map(({ id }) => id));
  const states = new Map(graph.states.map((state) => [state.id, stateBox(state)]));
  const edges = new Map(graph.edges.map((edge) => [edge.id, edgeBox(edge, waiting.has(edge.from))]));
  return { state: (id) => states.get(id) as Box, edge: (id) => edges.get(id) };
}

/** What ELK is asked for a chart. The same chart gives the same question. */
export function toElk(graph: ChartGraph): ElkNode {
  const boxes = boxesOf(graph);
  const spans = spansOf(graph);
  const back = backward(graph, spans);
  const within = levelsOf(graph, spans);
  const arrow = ({ id, from, to }: ChartEdge, after: string | undefined): ElkEdge => {
    const box = boxes.edge(id);
    const start = spans.get(id)?.within === from && from !== to ? anywhere(from) : from;
    const [source, target] = back.has(id) ? [to, start] : [start, to];
    const placed = { 'elk.edgeLabels.placement': 'CENTER', 'elk.layered.edgeLabels.centerLabelPlacementStrategy': back.has(id) ? 'HEAD_LAYER' : 'TAIL_LAYER' };
    return {
      id, sources: [source], targets: [target], ...(after === to ? { layoutOptions: onward } : {}),
      ...(box === undefined ? {} : { labels: [{ text: 'x', width: box.width, height: box.height, layoutOptions: placed }] }),
    };
  };
  const arrows = (level: string | null, inner: readonly ChartState[]): ElkEdge[] =>
    (within.get(level) ?? []).map((edge) => arrow(edge, inner[inner.findIndex(({ id }) => id === edge.from) + 1]?.id));
  const node = (state: ChartState): ElkNode => {
    const { id, initial } = state;
    const { width, height } = boxes.state(id);
    const inner = graph.states.filter(({ parent }) => parent === id);
    const own = within.get(id) ?? [];
    if (inner.length === 0) return { id, width, height, edges: arrows(id, inner) };
    return {
      id, width, height,
      layoutOptions: {
        ...(state.kind === 'parallel' && own.length === 0 ? regions : layered),
        'elk.padding': `[top=${height + 10},left=16,bottom=16,right=16]`, 'elk.nodeSize.constraints': 'MINIMUM_SIZE', 'elk.nodeSize.minimum': `(${width}, ${height + 20})`,
      },
      children: [
        ...(initial === null ? [] : [{ id: dot(id), width: dotSize, height: dotSize }]), ...(own.some(({ from, to }) => from === id && to !== id) ? [{ id: anywhere(id), ...pill }] : []), ...inner.map(node),
      ],
      edges: [...(initial === null ? [] : [{ id: dot(id), sources: [dot(id)], targets: [initial], layoutOptions: onward }]), ...arrows(id, inner)],
    };
  };
  const outermost = graph.states.filter(({ parent }) => parent === null);
  return {
    id: 'picture', layoutOptions: { ...layered, 'elk.padding': '[top=12,left=12,bottom=12,right=12]' }, children: outermost.map(node), edges: arrows(null, outermost),
  };
}

/** The picture of a chart, from ELK's answer to `toElk`. */
export function fromElk(graph: ChartGraph, answer: ElkNode): Drawing {
  const boxes = boxesOf(graph);
  const back = backward(graph, spansOf(graph));
  const placed = new Map<string, ElkNode>();
  const routes = new Map<string, ElkEdge>();
  const visit = (node: ElkNode): void => {
    placed.set(node.id, node);
    node.edges?.forEach((edge) => routes.set(edge.id, edge));
    node.children?.forEach(visit);
  };
  visit(answer);
  return {
    name: graph.name, width: answer.width ?? 0, height: answer.height ?? 0,
    states: graph.states.map((state) => ({ state, box: boxes.state(state.id), rect: rectOf(placed.get(state.id)) })),
    edges: graph.edges.map((edge) => {
      const [route, box] = [routes.get(edge.id), boxes.edge(edge.id)];
      return { edge, points: back.has(edge.id) ? pointsOf(route).reverse() : pointsOf(route), ...(box === undefined ? {} : { label: { box, rect: rectOf(route?.labels?.[0]) } }) };
    }),
    beginnings: graph.states.flatMap(({ id, initial }) => {
      if (initial === null) return [];
      const { x, y } = rectOf(placed.get(dot(id)));
      return [{ of: id, dot: { x: x + dotSize / 2, y: y + dotSize / 2 }, points: pointsOf(routes.get(dot(id))) }];
    }),
    anywheres: graph.states.flatMap(({ id }) => (placed.has(anywhere(id)) ? [{ of: id, rect: rectOf(placed.get(anywhere(id))) }] : [])),
  };
}

const rectOf = (node: { x?: number; y?: number; width?: number; height?: number } | undefined): Rect =>
  ({ x: node?.x ?? 0, y: node?.y ?? 0, width: node?.width ?? 0, height: node?.height ?? 0 });

const pointsOf = (edge: ElkEdge | undefined): Point[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
