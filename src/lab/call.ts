/** Programs of the host: which are needed and where Debian has them, and calls of them that end in time. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ModelError } from '../errors.ts';

/** The Debian package of each program that the lab calls. */
export const packageOf = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  gcc: 'gcc',
  make: 'make',
  objdump: 'binutils',
  pahole: 'pahole',
  depmod: 'kmod',
  xz: 'xz-utils',
  zstd: 'zstd',
  tar: 'tar',
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
} as const;

export type Program = keyof typeof packageOf;

const isThere = (program: string, path: string): boolean => path.split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** The programs among these that no folder of `path` has. */
export const missing = (programs: readonly Program[], path: string): Program[] => programs.filter((program) => !isThere(program, path));

/** Headers and data files that a program of another package cannot do without. */
const extra: Partial<Record<Program, readonly string[]>> = { gcc: ['libc6-dev'], 'qemu-system-x86_64': ['seabios'], make: [], flex: ['libelf-dev'] };

/** @throws {ModelError} `missing-program`, with the line that installs every package that is missing. */
export function demand(programs: readonly Program[], path: string = process.env['PATH'] ?? ''): void {
  const absent = missing(programs, path);
  if (absent.length === 0) return;
  const packages = [...new Set(absent.flatMap((program) => [packageOf[program], ...(extra[program] ?? [])]))].sort();
  throw new ModelError('missing-program', `the lab needs ${absent.join(', ')}`, {
    at: 'PATH', accepted: absent.map((program) => `${program} of the Debian package ${packageOf[program]}`),
    hint: `apt-get install --no-install-recommends ${packages.join(' ')}`,
  });
}

export interface CallOptions {
  readonly cwd?: string;
  /** Seconds; the call and what it started are ended after them. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are no failure. */
  readonly fine?: readonly number[];
}

/**
 * Calls a program and gives what it printed.
 *
 * It is the leader of a process group of its own, so that it can be ended together with what it started, and nothing else is.
 *
 * @throws {ModelError} `failed-program`: it cannot be started, took longer than `limit`, or ended with another code than the fine ones.
 */
export function call(program: Program | 'apt-cache' | 'sh', args: readonly string[], { cwd, limit = 120, signal, fine = [0] }: CallOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, said]: [Buffer[], Buffer[]] = [[], []];
    let why = '';
    const end = (reason: string) => {
      why = reason;
      if (child.pid !== undefined) stop(child.pid, 'SIGKILL');
    };
    const timer = setTimeout(() => { end(`took longer than ${limit} seconds`); }, limit * 1000);
    const aborted = () => { end('was interrupted'); };
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted === true) aborted();
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
    const failed = (what: string) => reject(new ModelError('failed-program', `${program} ${what}`, {
      at: `${program} ${args.join(' ')}`.slice(0, 300), way: Buffer.concat(said).toString('utf8').trim().split('\n').slice(-12),
    }));
    child.on('error', ({ message }) => { failed(`cannot be started: ${message}`); });
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      if (why !== '') failed(why);
      else if (code === null || !fine.includes(code)) failed(`ended with ${killed ?? `code ${code}`}`);
      else resolve(Buffer.concat(out).toString('utf8'));
    });
  });
}

/** Ends a process group that we started; one that has ended already is no error. */
export function stop(leader: number, how: NodeJS.Signals): void {
  try {
    process.kill(-leader, how);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
