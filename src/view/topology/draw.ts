/** The scene as SVG: drivers on the left, groups with their devices in the middle, threads and users on the right. */
import { nameOf } from '../../../machines/address.ts';
import { widthOf } from '../metrics.ts';
import { escaped, pathOf, svgFile } from '../svg.ts';
import { standing, standings, type DeviceScene, type DriverScene, type GroupScene, type Scene, type ThreadScene } from './scene.ts';
import { topologyStyle } from './style.ts';
import { shown } from '../../scenario/names.ts';

export interface Look {
  /** Room that there is; the picture is as wide where it can be, and as high as it must. */
  readonly width: number;
  readonly selected?: string | null;
  /** `<address> <field>`, as `changes` gives them. */
  readonly changed?: ReadonlySet<string>;
}
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}
interface Spot { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

const gap = 14;
const deviceWidth = 208;
const deviceHeight = 58;
const head = 62;

/** The inside of the picture, and its size. */
export function topologyPicture(scene: Scene, look: Look): Picture {
  const side = Math.round(Math.min(250, Math.max(150, look.width * 0.21)));
  const middle = Math.max(deviceWidth + 4 * gap, look.width - 2 * (side + 3 * gap));
  const left = side + 3 * gap;
  const spots = new Map<string, Spot>();
  const groups: string[] = [];
  let y = gap + 22;
  const panel = (devices: readonly DeviceScene[], top: number): { spot: Spot; inside: string } => {
    const across = Math.max(1, Math.floor((middle - gap) / (deviceWidth + gap)));
    const rows = Math.max(1, Math.ceil(devices.length / across));
    const spot = { x: left, y: top, width: middle, height: head + rows * (deviceHeight + gap) };
    const inside = devices.map((device, index) => {
      const at = { x: left + gap + (index % across) * (deviceWidth + gap), y: top + head + Math.floor(index / across) * (deviceHeight + gap), width: deviceWidth, height: deviceHeight };
      spots.set(device.address, at);
      return drawDevice(device, at, look);
    }).join('');
    return { spot, inside: devices.length === 0 ? `<text class="ink-note face-sans" x="${left + gap}" y="${top + head + 22}" font-size="12">no device</text>` : inside };
  };
  for (const group of scene.groups) {
    const { spot, inside } = panel(group.devices, y);
    spots.set(group.address, spot);
    groups.push(drawGroup(group, spot, look) + inside);
    y += spot.height + gap;
  }
  if (scene.loose.length > 0) {
    const { spot, inside } = panel(scene.loose, y);
    groups.push(`<g class="loose"><rect x="${spot.x}" y="${spot.y}" width="${spot.width}" height="${spot.height}" rx="8"/>${say('title', 'sans', spot.x + gap, spot.y + 24, 13, 'without a group')}</g>${inside}`);
    y += spot.height + gap;
  }
  const drivers = column(scene.drivers, { x: gap, width: side }, (driver, at) => drawDriver(driver, at, look), spots);
  const threads = column(scene.threads, { x: left + middle + 2 * gap, width: side }, (thread, at) => drawThread(thread, at, look, scene), spots);
  const alarm = scene.broken.length === 0 ? '' : scene.broken.map((name, index) => `<g class="alarm">${say('broken', 'sans', left, y + 16 + index * 18, 12, `✕ ${name}`)}</g>`).join('');
  const titles = [['drivers', gap], ['IOMMU groups', left], ['threads and users', left + middle + 2 * gap]] as const;
  const height = Math.max(y + scene.broken.length * 18, drivers.height, threads.height) + gap;
  return {
    width: Math.max(look.width, left + middle + 3 * gap + side), height,
    body: [...titles.map(([text, x]) => say('note', 'sans', x, gap + 10, 12, text)), ...groups, ...links(scene, spots), drivers.body, threads.body, alarm].join('\n'),
  };
}

/** A whole file, with its colours. */
export function topologySvg(scene: Scene, title: string, look: Look): string {
  const { width, height, body } = topologyPicture(scene, look);
  return svgFile({ width, height, title, kind: 'topology', style: topologyStyle, body });
}

const say = (ink: string, face: 'mono' | 'sans', x: number, y: number, size: number, text: string): string =>
  `<text class="ink-${ink} face-${face}" x="${x}" y="${y}" font-size="${size}">${escaped(text)}</text>`;

/** A text that is cut where its room ends; the whole stands in the tooltip. */
function cut(text: string, room: number, size: number, face: 'mono' | 'sans'): string {
  if (widthOf(text, size, face) <= room) return text;
  let end = text.length;
  while (end > 1 && widthOf(`${text.slice(0, end)}…`, size, face) > room) end--;
  return `${text.slice(0, end)}…`;
}

/** Something that can be chosen: for a pointer, a keyboard and a reader of screens. */
const thing = (address: string, kind: string, label: string, { selected, changed }: Look, inside: string): string => {
  const touched = [...changed ?? []].some((one) => one === address || one.startsWith(`${address} `));
  return `<g class="thing ${kind}${selected === address ? ' selected' : ''}${touched ? ' changed' : ''}" data-address="${escaped(address)}" role="button" tabindex="0" aria-label="${escaped(label)}${touched ? ', changed by the last fact' : ''}"><title>${escaped(label)}</title>${inside}</g>`;
};

const mark = (address: string, field: string, { changed }: Look): string => (changed?.has(`${address} ${field}`) === true ? ' fresh' : '');

function drawGroup(group: GroupScene, { x, y, width, height }: Spot, look: Look): string {
  const { address, ownership, owner, owner_cnt, domain, broken } = group;
  const kind = standing(group);
  const who = owner === null ? standings[ownership] : `${standings[ownership]} by ${shown(owner)}`;
  const state = broken.length > 0 ? `broken: ${who}` : who;
  const facts = [owner_cnt === null ? '' : `owner_cnt ${owner_cnt}`, `domain ${domain}`].filter((one) => one !== '');
  const room = width - 3 * gap - 28 - Math.max(...facts.map((text) => widthOf(text, 13, 'mono')));
  const inside = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>` + shape(kind, x + gap + 9, y + 25)
    + say('title', 'mono', x + gap + 28, y + 24, 14, `group ${group.name}`)
    + `<text class="ink-state face-sans${mark(address, 'ownership', look)}${mark(address, 'owner', look)}" x="${x + gap + 28}" y="${y + 43}" font-size="12.5">${escaped(cut(state, room, 12.5, 'sans'))}</text>`
    + facts.map((text, index) => `<text class="ink-number face-mono${mark(address, text.split(' ')[0] ?? '', look)}" text-anchor="end" x="${x + width - gap}" y="${y + 24 + index * 18}" font-size="13">${escaped(text)}</text>`).join('')
    + (broken.length > 0 ? `<text class="ink-broken face-sans" x="${x + gap}" y="${y + 57}" font-size="11">${escaped(cut(broken.join('; '), width - 2 * gap, 11, 'sans'))}</text>` : '');
  return thing(address, `group ${kind}`, `group ${group.name}, ${state}, ${facts.join(', ')}${broken.map((one) => `; not true: ${one}`).join('')}`, look, inside);
}

/** Who has a group, as a form: a ring, a square, a triangle, a cross. */
function shape(kind: string, x: number, y: number): string {
  switch (kind) {
    case 'kernel_dma': return `<rect class="sign" x="${x - 8}" y="${y - 8}" width="16" height="16" rx="2"/>`;
    case 'claimed': return `<path class="sign" d="M${x} ${y - 9}L${x + 9} ${y + 7}H${x - 9}Z"/>`;
    case 'broken': return `<path class="sign cross" d="M${x - 8} ${y - 8}L${x + 8} ${y + 8}M${x + 8} ${y - 8}L${x - 8} ${y + 8}"/>`;
    default: return `<circle class="sign" cx="${x}" cy="${y}" r="8"/>`;
  }
}

function drawDevice(device: DeviceScene, { x, y, width, height }: Spot, look: Look): string {
  const { address, name, driver, bound, doing, presence, driver_override, locked } = device;
  const here = presence === 'present' ? '' : presence;
  const state = doing !== '' ? doing.split('.').slice(-2).join('.') : bound ? `bound to ${driver ?? '?'}` : driver === null ? 'unbound' : `driver ${driver}, not bound`;
  const more = [here, driver_override === null ? '' : `override ${driver_override}`, locked === null ? '' : `locked by ${nameOf(locked)}`].filter((one) => one !== '').join(', ');
  const inside = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`
    + say('name', 'mono', x + 9, y + 18, 12.5, cut(name, width - 18, 12.5, 'mono'))
    + `<text class="ink-doing ${doing === '' ? 'face-sans' : 'face-mono busy'}${mark(address, 'doing', look)}${mark(address, 'bound', look)}${mark(address, 'driver', look)}" x="${x + 9}" y="${y + 34}" font-size="11.5">${escaped(cut(state, width - 18, 11.5, doing === '' ? 'sans' : 'mono'))}</text>`
    + `<text class="ink-note face-sans${mark(address, 'locked', look)}${mark(address, 'presence', look)}" x="${x + 9}" y="${y + 50}" font-size="11">${escaped(cut(more, width - 18, 11, 'sans'))}</text>`;
  return thing(address, `device ${presence}${bound ? ' bound' : ''}`, `device ${name}, ${state}${more === '' ? '' : `, ${more}`}`, look, inside);
}

function drawDriver({ address, name, registered, managed, vfio }: DriverScene, { x, y, width, height }: Spot, look: Look): string {
  const kind = [registered ? 'registered' : 'not registered', vfio ? 'vfio' : managed ? 'driver_managed_dma' : 'DMA API'].join(', ');
  return thing(address, `driver${registered ? '' : ' off'}`, `driver ${name}, ${kind}`, look, `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`
    + say('name', 'mono', x + 9, y + 18, 12.5, cut(name, width - 18, 12.5, 'mono')) + `<text class="ink-note face-sans${mark(address, 'registered', look)}" x="${x + 9}" y="${y + 34}" font-size="11">${escaped(cut(kind, width - 18, 11, 'sans'))}</text>`);
}

function drawThread({ address, name, entry, doing, asks }: ThreadScene, { x, y, width, height }: Spot, look: Look, scene: Scene): string {
  const owns = scene.groups.filter(({ owner }) => owner !== null && nameOf(owner) === name).map((group) => `group ${group.name}`);
  const state = `${doing.split('.').at(-1) ?? doing}${asks === null ? '' : ` → ${asks}`}`;
  const what = [entry === name ? '' : entry, owns.length > 0 ? `owns ${owns.join(', ')}` : ''].filter((one) => one !== '').join(', ');
  return thing(address, `thread${doing === 'idle' ? '' : ' busy'}`, `thread ${name}, ${state}${what === '' ? '' : `, ${what}`}`, look, `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}"/>`
    + say('name', 'mono', x + 18, y + 18, 12.5, cut(name, width - 36, 12.5, 'mono'))
    + `<text class="${doing === 'idle' ? 'ink-note face-sans' : 'ink-doing face-mono busy'}${mark(address, 'doing', look)}" x="${x + 18}" y="${y + 34}" font-size="11">${escaped(cut(doing === 'idle' ? [what, 'idle'].filter((one) => one !== '').join(', ') : state, width - 32, 11, doing === 'idle' ? 'sans' : 'mono'))}</text>`);
}

function column<T extends { readonly address: string }>(things: readonly T[], { x, width }: Pick<Spot, 'x' | 'width'>, draw: (one: T, at: Spot) => string, spots: Map<string, Spot>): { body: string; height: number } {
  const drawn = things.map((one, index) => {
    const at = { x, y: gap + 22 + index * (44 + 10), width, height: 44 };
    spots.set(one.address, at);
    return draw(one, at);
  });
  return { body: drawn.join(''), height: gap + 22 + things.length * 54 };
}

/** Who is bound to whom, and who owns what. A driver's wire runs in the space between the boxes, so that it crosses no text. */
function links(scene: Scene, spots: ReadonlyMap<string, Spot>): string[] {
  const devices = [...scene.groups.flatMap((group) => group.devices), ...scene.loose];
  const wires = devices.flatMap(({ address, driver, bound }) => {
    const [from, to] = [spots.get(`driver:${driver ?? ''}`), spots.get(address)];
    const lane = scene.drivers.findIndex(({ name }) => name === driver);
    if (from === undefined || to === undefined) return [];
    const [out, gutter, aisle, x] = [from.y + from.height / 2, from.x + from.width + 10 + (lane % 6) * 4, to.y - 7 + (lane % 3) * 2, to.x + 18 + lane * 6];
    const points = [{ x: from.x + from.width, y: out }, { x: gutter, y: out }, { x: gutter, y: aisle }, { x, y: aisle }, { x, y: to.y }];
    return [`<path class="link ${bound ? 'bound' : 'coming'}" d="${pathOf(points, 5)}"/><circle class="link bound end" cx="${x}" cy="${to.y}" r="3.5"/>`];
  });
  const owned = scene.groups.flatMap(({ address, owner }) => {
    const [from, to] = [spots.get(`thread:${owner === null ? '' : nameOf(owner)}`), spots.get(address)];
    if (from === undefined || to === undefined) return [];
    const [out, into, middle] = [from.y + from.height / 2, to.y + 52, (from.x + to.x + to.width) / 2];
    const points = [{ x: from.x, y: out }, { x: middle, y: out }, { x: middle, y: into }, { x: to.x + to.width, y: into }];
    return [`<path class="link owns" d="${pathOf(points, 5)}"/><circle class="link owns end" cx="${to.x + to.width}" cy="${into}" r="4"/>`];
  });
  return [...wires, ...owned];
}
