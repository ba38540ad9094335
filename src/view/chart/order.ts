/**
 * Which arrows of a chart point back: those that would close a circle among the children of one state.
 *
 * A chart is written in the order in which the kernel does things, so a circle is cut where it comes back to the state that
 * is written first. The layout then sees no circle, and the picture runs downwards as the code does.
 */
import type { ChartEdge, ChartGraph } from './graph.ts';

/** Where an edge runs: the innermost state that holds both ends, and its children on the way to them (the state itself, for an edge from or to it). */
export interface Span {
  readonly within: string | null;
  readonly from: string;
  readonly to: string;
}

/** The span of each edge, by its id. */
export function spansOf(graph: ChartGraph): ReadonlyMap<string, Span> {
  const parents = new Map(graph.states.map(({ id, parent }) => [id, parent]));
  const up = (id: string): string[] => {
    const chain = [id];
    for (let at = parents.get(id); at != null; at = parents.get(at)) chain.unshift(at);
    return chain;
  };
  return new Map(graph.edges.map((edge) => {
    const [from, to] = [up(edge.from), up(edge.to)];
    let common = 0;
    while (common < from.length && common < to.length && from[common] === to[common]) common++;
    return [edge.id, { within: from[common - 1] ?? null, from: from[common] ?? edge.from, to: to[common] ?? edge.to }];
  }));
}

/** Edges by the state that holds them. */
export function levelsOf(graph: ChartGraph, spans: ReadonlyMap<string, Span>): ReadonlyMap<string | null, readonly ChartEdge[]> {
  const levels = new Map<string | null, ChartEdge[]>();
  for (const edge of graph.edges) {
    const within = spans.get(edge.id)?.within ?? null;
    levels.set(within, [...(levels.get(within) ?? []), edge]);
  }
  return levels;
}

/** Edges that point back, by id. Without them there is no circle on any level. */
export function backward(graph: ChartGraph, spans: ReadonlyMap<string, Span>): ReadonlySet<string> {
  const back = new Set<string>();
  for (const edges of levelsOf(graph, spans).values()) {
    const inside = edges.map((edge) => ({ edge, ...(spans.get(edge.id) as Span) })).filter(({ from, to, within }) => from !== to && from !== within && to !== within);
    const order = graph.states.map(({ id }) => id).filter((id) => inside.some(({ from, to }) => from === id || to === id));
    for (const { id } of cut(order, inside)) back.add(id);
  }
  return back;
}

type Arrow = { readonly edge: ChartEdge; readonly from: string; readonly to: string };

/** The arrows that close a circle, where each circle begins at its first state. */
function cut(order: readonly string[], arrows: readonly Arrow[]): ChartEdge[] {
  return circles(order, arrows).flatMap((circle) => {
    const inside = arrows.filter(({ from, to }) => circle.includes(from) && circle.includes(to));
    const [first, ...others] = circle;
    const closing = inside.filter(({ to }) => to === first);
    return [...closing.map(({ edge }) => edge), ...cut(others, inside.filter(({ from, to }) => from !== first && to !== first))];
  });
}

/** Sets of states that reach each other, each in the given order: the strongly connected components with more than one state. */
function circles(order: readonly string[], arrows: readonly Arrow[]): string[][] {
  const reach = (start: string, forth: boolean): Set<string> => {
    const seen = new Set([start]);
    for (const at of seen)
      for (const { from, to } of arrows) if ((forth ? from : to) === at) seen.add(forth ? to : from);
    return seen;
  };
  const found: string[][] = [];
  const done = new Set<string>();
  for (const id of order) {
    if (done.has(id)) continue;
    const [forth, back] = [reach(id, true), reach(id, false)];
    const circle = order.filter((one) => forth.has(one) && back.has(one));
    for (const one of circle) done.add(one);
    if (circle.length > 1) found.push(circle);
  }
  return found;
}
