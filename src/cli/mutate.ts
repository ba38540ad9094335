/** `dma-ownership mutate`: what suites are worth, by mutants of the charts. */
import type { AnyStateMachine } from 'xstate';
import { models } from '../../machines/models/index.ts';
import { subjectOf } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { generate, type Generated } from '../testgen/generate.ts';
import { criteria, type Criterion } from '../testgen/goals.ts';
import { mutantsOf, operators, type Mutant, type Operator } from '../testgen/mutants.ts';
import { mutate, type Fate, type Score } from '../testgen/mutate.ts';
import { chartNames } from '../view/chart/charts.ts';
import { modelNamed } from '../world/models.ts';
import { System } from '../world/world.ts';
import { askingTopology, bytes, count, topologyAsked, type AskedTopology } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { coverage } from './testgen.ts';

type Options = AskedTopology & {
  readonly model: string; readonly coverage: readonly Criterion[]; readonly limit: number; readonly memory?: number; readonly longest?: number; readonly chart?: string[]; readonly survivors?: true; readonly least?: number;
};

export function register(program: Program): void {
  askingTopology(program.command('mutate'), { devices: 1, users: 1 })
    .description('break the charts in small ways, and count how many of these faults each suite finds')
    .option('--model <name>', 'the model whose charts are broken', 'v6.12.y')
    .option('--coverage <criteria>', 'one suite for each of these criteria, with commas between', coverage, ['transitions', 'pairs'] as const)
    .option('--chart <names...>', 'only mutants of these charts, such as iommu_group')
    .option('--limit <worlds>', 'visit so many worlds at most', count('--limit', 1), 400_000)
    .option('--memory <bytes>', 'memory for worlds, as 500M or 2G', bytes)
    .option('--longest <steps>', 'tests of about so many steps at most', count('--longest', 1))
    .option('--survivors', 'list the mutants that no test tells from the model')
    .option('--least <percent>', 'exit code 1 when a suite kills less of what is not equal', count('--least', 0, 100))
    .values({ '--model': Object.keys(models), '--coverage': { commas: Object.keys(criteria) }, '--chart': chartNames })
    .ends({ holds: 'counted', violation: 'a suite kills less than --least', badInput: 'the topology is not valid', limit: 'counted, but --limit or --memory came first, so nothing is proved equal', interrupted: 'stopped before an answer' })
    .examples([
      ['mutate --chart iommu_group', 'what suites are worth on one chart'],
      ['mutate --coverage transitions,pairs --survivors --least 90', 'for a CI job: which faults nobody finds, and a bound'],
    ])
    .does(mutated);
}

/** One suite and what it is worth. */
type Row = { readonly criterion: Criterion; readonly suite: Generated; readonly score: Score };

async function mutated(out: Output, file: string | undefined, options: Options): Promise<Exit> {
  const model = modelNamed(options.model);
  const { topology, together } = topologyAsked(file, options, model);
  const subject = (system: System) => subjectOf(system, { together });
  const system = new System(model, topology);
  const mutants = mutantsOf(model, chartsOf(subject(system).actors.map(({ chart }) => chart as AnyStateMachine), options.chart));
  const bounds = { limit: options.limit, memory: options.memory, longest: options.longest, signal: out.interruption() };
  const survey = await generate(subject(system), { ...bounds, coverage: ['states', 'transitions', 'guards'], onProgress: (worlds) => out.progress(`${worlds} worlds`) });
  const known = new Map<Mutant, Fate>();
  const rows: Row[] = [];
  for (const criterion of options.coverage) {
    const suite = await generate(subject(system), { ...bounds, coverage: [criterion] });
    const score = await mutate(system, survey, suite, mutants, { ...bounds, subjectOf: subject, known, onProgress: (done, of) => out.progress(`${criterion}: ${done} of ${of} mutants`) });
    rows.push({ criterion, suite, score });
  }
  out.progress('');
  if (bounds.signal.aborted) {
    out.remark('interrupted');
    return exit.interrupted;
  }
  out.result({
    schema: 'dma-ownership/mutate@1', model: model.name, worlds: survey.worlds, complete: survey.complete,
    suites: rows.map(({ criterion, suite, score: { fates, ...score } }) => ({ coverage: criterion, length: suite.length, ...score, operators: byOperator(fates), fates: fates.map(({ way, ...fate }) => ({ ...fate, ...(way === undefined ? {} : { steps: way.length }) })) })),
  }, () => text(rows, survey, options));
  if (rows.some(({ score }) => score.score * 100 < (options.least ?? 0))) return exit.violation;
  return survey.complete ? exit.holds : exit.limit;
}

function chartsOf(charts: readonly AnyStateMachine[], names: readonly string[] | undefined): AnyStateMachine[] {
  const all = [...new Set(charts)];
  const foreign = names?.find((name) => !all.some(({ id }) => id === name));
  if (foreign !== undefined) throw new ModelError('wrong-use', `no chart ${foreign} runs in this topology`, { at: '--chart', accepted: all.map(({ id }) => id).sort() });
  return names === undefined ? all : all.filter(({ id }) => names.includes(id));
}

function byOperator(fates: readonly Fate[]): { operator: Operator; killed: number; equal: number; survived: number; unknown: number }[] {
  return (Object.keys(operators) as Operator[]).map((operator) => {
    const count = (fate: Fate['fate']) => fates.filter((one) => one.operator === operator && one.fate === fate).length;
    return { operator, killed: count('killed'), equal: count('equal'), survived: count('survived'), unknown: count('unknown') };
  });
}

const columns = ['mutants', 'killed', 'equal', 'survived', 'unknown'] as const;
const cells = (row: Readonly<Record<string, unknown>>, names: readonly string[]): string => names.map((name) => String(row[name]).padStart(10)).join('');

function text(rows: readonly Row[], { worlds, complete }: Generated, options: Options): string {
  return [
    `${options.model}: ${worlds} worlds${complete ? '' : ', stopped by a limit: nothing is proved equal'}`, '',
    `${'suite'.padEnd(22)}${['tests', 'steps', ...columns, 'score'].map((word) => word.padStart(10)).join('')}`,
    ...rows.map(({ criterion, suite, score }) => `${criterion.padEnd(22)}${cells({ ...suite.length, ...score, score: percent(score) }, ['tests', 'steps', ...columns, 'score'])}`),
    ...rows.flatMap(({ criterion, score }) => ['', criterion, ...byOperator(score.fates).map((row) => `  ${row.operator.padEnd(40)}${cells(row, columns.slice(1))}`),
      ...(options.survivors ? score.fates.filter(({ fate }) => fate === 'survived' || fate === 'unknown').map(({ operator, place, what, fate, by }) => `  ${fate}: ${operator}: ${place} ${what} (${by})`) : [])]), '',
    'The score is what is killed of the mutants that are not proved equal to the model.',
  ].join('\n');
}

/** Never rounded up. */
const percent = ({ score }: Score): string => `${(Math.floor(score * 1000) / 10).toFixed(1)} %`;
