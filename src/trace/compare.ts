/**
 * Does a line of the trace say what a label says? Field by field, wherever the trace shows a value.
 */
import { deviceAt, groupAt, nameOf } from '../../machines/address.ts';
import { EAGAIN, ENODEV, ENXIO, EPROBE_DEFER, kobject_actions, notifiers, unknown } from '../../machines/kernel.ts';
import { ioctls } from '../../machines/tracepoints.ts';
import type { System } from '../world/world.ts';
import { tokenOf, type State } from './state.ts';
import { word, type Label } from './label.ts';
import type { TraceLine } from './line.ts';

/** dev->links.status (enum dl_dev_state) at the probes that show it; leftovers of a deferred probe stay at 1. */
const linkStates: Readonly<Record<string, readonly number[]>> = {
  really_probe: [0, 1], device_links_check_suppliers: [0, 1], driver_bound: [1], device_links_driver_bound: [1],
  device_links_no_driver: [1], device_links_driver_cleanup: [3], device_release_driver_internal: [0, 1, 2, 3],
};

/** How call_driver_probe() words a failure. */
const failures: ReadonlyMap<number, string> = new Map([[-EPROBE_DEFER, 'requests probe deferral'], [-ENODEV, 'rejects match'], [-ENXIO, 'rejects match']]);

/** Stands for an errno that no probe has shown yet (MAX_ERRNO of include/linux/err.h, which is none). */
export const anyErrno = 4095;

const sameRet = (mine: number, theirs: number): boolean =>
  mine === theirs || (Math.abs(mine) === anyErrno && Math.sign(mine) === Math.sign(theirs) && ![EPROBE_DEFER, EAGAIN].includes(Math.abs(theirs)));

export interface Sight {
  /** The value of BUS_NOTIFY_ADD_DEVICE in the line. */
  readonly first: number;
  readonly system: System;
  readonly state: State;
  readonly pid: number;
  /** The group's fields have been seen under its lock. */
  readonly isSettled: (group: string) => boolean;
}

/** Null when they agree, else the first field that does not, with what the model has there. */
export function compare(label: Label, line: TraceLine, sight: Sight): string | null {
  const { fields } = line;
  const { args } = label;
  for (const [field, value] of Object.entries(fields)) {
    const wrong = check(field, value, label, args, line, sight);
    if (wrong !== null) return `${field}=${wrong}`;
  }
  return null;
}

function check(field: string, value: string | number | null, label: Label, args: Label['args'], line: TraceLine, sight: Sight): string | null {
  const { says, at, after } = label;
  switch (field) {
    case 'dev':
      return typeof args['device'] !== 'string' || args['device'] === value ? null : args['device'];
    case 'drv':
      return args['driver'] === undefined || args['driver'] === value ? null : word(args['driver']);
    case 'cur':
      return current(value, label, sight);
    case 'ret':
      if (args['fd'] === true) return typeof value === 'number' && value >= 0 ? null : '(a file descriptor)';
      // A write that is done returns how much was written.
      if (says === 'iommu_group_store_type' && args['ret'] === 0) return Number(value) > 0 ? null : '(bytes written)';
      return typeof args['ret'] !== 'number' || sameRet(args['ret'], Number(value)) ? null : String(args['ret']);
    case 'action': {
      const name = says === 'kobject_uevent' ? kobject_actions[Number(value)] : notifiers[Number(value) - sight.first];
      return name === args['action'] ? null : word(args['action']);
    }
    case 'message':
      return args['message'] === value ? null : word(args['message']);
    case 'as': {
      const said = failures.get(Number(line.fields['ret'])) ?? 'failed with error';
      return said === value ? null : said;
    }
    case 'bus':
      return args['bus'] === undefined || args['bus'] === value || args['bus'] === unknown ? null : word(args['bus']);
    case 'managed':
      return typeof args['managed'] !== 'boolean' || Number(args['managed']) === value ? null : String(Number(args['managed']));
    case 'cmd':
      return ioctls[Number(value)] === args['cmd'] ? null : word(args['cmd']);
    case 'dl':
      return linkStates[says]?.includes(Number(value)) === false ? String(linkStates[says]) : null;
    case 'g':
      return group(value, label, line, sight);
    case 'oc':
      return count(Number(value), label, sight, line);
    case 'ow':
      return owner(value !== '0x0' && value !== 0, label, sight, line);
    case 'dom': {
      if (at !== 'locked' || after === null) return null;
      const isDefault = value === line.fields['ddom'];
      return isDefault === (after.context['domain'] === 'default') ? null : String(after.context['domain']);
    }
    default:
      return null;
  }
}

