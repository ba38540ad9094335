/**
 * `udevadm monitor`: the kernel's uevents, with their properties (`--property`) or without.
 *
 *     KERNEL[15.292237] bind     /devices/pci0000:00/0000:00:05.0 (pci)
 *     ACTION=bind
 *     DRIVER=uio_pci_generic
 *     SEQNUM=865
 *
 * Lines of UDEV are the same events again. With properties, uevents are put in the order of their numbers; a number that is
 * missing is an event that is missing. What a program has asked for (SYNTH_UUID) is none of the kernel's.
 */
import { kobject_actions, type KobjectAction } from '../../../machines/kernel.ts';
import type { Item, TraceLine } from '../line.ts';
import { Names, shown } from './names.ts';
import type { Lines, Reader } from './reader.ts';

const heading = /^(KERNEL|UDEV) *\[(\d+\.\d+)\] +(\w+) +(\/.*) \(([^)]*)\)$/;
const property = /^([A-Z_0-9]+)=(.*)$/;
const titles = /^(?:monitor will print the received events for:|UDEV - |KERNEL - )/;

/** So many uevents may come out of order. */
const window = 64;

interface Uevent {
  readonly line: number;
  readonly text: string;
  readonly seconds: number;
  readonly action: string;
  readonly devpath: string;
  readonly subsystem: string;
  /** Null until there is one. */
  properties: Map<string, string> | null;
}

class Monitor implements Lines {
  readonly #names = new Names();
  /** The uevent whose properties may still come. */
  #open: Uevent | null = null;
  /** By number, smallest first. */
  readonly #kept: { readonly number: number; readonly uevent: Uevent }[] = [];
  #last: number | null = null;

  take(given: string, line: number): readonly Item[] {
    const text = given.replace(/\r$/, '');
    const found = heading.exec(text);
    if (found !== null) {
      const closed = this.#close();
      const [, source, seconds, action = '', devpath = '', subsystem = ''] = found;
      if (source !== 'KERNEL') return [...closed, aside(text, line)];
      this.#open = { line, text, seconds: Number(seconds), action, devpath, subsystem, properties: null };
      return closed;
    }
    if (text.trim() === '') return [...this.#close(), { kind: 'blank', line, text }];
    const [, key, value = ''] = property.exec(text) ?? [];
    // A property without a uevent is one of UDEV's.
    if (key === undefined) return [{ ...aside(text, line), ...(titles.test(text) ? {} : { kind: 'unparsed' as const }) } as Item];
    if (this.#open !== null) (this.#open.properties ??= new Map()).set(key, value);
    return [aside(text, line)];
  }

  #close(): Item[] {
    const uevent = this.#open;
    this.#open = null;
    if (uevent === null) return [];
    const number = Number(uevent.properties?.get('SEQNUM') ?? Number.NaN);
    if (Number.isNaN(number)) return [this.#item(uevent)];
    let at = this.#kept.length;
    while (at > 0 && (this.#kept[at - 1]?.number ?? 0) > number) at--;
    this.#kept.splice(at, 0, { number, uevent });
    return this.#kept.length > window ? this.#next() : [];
  }

  #next(): Item[] {
    return this.#kept.splice(0, 1).flatMap(({ number, uevent }) => {
      const missing = this.#last === null ? 0 : number - this.#last - 1;
      this.#last = Math.max(number, this.#last ?? number);
      const { line, text } = uevent;
      return [...(missing > 0 ? [{ kind: 'lost' as const, line, text, cpu: -1, count: missing }] : []), this.#item(uevent)];
    });
  }

  #item({ line, text, seconds, action, devpath, subsystem, properties }: Uevent): Item {
    const number = kobject_actions.indexOf(`KOBJ_${action.toUpperCase()}` as KobjectAction);
    if (number < 0 || properties?.has('SYNTH_UUID') === true) return aside(text, line);
    const { dev, pid } = this.#names.of(devpath.slice(devpath.lastIndexOf('/') + 1), subsystem);
    const driver = properties?.get('DRIVER');
    const fields: { [name: string]: TraceLine['fields'][string] } = { dev, action: number, bus: subsystem };
    if (action === 'bind' && driver !== undefined) fields['drv'] = driver;
    if (properties !== null) fields['seqnum'] = Number(properties.get('SEQNUM') ?? 0);
    return shown({ line, text, seq: seconds }, pid, 'kobject_uevent', fields);
  }

  end(): readonly Item[] {
    const items = this.#close();
    while (this.#kept.length > 0) items.push(...this.#next());
    return items;
  }

  get since(): number {
    return this.#kept.reduce((least, { uevent }) => Math.min(least, uevent.line), this.#open?.line ?? Infinity);
  }
}

const aside = (text: string, line: number): Item => ({ kind: 'header', line, text, tracer: '', release: '' });

export const udevadm: Reader = { format: 'udevadm', knows: (text) => heading.test(text) || text.startsWith('monitor will print the received events for:'), open: () => new Monitor() };
