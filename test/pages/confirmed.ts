/** Transitions of the charts beside the recordings of real kernels: docs/explanation/fidelity.md. */
import type { AnyTransitionDefinition } from 'xstate';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { generator } from '../../src/check/random.ts';
import { Judge } from '../../src/trace/judge.ts';
import { chartsOf, nameOf, textOf, transitionsOf, type TransitionName, type Used } from '../../src/trace/usage.ts';
import { parseTopology } from '../../src/world/topology.ts';
import { System, type Choice, type World } from '../../src/world/world.ts';
import { load, names, optionsOf } from '../trace/recordings.ts';
import { row } from './page.ts';

/** The two kernels that recordings were made with, each with the folders of test/traces that are its. */
export const recorded: Readonly<Record<string, readonly string[]>> = {
  'v6.1.y': ['6.1.0-56-amd64', 'tdr-fixed'],
  'v6.12.y': ['6.12.117+deb12-amd64'],
};

/** By transition: whether a line shows it, and the recordings that need it. */
export type Confirmed = ReadonlyMap<string, { readonly shown: boolean; readonly by: readonly string[] }>;

export async function neededBy(name: string): Promise<readonly Used[]> {
  const { items, model, recording } = await load(name);
  const judge = new Judge(model, { ...optionsOf(recording), transitions: true });
  for (const item of items) if (!judge.take(item)) throw new Error(`${name} is refused`);
  judge.close();
  return judge.usage?.list() ?? [];
}

/** Of every recording that conforms to the model. */
export async function confirmedBy(model: string): Promise<Confirmed> {
  const confirmed = new Map<string, { shown: boolean; by: string[] }>();
  for (const name of names.filter((one) => (recorded[model] ?? []).some((folder) => one.startsWith(`${folder}/`)))) {
    for (const used of await neededBy(name)) {
      const one = confirmed.get(textOf(used)) ?? { shown: false, by: [] };
      confirmed.set(textOf(used), { shown: one.shown || used.shown, by: [...one.by, name] });
    }
  }
  return confirmed;
}

const [A, B, C] = ['0000:02:00.0', '0000:02:00.1', '0000:00:05.0'];
const drivers = [
  { name: 'uio_pci_generic' }, { name: 'vfio-pci', vfio: true, driver_managed_dma: true }, { name: 'told', matches: ['*'], async: true },
  { name: 'told_managed', driver_managed_dma: true, registered: false },
];
const thread = (name: string, entry: string, ...calls: readonly object[]) => ({ name, entry, calls });
const each = (type: string, more: (device: string) => readonly object[] = () => [{}]) => [A, B].flatMap((device) => more(device).map((rest) => ({ type, device, ...rest })));
const ofDrivers = drivers.map(({ name: driver }) => ({ driver }));
const user = (name: string) => thread(name, 'vfio_user', { type: 'container_open' }, { type: 'container_close' }, { type: 'set_iommu' }, { type: 'group_open', group: 8 }, { type: 'group_close', group: 8 },
  { type: 'group_get_status', group: 8 }, { type: 'group_set_container', group: 8 }, { type: 'group_unset_container', group: 8 }, ...each('group_get_device_fd', () => [{ group: 8 }]), ...each('device_close'));

const sysfs = [
  thread('bind', 'bind_store', ...each('bind_store', () => ofDrivers)), thread('unbind', 'unbind_store', ...each('unbind_store', () => ofDrivers)),
  thread('probe', 'drivers_probe_store', ...each('drivers_probe_store')),
  thread('override', 'driver_override_store', ...each('driver_override_store', () => [...ofDrivers.map(({ driver }) => ({ driver_override: driver })), { driver_override: null }])),
];
const plug = [thread('del', 'device_del', ...each('pci_stop_and_remove_bus_device')), thread('add', 'device_add', ...each('pci_scan_single_device'))];
const modules = [thread('load', 'driver_register', ...ofDrivers.map((one) => ({ type: 'driver_register', ...one }))), thread('unload', 'driver_unregister', ...ofDrivers.map((one) => ({ type: 'driver_unregister', ...one })))];
const type = [thread('type', 'group_store_type', { type: 'group_store_type', group: 8 }), thread('type-alone', 'group_store_type', { type: 'group_store_type', group: 4 })];

