/**
 * What was played as text: one line per fact, what an actor says indented under its name, and how things stand.
 *
 * Columns have a fixed width and nothing is numbered, so a line changes only when what it says changes.
 */
import { bindingAt, deviceAt, environment, groupAt, kindOf, nameOf } from '../../machines/address.ts';
import type { Address, Message, Plain, Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { FactLog } from '../log/facts.ts';
import { holders, renderHolder } from '../log/holder.ts';
import { renderChain, why } from '../log/why.ts';
import { isAnswer, type Fact, type System, type World } from '../world/world.ts';
import { boring, boringWord, listed } from './boring.ts';
import { shown } from './names.ts';
import type { Played, PlayedBlock, PlayedFact, Standing } from './run.ts';

export interface PrintOptions {
  /** Every fact, with locks, passive reads and the environment. Default false: what a reader of the kernel's log would ask for. */
  readonly all?: boolean;
  /** Below each error that a thread gets: the chain of its causes, and who stood in the way. Default false. */
  readonly why?: boolean;
}

/** The output of one block, line by line. */
export function printBlock({ system, log }: Played, { facts, standing, world }: PlayedBlock, { all = false, why: asked = false }: PrintOptions = {}): string[] {
  return [
    ...facts.flatMap((played) => [...printFact(system, played, all), ...(asked ? printWhy(log, played) : [])]),
    ...standing.map(printStanding),
    ...printWorld(system, world),
  ];
}

const width = 32;
const line = (who: string, what: string): string => `${who.padEnd(width - 2)}  ${what}`;

const kinds = /^(?:device|binding|attach|bus_dma|iommu_dma|notifier|vfio_device|group|vfio_group|vfio_container|iommufd_ctx|driver|bus|thread|domain|owner):/;
const value = (plain: Plain): string =>
  plain === null ? 'NULL' : typeof plain === 'string' ? (kinds.test(plain) ? shown(plain) : plain) : JSON.stringify(plain);

/** Functions whose positive result is the errno of the driver's probe. */
const positive = new Set(['really_probe.ret', '__driver_probe_device.ret', 'driver_probe_device.ret']);

/** Arguments, without what the speaker's name says already (`silent`). `ret` comes first and stands alone, as an errno. */
export function words(said: Said | Message, ...silent: string[]): string[] {
  const { ret, ...others } = said;
  const result = typeof ret !== 'number' ? [] : [ret < 0 || positive.has(said.type) ? errnoName(ret) : String(ret)];
  if (result.length > 0 && !('from' in said)) return result;
  return [...result, ...Object.entries(others).flatMap(([key, plain]): string[] => {
    if (key === 'type' || key === 'from' || key === 'bus' || key === 'owned') return [];
    if (key === 'attach') return plain === 0 ? [] : [`attach=${errnoName(Number(plain))}`];
    if (key === 'managed') return plain === true ? ['driver_managed_dma'] : [];
    if (silent.includes(value(plain))) return [];
    if (key === 'group' && typeof plain === 'string') return [`group=${nameOf(plain)}`];
    return [`${key}=${value(plain)}`];
  })];
}

/** A call that a thread begins, as a line of its own. */
export const printCall = ({ to, event }: Fact): string => line(`call ${shown(to)}`, [event.type, ...words(event)].join(' '));

/** One fact and what its receiver says: no line where it answers no question of a reader, unless `all`. */
export function printFact(system: System, { fact, before, after }: PlayedFact, all: boolean): string[] {
  const { from, to, event, said } = fact;
  const [source, target] = [shown(from), shown(to)];
  const lines: string[] = [];
  if (isReturn(from, to, event)) lines.push(line(source, [event.type, ...words(event, source)].join(' ')));
  else if (all || !boring(system, fact, before)) lines.push(line(`${source} -> ${target}`, [event.type, ...words(event, source, target)].join(' ')));
  const command = to === environment ? [] : [before, after].map((world) => system.local(world, to).context['call']);
  for (const word of said) if (all || !(boringWord(word, said) || (kindOf(to) === 'thread' && command.includes(word.type.replace(/\.ret$/, ''))))) lines.push(line(target, sentence(word, target)));
  return lines;
}

/** Why a thread got an error, indented below it. */
function printWhy(log: FactLog, { fact: { seq, from, to, event } }: PlayedFact): string[] {
  if (!isReturn(from, to, event) || Number(event['ret']) >= 0) return [];
  return [renderChain(why(log, seq)), ...holders(log, seq).map(renderHolder)].map((text) => `    ${text}`);
}

const isReturn = (from: Address, to: Address, event: Message): boolean => to === environment && kindOf(from) === 'thread' && isAnswer(event);

/** Notifiers and uevents are called by the name that everybody knows. */
export function sentence({ type, action, ...said }: Said, speaker: string): string {
  if (typeof action !== 'string') return [type, ...words({ type, ...said }, speaker)].join(' ');
  return [action, ...words({ type, ...said }, speaker)].join(' ');
}

function printStanding({ thread, held, at, state }: Standing): string {
  const who = shown(`thread:${thread}`);
  const where = shown(at) === who ? '' : ` of ${shown(at)}`;
  return line(who, `${held ? 'stands' : 'waits'} in ${state}${where}`);
}

/** How things stand: one line per group with its devices, then one for each device without. */
export function printWorld(system: System, world: World): string[] {
  const { devices } = system.topology;
  const groups = [...new Set(devices.map(({ group }) => group))].filter((group) => group !== null);
  return [
    ...groups.map((group) => [
      ...devices.filter((device) => device.group === group).map(({ name }) => printDevice(system, world, name, true)),
      printGroup(system, world, groupAt(group)),
    ].join('   ')),
    ...devices.filter(({ group }) => group === null).map(({ name }) => printDevice(system, world, name, false)),
  ];
}

function printDevice(system: System, world: World, name: string, grouped: boolean): string {
  const device = system.local(world, deviceAt(name));
  const { presence } = device.value as { presence: string };
  if (presence === 'absent') return `${name} absent`;
  const { driver, driver_override, iommu_group } = device.context as { driver: string | null; driver_override: string | null; iommu_group: string | null };
  const binding = system.local(world, bindingAt(name)).value;
  const inside = typeof binding === 'string' ? binding : (Object.keys(binding)[0] ?? '');
  const doing = inside === 'unbound' && driver !== null ? 'preset' : { unbound: 'unbound', bound: 'bound', __device_release_driver: 'releasing' }[inside] ?? 'probing';
  return [
    name, ...(presence === 'present' ? [] : [presence]), doing, ...(driver === null ? [] : [driver]),
    ...(driver_override === null ? [] : [`driver_override=${driver_override}`]),
    ...(listed(system, world).includes(name) ? ['deferred'] : []),
    ...(grouped && iommu_group === null ? ['without group'] : []),
  ].join(' ');
}

function printGroup(system: System, world: World, address: Address): string {
  const { value: state, context } = system.local(world, address);
  const { owner, owner_cnt, domain, strays = [], handle = false } = context as {
    owner?: string | null; owner_cnt?: number; domain: string; strays?: string[]; handle?: boolean;
  };
  // A group without a count is one chart with one state at a time; before there were owners it has an attachment only.
  const ownership = typeof state === 'string' ? state : (state as { ownership?: string }).ownership ?? Object.keys(state).find((part) => part !== 'attachment' && part !== 'membership');
  return [
    shown(address), ...(ownership === undefined ? [] : [ownership]), ...(owner_cnt === undefined ? [] : [`owner_cnt=${owner_cnt}`]), `domain=${value(domain)}`,
    ...(owner == null ? [] : [`owner=${value(owner)}`]), ...(handle ? ['handle'] : []), ...(strays.length === 0 ? [] : [`strays=${strays.join(',')}`]),
  ].join(' ');
}

