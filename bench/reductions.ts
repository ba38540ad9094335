/** What do the reductions save, and what do they cost? The verdicts must not depend on them. */
import { explore, type Report } from '../src/check/explore.ts';
import type { Counted } from './models.ts';
import { figure, table, timed } from './rounds.ts';

const combinations = [
  ['none', { partialOrder: false, symmetry: false }], ['symmetry', { partialOrder: false }], ['partial order', { symmetry: false }], ['both', {}],
] as const;

/** Each combination once, from empty tables. @throws {Error} when a verdict differs */
export async function reductions(asked: Counted): Promise<void> {
  const rows: string[][] = [];
  let first: string | undefined;
  for (const [name, options] of combinations) {
    globalThis.gc?.();
    const [report, cpu] = await timed(() => explore(asked.subject(), asked.properties, options));
    const said = verdicts(report);
    first ??= said;
    if (said !== first) throw new Error(`verdicts with reductions: ${name} differ:\n${first}\n${said}`);
    if (name === 'none' && (report.states !== asked.counts.states || report.transitions !== asked.counts.transitions)) throw new Error(`${asked.name} is another model: ${report.states} worlds`);
    rows.push([name, figure(report.states), figure(report.transitions), figure(cpu), figure(report.explain.bytes / 2 ** 20)]);
  }
  table(`Reductions: ${asked.name}, all ${asked.properties.length} properties decided, from empty tables`, ['', 'worlds', 'steps', 'whole, s', 'MiB of worlds'], rows);
}

const verdicts = ({ properties }: Report): string => properties.map(({ name, verdict }) => `${verdict} ${name}`).join('\n');
