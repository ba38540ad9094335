/**
 * Visits every world that a subject can reach and decides each property.
 */
import { isModelFault, ModelError } from '../errors.ts';
import { identityOf } from './checkpoint.ts';
import { conclude, sampled } from './conclude.ts';
import { coverage, type Coverage } from './coverage.ts';
import { compile, type Compiled } from './fast.ts';
import { lines } from './growth.ts';
import { Keeper } from './keeper.ts';
import { Lossy, type Mode } from './lossy.ts';
import type { Way } from './path.ts';
import type { Kind, Property, Verdict } from './property.ts';
import { Round } from './round.ts';
import { restore, restoreTables } from './saved.ts';
import type { Subject } from './subject.ts';
import { Tables } from './tables.ts';

export interface Progress {
  /** Successors computed, worlds found, worlds whose turn is still to come, levels begun. */
  readonly generated: number;
  readonly distinct: number;
  readonly queue: number;
  readonly depth: number;
  readonly seconds: number;
  readonly bytes: number;
}

export interface ExploreOptions {
  /** Stop after this many worlds. Default: no limit but memory. */
  readonly limit?: number | undefined;
  /** Bytes that worlds may take. Default 4 GiB. */
  readonly memory?: number | undefined;
  /** Leave out interleavings that differ only in the order of independent steps. Default true. */
  readonly partialOrder?: boolean | undefined;
  /** Let one world stand for all that differ by the names of interchangeable actors. Default true. */
  readonly symmetry?: boolean | undefined;
  /** Remember worlds by a hash only: more fit, some may be left out, and nothing is said to hold. */
  readonly lossy?: Mode | undefined;
  /** Without reductions, the inner loop is WebAssembly where there is any, unless `javascript` is asked for. */
  readonly kernel?: 'wasm' | 'javascript' | undefined;
  /** How many threads run that loop. With more than one, which of several shortest ways is told may differ from run to run. Default 1. */
  readonly workers?: number | undefined;
  /** Local states that one actor may have, before a chart is said to grow without bound. Default 16384. */
  readonly locals?: number | undefined;
  /** Write what is known to this file every so many seconds (default 30) and when the search is stopped. */
  readonly checkpoint?: { readonly file: string; readonly every?: number | undefined } | undefined;
  /** Go on from this checkpoint of the same question. */
  readonly resume?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Outcome {
  readonly name: string;
  readonly kind: Kind;
  readonly verdict: Verdict;
  /** To the world that breaks it, or that a `sometimes` looks for. Without steps: the initial world. Bitstate may find none. */
  readonly way?: Way;
  /** The way is as short as any. */
  readonly shortest?: boolean;
}

export interface Report {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Every reachable world was visited, or stands behind one that was. */
  readonly complete: boolean;
  readonly stopped?: 'limit' | 'memory' | 'interrupted';
  /** Worlds were remembered by a hash; how likely at most a given world at the depth reached was left out. */
  readonly lossy?: { readonly mode: Mode; readonly omission: number };
  readonly seconds: number;
  /** Worlds that the checkpoint brought along. */
  readonly resumed?: number;
  /** Worlds in the last checkpoint that was written; `lost`: why the last one could not be. */
  readonly checkpoint?: { readonly worlds: number; readonly lost?: string };
  readonly properties: readonly Outcome[];
  readonly explain: Explanation;
  /** What of the charts was never used. */
  readonly coverage: Coverage;
}

export interface Explanation {
  readonly partialOrder: { readonly on: boolean; readonly narrowed: number; readonly rounds: number };
  readonly symmetry: { readonly on: boolean; readonly orbits: readonly (readonly string[])[]; readonly why?: string };
  /** Local moves computed by charts, nodes, bytes of worlds and table. */
  readonly kernel: 'wasm' | 'javascript';
  readonly moves: number;
  readonly nodes: number;
  readonly bits: number;
  readonly bytes: number;
}

/**
 * Visits every world that the subject can reach and decides each property.
 *
 * Breadth first, so the way in a report is as short as any (with `partialOrder`, a violation is looked for again without
 * it, no deeper than where it was found). When the search stops early, what is not decided yet is `unknown`, never `holds`.
 *
 * @example
 * const report = await explore(subjectOf(system), properties, { limit: 1_000_000 });
 * report.properties.find(({ verdict }) => verdict === 'broken')?.way;
 *
 * @throws {ModelError} `unwritable-file`, `unreadable-file`, `not-a-checkpoint`, `other-checkpoint` before the search begins
 * @throws {ModelError} `unhandled-event`, `no-such-actor`, `unbounded`, `merged-states`: the charts are wrong, with a shortest way there
 */
export async function explore(subject: Subject, properties: readonly Property[], options: ExploreOptions = {}): Promise<Report> {
  const compiled = options.kernel === 'javascript' ? undefined : await compile(options.workers);
  try {
    return await exploreWith(compiled, subject, properties, options);
  } catch (error) {
    // The WebAssembly kernel does not know the way to what a chart does wrong: the other one meets it again, and tells.
    if (compiled === undefined || !isModelFault(error) || error.way.length > 0) throw error;
    return await exploreWith(undefined, subject, properties, { ...options, checkpoint: undefined, resume: undefined });
  } finally {
    await compiled?.crew?.end();
  }
}

async function exploreWith(compiled: Compiled | undefined, subject: Subject, properties: readonly Property[], options: ExploreOptions): Promise<Report> {
  const begun = performance.now();
  const tables = new Tables(subject, properties, options.locals);
  const { partialOrder = true, symmetry = true } = options;
  const keeper = new Keeper(identityOf(subject, properties, { partialOrder, symmetry, compiled: compiled !== undefined && !partialOrder && symmetry }), options);
  const saved = keeper.read();
  if (saved) restoreTables(tables, saved);
  const given = saved && !saved.facts.symmetry ? { ...options, symmetry: false } : options;
  const run: Run = { round: new Round(tables, properties, given, { compiled, resumed: saved !== undefined }), rounds: saved?.facts.rounds ?? 1, batch: saved?.facts.batch ?? 256, options: given };
  if (saved) restore(run.round, saved);
  for (;;) {
    const stopped = await drive(run, begun, keeper);
    if (stopped === 'lopsided') {
      run.options = { ...run.options, symmetry: false };
      run.round = new Round(tables, properties, run.options, { compiled });
    } else if (stopped === 'again') {
      run.round = new Round(tables, properties, run.options, { compiled, before: run.round.ample });
      run.rounds++;
    } else {
      if (stopped !== undefined) keeper.save(run);
      return reported(run, compiled, stopped, begun, keeper);
    }
    run.batch = 256;
  }
}

/** An exploration under way. */
export interface Run {
  round: Round;
  /** Searches begun, as partial order learnt better. */
  rounds: number;
  /** Worlds until it is looked whether to stop. */
  batch: number;
  options: ExploreOptions;
}

function reported({ round, rounds, options }: Run, compiled: Compiled | undefined, stopped: Report['stopped'], begun: number, { resumed, kept, lost }: Keeper): Report {
  const { search } = round;
  const { fault } = round.ample ?? {};
  if (fault) throw fault.error.leadingThere(lines(fault.trail));
  const complete = stopped === undefined && options.lossy === undefined;
  const seconds = () => (performance.now() - begun) / 1000;
  const outcomes = options.lossy === undefined ? conclude(round, complete, options, compiled) : sampled(round, stopped !== undefined, options);
  return {
    states: search.worlds.size, transitions: search.transitions, depth: search.depth, complete, ...(stopped ? { stopped } : {}), seconds: seconds(),
    ...(resumed === undefined ? {} : { resumed }), ...(kept === undefined && lost === undefined ? {} : { checkpoint: { worlds: kept ?? 0, ...(lost === undefined ? {} : { lost }) } }),
    ...(search.worlds instanceof Lossy && options.lossy ? { lossy: { mode: options.lossy, omission: search.worlds.omission(search.depth) } } : {}),
    properties: outcomes, coverage: coverage(search.tables, complete), explain: { ...round.explanation(), partialOrder: { on: round.ample !== undefined, narrowed: search.narrowed, rounds } },
  };
}

/** Runs a round to its end, or says why it stopped. `again`: the reduction learnt something that makes it wrong so far. */
async function drive(run: Run, begun: number, keeper: Keeper): Promise<Report['stopped'] | 'again' | 'lopsided'> {
  const { round, round: { search, ample }, options: { limit = Infinity, signal, onProgress } } = run;
  let told = performance.now();
  try {
    for (;;) {
      const more = round.run(Math.max(1, Math.min(run.batch, limit - search.worlds.size)));
      run.batch = Math.min(run.batch * 2, 8192);
      if (round.lopsided) return 'lopsided';
      if (ample && (!more || ample.due(search.worlds.size)) && !ample.sound()) return 'again';
      if (!more) return undefined;
      if (search.worlds.size >= limit) return 'limit';
      if (signal?.aborted) return 'interrupted';
      const now = performance.now();
      if (keeper.due(now)) keeper.save(run);
      if (now - told < 200) continue;
      told = now;
      onProgress?.({
        generated: search.transitions, distinct: search.worlds.size, queue: search.worlds.size - search.next, depth: search.depth,
        seconds: (now - begun) / 1000, bytes: search.bytes,
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== 'out-of-memory') throw error;
    if (search.next > 0) return 'memory';
    throw new ModelError('too-little-memory', `no world could be expanded: ${error.message}`, { at: '--memory', accepted: '100M or more' });
  }
}
