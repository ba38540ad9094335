/** The claims, settled once: verdicts, ways, and the page that is printed from them. */
import { beforeAll, describe, expect, test } from 'vitest';
import { models } from '../../../machines/models/index.ts';
import { actorsOf, type Model } from '../../../machines/model.ts';
import { settle, verdictOf, type Check, type Claim, type Outcome, type Role, type Settled } from '../../../src/cases/claims/claim.ts';
import { claims } from '../../../src/cases/claims/index.ts';
import { noteOf, pageOf } from '../../../src/cases/claims/print.ts';
import { claimsData } from '../../../src/cases/data.ts';
import { replay } from '../../../src/check/replay.ts';
import type { Looked } from '../../../src/check/property.ts';
import { System } from '../../../src/world/world.ts';
import { jsonOf } from '../../pages/data.ts';

let settled: Settled[];
beforeAll(async () => {
  settled = await settle(claims);
}, 300_000); // some fifteen seconds of work, whatever else the machine does

const head = `# The claims of the thread, settled

Robin Murphy's mail of 22 February 2022 answers Jason Gunthorpe and Christoph Hellwig on the callback \`dma_cleanup\`, in the sixth posting of "Fix BUG_ON in vfio_iommu_group_notifier()".
Its 26 claims (R Robin's, J Jason's, C Christoph's, in our words) are settled here by checks. \`dma-ownership claims\` prints the same, with \`--paths\` every way.

**confirmed**: all that the claim says of its checks came out so; **refuted**: none did; **conditional**: it came out so where the condition is met, and not beyond;
**not-a-state-property**: taste, history or layout, with the nearest fact. No verdict is written down anywhere: a check that came out otherwise would make it another, or \`unknown\`.
In front of a check, \`+\` as the claim says, \`-\` not so, \`=\` a control that came out as it has to. Each \`holds\` has visited every world; of each \`broken\` no way is shorter.
What the models are is said at the end, and of kernels in [models.md](models.md). Exit code 0, or 1 where a verdict is \`unknown\`.

\`--json\` prints \`{schema: "dma-ownership/claims@1", claims: [...]}\`. Each claim has \`id\`, \`who\`, \`claim\`, \`verdict\`, \`condition\` of a conditional one, \`note\`, \`states\` (worlds visited by all its checks together),
\`path\` (\`from\`, \`to\`, \`event\` of each fact of the way that shows most), \`measures[]\` (\`what\`, \`value\`), \`seen[]\` (\`recording\` of a real kernel, \`shows\`) and \`checks[]\`: \`role\` (\`claim\`; \`within\` or \`beyond\`
the condition; \`control\`), \`model\`, \`setting\`, \`topology\` (as \`check\` takes it), \`together\`, \`property\`, \`expects\` (what the claim says; of a control, what everybody has to), \`verdict\`, \`met\`, \`states\`, \`complete\`, \`shortest\`, \`path\`.
`;

test('what is in docs/reference/claims.md is what the checks come to', async () => {
  await expect(pageOf(head, settled)).toMatchFileSnapshot('../../../docs/reference/claims.md');
});

test('what the page shows of claims is what the checks come to', async () => {
  await expect(jsonOf(claimsData(settled))).toMatchFileSnapshot('../../../src/web/page/verdicts/claims.json');
});

