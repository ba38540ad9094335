/** Drives a small machine with VFIO by hand: one call at a time, the environment answering as it usually does. */
import type { Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import type { ThreadSpec, Topology } from '../../machines/topology.ts';
import { System, type Choice, type Fact, type World } from '../../src/world/world.ts';

const device = (name: string, group: number | null, driver: string | null) =>
  ({ name, bus: 'pci', group, driver, present: true, driver_override: null, grouped: group !== null });
const driver = (name: string, vfio: boolean, driver_managed_dma: boolean) =>
  ({ name, bus: 'pci', driver_managed_dma, async: false, vfio, registered: true, matches: ['*'] });
const thread = (name: string, entry: string): ThreadSpec => ({ name, entry, calls: [], times: null });

export type Bound = Readonly<Record<string, string | null>>;

/** A and B share group 8, C is alone in group 4, D has no group; two users, somebody who binds, somebody who unbinds. */
export function topology(bound: Bound = { A: 'vfio-pci' }, answers: Topology['answers'] = {}): Topology {
  return {
    devices: [...['A', 'B'].map((name) => device(name, 8, bound[name] ?? null)), device('C', 4, bound['C'] ?? null), device('D', null, null)],
    drivers: [driver('vfio-pci', true, true), driver('pci-stub', false, true), driver('uio', false, false)],
    threads: [
      thread('u', 'vfio_user'), thread('v', 'vfio_user'), thread('bind', 'bind_store'), thread('unbind', 'unbind_store'),
      ...['i', 'j'].map((name) => thread(name, 'iommufd_user')),
    ],
    options: { test_remove: false, drivers_autoprobe: true, detach_dev: true },
    answers,
  };
}

export class Bench {
  readonly system: System;
  world: World;
  readonly facts: Fact[] = [];

  constructor(model: Model, bound?: Bound, answers?: Topology['answers']) {
    const { threads, ...rest } = topology(bound, answers);
    this.system = new System(model, { ...rest, threads: threads.filter(({ entry }) => model.charts.entry[entry] !== undefined) }, { twice: true });
    this.world = this.system.initial();
  }

  begin(name: string, call: Said): void {
    this.take(this.system.start(`thread:${name}`, call));
  }

  /** Until nothing is in flight. */
  settle(): void {
    for (;;) {
      const next = this.system.choices(this.world).find(({ kind }) => kind !== 'start');
      if (next === undefined) return;
      this.take(next);
    }
  }

  take(choice: Choice): void {
    const { world, fact } = this.system.step(this.world, choice);
    this.world = world;
    this.facts.push(fact);
  }

  /** What the caller of the latest command of a thread has got: `-EBUSY`, `0`, `blocked`. */
  result(name: string): string {
    const from = `thread:${name}`;
    const start = this.facts.findLastIndex(({ to, from: who }) => to === from && who === 'environment');
    const end = this.facts.slice(start + 1).find(({ to, from: who }) => to === 'environment' && who === from);
    const ret = Number(end?.event['ret']);
    return end === undefined ? 'blocked' : ret > 0 ? String(ret) : errnoName(ret);
  }

  run(name: string, call: Said): string {
    this.begin(name, call);
    this.settle();
    return this.result(name);
  }

  /** `u group_open 8`, `bind uio B`, `unbind vfio-pci A`: the words of the tests. */
  do(line: string): string {
    const [name = '', type = '', argument] = line.split(' ');
    if (name === 'bind' || name === 'unbind') return this.run(name, { type: `${name}_store`, driver: type, device: argument ?? '' });
    const more = argument === undefined ? {} : /^\d+$/.test(argument) ? { group: `vfio_group:${argument}` } : { device: argument };
    return this.run(name, { type, ...more });
  }

  /** Words said in the steps of one run, with what stands in them. */
  said(from = 0): string[] {
    return this.facts.slice(from).flatMap(({ said }) => said).map(({ type, cmd, ret }) =>
      [type, ...(typeof cmd === 'string' ? [cmd.replace(/^VFIO_(GROUP_)?/, '')] : []), ...(ret === undefined ? [] : [errnoName(Number(ret))])].join(' '));
  }

  context(address: string): Readonly<Record<string, unknown>> {
    return this.system.local(this.world, address).context;
  }

  /** `claimed owner=vfio_group:8 owner_cnt=1 domain=blocking` */
  group(id: number): string {
    const { value, context } = this.system.local(this.world, `group:${id}`);
    const { owner, owner_cnt, domain } = context;
    return `${(value as { ownership: string }).ownership} owner=${String(owner)} owner_cnt=${String(owner_cnt)} domain=${String(domain)}`;
  }
}
