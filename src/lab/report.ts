/** What a run in the lab comes to, for people. */
import type { TestResult } from './compared.ts';
import type { Races } from './racing.ts';
import type { SuiteRun } from './suites.ts';

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export function racesText({ kernel, seed, rounds, runs, refused, findings, left }: Races): string {
  const of = (result: string) => rounds.filter((round) => round.result === result).length;
  const met = rounds.filter(({ overlapped }) => overlapped).length;
  const [seconds, cpu] = [runs.reduce((sum, { run }) => sum + run.seconds, 0), runs.reduce((sum, { run }) => sum + run.cpuSeconds, 0)];
  return [
    `${kernel}, seed ${seed}: ${plural(rounds.length, 'round')}, ${of('accepted')} accepted, ${of('refused')} refused, ${of('crashed')} crashed, ${of('not run')} not run`,
    `  calls of several tasks met in ${met} of them; ${plural(runs.length, 'boot')}, ${plural(runs.reduce((sum, { lines }) => sum + lines, 0), 'line')} of trace, ${seconds.toFixed(0)} s (${cpu.toFixed(0)} CPU seconds of QEMU)`,
    ...runs.flatMap(({ run, verdicts }) => [`  ${run.folder}: ${run.ended}, ${verdicts.join(', ') || 'no trace'}`]),
    ...refused.flatMap(({ round, trace, line, text, reason, possible }) => [`  ${round}: line ${line} of ${trace}: ${reason}`, `    > ${text}`, `    possible: ${possible.slice(0, 6).join('; ') || 'nothing of this task'}`]),
    ...findings.flatMap(({ round, crash, folder, racers, repeats, boots, scenario }) => [
      `  the kernel crashed in round ${round}: ${crash}`,
      `    recorded in ${folder}; ${boots === 0 ? 'not made shorter' : `${plural(boots, 'boot')} spent on making it short, each with ${repeats} repetitions`}`,
      ...racers.filter(({ ops }) => ops.length > 0).map(({ name, ops }) => `    ${name}: ${ops.join('; ')}`),
      '    as a scenario:', ...scenario.trimEnd().split('\n').map((line) => `      ${line}`),
    ]),
    ...(left === undefined ? [] : [`  ${left}`]),
  ].join('\n');
}

/** What differs in one test, a line for each step. */
const differs = ({ number, name, why, steps }: TestResult): string[] => [
  `  test ${number}: ${name}${why === undefined ? '' : `: ${why}`}`,
  ...steps.filter(({ ok }) => !ok).slice(0, 4).map(({ number: step, by, call, expected, got, missing }) =>
    `    step ${step} ${by} ${call}: ${missing === undefined ? `expected ${expected}, got ${got}` : `${got} as expected, but the kernel did not do in its turn: ${missing}`}`),
];

export function suiteText({ kernel, suite, model, run, tests, verdicts, refused, lines }: SuiteRun): string {
  const of = (result: TestResult['result']) => tests.filter((test) => test.result === result);
  const steps = tests.reduce((sum, test) => sum + test.steps.length, 0);
  return [
    `${suite} on ${kernel}: ${plural(tests.length, 'test')}, ${of('ok').length} ok, ${of('not ok').length} not ok, ${of('skip').length} skipped, ${of('not run').length} not run; ${plural(steps, 'step')}`,
    `  the guest ${run.ended}${run.crash === undefined ? '' : `: ${run.crash}`}; ${run.seconds.toFixed(0)} s, ${run.cpuSeconds.toFixed(0)} CPU seconds of QEMU, ${plural(run.tries, 'boot')}; what it brought back: ${run.folder}`,
    `  ${model} on ${plural(lines, 'line')} of trace: ${verdicts.join(', ') || 'nothing to judge'}`,
    ...of('not ok').slice(0, 12).flatMap(differs),
    ...(of('not ok').length > 12 ? [`  ... ${of('not ok').length - 12} more, in results.ktap`] : []),
    ...refused.map(({ test, line, text, reason, possible }) => `  line ${line} of the trace, in test ${test}: ${reason}\n    > ${text}\n    possible: ${possible.slice(0, 6).join('; ') || 'nothing of this task'}`),
  ].join('\n');
}
