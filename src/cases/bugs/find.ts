/** Looks for bugs where they are said to be, and for their absence where they are said to be fixed. */
import type { Model } from '../../../machines/model.ts';
import { decide, type Case, type DecideOptions, type Finding } from '../decide.ts';
import { isOpen, type Bug } from './bug.ts';

export interface Checked {
  readonly asked: Case;
  readonly finding: Finding;
}

export interface Sought {
  readonly bug: Bug;
  readonly affected: readonly Checked[];
  readonly fixed: readonly Checked[];
  readonly repaired: readonly Checked[];
  /** Every affected model breaks the property, by a way that is as short as any. */
  readonly found: boolean;
  /** Every fixed one keeps it in every world; null where there is none. */
  readonly absentInFixed: boolean | null;
  /** `open`: found, and nothing has put it right. `missed`: the row says what the models do not. */
  readonly verdict: 'found' | 'open' | 'missed' | 'unknown';
}

/**
 * Decides every row, equal topologies of one model once. Rows come back in their order.
 *
 * @throws {ModelError} as `decide`
 */
export async function find(bugs: readonly Bug[], options: DecideOptions = {}): Promise<Sought[]> {
  const rows = bugs.map((bug) => ({ bug, models: [bug.affected, bug.fixed, bug.repaired === undefined ? [] : [bug.repaired]] as const }));
  const cases = rows.flatMap(({ bug, models }) => models.flat().map((model) => asking(bug, model)));
  const findings = await decide(cases, options);
  let next = 0;
  const checked = (bug: Bug, models: readonly Model[]): Checked[] => models.map((model) => ({ asked: asking(bug, model), finding: findings[next++] as Finding }));
  return rows.map(({ bug, models: [affected, fixed, repaired] }) => judged(bug, checked(bug, affected), checked(bug, fixed), checked(bug, repaired)));
}

const asking = ({ topology, property }: Bug, model: Model): Case => ({ model, topology, property });
const holds = ({ finding }: Checked): boolean => finding.verdict === 'holds' && finding.complete;

function judged(bug: Bug, affected: readonly Checked[], fixed: readonly Checked[], repaired: readonly Checked[]): Sought {
  const all = [...affected, ...fixed, ...repaired];
  const found = affected.length > 0 && affected.every(({ finding: { verdict, witness } }) => verdict === 'broken' && witness?.shortest === true);
  const absentInFixed = fixed.length === 0 ? null : fixed.every(holds);
  const right = found && absentInFixed !== false && repaired.every(holds);
  const undecided = all.some(({ finding: { verdict } }) => verdict === 'unknown');
  return { bug, affected, fixed, repaired, found, absentInFixed, verdict: right ? (isOpen(bug) ? 'open' : 'found') : undecided ? 'unknown' : 'missed' };
}
