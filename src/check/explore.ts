/**
 * Visits every world that a subject can reach and decides each property.
 */
import { errorCodes, ModelError } from '../errors.ts';
import { goals, fairLoops } from './graph.ts';
import { lines } from './growth.ts';
import { identityOf } from './checkpoint.ts';
import { coverage, type Coverage } from './coverage.ts';
import { Judge } from './judge.ts';
import { Keeper } from './keeper.ts';
import { layoutOf, widths } from './layout.ts';
import { Lossy, type Mode } from './lossy.ts';
import { pathTo, stepAs, type Way } from './path.ts';
import type { Kind, Property, Verdict } from './property.ts';
import { compile, FastSearch, type Compiled } from './fast.ts';
import { restore, restoreTables } from './saved.ts';
import { Search, type Visitor } from './search.ts';
import type { Subject } from './subject.ts';
import { Tables } from './tables.ts';
import { Ample } from './ample.ts';
import { Symmetry } from './symmetry.ts';

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

/** Where a property was decided: at a world, or on the last choice of a row that was taken from one. */
export interface Found {
  readonly place: number;
  readonly row: readonly number[];
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
  const keeper = new Keeper(identityOf(subject, properties, { partialOrder: options.partialOrder ?? true, symmetry: options.symmetry ?? true }), options);
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
      return reported(run, stopped, begun, keeper);
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

function reported({ round, rounds, options }: Run, stopped: Report['stopped'], begun: number, { resumed, kept, lost }: Keeper): Report {
  const { search } = round;
  const { fault } = round.ample ?? {};
  if (fault) throw fault.error.leadingThere(lines(fault.trail));
  const complete = stopped === undefined && options.lossy === undefined;
  const seconds = () => (performance.now() - begun) / 1000;
  const outcomes = options.lossy === undefined ? conclude(round, round.properties, complete, options) : sampled(round, stopped !== undefined, options);
  return {
    states: search.worlds.size, transitions: search.transitions, depth: search.depth, complete, ...(stopped ? { stopped } : {}), seconds: seconds(),
    ...(resumed === undefined ? {} : { resumed }), ...(kept === undefined && lost === undefined ? {} : { checkpoint: { worlds: kept ?? 0, ...(lost === undefined ? {} : { lost }) } }),
    ...(search.worlds instanceof Lossy && options.lossy ? { lossy: { mode: options.lossy, omission: search.worlds.omission(search.depth) } } : {}),
    properties: outcomes, coverage: coverage(search.tables, complete), explain: { ...round.explanation(), partialOrder: { on: round.ample !== undefined, narrowed: search.narrowed, rounds } },
  };
}

/** One search, with what it found on the way. */
export class Round implements Visitor {
  readonly search: Search;
  readonly judge: Judge;
  readonly ample: Ample | undefined;
  /** Undefined when nothing can be swapped. */
  readonly symmetry: Symmetry | undefined;
  readonly #why: string | undefined;
  readonly found = new Map<Property, Found>();
  readonly #tables: Tables;
  readonly properties: readonly Property[];
  /** A property tells interchangeable actors apart, so they are not. */
  lopsided = false;
  #fold = -1;

  constructor(tables: Tables, properties: readonly Property[], options: ExploreOptions, { before, compiled, resumed = false }: { before?: Ample | undefined; compiled?: Compiled | undefined; resumed?: boolean } = {}) {
    this.#tables = tables;
    this.properties = properties;
    this.judge = new Judge(tables, properties);
    const eventual = properties.some(({ kind }) => kind === 'leadsTo');
    const symmetry = (options.symmetry ?? true) && !eventual ? new Symmetry(tables) : undefined;
    this.symmetry = symmetry?.orbits.length ? symmetry : undefined;
    if ((options.partialOrder ?? true) && !eventual) this.ample = new Ample(tables, this.judge, this.symmetry, before);
    this.#why = eventual ? 'off: what happens sooner or later is not kept under other names' : symmetry ? symmetry.why : 'switched off';
    const memory = options.memory ?? 2 ** 32;
    const lossy = options.lossy && new Lossy(options.lossy, layoutOf(widths(tables.nodes.map(({ length }) => length))), memory);
    if (compiled !== undefined && !this.ample && !this.symmetry && !eventual && !lossy) {
      this.search = new FastSearch(compiled, tables, this.judge, this, memory);
    } else {
      this.search = new Search(tables, this, { memory, reduction: this.ample, folding: this.symmetry, worlds: lossy, edges: !lossy && (eventual || properties.some(({ kind }) => kind === 'canAlways')) });
      this.ample?.follow(this.search, resumed);
    }
  }

  /** Expands up to `count` worlds. False when the queue is empty. @throws {ModelError} what a chart does wrong, with the way there */
  run(count: number): boolean {
    try {
      return this.search.run(count);
    } catch (error) {
      if (!isModelFault(error) || this.search instanceof FastSearch) throw error;
      const { place, row, then } = this.search.abandoned();
      throw error.leadingThere(lines(pathTo(this, place, row, then && stepAs(this, then)).steps));
    }
  }

