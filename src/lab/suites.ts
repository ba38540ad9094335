/** Runs a generated suite in a guest, under the recorder, and holds what came back against what it expects. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { parseScenario } from '../scenario/parse.ts';
import { suiteOf, testOf } from '../testgen/played.ts';
import { parseSuite, type Suite } from '../testgen/suite.ts';
import { kselftest } from '../testgen/targets/kselftest.ts';
import { findRecording } from '../trace/file.ts';
import { modelOfRelease } from '../trace/report.ts';
import { runJob, type Job, type Run, type RunOptions } from './boot.ts';
import { call, demand } from './call.ts';
import { compareSuite, ktap, type TestResult } from './compared.ts';
import type { Kernel } from './folder.ts';
import { judged, linesOf, partAt, partsOf, refusals, traceOf, type Stretch } from './judged.ts';
import { castOf, introduction, planOf, type Cast } from './plan.ts';

export interface SuiteRun {
  readonly kernel: string;
  readonly suite: string;
  readonly model: string;
  readonly cast: Cast;
  readonly run: Run;
  readonly tests: readonly TestResult[];
  /** Verdicts on the stretches of the recording; one, where everything was explained. */
  readonly verdicts: readonly string[];
  /** Lines that the model does not explain, with the test they are in. */
  readonly refused: readonly { readonly test: string; readonly line: number; readonly text: string; readonly reason: string; readonly possible: readonly string[] }[];
  readonly lines: number;
}

/** The model of a kernel here: by its release, or by what its source package says. */
export const modelOf = ({ release, name, from }: Kernel): Model | undefined => modelOfRelease(release ?? name) ?? modelOfRelease(/ (\d+\.\d+\.\d+)/.exec(from)?.[1] ?? '');

/** A suite from scenarios that share their topology: a test for each. */
function suiteOfScenarios(files: readonly string[], model: Model): Suite {
  const scenarios = files.map((file) => ({ file, text: readFileSync(file, 'utf8') })).map(({ file, text }) => ({ file, text, topology: parseScenario(text, file).topology }));
  const [first] = scenarios;
  // Threads are what a scenario calls them; the machine is the rest.
  const machine = (topology: Topology | undefined) => JSON.stringify([topology?.devices, topology?.drivers, topology?.options]);
  const other = scenarios.find(({ topology }) => machine(topology) !== machine(first?.topology));
  if (first === undefined || other !== undefined)
    throw new ModelError('bad-suite', other === undefined ? 'there is no scenario' : 'its topology is not that of the others', { at: other?.file ?? files.join(' '), accepted: 'scenarios with the same devices, drivers and options' });
  return suiteOf(model, first.topology, scenarios.map(({ file, text }) => testOf(text, basename(file, '.scenario'), model)));
}

/**
 * A suite from the folder that `testgen --target kselftest` wrote, from its `suite.json`, from a scenario, or from a folder of
 * scenarios that share their topology.
 *
 * @throws {ModelError} `bad-suite`, `bad-scenario`, `unreadable-file`
 */
export function suiteFrom(path: string, model: Model): Suite {
  const isFolder = statSync(path).isDirectory();
  const scenarios = isFolder ? readdirSync(path).filter((name) => name.endsWith('.scenario')).sort().map((name) => join(path, name)) : path.endsWith('.scenario') ? [path] : [];
  if (scenarios.length > 0) return suiteOfScenarios(scenarios, model);
  const file = isFolder ? join(path, 'suite.json') : path;
  const text = readFileSync(file, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelError('bad-suite', 'it is no JSON', { at: file, accepted: 'what `testgen --target kselftest` writes', cause: error });
  }
  return parseSuite(json, file);
}

/**
 * The suite as the model has it on this kernel: one that was built with DEBUG_TEST_DRIVER_REMOVE does more, and the model knows
 * what. Everything else in a test stays.
 *
 * @throws {ModelError} `bad-scenario` when the scenario in a test cannot be played
 */
export function suiteFor(kernel: Kernel, suite: Suite, model: Model): Suite {
  const removes = kernel.test_remove === true;
  const tests = suite.tests.map((test) => {
    // What is written is `auto`, the type that each group has had since boot.
    const scenario = test.scenario.replaceAll(/^(call \S+ group_store_type \S+)$/gm, '$1 same=true').replace(/^device /m, removes ? 'option test_remove\n$&' : '$&');
    return scenario === test.scenario ? test : testOf(scenario, test.name, model, test.goals);
  });
  const topology = removes ? { ...suite.topology, options: { ...(suite.topology['options'] as object | undefined), test_remove: true } } : suite.topology;
  return { ...suite, topology, tests };
}

