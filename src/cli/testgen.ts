/** `dma-ownership testgen`: test suites from the model. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { models } from '../../machines/models/index.ts';
import { subjectOf } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { summary } from '../testgen/generate.ts';
import { criteria, type Criterion } from '../testgen/goals.ts';
import { targets, type Result, type Target } from '../testgen/targets/index.ts';
import { modelNamed } from '../world/models.ts';
import { nearest } from '../world/nearest.ts';
import { System } from '../world/world.ts';
import { askingTopology, bytes, count, topologyAsked, type AskedTopology } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Options = AskedTopology & {
  readonly model: string; readonly coverage?: readonly Criterion[]; readonly target: string; readonly out?: string; readonly limit: number; readonly memory?: number; readonly longest?: number;
  readonly uncovered?: true; readonly chart?: string; readonly extra: number;
};

/** Races are many, and asked for by name. */
const usual: readonly Criterion[] = (Object.keys(criteria) as Criterion[]).filter((criterion) => criterion !== 'races');

export function register(program: Program): void {
  askingTopology(program.command('testgen'), { devices: 1, users: 1 })
    .description('write tests that cover the model: for a real machine, for an implementation of one\'s own, or as scenarios')
    .option('--model <name>', 'the model that says what must happen', 'v6.12.y')
    .option('--coverage <criteria>', `what to cover, with commas between: ${Object.keys(criteria).join(', ')}. Default: all but races`, coverage)
    .option('--target <name>', `what to write: ${Object.entries(targets).map(([name, { about }]) => `${name} (${about})`).join('; ')}`, 'scenario')
    .option('--out <dir>', 'the folder to write to; without one, only the report is printed')
    .option('--longest <steps>', 'tests of about so many steps (or calls) at most', count('--longest', 1))
    .option('--limit <worlds>', 'visit so many worlds at most; what was not met then is unknown', count('--limit', 1), 400_000)
    .option('--memory <bytes>', 'memory for worlds, as 500M or 2G', bytes)
    .option('--chart <address>', 'with --target conformance: the actor whose chart is meant, such as group:8')
    .option('--extra <states>', 'with --target conformance: states that an implementation may have more than the chart', count('--extra', 0, 4), 0)
    .option('--uncovered', 'list every goal that no test covers, and why')
    .values({ '--model': Object.keys(models), '--coverage': { commas: Object.keys(criteria) }, '--target': Object.keys(targets), '--out': 'folders' })
    .ends({ holds: 'generated from every world', badInput: 'the topology is not valid, or the folder cannot be written', limit: 'generated, but --limit or --memory came first, so what was not met is unknown', interrupted: 'stopped, and nothing was written' })
    .examples([
      ['testgen', 'how many tests there would be, and what they would cover'],
      ['testgen --target kselftest --out tests', 'a script with a helper that drives a real machine'],
      ['testgen --coverage states,transitions --out scenarios', 'scenarios, for `run`'],
      ['testgen --target conformance --chart group:8 --out suite', 'a suite with a guarantee, of one chart'],
    ])
    .does(testgen);
}

async function testgen(out: Output, file: string | undefined, options: Options): Promise<Exit> {
  const model = modelNamed(options.model);
  const target = targetNamed(options.target);
  const { topology, together } = topologyAsked(file, file === undefined && target.again ? { times: 0, ...options } : options, model);
  const signal = out.interruption();
  const asked = { model, topology, chart: options.chart, extra: options.extra, given: file === undefined ? undefined : topology, subject: subjectOf(new System(model, topology, { twice: true }), { together }) };
  const { files, result } = await target.write(asked, {
    coverage: options.coverage ?? usual, limit: options.limit, memory: options.memory, longest: options.longest, signal,
    onProgress: (worlds) => out.progress(`${worlds} worlds`), onGoals: (left) => out.progress(`${left} goals left`),
  });
  out.progress('');
  if (signal.aborted) {
    out.remark('interrupted: nothing was written');
    return exit.interrupted;
  }
  const { worlds, steps, complete, goals, length, shortestPaths } = result;
  const told = { model: model.name, target: options.target, worlds, steps, complete, unit: target.unit, length, shortestPaths, summary: summary(result) };
  const written = [...files, { name: 'coverage.json', text: `${JSON.stringify({ schema: 'dma-ownership/coverage@1', ...told, goals }, null, 1)}\n` }];
  if (options.out !== undefined) write(options.out, written);
  out.result({ schema: 'dma-ownership/testgen@1', ...told, goals, out: options.out ?? null, files: written.map(({ name }) => name) }, () => text(result, target, options, written.length));
  return complete ? exit.holds : exit.limit;
}

function write(folder: string, files: readonly { readonly name: string; readonly text: string; readonly executable?: true }[]): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new ModelError('unwritable-file', `the folder cannot be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { at: folder, cause: error });
  }
  for (const { name, text, executable } of files) {
    replaceFile(join(folder, name), text);
    if (executable) chmodSync(join(folder, name), 0o755);
  }
}

function text(result: Result, { unit }: Target, options: Options, files: number): string {
  const { worlds, steps, complete, goals, length, shortestPaths } = result;
  const rows = summary(result);
  const open = goals.filter(({ verdict }) => verdict !== 'covered');
  return [
    `${options.model}: ${worlds} worlds, ${steps} steps${complete ? '' : ', stopped by a limit: what was not met is unknown'}`, '',
    ...(rows.length === 0 ? [] : [`${'criterion'.padEnd(13)}${['goals', 'covered', 'unreachable', 'unknown'].map((word) => word.padStart(12)).join('')}`]),
    ...rows.map(({ criterion, goals: all, covered, unreachable, unknown, uncovered }) => `${criterion.padEnd(13)}${[all, covered, unreachable, unknown + uncovered].map((number) => String(number).padStart(12)).join('')}`), '',
    `${length.tests} tests, ${length.steps} ${unit}${shortestPaths.tests === 0 ? '' : `; one shortest path for each goal would be ${shortestPaths.tests} tests, ${shortestPaths.steps} ${unit}`}`,
    ...(options.uncovered ? ['', ...open.map(({ criterion, name, verdict }) => `${verdict.padEnd(12)} ${criterion.padEnd(12)} ${name}`)] : []),
    ...(options.out === undefined ? ['nothing was written: --out DIR'] : [`${options.out}: ${files} files; coverage.json says which test covers what`]),
  ].join('\n');
}

function targetNamed(name: string): Target {
  const found = targets[name];
  if (found !== undefined) return found;
  const near = nearest(name, Object.keys(targets));
  throw new ModelError('wrong-use', `there is no target ${name}`, { at: '--target', accepted: Object.entries(targets).map(([one, { about }]) => `${one} (${about})`), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) });
}

/** Criteria with commas between. @throws {ModelError} `wrong-use` */
export function coverage(given: string): readonly Criterion[] {
  return given.split(',').map((name) => {
    if (name in criteria) return name as Criterion;
    const near = nearest(name, Object.keys(criteria));
    throw new ModelError('wrong-use', `there is no criterion ${name || 'without a name'}`, {
      at: '--coverage', accepted: Object.entries(criteria).map(([one, about]) => `${one} (${about})`), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    });
  });
}
