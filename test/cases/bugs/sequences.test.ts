/** Paths against what was known before: the calls of a report or of an analysis, in their order, with the counts that they give. */
import { expect, test } from 'vitest';
import type { Said } from '../../../machines/chart.ts';
import { errnoName } from '../../../machines/kernel.ts';
import { bugs } from '../../../src/cases/bugs/index.ts';
import { find, type Checked } from '../../../src/cases/bugs/find.ts';
import { isAnswer, System, type Fact, type World } from '../../../src/world/world.ts';
import { replay } from '../../../src/log/replay.ts';

const told = /^(?:\w+_dma_configure|\w+_dma_cleanup|driver_bound|iommu_probe_device\.ret|WARN_ON|pci_device_probe|pci_device_remove)$/;
const asked = /^iommu_(?:device_(?:use|unuse)_default_domain|group_(?:claim|release)_dma_owner|group_add_device)$/;

/** One line for each call of the sequence: which device, what, and the count after it. */
class Reading {
  readonly system: System;
  readonly lines: string[] = [];
  world: World;

  constructor({ asked: { model, topology }, finding }: Checked) {
    this.system = new System(model, topology);
    this.world = this.system.initial();
    for (const fact of finding.witness?.facts ?? []) this.#take(fact);
  }

  #take(fact: Fact): void {
    const replayed = replay(this.system, [fact], { world: this.world });
    expect(replayed.same).toBe(true);
    this.world = replayed.world;
    const { from, to, event, said } = fact;
    const who = (address: string) => /\.(\d)$/.exec(address)?.[1] ?? '';
    if (isAnswer(event) && asked.test(event.type.slice(0, -4)) && !from.startsWith('device:')) this.lines.push(`${who(to)} ${event.type} ${errnoName(Number(event['ret']))} count ${this.count()}`.trim());
    for (const { type, ...more } of said) if (told.test(type)) this.lines.push(`${who(typeof more['device'] === 'string' ? more['device'] : to)} ${type}`.trim());
  }

  count(): number {
    return Number(this.system.local(this.world, 'group:8').context['owner_cnt']);
  }

  /** Goes on from the end of the path: a call of a thread, and all that follows. Gives its answer. */
  call(thread: string, call: Said): string {
    let choice: ReturnType<System['choices']>[number] | undefined = this.system.start(`thread:${thread}`, call);
    let answer = '';
    for (; choice !== undefined; choice = this.system.choices(this.world).find(({ kind }) => kind !== 'start')) {
      const { world, fact } = this.system.step(this.world, choice);
      this.world = world;
      if (fact.to === 'environment' && fact.from === `thread:${thread}`) answer = errnoName(Number(fact.event['ret']));
      this.lines.push(...fact.said.filter(({ type }) => type === 'WARN_ON').map(({ type }) => type));
    }
    return answer;
  }
}

async function path(id: string): Promise<Reading> {
  const [row] = await find(bugs.filter((bug) => bug.id === id).map((bug) => ({ ...bug, affected: bug.affected.slice(0, 1), fixed: [] })));
  return new Reading(row?.affected[0] as Checked);
}
const [use, unuse, claim] = ['iommu_device_use_default_domain.ret', 'iommu_device_unuse_default_domain.ret', 'iommu_group_claim_dma_owner.ret'];
const group = { group: 'group:8' };
const finish = (reading: Reading) => {
  for (let choice = reading.system.choices(reading.world).find(({ kind }) => kind !== 'start'); choice !== undefined; choice = reading.system.choices(reading.world).find(({ kind }) => kind !== 'start'))
    reading.world = reading.system.step(reading.world, choice).world;
};

test('1: test_remove configures twice and cleans up once; a claim is refused for ever', async () => {
  const reading = await path('1');
  expect(reading.lines).toEqual([
    '0 pci_dma_configure', `0 ${use} 0 count 1`, '0 pci_device_probe', '0 pci_device_remove',
    '0 pci_dma_configure', `0 ${use} 0 count 2`, '0 pci_device_probe', '0 driver_bound',
    '0 pci_device_remove', '0 pci_dma_cleanup', `0 ${unuse} 0 count 1`,
  ]);
  expect([reading.call('vm1', { type: 'claim', ...group }), reading.call('vm1', { type: 'claim', ...group }), reading.count()]).toEqual(['-EPERM', '-EPERM', 1]);
});

test('18: the refusal is dropped, the unbind takes the count of the user, and the owner is stuck', async () => {
  const reading = await path('18');
  expect(reading.lines).toEqual([
    `${claim} 0 count 1`, '0 cdx_dma_configure', `0 ${use} -EBUSY count 1`, '0 driver_bound', '0 cdx_dma_cleanup', `0 ${unuse} 0 count 0`,
  ]);
  finish(reading);
  const before = reading.lines.length;
  expect(reading.call('vm1', { type: 'release', ...group })).toBe('0');
  expect(reading.lines.slice(before)).toEqual(['WARN_ON']);
  expect(reading.call('vm1', { type: 'claim', ...group })).toBe('-EBUSY');
  expect(reading.call('bind-0', { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' })).toBe('0');
  expect(reading.system.local(reading.world, 'group:8').context).toMatchObject({ owner: 'thread:vm1', owner_cnt: 1, domain: 'blocking' });
});

test('5a: no group at use(), firmware makes it, and the clean-up warns', async () => {
  expect((await path('5a')).lines).toEqual([
    '0 pci_dma_configure', '0 iommu_group_add_device.ret 0 count 0', '0 iommu_probe_device.ret', '0 pci_device_probe', '0 driver_bound',
    '0 pci_device_remove', '0 pci_dma_cleanup', 'WARN_ON', `0 ${unuse} 0 count 0`,
  ]);
});

test('5b: the clean-up takes the count of the sibling, and a user may claim beside it', async () => {
  expect((await path('5b')).lines).toEqual([
    '0 pci_dma_configure', '0 iommu_group_add_device.ret 0 count 0', '0 iommu_probe_device.ret', '0 pci_device_probe', '0 driver_bound',
    '1 pci_dma_configure', `1 ${use} 0 count 1`,
    '0 pci_device_remove', '0 pci_dma_cleanup', `0 ${unuse} 0 count 0`,
    '1 iommu_probe_device.ret', `${claim} 0 count 1`,
  ]);
});

test('H-a: bound without a group, the group is made (while the unbind has begun: no step less would do), the sibling is counted, and its count is given away', async () => {
  expect((await path('H-a')).lines).toEqual([
    '0 pci_device_remove', '0 pci_dma_cleanup', '0 iommu_group_add_device.ret 0 count 0', '1 pci_dma_configure', `1 ${use} 0 count 1`, `0 ${unuse} 0 count 0`, `${claim} 0 count 1`,
  ]);
});
