/** A log proves its own run: the same choices give the same facts, and a changed one is named. */
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { replay } from '../../src/log/replay.ts';
import { System, type Fact } from '../../src/world/world.ts';
import { walk, wildTopology } from '../machines/explore.ts';
import { nic, run, topology, v6_12_y } from './run.ts';

const r = run(v6_12_y, topology());
r.call('bind', { type: 'bind_store', device: nic, driver: 'e1000e' });
r.call('vm1', { type: 'claim', group: 'group:8' });
const facts: Fact[] = Array.from({ length: r.log.length }, (_, seq) => r.log.fact(seq));
const again = (changed: readonly Fact[], options = {}) => replay(new System(v6_12_y, topology()), changed, options);
const edit = (seq: number, change: object) => facts.map((fact) => (fact.seq === seq ? { ...fact, ...change } : fact));
const reason = (changed: readonly Fact[]) => { const result = again(changed); return result.same ? 'same' : result.reason; };

test('the same run gives the same facts and the same world', () => {
  const result = again(facts);
  expect(result.same).toBe(true);
  expect(result.world.locals.map(({ value, context }) => [value, context])).toEqual(r.log.world.locals.map(({ value, context }) => [value, context]));
});

test('a run can be built up to any fact', () => {
  const { world } = again(facts, { to: 10 });
  expect(world.seq).toBe(10);
});

test('the first fact that differs is named', () => {
  const use = facts.findIndex(({ event }) => event.type === 'iommu_device_use_default_domain.ret');
  expect(reason(edit(use, { event: { ...facts[use]?.event, ret: -16 } }))).toBe(
    `fact ${use}, group:8 -> bus_dma:${nic} iommu_device_use_default_domain.ret -EBUSY: the model does not allow it here; possible: group:8 -> bus_dma:${nic} iommu_device_use_default_domain.ret 0`);
  expect(reason(edit(use, { said: [] }))).toContain(`fact ${use}, group:8 -> bus_dma:${nic} iommu_device_use_default_domain.ret 0: said is [{"type":"pci_dma_configure.ret"`);
  expect(reason(edit(3, { cause: 1 }))).toContain('fact 3, ');
  expect(reason(facts.filter(({ seq }) => seq !== 5))).toContain('fact 5 should come here');
  expect(reason(edit(0, { to: 'thread:nobody' }))).toContain('the model does not allow it here; possible: nothing but a new call from outside');
});

test('another model gives other facts', () => {
  const claimed = run(v6_12_y, topology());
  claimed.call('vm1', { type: 'claim', group: 'group:8' });
  const facts = Array.from({ length: claimed.log.length }, (_, seq) => claimed.log.fact(seq));
  const result = replay(new System(models['v6.1.y'] as Model, topology()), facts);
  expect(result.same ? '' : result.reason).toContain('__iommu_group_set_domain');
});

test.each(Object.values(models).map((model) => [model.name, model] as const))('%s: random runs replay, with both rules of delivery', (_name, model) => {
  for (const answersFirst of [true, false]) {
    const recorded: Fact[] = [];
    const given = wildTopology('platform', model);
    walk(model, given, { seed: 5, steps: 2000, answersFirst }, undefined, ({ fact }) => recorded.push(fact));
    const stored = JSON.parse(JSON.stringify(recorded)) as Fact[];
    expect(replay(new System(model, given, { answersFirst }), stored)).toMatchObject({ same: true });
  }
}, 60_000);
