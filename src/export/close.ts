/**
 * Fills the tables of a subject: by visiting every world, or, where these are too many, as many as allowed and then walks.
 */
import { Judge } from '../check/judge.ts';
import { ModelError } from '../errors.ts';
import type { Property } from '../check/property.ts';
import { Search, type Visitor } from '../check/search.ts';
import type { Subject } from '../check/subject.ts';
import { Tables, type Choice } from '../check/tables.ts';

export interface CloseOptions {
  /** Worlds to visit at most. Default 5 000 000. */
  readonly limit?: number | undefined;
  /** Bytes that worlds may take. Default 4 GiB. */
  readonly memory?: number | undefined;
  /** Walks taken when the limit was reached, of 2000 steps each. Default 20 000. */
  readonly walks?: number | undefined;
  /** The same seed gives the same walks. Default 1. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((worlds: number) => void) | undefined;
}

/** Tables, and whether every world was visited: then nothing is missing in them. */
export interface Closed {
  readonly tables: Tables;
  readonly judge: Judge;
  readonly search: Search;
  readonly complete: boolean;
  /** Worlds and steps visited, walks taken. */
  readonly states: number;
  readonly transitions: number;
  readonly walks: number;
}

const nothing: Visitor = { discovered: () => undefined, decided: () => undefined, expanding: () => undefined };
const steps = 2000;

/**
 * Visits the worlds of a subject, without reductions, until every world was seen or a limit is reached.
 *
 * What no world needed is not in the tables. After a limit that may be something that a world needs which was not visited.
 *
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function close(subject: Subject, properties: readonly Property[], options: CloseOptions = {}): Promise<Closed> {
  const { limit = 5_000_000, memory = 2 ** 32, walks = 20_000, seed = 1, signal, onProgress } = options;
  const tables = new Tables(subject, properties);
  const judge = new Judge(tables, properties);
  const search = new Search(tables, nothing, { memory });
  let more = true;
  while (more && search.worlds.size < limit && signal?.aborted !== true) {
    try {
      more = search.run(Math.min(4096, limit));
    } catch (error) {
      if (error instanceof ModelError && error.code === 'out-of-memory') break;
      throw error;
    }
    onProgress?.(search.worlds.size);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const done = { tables, judge, search, complete: !more, states: search.worlds.size, transitions: search.transitions };
  if (!more) return { ...done, walks: 0 };
  // Where something new was met, more may be near: walks begin there, or at a world that was visited.
  const corpus: Int32Array[] = [];
  let walk = 0;
  for (const random = generator(seed); walk < walks && signal?.aborted !== true; walk++) {
    if (walk % 2 === 1 && corpus.length > 0) search.nodes.set(corpus[Math.floor(random() * corpus.length)] as Int32Array);
    else search.worlds.read(Math.floor(random() * search.worlds.size), search.nodes);
    // Uniform walks mix all threads all the time; where one goes far while the others stand is only met by preferring it.
    const loyalty = [0, 0.5, 0.9, 0.98][(walk >> 1) % 4] as number;
    for (let step = 0, last = -1; step < steps; step++) {
      const known = tables.effectTarget.length;
      const choice = stray(search, random, random() < loyalty ? last : -1);
      if (choice === -1) break;
      if (tables.effectTarget.length > known) corpus.push(search.nodes.slice());
      last = tables.root((tables.choices[choice] as Choice).actor, search.nodes);
    }
    if (walk % 64 === 63) await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...done, walks: walk };
}

/** One step from the world in hand: of a thread, where it has one, else any. The choice, or -1 when nothing can happen. */
function stray(search: Search, random: () => number, thread: number): number {
  const choices = search.choices();
  if (choices.length === 0) return -1;
  const own = choices.filter((choice) => search.tables.root((search.tables.choices[choice] as Choice).actor, search.nodes) === thread);
  const from = own.length > 0 ? own : choices;
  const choice = from[Math.floor(random() * from.length)] as number;
  search.apply(choice);
  return choice;
}

/** xorshift: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
