import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { decide, type Case, type Finding } from '../../src/cases/decide.ts';
import { printWitness } from '../../src/cases/print.ts';
import { smallTopology } from '../../src/cases/small.ts';

const topology = smallTopology({ bus: 'cdx', sysfs: true, users: 1, times: 1 });
const both = 'a group that a user owns has no driver that uses the DMA API';
const model = models['v6.12.y'] as Model;
const one: Case = { model, topology, property: both };

test('cases about the same worlds share one exploration, and keep their places', async () => {
  const seen: [number, number][] = [];
  const found = await decide([
    one, { ...one, topology: smallTopology({ users: 1, times: 1 }) }, { ...one, topology: structuredClone(topology), property: 'a group gets claimed' }, { ...one, property: 'owner_cnt is never negative' },
  ], { onProgress: (done, of) => seen.push([done, of]) });
  expect(seen).toEqual([[1, 2], [2, 2]]);
  expect(found.map(({ property, verdict, states, complete, witness }) => [property, verdict, states, complete, witness?.steps.length])).toEqual([
    [both, 'broken', 4024, true, 20], [both, 'holds', 8, true, undefined],
    ['a group gets claimed', 'holds', 4024, true, 2], ['owner_cnt is never negative', 'holds', 4024, true, undefined],
  ]);
});

test('a limit leaves cases undecided', async () => {
  const [found] = await decide([{ ...one, property: 'owner_cnt is never negative' }], { limit: 100 });
  expect(found).toMatchObject({ verdict: 'unknown', complete: false, stopped: 'limit' });
});

test.each([['no such sentence', 'no-such-property'], ['a group can always become free again', 'no-such-property']])('a property that says nothing is refused: %s', async (property, code) => {
  await expect(decide([{ ...one, property }])).rejects.toMatchObject({ code });
});

test('a witness is printed in the words of the kernel, and ends with how things stand', async () => {
  const [found] = await decide([one]);
  const lines = printWitness(one, found as Finding);
  expect(lines.filter((line) => /^call |use_default|claim_dma_owner|0000:02:00.0 probing/.test(line)).map((line) => line.replaceAll(/\s+/g, ' '))).toMatchInlineSnapshot(`
    [
      "call vm1 claim group=8",
      "vm1 -> group 8 iommu_group_claim_dma_owner",
      "group 8 -> vm1 iommu_group_claim_dma_owner.ret 0",
      "call bind_store bind_store device=0000:02:00.0 driver=e1000e",
      "0000:02:00.0 -> group 8 iommu_device_use_default_domain",
      "group 8 -> 0000:02:00.0 iommu_device_use_default_domain.ret -EBUSY",
      "0000:02:00.0 probing e1000e group 8 claimed owner_cnt=1 domain=blocking owner=vm1",
    ]
  `);
});
