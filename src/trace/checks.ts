/**
 * What a recording must agree on with itself, where the charts have no say: pointers of owners, flags of drivers, the status of a
 * device's links, who sends which uevent.
 */
import type { Address } from '../../machines/chart.ts';
import { kobject_actions } from '../../machines/kernel.ts';
import type { Place } from '../../machines/tracepoints.ts';
import type { Seen } from './explain.ts';
import type { Knowledge } from './knowledge.ts';
import type { TraceLine } from './line.ts';

/** Why a line cannot be, and what could be there. */
export interface Wrong {
  readonly reason: string;
  readonly possible: readonly string[];
}

/** Which uevents a function sends. */
const uevents: Readonly<Record<string, readonly string[]>> = {
  device_add: ['KOBJ_ADD', 'KOBJ_REMOVE'], device_del: ['KOBJ_REMOVE'], driver_bound: ['KOBJ_BIND'], device_release_driver_internal: ['KOBJ_UNBIND'],
};

/** With all of these on record, the status of a device's links is known. */
const linkWords = ['device_links_check_suppliers return', 'device_links_driver_bound entry', 'device_links_no_driver entry',
      'device_links_driver_cleanup entry', 'device_add entry',
      'really_probe return', 'device_release_driver_internal return'];

export class Checks {
  readonly #knowledge: Knowledge;
  readonly #showsLinks: boolean;
  readonly #showsSections: boolean;
  readonly #showsAdding: boolean;
  /** Devices that a task is adding, and whether that has failed. */
  readonly #adding = new Map<number, readonly { readonly device: string; fails: boolean }[]>();
  readonly #managed = new Map<string, number>();
  /** Owner that a task's claim is for. */
  readonly #claims = new Map<number, string>();
  /** dev->links.status by device, as the functions that change it leave it. */
  readonly #links = new Map<string, number>();
  readonly #checking = new Map<number, string>();
  /** Devices whose probe or release a task is in. */
  readonly #linksIn = new Map<number, readonly string[]>();

  constructor(knowledge: Knowledge, words: ReadonlySet<string>, showsSections: boolean) {
    this.#showsSections = showsSections;
    this.#showsAdding = words.has('device_add return');
    this.#knowledge = knowledge;
    this.#showsLinks = linkWords.every((word) => words.has(word));
  }

