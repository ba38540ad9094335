/**
 * Of which spoiled twins no judge can know that they are spoiled: because what was changed is nothing that the charts say
 * anything about, or because the kernel could have recorded exactly this.
 *
 * Each rule is a reason; docs/explanation/what-a-trace-cannot-show.md explains them and counts them.
 */
import { ioctls } from '../../machines/tracepoints.ts';
import { operationOf } from './command.ts';
import { outermost } from './judge.ts';
import type { Item, TraceLine } from './line.ts';
import { isLockedLine, type Spoil } from './spoil.ts';

export const reasons = {
  unjudged: 'the line is about something that the charts do not have',
  first: 'the first line of a task: what it is inside of may have begun before the recording',
  neverAtRest: 'a task that has not been seen at rest: it may be inside a call that began before the recording',
  last: 'the last line of a task: it may still be there',
  idle: 'a worker that finds nothing to do shows nothing else',
  failedClaim: 'the owner of a claim that fails is stored nowhere',
  shownOnce: 'an error that no other line repeats',
  unused: 'a result that nothing later depends on',
  firstSight: 'the first line that tells of an object is believed',
  earlier: 'a driver may have been registered before the recording',
  unreached: 'the system call may fail before it reaches the function',
  unlocked: 'read without the lock while others may change it',
  sections: 'not every function that changes the value is on record',
} as const;

export type Reason = keyof typeof reasons;

const pci = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const comings = new Set(['device_add', 'device_del', 'driver_deferred_probe_del', 'iommu_probe_device', 'iommu_release_device', 'iommu_deinit_device', 'iommu_group_remove_device']);
const sections = ['iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_claim_dma_owner', 'iommu_group_release_dma_owner'];

/** Functions that leave dev->links.status in a known state. */
const isLinksLine = new Set(['device_links_check_suppliers', 'device_links_driver_bound', 'device_links_no_driver', 'device_links_driver_cleanup']);

const plain = (symbol: string): string => symbol.replace(/\.\w+\.\d+$/, '');

/** Why no judge can refuse the twin; null where the charts determine that it is wrong. */
export function undetermined(items: readonly Item[], recorded: (function_: string, place: 'entry' | 'locked' | 'return') => boolean = () => true): (spoil: Spoil) => Reason | null {
  const events = items.filter((item) => item.kind === 'event');
  const byLine = new Map(events.map((event) => [event.line, event]));
  const unjudged = unjudgedLines(events);
  const byTask = new Map<number, TraceLine[]>();
  for (const event of events) if (!unjudged.has(event.line)) byTask.set(event.pid, [...(byTask.get(event.pid) ?? []), event]);
  const taskOf = (event: TraceLine): readonly TraceLine[] => byTask.get(event.pid) ?? [];
  const after = (event: TraceLine, test: (other: TraceLine) => boolean): TraceLine | undefined => taskOf(event).find((other) => other.line > event.line && test(other));
  const showsSections = sections.every((name) => recorded(name, 'locked'));
  const showsLinks = recorded('device_links_driver_bound', 'entry') && recorded('device_links_no_driver', 'entry') && recorded('device_add', 'entry');

  return (spoil) => {
    const event = byLine.get(spoil.line) as TraceLine;
    const task = taskOf(event);
    const at = task.indexOf(event);
    const symbol = plain(event.symbol);
    const { fields, mark } = event;
    if (unjudged.has(event.line) && spoil.kind !== 'uevent action') return 'unjudged';
    if (spoil.kind === 'lines swapped' && spoil.edits.some((edit) => unjudged.has(edit.at + 1))) return 'unjudged';
    const isOrder = spoil.kind === 'line dropped' || spoil.kind === 'lines swapped';
    if (isOrder && at === 0) return 'first';
    if (spoil.kind === 'line dropped' && at === task.length - 1) return 'last';
    if ((isOrder || spoil.kind === 'line doubled') && !seenAtRest(task.slice(0, at))) return 'neverAtRest';
    if (spoil.kind === 'line dropped' && symbol === 'deferred_probe_work_func' && plain(task[at + 1]?.symbol ?? '') !== '__driver_probe_device') return 'idle';
    switch (spoil.kind) {
      case 'owner of a claim':
        return after(event, (other) => other.returns && other.symbol === event.symbol)?.fields['ret'] === 0 ? null : 'failedClaim';
      case 'ret: another error': {
        const errno = Math.abs(Number(fields['ret']));
        const repeats = (other: TraceLine | undefined) => other !== undefined && Math.abs(Number(other.fields['ret'] ?? other.mark?.ret ?? 0)) === errno;
        return repeats(task[at - 1]) || repeats(task[at + 1]) ? null : 'shownOnce';
      }
      case 'ret: success to error':
      case 'ret: error to success': {
        if (symbol !== 'iommu_probe_device') return null;
        const { dev } = task[at - 1]?.fields ?? {};
        const later = events.find((other) => other.line > event.line && other.fields['dev'] === dev && (other.fields['grp'] !== undefined || plain(other.symbol) === 'device_del'));
        return later?.fields['grp'] === undefined ? 'unused' : null;
      }
      case 'notifier action': {
        // Off PCI, joining and leaving a bus is passed over, and a notice that is missing may be one that the recorder leaves out.
        const action = Number(/becomes (\d)/.exec(spoil.what)?.[1]) - (symbol === 'bus_notify' ? 0 : 1);
        return !pci.test(String(fields['dev'])) && action >= 0 && action <= 2 ? 'unjudged' : null;
      }
      case 'domain under the lock': {
        const sameGroup = events.filter((other) => isLockedLine(other) && other.fields['g'] === fields['g']);
        return sameGroup[0] === event ? 'firstSight' : null;
      }
      case 'owner_cnt under the lock':
      case 'owner under the lock': {
        const isFirst = !events.some((other) => other.line < event.line && isLockedLine(other) && other.fields['g'] === fields['g']);
        return isFirst && !showsSections ? 'sections' : null;
      }
      case 'owner_cnt at an entry':
      case 'owner at an entry': {
        const isFirst = !events.some((other) => other.line < event.line && isLockedLine(other) && other.fields['g'] === fields['g']);
        if (isFirst && !showsSections) return 'sections';
        return othersInside(events, event) ? 'unlocked' : null;
      }
      case 'group':
        // What a group whose members no line has named answers is not judged.
        return symbol === 'iommu_group_store_type' ? 'unjudged' : null;
      case 'driver_managed_dma': {
        const isOnly = !events.some((other) => other !== event && other.fields['cur'] === fields['cur'] && other.fields['managed'] !== undefined);
        return isOnly && after(event, (other) => other.returns && other.symbol === event.symbol)?.fields['ret'] !== 0 ? 'unused' : null;
      }
      case 'device':
      case 'driver':
        // A call for another one may have been given up unseen, and the rest belong to an older call.
        if (symbol === '__driver_probe_device' && !event.returns && !seenAtRest(task.slice(0, at))) return 'neverAtRest';
        return spoil.kind === 'driver' && symbol === 'driver_register' ? 'earlier' : null;
      case 'user: another result': {
        const ret = Number(/becomes (-?\d+)/.exec(spoil.what)?.[1]);
        const showsNothing = task[at - 1]?.mark?.kind === 'begin';
        return showsNothing && [-2, -6, -13].includes(ret) && mark !== null ? 'unreached' : null;
      }
      case 'links status': {
        if (!showsLinks) return 'sections';
        const told = events.findLast((other) => other.line < event.line && other.fields['dev'] === fields['dev'] &&
          (isLinksLine.has(plain(other.symbol)) || (plain(other.symbol) === 'device_add' && !other.returns && other.offset <= 4)));
        if (told === undefined || !isLinksLine.has(plain(told.symbol))) return 'firstSight';
        return symbol === 'device_release_driver_internal' && othersInside(events, event) ? 'unlocked' : null;
      }
      default:
        return null;
    }
  };
}

