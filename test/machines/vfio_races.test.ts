/** VFIO under every order of steps: nothing goes unanswered, nobody is stuck, and what is closed is given back. */
import { describe, expect, test } from 'vitest';
import { environment, nameOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { topology } from './vfio.ts';
import { System, type World } from '../../src/world/world.ts';

/** Threads run their calls in this order, once. */
type Programs = Readonly<Record<string, readonly Said[]>>;

const user = (device: string): Said[] => [
  { type: 'container_open' }, { type: 'group_open', group: 'vfio_group:8' }, { type: 'group_set_container' }, { type: 'set_iommu' },
  { type: 'group_get_device_fd', device }, { type: 'device_close', device }, { type: 'group_close' }, { type: 'container_close' },
];
const iommufd = (device: string): Said[] => [
  { type: 'iommufd_open' }, { type: 'cdev_open', device }, { type: 'bind_iommufd', device }, { type: 'attach_pt', device }, { type: 'cdev_close', device },
];

const throughGroup = (device: string): Said[] => [
  { type: 'iommufd_open' }, { type: 'group_open', group: 'vfio_group:8' }, { type: 'group_set_container' }, { type: 'group_get_device_fd', device },
  { type: 'device_close', device }, { type: 'group_close' }, { type: 'iommufd_close' },
];

/**
 * Every world that the programs can reach; calls `end` with each in which nothing can move any more.
 * Returns what the programs were answered, in any order of steps: `u group_open.ret -ENXIO`.
 */
function explore(model: Model, programs: Programs, end: (system: System, world: World) => void): Set<string> {
  const answers = new Set<string>();
  const { threads, ...rest } = topology({ A: 'vfio-pci' });
  const system = new System(model, { ...rest, threads: threads.filter(({ name }) => name in programs) }, { twice: true });
  const names = Object.keys(programs);
  const start: [World, number[]] = [system.initial(), names.map(() => 0)];
  const seen = new Set<string>();
  const queue = [start];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    const [world, done] = item;
    const key = `${system.key(world)}#${done.join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const moves = system.choices(world).filter(({ kind }) => kind !== 'start');
    for (const choice of moves) {
      const { world: next, fact } = system.step(world, choice);
      expect(fact.said.map(({ type }) => type)).not.toContain('WARN_ON');
      if (fact.to === environment) answers.add(`${nameOf(fact.from)} ${fact.event.type} ${errnoName(Number(fact.event['ret']))}`);
      queue.push([next, done]);
    }
    const urgent = moves.some(({ event }) => event.type.endsWith('.ret'));
    const begins = urgent ? [] : names.flatMap((name, index) => {
      const call = programs[name]?.[done[index] ?? 0];
      const to = `thread:${name}`;
      const free = system.local(world, to).value === 'idle' && !world.flight.some(({ to: at, event }) => at === to || event.from === to);
      return call !== undefined && free ? [[system.step(world, system.start(to, call)).world, done.map((count, at) => count + (at === index ? 1 : 0))] as [World, number[]]] : [];
    });
    queue.push(...begins);
    if (moves.length === 0 && begins.length === 0) end(system, world);
  }
  return answers;
}

const unbind: Said = { type: 'unbind_store', driver: 'vfio-pci', device: 'A' };
const bind: Said = { type: 'bind_store', driver: 'uio', device: 'B' };

/** One model of each kind of VFIO: the others share these charts. */
const kinds = ['v5.15', 'v5.19', 'v6.1.y', 'v6.2', 'v6.12.y'].map((name) => [name, models[name] as Model] as const);

describe.each(kinds)('%s', (name, model) => {
  const nodes = name === 'v6.12.y';
  const races: [name: string, programs: Programs, seen: readonly string[]][] = [
    ['a user, and the driver leaves', { u: user('A'), unbind: [unbind] }, [
      'u group_open.ret 0', 'u group_open.ret -ENOENT', 'u group_open.ret -ENXIO', 'u group_open.ret -ENODEV',
      'u group_set_container.ret 0', ...(/^v5/.test(name) ? [] : ['u group_set_container.ret -ENODEV']), 'u set_iommu.ret 0', 'u set_iommu.ret -EINVAL',
      'u group_get_device_fd.ret 0', 'u group_get_device_fd.ret -ENODEV', 'unbind unbind_store.ret 0',
    ]],
    ['a user, and a sibling binds', { u: user('A'), bind: [bind] }, model.withoutOwners === true
      ? ['u group_set_container.ret 0', 'u group_get_device_fd.ret 0', 'u group_get_device_fd.ret -EINVAL', 'bind bind_store.ret 0']
      : ['u group_set_container.ret 0', 'u group_set_container.ret -EPERM', 'bind bind_store.ret 0', 'bind bind_store.ret -EBUSY']],
    ['two users', { u: user('A'), v: user('A') }, ['u group_open.ret 0', 'u group_open.ret -EBUSY', 'v group_open.ret 0', 'v group_open.ret -EBUSY']],
    ...(model.charts.iommufd_ctx === undefined || nodes ? [] : [
      ['two contexts through the group', { i: throughGroup('A'), j: throughGroup('A') }, ['i group_open.ret -EBUSY', 'i group_get_device_fd.ret 0']],
      ['a container and a context through the group', { u: user('A'), i: throughGroup('A') }, ['u group_open.ret -EBUSY', 'i group_open.ret -EBUSY', 'i group_get_device_fd.ret 0']],
      ['a context through the group, and the driver leaves', { i: throughGroup('A'), unbind: [unbind] }, ['i group_open.ret 0', 'i group_open.ret -ENOENT']],
    ] satisfies [string, Programs, string[]][]),
    ...(!nodes ? [] : [
      ['two contexts', { i: iommufd('A'), j: iommufd('A') }, ['i bind_iommufd.ret 0', 'i bind_iommufd.ret -EINVAL']],
      ['a container and a context', { u: user('A'), i: iommufd('A') }, ['u group_open.ret -EBUSY', 'i bind_iommufd.ret -EBUSY', 'i bind_iommufd.ret 0']],
      ['a context, and the driver leaves', { i: iommufd('A'), unbind: [unbind] }, ['i cdev_open.ret 0', 'i cdev_open.ret -ENOENT']],
    ] satisfies [string, Programs, string[]][]),
  ];
  test.each(races)('%s: ends at rest, and nothing is owned any more', (_race, programs, seen) => {
    let ends = 0;
    const answers = explore(model, programs, (system, world) => {
      ends++;
      expect(system.atRest(world)).toBe(true);
      expect(system.local(world, 'group:8').context).toMatchObject({ ...(model.withoutOwners === true ? {} : { owner: null }), domain: 'default' });
      expect(system.local(world, 'vfio_group:8').context).toMatchObject({ opened_file: null, container: null, container_users: 0, ...(model.withoutOwners === true ? { container_q: [], unbound_list: [] } : { stale: [], waiting: [] }) });
    });
    expect(ends).toBeGreaterThan(0);
    expect([...answers]).toEqual(expect.arrayContaining([...seen]));
  });
});
