/**
 * What is known about a recording besides its events: the kernel, the probes, what was lost.
 *
 * Pure: texts in, plain data out; `findRecording` in file.ts reads the files. Every part is optional,
 * and each source is believed in a fixed order, so that the answer says where it comes from.
 */
import type { Plain } from '../../machines/chart.ts';
import type { Item } from './line.ts';
import { alarmOf } from './marker.ts';
import type { Format } from './readers/reader.ts';

/** The files that are looked for beside a trace. */
export const recordingFiles = ['kprobe_events.txt', 'kprobe_profile.txt', 'stats.txt', 'log.txt', 'dmesg.txt', 'meta.txt'] as const;

export type RecordingFile = (typeof recordingFiles)[number];

/** One line of `kprobe_events` or `dynamic_events`. */
export type Probe = {
  readonly event: string;
  /** The probed function, as the kernel spells it; for a module's function without the module. */
  readonly symbol: string;
  /** Bytes into the function. */
  readonly offset: number;
  readonly returns: boolean;
  /** Names of the recorded fields, in order. */
  readonly fields: readonly string[];
};

export type Recording = {
  /** What wrote the trace, where somebody has said it. */
  readonly format?: Format;
  /** Kernel release as `uname -r` prints it, such as `6.1.0-56-amd64`. */
  readonly kernel?: string;
  /** Where `kernel` was found: the name of a file, or `path`. */
  readonly kernelFrom?: RecordingFile | 'path';
  /** Definitions by name of the event. Several probes may share one name. */
  readonly probes?: ReadonlyMap<string, readonly Probe[]>;
  /**
   * Events the kernel could not keep: overwritten by newer ones, and dropped while there was no room.
   * Both zero: nothing was lost. Absent: nobody counted.
   */
  readonly lost?: { readonly overrun: number; readonly dropped: number };
  /** How often a probe did not fire although its function ran, all probes together. Absent: nobody counted. */
  readonly missed?: number;
  /** The kernel's own word of its crash, from its log. */
  readonly crash?: string;
  /** What was played while recording, with its argument: `race-sibling 2`. */
  readonly scenario?: string;
};

/** Puts together what the texts and the path say. */
export function describeRecording(path: string, texts: { readonly [file in RecordingFile]?: string }): Recording {
  const of = (file: RecordingFile) => texts[file] ?? '';
  const about = announced.exec(of('log.txt'));
  const sources: readonly (readonly [RecordingFile | 'path', string | undefined])[] = [
    ['log.txt', about?.[1]],
    ['meta.txt', /^kernel=(\S+)/m.exec(of('meta.txt'))?.[1]],
    ['dmesg.txt', /\bLinux version (\S+)/.exec(of('dmesg.txt'))?.[1]],
    ['path', kernelInPath(path)],
  ];
  const [kernelFrom, kernel] = sources.find(([, release]) => release !== undefined) ?? [];
  const probes = parseProbes(texts['kprobe_events.txt'] ?? of('meta.txt'));
  const stats = texts['stats.txt'] ?? of('meta.txt');
  // `commit overrun` counts events lost while they were written; that line ends the same way.
  const overrun = sum(stats, /\boverrun: (\d+)/g);
  const dropped = sum(stats, /\bdropped events: (\d+)/g);
  const crash = of('dmesg.txt').split('\n').map((line) => line.replace(/^(<\d+>)?\[[^\]]*\](\[[^\]]*\])? ?/, '')).find((message) => alarmOf(message) === 'crash');
  const missed = sum(texts['kprobe_profile.txt'] ?? of('meta.txt').split('\n-- hits and misses')[1] ?? '', /^\s*[\w-]+ +\d+ +(\d+) *$/gm);
  return {
    ...(kernel !== undefined && kernelFrom !== undefined && { kernel, kernelFrom }),
    ...(probes.size > 0 && { probes }),
    ...((overrun !== null || dropped !== null) && { lost: { overrun: overrun ?? 0, dropped: dropped ?? 0 } }),
    ...(missed !== null && { missed }),
    ...(crash !== undefined && { crash }),
    ...(about?.[2] !== undefined && { scenario: about[2].trim() }),
  };
}

/** As plain data, to be kept with the events; `recordingOf` reads it back. */
export const plainRecording = ({ probes, ...rest }: Recording): Plain => ({ ...rest, ...(probes === undefined ? {} : { probes: [...probes] }) }) as unknown as Plain;

/** Of what `plainRecording` gave. */
export function recordingOf(plain: Plain | undefined): Recording {
  const { probes, ...rest } = (plain ?? {}) as unknown as Omit<Recording, 'probes'> & { readonly probes?: readonly [string, readonly Probe[]][] };
  return { ...rest, ...(probes === undefined ? {} : { probes: new Map(probes) }) };
}

/** `# kernel 6.1.0-56-amd64, scenario race-sibling 2`, in the log and as a note in the trace. */
const announced = /\bkernel (\d\S*), scenario ([^\n]*)/;

/** A directory named like a kernel release: `6.1.0-56-amd64`, `6.12.117+deb12-amd64`, `v6.12.5`; the innermost counts. */
function kernelInPath(path: string): string | undefined {
  const directories = path.split(/[\\/]/).slice(0, -1);
  return directories.map((name) => /^(?:linux-|v)?([3-9]\.\d+(?:\.\d+)?(?:[-+.][\w.+~-]+)?)$/.exec(name)?.[1]).findLast((release) => release !== undefined);
}

