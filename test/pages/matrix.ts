/** Properties by model, over small topologies: the tables and ways of docs/reference/properties-by-model.md. */
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { properties, propertiesFor } from '../../machines/properties/index.ts';
import type { Topology } from '../../machines/topology.ts';
import { decide, type Case, type Finding } from '../../src/cases/decide.ts';
import { printWitness } from '../../src/cases/print.ts';
import { ModelError } from '../../src/errors.ts';
import { checkTopology } from '../../src/world/topology.ts';
import { anchor, row } from './page.ts';

/** A property under a model: what it comes to over all topologies in which it says something. */
export type Cell =
  | { readonly verdict: 'not applicable' | 'holds' | 'unknown' }
  | { readonly verdict: 'broken'; readonly topology: string; readonly steps: number | null; readonly way: string; readonly asked: Case; readonly finding: Finding };

/** By property, in the order of `properties`. */
export type Column = readonly Cell[];

const takes = (model: Model, topology: Topology): boolean => {
  try {
    checkTopology(topology, 'a topology', model);
    return true;
  } catch (error) {
    if (error instanceof ModelError && error.code === 'bad-topology') return false;
    throw error;
  }
};

/** A property is broken under a model where any topology breaks it, by the shortest of all ways; a `sometimes` where none has it. */
export async function columnOf(name: string, topologies: Readonly<Record<string, Topology>>): Promise<Column> {
  const model = models[name] as Model;
  const cases: { readonly topology: string; readonly asked: Case; readonly sentence: string }[] = Object.entries(topologies).flatMap(([where, topology]) =>
    (takes(model, topology) ? propertiesFor(topology, model).map((property) => ({ topology: where, asked: { model, topology, property }, sentence: property.name })) : []));
  const found = await decide(cases.map(({ asked }) => asked));
  return properties.map(({ name: sentence, kind }): Cell => {
    const own = cases.flatMap((one, at) => (one.sentence === sentence ? [{ ...one, finding: found[at] as Finding }] : []));
    if (own.length === 0) return { verdict: 'not applicable' };
    if (own.some(({ finding: { verdict } }) => verdict === 'unknown' || verdict === 'sampled')) return { verdict: 'unknown' };
    if (kind === 'sometimes' && own.some(({ finding }) => finding.verdict === 'holds')) return { verdict: 'holds' };
    const broken = own.filter(({ finding }) => finding.verdict === 'broken').map((one) => ({ ...one, steps: one.finding.witness?.steps.length ?? null }))
      .sort((a, b) => (a.steps ?? Infinity) - (b.steps ?? Infinity))[0];
    if (broken === undefined) return { verdict: 'holds' };
    return { verdict: 'broken', topology: broken.topology, steps: broken.steps, way: printWitness(broken.asked, broken.finding).join('\n'), asked: broken.asked, finding: broken.finding };
  });
}

/** Ways that cells link to, each with what it breaks under which models. */
export class Ways {
  readonly #ways = new Map<string, { readonly topology: string; readonly way: string; readonly breaks: Map<string, string[]> }>();

  /** Where the way of a broken cell stands in the appendix. */
  link(sentence: string, model: string, { topology, steps, way }: Extract<Cell, { verdict: 'broken' }>): string {
    const key = `${topology}\n${way}`;
    const known = this.#ways.get(key) ?? { topology, way, breaks: new Map<string, string[]>() };
    this.#ways.set(key, known);
    known.breaks.set(sentence, [...(known.breaks.get(sentence) ?? []), model]);
    return `[broken${steps === null ? '' : `, ${steps}`}](#${anchor('way', String([...this.#ways.keys()].indexOf(key) + 1))})`;
  }

  print(): string {
    return [...this.#ways.values()].flatMap(({ topology, way, breaks }, at) => [
      `### Way ${at + 1}`, '', `With ${topology}. Breaks:`, '', ...[...breaks].map(([sentence, names]) => `- ${sentence}: ${names.join(', ')}`), '',
      ...(way === '' ? ['No world of the topology has it.', ''] : ['```', way, '```', '']),
    ]).join('\n').trimEnd();
  }
}

const shown = (cell: Cell, sentence: string, model: string, ways: Ways): string =>
  (cell.verdict === 'broken' ? ways.link(sentence, model, cell) : cell.verdict === 'not applicable' ? '-' : cell.verdict);

/** A row for each property that says something anywhere. */
export function tableOf(columns: ReadonlyMap<string, Column>, ways: Ways): string {
  const names = [...columns.keys()];
  const rows = properties.flatMap(({ name: sentence, kind }, at) => {
    const cells = names.map((model) => (columns.get(model) as Column)[at] as Cell);
    if (cells.every(({ verdict }) => verdict === 'not applicable')) return [];
    return [row(kind, sentence, ...cells.map((cell, index) => shown(cell, sentence, names[index] as string, ways)))];
  });
  return [row('', 'Property', ...names), row('---', '---', ...names.map(() => '---')), ...rows].join('\n');
}

/** By topology: the properties that some model breaks there, and how many others say something and hold under every one. */
export function brokenOf(columns: ReadonlyMap<string, ReadonlyMap<string, Column>>, ways: Ways): string {
  const topologies = [...columns.keys()];
  const names = [...(columns.get(topologies[0] ?? '') ?? new Map<string, Column>()).keys()];
  const rows = topologies.flatMap((topology) => {
    const own = columns.get(topology) as ReadonlyMap<string, Column>;
    const cellsOf = (at: number) => names.map((model) => (own.get(model) as Column)[at] as Cell);
    const broken = properties.flatMap(({ name: sentence }, at) => {
      const cells = cellsOf(at);
      return cells.every(({ verdict }) => verdict !== 'broken') ? [] : [row(topology, sentence, ...cells.map((cell, index) => shown(cell, sentence, names[index] as string, ways)))];
    });
    const others = properties.filter((_, at) => cellsOf(at).some(({ verdict }) => verdict === 'holds') && cellsOf(at).every(({ verdict }) => verdict !== 'broken')).length;
    return [...broken, row(topology, `${others} other properties`, ...names.map((model) => ((own.get(model) as Column).every(({ verdict }) => verdict === 'not applicable') ? '-' : 'holds')))];
  });
  return [row('', 'Property', ...names), row('---', '---', ...names.map(() => '---')), ...rows].join('\n');
}