test('there are 26 claims, in order, and each has the verdict that its note is about', () => {
  expect(settled.map(({ claim: { id } }) => id)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
  expect(settled.filter(({ verdict, claim: { note: [foreseen] } }) => verdict !== foreseen).map(({ claim: { id } }) => id)).toEqual([]);
});

test('a conditional claim names its condition, and has a way beyond it', () => {
  for (const { claim, verdict, outcomes } of settled.filter((one) => one.verdict === 'conditional')) {
    expect([claim.id, verdict, claim.condition === undefined]).toEqual([claim.id, verdict, false]);
    expect(outcomes.filter(({ check, finding }) => check.role === 'beyond' && finding.witness === undefined)).toEqual([]);
    expect(outcomes.filter(({ check }) => check.role === 'within' || check.role === 'claim')).not.toEqual([]);
  }
});

describe('findings', () => {
  test('every one that holds has visited every world; every broken one has a shortest way', () => {
    const findings = settled.flatMap(({ outcomes }) => outcomes.map(({ finding }) => finding));
    expect(findings.filter(({ verdict, complete }) => verdict === 'holds' && !complete)).toEqual([]);
    expect(findings.filter(({ verdict, witness }) => verdict === 'broken' && witness?.shortest !== true)).toEqual([]);
  });

  test('every way is accepted by replay, and what is broken in a state is broken where it ends', () => {
    for (const { check: { model, property, setting }, finding } of settled.flatMap(({ outcomes }) => outcomes)) {
      if (finding.witness === undefined) continue;
      const system = new System(model, setting.topology, { twice: true });
      const { facts, world } = replay(system, finding.witness.steps);
      expect(facts.map(({ to, event }) => [to, event.type])).toEqual(finding.witness.facts.map(({ to, event }) => [to, event.type]));
      if (property.holds === undefined || property.step !== undefined || finding.verdict !== 'broken') continue;
      const actors = actorsOf(model, setting.topology).map(({ address }): Looked => ({ address, ...system.local(world, address) }));
      const seen = Object.fromEntries(Object.entries(property.sees).map(([kind, look]) => [kind, actors.filter(({ address }) => address.startsWith(`${kind}:`)).map(look)]));
      expect([property.name, property.holds(seen)]).toEqual([property.name, false]);
    }
  });
});

describe('a verdict follows from the checks', () => {
  const outcome = (role: Role, met: boolean, complete = true): Outcome => {
    const verdict = met ? 'holds' : 'broken';
    return { check: { role, expects: 'holds' } as Check, met, finding: { verdict, complete } } as Outcome;
  };
  test.each([
    [{}, [outcome('claim', true), outcome('control', true)], 'confirmed'],
    [{}, [outcome('claim', false), outcome('claim', false)], 'refuted'],
    [{}, [outcome('claim', true), outcome('claim', false)], 'unknown'],
    [{}, [outcome('claim', true), outcome('control', false)], 'unknown'],
    [{}, [outcome('claim', true, false)], 'unknown'],
    [{}, [outcome('control', true)], 'unknown'],
    [{ condition: 'so' }, [outcome('within', true), outcome('beyond', false)], 'conditional'],
    [{ condition: 'so' }, [outcome('within', false), outcome('beyond', true)], 'unknown'],
    [{ condition: 'so' }, [outcome('within', true), outcome('beyond', true)], 'confirmed'],
    [{ condition: 'so' }, [outcome('within', false), outcome('beyond', false)], 'refuted'],
    [{}, [outcome('within', true), outcome('beyond', false)], 'unknown'],
    [{ taste: true as const }, [outcome('control', true)], 'not-a-state-property'],
    [{ taste: true as const }, [outcome('control', false)], 'unknown'],
  ])('%j, case %#', (claim, outcomes, verdict) => {
    expect(verdictOf(claim, outcomes)).toBe(verdict);
  });

  test('under another model the same claim has another verdict, and another note', async () => {
    const claim = claims.find(({ id }) => id === 11) as Claim;
    const repaired = { ...claim, checks: claim.checks.map((check) => (check.role === 'claim' ? { ...check, model: models['walk-at-clear'] as Model } : check)) };
    const half = { ...claim, checks: claim.checks.map((check, index) => (index === 0 ? { ...check, model: models['walk-at-clear'] as Model } : check)) };
    const found = await settle([repaired, half]);
    expect(found.map((one) => [one.verdict, noteOf(one)])).toEqual([
      ['confirmed', 'The checks came out otherwise than they did for whoever wrote the notes.'], ['unknown', 'The checks do not come to what any verdict needs.'],
    ]);
  });

  test('a search that is stopped decides nothing', async () => {
    const [one] = await settle(claims.filter(({ id }) => id === 2), { limit: 100 });
    expect(one?.verdict).toBe('unknown');
  });
});
