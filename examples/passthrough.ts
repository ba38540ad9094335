/**
 * An application that embeds the charts: a host that lends devices to virtual machines, and keeps a journal of what it was refused.
 *
 * The charts decide, the host acts. Here acting is a line in the journal; a real host would write to sysfs and open VFIO's files, and give
 * `environment` the answers that came back.
 */
import { createSystem, models, type Live, type Topology } from 'dma-ownership';

/** What the host did, or was refused. */
export interface Entry {
  readonly who: string;
  readonly what: string;
  /** 0, or minus errno. */
  readonly ret: number;
}

type Call = Parameters<Live['call']>[1];

export class Host {
  readonly journal: Entry[] = [];
  readonly #live: Live;

  constructor(topology: Topology, kernel: string) {
    const model = models[kernel];
    if (model === undefined) throw new Error(`no model of ${kernel}; there are ${Object.keys(models).join(', ')}`);
    this.#live = createSystem(topology, model).start();
  }

  bind(driver: string, device: string): Promise<number> {
    return this.#do('bind_store', { type: 'bind_store', driver, device });
  }
  unbind(driver: string, device: string): Promise<number> {
    return this.#do('unbind_store', { type: 'unbind_store', driver, device });
  }
  load(driver: string): Promise<number> {
    return this.#do('driver_register', { type: 'driver_register', driver, bus: 'pci' });
  }
  unload(driver: string): Promise<number> {
    return this.#do('driver_unregister', { type: 'driver_unregister', driver, bus: 'pci' });
  }

  /** A virtual machine takes a group for itself, attaches it, detaches it, or gives it back. */
  lend(machine: string, group: string, how: 'claim' | 'attach' | 'detach' | 'release'): Promise<number> {
    return this.#do(machine, { type: how, group: `group:${group}` });
  }

  /** Who owns a group, and how often it is counted. */
  owner(group: string): { readonly owner: string | null; readonly count: number } {
    const { owner, owner_cnt } = this.#live.snapshot(`group:${group}`).context as { owner: string | null; owner_cnt: number };
    return { owner, count: owner_cnt };
  }

  stop(): void {
    this.#live.stop();
  }

  async #do(who: string, call: Call): Promise<number> {
    const ret = await this.#live.call(who, call);
    this.journal.push({ who, what: call.type, ret });
    return ret;
  }
}
