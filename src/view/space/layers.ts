/** Where worlds stand: their depth downwards, and across near the worlds that lead to them. */
import type { Field } from './fields.ts';
import type { Space } from './explore.ts';

export interface Spots {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** What is drawn: worlds, or classes of worlds that look the same. Edges without those that stay where they are. */
export interface Picture {
  readonly nodes: number;
  readonly depth: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The world that stands for a node: itself, or the first of its class. */
  readonly world: Int32Array;
  /** Worlds in it. */
  readonly size: Int32Array;
  /** Node of each world. */
  readonly node: Int32Array;
}

/** Every world by itself, or one node for all that have the same values in these fields. */
export function pictureOf(space: Space, folded: readonly Field[] = []): Picture {
  const classes = new Map<string, number>();
  const node = new Int32Array(space.worlds);
  const [world, size]: [number[], number[]] = [[], []];
  for (let at = 0; at < space.worlds; at++) {
    const key = folded.length === 0 ? String(at) : folded.map(({ of }) => of[at]).join(',');
    const known = classes.get(key) ?? classes.size;
    if (known === classes.size) {
      classes.set(key, known);
      world.push(at);
      size.push(0);
    }
    node[at] = known;
    (size[known] as number)++;
  }
  const between = new Set<number>();
  for (let edge = 0; edge < space.from.length; edge++) {
    const [from, to] = [node[space.from[edge] as number] as number, node[space.to[edge] as number] as number];
    if (from !== to) between.add(from * world.length + to);
  }
  const edges = [...between];
  return {
    nodes: world.length, depth: Int32Array.from(world, (at) => space.depth[at] as number), world: Int32Array.from(world), size: Int32Array.from(size), node,
    from: Int32Array.from(edges, (edge) => Math.floor(edge / world.length)), to: Int32Array.from(edges, (edge) => edge % world.length),
  };
}

/** x: the mean of the worlds before, pushed apart; y: the depth. Both in steps of one. */
export function layered({ nodes, depth, from, to }: Picture): Spots {
  const [x, y] = [new Float32Array(nodes), Float32Array.from(depth)];
  const levels: number[][] = [];
  for (let at = 0; at < nodes; at++) (levels[depth[at] as number] ??= []).push(at);
  const before: number[][] = Array.from({ length: nodes }, () => []);
  for (let edge = 0; edge < from.length; edge++) {
    const [a, b] = [from[edge] as number, to[edge] as number];
    if ((depth[a] as number) < (depth[b] as number)) before[b]?.push(a);
  }
  for (const level of levels) {
    if (level === undefined) continue;
    const wish = new Map(level.map((at) => [at, mean((before[at] ?? []).map((one) => x[one] as number))]));
    level.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number) || a - b);
    // Each as near to its wish as those before it allow, and the whole level moved back to where its wishes lie.
    let last = -Infinity;
    for (const at of level) x[at] = last = Math.max(last + 1, wish.get(at) as number);
    const shift = mean(level.map((at) => (x[at] as number) - (wish.get(at) as number)));
    for (const at of level) x[at] = (x[at] as number) - shift;
  }
  return { x, y };
}

/** On a circle, in the order of their depths: for few nodes with steps back and forth. */
export function circled({ nodes, depth }: Picture): Spots {
  const order = [...depth.keys()].sort((a, b) => (depth[a] as number) - (depth[b] as number) || a - b);
  const [x, y] = [new Float32Array(nodes), new Float32Array(nodes)];
  for (const [at, node] of order.entries()) {
    const angle = (2 * Math.PI * at) / nodes;
    x[node] = Math.sin(angle) * 10;
    y[node] = 10 - Math.cos(angle) * 10;
  }
  return { x, y };
}

/** Few classes stand on a circle, everything else in layers. */
export const placed = (picture: Picture): Spots => (picture.nodes < picture.node.length && picture.nodes <= 80 ? circled(picture) : layered(picture));

const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
