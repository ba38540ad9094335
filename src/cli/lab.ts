/** `dma-ownership lab ...`: real kernels in QEMU, as the ones that decide whether the charts are right. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { models } from '../../machines/models/index.ts';
import { ModelError } from '../errors.ts';
import { demand } from '../lab/call.ts';
import { defaultFolder, kernelOf, kernels, type Kernel } from '../lab/folder.ts';
import { buildDebian, packageOfSeries, series } from '../lab/kernels.ts';
import { shell } from '../lab/shell.ts';
import { buildSource } from '../lab/source.ts';
import { runJob, type RunOptions } from '../lab/boot.ts';
import { races } from '../lab/racing.ts';
import { racesText, suiteText } from '../lab/report.ts';
import { modelOf, runSuite, suiteFrom } from '../lab/suites.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Folder = { readonly lab?: string };
const folderOf = ({ lab }: Folder): string => lab ?? defaultFolder();

const inFolder = (command: Program): Program => command.option('--lab <dir>', 'where kernels are kept; default ~/.cache/dma-ownership/lab').values({ '--lab': 'folders' });

const ofKernels = { '--kernel': Object.keys(series) };

export function register(program: Program): void {
  const lab = program.command('lab').description('boot real kernels in QEMU, run generated tests and races in them, and judge what they recorded');
  inFolder(lab.command('kernels')).description('list the kernels that are ready, and those that apt can give')
    .ends({ holds: 'listed' }).examples([['lab kernels', '']]).does(list);
  inFolder(lab.command('build')).description('make kernels ready: download, unpack, derive probes; nothing is installed')
    .option('--kernel <series>', `only this series: ${Object.keys(series).join(' or ')}`)
    .option('--source', 'instead, build three small kernels from Debian\'s source of 6.1: as it is, with DEBUG_TEST_DRIVER_REMOVE, and that with a fixed bug taken back')
    .values({ '--kernel': Object.keys(series) }).ends({ holds: 'ready', badInput: 'no package, no network, or a program is missing', interrupted: 'stopped' })
    .examples([['lab build', 'the kernels of Debian that the models are of'], ['lab build --source', 'small ones, one with a bug of history']])
    .does(build);
  inFolder(lab.command('boot')).description('boot a kernel and power it off: how long that takes')
    .option('--kernel <name>', 'a series or a name that `lab kernels` lists', '6.12').values(ofKernels)
    .ends({ holds: 'it came up and went down', badInput: 'QEMU is missing', inconclusive: 'it did not, or took too long' }).examples([['lab boot --kernel 6.1', '']]).does(boot);
  inFolder(lab.command('run')).description('run a generated suite, or races, in a real kernel, and judge what it recorded')
    .argument('[suite]', 'folder of `testgen --target kselftest`, its suite.json, or a scenario')
    .option('--kernel <name>', 'a series or a name that `lab kernels` lists', '6.12')
    .option('--races <n>', 'rounds in which users, drivers and hot-plug meet in one group', count('--races', 1, 10_000))
    .option('--seed <n>', 'the same seed gives the same rounds', count('--seed'), 1)
    .option('--script', 'run the suite as the shell script that testgen writes of it, with its own helper: slower')
    .option('--no-hotplug', 'no device is pulled out during a race')
    .option('--shrink <boots>', 'boots spent on making the round of a crash short', count('--shrink'), 6)
    .option('--to <dir>', 'folder for what comes back; default: below the lab\'s')
    .option('--model <name>', 'judge by this model, instead of the one of the kernel')
    .values({ ...ofKernels, suite: { files: ['json', 'scenario'] }, '--to': 'folders', '--model': Object.keys(models) })
    .ends({ holds: 'every test passed and every recording conforms', violation: 'a test failed, a recording violates the model, or the guest crashed', badInput: 'the suite is not valid, or QEMU is missing', inconclusive: 'something was not run, or cannot be judged', interrupted: 'stopped, with what came back so far' })
    .examples([['lab run tests --kernel 6.12', 'what `testgen --target kselftest --out tests` wrote'], ['lab run --races 100 --seed 7', 'users, drivers and hot-plug at once']]).does(run);
  inFolder(lab.command('shell')).description('a shell in the guest, on this terminal; Ctrl-A X ends it')
    .option('--kernel <name>', 'a series or a name that `lab kernels` lists', '6.12').values(ofKernels)
    .ends({ holds: 'ended', badInput: 'QEMU is missing', inconclusive: 'QEMU ended otherwise' }).examples([['lab shell', 'Ctrl-A X ends it']]).does(interactive);
}

const line = ({ name, from }: Kernel): string => `  ${name.padEnd(28)} ${from}`;

async function list(out: Output, options: Folder): Promise<Exit> {
  const lab = folderOf(options);
  const ready = kernels(lab);
  const offered: { series: string; package: string | null }[] = [];
  for (const name of Object.keys(series)) {
    const known = await packageOfSeries(name).catch((error: unknown) => {
      if (error instanceof ModelError) return null;
      throw error;
    });
    offered.push({ series: name, package: known });
  }
  out.result({ schema: 'dma-ownership/lab-kernels@1', folder: lab, ready, offered }, () => [
    `${lab}:${ready.length === 0 ? ' nothing yet' : ''}`, ...ready.map(line), 'from apt:',
    ...offered.map((one) => `  ${one.series.padEnd(28)} ${one.package ?? 'not known to apt: apt-get update'}`)].join('\n'));
  return exit.holds;
}

async function build(out: Output, options: Folder & { readonly kernel?: string; readonly source?: true }): Promise<Exit> {
  const lab = folderOf(options);
  const signal = out.interruption();
  const progress = (what: string) => { out.progress(what); };
  if (options.source === true && options.kernel !== undefined && options.kernel !== '6.1')
    throw new ModelError('wrong-use', `no source of ${options.kernel} is built`, { at: '--source', accepted: '--kernel 6.1, or no --kernel' });
  const asked = options.source === true ? [] : options.kernel === undefined ? Object.keys(series) : [options.kernel];
  const built: Kernel[] = options.source === true ? await buildSource(lab, progress, signal) : [];
  for (const name of asked) {
    built.push(await buildDebian(lab, name, progress, signal));
    out.progress('');
  }
  out.result({ schema: 'dma-ownership/lab-build@1', folder: lab, built }, () => `ready in ${lab}:\n${built.map(line).join('\n')}`);
  return exit.holds;
}

async function boot(out: Output, options: Folder & { readonly kernel: string }): Promise<Exit> {
  demand(['qemu-system-x86_64', 'tar']);
  const kernel = kernelOf(folderOf(options), options.kernel);
  const run = await runJob(kernel, { name: 'boot', script: 'true\n' }, { lab: folderOf(options), to: join(kernel.folder, 'boot-run'), limit: 120, signal: out.interruption(), progress: (what) => { out.progress(what); } });
  out.result({ schema: 'dma-ownership/lab-boot@1', run }, () =>
    `${run.kernel} ${run.ended}: ${run.seconds.toFixed(1)} s, ${run.cpuSeconds.toFixed(1)} CPU seconds, ${run.tries} boot${run.tries === 1 ? '' : 's'}${run.crash === undefined ? '' : `; ${run.crash}`}`);
  return run.ended === 'finished' ? exit.holds : exit.inconclusive;
}

type Asked = Folder & {
  readonly kernel: string; readonly races?: number; readonly seed: number; readonly hotplug: boolean; readonly shrink: number; readonly to?: string; readonly model?: string; readonly script?: true;
};

async function run(out: Output, suite: string | undefined, options: Asked): Promise<Exit> {
  demand(['qemu-system-x86_64', 'tar']);
  const lab = folderOf(options);
  const kernel = kernelOf(lab, options.kernel);
  const progress = (what: string) => { out.progress(what); };
  const signal = out.interruption();
  if (suite !== undefined) return tests(out, kernel, suite, { lab, to: options.to ?? join(lab, 'runs', kernel.name, 'suite'), limit: options.script === true ? 1200 : 600, signal, progress, script: options.script === true });
  if (options.races === undefined) throw new ModelError('wrong-use', 'nothing to run', { accepted: ['a suite', '--races N'] });
  const to = options.to ?? join(lab, 'runs', kernel.name, `races-${options.seed}`);
  const found = await races(kernel, { lab, to, count: options.races, seed: options.seed, hotplug: options.hotplug, shrinkBoots: options.shrink, model: options.model, signal, progress, limit: 300 });
  out.result({ schema: 'dma-ownership/lab-races@1', ...found }, () => racesText(found));
  if (signal.aborted) return exit.interrupted;
  if (found.refused.length > 0 || found.findings.length > 0) return exit.violation;
  return found.rounds.every(({ result }) => result === 'accepted') ? exit.holds : exit.inconclusive;
}

async function tests(out: Output, kernel: Kernel, path: string, options: RunOptions & { readonly script: boolean }): Promise<Exit> {
  const model = modelOf(kernel);
  if (model === undefined) throw new ModelError('unknown-kernel', `no model covers ${kernel.name}`, { at: kernel.from });
  const done = await runSuite(kernel, suiteFrom(path, model), path, options);
  out.result({ schema: 'dma-ownership/lab-suite@1', ...done }, () => suiteText(done));
  if (options.signal?.aborted === true) return exit.interrupted;
  const failed = done.tests.some(({ result }) => result === 'not ok') || done.verdicts.includes('violates') || done.run.ended === 'crashed';
  if (failed) return exit.violation;
  return done.verdicts.length > 0 && done.verdicts.every((verdict) => verdict === 'conforms') && done.tests.every(({ result }) => result !== 'not run') ? exit.holds : exit.inconclusive;
}

async function interactive(out: Output, options: Folder & { readonly kernel: string }): Promise<Exit> {
  demand(['qemu-system-x86_64']);
  const kernel = kernelOf(folderOf(options), options.kernel);
  if (!existsSync(kernel.image)) throw new ModelError('no-such-kernel', `${kernel.name} is no longer there`, { at: kernel.image, hint: 'dma-ownership lab build' });
  out.remark(`${kernel.name}; Ctrl-A X ends it. Words of the guest: . /lab/lib.sh`);
  return (await shell(folderOf(options), kernel)) === 0 ? exit.holds : exit.inconclusive;
}
