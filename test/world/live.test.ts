/** Live actors and the world are one model: the same log gives the same states, step by step. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { environment } from '../../machines/address.ts';
import type { Message } from '../../machines/chart.ts';
import { answersTo, drawsOf } from '../../machines/environment.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import type { Local } from '../../src/world/locals.ts';
import { createSystem, follow, type Delivery } from '../../src/world/live.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System, type Fact } from '../../src/world/world.ts';
import { dice, wildTopology } from '../machines/explore.ts';

const name = (ref: unknown) => (ref as { id: string }).id;
const v6_12_y = models['v6.12.y'] as Model;
const nic = '0000:02:00.0';
const small = defaultTopology({ devices: 2, users: 1, hotplug: false, answers: { 'iommu_group_claim_dma_owner.attach': [0, -22] } });
const bind = { type: 'bind_store', device: nic, driver: 'e1000e' };
const claim = { type: 'claim', group: 'group:8' };

describe('a live system', () => {
  test('gives what the writer sees', async () => {
    const live = createSystem(small, v6_12_y).start();
    expect(await live.call('bind_store', bind)).toBe(0);
    expect(await live.call('thread:vm1', claim)).toBe(-1);
    expect(live.snapshot('group:8').context).toMatchObject({ owner_cnt: 1, owner: null });
    expect(await live.call('unbind_store', { type: 'unbind_store', device: nic, driver: 'e1000e' })).toBe(0);
    expect(await live.call('vm1', claim)).toBe(0);
    expect(await live.call('bind_store', bind)).toBe(-16);
    live.stop();
    expect([...new Set(live.addresses.map((address) => live.snapshot(address).status))]).toEqual(['stopped']);
  });

  test('begins where the topology says', async () => {
    const live = createSystem(defaultTopology({ devices: 2, users: 1, bound: true }), v6_12_y).start();
    expect([live.snapshot(`binding:${nic}`).value, live.snapshot('group:8').context]).toMatchObject(['bound', { owner_cnt: 2 }]);
    expect(await live.call('vm1', claim)).toBe(-1);
    live.stop();
  });

  test('asks a function for what the environment says, also inside a call', async () => {
    const asked: string[] = [];
    const live = createSystem(small, v6_12_y, {
      environment: (call, usual) => { asked.push(call.type); return call.type === 'probe' ? -6 : call.type.endsWith('.attach') ? -22 : usual; },
    }).start();
    expect(await live.call('bind_store', bind)).toBe(-6);
    expect(await live.call('vm1', claim)).toBe(-22);
    expect(asked).toContain('iommu_group_claim_dma_owner.attach');
    live.stop();
  });

  test('lets threads overlap where an answer comes later', async () => {
    let probe: (ret: number) => void = () => undefined;
    const live = createSystem(small, v6_12_y, {
      environment: (call, usual) => (call.type === 'probe' ? new Promise<number>((resolve) => { probe = resolve; }) : usual),
    }).start();
    const binding = live.call('bind_store', bind);
    const unbinding = live.call('unbind_store', { type: 'unbind_store', device: nic, driver: 'e1000e' });
    expect(live.snapshot(`device:${nic}`).context).toMatchObject({ waiting: ['thread:unbind_store'] });
    expect(await live.call('vm1', claim)).toBe(-1);
    probe(0);
    expect([await binding, await unbinding, live.snapshot(`binding:${nic}`).value]).toEqual([0, 0, 'unbound']);
    live.stop();
  });

  test('is refused when it is used wrongly, and says so', async () => {
    const live = createSystem(small, v6_12_y, { environment: (call, usual) => (call.type === 'probe' ? new Promise<number>(() => undefined) : usual) });
    expect(() => live.call('vm1', claim)).toThrow('the system is not running');
    live.start();
    expect(() => live.call('vm2', claim)).toThrow('there is no thread thread:vm2');
    expect(() => live.actor('group:9')).toThrow('nobody lives at group:9');
    const open = live.call('bind_store', bind);
    expect(() => live.call('bind_store', bind)).toThrow('thread:bind_store is inside a call already');
    live.stop();
    await expect(open).rejects.toThrow('the system was stopped');
    expect(() => live.start()).toThrow('a stopped system does not start again');
  });

  test('ends at the first fault', async () => {
    const silent = createSystem(small, v6_12_y, { environment: () => undefined as unknown as number }).start();
    await expect(silent.call('bind_store', bind)).rejects.toMatchObject({ code: 'unexpected-answer' });
    expect(() => silent.call('vm1', claim)).toThrow('with nothing');
    const lost = createSystem(small, v6_12_y).start();
    await expect(lost.call('vm1', { type: 'claim', group: 'group:9' })).rejects.toMatchObject({ code: 'no-such-actor' });
    const deaf = createSystem(small, v6_12_y).start();
    await expect(deaf.call('vm1', { type: 'bind_store' })).rejects.toMatchObject({ code: 'unhandled-event' });
  });

  test('shows inspectors true senders and receivers', async () => {
    const seen: string[] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event' && event.event.type.startsWith('iommu_group_claim')) seen.push(`${name(event.sourceRef)} -> ${name(event.actorRef)} ${event.event.type}`);
    };
    const live = createSystem(small, v6_12_y, { inspect }).start();
    await live.call('vm1', claim);
    expect(seen).toEqual(['thread:vm1 -> group:8 iommu_group_claim_dma_owner', 'group:8 -> thread:vm1 iommu_group_claim_dma_owner.ret']);
    live.stop();
  });
});

/** Random commands on live actors; answers are drawn from the topology's, half of them later and in any order. */
async function play(model: Model, topology: Topology, seed: number, length: number) {
  const roll = dice(seed);
  const held: (() => void)[] = [];
  const log: (Delivery & { after?: string })[] = [];
  const open = new Map<string, (typeof log)[number]>();
  const any = (list: readonly number[]) => list[roll(list.length)] as number;
  const live = createSystem(topology, model, {
    environment: (call: Message) => {
      if (call.type.endsWith('.attach')) return any(drawsOf({ ...call, type: call.type.slice(0, -'.attach'.length) }, topology));
      const possible = answersTo(call, topology);
      const ret = roll(4) === 0 ? any(possible) : (possible.find((ret) => ret >= 0) ?? any(possible));
      return roll(2) === 0 ? ret : new Promise((resolve) => { held.push(() => resolve(ret)); });
    },
    delivered: (delivery) => { const entry = { ...delivery }; log.push(entry); open.set(delivery.to, entry); },
    inspect: (event) => {
      if (event.type !== '@xstate.snapshot') return;
      const entry = open.get(name(event.actorRef));
      if (entry !== undefined) entry.after = said(event.snapshot as unknown as { value: unknown; context: unknown });
      open.delete(name(event.actorRef));
    },
  }).start();
  const begin = new Map(live.addresses.map((address) => [address, said(live.snapshot(address))]));
  const busy = new Set<string>();
  const errors: unknown[] = [];
  const release = async () => { held.splice(roll(held.length), 1)[0]?.(); await new Promise(setImmediate); };
  for (let step = 0; step < length; step++) {
    const idle = topology.threads.filter(({ name }) => !busy.has(name));
    if (idle.length === 0 || (held.length > 0 && roll(3) > 0)) { await release(); continue; }
    const { name, calls } = idle[roll(idle.length)] as Topology['threads'][number];
    busy.add(name);
    live.call(name, calls[roll(calls.length)] as Message).then(() => busy.delete(name), (error: unknown) => errors.push(error));
    await Promise.resolve();
  }
  while (held.length > 0) await release();
  await new Promise(setImmediate);
  expect([errors, busy.size]).toEqual([[], 0]);
  return { live, log, begin };
}

