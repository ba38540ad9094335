/** `dma-ownership lab ...`: real kernels in QEMU, as the ones that decide whether the charts are right. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import { demand } from '../lab/call.ts';
import { defaultFolder, kernelOf, kernels, type Kernel } from '../lab/folder.ts';
import { buildDebian, packageOfSeries, series } from '../lab/kernels.ts';
import { shell } from '../lab/shell.ts';
import { runJob } from '../lab/boot.ts';
import { exit, type Exit } from './exit.ts';
import { interruption } from './interrupt.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Folder = { readonly lab?: string };
const folderOf = ({ lab }: Folder): string => lab ?? defaultFolder();

const inFolder = (command: Program): Program => command.option('--lab <dir>', 'where kernels are kept; default ~/.cache/dma-ownership/lab') as Program;

export function register(program: Program): void {
  const lab = program.command('lab').description('boot real kernels in QEMU, run generated tests and races in them, and judge what they recorded');
  inFolder(lab.command('kernels')).description('list the kernels that are ready, and those that apt can give').does(list);
  inFolder(lab.command('build')).description('make kernels ready: download, unpack, derive probes; nothing is installed')
    .option('--kernel <series>', `only this series: ${Object.keys(series).join(' or ')}`)
    .does(build);
  inFolder(lab.command('boot')).description('boot a kernel and power it off: how long that takes')
    .option('--kernel <name>', 'a series or a name that `lab kernels` lists', '6.12').does(boot);
  inFolder(lab.command('shell')).description('a shell in the guest, on this terminal; Ctrl-A X ends it')
    .option('--kernel <name>', 'a series or a name that `lab kernels` lists', '6.12').does(interactive);
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
  out.result({ schema: 'dma-ownership/lab-kernels@1', folder: lab, ready, offered } as { schema: string }, () => [
    `${lab}:${ready.length === 0 ? ' nothing yet' : ''}`, ...ready.map(line), 'from apt:',
    ...offered.map((one) => `  ${one.series.padEnd(28)} ${one.package ?? 'not known to apt: apt-get update'}`)].join('\n'));
  return exit.holds;
}

async function build(out: Output, options: Folder & { readonly kernel?: string }): Promise<Exit> {
  const lab = folderOf(options);
  const signal = interruption();
  const progress = (what: string) => { out.progress(what); };
  const asked = options.kernel === undefined ? Object.keys(series) : [options.kernel];
  const built: Kernel[] = [];
  for (const name of asked) {
    built.push(await buildDebian(lab, name, progress, signal));
    out.progress('');
  }
  out.result({ schema: 'dma-ownership/lab-build@1', folder: lab, built } as { schema: string }, () => `ready in ${lab}:\n${built.map(line).join('\n')}`);
  return exit.holds;
}

async function boot(out: Output, options: Folder & { readonly kernel: string }): Promise<Exit> {
  demand(['qemu-system-x86_64', 'tar']);
  const kernel = kernelOf(folderOf(options), options.kernel);
  const run = await runJob(kernel, { name: 'boot', script: 'true\n' }, { to: join(kernel.folder, 'boot-run'), limit: 120, signal: interruption(), progress: (what) => { out.progress(what); } });
  out.result({ schema: 'dma-ownership/lab-boot@1', run } as { schema: string }, () =>
    `${run.kernel} ${run.ended}: ${run.seconds.toFixed(1)} s, ${run.cpuSeconds.toFixed(1)} CPU seconds, ${run.tries} boot${run.tries === 1 ? '' : 's'}${run.crash === undefined ? '' : `; ${run.crash}`}`);
  return run.ended === 'finished' ? exit.holds : exit.inconclusive;
}

async function interactive(out: Output, options: Folder & { readonly kernel: string }): Promise<Exit> {
  demand(['qemu-system-x86_64']);
  const kernel = kernelOf(folderOf(options), options.kernel);
  if (!existsSync(kernel.image)) throw new ModelError('no-such-kernel', `${kernel.name} is no longer there`, { at: kernel.image, hint: 'dma-ownership lab build' });
  out.remark(`${kernel.name}; Ctrl-A X ends it. Words of the guest: . /lab/lib.sh`);
  return (await shell(kernel)) === 0 ? exit.holds : exit.inconclusive;
}