  /** Nothing is known any more, but for the drivers' flags. */
  forget(): void {
    for (const known of [this.#claims, this.#links, this.#checking, this.#linksIn, this.#adding]) known.clear();
  }

  /** The owner's pointer is the one of the last claim. */
  owner({ line, says, at }: Seen, group: Address | null): Wrong | null {
    const { fields, pid } = line;
    if (at === 'entry' && typeof fields['owner'] === 'string') this.#claims.set(pid, fields['owner']);
    if (at === 'return' && says.endsWith('_claim_dma_owner')) this.#claims.delete(pid);
    if (at === 'entry' && group !== null) return this.#maybeOwner(line, says, group);
    if (at !== 'locked' || group === null || typeof fields['ow'] !== 'string') return null;
    const pointer = fields['ow'] === '0x0' ? null : fields['ow'];
    const known = this.#knowledge.ownerOf(group);
    const claimed = says.endsWith('_claim_dma_owner') ? this.#claims.get(pid) : undefined;
    if (pointer !== null && known !== null && pointer !== known && pointer !== claimed) {
      return { reason: `${says} leaves owner ${pointer}, but the group was claimed for ${known}`, possible: [`ow=${known}`] };
    }
    if (pointer !== null && known === null && claimed !== undefined && pointer !== claimed) {
      return { reason: `${says} leaves owner ${pointer}, but the claim is for ${claimed}`, possible: [`ow=${claimed}`] };
    }
    this.#knowledge.setOwner(group, pointer);
    return null;
  }

  /** Read without the lock, an owner is the one that is known, or one whose claim is under way. */
  #maybeOwner({ fields }: TraceLine, says: string, group: Address): Wrong | null {
    const { ow } = fields;
    const known = this.#knowledge.ownerOf(group);
    if (known === null || typeof ow !== 'string' || ow === '0x0' || fields['grp'] === '0x0' || !this.#showsSections) return null;
    if (ow === known || [...this.#claims.values()].includes(ow)) return null;
    return { reason: `${says} reads owner ${ow}, but the group was claimed for ${known}`, possible: [`ow=${known}`] };
  }

  /** Each function sends its own uevent, whatever the device; of device_add() that is REMOVE where it fails. */
  uevent({ line, says, at }: Seen): Wrong | null {
    const { pid, symbol, fields } = line;
    if (says === 'device_add' && this.#showsAdding) return this.#added(line, at);
    if (says !== 'kobject_uevent') return null;
    const own = uevents[symbol];
    const action = kobject_actions[Number(fields['action'])] ?? 'another action';
    const adding = symbol === 'device_add' && action === 'KOBJ_REMOVE' ? this.#adding.get(pid)?.at(-1) : undefined;
    if (adding !== undefined && adding.device === fields['dev']) adding.fails = true;
    if (own === undefined || own.includes(action)) return null;
    return { reason: `${symbol} sends ${action}`, possible: own };
  }

  /** A device that was taken back before it was there has not been added. */
  #added({ pid, fields }: TraceLine, at: Place): Wrong | null {
    const adding = this.#adding.get(pid) ?? [];
    if (at === 'entry') this.#adding.set(pid, [...adding.slice(-16), { device: String(fields['dev']), fails: false }]);
    else this.#adding.set(pid, adding.slice(0, -1));
    const last = adding.at(-1);
    if (at !== 'return' || last?.fails !== true || fields['ret'] !== 0) return null;
    return { reason: `device_add of ${last.device} succeeds, but it sent KOBJ_REMOVE`, possible: ['device_add.ret with an error'] };
  }

  /** dev->links.status changes in functions that are all on record: at the entry of a probe, or of a release that is alone, it is known. */
  links({ line, says, at }: Seen): Wrong | null {
    if (!this.#showsLinks) return null;
    const { dev, dl, ret } = line.fields;
    const { pid } = line;
    if (says === 'device_links_check_suppliers' && at === 'return') {
      const device = this.#checking.get(pid);
      // Where a supplier is missing, the status may be left either way.
      if (device !== undefined) this.#links[ret === 0 ? 'set' : 'delete'](device, 1);
      this.#checking.delete(pid);
      return null;
    }
    if (at === 'return' && (says === 'really_probe' || says === 'device_release_driver_internal')) {
      const inside = (this.#linksIn.get(pid) ?? []).slice(0, -1);
      this.#linksIn[inside.length > 0 ? 'set' : 'delete'](pid, inside);
    }
    if (typeof dev !== 'string' || at !== 'entry') return null;
    const known = this.#links.get(dev);
    const isAlone = says === 'device_release_driver_internal' && [...this.#linksIn].every(([other, devices]) => other === pid || !devices.includes(dev));
    if (says === 'really_probe' || says === 'device_release_driver_internal') this.#linksIn.set(pid, [...(this.#linksIn.get(pid) ?? []), dev]);
    if (known !== undefined && typeof dl === 'number' && dl !== known && (isAlone || says === 'really_probe' || says === 'device_links_check_suppliers')) {
      return { reason: `${says} has dl=${dl}, but the status of the device's links was left at ${known}`, possible: [`dl=${known}`] };
    }
    if (says === 'device_links_check_suppliers') this.#checking.set(pid, dev);
    else if (says === 'device_links_driver_bound') this.#links.set(dev, 2);
    else if (says === 'device_links_no_driver' || says === 'device_links_driver_cleanup') this.#links.set(dev, 0);
    else if (says === 'device_add') this.#links.delete(dev);
    return null;
  }

  /** driver_managed_dma is a constant of its driver. */
  flag(line: TraceLine): Wrong | null {
    const { cur, managed } = line.fields;
    if (typeof cur !== 'string' || typeof managed !== 'number') return null;
    const known = this.#managed.get(cur);
    this.#managed.set(cur, known ?? managed);
    if (known === undefined || known === managed) return null;
    return { reason: `driver_managed_dma of ${cur} was ${known} before`, possible: [`managed=${known}`] };
  }
}
