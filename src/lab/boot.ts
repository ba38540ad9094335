/**
 * One run: boots a kernel, lets the guest do a job, brings back what it says. Bounded in time; a guest that does not come
 * up, or that neither finishes nor dies, is ended and booted again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ModelError } from '../errors.ts';
import { call, stop } from './call.ts';
import type { Entry } from './cpio.ts';
import type { Kernel } from './folder.ts';
import { guestEntries, initrdOf } from './initramfs.ts';
import { qemuArguments } from './machine.ts';
import { crashIn, salvage } from './salvage.ts';

/** What the guest does: `script` is sourced by its first process, after `src/lab/guest/lib.sh`. */
export interface Job {
  readonly name: string;
  readonly script: string;
  /** More files, below /lab. */
  readonly files?: readonly Entry[];
}

export interface RunOptions {
  /** The lab's folder. */
  readonly lab: string;
  /** Folder for what comes back; emptied first. */
  readonly to: string;
  /** Seconds that the guest may take, all in all. Default 180. */
  readonly limit?: number;
  /** Seconds until the guest must be up. Default 60. */
  readonly bootLimit?: number;
  /** Boots at most. Default 3. */
  readonly tries?: number;
  readonly append?: string;
  readonly memory?: number;
  readonly processors?: number;
  /** Functions of the card, where it is not the usual one. */
  readonly functions?: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (what: string) => void;
}

export interface Run {
  readonly kernel: string;
  readonly job: string;
  readonly folder: string;
  /** `crashed`: the trace and the log come from the console. `stalled`: nothing came, in any try. */
  readonly ended: 'finished' | 'crashed' | 'stalled';
  readonly crash?: string;
  /** Boots. */
  readonly tries: number;
  /** Wall time of all boots, and of them the CPU time that QEMU took. */
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const hertz = 100;

/** CPU seconds that a process has taken; null once it is gone. Linux only, as is all of the lab. */
function cpuOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / hertz;
  } catch {
    return null;
  }
}

/** @throws {ModelError} `failed-program` when QEMU refuses its arguments. */
export async function runJob(kernel: Kernel, job: Job, options: RunOptions): Promise<Run> {
  const { to, limit = 180, bootLimit = 60, tries = 3, signal, progress = () => undefined } = options;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const probes = join(kernel.folder, 'probes');
  const initrd = initrdOf(join(kernel.folder, 'initramfs.gz'), [
    ...await guestEntries(options.lab),
    { path: 'lab/job', bytes: Buffer.from(job.script) },
    ...(existsSync(probes) ? [{ path: 'lab/probes', bytes: readFileSync(probes) }] : []),
    ...(job.files ?? []).map((file) => ({ ...file, path: `lab/${file.path}` })),
  ], join(to, 'initrd'));
  const begun = Date.now();
  let cpuSeconds = 0;
  let boots = 0;
  let state: State = 'silent';
  while (state !== 'sent' && state !== 'crashed' && boots < tries && signal?.aborted !== true) {
    boots++;
    progress(`${kernel.name}, ${job.name}: boot ${boots}`);
    const tried = await boot(kernel, initrd, options, limit, bootLimit);
    state = tried.state;
    cpuSeconds += tried.cpu;
  }
  rmSync(initrd, { force: true });
  const crash = state === 'crashed' ? crashIn(consoleOf(to)) : undefined;
  if (state === 'sent') await unpack(to);
  else {
    const { trace, dmesg, log } = salvage(consoleOf(to));
    for (const [name, text] of [['trace', trace], ['dmesg', dmesg], ['log', log]] as const) if (text !== '') writeFileSync(join(to, `${name}.txt`), text);
  }
  return {
    kernel: kernel.name, job: job.name, folder: to, ended: state === 'sent' ? 'finished' : state === 'crashed' ? 'crashed' : 'stalled',
    ...(crash === undefined ? {} : { crash }), tries: boots, seconds: (Date.now() - begun) / 1000, cpuSeconds,
  };
}

const consoleOf = (folder: string): string => readFileSync(join(folder, 'console.txt'), 'latin1');

type State = 'silent' | 'up' | 'sent' | 'crashed';

async function boot(kernel: Kernel, initrd: string, { to, signal, append, memory, processors, functions }: RunOptions, limit: number, bootLimit: number): Promise<{ state: State; cpu: number }> {
  const [log, results] = [join(to, 'console.txt'), join(to, 'results.tgz')];
  for (const file of [log, results]) writeFileSync(file, '');
  const args = qemuArguments({ image: kernel.image, initrd, console: log, results, ...given({ append, memory, processors, functions }) });
  const qemu = spawn('qemu-system-x86_64', args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  qemu.stderr.on('data', (bytes: Buffer) => said.push(bytes));
  let over = false;
  const exited = new Promise<number | null>((resolve) => {
    qemu.on('error', () => { over = true; resolve(-1); });
    qemu.on('close', (code) => { over = true; resolve(code); });
  });
  const begun = Date.now();
  let cpu = 0;
  let isUp = false;
  let panickedAt = 0;
  while (!over) {
    await Promise.race([exited, wait(200, null)]);
    cpu = cpuOf(qemu.pid ?? -1) ?? cpu;
    const seconds = (Date.now() - begun) / 1000;
    if (!isUp) isUp = consoleOf(to).includes('LAB guest up');
    // A kernel that panics prints its trace, at the speed of a serial line, and then resets, which ends QEMU.
    if (panickedAt === 0 && isUp && seconds > limit && crashIn(consoleOf(to)) !== undefined) panickedAt = seconds;
    const patience = panickedAt > 0 ? limit + 120 : limit;
    if (signal?.aborted === true || (!isUp && seconds > bootLimit) || seconds > patience) stop(qemu.pid as number, 'SIGKILL');
  }
  const code = await exited;
  if (code !== 0 && code !== null) throw new ModelError('failed-program', `QEMU ended with code ${code}`, { at: kernel.image, way: Buffer.concat(said).toString('utf8').trim().split('\n').slice(-6) });
  const text = consoleOf(to);
  const state: State = text.includes('LAB results sent') && statSync(results).size > 0 ? 'sent' : crashIn(text) !== undefined ? 'crashed' : isUp ? 'up' : 'silent';
  return { state, cpu };
}

/** Without what was not given. */
const given = <T extends object>(options: T): { [key in keyof T]: Exclude<T[key], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [key in keyof T]: Exclude<T[key], undefined> };

async function unpack(folder: string): Promise<void> {
  await call('tar', ['xzf', join(folder, 'results.tgz'), '-C', folder]);
  rmSync(join(folder, 'results.tgz'));
}

/** Files that a run brought back. */
export const filesOf = (run: Run): string[] => readdirSync(run.folder).sort();
