/** Settled claims and found bugs as the data that a page shows: verdicts, and ways as choices. */
import type { Property } from '../../machines/properties/property.ts';
import type { Topology } from '../../machines/topology.ts';
import { picksOf, Table, type BugCheckData, type BugsData, type CheckData, type ClaimsData } from '../view/verdicts/data.ts';
import type { Outside } from './bugs/bug.ts';
import type { Checked, Sought } from './bugs/find.ts';
import { shown, type Settled } from './claims/claim.ts';
import { noteOf } from './claims/print.ts';
import type { Case, Finding } from './decide.ts';

/** A finding, with its way where it shows something: a `sometimes` that is found only has to be there. */
function check({ model, topology }: Case, { property, kind, verdict, states, complete, witness }: Finding, topologies: Table<Topology>): CheckData {
  const shows = witness !== undefined && (kind !== 'sometimes' || verdict === 'broken');
  return { model: model.name, topology: topologies.number(topology), property, verdict, states, complete, ...(shows ? { way: picksOf(model, topology, witness.facts) } : {}) };
}

const whysOf = (properties: readonly Property[]): Record<string, string> => Object.fromEntries(properties.map(({ name, why }) => [name, why]));

export function claimsData(settled: readonly Settled[]): ClaimsData {
  const topologies = new Table<Topology>();
  const claims = settled.map((one) => {
    const { claim: { id, who, claim, condition, seen = [] }, verdict, outcomes, measures } = one;
    const best = shown(one);
    return {
      id, who, claim, verdict, ...(verdict === 'conditional' && condition !== undefined ? { condition } : {}), note: noteOf(one), measures, seen,
      checks: outcomes.map(({ check: { role, setting, expects }, asked, finding, met }) => ({ ...check(asked, finding, topologies), role, setting: setting.says, expects, met })),
      ...(best === undefined ? {} : { shown: outcomes.indexOf(best) }),
    };
  });
  return { topologies: topologies.all, whys: whysOf(settled.flatMap(({ claim: { checks } }) => checks.map(({ property }) => property))), claims };
}

export function bugsData(sought: readonly Sought[], outside: readonly Outside[]): BugsData {
  const topologies = new Table<Topology>();
  const checks = (role: BugCheckData['role'], checked: readonly Checked[]) => checked.map(({ asked, finding }): BugCheckData => ({ ...check(asked, finding, topologies), role }));
  const bugs = sought.map(({ bug: { id, commit, what, condition, note, scenario, recordings = [] }, affected, fixed, repaired, verdict }) => ({
    id, commit, what, verdict, ...(condition === undefined ? {} : { condition }), ...(note === undefined ? {} : { note }), ...(scenario === undefined ? {} : { scenario }), recordings,
    checks: [...checks('affected', affected), ...checks('fixed', fixed), ...checks('repaired', repaired)],
  }));
  return { topologies: topologies.all, whys: whysOf(sought.map(({ bug: { property } }) => property)), bugs, outside };
}
