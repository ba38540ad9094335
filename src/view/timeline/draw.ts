/** A timeline as SVG text: a bar for each group, what was refused above it, one scale below. Colour is never alone: claimed is hatched, unowned a thin line. */
import { escaped, svgFile } from '../svg.ts';
import { errnoIn, type GroupTime, type Mark, type Span, type Timeline } from './timeline.ts';

export interface Drawing {
  readonly width: number;
  /** The part that is shown. */
  readonly from: number;
  readonly to: number;
  /** Where a reader stands; null: nowhere. */
  readonly at: number | null;
  /** Makes ids of patterns unique in a page. */
  readonly prefix?: string;
}

export const left = 190;
const right = 16;
const rowHeight = 62;
const barTop = 30;
const barHeight = 22;
const axis = 26;
/** A character of the labels, roughly. */
const letter = 6.7;

const heads = ({ marks }: Timeline): boolean => marks.length > 0;
/** Height of the drawing. */
export const heightOf = (timeline: Timeline): number => (heads(timeline) ? 44 : 8) + timeline.groups.length * rowHeight + axis;

/** Place of a fact or line in the drawing. */
export const placeOf = (at: number, { from, to, width }: Pick<Drawing, 'from' | 'to' | 'width'>): number =>
  left + (Math.min(to, Math.max(from, at)) - from) / Math.max(1, to - from) * (width - left - right);

/** The fact or line at a place of the drawing. */
export const pointAt = (x: number, { from, to, width }: Pick<Drawing, 'from' | 'to' | 'width'>): number =>
  Math.round(from + Math.min(1, Math.max(0, (x - left) / (width - left - right))) * (to - from));

/** The inside of an `<svg>` of `width` and `heightOf`. */
export function timelineBody(timeline: Timeline, drawing: Drawing): string {
  const top = heads(timeline) ? 44 : 8;
  const height = heightOf(timeline);
  const { from, to, at, width, prefix = 't' } = drawing;
  const ticks = scale(from, to, Math.max(2, Math.floor((width - left) / 110)));
  return [
    `<defs><pattern id="${prefix}-claimed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="claimed-back" width="6" height="6"/><rect class="claimed-line" width="2" height="6"/></pattern></defs>`,
    ...ticks.map((tick) => `<path class="tick" d="M${placeOf(tick, drawing)} ${top - 4}V${height - axis + 4}"/><text class="scale" x="${placeOf(tick, drawing)}" y="${height - 8}" text-anchor="middle">${tick}</text>`),
    `<text class="scale" x="${left - 10}" y="${height - 8}" text-anchor="end">${timeline.unit}</text>`,
    ...(heads(timeline) ? [`<text class="title" x="8" y="24">${timeline.marks.some(({ kind }) => kind === 'violation') ? 'the trace' : 'calls'}</text>`, ...marksOf(timeline.marks, 26, drawing, timeline.unit)] : []),
    ...timeline.groups.map((group, index) => rowOf(group, top + index * rowHeight, drawing, timeline.unit, prefix)),
    ...timeline.marks.filter(({ kind }) => kind === 'violation' || kind === 'lost').map(({ at: place, kind }) => `<path class="cut ${kind}" d="M${placeOf(place, drawing)} 34V${height - axis}"/>`),
    ...(at === null || at < from || at > to ? [] : [`<path class="now" d="M${placeOf(at, drawing)} 0V${height - axis + 4}"/>`]),
  ].join('\n');
}

function rowOf({ id, title, devices, spans, marks }: GroupTime, y: number, drawing: Drawing, unit: string, prefix: string): string {
  const names = devices.join(', ');
  return `<g class="group" data-group="${escaped(id)}" role="group" aria-label="${escaped(title)}">`
    + `<text class="title" x="8" y="${y + barTop + 8}">${escaped(title)}</text><text class="devices" x="8" y="${y + barTop + 22}">${escaped(cut(names, left - 16))}<title>${escaped(names)}</title></text>`
    + spans.filter((span) => span.to > drawing.from && span.from < drawing.to).map((span) => spanOf(span, y + barTop, drawing, unit, prefix)).join('')
    + marksOf(marks, y + barTop - 6, drawing, unit).join('') + '</g>';
}

