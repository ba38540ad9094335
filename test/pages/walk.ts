/** Count or walk: which orders break which design, and what each costs: the printed parts of docs/explanation/count-or-walk.md. */
import { groupAt, kindOf } from '../../machines/address.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { properties } from '../../machines/properties/index.ts';
import type { Topology } from '../../machines/topology.ts';
import { alone } from '../../src/cases/claims/measure.ts';
import { stubBeside, testRemoveFails, threeFail, twoFail, twoUnbinds, unbindAndFirmware, unbindAndPinctrl, unbindAndProbe } from '../../src/cases/claims/settings.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { columnOf, type Cell, type Column } from './matrix.ts';
import { row } from './page.ts';

export const designs = [
  'v6.1.y', 'v6-posting', 'notifier-walk', 'notifier-walk-any-owner', 'notifier-walk-once', 'notify-after-clear', 'walk-at-clear', 'walk-only-at-clear', 'walk-only-at-clear-once',
  'claimed-bit', 'claimed-bit-at-clear', 'bit-only-at-clear',
];

/** Who meets whom, in short; the topologies are those of the claims. */
export const settings: Readonly<Record<string, Topology>> = {
  'two unbinds': twoUnbinds.topology,
  'two probes that may fail': smallTopology({ devices: 2, writers: true, only: ['bind_store 0', 'bind_store 1'], answers: { probe: [0, -12] }, times: 1 }),
  'unbind beside a probe() that fails': unbindAndProbe.topology,
  'unbind beside a pinctrl that fails': unbindAndPinctrl.topology,
  'unbind beside firmware that defers': unbindAndFirmware.topology,
  'two binds and an unbind, either may fail': twoFail.topology,
  'three probes that may fail': threeFail.topology,
  'test_remove, everything may fail': testRemoveFails.topology,
  'pci-stub beside a user': stubBeside.topology,
};

const late = ['notifier-walk-once', 'walk-only-at-clear-once'];
/** With three devices, stores that are seen late make millions of worlds. */
export const asked = (model: string, setting: string): boolean => !(late.includes(model) && setting === 'three probes that may fail');

export interface Found { readonly cell: Extract<Cell, { verdict: 'broken' }>; readonly sentence: string }

/** Every property that a design breaks there, each by a shortest way. */
export async function broken(model: string, setting: string): Promise<Found[]> {
  const column: Column = await columnOf(model, { [setting]: settings[setting] as Topology });
  if (column.some(({ verdict }) => verdict === 'unknown')) throw new Error(`${model}, ${setting}: not decided`);
  return column.flatMap((cell, at): Found[] => {
    const { name: sentence, kind } = properties[at] as (typeof properties)[number];
    return cell.verdict === 'broken' && kind !== 'sometimes' ? [{ cell, sentence }] : [];
  });
}

/** The one with the shortest way, if any. */
export const worst = async (model: string, setting: string): Promise<Found | undefined> =>
  (await broken(model, setting)).sort((a, b) => (a.cell.steps ?? Infinity) - (b.cell.steps ?? Infinity))[0];

export const shown = (found: Found | undefined): string => (found === undefined ? 'holds' : `broken, ${found.cell.steps}`);

/** Designs by settings. */
export async function printedVerdicts(): Promise<string> {
  const names = Object.keys(settings);
  const rows: string[] = [];
  for (const model of designs) {
    const cells: string[] = [];
    for (const setting of names) cells.push(asked(model, setting) ? shown(await worst(model, setting)) : '-');
    rows.push(row(`\`${model}\``, ...cells));
  }
  return [row('', ...names), row('---', ...names.map(() => '---')), ...rows].join('\n');
}

/** The ways that the page shows, by their titles there. */
export const ways = {
  'two failing probes': ['notifier-walk', 'two probes that may fail'],
  'a prober that never came': ['notifier-walk', 'unbind beside a pinctrl that fails'],
  'after the clear': ['notify-after-clear', 'unbind beside firmware that defers'],
  'any owner': ['notifier-walk-any-owner', 'pci-stub beside a user'],
  'a bit': ['claimed-bit', 'test_remove, everything may fail'],
  'the count of v6': ['v6-posting', 'test_remove, everything may fail'],
} as const;

export async function printedWay(name: keyof typeof ways): Promise<string> {
  const [model, setting] = ways[name];
  const found = await worst(model, setting);
  if (found === undefined) throw new Error(`${model} breaks nothing with ${setting}`);
  return [`\`${model}\`, ${found.cell.steps} steps, and no way is shorter. Broken: ${found.sentence}.`, '', '```', found.cell.way, '```'].join('\n');
}

const device = '0000:02:00.0';
const call = (type: string) => ({ type, driver: 'e1000e', device });

/** What one call of a thread, alone, does under group->mutex: critical sections, and reads of siblings inside them. */
export function cost(model: string, devices: number, what: 'bind' | 'unbind' | 'failed probe', siblings: 'idle' | 'bound'): { readonly sections: number; readonly reads: number } {
  const given = smallTopology({ devices, sysfs: true, ...(what === 'failed probe' ? { answers: { probe: [-12] } } : {}) });
  const topology = { ...given, devices: given.devices.map((one, at) => (at > 0 && siblings === 'bound' ? { ...one, driver: 'e1000e' } : one)) };
  const facts = alone(models[model] as Model, topology, ...(what === 'unbind' ? [call('bind_store'), call('unbind_store')] : [call('bind_store')])).at(-1) ?? [];
  const group = groupAt(8);
  return {
    sections: facts.filter(({ to, event }) => to === group && !event.type.endsWith('.ret')).length,
    reads: facts.filter(({ from, to, event }) => from === group && ['device', 'driver'].includes(kindOf(to)) && !event.type.endsWith('.ret')).length,
  };
}

const sizes = [1, 2, 3, 4, 5, 6, 7, 8];
/** By design and size of the group: critical sections + reads of siblings inside them. */
export function printedCosts(what: 'bind' | 'unbind' | 'failed probe', siblings: 'idle' | 'bound'): string {
  const cell = ({ sections, reads }: ReturnType<typeof cost>) => (reads === 0 ? String(sections) : `${sections}+${reads}`);
  const alike = new Map<string, string[]>();
  for (const model of designs.filter((name) => name !== 'notifier-walk-any-owner')) {
    const key = sizes.map((devices) => cell(cost(model, devices, what, siblings))).join(' | ');
    alike.set(key, [...(alike.get(key) ?? []), `\`${model}\``]);
  }
  return [row('devices in the group', ...sizes), row('---', ...sizes.map(() => '---')), ...[...alike].map(([key, names]) => row(names.join(', '), key))].join('\n');
}
