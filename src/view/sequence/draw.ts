/** Rows of a sequence diagram as SVG text. Classes carry the colours; nothing has a style of its own. */
import { escaped } from '../text.ts';
import type { Lane } from './lanes.ts';
import type { Row, Sequence } from './rows.ts';

export const rowHeight = 22;
/** Room for line numbers at the left. */
export const gutter = 64;

export interface Drawn {
  /** Sequence number of the fact at which the run stands; null: none is marked. */
  readonly at?: number | null;
  /** Facts of a chain of causes, and those since which somebody holds. */
  readonly chain?: ReadonlySet<number>;
  readonly held?: ReadonlySet<number>;
  /** Width of one lane. */
  readonly lane: number;
}

/** Where the line of a lane stands. */
export const centre = (place: number, lane: number): number => gutter + place * lane + lane / 2;
export const widthOf = (lanes: number, lane: number): number => gutter + lanes * lane + 8;

/** One row, its upper edge at `y`; `id` is on the group, so that a click or a reader's software finds the fact. */
export function rowSvg(row: Row, lanes: readonly Lane[], y: number, { at = null, chain, held, lane }: Drawn): string {
  const middle = y + rowHeight / 2;
  const classes = ['row', row.kind, row.failed ? 'failed' : '', row.inferred ? 'inferred' : '', row.seq === at ? 'now' : '', chain?.has(row.seq) ? 'cause' : '', held?.has(row.seq) ? 'held' : '']
    .filter((name) => name !== '').join(' ');
  const number = row.kind === 'said' ? '' : `<text class="seq" x="${gutter - 12}" y="${middle + 4}" text-anchor="end">${row.line ?? row.seq}</text>`;
  return `<g class="${classes}" data-seq="${row.seq}" role="option" aria-selected="${row.seq === at}" aria-label="${escaped(spoken(row, lanes))}">`
    + `<rect class="back" x="0" y="${y}" width="${widthOf(lanes.length, lane)}" height="${rowHeight}"/>${number}${message(row, lanes.length, middle, lane)}</g>`;
}

/** A row in words: `fact 12, vm1 to group 8: iommu_group_claim_dma_owner, failed`. */
export function spoken(row: Row, lanes: readonly Lane[]): string {
  const [from, to] = [lanes[row.from]?.title ?? '', lanes[row.to]?.title ?? ''];
  const who = row.kind === 'said' || from === to ? to : row.kind === 'begin' ? `somebody to ${to}` : `${from} to ${to}`;
  const marks = [row.failed ? 'failed' : '', row.inferred ? 'inferred, on no line of the trace' : '', row.folded > 0 ? `folded, ${row.folded} steps` : ''].filter((mark) => mark !== '');
  return [`fact ${row.seq}, ${who}: ${row.text}`, ...marks].join(', ');
}

function message({ kind, from, to, text, folded, failed }: Row, lanes: number, y: number, lane: number): string {
  const label = (x: number, anchor: 'start' | 'middle' | 'end', words: string, name = 'label') =>
    `<text class="${name}" x="${x}" y="${y + 4}" text-anchor="${anchor}">${escaped(words)}</text>`;
  const right = (to > lanes - 3 || from > lanes - 3);
  if (kind === 'said') {
    const x = centre(to, lane);
    return `<circle class="mark" cx="${x}" cy="${y}" r="3"/>${right ? label(x - 8, 'end', text) : label(x + 8, 'start', text)}`;
  }
  if (kind === 'begin' || (kind === 'end' && to === from)) {
    const x = centre(to, lane);
    return `<path class="line" d="M${gutter - 6} ${y}H${x - 2}"/>${head(x, y, 1)}${label(x + 8, 'start', folded > 0 ? `${text}  \u2026 ${folded} steps` : text)}`;
  }
  if (kind === 'end') {
    const x = centre(from, lane);
    return `<path class="line" d="M${x} ${y}H${gutter - 4}"/>${head(gutter - 6, y, -1)}${label(x + 8, 'start', text)}`;
  }
  const [a, b] = [centre(from, lane), centre(to, lane)];
  if (a === b) return `<path class="line" d="M${a} ${y - 5}h10v10h-8"/>${head(a + 1, y + 5, -1)}${right ? label(a - 8, 'end', text) : label(a + 16, 'start', text)}`;
  const way = b > a ? 1 : -1;
  const start = `<circle class="start" cx="${a}" cy="${y}" r="2"/>`;
  // A label stands behind the arrow's head, where there is room; else on the line, with the line broken by its halo.
  const beyond = way > 0 ? lanes - 1 - to >= 2 : to >= 2 && failed;
  const words = beyond ? label(b + 8 * way, way > 0 ? 'start' : 'end', text) : way > 0 ? label(b - 10, 'end', text, 'label over') : label(b + 10, 'start', text, 'label over');
  return `${start}<path class="line" d="M${a} ${y}H${b - 2 * way}"/>${head(b, y, way)}${words}`;
}

const head = (x: number, y: number, way: number): string => `<path class="head" d="M${x} ${y}l${-7 * way} -3.5v7z"/>`;

/** Lines of the lanes, from `top` to `bottom`. */
export const lifelines = (lanes: number, top: number, bottom: number, lane: number): string =>
  Array.from({ length: lanes }, (_, place) => `<path class="life" d="M${centre(place, lane)} ${top}V${bottom}"/>`).join('');

/** The whole diagram, or `rows` of it, as one SVG document with its own colours: to be saved and mailed. */
export function sequenceSvg({ lanes, rows }: Sequence, { lane = 150, first = 0, end = rows.length, ...drawn }: Partial<Drawn> & { readonly first?: number; readonly end?: number } = {}): string {
  const top = 34;
  const height = top + (end - first) * rowHeight + 8;
  const titles = lanes.map(({ title }, place) => `<text class="title" x="${centre(place, lane)}" y="20" text-anchor="middle">${escaped(title)}</text>`).join('');
  const body = rows.slice(first, end).map((row, index) => rowSvg(row, lanes, top + index * rowHeight, { lane, ...drawn })).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" class="sequence" width="${widthOf(lanes.length, lane)}" height="${height}" viewBox="0 0 ${widthOf(lanes.length, lane)} ${height}" role="listbox" aria-label="messages">
<style>${colours}</style>
${titles}${lifelines(lanes.length, top - 6, height, lane)}
${body}
</svg>
`;
}

const colours = `.sequence{font:12px ui-monospace,monospace;background:#fff;fill:#1b1f24}.back{fill:none}.life{stroke:#c8cdd3}.line{stroke:#57606a;fill:none}.head,.start,.mark{fill:#57606a}.seq{fill:#8b949e}.title{font-weight:600}
.over{paint-order:stroke;stroke:#fff;stroke-width:4px}.answer .line,.end .line{stroke-dasharray:4 3}.failed .line{stroke:#d55e00}.failed .head,.failed text{fill:#b34a00}.inferred .line{stroke-dasharray:1 3}.inferred text{font-style:italic;fill:#6e7781}
.said text{fill:#0072b2}.said.failed text{fill:#b34a00}.cause .back{fill:#fff4ce}.held .back{fill:#dbeeff}.now .back{stroke:#0072b2}`;
