/**
 * The verdict on one trace, with what happened in it.
 *
 * `conforms`: the model explains every line. `violates`: it cannot explain one, and nothing was lost before it.
 * `inconclusive`: lines were lost, or the judge had to give up explanations; what it found up to there still holds.
 */
import type { Model } from '../../machines/model.ts';
import { models } from '../../machines/models/index.ts';
import { recorders } from '../../machines/tracepoints.ts';
import { ModelError } from '../errors.ts';
import { nearest } from '../world/nearest.ts';
import { Addresses } from './addresses.ts';
import type { AccountOptions, Ends, Ownership, Reason, Refusal } from './account.ts';
import type { Followed } from './follow.ts';
import { Judge, type JudgeOptions } from './judge.ts';
import type { Item, TraceLine } from './line.ts';
import type { Reading } from './read.ts';
import type { Format } from './readers/reader.ts';
import { guessKernel, type Recording } from './recording.ts';
import { recordedBy } from './sees.ts';
import type { Used } from './usage.ts';

export type Verdict = 'conforms' | 'violates' | 'inconclusive';

export interface Report {
  readonly file: string;
  readonly model: string;
  /** Where the model's choice comes from. */
  readonly chosenBy: string;
  readonly verdict: Verdict;
  /** What wrote the recording. */
  readonly format: Format;
  /** What such a recording never shows, so that the verdict says nothing of it. */
  readonly unseen: readonly string[];
  readonly lines: number;
  readonly events: number;
  /** Events outside the model, by what they are. */
  readonly outside: number;
  readonly outsideBy: Readonly<Record<string, number>>;
  /** First unexplained line, its text, why, and what was possible there. */
  readonly line?: number;
  readonly text?: string;
  readonly reason?: string;
  readonly possible?: readonly string[];
  /** The lines explained last. */
  readonly before?: readonly string[];
  readonly lost?: { readonly line: number; readonly why: string };
  readonly crash?: { readonly line: number; readonly text: string };
  readonly notes: readonly string[];
  readonly groups: readonly { readonly id: string; readonly devices: readonly string[]; readonly ownership: readonly Ownership[]; readonly changes: number }[];
  readonly devices: readonly {
    readonly name: string; readonly group: string | null; readonly driver: string | null; readonly bound: number; readonly failed: number;
    readonly refused: number; readonly deferredAt: number | null; readonly lostAt: number | null;
  }[];
  readonly refusals: readonly Refusal[];
  readonly why: readonly Reason[];
  /** Transitions of the charts that every explanation of the trace takes; only where they were asked for. */
  readonly transitions?: readonly Used[];
}

export interface JudgeTraceOptions extends AccountOptions {
  readonly name: string;
  /** Name of the model; absent: the one of the trace's kernel. A model of one's own bears the name of the recorded kernel that it was made of. */
  readonly model?: string | Model | undefined;
  readonly recording?: Recording;
  /** Count which transitions of the charts the trace needs. */
  readonly transitions?: boolean;
  /** Tells the steps of one explanation: so many at each end. */
  readonly follow?: number;
  /** Is given them at the end. */
  readonly followed?: (facts: Ends<Followed>) => void;
  /** Called now and then with the number of lines so far. */
  readonly progress?: (lines: number) => void;
}

const probes = 'probes on really_probe, pci_dma_configure, iommu_device_use_default_domain, ...';
const howTo = 'record with the probes that docs/how-to/record.md names';

/**
 * Judges one trace.
 *
 * @throws {ModelError} no-such-model; unknown-kernel when no model was named and the trace does not say which kernel made
 * it; foreign-probes when none of its events is one that the models know; whatever the reading throws.
 */