/** What QEMU's devices and our drivers can be made to answer. The machine has no pinctrl, no suppliers, and memory enough. */
const answers = { probe: [0, '-EPROBE_DEFER', '-ENODEV', '-ENOMEM', 1], vfio_iommu_isolated_msi: [0, '-EPERM'] };

const devices = [{ name: A, group: 8 }, { name: B, group: 8 }, { name: C, group: 4 }];
const places: Readonly<Record<string, readonly object[]>> = {
  'sysfs and users': [...sysfs, user('vm1'), user('vm2')],
  'hot-plug and a user': [...sysfs, ...plug, user('vm1')],
  'modules': [...sysfs, ...modules],
  'modules, hot-plug, a user': [...sysfs, ...modules, ...plug, user('vm1')],
  'the type of a group': [...sysfs.slice(0, 2), ...type, user('vm1')],
};

/** Walks at random, and gives every transition that was taken: these can be reached for sure. */
export function reachable(model: Model, walks = 10, length = 2000): Set<string> {
  const taken = new Set<AnyTransitionDefinition>();
  for (const [index, threads] of Object.values(places).entries()) {
    const given = { ...answers, ...(model.name === 'v6.12.y' ? { firmware_dma_configure: [0, '-EPROBE_DEFER'] } : {}) }; // virtio-iommu, which 6.1 has no driver for
    const system = new System(model, parseTopology({ devices, drivers, threads, answers: given }, 'a walk', model));
    const random = generator(index + 1);
    for (let walk = 0; walk < walks; walk++) stroll(system, random, length);
    for (const actor of system.actors) for (const local of actor.locals) for (const move of local.moves.values()) for (const { taken: own } of move.micro) for (const one of own) taken.add(one);
  }
  return new Set([...taken].map((one) => textOf(nameOf(one))));
}

/** Threads rather go on than begin, so that calls end; and now and then many are under way at once. */
function stroll(system: System, random: () => number, length: number): void {
  let world: World = system.initial();
  for (let step = 0; step < length; step++) {
    const choices = system.choices(world);
    const going = choices.filter(({ kind }) => kind !== 'start');
    const open: readonly Choice[] = going.length > 0 && random() < 0.97 ? going : choices;
    if (open.length === 0) return;
    world = system.step(world, open[Math.floor(random() * open.length)] as Choice).world;
  }
}

/** Charts that these machines can move at all: no other bus, no other way to claim than VFIO's container. */
export const transitionsOn = (model: Model): TransitionName[] => chartsOf(model, ['pci']).flatMap(transitionsOf);

export interface Row extends TransitionName {
  readonly reached: boolean;
  readonly how: 'shown' | 'on the way' | undefined;
  readonly by: readonly string[];
}

