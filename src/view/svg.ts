/** What every picture needs of SVG. */
import { families } from './metrics.ts';

/** Text as it may stand in SVG, in an attribute too. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A line through the points, with its corners rounded by up to `radius`. */
export function pathOf(points: readonly { readonly x: number; readonly y: number }[], radius = 0): string {
  const [first] = points;
  if (first === undefined) return '';
  const parts = [`M${first.x} ${first.y}`];
  for (const [index, point] of points.entries()) {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (before === undefined) continue;
    if (after === undefined || radius === 0) {
      parts.push(`L${point.x} ${point.y}`);
      continue;
    }
    const [there, on] = [toward(point, before, radius), toward(point, after, radius)];
    parts.push(`L${there.x} ${there.y}Q${point.x} ${point.y} ${on.x} ${on.y}`);
  }
  return parts.join('');
}

/** The point `distance` away from `from`, on the way to `to`, and no further than half way. */
function toward(from: { x: number; y: number }, to: { x: number; y: number }, distance: number): { x: number; y: number } {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(distance, length / 2) / length;
  return { x: round(from.x + (to.x - from.x) * share), y: round(from.y + (to.y - from.y) * share) };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/**
 * Colours by name, light and dark: those of Okabe and Ito where they mean something, dark enough for text.
 *
 * A style names them as `var(--blue)`; `pictureStyle` gives a page the names, and a file gets the colours themselves,
 * because many viewers of SVG do not know variables.
 */
export const palette: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  paper: ['#ffffff', '#1c2025'], sheet: ['#f4f5f7', '#15181c'], ink: ['#1b2026', '#e6e9ed'], dim: ['#596472', '#9aa5b1'], stroke: ['#8b95a1', '#687482'], faint: ['#d9dde3', '#343b44'],
  blue: ['#0072b2', '#56b4e9'], orange: ['#a35a00', '#e69f00'], green: ['#00735a', '#2fc79c'], red: ['#b3341c', '#ff8a65'], pink: ['#8f4f78', '#cc79a7'],
  bluewash: ['#dcedf8', '#143449'], orangewash: ['#fbebd0', '#453008'], greenwash: ['#dcf3ea', '#0f3a2e'], redwash: ['#fbe0d8', '#4a2016'], greywash: ['#eceef1', '#2a3037'],
};

const faces = `.picture .face-mono{font-family:${families.mono}}.picture .face-sans{font-family:${families.sans}}.picture text{fill:var(--ink);white-space:pre}`;

/** The style of a kind of picture for a page, which is light or dark as its `color-scheme` says. */
export const pictureStyle = (style: string): string =>
  `.picture{${Object.entries(palette).map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark})`).join(';')}}${faces}\n${style}`;

const inColours = (style: string, which: 0 | 1): string => style.replace(/var\(--(\w+)\)/g, (_, name: string) => palette[name]?.[which] ?? 'currentColor');

export interface SvgFile {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Which view it is: the class of the picture. */
  readonly kind: string;
  /** Rules of that view, in the colours of the palette. */
  readonly style: string;
  readonly body: string;
}

/** A file that any viewer opens: its colours come along, and follow the reader's system from light to dark. */
export function svgFile({ width, height, title, kind, style, body }: SvgFile): string {
  const all = `.picture>.paper{fill:var(--paper)}${faces}${style}`;
  const css = `${inColours(all, 0)}@media (prefers-color-scheme:dark){${inColours(all, 1)}}`.replaceAll('&', '&#38;').replaceAll('<', '&#60;');
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture ${kind}" role="img" aria-label="${escaped(title)}" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">`
    + `<title>${escaped(title)}</title><style>${css}</style><rect class="paper" width="${w}" height="${h}"/>\n${body}\n</svg>\n`;
}
