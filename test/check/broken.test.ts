import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { kernels } from '../../machines/models/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type ExploreOptions } from '../../src/check/explore.ts';
import { faults, small, smallTopology, unfixed, type Small } from './subjects.ts';

const verdicts = async (given: Small, options: ExploreOptions) => {
  const report = await explore(small(given).subject, propertiesFor(smallTopology(given)), options);
  return { report, verdicts: Object.fromEntries(report.properties.map(({ name, verdict }) => [name, verdict])) };
};

describe('every broken chart is found, by a shortest path', () => {
  test.each(brokenModels.map((broken) => [broken.name, broken] as const))('%s', async (name, { model, breaks }) => {
    const [given, steps] = faults[name] as [Small, number];
    const full = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology(given)), { partialOrder: false, symmetry: false });
    const found = full.properties.find((property) => property.name === breaks);
    expect([name, found?.verdict, found?.way?.steps.length]).toEqual([name, 'broken', steps]);
    const reduced = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology(given)));
    expect(reduced.properties.map((one) => [one.name, one.verdict, one.verdict === 'broken' && one.kind !== 'canAlways' ? one.way?.steps.length : 0]))
      .toEqual(full.properties.map((one) => [one.name, one.verdict, one.verdict === 'broken' && one.kind !== 'canAlways' ? one.way?.steps.length : 0]));
  }, 30_000);
});

describe('the shipped charts hold where the broken ones fail, but for what a kernel does not have yet', () => {
  const topologies = [...new Map(Object.values(faults).map(([given]) => [JSON.stringify(given), given])).values()];
  // v5.15 has too little of what these topologies ask about: see kernels.test.ts.
  const owning = Object.values(kernels).filter(({ withoutOwners }) => withoutOwners !== true).map(({ name }) => name);
  test.each(topologies.flatMap((given) => owning.map((model) => [{ ...given, model }])))('%j', async (given) => {
    const { report, verdicts: full } = await verdicts(given, { partialOrder: false, symmetry: false });
    const { verdicts: reduced } = await verdicts(given, {});
    expect(reduced).toEqual(full);
    const broken = report.properties.filter(({ verdict }) => verdict !== 'holds').map(({ name, way }) => [name, way?.steps.length]);
    expect(Object.fromEntries(broken)).toEqual(unfixed(given.model, given));
  }, 30_000);
});