/** Lines about devices without a bus that is judged, operations that are no entry point, texts. */
function unjudgedLines(events: readonly TraceLine[]): Set<number> {
  const found = new Set<number>();
  const open = new Map<number, { readonly symbol: string; readonly isUnjudged: boolean }[]>();
  for (const event of events) {
    const { line, pid, fields, mark, returns } = event;
    const symbol = plain(event.symbol);
    if (mark !== null) {
      if (mark.kind === 'note' || mark.id === '' || operationOf(mark.op).kind === 'other') found.add(line);
      continue;
    }
    const stack = open.get(pid) ?? [];
    open.set(pid, stack);
    if (returns) {
      const at = stack.findLastIndex((call) => call.symbol === symbol);
      if (at >= 0 && stack.splice(at)[0]?.isUnjudged === true) found.add(line);
      continue;
    }
    const { dev, cmd } = fields;
    const isIoctl = symbol.endsWith('_fops_unl_ioctl') && ioctls[Number(cmd)] === undefined;
    const notice = symbol === 'bus_notify' ? Number(fields['action']) : symbol === 'blocking_notifier_call_chain' ? Number(fields['action']) - 1 : 9;
    // BUS_NOTIFY_ADD_DEVICE, DEL_DEVICE, REMOVED_DEVICE.
    const isDevice = typeof dev === 'string' && !pci.test(dev) && (comings.has(symbol) || notice < 3);
    if (isIoctl || isDevice) found.add(line);
    if (event.offset <= 4) stack.push({ symbol, isUnjudged: isIoctl || isDevice });
  }
  return found;
}

/** The task has been in user space or at the start of a worker, or its first line begins what nothing else on record calls. */
function seenAtRest(before: readonly TraceLine[]): boolean {
  const [first] = before;
  return before.some(({ mark, symbol }) => mark !== null || symbol === 'deferred_probe_work_func') || (first !== undefined && !first.returns && outermost.has(plain(first.symbol)));
}

/** Another task is inside an operation, as far as the lines show: its last line before does not end it, or it goes on right behind. */
function othersInside(events: readonly TraceLine[], event: TraceLine): boolean {
  const seen = new Set<number>([event.pid]);
  for (let at = events.indexOf(event) - 1; at >= 0; at--) {
    const other = events[at] as TraceLine;
    if (seen.has(other.pid)) continue;
    seen.add(other.pid);
    if (other.mark !== null ? other.mark.kind === 'begin' && other.mark.id !== '' && operationOf(other.mark.op).kind !== 'other' : !other.returns && plain(other.symbol) !== 'deferred_probe_work_func') return true;
    if (other.returns && events.some((next) => next.line > event.line && next.pid === other.pid && next.mark?.kind !== 'begin')) return true;
  }
  return false;
}
