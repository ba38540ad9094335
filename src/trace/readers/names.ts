/**
 * Devices in recordings that name no task. The steps of one device come one after the other, under its lock, so each device
 * stands for a task of its own there.
 */
import { unknown } from '../../../machines/kernel.ts';
import type { Fields } from '../body.ts';
import type { TraceLine } from '../line.ts';

/** A line that nobody is known to have caused has such a pid. */
export const isNobody = (pid: number): boolean => pid < 0;

/** Tells devices of one name on several buses apart: the first keeps its name, but on PCI, where all do. */
export class Names {
  readonly #buses = new Map<string, string>();
  readonly #pids = new Map<string, number>();

  /** Its name, its bus, and its task. `bus` undefined: the first that was named with it. */
  of(device: string, bus: string | undefined): { readonly dev: string; readonly bus: string; readonly pid: number } {
    const known = this.#buses.get(device) ?? (/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(device) ? 'pci' : bus);
    if (known !== undefined) this.#buses.set(device, known);
    const dev = bus === undefined || bus === known ? device : `${bus}:${device}`;
    const pid = this.#pids.get(dev) ?? -1 - this.#pids.size;
    this.#pids.set(dev, pid);
    return { dev, bus: bus ?? known ?? unknown, pid };
  }
}

/** An event without a task, of a function that sends uevents or prints. */
export const shown = (at: Pick<TraceLine, 'line' | 'text' | 'seq'>, pid: number, event: 'kobject_uevent' | 'printk', fields: Fields): TraceLine => ({
  kind: 'event', ...at, comm: '?', pid, cpu: -1, unit: 'seconds', event, symbol: event, offset: 0, caller: '', returns: false, fields, mark: null,
});
