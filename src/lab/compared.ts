/** Each step of a suite beside what the kernel did: errno, who waited, and which probes fired in which order. */
import { ENODEV, ENOENT, errnoName, kobject_actions, notifiers } from '../../machines/kernel.ts';
import { recorders, type Recorder } from '../../machines/tracepoints.ts';
import { parseLine, type TraceLine } from '../trace/line.ts';
import type { Recording } from '../trace/recording.ts';
import { Rows } from '../trace/rows.ts';
import type { Suite, SuiteFact, SuiteStep } from '../testgen/suite.ts';
import { cannot, type Cast } from './plan.ts';

export interface StepResult {
  /** `3.0`: test and step, from 0. */
  readonly number: string;
  readonly by: string;
  readonly call: string;
  readonly expected: string;
  readonly got: string;
  readonly ok: boolean;
  /** The first probe that did not fire, or not in its turn. */
  readonly missing?: string;
}

export interface TestResult {
  readonly number: number;
  readonly name: string;
  /** `skip`: this machine cannot be made to do it. `not run`: the guest ended before. */
  readonly result: 'ok' | 'not ok' | 'skip' | 'not run';
  readonly why?: string;
  readonly steps: readonly StepResult[];
}

/** What a trace shows of one step. */
interface Seen {
  readonly lines: TraceLine[];
  ret?: number;
  /** Returned within its own step. */
  inTime: boolean;
}

const marker = /tracing_mark_write: dma-ownership (?:(test) (\d+)|(step) (\d+\.\d+)|(done) (\d+\.\d+) ret=(-?\d+))/;

/** Steps of a trace by number. What belongs to no step (preparation) is left out. */
export function stepsIn(trace: readonly string[]): Map<string, Seen> {
  const steps = new Map<string, Seen>();
  let open: string | null = null;
  let test = '';
  for (const [index, text] of trace.entries()) {
    const [found, begun, , step, started = '', done, ended = '', ret] = marker.exec(text) ?? [];
    if (begun !== undefined) open = null;
    else if (step !== undefined) {
      open = started;
      test = open.split('.')[0] ?? '';
      steps.set(open, { lines: [], inTime: false });
    } else if (done !== undefined) {
      const one = steps.get(ended);
      if (one === undefined) continue;
      one.ret = Number(ret);
      one.inTime = open === ended;
    } else if (found === undefined && open !== null) {
      const line = parseLine(text, index + 1);
      if (line.kind !== 'event' || line.mark !== null) continue;
      steps.get(open)?.lines.push(line);
      // What a step has queued may be done while a later one is under way.
      if (line.comm.startsWith('kworker')) for (const [number, one] of steps) if (number !== open && number.startsWith(`${test}.`)) one.lines.push(line);
    }
  }
  return steps;
}

/** What a line of the recorder says in the words of a suite; null for lines outside the model. */
function factOf(line: TraceLine, rows: Rows): SuiteFact | null {
  const row = rows.of(line);
  if (typeof row !== 'object') return null;
  const { dev, drv, cur, g, grp, ret, oc, action } = line.fields;
  const driver = drv ?? cur;
  const name = action === undefined ? undefined : row.says === 'kobject_uevent' ? kobject_actions[Number(action)] : notifiers[Number(action) - (row.first ?? 0)];
  return {
    function: row.says, at: row.at, ...(typeof dev === 'string' ? { device: dev } : {}), ...(typeof driver === 'string' ? { driver } : {}),
    ...(typeof g === 'number' && grp !== '0x0' ? { group: g } : {}), ...(name === undefined ? {} : { action: name }),
    ...(typeof ret === 'number' ? { ret } : {}), ...(typeof oc === 'number' ? { owner_cnt: oc } : {}),
  };
}

/** Fields that both name are the same. A file descriptor is any number from 0, and so are the bytes that a store has written. */
function fits(wanted: SuiteFact, shown: SuiteFact): boolean {
  if (wanted.function !== shown.function || wanted.at !== shown.at) return false;
  if (wanted.ret !== undefined && shown.ret !== undefined && wanted.ret !== shown.ret && !(wanted.ret >= 0 && shown.ret > 0)) return false;
  // At the entry of a function fields of the group are read without its lock.
  const compared = (['device', 'driver', 'group', 'action', ...(wanted.at === 'locked' ? ['owner_cnt'] as const : [])] as const);
  return compared.every((field) => wanted[field] === undefined || shown[field] === undefined || wanted[field] === shown[field]);
}

export const wordsOf = ({ function: name, at, device, driver, group, action, ret, owner_cnt }: SuiteFact): string =>
  [`${name}${at === 'return' ? '.ret' : at === 'locked' ? ' (locked)' : ''}`, action, ret === undefined ? undefined : errnoName(ret), device, driver, group === undefined ? undefined : `group ${group}`, owner_cnt === undefined ? undefined : `owner_cnt=${owner_cnt}`]
    .filter((part) => part !== undefined).join(' ');

/** What a line says, and which task said it. */
export interface Shown {
  readonly fact: SuiteFact;
  readonly pid: number;
}

/**
 * The first fact that the lines do not show in its turn: the order is that of the model within each task, and between tasks any.
 * Only probes that this kernel has are asked for.
 */
export function firstMissing(facts: readonly SuiteFact[], lines: readonly Shown[], isShown: (fact: SuiteFact) => boolean): SuiteFact | undefined {
  const past = new Map<number, number>();
  for (const fact of facts) {
    if (!isShown(fact)) continue;
    const at = lines.findIndex((line, index) => index > (past.get(line.pid) ?? -1) && fits(fact, line.fact));
    if (at < 0) return fact;
    past.set((lines[at] as Shown).pid, at);
  }
  return undefined;
}

