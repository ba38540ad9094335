/** The topology as a picture: what it says of a moment, and that nothing lies on anything else. */
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { properties, propertiesFor } from '../../machines/properties/index.ts';
import { property } from '../../machines/properties/property.ts';
import { topologyPicture, topologySvg } from '../../src/view/topology/draw.ts';
import { changes, sceneOf } from '../../src/view/topology/scene.ts';
import { defaultTopology, parseTopology } from '../../src/world/topology.ts';
import { System, type World } from '../../src/world/world.ts';

const system = (name = 'v6.12.y', devices = 2) => new System(models[name] as (typeof models)[string], defaultTopology({ devices, users: 1, bound: true }));

/** The world after the thread has begun the call and everything that follows has been delivered, the first choice each time. */
function after(given: System, world: World, thread: string, type: string): World {
  let next = given.step(world, given.start(`thread:${thread}`, given.topology.threads.find(({ name }) => name === thread)?.calls.find((call) => call.type === type) ?? { type })).world;
  for (let guard = 0; !given.atRest(next) && guard < 500; guard++) next = given.step(next, given.choices(next).find(({ kind }) => kind !== 'start') as ReturnType<System['choices']>[number]).world;
  return next;
}

describe('who has a group', () => {
  test('the kernel, nobody, a user', () => {
    const given = system();
    const begin = given.initial();
    expect(sceneOf(given, begin).groups[0]).toMatchObject({ ownership: 'kernel_dma', owner_cnt: 2, domain: 'default', owner: null });
    const free = after(given, after(given, begin, 'driver_unregister', 'driver_unregister'), 'vm1', 'claim');
    expect(sceneOf(given, free).groups[0]).toMatchObject({ ownership: 'claimed', owner: 'thread:vm1', owner_cnt: 1, domain: 'blocking' });
    expect(changes(sceneOf(given, begin), sceneOf(given, free))).toEqual(new Set([
      'group:8 ownership', 'group:8 owner', 'group:8 owner_cnt', 'group:8 domain', ...['0', '1'].flatMap((n) => ['driver', 'bound'].map((field) => `device:0000:02:00.${n} ${field}`)), 'driver:e1000e registered',
    ]));
  });

  test.each([['v5.15', 'untracked'], ['notifier-walk', 'kernel_dma'], ['v6.1.y', 'kernel_dma']])('%s says %s', (name, ownership) => {
    expect(sceneOf(system(name), system(name).initial()).groups[0]?.ownership).toBe(ownership);
  });

  test('a sentence that is not true is that of its group', () => {
    const given = new System(models['v6.12.y'] as (typeof models)[string], parseTopology({ devices: [{ name: 'a', group: 1, driver: 'd' }, { name: 'b', group: 2 }], drivers: [{ name: 'd' }] }, 'two groups'));
    const never = property({ kind: 'always', name: 'nobody is counted', why: '', sees: { group: ({ context }) => context['owner_cnt'] as number }, holds: (seen) => seen.group.every((count) => count === 0) });
    const scene = sceneOf(given, given.initial(), [never]);
    expect(scene.groups.map(({ broken }) => broken)).toEqual([['nobody is counted'], []]);
    expect(sceneOf(given, given.initial(), properties).groups.flatMap(({ broken }) => broken)).toEqual([]);
    const text = topologySvg(scene, 'two groups', { width: 800 });
    expect(text).toContain('class="thing group broken');
    expect(text).toContain('nobody is counted');
  });
});

describe('a picture', () => {
  test.each([[1, 560], [3, 700], [8, 1100], [20, 1500]])('of %i devices in %i pixels keeps boxes apart and inside', (devices, width) => {
    const given = system('v6.12.y', devices);
    const picture = topologyPicture(sceneOf(given, given.initial(), propertiesFor(given.topology, given.model)), { width });
    const boxes = [...picture.body.matchAll(/class="thing (\w+)[^>]*>(?:<title>[^<]*<\/title>)<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)]
      .map(([, kind, ...numbers]) => ({ kind, x: Number(numbers[0]), y: Number(numbers[1]), right: Number(numbers[0]) + Number(numbers[2]), bottom: Number(numbers[1]) + Number(numbers[3]) }));
    const topology = given.topology;
    expect(picture.width).toBeLessThan(Math.max(width, 650) + 1);
    expect(boxes).toHaveLength(1 + devices + topology.drivers.length + topology.threads.length);
    for (const [at, a] of boxes.entries()) {
      expect(a.right <= picture.width && a.bottom <= picture.height && a.x >= 0).toBe(true);
      for (const b of boxes.slice(at + 1)) {
        const apart = a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y;
        const nested = a.kind === 'group' && b.kind === 'device' && b.x > a.x && b.right < a.right && b.y > a.y && b.bottom < a.bottom;
        expect(apart || nested, `${JSON.stringify(a)} ${JSON.stringify(b)}`).toBe(true);
      }
    }
  });

  test('names whatever the topology calls its things', () => {
    const given = new System(models['v6.12.y'] as (typeof models)[string], parseTopology({ devices: [{ name: '<a&"b\'', group: 1, driver: 'd' }], drivers: [{ name: 'd' }] }, 'odd'));
    const text = topologySvg(sceneOf(given, given.initial()), '<odd>', { width: 600, selected: 'device:<a&"b\'', changed: new Set(['device:<a&"b\' bound']) });
    expect(text).not.toMatch(/<a&|var\(|NaN|undefined/);
    expect(text).toContain('class="thing device present bound selected changed"');
  });
});
