/** Reductions against the full search on topologies that nobody chose. A failure prints its seed: set it below to replay. */
import { expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import type { Topology } from '../../machines/topology.ts';
import { explore, type Report } from '../../src/check/explore.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';

const answers: Topology['answers'][] = [
  {}, { probe: [0, -12] }, { probe: [0, -517] }, { firmware_dma_configure: [0, -517] }, { 'iommu_group_claim_dma_owner.attach': [0, -12] },
];

function random(seed: number) {
  let state = seed;
  const next = () => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8) / 2 ** 24;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const model = next() < 0.6 ? pick(brokenModels).model : pick(Object.values(models) as Model[]);
  const base = defaultTopology({
    models: [model], devices: pick([1, 1, 2]), users: pick([0, 1, 2]), bus: pick(['pci', 'platform']), bound: next() < 0.3, managed: next() < 0.3,
    test_remove: next() < 0.2, answers: pick(answers),
  });
  const threads = base.threads.filter(() => next() < 0.4).map((thread) => ({ ...thread, times: pick([1, 1, 2]) }));
  return { topology: { ...base, threads }, model, together: pick([undefined, 2]) };
}

const said = ({ properties }: Report) => properties.map(({ name, kind, verdict, way }) =>
  [name, verdict, ['canAlways', 'sometimes'].includes(kind) ? undefined : way?.steps.length]);

test('verdicts and lengths are those of the full search', async () => {
  let compared = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { topology, model, together } = random(seed);
    const run = (reduced: boolean) => explore(subjectOf(new System(model, topology), { together }), propertiesFor(topology, model),
      { partialOrder: reduced, symmetry: reduced, limit: 6000 });
    const full = await run(false);
    if (!full.complete) continue;
    const reduced = await run(true);
    expect([seed, reduced.complete, said(reduced)]).toEqual([seed, true, said(full)]);
    compared++;
  }
  expect(compared).toBeGreaterThan(20);
}, 60_000);