export async function judgeTrace(reading: Reading, options: JudgeTraceOptions): Promise<Report> {
  const { recording = {}, name } = options;
  const addresses = recording.probes === undefined ? undefined : new Addresses(recording.probes);
  let judge: Judge | undefined;
  let chosenBy = '';
  let lastEvent: TraceLine | undefined;
  const before: Item[] = [];
  for await (const given of reading) {
    const read = addresses === undefined || !byAddress.has(reading.summary.format) ? given : given.map((item) => (item.kind === 'event' ? addresses.named(item) : item));
    if (judge === undefined && !read.some(({ kind }) => kind === 'event')) {
      before.push(...read);
      continue;
    }
    const batch = before.length === 0 ? read : [...before.splice(0), ...read];
    if (judge === undefined) {
      const chosen = chooseModel(options.model, recording, batch, name);
      chosenBy = chosen.by;
      const { symbolOf, recorded } = probesOf(recording);
      judge = new Judge(chosen.model, { ...options, ...(symbolOf === undefined ? {} : { symbolOf }), recorded: recordedBy(reading.summary.format, recorded) });
    }
    for (const item of batch) {
      if (item.kind === 'event') lastEvent = item;
      if (!judge.take(item)) break;
    }
    options.progress?.(reading.summary.lines);
    if (judge.violation !== null) break;
  }
  if (judge === undefined) throw new ModelError('not-a-trace', 'the trace has no event, so there is nothing to judge', {
    at: name, usually: 'a buffer that was cleared, or tracing that was off', hint: howTo,
  });
  judge.close();
  if (judge.followed !== null) options.followed?.(judge.followed.facts);
  return report(judge, reading, options, chosenBy, lastEvent);
}

function report(judge: Judge, { summary }: Reading, { name, recording = {} }: JudgeTraceOptions, chosenBy: string, last: TraceLine | undefined): Report {
  const { account, violation, lostAt } = judge;
  const outside = [...account.outsideBy.values()].reduce((sum, count) => sum + count, 0);
  if (account.events > 0 && violation === null && account.groups.size === 0 && account.devices.size === 0 && judge.explained === 0)
    throw new ModelError('foreign-probes', `none of the ${account.events} events is one of ${judge.model.name}'s recorder`, { at: name, accepted: probes, hint: howTo });
  const missing = violation === null && summary.entries !== null && !account.cut ? summary.entries.held - summary.events : 0;
  // Where a full buffer drops what is new, only its counters know: the loss may lie before any line.
  const dropped = lostAt === null ? recording.lost?.dropped ?? 0 : 0;
  const lost = lostAt !== null ? { line: lostAt, why: account.lossWhy } : missing > 0
    ? { line: summary.lines, why: `the file has ${missing} event${missing === 1 ? '' : 's'} less than its header counts` } : dropped > 0
      ? { line: violation?.line ?? summary.lines, why: `${dropped} events found no room in the buffer, and nothing says where` } : undefined;
  const verdict: Verdict = violation !== null && lostAt === null && dropped === 0 ? 'violates' : lost !== undefined || violation !== null ? 'inconclusive' : 'conforms';
  const crash = summary.crash ?? (recording.crash === undefined ? null : { line: summary.lines, text: recording.crash });
  const notes = [
    ...(summary.truncated === null ? [] : [`the last line is cut: line ${summary.truncated.line}`]),
    ...(account.cut ? ['the file was cut at its end: what is missing there was not judged'] : []),
    ...summary.mixed.map(({ format, count, first: [at] }) =>
      `${count} lines are of ${format}, not of ${summary.format ?? ''}, the first is line ${at?.line ?? 0}: they were not judged; give each kind a file of its own`),
    ...(summary.unparsed.count === 0 ? [] : [`${summary.unparsed.count} lines are no trace lines, the first is line ${summary.unparsed.first[0]?.line ?? 0}`]),
    ...(crash === null ? [] : [`the kernel crashed: ${crash.text.trim()}`]),
    ...(crash === null || last === undefined ? [] : [`seen last: line ${last.line}, ${last.text.trim()}`]),
    ...judge.unfinished().map((what) => `still going on at the end: ${what}`),
  ];
  return {
    file: name, model: judge.model.name, chosenBy, verdict, format: summary.format ?? 'ftrace', unseen: judge.unseen(summary.format), lines: summary.lines, events: account.events, outside,
    outsideBy: Object.fromEntries(account.outsideBy),
    ...(violation === null ? {} : { ...violation, before: account.before.map(({ text }) => text.trim()) }),
    ...(lost === undefined ? {} : { lost }),
    ...(crash === null ? {} : { crash: { line: crash.line, text: crash.text.trim() } }),
    notes,
    groups: [...account.groups.values()].map(({ id, devices, history }) =>
      ({ id, devices: [...devices].sort(), ownership: [...history.first, ...history.last], changes: history.count }))
      .sort((a, b) => Number(a.id) - Number(b.id)),
    devices: [...account.devices.values()].filter(({ bound, failed, refused, driver }) => bound + failed + refused > 0 || driver !== null),
    refusals: [...account.refusals.first, ...account.refusals.last],
    why: [...account.reasons.first, ...account.reasons.last],
    ...(judge.usage === null ? {} : { transitions: judge.usage.list() }),
  };
}

