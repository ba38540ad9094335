/** Spin on a Promela text: what it counted, what failed, what it cost. For benchmarks and tests. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SpinFlags {
  /** Of `spin`. Default `-o1 -o2 -o3`: nothing is merged or left out. */
  readonly spin?: readonly string[];
  /** Of `gcc`. Default `-O2 -DSAFETY -DNOREDUCE`. */
  readonly cc?: readonly string[];
  /** Of `pan`. Default `-m10000000`: a depth that is too small loses states, and pan still exits with 0. */
  readonly pan?: readonly string[];
  /** Seconds of processor time that pan may take. Default 600. */
  readonly seconds?: number;
}

export interface SpinRun {
  readonly states: number;
  /** As Spin counts them: the initial state is one. */
  readonly transitions: number;
  readonly errors: number;
  /** What failed: `n` for a property of an exported text, `end` for an invalid end state. */
  readonly failed: ReadonlySet<string>;
  /** Every state was visited: an exact mode, depth, memory, time and table were enough, and no error ended the search. */
  readonly complete: boolean;
  /** User and system time of pan alone. */
  readonly cpuSeconds: number;
  /** Memory for states and hash table by stored state; without the stack. */
  readonly bytesPerState: number;
  /** The state vector, in bytes. */
  readonly vector: number;
  /** What `spin -t -p` prints of the trail, where there is one. */
  readonly trail: string;
  readonly output: string;
}

/** Words by which pan says that it lost something, or that it stores less than a state. */
const lost = /Bit statespace|Hash-Compact|max search depth too small|out of memory|memory limit|hash table is full|Search incomplete|Search not completed|interrupted|resizing|VECTORSZ/i;

const modelFile = 'model.pml';

/** A text that was compiled, in a folder of its own. */
export interface SpinProgram {
  /** User and system time of spin and gcc. */
  readonly compileSeconds: number;
  /** Runs pan from the beginning. */
  run(): SpinRun;
  /** Removes the folder. */
  remove(): void;
}

/**
 * Runs `spin -a`, `gcc` and `pan` in a folder of its own.
 *
 * @throws {Error} when spin, gcc or bash is missing, or one of them refuses the text
 */
export function runSpin(promela: string, flags: SpinFlags = {}): SpinRun {
  const program = compileSpin(promela, flags);
  try {
    return program.run();
  } finally {
    program.remove();
  }
}

/** The same in two parts, for programs that run more than once. `remove` it in the end. @throws {Error} as `runSpin` */
export function compileSpin(promela: string, { spin = ['-o1', '-o2', '-o3'], cc = ['-O2', '-DSAFETY', '-DNOREDUCE'], pan = ['-m10000000'], seconds = 600 }: SpinFlags = {}): SpinProgram {
  const folder = mkdtempSync(join(tmpdir(), 'dma-ownership-spin-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const run = (command: string, args: readonly string[]) => {
    const { status, stdout, stderr, error, signal } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (error) throw new Error(`${command} does not run (${error.message}): apt-get install spin gcc libc6-dev`, { cause: error });
    return { status, signal, text: stdout + stderr, stdout, stderr };
  };
  /** The last that `time` of bash prints. */
  const timed = (line: string) => {
    const { stderr, ...result } = run('bash', ['-c', `TIMEFORMAT='cpu %U %S'; ${line}`]);
    const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr)?.map(Number) ?? [];
    return { ...result, stderr, cpuSeconds: (user ?? NaN) + (system ?? NaN) };
  };
  const done = (command: string, args: readonly string[]) => {
    const { status, text, cpuSeconds } = timed(`time ${command} ${args.join(' ')}`);
    if (status === 127) throw new Error(`${command} does not run: apt-get install spin gcc libc6-dev`);
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${text.slice(-2000)}`);
    return cpuSeconds;
  };
  const searched = (): SpinRun => {
    rmSync(join(folder, `${modelFile}.trail`), { force: true });
    const { status, signal, stdout, stderr, cpuSeconds } = timed(`ulimit -t ${seconds}; time ./pan ${pan.join(' ')}`);
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? NaN);
    const states = number(/^\s*([\d.e+]+) states, stored/m);
    const mebibytes = [/([\d.]+)\s+actual memory usage for states/, /([\d.]+)\s+memory used for hash (?:table|array)/].reduce((sum, pattern) => sum + (number(pattern) || 0), 0);
    const trail = existsSync(join(folder, `${modelFile}.trail`)) ? run('spin', [...spin, '-t', '-p', modelFile]).stdout : '';
    return {
      states, transitions: number(/^\s*([\d.e+]+) transitions/m), errors: number(/errors: (\d+)/),
      failed: new Set([...stdout.matchAll(/assertion violated\s+!\((\d+)\)|pan:\d+: invalid (end) state/g)].map(([, property, end]) => property ?? end ?? '')),
      complete: !cc.some((flag) => flag.startsWith('-DBFS_PAR')) && status === 0 && signal === null && !lost.test(stdout + stderr) && /State-vector/.test(stdout),
      cpuSeconds, bytesPerState: Math.round(10 * mebibytes * 2 ** 20 / states) / 10, vector: number(/State-vector (\d+) byte/),
      trail, output: stdout + stderr,
    };
  };
  try {
    writeFileSync(join(folder, modelFile), promela);
    const threads = cc.some((flag) => /NCORE|BFS_PAR/.test(flag)) ? ['-lpthread', '-lm'] : [];
    const compileSeconds = done('spin', [...spin, '-a', modelFile]) + done('gcc', ['-w', ...cc, '-o', 'pan', 'pan.c', ...threads]);
    return { compileSeconds, run: searched, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
