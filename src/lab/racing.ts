/** Runs rounds of a race, judges what was recorded, and goes on behind a crash. */
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { runJob, type Job, type Run, type RunOptions } from './boot.ts';
import type { Kernel } from './folder.ts';
import { judged, linesOf, overlaps, partAt, partsOf, refusals, traceOf, type Stretch } from './judged.ts';
import { minimal, type Finding } from './finding.ts';
import { roundsOf, textOf, type Round } from './races.ts';

export interface RacesOptions extends Omit<RunOptions, 'to'> {
  readonly to: string;
  readonly count: number;
  readonly seed: number;
  readonly hotplug: boolean;
  /** Boots spent on making the round of a crash short; 0: it is reported as it was. */
  readonly shrinkBoots: number;
  readonly model?: string | undefined;
}

export interface RoundResult {
  readonly number: number;
  readonly racers: readonly string[];
  readonly hotplug: boolean;
  /** `accepted`: every line of it is explained. `crashed`: as far as the trace goes, perhaps. */
  readonly result: 'accepted' | 'refused' | 'crashed' | 'not run';
  /** Calls of several tasks were under way at once. */
  readonly overlapped: boolean;
}

export interface Races {
  readonly kernel: string;
  readonly seed: number;
  readonly rounds: readonly RoundResult[];
  readonly runs: readonly { readonly run: Run; readonly verdicts: readonly string[]; readonly lines: number }[];
  /** Lines that no explanation takes. */
  readonly refused: readonly { readonly round: string; readonly trace: string; readonly line: number; readonly text: string; readonly reason: string; readonly possible: readonly string[] }[];
  readonly findings: readonly Finding[];
  /** Why nothing was pulled out from some round on. */
  readonly left?: string;
}

/** Crashes after which nothing is pulled out any more. */
const enough = 3;
/** KiB of trace buffer for each processor, and rounds in one boot: 30 rounds fit well. */
const buffer = 24_576;
const perBoot = 50;

export const raceJob = (rounds: readonly Round[]): Job => ({
  name: `races-${rounds[0]?.number ?? 0}`,
  script: `mods vfio_iommu_type1 vfio-pci uio_pci_generic\nrecord ${buffer} races\nlabctl rounds /lab/rounds\nstate after\n`,
  files: [{ path: 'rounds', bytes: Buffer.from(textOf(rounds)) }],
});

const named = (text: string): string | undefined => /^NOTE (round \d+)$/.exec(text)?.[1];

/** The round that a run was in when it ended: the last that its own output names. */
export function lastRound(folder: string): number | undefined {
  const log = join(folder, 'console.txt');
  if (!existsSync(log)) return undefined;
  const numbers = [...readFileSync(log, 'latin1').matchAll(/^# round (\d+)/gm)].map(([, number]) => Number(number));
  return numbers.at(-1);
}

export async function races(kernel: Kernel, options: RacesOptions): Promise<Races> {
  const { count, seed, to, shrinkBoots, model, progress = () => undefined } = options;
  const rounds = roundsOf(count, seed, { hotplug: options.hotplug });
  const results = new Map<number, RoundResult>();
  const say = (round: Round, result: RoundResult['result'], overlapped: boolean) => {
    results.set(round.number, { number: round.number, racers: round.racers.map(({ name }) => name), hotplug: round.hotplug, result, overlapped });
  };
  const runs: Races['runs'][number][] = [];
  const refused: Races['refused'][number][] = [];
  const findings: Finding[] = [];
  let left: string | undefined;
  let waiting: readonly Round[] = rounds;
  while (waiting.length > 0 && options.signal?.aborted !== true) {
    const batch = waiting.slice(0, perBoot);
    progress(`rounds ${batch[0]?.number ?? 0} to ${batch.at(-1)?.number ?? 0} of ${count}`);
    const run = await runJob(kernel, raceJob(batch), { ...options, to: join(to, `boot-${runs.length + 1}`) });
    const lines = existsSync(traceOf(run.folder)) ? linesOf(run.folder) : [];
    const parts = partsOf(lines, named);
    const stretches = parts.length === 0 ? [] : await judged(run, parts, model);
    runs.push({ run, verdicts: stretches.map(({ report }) => report.verdict), lines: lines.length });
    for (const one of refusals(stretches)) refused.push({ round: partAt(parts, one.line)?.name ?? 'before the first round', trace: traceOf(run.folder), ...one });
    const died = run.ended === 'finished' ? undefined : lastRound(run.folder);
    const done = died === undefined ? batch : batch.filter(({ number }) => number <= died);
    for (const round of done) {
      const part = parts.find(({ name }) => name === `round ${round.number}`);
      const inside = part === undefined ? [] : lines.slice(part.from - 1, part.to);
      say(round, resultOf(round, died, part !== undefined, stretches, refused), overlaps(inside));
    }
    const culprit = batch.find(({ number }) => number === died);
    if (culprit !== undefined && run.ended === 'crashed') findings.push(await minimal(kernel, culprit, run, { ...options, boots: findings.length === 0 ? shrinkBoots : 0, to: join(to, `shrink-${culprit.number}`) }));
    // Nothing ran at all: the same again would not either.
    if (run.ended !== 'finished' && culprit === undefined) break;
    waiting = waiting.filter(({ number }) => !results.has(number));
    if (findings.length >= enough && left === undefined) {
      left = `${kernel.name} crashed in ${findings.length} rounds with hot-plug: in the others nothing is pulled out`;
      const calm = roundsOf(count, seed, { hotplug: false });
      waiting = waiting.map((round) => (round.hotplug ? calm[round.number] as Round : round));
    }
  }
  for (const round of rounds) if (!results.has(round.number)) say(round, 'not run', false);
  return {
    kernel: kernel.name, seed, rounds: [...results.values()].sort((a, b) => a.number - b.number), runs, refused, findings, ...(left === undefined ? {} : { left }),
  };
}

function resultOf({ number }: Round, died: number | undefined, isRecorded: boolean, stretches: readonly Stretch[], refused: Races['refused']): RoundResult['result'] {
  if (number === died) return 'crashed';
  if (refused.some(({ round }) => round === `round ${number}`)) return 'refused';
  // What was lost is not accepted: a buffer that was too small, or a dump that was cut.
  return isRecorded && stretches.every(({ report }) => report.verdict !== 'inconclusive') ? 'accepted' : 'not run';
}
