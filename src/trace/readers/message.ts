/**
 * What drivers/base/dd.c prints, with dynamic debug, in a kernel log.
 *
 *     bus: 'pci': really_probe: probing driver told with device 0000:02:00.2            6.1
 *     pci 0000:02:00.2: bus: 'pci': really_probe: probing driver told with device       6.12
 *     told: probe of 0000:02:00.2 failed with error -5                                  6.1, a warning
 *     told 0000:02:00.2: probe with driver told failed with error -5                    6.12, an error
 *
 * Nothing is printed for an unbind, nor for a bind that `dma_configure` refused.
 */
import type { Fields } from '../body.ts';
import type { Names } from './names.ts';

/** A message, and whether it is there without dynamic debug. */
export interface Message {
  readonly pid: number;
  readonly fields: Fields;
  readonly always: boolean;
}

/** With the device as prefix (6.12), or in the sentence (6.1). */
const probing = /(?:(\S+): )?bus: '([^']*)': (__driver_probe_device|really_probe): (matched|probing|bound) (.*)$/;
const sentence = /^device(?: (\S+))? (?:with|to) driver (.+)$|^driver (.+) with device(?: (\S+))?$/;
const listed = /(?:(\S+): )?driver: '([^']*)': driver_bound: bound to device(?: '([^']*)')?$/;
const failed = /(\S+): probe with driver (.+) (failed with error|rejects match) (-?\d+)$|(?:^|\] |: )([^:\]]+): probe of (\S+) (failed with error|rejects match) (-?\d+)$/;
const defers = /(\S+): Driver (.+) requests probe deferral$/;
const deferral = /(\S+): (Added to deferred list|Removed from deferred list|Retrying from deferred list)$/;
const quick = /probe|driver_bound|deferred list/;

/** Reads the messages of one log: some name no bus, and mean the device that an earlier one named. */
export class Messages {
  readonly #names: Names;
  /** The bus on which a driver was last matched with a device of that name. */
  readonly #matched = new Map<string, string>();

  constructor(names: Names) {
    this.#names = names;
  }

  read(text: string): Message | null {
    if (!quick.test(text)) return null;
    return this.#probing(text) ?? this.#bound(text) ?? this.#failed(text) ?? this.#deferral(text);
  }

  #message(message: string, device: string, named: string | undefined, more: Fields, always = false): Message {
    const { dev, bus, pid } = this.#names.of(device, named);
    return { pid, fields: { message, dev, bus, ...more }, always };
  }

  #probing(text: string): Message | null {
    const [, prefix, bus = '', , verb = '', rest = ''] = probing.exec(text) ?? [];
    if (bus === '') return null;
    const [, of, driver, drv = driver ?? '', inside = of] = sentence.exec(rest) ?? [];
    const device = inside ?? prefix;
    if (device === undefined || drv === '') return null;
    this.#matched.set(`${device} ${drv}`, bus);
    return this.#message(verb, device, bus, { drv });
  }

  #busOf(device: string, driver: string): string | undefined {
    return this.#matched.get(`${device} ${driver}`);
  }

  #bound(text: string): Message | null {
    const [, prefix, drv = '', device = prefix] = listed.exec(text) ?? [];
    return device === undefined ? null : this.#message('driver_bound', device, this.#busOf(device, drv), { drv });
  }

  #failed(text: string): Message | null {
    const [, of, with_, how12, ret12, drv6, of6, how6, ret6] = failed.exec(text) ?? [];
    const [device, drv, how, ret] = [of ?? of6, with_ ?? drv6, how12 ?? how6, ret12 ?? ret6];
    if (device !== undefined && drv !== undefined && how !== undefined)
      return this.#message('probe', device, this.#busOf(device, drv), { drv, ret: Number(ret), as: how }, how === 'failed with error');
    const [, asked, driver = ''] = defers.exec(text) ?? [];
    return asked === undefined ? null : this.#message('probe', asked, this.#busOf(asked, driver), { drv: driver, ret: -517, as: 'requests probe deferral' });
  }

  #deferral(text: string): Message | null {
    const [, device, what] = deferral.exec(text) ?? [];
    return device === undefined || what === undefined ? null : this.#message(what, device, undefined, {});
  }
}
