/**
 * Spoiled twins: copies of a recording with one thing wrong each. A judge that accepts them has learnt nothing.
 *
 * Pure and deterministic: the same lines and seed give the same twins. Nothing here knows the charts; what may be noticed
 * of a twin, and what cannot be, is `undetermined` in determined.ts.
 */
import { parseLine, type TraceLine } from './line.ts';

export const kinds = [
  'line dropped', 'line doubled', 'lines swapped', 'locked line after its return', 'dma_cleanup skipped', 'group release skipped',
  'ret: success to error', 'ret: error to success', 'ret: another error', 'user: another result',
  'owner_cnt under the lock', 'owner_cnt at an entry', 'owner under the lock', 'owner at an entry', 'owner of a claim', 'group',
  'driver', 'device', 'notifier action', 'uevent action', 'driver_managed_dma', 'links status', 'domain under the lock',
] as const;

export type Kind = (typeof kinds)[number];

/** Lines `at` and on, `remove` of them, give way to `insert`. Counted from 0. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly string[];
}

export interface Spoil {
  readonly kind: Kind;
  /** Number of the line that is wrong, from 1, in the recording. */
  readonly line: number;
  /** What was done, for people. */
  readonly what: string;
  /** In the order of the file, not overlapping. */
  readonly edits: readonly Edit[];
}

/** The twin's lines. */
export function spoiled(lines: readonly string[], { edits }: Spoil): string[] {
  const twin: string[] = [];
  let from = 0;
  for (const { at, remove, insert } of edits) {
    twin.push(...lines.slice(from, at), ...insert);
    from = at + remove;
  }
  return [...twin, ...lines.slice(from)];
}

/** Numbers below `n`, as like as not, the same for the same seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * n);
  };
}

const errors: readonly (readonly [errno: number, name: string])[] =
  [[1, 'EPERM'], [5, 'EIO'], [6, 'ENXIO'], [12, 'ENOMEM'], [16, 'EBUSY'], [17, 'EEXIST'], [19, 'ENODEV'], [22, 'EINVAL'], [110, 'ETIMEDOUT'], [517, '517']];

/**
 * Every spoiled twin of the recording that this module can make, one for each kind and line it applies to.
 *
 * Where there is a choice (which other error, which other device) the seed makes it.
 */
