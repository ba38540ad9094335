/** What `compare` says of models: the tables and runs of docs/reference/models-compared.md. */
import { kernels, models, rivals } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { observers, type Observer } from '../../machines/observable.ts';
import type { Topology } from '../../machines/topology.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { compareClosed, type Comparison } from '../../src/compare/compare.ts';
import { ModelError } from '../../src/errors.ts';
import { close, type Closed } from '../../src/export/close.ts';
import { checkTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';
import { anchor, row } from './page.ts';
import { designTopologies, kernelTopologies, noticeTopologies } from './topologies.ts';

const names = Object.keys(kernels);
export const neighbours = names.slice(1).map((right, at) => [names[at] as string, right] as const);
export const againstCount = Object.keys(rivals).map((right) => ['v6.1.y', right] as const);

/** The worlds of a topology under a model; undefined where the model lacks what it needs. */
async function worlds(name: string, topology: Topology): Promise<Closed | undefined> {
  const model = models[name] as Model;
  try {
    checkTopology(topology, 'a topology', model);
  } catch (error) {
    if (error instanceof ModelError && error.code === 'bad-topology') return undefined;
    throw error;
  }
  return close(subjectOf(new System(model, topology)), [], { walks: 0 });
}

/** Of one topology: by pair, who can tell the two apart, and by which run; undefined where one of them cannot have it. */
type Row = readonly ({ readonly seenBy: string | null; readonly comparison: Comparison } | undefined)[];

/** The first of these observers that tells a pair apart; the last stands for all when none does. */
async function compared(topology: Topology, pairs: readonly (readonly [string, string])[], eyes: readonly string[]): Promise<Row> {
  const known = new Map<string, Closed | undefined>();
  for (const name of new Set(pairs.flat())) known.set(name, await worlds(name, topology));
  return pairs.map(([left, right]) => {
    const sides = [known.get(left), known.get(right)];
    if (sides[0] === undefined || sides[1] === undefined) return undefined;
    let comparison: Comparison | undefined;
    for (const name of eyes) {
      comparison = compareClosed([sides[0], sides[1]], observers[name] as Observer);
      if (comparison.answer !== 'same') return { seenBy: name, comparison };
    }
    return { seenBy: null, comparison: comparison as Comparison };
  });
}

/** `heading`: where the runs stand. */
function told(name: string, heading: string, pairs: readonly (readonly [string, string])[], found: Row): { row: string; runs: string } {
  const groups = new Map<string, string[]>();
  const cells = found.map((one, at) => {
    if (one === undefined) return '-';
    const { seenBy, comparison } = one;
    if (seenBy === null) return 'same';
    const [left, right] = pairs[at] as readonly [string, string];
    const text = runOf(comparison, seenBy, left, right);
    const key = text.replaceAll(left, 'LEFT').replaceAll(right, 'RIGHT');
    groups.set(key, [...(groups.get(key) ?? []), `${left} and ${right}`, text]);
    const word = seenBy.replace('-any-errno', '');
    return `[${comparison.answer === 'differ' ? word : `${word}, choices`}](#${heading})`;
  });
  const runs = [...groups.values()].flatMap((group) => [
    `${group.filter((_, at) => at % 2 === 0).join('; ')}:`, '', '```', group[1] as string, '```', '',
  ]);
  return { row: row(name, ...cells), runs: runs.length === 0 ? '' : [`### ${name}`, '', ...runs].join('\n') };
}

/** A shortest run, and what only one side can do behind it. */
function runOf(comparison: Comparison, seenBy: string, left: string, right: string): string {
  if (comparison.answer === 'same-traces') {
    const { hesitation } = comparison;
    return hesitation === undefined ? `${seenBy}: equal runs and refusals, other choices`
      : [...hesitation.run, `only ${hesitation.side === 'left' ? left : right} may then stand where nothing is possible but: ${hesitation.offers.join('; ') || 'nothing'}`].join('\n');
  }
  if (comparison.answer !== 'differ') return `${seenBy}: ${comparison.answer}`;
  const { run, left: mine, right: others } = comparison.parting;
  const only = (name: string, some: readonly string[], rest: readonly string[]) => {
    const own = some.filter((label) => !rest.includes(label));
    return own.length === 0 ? [] : [`then only ${name}: ${own.join('; ')}`];
  };
  return [...run, ...only(left, mine, others), ...only(right, others, mine)].join('\n');
}

type Part = 'kernels' | 'designs' | 'notices';
const parts = {
  kernels: { topologies: kernelTopologies, pairs: neighbours, eyes: ['user', 'kernel'] },
  designs: { topologies: designTopologies, pairs: againstCount, eyes: ['user-any-errno', 'kernel-any-errno'] },
} as const;

/** One row of a table and the runs behind it. */
export async function printedRow(part: Exclude<Part, 'notices'>, name: string): Promise<{ row: string; runs: string }> {
  const { topologies, pairs, eyes } = parts[part];
  const second = part === 'designs' && name in kernelTopologies; // the other table has runs under the same heading
  return told(name, `${anchor(name)}${second ? '-1' : ''}`, pairs, await compared(topologies[name] as Topology, pairs, eyes));
}

/** A whole table, and all its runs. */
export async function printedPart(part: Exclude<Part, 'notices'>): Promise<{ table: string; runs: string }> {
  const { topologies, pairs } = parts[part];
  const rows: { row: string; runs: string }[] = [];
  for (const name of Object.keys(topologies)) rows.push(await printedRow(part, name));
  const head = part === 'kernels' ? pairs.map(([left, right]) => `${left}, ${right}`) : pairs.map(([, right]) => right);
  return { table: [row('', ...head), row('---', ...head.map(() => '---')), ...rows.map((one) => one.row)].join('\n'), runs: rows.map(({ runs }) => runs).filter((runs) => runs !== '').join('\n').trimEnd() };
}

/** Cleanups against notices, each under one model. */
export async function printedNotices(): Promise<string> {
  const held = ['v6-posting', 'v6.1.y'];
  const rows: string[] = [];
  for (const [name, topology] of Object.entries(noticeTopologies)) {
    const cells: string[] = [];
    for (const model of held) {
      const closed = await worlds(model, topology) as Closed;
      const comparison = compareClosed([closed, closed], [observers['cleanups'] as Observer, observers['notices'] as Observer]);
      cells.push(comparison.answer === 'same' ? `same, ${closed.states} worlds` : comparison.answer === 'differ' ? onlyOne(comparison) : comparison.answer);
    }
    rows.push(row(name, ...cells));
  }
  return [row('', ...held), row('---', ...held.map(() => '---')), ...rows].join('\n');
}

function onlyOne({ parting: { run, left, right } }: Extract<Comparison, { answer: 'differ' }>): string {
  const mark = 'may be given up';
  const who = left.some((label) => label.endsWith(mark)) ? 'a cleanup without a notice' : right.some((label) => label.endsWith(mark)) ? 'a notice without a cleanup' : 'something else';
  return `${who} after: ${run.at(-1) ?? 'nothing'}`;
}