/** dev->driver: at most probes what the thread itself has stored, at a release or removal what anybody has. */
function current(value: string | number | null, { says, args }: Label, sight: Sight): string | null {
  if (says === 'really_probe') return value === null ? null : '(fault)';
  if (says === 'device_release_driver_internal' || says === 'device_del') {
    const { system, state: { world } } = sight;
    const { value: states, context } = system.local(world, deviceAt(word(args['device'])));
    const locked = typeof states === 'object' && states['device_lock'] === 'locked';
    return locked || context['driver'] === unknown || context['driver'] === value ? null : word(context['driver'] ?? '(fault)');
  }
  return args['driver'] === undefined || args['driver'] === value ? null : word(args['driver'] ?? '(fault)');
}

function groupOf({ says, group: under, args }: Label, { system, state: { world } }: Sight): string | null {
  if (under !== null) return under;
  if (typeof args['group'] === 'string') return args['group'];
  if (typeof args['device'] !== 'string' || says === 'iommu_probe_device') return null;
  const group = system.local(world, deviceAt(args['device'])).context['iommu_group'];
  return typeof group === 'string' ? group : null;
}

function group(value: string | number | null, label: Label, line: TraceLine, sight: Sight): string | null {
  if (line.fields['grp'] === '0x0') return groupOf(label, sight) === null ? null : `(none)`;
  const at = groupOf(label, sight);
  return at === null || !at.startsWith('group:') || at === groupAt(Number(value)) ? null : nameOf(at);
}

/** Without the lock a value is only telling when nobody else is inside an operation on the group. */
function settled(group: string, { system, state, pid }: Sight): boolean {
  for (const { pid: other, frames } of state.tasks) {
    if (other === pid) continue;
    const thread = frames.at(-1)?.thread;
    if (thread === null || thread === undefined) continue;
    const token = tokenOf(system, state.world, thread);
    const flight = state.world.flight[token];
    if (flight?.to === group) return false;
    if ((frames.at(-1)?.expect ?? []).some((label) => label.group === group)) return false;
  }
  return true;
}

function fieldsOf(label: Label, sight: Sight, line: TraceLine): Readonly<Record<string, unknown>> | null {
  if (line.fields['grp'] === '0x0') return null;
  if (label.at === 'locked') return label.after?.context ?? null;
  const at = groupOf(label, sight);
  if (at === null || !sight.system.has(at) || !sight.isSettled(at) || !settled(at, sight)) return null;
  return sight.system.local(sight.state.world, at).context;
}

function count(value: number, label: Label, sight: Sight, line: TraceLine): string | null {
  if (typeof label.args['owner_cnt'] === 'number') return label.args['owner_cnt'] === value ? null : String(label.args['owner_cnt']);
  const context = fieldsOf(label, sight, line);
  return context === null || context['owner_cnt'] === value ? null : String(context['owner_cnt']);
}

function owner(owned: boolean, label: Label, sight: Sight, line: TraceLine): string | null {
  if (typeof label.args['owned'] === 'boolean') return label.args['owned'] === owned ? null : label.args['owned'] ? '(an owner)' : '0x0';
  const context = fieldsOf(label, sight, line);
  if (context === null) return null;
  return (context['owner'] !== null) === owned ? null : context['owner'] === null ? '0x0' : word(context['owner']);
}
