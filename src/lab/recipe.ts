/**
 * The probes of one kernel, as lines for `kprobe_events`: those of `machines/probes.ts`, with offsets from the kernel's types and places from
 * its symbols and its code.
 */
import { probes, type Probe } from '../../machines/probes.ts';
import { ModelError } from '../errors.ts';
import type { Symbols } from './symbols.ts';

/** What a recipe is made from. `members` of a struct and `constants` of an enum may be empty where nothing asks for them. */
export interface Known {
  readonly kernel: string;
  readonly symbols: Symbols;
  readonly members: (struct: string) => ReadonlyMap<string, number>;
  readonly constants: (name: string) => ReadonlyMap<string, number>;
  /** Distances from its start of the calls that a function makes to another. */
  readonly sites: (function_: string, callee: string) => readonly number[];
}

/** Functions whose calls are looked up: they must be disassembled before. */
export const disassembled: readonly string[] = [...new Set(probes.flatMap(({ calls, on }) => (calls === undefined ? [] : on)))];
export const structs: readonly string[] = [...new Set(probes.flatMap(({ shows }) => [...shows.join(' ').matchAll(/[{+-](\w+)\./g)].map(([, struct = '']) => struct)))];
export const enums: readonly string[] = ['bus_notifier_event', 'kobject_action'];

/** `{device.links+dev_links_info.status}` as this kernel's types put it: `+208`. */
const placed = (shown: string, known: Known): string => shown.replace(/\{([^}]+)\}/g, (_, members: string) => {
  const sum = [...members.matchAll(/([+-]?)(\w+)\.(\w+)/g)].reduce((total, [, sign, struct = '', member = '']) => {
    const offset = known.members(struct).get(member);
    if (offset === undefined) throw new ModelError('no-recipe', `struct ${struct} has no member ${member}`, { at: known.kernel, hint: 'probes can be derived for v6.1 to v6.12' });
    return sign === '-' ? total - offset : total + offset;
  }, 0);
  return sum < 0 ? String(sum) : `+${sum}`;
});

function linesOf({ event, on, unless, shows, returns, calls, module: its }: Probe, known: Known): string[] {
  const { symbols } = known;
  if (unless !== undefined && symbols.has(unless)) return [];
  const module = its === undefined ? '' : symbols.moduleOf(on[0] ?? '');
  const function_ = its === undefined ? on.find((name) => symbols.has(name)) : module === undefined ? undefined : on[0];
  if (function_ === undefined) return calls === undefined ? [`# absent: ${on.join(' or ')}`] : [];
  const fields = shows.map((shown) => ` ${placed(shown, known)}`).join('');
  if (calls !== undefined) {
    const sites = known.sites(function_, calls);
    return sites.length === 0 ? [`# no call of ${calls} in ${function_}`] : sites.map((site) => `p:lab/${event} ${function_}+0x${site.toString(16)}${fields}`);
  }
  const place = module === '' || module === undefined ? function_ : `${module}:${function_}`;
  return [`p:lab/${event} ${place}${fields}`, ...(returns === undefined ? [] : [`r:lab/${event}_ret ${place}${returns === '' ? '' : ` ret=$retval:${returns}`}`])];
}

/** @throws {ModelError} `no-recipe`: the types of this kernel lack what every probe needs. */
export const recipeOf = (known: Known): string[] =>
  [`# kprobe events for ${known.kernel}`, `# bus notifier actions: ${actions(known)}`, `# uevent actions: ${uevents(known)}`, ...probes.flatMap((probe) => linesOf(probe, known))];

const events = ['ADD_DEVICE', 'DEL_DEVICE', 'REMOVED_DEVICE', 'BIND_DRIVER', 'BOUND_DRIVER', 'UNBIND_DRIVER', 'UNBOUND_DRIVER', 'DRIVER_NOT_BOUND'];

/** Before v6.3 these were macros, counted from 1; as an enum they count from 0. */
function actions(known: Known): string {
  const numbers = known.constants('bus_notifier_event');
  return events.map((event, index) => `${numbers.get(`BUS_NOTIFY_${event}`) ?? index + 1}=${event}`).join(' ');
}

const uevents = (known: Known): string =>
  [...known.constants('kobject_action')].filter(([name]) => /^KOBJ_(ADD|REMOVE|CHANGE|BIND|UNBIND)$/.test(name)).map(([name, value]) => `${value}=${name}`).join(' ');
