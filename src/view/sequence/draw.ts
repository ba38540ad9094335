/** Rows of a sequence diagram as SVG text. Classes carry the colours; nothing has a style of its own. */
import { widthOf as textWidth } from '../metrics.ts';
import { escaped, svgFile } from '../svg.ts';
import type { Shown } from './calls.ts';
import type { Lane } from './lanes.ts';
import { rowText, type Row, type Sequence } from './rows.ts';

export const rowHeight = 22;
/** Room for numbers at the left, and for the words of the last lane at the right. */
export const gutter = 60;
export const margin = 250;

export interface Drawn {
  /** Sequence number of the fact at which the run stands; what is later is pale. Null: none is marked. */
  readonly at?: number | null;
  /** The fact that is marked in its place, where that one is not shown. Default: `at`. */
  readonly now?: number | null;
  /** Facts of a chain of causes, and those since which somebody holds. */
  readonly chain?: ReadonlySet<number>;
  readonly held?: ReadonlySet<number>;
  /** Width of one lane. */
  readonly lane: number;
  /** Width of the picture: words that would leave it stand left of their arrow, or are cut. Default: they may leave it. */
  readonly width?: number;
}

/** Width of a lane, and room behind the last one: wide where there is room, else as narrow as it takes for all to be in sight, but not below `least`. */
export function fitted(lanes: number, room: number): { readonly lane: number; readonly behind: number } {
  const each = (behind: number) => Math.floor((room - gutter - behind) / Math.max(1, lanes - 0.5));
  return each(margin) >= wide ? { lane: Math.min(200, each(margin)), behind: margin } : { lane: Math.max(least, Math.min(wide, each(narrowMargin))), behind: narrowMargin };
}

/** Widths of a lane in which most titles have room, and in which arrows can still be told apart. */
export const wide = 112;
const least = 26;
const narrowMargin = 130;

/** A title that is no wider than so many pixels at the size of titles: cut in its middle, because names differ at their ends. */
export function shortened(title: string, room: number): string {
  const letters = Math.max(3, Math.floor(room / textWidth('x', 12, 'mono')));
  if (title.length <= letters) return title;
  const end = Math.min(letters - 2, Math.ceil((letters - 1) * 0.6));
  return `${title.slice(0, letters - 1 - end)}…${title.slice(title.length - end)}`;
}

/** Where the line of a lane stands. */
export const centre = (place: number, lane: number): number => gutter + place * lane + lane / 2;
export const widthOf = (lanes: number, lane: number, behind = margin): number => gutter + (lanes - 0.5) * lane + behind;

/** What a row is drawn from: `body` is SVG text, its upper edge at 0. */
export interface RowParts {
  readonly id: string;
  readonly classes: string;
  readonly seq: number;
  readonly selected: boolean;
  readonly label: string;
  readonly body: string;
}

export function rowParts(sequence: Sequence, row: Row, { at = null, now = at, chain, held, lane, width }: Drawn): RowParts {
  const { facts, lanes } = sequence;
  const { seq, kind, failed, place } = row;
  const { inferred = false, line = null } = facts[place] as Shown;
  const middle = rowHeight / 2;
  const classes = ['row', kind, failed && 'failed', inferred && 'inferred', seq === now && 'now', at !== null && seq > at && 'later', chain?.has(seq) && 'cause', held?.has(seq) && 'held'].filter((name) => name !== false && name !== undefined).join(' ');
  const number = kind === 'said' && sequence.rows[sequence.rowAt[place] as number] !== row ? '' : `<text class="seq" x="${gutter - 14}" y="${middle + 4}" text-anchor="end">${line ?? seq}</text>`;
  const sign = held?.has(seq) ? `<path class="sign" d="M4 ${middle - 4}h7v8h-7z"/>` : chain?.has(seq) ? `<path class="sign" d="M4 ${middle - 4}l7 4l-7 4z"/>` : '';
  const body = `<rect class="back" x="0" y="0" width="${width ?? widthOf(lanes.length, lane)}" height="${rowHeight}"/>${sign}${number}${message(row, rowText(sequence, row), middle, lane, width ?? Infinity)}`;
  return { id: `row-${place}-${row.word + 1}`, classes, seq, selected: seq === now, label: spoken(sequence, row), body };
}

/** One row, its upper edge at `y`; `data-seq` says which fact it is. */
export function rowSvg(sequence: Sequence, row: Row, y: number, drawn: Drawn): string {
  const { id, classes, seq, selected, label, body } = rowParts(sequence, row, drawn);
  return `<g class="${classes}" id="${id}" data-seq="${seq}" role="option" aria-selected="${selected}" aria-label="${escaped(label)}" transform="translate(0 ${y})">${body}</g>`;
}

