/** What do the reductions save, and what do they cost? The verdicts must not depend on them. */
import { explore, type Report } from '../src/check/explore.ts';
import type { Counted } from './models.ts';
import { figure, table, timed } from './rounds.ts';

const combinations = [
  ['none', { partialOrder: false, symmetry: false }], ['symmetry', { partialOrder: false }], ['partial order', { symmetry: false }], ['both', {}],
] as const;

type Combination = (typeof combinations)[number][0];

/**
 * Each combination once, from empty tables. Gives how many times fewer worlds the last of them visits than the first.
 *
 * @throws {Error} when a verdict or the length of a shortest way differs
 */
export async function reductions(asked: Counted, named: readonly Combination[] = combinations.map(([name]) => name)): Promise<number> {
  const visited: number[] = [];
  const rows: string[][] = [];
  let first: string | undefined;
  for (const [name, options] of combinations.filter(([one]) => named.includes(one))) {
    globalThis.gc?.();
    const [report, cpu] = await timed(() => explore(asked.subject(), asked.properties, options));
    const said = verdicts(report);
    first ??= said;
    if (said !== first) throw new Error(`verdicts with reductions: ${name} differ:\n${first}\n${said}`);
    if (name === 'none' && (report.states !== asked.counts.states || report.transitions !== asked.counts.transitions)) throw new Error(`${asked.name} is another model: ${report.states} worlds`);
    visited.push(report.states);
    rows.push([name, figure(report.states), figure(report.transitions), figure(cpu), figure(report.explain.bytes / 2 ** 20)]);
  }
  table(`Reductions: ${asked.name}, all ${asked.properties.length} properties decided, from empty tables`, ['', 'worlds', 'steps', 'whole, s', 'MiB of worlds'], rows);
  return (visited[0] as number) / (visited.at(-1) as number);
}

/** The same without reductions and with both. @throws {Error} when those save less than that */
export async function saves(times: number, asked: Counted): Promise<void> {
  const saved = await reductions(asked, ['none', 'both']);
  if (saved < times) throw new Error(`${asked.name}: ${figure(saved)} times fewer worlds, not ${times}`);
}

const verdicts = ({ properties }: Report): string =>
  properties.map(({ name, kind, verdict, way }) => `${verdict}${kind === 'sometimes' ? '' : ` ${way?.steps.length ?? ''}`} ${name}`).join('\n');