  discovered(place: number, nodes: Int32Array): void {
    const fold = this.judge.fold(nodes);
    if (fold === this.#fold) return;
    this.#fold = fold;
    const answers = this.judge.answers(fold, nodes);
    if (this.symmetry && !this.symmetry.agrees(this.judge, fold, nodes)) this.lopsided = true;
    for (const [index, property] of this.properties.entries()) {
      const yes = ((answers[index] as number) & 1) === 1;
      if (property.kind === 'always' ? !yes : property.kind === 'sometimes' && !property.rests && !property.step && yes) this.note(property, place, []);
    }
  }

  decided(properties: number, place: number, row: readonly number[]): void {
    for (const [bit, property] of this.#tables.watched.entries()) if (((properties >> bit) & 1) === 1) this.note(property, place, row);
  }

  expanding(place: number, nodes: Int32Array, quiet: boolean, open: number): void {
    if (quiet) {
      const answers = this.judge.answers(this.judge.fold(nodes), nodes);
      for (const [index, property] of this.properties.entries()) {
        const yes = ((answers[index] as number) & 1) === 1;
        if (property.kind === 'atRest' ? !yes : property.kind === 'sometimes' && property.rests && yes) this.note(property, place, []);
      }
    } else if (open === 0) {
      for (const property of this.properties) if (property.kind === 'neverStuck') this.note(property, place, []);
    }
  }

  explanation(): Omit<Explanation, 'partialOrder'> {
    const { worlds } = this.search;
    return {
      symmetry: { on: this.symmetry !== undefined, orbits: this.symmetry?.orbits ?? [], ...(this.#why ? { why: this.#why } : {}) },
      kernel: this.search instanceof FastSearch ? 'wasm' : 'javascript', moves: this.#tables.moves, nodes: this.#tables.nodes.reduce((sum, { length }) => sum + length, 0),
      bits: worlds.layout.bits.reduce((sum, width) => sum + width, 0), bytes: worlds.bytes,
    };
  }

  /** Keeps the first place where a property is decided. */
  note(property: Property, place: number, row: readonly number[]): void {
    if (!this.found.has(property)) this.found.set(property, { place, row: [...row] });
  }
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

/** What the finished round says of each property. */
function conclude(round: Round, properties: readonly Property[], complete: boolean, options: ExploreOptions): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const property of properties) {
    const { name, kind } = property;
    const found = round.found.get(property);
    if (kind === 'sometimes') {
      const settled = round.ample?.settled.get(property);
      const way = found ? wayTo(round, found) : settled && { steps: settled };
      const verdict: Verdict = way ? 'holds' : complete ? 'broken' : 'unknown';
      outcomes.push({ name, kind, verdict, ...(way ? { way, shortest: !round.ample } : {}) });
    } else if (found) {
      outcomes.push({ name, kind, verdict: 'broken', ...nearest(round, property, found, options) });
    } else if (!complete) {
      outcomes.push({ name, kind, verdict: 'unknown' });
    } else if (kind === 'canAlways') {
      const lost = orNoMemory(() => goals(round, properties.indexOf(property), property));
      outcomes.push({
        name, kind, verdict: lost === undefined ? 'unknown' : lost === -1 ? 'holds' : 'broken',
        ...(lost === undefined || lost === -1 ? {} : { way: wayTo(round, { place: lost, row: [] }), shortest: !round.ample }),
      });
    } else if (kind === 'leadsTo') {
      const loop = fairLoops(round, properties.indexOf(property));
      outcomes.push({ name, kind, verdict: loop ? 'broken' : 'holds', ...(loop ? { way: loop, shortest: false } : {}) });
    } else {
      outcomes.push({ name, kind, verdict: 'holds' });
    }
  }
  return outcomes;
}

const isModelFault = (error: unknown): error is ModelError => error instanceof ModelError && errorCodes[error.code].fault === 'model';

/** What a search says that may have left worlds out: what is broken is, and nothing else is known. */
function sampled(round: Round, stopped: boolean, options: ExploreOptions): Outcome[] {
  return round.properties.map((property): Outcome => {
    const { name, kind } = property;
    const found = round.found.get(property);
    if (found && kind !== 'sometimes') {
      const way = options.lossy === 'compact' ? wayTo(round, found) : orNoMemory(() => searched(round, property, options));
      return { name, kind, verdict: 'broken', ...(way ? { way, shortest: false } : {}) };
    }
    return { name, kind, verdict: stopped ? 'unknown' : 'sampled' };
  });
}

/** A way to what was found, by a second search that keeps what a way needs; undefined where that one leaves it out. */
function searched({ search: { tables: { subject } } }: Round, property: Property, options: ExploreOptions): Way | undefined {
  const again = new Round(new Tables(subject, [property], options.locals), [property], { ...options, lossy: 'compact' });
  while (again.found.size === 0 && again.run(1024));
  const found = again.found.get(property);
  return found && wayTo(again, found);
}

/** Undefined when memory does not suffice. */
function orNoMemory<Result>(ask: () => Result): Result | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof ModelError && error.code === 'out-of-memory') return undefined;
    throw error;
  }
}

const wayTo = (round: Round, { place, row }: Found): Way => pathTo(round, place, row);

/** With a reduction, a shorter way may have been left out: looks again without, no deeper, for a while. */
function nearest(round: Round, property: Property, found: Found, options: ExploreOptions): { way: Way; shortest: boolean } {
  const way = wayTo(round, found);
  if (!round.ample) return { way, shortest: true };
  const steps = way.steps.length;
  const again = new Round(new Tables(round.search.tables.subject, [property], options.locals), [property], { ...options, partialOrder: false });
  const limit = Math.max(200_000, round.search.worlds.size * 2);
  while (again.found.size === 0 && again.search.depth < steps + 1 && again.search.worlds.size < limit && again.run(1024));
  const nearer = again.found.get(property);
  if (nearer) return { way: wayTo(again, nearer), shortest: true };
  return { way, shortest: again.search.depth >= steps };
}
