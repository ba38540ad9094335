/** A laid out chart as SVG text. Colours come from the classes: a page has them in its style sheet, a file brings them along. */
import { faceOf, sizes, type Box, type Line } from './box.ts';
import { escaped, pathOf, svgFile } from '../svg.ts';
import type { Anywhere, Beginning, Drawing, DrawnEdge, DrawnState } from './layout.ts';
import { chartStyle } from './style.ts';

/** What is marked in a picture: all by the ids of the graph. */
export interface Marks {
  /** States that are active. */
  readonly active?: ReadonlySet<string>;
  /** Transitions that the last step took. */
  readonly taken?: ReadonlySet<string>;
  /** Transitions that something in flight may take next. */
  readonly ready?: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();
const arrow = 7;

/** The inside of the picture: without the `svg` element, so that a page can bring its own with what zooms and moves it. */
export function chartBody(drawing: Drawing, marks: Marks = {}): string {
  const { active = none, taken = none, ready = none } = marks;
  const under = (id: string) => classes(active.has(id) && 'active');
  const inEdge = (edge: DrawnEdge) => classes(edge.edge.reactions.some(({ id }) => taken.has(id)) && 'taken', edge.edge.reactions.some(({ id }) => ready.has(id)) && 'ready');
  const lineMark = (reaction: string) => classes(taken.has(reaction) && 'taken', ready.has(reaction) && 'ready');
  return [
    ...drawing.states.map((state) => drawState(state, under(state.state.id), lineMark)),
    ...drawing.beginnings.map(drawBeginning),
    ...drawing.anywheres.map(drawAnywhere),
    ...drawing.edges.map((edge) => drawEdge(edge, inEdge(edge))),
    ...drawing.edges.map((edge) => drawLabel(edge, inEdge(edge), lineMark)),
  ].join('\n');
}

/** A whole file, with its colours; light or dark as the reader's system says. */
export const chartSvg = (drawing: Drawing, marks: Marks = {}): string =>
  svgFile({ width: drawing.width, height: drawing.height, title: `Statechart ${drawing.name}`, style: chartStyle, kind: 'chart', body: chartBody(drawing, marks) });

const classes = (...names: readonly (string | false)[]): string => names.filter((name) => name !== false).map((name) => ` ${name}`).join('');

function drawState({ state, box, rect }: DrawnState, marked: string, mark: (reaction: string) => string): string {
  const { x, y, width, height } = rect;
  const nested = state.kind === 'compound' || state.kind === 'parallel';
  const rule = box.rule === undefined ? '' : `<path class="rule" d="M${x} ${y + box.rule}H${x + width}"/>`;
  return `<g class="state ${state.kind}${nested ? ' nested' : ''}${state.label ? ' unwinding' : ''}${marked}" data-state="${escaped(state.id)}">`
    + `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${state.label ? 2 : 7}"/>`
    + (state.label ? `<path class="flank" d="M${x} ${y}v${nested ? box.height : height}"/>` : '')
    + rule + box.lines.map((line) => drawLine(line, x, y, mark)).join('') + '</g>';
}

function drawLine(line: Line, left: number, top: number, mark: (reaction: string) => string): string {
  const pieces = line.pieces.map(({ text, ink, x }) =>
    `<text class="ink-${ink} face-${faceOf(ink)}" x="${left + x}" y="${top + line.y}" font-size="${sizes[ink]}">${escaped(text)}</text>`).join('');
  return line.reaction === undefined ? pieces : `<g class="reaction${mark(line.reaction)}" data-reaction="${escaped(line.reaction)}">${pieces}</g>`;
}

const drawBeginning = ({ dot, points }: Beginning): string =>
  `<g class="beginning"><circle cx="${dot.x}" cy="${dot.y}" r="5"/><path d="${pathOf(points, 6)}"/>${head(points)}</g>`;

/** Round ends: it is no state, it stands for each of those inside. */
const drawAnywhere = ({ rect: { x, y, width, height } }: Anywhere): string =>
  `<g class="anywhere"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}"/><text class="ink-note face-sans" x="${x + 9}" y="${y + 14}" font-size="11">in any state</text></g>`;

const drawEdge = ({ edge, points }: DrawnEdge, marked: string): string =>
  `<g class="edge${edge.unwinds ? ' unwinds' : ''}${marked}" data-edge="${escaped(edge.id)}"><path class="hit" d="${pathOf(points, 6)}"/><path d="${pathOf(points, 6)}"/>${head(points)}</g>`;

function drawLabel({ edge, label }: DrawnEdge, marked: string, mark: (reaction: string) => string): string {
  if (label === undefined) return '';
  const { rect, box } = label;
  return `<g class="words${edge.unwinds ? ' unwinds' : ''}${marked}" data-edge="${escaped(edge.id)}">${plate(rect.x, rect.y, box)}${box.lines.map((line) => drawLine(line, rect.x, rect.y, mark)).join('')}</g>`;
}

const plate = (x: number, y: number, { width, height }: Box): string => `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`;

/** The head of an arrow: a triangle at the last point, so that no marker has to take its colour from elsewhere. */
function head(points: readonly { x: number; y: number }[]): string {
  const [before, end] = [points.at(-2), points.at(-1)];
  if (before === undefined || end === undefined) return '';
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [ux, uy] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const base = { x: end.x - ux * arrow, y: end.y - uy * arrow };
  return `<path class="head" d="M${end.x} ${end.y}L${base.x - uy * 3.5} ${base.y + ux * 3.5}L${base.x + uy * 3.5} ${base.y - ux * 3.5}Z"/>`;
}