function spanOf(span: Span, y: number, drawing: Drawing, unit: string, prefix: string): string {
  const [a, b] = [placeOf(span.from, drawing), placeOf(span.to, drawing)];
  const width = Math.max(1.5, b - a);
  const room = width - 10;
  const full = span.text;
  const words = full.length * letter <= room ? full : `${span.owner_cnt ?? ''}`.length * letter <= room && span.state === 'kernel_dma' ? `${span.owner_cnt ?? ''}` : cut(full, room);
  const detail = `${unit} ${span.from}: ${full}${span.owner_cnt === null ? '' : `, owner_cnt ${span.owner_cnt}`}${span.domain === '' ? '' : `, domain ${span.domain}`}${span.by === '' ? '' : ` (${span.by})`}`;
  const isThin = span.state === 'unowned' || span.state === 'unseen';
  const shape = isThin ? `<rect class="extent" x="${a}" y="${y + barHeight / 2 - 1.5}" width="${width}" height="3"/>`
    : `<rect class="extent" x="${a}" y="${y}" width="${width}" height="${barHeight}"${span.state === 'claimed' ? ` fill="url(#${prefix}-claimed)"` : ''}/><path class="edge" d="M${a} ${y}v${barHeight}"/>`;
  const label = isThin || room < 8 ? '' : `<text x="${a + 6}" y="${y + 15}">${escaped(words)}</text>`;
  return `<g class="span ${span.state}" data-at="${span.from}"><title>${escaped(detail)}</title><rect class="reach" x="${a}" y="${y}" width="${width}" height="${barHeight}"/>${shape}${label}</g>`;
}

/** Marks in one line, each with its errno as far as there is room. */
function marksOf(marks: readonly Mark[], y: number, drawing: Drawing, unit: string): string[] {
  const shown = marks.filter(({ at }) => at >= drawing.from && at <= drawing.to).sort((one, other) => one.at - other.at);
  return shown.map((mark, index) => {
    const x = placeOf(mark.at, drawing);
    const words = mark.kind === 'violation' ? 'not explained' : mark.kind === 'lost' ? 'events lost' : errnoIn(mark);
    const wide = words.length * letter;
    const flips = x + 10 + wide > drawing.width;
    const next = shown[index + 1];
    const fits = flips ? index === 0 || placeOf((shown[index - 1] as Mark).at, drawing) + 20 + wide < x : next === undefined || placeOf(next.at, drawing) > x + 16 + wide;
    const label = !fits || words === '' ? '' : `<text x="${flips ? x - 9 : x + 8}" y="${y}"${flips ? ' text-anchor="end"' : ''}>${escaped(words)}</text>`;
    const said = `${unit} ${mark.at}: ${mark.text}${mark.because === '' ? '' : ` (${mark.because})`}`;
    const shape = mark.kind === 'violation' ? `M${x - 5} ${y - 9}l10 10m0 -10l-10 10` : mark.kind === 'lost' ? `M${x} ${y - 10}l6 6l-6 6l-6 -6z` : `M${x - 5} ${y - 8}h10l-5 9z`;
    return `<g class="mark ${mark.kind}" data-at="${mark.at}" role="img" aria-label="${escaped(said)}"><title>${escaped(said)}</title><rect class="reach" x="${x - 7}" y="${y - 12}" width="${fits ? wide + 16 : 14}" height="16"/><path d="${shape}"/>${label}</g>`;
  });
}

/** Round numbers, at most so many. */
function scale(from: number, to: number, most: number): number[] {
  const rough = Math.max(1, (to - from) / most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}

function cut(text: string, room: number): string {
  const most = Math.floor(room / letter);
  return text.length <= most ? text : most < 5 ? '' : `${text.slice(0, most - 1)}\u2026`;
}

/** The drawing as a document of its own, with its colours. */
export function timelineSvg(timeline: Timeline, { width = 1200, from = timeline.from, to = timeline.to, at = null }: Partial<Drawing> = {}): string {
  return svgFile({ width, height: heightOf(timeline), title: 'ownership over time', kind: 'timeline', style, body: timelineBody(timeline, { width, from, to, at }) });
}

const style = `.picture.timeline{font:12px system-ui,sans-serif}.title{font-weight:600}.picture .devices,.picture .scale{fill:var(--dim);font-size:11px}.tick{stroke:var(--faint)}.reach{fill:none}
.unowned .extent,.unseen .extent{fill:var(--stroke)}.unseen .extent{opacity:.4}.kernel_dma .extent{fill:var(--bluewash);stroke:var(--blue)}.claimed .extent{stroke:var(--orange)}.claimed-back{fill:var(--orangewash)}.claimed-line{fill:var(--orange);opacity:.4}.set .extent{fill:var(--orangewash)}.edge{stroke:var(--ink)}
.mark path{fill:var(--red)}.picture .mark text{fill:var(--red)}.mark.violation path{stroke:var(--red);stroke-width:2.5;fill:none}.cut{stroke:var(--red);stroke-dasharray:3 3}.now{stroke:var(--blue)}`;
