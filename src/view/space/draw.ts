/** A state space as SVG: for a file, and where there is no WebGL. */
import { escaped, palette, svgFile } from '../svg.ts';
import type { Field } from './fields.ts';
import type { Picture, Spots } from './layers.ts';

/** Colours of values, in the order in which they are met; the ninth is that of all others. `not true` is always red. */
const hues = ['blue', 'orange', 'green', 'pink', 'ink', 'stroke', 'red'] as const;
export const others = 'dim';

/** The colour of a value, by its name in the palette. */
export function hueOf(field: Field | undefined, value: number): keyof typeof palette {
  if (field === undefined) return 'blue';
  if (field.property) return field.values[value] === 'true' ? 'blue' : 'red';
  const known: Readonly<Record<string, string>> = { 'unowned': 'stroke', 'kernel DMA': 'blue' };
  const name = field.values[value] ?? '';
  if (known[name] !== undefined) return known[name];
  const free = hues.filter((hue) => !field.values.some((one) => known[one] === hue));
  return free[field.values.filter((one) => known[one] === undefined).indexOf(name)] ?? others;
}

export const spaceStyle = `
.space line{stroke:var(--stroke);stroke-width:.5;opacity:.5}
.space text{fill:var(--ink)}
${Object.keys(palette).map((name) => `.space .hue-${name}{fill:var(--${name})}`).join('\n')}
`.trim();

/** @param title what stands above the picture */
export function spaceSvg(picture: Picture, { x, y }: Spots, field: Field | undefined, title: string): string {
  const [left, right] = [Math.min(...x), Math.max(...x)];
  const depth = Math.max(...y, 1);
  const [across, down] = [Math.min(14, 1600 / Math.max(1, right - left)), Math.min(60, 1400 / depth)];
  const spot = (at: number) => [20 + ((x[at] as number) - left) * across, 50 + (y[at] as number) * down].map((value) => Math.round(value * 10) / 10) as [number, number];
  const lines = [...picture.from].map((from, edge) => {
    const [[x1, y1], [x2, y2]] = [spot(from), spot(picture.to[edge] as number)];
    return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
  });
  const radius = Math.max(1.2, Math.min(5, across * 0.35));
  const circles = [...picture.world].map((world, at) => {
    const [cx, cy] = spot(at);
    const value = field?.of[world];
    return `<circle class="hue-${hueOf(field, value ?? 0)}" cx="${cx}" cy="${cy}" r="${Math.round(Math.min(14, radius + Math.log2(picture.size[at] as number)) * 10) / 10}"><title>${escaped(`world ${world}, depth ${picture.depth[at]}${value === undefined ? '' : `, ${field?.values[value]}`}`)}</title></circle>`;
  });
  const legend = (field?.values ?? []).slice(0, 12).map((value, index) => `<circle class="hue-${hueOf(field, index)}" cx="${30 + (index % 6) * 170}" cy="${16 + Math.floor(index / 6) * 16}" r="5"/><text class="face-sans" x="${40 + (index % 6) * 170}" y="${20 + Math.floor(index / 6) * 16}" font-size="11">${escaped(value)}</text>`);
  return svgFile({ width: Math.max(400, 40 + (right - left) * across, legend.length > 0 ? 40 + Math.min(6, legend.length) * 170 : 0), height: 80 + depth * down, title, kind: 'space', style: spaceStyle, body: [...lines, ...circles, ...legend].join('\n') });
}