/** Modules of a suite's drivers that this kernel has built in. */
export function builtInto(kernel: Kernel, suite: Suite): string[] {
  const there = kernel.modules === undefined ? '' : readFileSync(join(kernel.modules, 'lib', 'modules', kernel.release ?? kernel.name, 'modules.dep'), 'utf8').replaceAll('-', '_');
  return Object.values(suite.drivers).map(({ module }) => module).filter((module) => !there.includes(`/${module.replaceAll('-', '_')}.ko`));
}

/** KiB of trace buffer for each processor. */
const buffer = 24_576;

/** What has to be there before the recording begins: the modules whose functions are probed, and the drivers of the suite that are no part of the kernel. */
const modulesOf = ({ drivers }: Suite): string[] =>
  [...new Set(['vfio_iommu_type1', 'vfio-pci', 'uio_pci_generic', ...Object.keys(drivers).filter((name) => name.startsWith('told')).map(() => 'told')])];

/** The suite as testgen writes it for any machine: its shell script and its helper, called as on the command line. */
async function scriptJob(suite: Suite, cast: Cast, to: string): Promise<Job> {
  demand(['gcc']);
  const written = kselftest(suite);
  const text = (name: string) => written.find((file) => file.name === name)?.text ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'lab-suite-'));
  const helper = join(folder, 'dma_own');
  writeFileSync(`${helper}.c`, text('dma_own.c'));
  await call('gcc', ['-static', '-O2', '-o', helper, `${helper}.c`]);
  const job = {
    name: `script of ${basename(to)}`,
    script: [`mods ${modulesOf(suite).join(' ')}`, `record ${buffer} suite`, ...introduction(cast).map((op) => `labctl do '${op}'`),
      `sh /lab/suite.sh ${Object.entries(cast.devices).map(([role, device]) => `--device ${role}=${device}`).join(' ')} --helper /lab/dma_own`, 'state after', ''].join('\n'),
    files: [{ path: 'suite.sh', bytes: Buffer.from(text('dma_ownership.sh')) }, { path: 'dma_own', bytes: readFileSync(helper), executable: true }],
  };
  rmSync(folder, { recursive: true });
  return job;
}

/** @throws {ModelError} `bad-suite` when the suite is of another kernel's model, or this machine cannot play it */
export async function runSuite(kernel: Kernel, given: Suite, name: string, options: RunOptions & { readonly script?: boolean }): Promise<SuiteRun> {
  const model = modelOf(kernel);
  if (model === undefined || models[given.model] === undefined || model.name !== given.model)
    throw new ModelError('bad-suite', `the suite is of ${given.model}, and ${kernel.name} is ${model?.name ?? 'none of the models'}`, { at: name, hint: `testgen --model ${model?.name ?? given.model}` });
  const suite = suiteFor(kernel, given, model);
  const cast = castOf(suite, name);
  const builtIn = builtInto(kernel, suite);
  const run = await runJob(kernel, options.script === true ? await scriptJob(suite, cast, options.to) : {
    name: 'suite',
    script: `mods ${modulesOf(suite).join(' ')}\nrecord ${buffer} suite\nlabctl plan /lab/plan\nstate after\n`,
    files: [{ path: 'plan', bytes: Buffer.from(planOf(suite, cast, builtIn)) }],
  }, { ...options, functions: cast.functions });
  const lines = existsSync(traceOf(run.folder)) ? linesOf(run.folder) : [];
  const recording = await findRecording(traceOf(run.folder));
  const tests = compareSuite(suite, cast, lines, recording, builtIn);
  const parts = partsOf(lines, (text) => /^dma-ownership test (\d+ .*)$/.exec(text)?.[1]);
  const stretches: Stretch[] = lines.length === 0 ? [] : await judged(run, parts, suite.model);
  writeFileSync(join(run.folder, 'results.ktap'), ktap(tests));
  return {
    kernel: kernel.name, suite: name, model: suite.model, cast, run, tests, lines: lines.length, verdicts: stretches.map(({ report }) => report.verdict),
    refused: refusals(stretches).map((one) => ({ test: partAt(parts, one.line)?.name ?? 'before the first test', ...one })),
  };
}
