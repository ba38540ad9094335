/** `dma-ownership run SCENARIO...`: plays scenario texts and compares what happens with what they expect. */
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { ModelError } from '../errors.ts';
import { compare, printDifference, updated, type Difference, type Produced } from '../scenario/expected.ts';
import { keepRun } from '../log/runs/recorder.ts';
import { parseScenario, type Scenario } from '../scenario/parse.ts';
import { printBlock } from '../scenario/print.ts';
import { play, type Played } from '../scenario/run.ts';
import { modelNamed } from '../world/models.ts';
import { exit } from './exit.ts';
import { contentOf, replaceFile } from './file.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { by, keeping, remarkKept, withStore, type Kept } from './store.ts';

type Options = { readonly model?: string; readonly all?: true; readonly why?: true; readonly update?: true } & Kept;

/** One scenario under one model. */
type Result = { readonly played: Played; readonly produced: Produced; readonly difference: Difference | undefined };

export function register(program: Program): void {
  keeping(program.command('run'))
    .description('play a scenario, print what happens, and compare it with what the scenario expects')
    .argument('<scenario...>', 'scenario files, or - for stdin')
    .option('--model <name>', 'this model only, whether the scenario names it or not')
    .option('--all', 'print every fact, with locks and passive reads; nothing is compared')
    .option('--why', 'below each error that a thread gets, say why and who stood in the way; nothing is compared')
    .option('--update', 'write what happens into the files')
    .values({ scenario: { files: ['scenario', 'txt'] }, '--model': Object.keys(models) })
    .ends({ holds: 'it happens as the scenarios expect, or nothing was compared', violation: 'something happens otherwise', badInput: 'a scenario is not valid, or a file cannot be read' })
    .examples([
      ['run race.scenario', 'what happens, and whether it is what the file expects'],
      ['run race.scenario --why', 'and below each error, who stood in the way'],
      ['run race.scenario --model v6.1.y --all', 'every fact, under one kernel'],
      ['run race.scenario --log file:runs.jsonl', 'kept, for `log` and `replay`'],
    ])
    .does(run);
}

const compares = ({ all, why, update }: Options): boolean => all !== true && why !== true && update !== true;

async function run(out: Output, files: string[], options: Options) {
  const only = options.model === undefined ? undefined : modelNamed(options.model);
  if (options.update === true && (options.all === true || options.why === true || files.includes('-')))
    throw new ModelError('wrong-use', 'only files can be updated, with what they usually print', { accepted: 'run --update FILE...', usually: '--all, --why or - together with --update' });
  const scenarios = files.map((file) => parseScenario(contentOf(file).toString('utf8'), file));
  const results = scenarios.map((scenario) => ({ scenario, results: playAll(scenario, only, options) }));
  if (options.update === true) {
    for (const { scenario, results: each } of results) {
      const text = updated(scenario, each.map(({ produced }) => produced));
      if (text !== `${scenario.lines.join('\n')}\n`) replaceFile(scenario.name, text);
    }
  }
  const kept = options.log === undefined ? undefined : await keep(out, options.log, results, options);
  const differs = (result: Result): boolean => compares(options) && result.difference !== undefined;
  out.result(
    { schema: 'dma-ownership/run@1', ...(kept === undefined ? {} : { kept }), files: results.map(({ scenario, results: each }) => document(scenario, each, differs)) },
    () => results.map(({ scenario, results: each }) => each.map((result) => text(scenario, result, differs(result))).join('\n\n')).join('\n\n'),
  );
  return results.some(({ results: each }) => each.some(differs)) ? exit.violation : exit.holds;
}

/** Stores every run, in the order in which they were asked for. Their ids. */
const keep = (out: Output, log: string | true, results: readonly { readonly scenario: Scenario; readonly results: readonly Result[] }[], options: Options) =>
  withStore(log, 'write', async (store) => {
    const ids: string[] = [];
    for (const { scenario, results: each } of results) for (const { played, difference } of each) {
      const facts = Array.from({ length: played.log.length }, (_, seq) => played.log.fact(seq));
      ids.push(await keepRun(store, played.system, facts, difference === undefined ? 'as expected' : 'differs', { what: `run ${scenario.name}`, by: by() }));
    }
    remarkKept(out, ids, store);
    return { store: store.name, runs: ids };
  }, options);

function playAll(scenario: Scenario, only: Model | undefined, options: Options): Result[] {
  const chosen = only === undefined ? scenario.models.map((name) => models[name] as Model) : [only];
  return chosen.map((model) => {
    const played = play(scenario, model);
    const produced = { model: model.name, blocks: played.blocks.map((block) => printBlock(played, block, { all: options.all === true, why: options.why === true })) };
    return { played, produced, difference: compare(scenario, produced) };
  });
}

/** The scenario as it went: commands as they stand in the file, then what they printed. */
function text(scenario: Scenario, { produced, difference }: Result, differs: boolean): string {
  const blocks = scenario.blocks.flatMap(({ commands }, index) =>
    [...commands.map(({ line }) => `> ${scenario.lines[line - 1]?.trim()}`), ...(produced.blocks[index] ?? [])]);
  const verdict = !differs || difference === undefined ? [] : ['', printDifference(scenario.name, difference)];
  return [`${scenario.name}, ${produced.model}`, ...blocks, ...verdict].join('\n');
}

function document(scenario: Scenario, results: readonly Result[], differs: (result: Result) => boolean) {
  return {
    file: scenario.name, about: scenario.about, expect: scenario.expect,
    models: results.map((result) => ({
      model: result.produced.model, verdict: differs(result) ? 'differs' as const : 'as-expected' as const, ...(differs(result) ? { difference: result.difference } : {}),
      blocks: result.played.blocks.map(({ facts }, index) => ({ facts: facts.map(({ fact }) => result.played.log.fact(fact.seq)), text: result.produced.blocks[index] ?? [] })),
    })),
  };
}
