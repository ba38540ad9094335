/** Those who explore: our two kernels, Spin, the reference, xstate/graph. */
import { setTimeout } from 'node:timers/promises';
import { compile, FastSearch } from '../src/check/fast.ts';
import { explore, type ExploreOptions } from '../src/check/explore.ts';
import { Round } from '../src/check/round.ts';
import { oracle } from '../src/check/oracle.ts';
import { Tables } from '../src/check/tables.ts';
import { close } from '../src/export/close.ts';
import { promela } from '../src/export/promela.ts';
import { kinds, type Property } from '../src/check/property.ts';
import type { Question } from './models.ts';
import { timed, type Contender, type Ran } from './rounds.ts';
import { compileSpin, type SpinFlags } from './spin.ts';
import { graphOf } from './xstate-graph.ts';

/** What Spin decides in one run: the rest is asked for alone, or speaks of all futures. */
export const decidable = (properties: readonly Property[]): Property[] => properties.filter(({ kind }) => kinds.indexOf(kind) <= kinds.indexOf('neverStuck'));

const memory = 4e9;

/** Milliseconds in which V8 is done with what tables left it to do on other threads: compiling and sweeping. */
const rest = 200;

/**
 * One of our kernels, without reductions, for properties that hold. The charts are asked for their moves before the first
 * round; and writing the tables for the kernel and compiling are not part of the search, as `gcc` is not part of Spin's. So
 * each search waits until V8 is at rest, and the one before it is kept, as what V8 compiled goes with the last that uses it.
 */
export async function ours(name: string, asked: Question, properties: readonly Property[], { kernel }: Pick<ExploreOptions, 'kernel'> = {}): Promise<Contender> {
  const compiled = kernel === 'javascript' ? undefined : await compile();
  const begin = (tables: Tables) => new Round(tables, properties, { partialOrder: false, symmetry: false, memory }, { compiled });
  const kept: Round[] = [];
  const finish = async (round: Round): Promise<Ran> => {
    await setTimeout(rest);
    const [, cpu] = await timed(() => { while (round.run(8192)); });
    const { search: { worlds, transitions }, found } = round;
    if ((round.search instanceof FastSearch) === (kernel === 'javascript')) throw new Error(`${name} ran on another kernel`);
    if (found.size > 0) throw new Error(`${name} breaks ${[...found.keys()].map((property) => property.name).join(', ')}`);
    kept[0] = round;
    return { states: worlds.size, transitions, cpu, bytes: worlds.bytes / worlds.size };
  };
  const [tables, whole] = await timed(async () => {
    const empty = new Tables(asked.subject(), properties);
    await finish(begin(empty));
    return empty;
  });
  const { cpu } = await finish(begin(tables));
  return { name, before: Math.max(0, whole - cpu), run: () => finish(begin(tables)) };
}

/** All that `explore` does, from empty tables: charts are asked, verdicts told. */
export const whole = (name: string, asked: Question, properties: readonly Property[], workers: number): Contender => ({
  name, before: 0,
  run: async () => {
    const [{ states, transitions, complete, properties: outcomes, explain: { bytes, kernel } }, cpu] = await timed(() => explore(asked.subject(), properties, { partialOrder: false, symmetry: false, memory, workers }));
    if (!complete || kernel !== 'wasm' || outcomes.some(({ verdict }) => verdict !== 'holds')) throw new Error(`${name} does not hold`);
    return { states, transitions, cpu, bytes: bytes / states };
  },
});

export interface SpinText {
  readonly text: string;
  readonly states: number;
}

/** The question for Spin. */
export async function textOf(asked: Question, properties: readonly Property[]): Promise<SpinText> {
  const closed = await close(asked.subject(), properties);
  return { text: promela(closed, properties).text, states: closed.states };
}

/** Spin, with no more stack than it needs and a hash table as large as the number of worlds. */
export function spin(name: string, { text, states }: SpinText, { cc = [] }: SpinFlags = {}): Contender {
  const program = compileSpin(text, { cc: ['-O2', '-DSAFETY', ...cc], pan: ['-m100000', `-w${Math.ceil(Math.log2(states))}`] });
  return {
    name, before: program.compileSeconds, end: () => program.remove(),
    run: () => {
      const { complete, errors, transitions, cpuSeconds, bytesPerState, output, ...ran } = program.run();
      if (!complete || errors !== 0) throw new Error(`Spin did not finish:\n${output}`);
      return { states: ran.states, transitions: transitions - 1, cpu: cpuSeconds, bytes: bytesPerState }; // the initial state is a transition
    },
  };
}

/** Worlds in a Map of strings. */
export const reference = (asked: Question): Contender => ({
  name: 'naive: a `Map` of strings', before: 0,
  run: async () => {
    const system = asked.system();
    const [{ states, transitions }, cpu] = await timed(() => oracle(system, asked.subject(system), { granularity: 'monitor', limit: Infinity }));
    return { states, transitions, cpu, bytes: NaN };
  },
});

export function graph(asked: Question, way: 'getAdjacencyMap' | 'getShortestPaths'): Contender {
  return {
    name: `\`xstate/graph\`, \`${way}\``, before: 0,
    run: async () => {
      const [counts, cpu] = await timed(() => graphOf(asked.system())[way]());
      return { ...counts, cpu, bytes: NaN };
    },
  };
}