const definition = /^([prft])\d*:(?:[\w-]+\/)?([\w-]+) +(\S+)(.*)$/;

/**
 * Reads probe definitions as the kernel lists them; lines of another kind are passed over.
 *
 *     p:lab/uevent device_add+335 dev=+0(+0(%di)):string action=%si:u32
 *     r10:lab/probe_ret really_probe ret=$retval:s32
 *     f:lab/claim_ret iommu_group_claim_dma_owner%return ret=$retval:s32
 */
export function parseProbes(text: string): Map<string, Probe[]> {
  const probes = new Map<string, Probe[]>();
  for (const line of text.split('\n')) {
    const found = definition.exec(line.trim());
    if (found === null) continue;
    const [, type = '', event = '', place = '', rest = ''] = found;
    const [, symbol = '', offset = '0'] = /^(?:[\w-]+:)?([^+%]*)(?:\+(\w+))?/.exec(place) ?? [];
    const fields = [...rest.matchAll(/(?:^| )(\w+)=/g)].map(([, name = '']) => name);
    const probe: Probe = { event, symbol, offset: Number(offset) || 0, returns: type === 'r' || place.endsWith('%return'), fields };
    const same = probes.get(event);
    if (same === undefined) probes.set(event, [probe]);
    else same.push(probe);
  }
  return probes;
}

/** The sum of all numbers the pattern finds; null when it finds none. */
function sum(text: string, pattern: RegExp): number | null {
  const numbers = [...text.matchAll(pattern)].map(([, digits]) => Number(digits));
  return numbers.length === 0 ? null : numbers.reduce((total, count) => total + count, 0);
}

/** What a trace by itself says about the kernel that made it: the release, or bounds, or both bounds. */
export type KernelGuess = {
  /** The release, where the trace names it. */
  readonly release?: string;
  /** Not older than this version, judged by the functions that ran. */
  readonly atLeast?: string;
  /** Older than this version. */
  readonly before?: string;
  /** The line that settled it, and why. */
  readonly line: number;
  readonly why: string;
};

type Bounds = { readonly atLeast?: string; readonly before?: string };

/** Functions that a version brought or took away. Their absence from a trace says nothing. */
const witnesses = new Map<string, Bounds>([
  ['bus_notify', { atLeast: '6.3' }],
  ['__iommu_group_set_domain', { before: '6.5' }], // later inlined into its callers
  ['__iommu_group_set_domain_internal', { atLeast: '6.5' }],
  ['iommu_deinit_device', { atLeast: '6.6' }],
]);

const named = /\bLinux version (\S+)|^CPU: \d+ .*?(?:Tainted: .*?|Not tainted) (\d+\.\d+\S*) #/;

/**
 * Guesses the kernel from trace lines, for a trace that lies alone.
 *
 * A release that a line names ends the search. Otherwise the witnesses' bounds are put together, and
 * `line` and `why` tell of the last that narrowed them. Undefined when no line tells anything. The
 * first batch of a trace is usually enough.
 */
export function guessKernel(lines: Iterable<Item>): KernelGuess | undefined {
  let guess: KernelGuess | undefined;
  for (const item of lines) {
    const { line } = item;
    if (item.kind === 'header' && item.release !== '') return { release: item.release, line, why: 'the header names it' };
    if (item.kind === 'console') {
      const [, boot, oops] = named.exec(item.message.slice(0, 400)) ?? [];
      const release = boot ?? oops;
      if (release !== undefined) return { release, line, why: 'the kernel log names it' };
    }
    if (item.kind !== 'event') continue;
    const release = item.mark?.kind === 'note' ? announced.exec(item.mark.op)?.[1] : undefined;
    if (release !== undefined) return { release, line, why: 'a note in the trace names it' };
    const bounds = boundsOf(item.symbol, item.event);
    if (bounds !== undefined) guess = narrowed(guess, bounds, line, item.symbol);
  }
  return guess;
}

function boundsOf(symbol: string, event: string): Bounds | undefined {
  // This chain serves everybody. To see bus notifications one probes it where there is no bus_notify().
  if (symbol === 'blocking_notifier_call_chain') return event === 'notify' ? { before: '6.3' } : undefined;
  return witnesses.get(symbol);
}

function narrowed(guess: KernelGuess | undefined, { atLeast, before }: Bounds, line: number, symbol: string): KernelGuess | undefined {
  const why = `${symbol}() is there`;
  if (atLeast !== undefined && (guess?.atLeast === undefined || compare(atLeast, guess.atLeast) > 0)) return { ...guess, atLeast, line, why };
  if (before !== undefined && (guess?.before === undefined || compare(before, guess.before) < 0)) return { ...guess, before, line, why };
  return guess;
}

/** Orders versions by their numbers: 6.12 comes after 6.3. */
function compare(a: string, b: string): number {
  const [x = [], y = []] = [a, b].map((version) => version.split('.').map(Number));
  const at = x.findIndex((part, index) => part !== y[index]);
  return at === -1 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
}