/** A row in words: `fact 12, vm1 to group 8: iommu_group_claim_dma_owner, failed`. */
export function spoken(sequence: Sequence, row: Row): string {
  const title = (lane: number) => (sequence.lanes[lane] as Lane).title;
  const { kind, from, to, failed, seq, place } = row;
  const { inferred = false, line } = sequence.facts[place] as Shown;
  const who = kind === 'begin' ? `somebody to ${title(to)}` : kind === 'end' ? `${title(from)} is answered` : from === to ? title(to) : `${title(from)} to ${title(to)}`;
  return [`${line === undefined ? `fact ${seq}` : `line ${line}`}, ${who}: ${rowText(sequence, row)}`, ...(failed ? ['failed'] : []), ...(inferred ? ['inferred, no line shows it'] : [])].join(', ');
}

function message({ kind, from, to }: Row, text: string, y: number, lane: number, width: number): string {
  /** Right of `x`; where that is too narrow, left of `left`, or on the line between; cut where it fits nowhere. */
  const label = (x: number, left = 0) => {
    const places = [{ room: width - x - edge, at: x, as: 'label' }, { room: left - gutter - edge, at: left, as: 'label" text-anchor="end' }, { room: x - left - 40, at: (left + x) / 2, as: 'label on" text-anchor="middle' }];
    const place = places.find(({ room }) => textWidth(text, 12, 'mono') <= room) ?? places.reduce((most, one) => (one.room > most.room ? one : most));
    return `<text class="${place.as}" x="${place.at}" y="${y + 4}">${escaped(cut(text, place.room))}</text>`;
  };
  const [a, b] = [centre(from, lane), centre(to, lane)];
  if (kind === 'said') return `<circle class="mark" cx="${b}" cy="${y}" r="3"/>${label(b + 10, b - 10)}`;
  if (kind === 'begin') return `<path class="line" d="M${gutter - 8} ${y}H${b - 2}"/>${head(b, y, 1)}${label(b + 10)}`;
  if (kind === 'end') return `<path class="line" d="M${a} ${y}H${gutter - 6}"/>${head(gutter - 8, y, -1)}${label(a + 10)}`;
  if (a === b) return `<path class="line" d="M${a} ${y - 5}h10v10h-8"/>${head(a + 1, y + 5, -1)}${label(a + 18, a - 10)}`;
  const way = b > a ? 1 : -1;
  return `<circle class="start" cx="${a}" cy="${y}" r="2"/><path class="line" d="M${a} ${y}H${b - 2 * way}"/>${head(b, y, way)}${label(Math.max(a, b) + 10, Math.min(a, b) - 10)}`;
}

/** Pixels between words and the edge of the picture. */
const edge = 6;

function cut(text: string, room: number): string {
  if (textWidth(text, 12, 'mono') <= room) return text;
  return `${text.slice(0, Math.max(1, Math.floor(room / textWidth('x', 12, 'mono')) - 1))}…`;
}

const head = (x: number, y: number, way: number): string => `<path class="head" d="M${x} ${y}l${-7 * way} -3.5v7z"/>`;

/** Lines of the lanes, from `top` to `bottom`. */
export const lifelines = (lanes: number, top: number, bottom: number, lane: number): string =>
  Array.from({ length: lanes }, (_, place) => `<path class="life" d="M${centre(place, lane)} ${top}V${bottom}"/>`).join('');

/** Rows that a file to be saved has at most: more are no picture. */
export const mostRows = 3000;

/** The diagram, or rows `first` to `end` of it, as one document with its own colours: to be saved and mailed. */
export function sequenceSvg(sequence: Sequence, { lane = 150, first = 0, end = Math.min(sequence.rows.length, first + mostRows), ...drawn }: Partial<Drawn> & { readonly first?: number; readonly end?: number } = {}): string {
  const { lanes, rows } = sequence;
  const top = 34;
  const width = widthOf(lanes.length, lane);
  const height = top + (end - first) * rowHeight + 8;
  const titles = lanes.map(({ title }, place) => `<text class="title" x="${centre(place, lane)}" y="20" text-anchor="middle">${escaped(title)}</text>`).join('');
  const body = rows.slice(first, end).map((row, index) => rowSvg(sequence, row, top + index * rowHeight, { lane, ...drawn })).join('\n');
  return svgFile({ width, height, title: 'messages', kind: 'sequence', style, body: `${titles}${lifelines(lanes.length, top - 6, height, lane)}\n${body}` });
}

const style = `.picture.sequence{font:12px ui-monospace,monospace}.back{fill:none}.life{stroke:var(--faint)}.line{stroke:var(--dim);fill:none}.head,.start,.mark{fill:var(--dim)}.picture .seq{fill:var(--dim)}.title{font-weight:600}
.answer .line,.end .line{stroke-dasharray:4 3}.failed .line{stroke:var(--red)}.failed .head{fill:var(--red)}.picture .said text{fill:var(--blue)}.picture .failed text{fill:var(--red)}.inferred .line{stroke-dasharray:1 3}.picture .inferred text{font-style:italic;fill:var(--dim)}
.cause .back{fill:var(--orangewash)}.held .back{fill:var(--bluewash)}.sign{fill:var(--orange)}.now .back{stroke:var(--blue)}.later{opacity:.5}.on{paint-order:stroke;stroke:var(--paper);stroke-width:5px}`;
