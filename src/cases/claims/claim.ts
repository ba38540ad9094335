/**
 * A claim of the argument, and the checks that settle it.
 *
 * Nobody writes a verdict down: a claim says what each check must come to if it is true (`expects`), and the verdict follows from
 * what the checker finds. When that is none of what a claim can be settled by, the verdict is `unknown`.
 */
import type { Model } from '../../../machines/model.ts';
import { properties } from '../../../machines/properties/index.ts';
import type { Property } from '../../../machines/properties/property.ts';
import type { Topology } from '../../../machines/topology.ts';
import { decide, type Case, type DecideOptions, type Finding } from '../decide.ts';

/** A topology, and in words what may happen in it. */
export interface Setting {
  readonly says: string;
  readonly topology: Topology;
  /** How many threads may be inside a call at once. Default: all. */
  readonly together?: number;
}

/**
 * What a check is for. `claim`: the claim says that it comes out so. `within`, `beyond`: the same, on either side of the claim's
 * condition. `control`: whoever is right, it must come out so; else the other checks mean nothing.
 */
export type Role = 'claim' | 'within' | 'beyond' | 'control';

export interface Check {
  readonly role: Role;
  readonly model: Model;
  readonly setting: Setting;
  readonly property: Property;
  readonly expects: 'holds' | 'broken';
}

export type ClaimVerdict = 'confirmed' | 'refuted' | 'conditional' | 'not-a-state-property' | 'unknown';

/** Something counted in the charts or in one run of them. */
export interface Measure {
  readonly what: string;
  readonly value: number | string;
}

export interface Claim {
  readonly id: number;
  /** Robin Murphy, Jason Gunthorpe, Christoph Hellwig. */
  readonly who: 'R' | 'J' | 'C';
  /** In our words. */
  readonly claim: string;
  /** A matter of taste, history or layout: its checks are controls, about the nearest fact that can be checked. */
  readonly taste?: true;
  /** Where it is true, when it is true in some places only. */
  readonly condition?: string;
  readonly checks: readonly Check[];
  readonly measures?: () => readonly Measure[];
  /** One or two sentences for the verdict that the checks are known to come to. */
  readonly note: readonly [Exclude<ClaimVerdict, 'unknown'>, string];
  /** Recordings of real kernels that show it (test/traces), and what they show. */
  readonly seen?: readonly Evidence[];
}

export interface Evidence {
  /** Its folder below test/traces. */
  readonly recording: string;
  readonly shows: string;
}

/** A check and what came of it. */
export interface Outcome {
  readonly check: Check;
  readonly asked: Case;
  readonly finding: Finding;
  /** It came out as the claim, or for a control as everybody, says. */
  readonly met: boolean;
}

export interface Settled {
  readonly claim: Claim;
  readonly verdict: ClaimVerdict;
  readonly outcomes: readonly Outcome[];
  readonly measures: readonly Measure[];
}

/** A property by its sentence, or by the beginning of it. */
export function sentence(begins: string): Property {
  const found = properties.find(({ name }) => name.startsWith(begins));
  if (found === undefined) throw new Error(`no property begins with: ${begins}`);
  return found;
}

/**
 * Settles claims: all their checks are decided together, each set of worlds once.
 *
 * @throws {ModelError} as `decide`, and what `explore` throws when a chart is wrong
 *
 * @example
 * const [settled] = await settle(claims.filter(({ id }) => id === 11));
 * settled.verdict; // "refuted"
 */
export async function settle(claims: readonly Claim[], options: DecideOptions = {}): Promise<Settled[]> {
  const cases = claims.map(({ checks }) => checks.map(({ model, setting: { topology, together }, property }): Case => ({ model, topology, property, ...(together === undefined ? {} : { together }) })));
  const findings = await decide(cases.flat(), options);
  let next = 0;
  return claims.map((claim, index) => {
    const outcomes = claim.checks.map((check, place): Outcome => {
      const finding = findings[next++] as Finding;
      return { check, asked: (cases[index] as Case[])[place] as Case, finding, met: finding.verdict === check.expects };
    });
    return { claim, verdict: verdictOf(claim, outcomes), outcomes, measures: claim.measures?.() ?? [] };
  });
}

/** What the outcomes come to; `unknown` when a check is not decided, a control fails, or the claim's condition does not part what was met from what was not. */
export function verdictOf({ taste, condition }: Pick<Claim, 'taste' | 'condition'>, outcomes: readonly Pick<Outcome, 'check' | 'finding' | 'met'>[]): ClaimVerdict {
  const of = (...roles: Role[]) => outcomes.filter(({ check }) => roles.includes(check.role));
  const decided = ({ finding: { verdict, complete } }: Pick<Outcome, 'finding'>) => verdict === 'broken' || (verdict === 'holds' && complete);
  if (!outcomes.every(decided) || of('control').some(({ met }) => !met)) return 'unknown';
  if (taste === true) return 'not-a-state-property';
  const asserted = of('claim', 'within', 'beyond');
  if (asserted.length === 0) return 'unknown';
  if (asserted.every(({ met }) => met)) return 'confirmed';
  if (asserted.every(({ met }) => !met)) return 'refuted';
  const [within, beyond] = [of('claim', 'within'), of('beyond')];
  return condition !== undefined && within.every(({ met }) => met) && beyond.every(({ met }) => !met) ? 'conditional' : 'unknown';
}

/** The outcome whose way shows most of the verdict: the first that speaks against the claim, else the first that has a way at all. */
export function shown({ outcomes }: Settled): Outcome | undefined {
  const ways = outcomes.filter(({ finding: { kind, verdict, witness } }) => witness !== undefined && (kind !== 'sometimes' || verdict === 'broken'));
  return ways.find(({ check, met }) => check.role !== 'control' && !met) ?? ways.find(({ check }) => check.role !== 'control') ?? ways[0];
}
