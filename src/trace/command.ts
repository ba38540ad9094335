/**
 * What the user did, from the marks that a recorder's helper writes around each system call: which entry point of the
 * model it is. Operations that touch no chart (sleep, a module parameter) have none.
 */
import type { Said } from '../../machines/chart.ts';

export type Operation =
  | { readonly kind: 'entry'; readonly entry: string; readonly command: Said; readonly device?: string; readonly driver?: string; readonly group?: number }
  | { readonly kind: 'vfio'; readonly op: string; readonly slot: string; readonly rest: string }
  | { readonly kind: 'other' };

const write = /^write (\S+) '(.*)'$/;
const file = /^\/sys\/bus\/([^/]+)\/(?:drivers\/([^/]+)\/(bind|unbind)|(drivers_probe)|devices\/([^/]+)\/(driver_override))$/;
const typeFile = /^\/sys\/kernel\/iommu_groups\/(\d+)\/type$/;

/** Operations on VFIO's files, as the helper words them: `gopen:g:8`, `setc:g:c`, `dev:d:g:0000:02:00.1`. */
const vfioOps = new Set(['copen', 'gopen', 'gstatus', 'setc', 'unsetc', 'setiommu', 'dev', 'close']);

export function operationOf(op: string): Operation {
  const written = write.exec(op);
  if (written === null) {
    const [verb = '', slot = ''] = op.split(':', 2);
    return vfioOps.has(verb) ? { kind: 'vfio', op: verb, slot, rest: op.slice(verb.length + slot.length + 2) } : { kind: 'other' };
  }
  const [, path = '', value = ''] = written;
  const group = typeFile.exec(path)?.[1];
  if (group !== undefined)
    return { kind: 'entry', entry: 'group_store_type', group: Number(group), command: { type: 'group_store_type', group: `group:${group}` } };
  const [, bus, driver, verb, probe, device, override] = file.exec(path) ?? [];
  if (bus === undefined) return { kind: 'other' };
  if (verb === 'bind' && driver !== undefined)
    return { kind: 'entry', entry: 'bind_store', device: value, driver, command: { type: 'bind_store', device: value, driver } };
  if (verb === 'unbind' && driver !== undefined)
    return { kind: 'entry', entry: 'unbind_store', device: value, driver, command: { type: 'unbind_store', device: value, driver } };
  if (probe !== undefined)
    return { kind: 'entry', entry: 'drivers_probe_store', device: value, command: { type: 'drivers_probe_store', device: value } };
  if (override !== undefined && device !== undefined) {
    const name = value.trim();
    return {
      kind: 'entry', entry: 'driver_override_store', device,
      command: { type: 'driver_override_store', device, driver_override: name === '' || name === '\\n' ? null : name },
    };
  }
  return { kind: 'other' };
}

/** Whether the type that is written to a group's file is the one that the group has, nobody says: what follows shows it. */
export const typesOf = (command: Said): Said[] => (command.type === 'group_store_type' ? [command, { ...command, same: 'true' }] : [command]);

/** `write to uio_pci_generic/bind of 0000:00:05.0`, for people. */
export const wordsOf = (op: string): string => {
  const [, path = '', value = ''] = write.exec(op) ?? [];
  return path === '' ? op : `write of ${value === '' ? 'nothing' : value} to ${path.split('/').slice(-2).join('/')}`;
};

/** The device that an operation names: in a write, or in `dev:d:g:0000:02:00.1`. */
export function deviceOf(operation: Operation): string | undefined {
  if (operation.kind === 'entry') return operation.device;
  return operation.kind === 'vfio' && operation.op === 'dev' ? operation.rest.slice(operation.rest.indexOf(':') + 1) : undefined;
}