/** A row for each transition of a model. What a recording needs can be reached, whatever the walks say. */
export async function rowsOf(name: string, walks?: number, length?: number): Promise<Row[]> {
  const model = models[name] as Model;
  const [confirmed, reached] = [await confirmedBy(name), reachable(model, walks, length)];
  return transitionsOn(model).map((transition) => {
    const seen = confirmed.get(textOf(transition));
    return { ...transition, reached: seen !== undefined || reached.has(textOf(transition)), how: seen === undefined ? undefined : seen.shown ? 'shown' : 'on the way', by: seen?.by ?? [] };
  });
}

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.floor((100 * part) / whole)} %`);

type Rows = ReadonlyMap<string, readonly Row[]>;

/** One row for each chart: how many of its transitions can be reached here, and how many of these a recording needs. */
export function summaryOf(rows: Rows): string {
  const charts = [...new Set([...rows.values()].flat().map(({ chart }) => chart))];
  const cells = (own: readonly Row[]) => {
    const reached = own.filter((one) => one.reached);
    const [shown, way] = [reached.filter(({ how }) => how === 'shown').length, reached.filter(({ how }) => how === 'on the way').length];
    return own.length === 0 ? ['', '', '', '', ''] : [own.length, reached.length, shown, way, percent(shown + way, reached.length)];
  };
  const head = [...rows.keys()].flatMap((model) => [`${model}: transitions`, 'reachable', 'shown', 'on the way', '']);
  return [row('chart', ...head), row(...Array.from({ length: head.length + 1 }, () => '---')),
    ...charts.map((chart) => row(chart, ...[...rows.values()].flatMap((own) => cells(own.filter((one) => one.chart === chart))))),
    row('all', ...[...rows.values()].flatMap(cells))].join('\n');
}

/** Why a recording of these machines does not confirm a transition: the first that fits. */
const reasons: readonly (readonly [fits: RegExp, why: string])[] = [
  [/^kernfs_node|kernfs_get_active|kernfs_put_active/, 'no probe shows who is inside a file of sysfs, so the judge follows none'],
  [/^mutex|pci_stop_and_remove_bus_device|pci_scan_single_device|mutex_lock|mutex_unlock|^device_(?:add|del) (?:begun|over|in_bus_find)|pci_stop_dev/, 'no probe shows pci_rescan_remove_lock: the judge begins at device_add() and device_del()'],
  [/bus_find_device_by_name/, 'a name that nobody has, and a device that has just come or gone, look the same to a recorder'],
  [/^async_helper|asynchronous|async_synchronize|__device_attach_async|probe_type/, 'no probe shows who asks for asynchronous work: the judge sees the work, as a probe by another task'],
  [/^(?:device_driver|bus_type)|klist_|driver_find|driver_match_device/, 'no probe shows lists and flags of drivers: the judge takes what the next line shows for their answer'],
  [/presence\.(?:dead|adding|removed)|dev->p|in_gate|dev->driver|device_is_bound|device_lock\.locked/, 'a window of a few instructions around a bind, or an arrival or removal, that no run has met'],
  [/defer/, 'a deferral that meets a trigger, or the start of the machine: no run has met it'],
  [/^vfio|vfio_/, 'an order of calls on VFIO\'s files that no run has met'],
  [/^iommu_group|^group_store_type/, 'an order of calls on a group that no run has met'],
];
const others = 'no run has met it';

export const reasonOf = (transition: TransitionName): string => reasons.find(([fits]) => fits.test(textOf(transition)))?.[1] ?? others;

const named = ({ state, event, branch }: TransitionName): string => `${state || '(any)'}: ${event || 'always'}${branch > 1 ? ` ${branch}` : ''}`;

/** Transitions that can be reached and that no recording needs, by reason. */
export function missingOf(rows: Rows): string {
  const lines: string[] = [];
  for (const why of [...reasons.map(([, text]) => text), others]) {
    const of = [...rows].map(([model, own]) => [model, own.filter((one) => one.reached && one.how === undefined && reasonOf(one) === why)] as const);
    if (of.every(([, list]) => list.length === 0)) continue;
    lines.push(`### ${why[0]?.toUpperCase()}${why.slice(1)}`, '');
    const charts = [...new Set(of.flatMap(([, list]) => list.map(({ chart }) => chart)))];
    for (const chart of charts) {
      const models = of.map(([model, list]) => [model, list.filter((one) => one.chart === chart).map(named)] as const);
      const [first = [], second = []] = models.map(([, list]) => list);
      if (first.join() === second.join()) lines.push(`- \`${chart}\`: ${first.map((one) => `\`${one}\``).join(', ')}`);
      else for (const [model, list] of models) if (list.length > 0) lines.push(`- \`${chart}\`, ${model}: ${list.map((one) => `\`${one}\``).join(', ')}`);
    }
    lines.push('');
  }
  return lines.join('\n').trimEnd();
}

/** Every transition, with what the recordings of each kernel say of it. */
export function listOf(rows: Rows): string {
  const known = new Map<string, { readonly transition: TransitionName; readonly cells: Map<string, string> }>();
  for (const [model, own] of rows) {
    for (const one of own) {
      const entry = known.get(textOf(one)) ?? { transition: one, cells: new Map<string, string>() };
      known.set(textOf(one), entry);
      entry.cells.set(model, one.how ?? (one.reached ? 'no' : 'not reached'));
    }
  }
  const models = [...rows.keys()];
  return [row('chart', 'state', 'event', 'branch', ...models), row('---', '---', '---', '---', ...models.map(() => '---')),
    ...[...known.values()].map(({ transition: { chart, state, event, branch }, cells }) => row(chart, state, event.replaceAll('|', '\\|'), branch, ...models.map((model) => cells.get(model) ?? '-')))].join('\n');
}