const texts = new WeakMap<object, string>();
/** Value and context of a local state of the world; the same state is the same object, so it is written once. */
const saidOf = (local: Local): string => {
  const known = texts.get(local) ?? said(local);
  texts.set(local, known);
  return known;
};
const said = ({ value, context }: { value: unknown; context: unknown }) => JSON.stringify([value, context]);

describe.each(Object.values(models).map((model) => [model.name, model] as const))('%s: live actors and world agree', (_name, model) => {
  test.each(['pci', 'platform'])('on %s, delivery by delivery', async (bus) => {
    const topology = wildTopology(bus, model);
    let deliveries = 0;
    await fc.assert(fc.asyncProperty(fc.nat(), async (seed) => {
      const { live, log, begin } = await play(model, topology, seed, 60);
      const system = new System(model, topology, { answersFirst: false });
      let world = system.initial();
      const states = new Map(begin);
      const facts: Fact[] = [];
      for (const delivery of log) {
        const step = follow(system, world, delivery);
        if (step === undefined) throw new Error(`the world does not allow ${JSON.stringify(delivery)} after ${facts.length} facts`);
        world = step.world;
        facts.push(step.fact);
        if (delivery.to !== environment) states.set(delivery.to, delivery.after ?? '');
        for (const [index, { address }] of system.actors.entries()) if (saidOf(world.locals[index] as Local) !== states.get(address))
          expect(`${address} ${saidOf(world.locals[index] as Local)}`, `after fact ${facts.length - 1} ${delivery.event.type}`).toBe(`${address} ${states.get(address)}`);
      }
      expect(world.flight).toEqual([]);
      for (const { address } of system.actors) expect(said(live.snapshot(address))).toBe(said(system.local(world, address)));
      live.stop();
      deliveries += log.length;
    }), { numRuns: model.recorded === true ? 6 : 2 }); // a failure prints its seed: fc.assert(..., { seed, path }) plays it again
    expect(deliveries).toBeGreaterThan(model.recorded === true ? 2000 : 300);
  }, 60_000);
});