/** Kinds that print an address where the kernel prints a name. */
const byAddress: ReadonlySet<Format | null> = new Set(['trace-cmd', 'perf']);

/** Which functions had probes, from the definitions beside the trace. */
function probesOf({ probes }: Recording): Pick<JudgeOptions, 'recorded' | 'symbolOf'> {
  if (probes === undefined) return {};
  const bare = (symbol: string) => symbol.replace(/\.(part|isra|constprop|cold)\.\d+$/, '');
  const names = new Set([...probes.values()].flat().map(({ symbol, offset, returns }) =>
    `${bare(symbol)} ${returns ? 'return' : offset > 4 ? 'locked' : 'entry'}`));
  return {
    recorded: (function_, place) => names.has(`${function_} ${place}`),
    symbolOf: (event) => {
      const symbols = new Set((probes.get(event) ?? []).map(({ symbol }) => symbol));
      return symbols.size === 1 ? [...symbols][0] : undefined;
    },
  };
}

/** The model of a kernel release such as `6.12.117+deb12-amd64`. */
export function modelOfRelease(release: string): Model | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(release) ?? [];
  return Object.values(models).find(({ name }) => name === `v${major}.${minor}.y` || name === `v${major}.${minor}`);
}

function chooseModel(given: string | Model | undefined, { kernel, kernelFrom }: Recording, batch: readonly Item[], file: string): { model: Model; by: string } {
  const judges = Object.keys(models).filter((name) => name in recorders);
  if (given !== undefined) {
    const named = typeof given === 'string' ? given : given.name;
    const model = typeof given === 'string' ? models[given] : given;
    if (model !== undefined && judges.includes(named)) return { model, by: 'asked for' };
    const near = nearest(named, judges);
    throw new ModelError('no-such-model', model === undefined ? `there is no model ${named}` : `${named} is not the name of a kernel that one could record`, {
      accepted: judges, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    });
  }
  const guess = guessKernel(batch);
  const release = kernel ?? guess?.release;
  const by = kernel !== undefined ? `kernel ${kernel}, from ${kernelFrom ?? 'beside the trace'}` : guess?.release !== undefined ? `kernel ${guess.release}, line ${guess.line}` : '';
  const model = release === undefined ? undefined : modelOfRelease(release);
  if (model !== undefined) return { model, by };
  const bounds = release === undefined ? guess : undefined;
  const fits = Object.values(models).filter(({ recorded }) => recorded === true).filter(({ name }) => {
    const [major, minor] = name.slice(1).split('.').map(Number) as [number, number];
    const of = (version: string | undefined) => (version === undefined ? undefined : version.split('.').map(Number) as [number, number]);
    const [least, before] = [of(bounds?.atLeast), of(bounds?.before)];
    const order = (a: readonly [number, number]) => major - a[0] || minor - a[1];
    return bounds !== undefined && (least === undefined || order(least) >= 0) && (before === undefined || order(before) < 0);
  });
  const [only] = fits;
  if (fits.length === 1 && only !== undefined) return { model: only, by: `line ${bounds?.line ?? 0}: ${bounds?.why ?? ''}` };
  const known = Object.values(recorders).flatMap(({ points }) => [...points.keys()].map((point) => point.split(' ')[0]));
  const events = batch.filter((item) => item.kind === 'event');
  if (!events.some(({ symbol, mark }) => mark !== null || known.includes(symbol)))
    throw new ModelError('foreign-probes', `none of its first ${events.length} events is one that we know`, { at: file, accepted: probes, hint: howTo });
  throw new ModelError('unknown-kernel', release === undefined ? 'the trace does not say which kernel made it' : `no model covers kernel ${release}`, {
    at: file, accepted: judges, hint: `judge it with --model ${judges.filter((name) => models[name]?.recorded === true).at(-1) ?? ''}`,
    usually: release === undefined ? 'a trace without the files that were recorded beside it' : 'a kernel of another release',
  });
}
