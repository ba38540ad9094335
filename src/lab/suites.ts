/** Runs a generated suite in a guest, under the recorder, and holds what came back against what it expects. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { ModelError } from '../errors.ts';
import { parseScenario } from '../scenario/parse.ts';
import { suiteOf, testOf } from '../testgen/played.ts';
import { parseSuite, type Suite } from '../testgen/suite.ts';
import { findRecording } from '../trace/file.ts';
import { modelOfRelease } from '../trace/report.ts';
import { runJob, type Run, type RunOptions } from './boot.ts';
import { compareSuite, ktap, type TestResult } from './compared.ts';
import type { Kernel } from './folder.ts';
import { judged, linesOf, partAt, partsOf, refusals, traceOf, type Stretch } from './judged.ts';
import { castOf, planOf, type Cast } from './plan.ts';

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

/**
 * A suite from the folder that `testgen --target kselftest` wrote, from its `suite.json`, or from a scenario, which is a
 * suite of one test.
 *
 * @throws {ModelError} `bad-suite`, `bad-scenario`, `unreadable-file`
 */
export function suiteFrom(path: string, model: Model): Suite {
  const file = statSync(path).isDirectory() ? join(path, 'suite.json') : path;
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.scenario')) return suiteOf(model, parseScenario(text, file).topology, [testOf(text, file, model)]);
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
  if (kernel.test_remove !== true) return suite;
  const tests = suite.tests.map(({ name, goals, scenario }) => testOf(scenario.replace(/^device /m, 'option test_remove\n$&'), name, model, goals));
  const topology = { ...suite.topology, options: { ...(suite.topology['options'] as object | undefined), test_remove: true } };
  return { ...suite, topology, tests };
}

/** KiB of trace buffer for each processor. */
const buffer = 24_576;

/** What has to be there before the recording begins: the modules whose functions are probed, and the drivers of the suite that are no part of the kernel. */
const modulesOf = ({ drivers }: Suite): string[] =>
  [...new Set(['vfio_iommu_type1', 'vfio-pci', 'uio_pci_generic', ...Object.keys(drivers).filter((name) => name.startsWith('told')).map(() => 'told')])];

/** @throws {ModelError} `bad-suite` when the suite is of another kernel's model, or this machine cannot play it */
export async function runSuite(kernel: Kernel, given: Suite, name: string, options: RunOptions): Promise<SuiteRun> {
  const model = modelOf(kernel);
  if (model === undefined || models[given.model] === undefined || model.name !== given.model)
    throw new ModelError('bad-suite', `the suite is of ${given.model}, and ${kernel.name} is ${model?.name ?? 'none of the models'}`, { at: name, hint: `testgen --model ${model?.name ?? given.model}` });
  const suite = suiteFor(kernel, given, model);
  const cast = castOf(suite, name);
  const run = await runJob(kernel, {
    name: 'suite',
    script: `mods ${modulesOf(suite).join(' ')}\nrecord ${buffer} suite\nlabctl plan /lab/plan\nstate after\n`,
    files: [{ path: 'plan', bytes: Buffer.from(planOf(suite, cast)) }],
  }, { ...options, functions: cast.functions });
  const lines = existsSync(traceOf(run.folder)) ? linesOf(run.folder) : [];
  const recording = await findRecording(traceOf(run.folder));
  const tests = compareSuite(suite, cast, lines, recording);
  const parts = partsOf(lines, (text) => /^dma-ownership test (\d+ .*)$/.exec(text)?.[1]);
  const stretches: Stretch[] = lines.length === 0 ? [] : await judged(run, parts, suite.model);
  writeFileSync(join(run.folder, 'results.ktap'), ktap(tests));
  return {
    kernel: kernel.name, suite: name, model: suite.model, cast, run, tests, lines: lines.length, verdicts: stretches.map(({ report }) => report.verdict),
    refused: refusals(stretches).map((one) => ({ test: partAt(parts, one.line)?.name ?? 'before the first test', ...one })),
  };
}