export function* spoils(lines: readonly string[], seed: number): Generator<Spoil> {
  const random = dice(seed);
  const events = lines.map((text, index) => parseLine(text, index + 1)).filter((item) => item.kind === 'event');
  const others = namesIn(events);
  const pick = <T>(from: readonly T[]): T | undefined => from[random(from.length)];
  const byTask = new Map<number, TraceLine[]>();
  for (const event of events) byTask.set(event.pid, [...(byTask.get(event.pid) ?? []), event]);
  const nexts = new Map<TraceLine, TraceLine>();
  for (const task of byTask.values()) for (const [index, event] of task.entries()) if (task[index + 1]) nexts.set(event, task[index + 1] as TraceLine);

  for (const event of events) {
    const { line, text, fields, mark } = event;
    const at = line - 1;
    const spoil = (kind: Kind, what: string, ...edits: Edit[]): Spoil => ({ kind, line, what, edits });
    const instead = (kind: Kind, what: string, twin: string): Spoil => spoil(kind, what, { at, remove: 1, insert: [twin] });
    const change = (kind: Kind, field: string, value: string | number): Spoil => {
      const old = shown(fields[field]);
      return instead(kind, `${field}=${old} becomes ${value}`, replaced(text, field, old, typeof fields[field] === 'string' && !old.startsWith('0x') ? `"${value}"` : String(value)));
    };

    yield spoil('line dropped', 'dropped', { at, remove: 1, insert: [] });
    yield spoil('line doubled', 'doubled', { at, remove: 1, insert: [text, text] });
    const next = nexts.get(event);
    if (next !== undefined && bodyOf(next) !== bodyOf(event))
      yield spoil('lines swapped', `swapped with line ${next.line}`, { at, remove: 1, insert: [headOf(event) + bodyOf(next)] }, { at: next.line - 1, remove: 1, insert: [headOf(next) + bodyOf(event)] });
    if (mark !== null) {
      if (mark.kind === 'end' && mark.ret !== null) {
        const ret = mark.ret < 0 && random(2) === 0 ? 0 : -(pick(errors.filter(([errno]) => errno !== -(mark.ret ?? 0))) as readonly [number, string])[0];
        const name = errors.find(([errno]) => errno === -ret)?.[1];
        yield instead('user: another result', `ret=${mark.ret} becomes ${ret}`, text.replace(/ ret=-?\d+(?: \w+)?$/, ` ret=${ret}${name === undefined ? '' : ` ${name}`}`));
      }
      continue;
    }
    const symbol = event.symbol.replace(/\.\w+\.\d+$/, '');
    const isLocked = isLockedLine(event);
    const task = byTask.get(event.pid) ?? [];
    if (isLocked) {
      const end = task.find((other) => other.line > line && other.returns && other.symbol === event.symbol);
      if (end !== undefined)
        yield spoil('locked line after its return', `moved behind line ${end.line}`, { at, remove: 1, insert: [] }, { at: end.line, remove: 0, insert: [text] });
    }
    if (!event.returns && event.offset <= 4 && (symbol === 'pci_dma_cleanup' || symbol === 'iommu_group_release_dma_owner')) {
      const end = task.find((other) => other.line > line && other.returns && other.symbol === event.symbol);
      const part = end === undefined ? [] : task.filter((other) => other.line >= line && other.line <= end.line);
      if (part.length > 0)
        yield spoil(symbol === 'pci_dma_cleanup' ? 'dma_cleanup skipped' : 'group release skipped', `lines ${part.map((other) => other.line).join(', ')} dropped`,
          ...part.map((other) => ({ at: other.line - 1, remove: 1, insert: [] })));
    }
    const { ret } = fields;
    if (typeof ret === 'number') {
      const [errno] = pick(errors.filter(([other]) => other !== Math.abs(ret))) as readonly [number, string];
      const sign = symbol === 'really_probe' ? 1 : -1;
      // A number above 0 is a file descriptor or another success, but for really_probe(), which gives errors so.
      if (ret === 0 || (ret > 0 && symbol !== 'really_probe')) yield change('ret: success to error', 'ret', sign * errno);
      else {
        yield change('ret: error to success', 'ret', 0);
        yield change('ret: another error', 'ret', Math.sign(ret) * errno);
      }
    }
    const owned = isLocked || fields['grp'] !== '0x0';
    if (owned && typeof fields['oc'] === 'number')
      yield change(isLocked ? 'owner_cnt under the lock' : 'owner_cnt at an entry', 'oc', fields['oc'] === 0 ? 1 : fields['oc'] + (random(2) === 0 ? 1 : -1));
    if (owned && typeof fields['ow'] === 'string') {
      const other = pick(others.owners.filter((owner) => owner !== fields['ow'])) ?? '0xffff888000000000';
      yield change(isLocked ? 'owner under the lock' : 'owner at an entry', 'ow', fields['ow'] !== '0x0' && random(2) === 0 ? '0x0' : other === '0x0' ? '0x0' : other);
    }
    if (typeof fields['owner'] === 'string') yield change('owner of a claim', 'owner', '0xffff888000000000');
    if (owned && typeof fields['g'] === 'number') yield change('group', 'g', pick(others.groups.filter((group) => group !== fields['g'])) ?? fields['g'] + 1);
    for (const field of ['drv', 'cur']) {
      const driver = fields[field];
      if (typeof driver === 'string') yield change('driver', field, pick(others.drivers.filter((other) => other !== driver)) ?? 'e1000e');
    }
    const { dev, action, managed, dl, dom, ddom } = fields;
    if (typeof dev === 'string') yield change('device', 'dev', pick(others.devices.filter((other) => other !== dev)) ?? '0000:00:07.0');
    if (typeof action === 'number') yield change(event.offset > 4 ? 'uevent action' : 'notifier action', 'action', (action + 1 + random(6)) % 8);
    if (typeof managed === 'number') yield change('driver_managed_dma', 'managed', managed === 0 ? 1 : 0);
    if (typeof dl === 'number') yield change('links status', 'dl', (dl + 1 + random(3)) % 4);
    if (typeof dom === 'string' && typeof ddom === 'string') yield change('domain under the lock', 'dom', dom === ddom ? '0xffff888000000000' : ddom);
  }
}

/** A line of the state within the lock of a group. */
export const isLockedLine = (event: TraceLine): boolean => !event.returns && event.offset > 4 && event.symbol.startsWith('iommu_');

const shown = (value: string | number | null | undefined): string => String(value ?? '(fault)');

function replaced(text: string, field: string, old: string, value: string): string {
  for (const spelt of [`"${old}"`, old]) {
    const at = text.indexOf(` ${field}=${spelt}`);
    if (at >= 0) return `${text.slice(0, at)} ${field}=${value}${text.slice(at + field.length + 2 + spelt.length)}`;
  }
  return text;
}

/** Where the name of the event begins: columns of the task, CPU and clock stay in their place when lines change theirs. */
const bodyAt = ({ text, event }: TraceLine): number => text.indexOf(`: ${event}: `) + 2;
const headOf = (event: TraceLine): string => event.text.slice(0, bodyAt(event));
const bodyOf = (event: TraceLine): string => event.text.slice(bodyAt(event));

interface Names {
  readonly devices: readonly string[];
  readonly drivers: readonly string[];
  readonly groups: readonly number[];
  readonly owners: readonly string[];
}

function namesIn(events: readonly TraceLine[]): Names {
  const devices = new Set<string>();
  const drivers = new Set<string>();
  const groups = new Set<number>();
  const owners = new Set<string>();
  for (const { fields, mark } of events) {
    if (mark !== null) continue;
    const { dev, drv, cur, g, ow } = fields;
    // Names of class devices say nothing about the machine.
    if (typeof dev === 'string' && dev.includes(':')) devices.add(dev);
    for (const driver of [drv, cur]) if (typeof driver === 'string') drivers.add(driver);
    if (typeof g === 'number' && fields['grp'] !== '0x0') groups.add(g);
    if (typeof ow === 'string') owners.add(ow);
  }
  return { devices: [...devices], drivers: [...drivers], groups: [...groups], owners: [...owners] };
}