/** Names of the suite's roles and groups become those of the machine. */
const played = (fact: SuiteFact, { devices, groups }: Cast): SuiteFact => ({
  ...fact, ...(fact.device === undefined ? {} : { device: devices[fact.device] ?? fact.device }),
  ...(fact.group === undefined ? {} : { group: groups[fact.group] ?? fact.group }),
});

const retWords = (ret: number): string => (ret < 0 ? errnoName(ret) : String(ret));

/**
 * Compares a whole suite.
 *
 * @param trace lines of the recording
 * @param builtIn drivers that are no modules in this kernel
 */
export function compareSuite(suite: Suite, cast: Cast, trace: readonly string[], { probes }: Recording, builtIn: readonly string[] = []): TestResult[] {
  const recorder = recorders[suite.model] as Recorder;
  const symbols = new Map([...(probes ?? [])].flatMap(([event, list]) => (new Set(list.map(({ symbol }) => symbol)).size === 1 ? [[event, list[0]?.symbol ?? ''] as const] : [])));
  const rows = new Rows(recorder, (event) => symbols.get(event));
  const seen = stepsIn(trace);
  const shownAt = new Set<string>();
  for (const text of trace) {
    const line = parseLine(text);
    const fact = line.kind === 'event' && line.mark === null ? factOf(line, rows) : null;
    if (fact !== null) shownAt.add(`${fact.function} ${fact.at}`);
  }
  const isShown = ({ function: name, at }: SuiteFact) => probes === undefined ? shownAt.has(`${name} ${at}`) : shownAt.has(`${name} ${at}`) || isProbed(recorder, probes, name, at);
  return suite.tests.map((test, number): TestResult => {
    const why = cannot(test, builtIn);
    if (why !== undefined) return { number, name: test.name, result: 'skip', why, steps: [] };
    const steps = test.steps.map((step, at): StepResult => {
      const key = `${number}.${at}`;
      const one = seen.get(key);
      const [got, ok] = answer(step, one);
      const missing = one === undefined || !ok ? undefined : firstMissing(step.facts.map((fact) => played(fact, cast)), one.lines.flatMap((line) => { const fact = factOf(line, rows); return fact === null ? [] : [{ fact, pid: line.pid }]; }), isShown);
      return {
        number: key, by: step.by, call: step.call, expected: 'waits' in step.expect ? 'waits' : retWords(step.expect.ret), got, ok: ok && missing === undefined,
        ...(missing === undefined ? {} : { missing: wordsOf(missing) }),
      };
    });
    const late = test.steps.flatMap(({ ends }) => ends.map((end) => ({ end, got: seen.get(`${number}.${end.step}`)?.ret }))).find(({ end, got }) => got !== end.ret);
    const isRun = steps.every(({ got }) => got !== 'not run');
    const bad = steps.find(({ ok }) => !ok);
    return {
      number, name: test.name, result: !isRun ? 'not run' : bad === undefined && late === undefined ? 'ok' : 'not ok', steps,
      ...(bad !== undefined || late === undefined ? {} : { why: `step ${number}.${late.end.step} returned ${late.got === undefined ? 'never' : retWords(late.got)}, expected ${retWords(late.end.ret)}` }),
    };
  });
}

/** The kernel was asked to show it, although it never did. */
function isProbed(recorder: Recorder, probes: NonNullable<Recording['probes']>, says: string, at: SuiteFact['at']): boolean {
  const functions = [...recorder.points, ...recorder.renamed].flatMap(([key, point]) => (point.says === says && point.at === at ? [key.split(' ')[0] ?? ''] : []));
  return [...probes.values()].flat().some(({ symbol, offset, returns }) =>
    functions.includes(symbol.replace(/\.(part|isra|constprop|cold)\.\d+$/, '')) && at === (returns ? 'return' : offset > 4 ? 'locked' : 'entry'));
}

function answer({ expect }: SuiteStep, seen: Seen | undefined): [got: string, ok: boolean] {
  if (seen === undefined) return ['not run', false];
  if (seen.ret === undefined || !seen.inTime) return ['waits', 'waits' in expect];
  // A file that its owner takes away answers -ENODEV to who has it open, and is not there for who comes later.
  const isGone = !('waits' in expect) && expect.ret === -ENODEV && seen.ret === -ENOENT;
  return [retWords(seen.ret), isGone || (!('waits' in expect) && expect.ret === seen.ret)];
}

/** KTAP, one line for a test and one for each step that differs. */
export function ktap(results: readonly TestResult[]): string {
  const lines = results.flatMap(({ number, name, result, why, steps }) => [
    ...steps.filter(({ ok }) => !ok).map(({ number: step, by, call, expected, got, missing }) =>
      `# step ${step} ${by} ${call}: ${missing === undefined ? `expected ${expected}, got ${got}` : `answered ${got}, but not in its turn: ${missing}`}`),
    ...(why === undefined || result === 'skip' ? [] : [`# ${why}`]),
    `${result === 'not ok' || result === 'not run' ? 'not ok' : 'ok'} ${number + 1} ${name}${result === 'skip' ? ` # SKIP ${why ?? ''}` : result === 'not run' ? ' # the guest ended before' : ''}`,
  ]);
  return ['KTAP version 1', `1..${results.length}`, ...lines, ''].join('\n');
}
