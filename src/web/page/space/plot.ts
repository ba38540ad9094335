/** The graph on a canvas of WebGL: sigma over graphology, in a chunk of its own. */
import Graph from 'graphology';
import Sigma from 'sigma';
import type { Field } from '../../../view/space/fields.ts';
import { hueOf } from '../../../view/space/draw.ts';
import type { Picture, Spots } from '../../../view/space/layers.ts';
import { palette } from '../../../view/svg.ts';

export interface Look {
  readonly field: Field | undefined;
  /** Values that are shown; null: all. The others are pale. */
  readonly only: number | null;
  /** Node that is chosen, nodes on the way to it, and the one of the present world. */
  readonly chosen: number;
  readonly way: ReadonlySet<number>;
  readonly present: number;
  readonly dark: boolean;
}
export interface Plot {
  draw(look: Look): void;
  fit(): void;
  zoom(factor: number): void;
  show(node: number): void;
  end(): void;
}

export interface Plotted {
  readonly picture: Picture;
  readonly spots: Spots;
  /** What stands at the nodes; empty where there are too many. */
  readonly names: readonly string[];
}

/** @throws when the browser has no WebGL */
export function plot(box: HTMLElement, { picture, spots: { x, y }, names }: Plotted, given: Look, choose: (node: number) => void): Plot {
  const graph = new Graph({ type: 'directed' });
  let look = given;
  const colour = (name: string) => palette[name]?.[look.dark ? 1 : 0] ?? '#888888';
  const depth = Math.max(1, ...y);
  const width = Math.max(...x) - Math.min(...x);
  // The picture is as wide as high, whatever the form of the space; one level apart is always seen.
  const across = width > 0 ? depth * 1.4 / Math.max(width, depth) : 1;
  const size = Math.max(1.5, Math.min(6, 260 / Math.sqrt(picture.nodes)));
  for (let node = 0; node < picture.nodes; node++)
    graph.addNode(String(node), { x: (x[node] as number) * across, y: -(y[node] as number), size: Math.min(13, size + Math.log2(picture.size[node] as number)), label: names[node] ?? '' });
  for (let edge = 0; edge < picture.from.length; edge++) graph.addEdge(String(picture.from[edge]), String(picture.to[edge]), { size: 0.6 });
  const sigma = new Sigma(graph, box, {
    renderLabels: names.length > 0, labelFont: 'system-ui, sans-serif', labelSize: 11, labelColor: { color: colour('ink') }, labelRenderedSizeThreshold: 0, labelDensity: 4, stagePadding: names.length > 0 ? 90 : 30, hideEdgesOnMove: true, allowInvalidContainer: true, zIndex: true, defaultEdgeType: picture.from.length < 3000 ? 'arrow' : 'line', minCameraRatio: 0.002, maxCameraRatio: 4,
    nodeReducer: (name, data) => {
      const node = Number(name);
      const value = look.field?.of[picture.world[node] as number] ?? 0;
      const marked = node === look.chosen || node === look.present;
      const pale = look.only !== null && value !== look.only;
      return {
        ...data, color: marked ? colour(node === look.chosen ? 'ink' : 'green') : colour(pale ? 'faint' : hueOf(look.field, value)),
        size: (data['size'] as number) * (marked ? 2 : look.way.has(node) ? 1.5 : 1), zIndex: marked ? 3 : look.way.has(node) ? 2 : pale ? 0 : 1,
      };
    },
    edgeReducer: (edge, data) => {
      const [from, to] = graph.extremities(edge).map(Number) as [number, number];
      const onWay = look.way.has(from) && look.way.has(to);
      return { ...data, color: colour(onWay ? 'ink' : names.length > 0 ? 'stroke' : 'faint'), size: onWay ? 2 : names.length > 0 ? 1.4 : 0.6, zIndex: onWay ? 1 : 0 };
    },
  });
  sigma.on('clickNode', ({ node }) => { choose(Number(node)); });
  return {
    draw(next) { look = next; sigma.setSetting('labelColor', { color: colour('ink') }); sigma.refresh({ skipIndexation: true }); },
    fit() { void sigma.getCamera().setState({ x: 0.5, y: 0.5, ratio: 1 }); },
    zoom(factor) { void sigma.getCamera().setState({ ratio: sigma.getCamera().ratio / factor }); },
    show(node) {
      const at = sigma.getNodeDisplayData(String(node));
      if (at === undefined) return;
      const { x: left, y: top } = sigma.framedGraphToViewport(at);
      if (left < 0 || top < 0 || left > box.clientWidth || top > box.clientHeight) void sigma.getCamera().setState({ x: at.x, y: at.y });
    },
    end() { sigma.kill(); },
  };
}
