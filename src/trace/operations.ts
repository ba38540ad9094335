/** Operations that a recording's marks speak of, as commands of the charts' threads. */
import type { Address, Said } from '../../machines/chart.ts';
import type { Mark } from './body.ts';
import { deviceOf, type Operation } from './command.ts';
import type { Knowledge } from './knowledge.ts';
import type { State } from './state.ts';

/** Who begins an operation in a state, and by which command; null where the charts do not follow it. */
export function startedBy(knowledge: Knowledge, pid: number, operation: Operation, state: State): { thread: Address; command: Said } | null {
  if (operation.kind === 'entry' && operation.group !== undefined && !knowledge.knowsMembers(`group:${operation.group}`, state)) return null;
  if (operation.kind === 'entry') return { thread: knowledge.idleThread(operation.entry, state), command: operation.command };
  if (operation.kind === 'other') return null;
  const command = vfioCommand(knowledge, pid, operation);
  const group = command?.['group'];
  const isFollowed = typeof group !== 'string' || knowledge.knowsVfio(group.replace('vfio_', ''));
  // A container with a group that is not followed is not followed either.
  if (operation.op === 'setc' && (command === null || !isFollowed)) knowledge.abandon(pid);
  return command === null || !isFollowed ? null : { thread: knowledge.user(pid, state), command };
}

function vfioCommand(knowledge: Knowledge, pid: number, { op, slot, rest }: Operation & { kind: 'vfio' }): Said | null {
  const groupOf = (name: string) => {
    const group = knowledge.file(pid, name)?.['group'];
    return typeof group === 'string' ? { group } : null;
  };
  const onGroup = (type: string, name: string, more: Readonly<Record<string, string>> = {}) => {
    const group = groupOf(name);
    return group === null ? null : { type, ...group, ...more };
  };
  switch (op) {
    case 'copen': return { type: 'container_open' };
    case 'gopen': {
      const id = Number(rest);
      knowledge.ensureGroup(id);
      return { type: 'group_open', group: `vfio_group:${id}` };
    }
    case 'gstatus': return onGroup('group_get_status', slot);
    case 'setc': return onGroup('group_set_container', slot);
    case 'unsetc': return onGroup('group_unset_container', slot);
    case 'setiommu': return knowledge.file(pid, slot) === undefined ? null : { type: 'set_iommu' };
    case 'dev': return onGroup('group_get_device_fd', rest.slice(0, rest.indexOf(':')), { device: deviceOf({ kind: 'vfio', op, slot, rest }) ?? '' });
    case 'close': return knowledge.file(pid, slot) ?? null;
    default: return null;
  }
}

/** What files a task has after an operation on VFIO's. */
export function keepFiles(knowledge: Knowledge, pid: number, operation: Operation, mark: Mark): void {
  if (operation.kind !== 'vfio' || (mark.ret ?? -1) < 0) return;
  const { op, slot, rest } = operation;
  if (op === 'copen') knowledge.opened(pid, slot, { type: 'container_close' });
  if (op === 'gopen' && knowledge.knowsVfio(`group:${rest}`)) knowledge.opened(pid, slot, { type: 'group_close', group: `vfio_group:${rest}` });
  if (op === 'dev' && knowledge.file(pid, rest.slice(0, rest.indexOf(':'))) !== undefined) knowledge.opened(pid, slot, { type: 'device_close', device: rest.slice(rest.indexOf(':') + 1) });
  if (op === 'close') knowledge.closed(pid, slot);
}
