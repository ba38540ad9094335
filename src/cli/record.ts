/** `dma-ownership record`: writes the recorder, or runs it on this machine. */
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { probes } from '../../machines/probes.ts';
import { ModelError } from '../errors.ts';
import { recordScript } from '../record/script.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';
import { version, type Program } from './program.ts';

interface Options {
  readonly out?: string;
  readonly to?: string;
  readonly buffer?: number;
  readonly clock?: string;
  readonly seconds?: number;
  readonly with?: string;
  readonly kernelConfig?: string;
  readonly check?: true;
  readonly probes?: true;
  readonly undo?: true;
}

export function register(program: Program): void {
  program.command('record').description('record a trace that can be judged: on this machine, or by a shell script for one without Node')
    .argument('[command...]', 'record while this runs: record -- COMMAND')
    .option('--out <file>', 'write the recorder as a POSIX shell script; - for stdout')
    .option('--check', 'only say what this machine has, what is missing, what the judge will not see then')
    .option('-o, --to <folder>', 'record into this folder, new or empty; default ./dma-ownership-DATE-TIME')
    .option('-s, --seconds <n>', 'record for so long, instead of until Ctrl-C or the end of a command', count('--seconds', 1))
    .option('-b, --buffer <kb>', 'for each processor, default 4096; what does not fit is lost, and counted', count('--buffer', 1))
    .option('-C, --clock <name>', 'trace clock, default counter: one exact order for all processors, but no times')
    .option('--with <program>', 'trace-cmd: it writes to disk while it records, so that the buffer does not fill')
    .option('--kernel-config <file>', 'the configuration of this kernel, where it is not found')
    .option('--probes', 'only print the probes, for a recorder of your own')
    .option('--undo', 'take back what a recorder that was killed has left')
    .values({ '--out': { files: ['sh'] }, '--to': 'folders', '--kernel-config': { files: [] } })
    .ends({ holds: 'recorded, or written; where a command ran, it ended with 0', badInput: 'nothing can be recorded on this machine', inconclusive: 'recorded, and events were lost' })
    .examples([
      ['record --check', 'as root: what could be recorded here, and what not'],
      [`record --to bind -- sh -c 'echo 0000:02:00.0 > /sys/bus/pci/drivers/vfio-pci/bind'`, 'as root: while a command runs'],
      ['record --out record.sh', 'for another machine: sh record.sh --help'],
    ])
    .does(record);
}

const examples = `  sudo dma-ownership record --check
  sudo dma-ownership record --to bind -- sh -c 'echo 0000:02:00.0 > /sys/bus/pci/drivers/vfio-pci/bind'
  dma-ownership judge bind
  dma-ownership record --out record.sh        # for another machine: sh record.sh --help`;

const howTo = `Records how drivers are bound and who owns IOMMU groups. Needs root, and a kernel with kprobe events and BTF.

${examples}

Writes to tracefs and to the folder, and takes back what it has set up. docs/how-to/record.md says more.`;

async function record(out: Output, command: readonly string[], options: Options): Promise<Exit> {
  const { out: file, ...asked } = options;
  if (file !== undefined) {
    if (command.length > 0 || Object.keys(asked).length > 0)
      throw new ModelError('wrong-use', 'a script that is written is not run', { at: '--out', accepted: '--out FILE alone', hint: 'give the other options to the script' });
    return write(out, file);
  }
  if (command.length === 0 && Object.keys(asked).length === 0) {
    out.result({ schema: 'dma-ownership/record@1', usage: howTo }, () => howTo);
    return exit.holds;
  }
  return runHere([...argumentsOf(asked), ...(command.length === 0 ? [] : ['--', ...command])], out);
}

function write(out: Output, file: string): Exit {
  const script = recordScript(version());
  if (file === '-') out.result({ schema: 'dma-ownership/record@1', script }, () => script.trimEnd());
  else {
    replaceFile(file, script);
    chmodSync(file, 0o755);
    out.result({ schema: 'dma-ownership/record@1', file, probes: probes.length }, () => `${file}: run it as root, sh ${file} --check first`);
  }
  return exit.holds;
}

/** `{ to: 'DIR', kernelConfig: 'FILE', check: true }` as the script takes it. */
const argumentsOf = (options: Options): string[] => Object.entries(options).flatMap(([name, value]) => {
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === true ? [option] : [option, String(value)];
});

/** With --json the recorder's own words go to stderr. The code is the script's, which is the command's where that is not 0. */
async function runHere(args: readonly string[], out: Output): Promise<Exit> {
  const child = spawn('sh', ['-c', recordScript(version()), 'dma-ownership record', ...args], { stdio: ['inherit', out.json ? 2 : 'inherit', 'inherit'] });
  // Ctrl-C reaches the script itself, which then saves what it has; we wait for that.
  const passed = (['SIGTERM', 'SIGHUP'] as const).map((signal) => [signal, () => { child.kill(signal); }] as const);
  const waits = () => undefined;
  process.on('SIGINT', waits);
  for (const [signal, pass] of passed) process.on(signal, pass);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', (cause) => { reject(new ModelError('missing-program', 'there is no shell', { at: 'sh', cause })); });
      child.on('close', (ended) => { resolve(ended ?? exit.fault); });
    });
    if (out.json) out.result({ schema: 'dma-ownership/record@1', arguments: args, code }, () => '');
    return code as Exit;
  } finally {
    process.off('SIGINT', waits);
    for (const [signal, pass] of passed) process.off(signal, pass);
  }
}
