/** Rounds in which contenders take turns: their counts must agree, their least processor time counts. */
import { loadavg } from 'node:os';
import type { Counts } from './models.ts';

/** What one search came to. */
export interface Ran extends Counts {
  /** User and system time of the whole process, all its threads, in seconds. */
  readonly cpu: number;
  /** Worlds with all that finds them again, by world; NaN where it cannot be told. */
  readonly bytes: number;
}

export interface Contender {
  readonly name: string;
  /** Before the first search: tables filled by the charts, or spin and gcc, in seconds of processor time. */
  readonly before: number;
  readonly run: () => Ran | Promise<Ran>;
  /** Gives back what was taken. */
  readonly end?: () => void;
}

/** Each contender once a round, in turns, told on stderr. The least of each. @throws {Error} when one counts otherwise than expected */
export async function rounds(count: number, expected: Counts, contenders: readonly Contender[]): Promise<Map<string, Ran>> {
  const least = new Map<string, Ran>();
  for (let round = 0; round < count; round++) {
    for (const { name, run } of contenders) {
      globalThis.gc?.();
      const ran = await run();
      process.stderr.write(`round ${round + 1}, ${name}: ${ran.cpu.toFixed(2)} s of processor time\n`);
      if (ran.states !== expected.states || ran.transitions !== expected.transitions)
        throw new Error(`${name} counts ${ran.states} worlds and ${ran.transitions} steps, not ${expected.states} and ${expected.transitions}: another model`);
      if (ran.cpu < (least.get(name)?.cpu ?? Infinity)) least.set(name, ran);
    }
  }
  for (const { end } of contenders) end?.();
  return least;
}

/** Runs something and tells its seconds of processor time. */
export async function timed<Result>(work: () => Result | Promise<Result>): Promise<[result: Result, cpu: number]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A title with the load of the machine, then a table as Markdown. */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  print(`\n## ${title}\n\nload ${loadavg()[0]?.toFixed(1)}\n`);
  for (const row of [head, head.map(() => '---'), ...rows]) print(`| ${row.join(' | ')} |`);
}

/** Three digits that matter, with blanks between thousands. */
export const figure = (value: number): string =>
  Number.isNaN(value) ? '' : value >= 1000 ? Number(value.toPrecision(3)).toLocaleString('en').replaceAll(',', ' ') : String(Number(value.toPrecision(value < 1 ? 2 : 3)));
