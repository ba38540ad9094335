/**
 * Learns the steps of a subject: by visiting every world, or, where these are too many, as many as allowed and then walks.
 */
import { Judge } from '../check/judge.ts';
import type { Property } from '../check/property.ts';
import { compile, FastSearch, type Compiled } from '../check/fast.ts';
import { generator } from '../check/random.ts';
import { Search } from '../check/search.ts';
import { Steps, type Leaf } from '../check/steps.ts';
import type { Subject } from '../check/subject.ts';
import { Tables, type Choice } from '../check/tables.ts';
import { unheard, visit } from '../check/visit.ts';

export interface CloseOptions {
  /** Worlds to visit at most. Default 5 000 000. */
  readonly limit?: number | undefined;
  /** Bytes that worlds may take. Default 4 GiB. */
  readonly memory?: number | undefined;
  /** Walks taken when the limit was reached, of 2000 steps each. Default 20 000. */
  readonly walks?: number | undefined;
  /** The same seed gives the same walks. Default 1. */
  readonly seed?: number | undefined;
  /** `javascript`: without WebAssembly. */
  readonly kernel?: 'javascript' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((worlds: number) => void) | undefined;
}

/** Steps, and whether every world was visited: then nothing is missing in them. */
export interface Closed {
  readonly steps: Steps;
  readonly tables: Tables;
  readonly judge: Judge;
  readonly search: Search;
  readonly complete: boolean;
  /** Worlds and steps visited, walks taken. */
  readonly states: number;
  readonly transitions: number;
  readonly walks: number;
}

const longest = 2000;

/**
 * Visits the worlds of a subject, without reductions, until every world was seen or a limit is reached.
 *
 * What no world needed is not known. After a limit that may be something that a world needs which was not visited.
 *
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function close(subject: Subject, properties: readonly Property[], options: CloseOptions = {}): Promise<Closed> {
  const { limit = 5_000_000, memory = 2 ** 32, walks = 20_000, seed = 1, signal, onProgress } = options;
  const tables = new Tables(subject, properties);
  const judge = new Judge(tables, properties);
  const { search, steps } = begin(options.kernel === 'javascript' || subject.inTurn ? undefined : await compile(), tables, judge, memory);
  const complete = await visit(search, { limit, signal, onProgress });
  const done = { steps, tables, judge, search, complete, states: search.worlds.size, transitions: search.transitions };
  if (complete) return { ...done, walks: 0 };
  // Where something new was met, more may be near: walks begin there, or at a world that was visited.
  const corpus: Int32Array[] = [];
  let walk = 0;
  for (const random = generator(seed); walk < walks && signal?.aborted !== true; walk++) {
    if (walk % 2 === 1 && corpus.length > 0) search.nodes.set(corpus[Math.floor(random() * corpus.length)] as Int32Array);
    else search.worlds.read(Math.floor(random() * search.worlds.size), search.nodes);
    // Uniform walks mix all threads all the time; where one goes far while the others stand is only met by preferring it.
    const loyalty = [0, 0.5, 0.9, 0.98][(walk >> 1) % 4] as number;
    for (let step = 0, last = -1; step < longest; step++) {
      const known = steps.answers.length;
      const choice = strayed(search, random, random() < loyalty ? last : -1);
      if (choice === -1) break;
      take(steps, choice, search.nodes);
      if (steps.answers.length > known) corpus.push(search.nodes.slice());
      last = tables.root((tables.choices[choice] as Choice).actor, search.nodes);
    }
    if (walk % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...done, walks: walk };
}

/** A search that learns steps on its way. */
function begin(compiled: Compiled | undefined, tables: Tables, judge: Judge, memory: number): { search: Search; steps: Steps } {
  if (compiled !== undefined) {
    const search = new FastSearch(compiled, tables, judge, unheard, { memory });
    return { search, steps: search.kernel.steps };
  }
  const steps = Steps.of(tables);
  const search: Search = new Search(tables, { ...unheard, expanding: (_place, nodes) => learn(steps, search, nodes) }, { memory });
  return { search, steps };
}

/** Learns every choice of a world. */
function learn(steps: Steps, search: Search, nodes: Int32Array): void {
  const before = nodes.slice();
  for (const choice of search.choices()) {
    take(steps, choice, nodes);
    nodes.set(before);
  }
}

/** Takes a choice. Where it leads has its choices expanded. */
function take(steps: Steps, choice: number, nodes: Int32Array): void {
  const { actor } = steps.tables.choices[choice] as Choice;
  steps.expand(actor, nodes[actor] as number);
  let value = steps.values.data[choice] as number;
  while (value < 0) value = steps.answer(-1 - value, nodes[(steps.questions[-1 - value] as Steps['questions'][number]).actor] as number);
  for (const { actor: changed, after } of (steps.leaves[value - 1] as Leaf).changes) {
    nodes[changed] = after;
    steps.expand(changed, after);
  }
}

/** A choice of the world in hand: of a thread, where it has one, else any. -1 when nothing can happen. */
function strayed(search: Search, random: () => number, thread: number): number {
  const choices = search.choices();
  const own = choices.filter((choice) => search.tables.root((search.tables.choices[choice] as Choice).actor, search.nodes) === thread);
  const from = own.length > 0 ? own : choices;
  return from[Math.floor(random() * from.length)] ?? -1;
}
