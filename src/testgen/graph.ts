/**
 * The worlds that tests walk through, with every step between them: what the checker's search visits, kept edge by edge.
 */
import { Ints } from '../check/ints.ts';
import { Search } from '../check/search.ts';
import type { Subject } from '../check/subject.ts';
import { Tables, type Choice } from '../check/tables.ts';
import type { WayStep } from '../check/path.ts';
import { unheard, visit } from '../check/visit.ts';
import type { Local, Move } from '../world/locals.ts';

export interface GraphOptions {
  /** Worlds to visit at most. Default 400 000. */
  readonly limit?: number | undefined;
  /** Bytes that worlds may take. Default 2 GiB. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((worlds: number) => void) | undefined;
}

/** One actor that moves in a step. */
export interface Moved {
  readonly actor: number;
  readonly local: Local;
  readonly event: Tables['messages'][number];
  readonly move: Move;
}

/** World 0 is the initial one. The steps from world w stand from `first[w]` to `first[w + 1]`. */
export interface Graph {
  readonly search: Search;
  readonly tables: Tables;
  readonly states: number;
  /** Every world that can be reached is there. */
  readonly complete: boolean;
  readonly first: Int32Array;
  readonly target: Int32Array;
  /** The choice of each step, for `tables.choices`. */
  readonly choice: Int32Array;
  /** What happens in it: a number for `kinds`. */
  readonly kind: Int32Array;
  /** The thread that takes it: an actor. */
  readonly thread: Int32Array;
  /** The moves behind each kind, in their order. */
  readonly kinds: readonly (readonly Moved[])[];
}

const most = { worlds: 400_000, bytes: 2 ** 31 } as const;

/**
 * Visits the worlds of a subject breadth first and keeps the steps. Where a limit stops it, worlds at the rim have no steps.
 *
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function graphOf(subject: Subject, { limit = most.worlds, memory = most.bytes, signal, onProgress }: GraphOptions = {}): Promise<Graph> {
  const tables = new Tables(subject, []);
  const search = new Search(tables, unheard, { memory });
  return edges(search, await visit(search, { limit, signal, onProgress }));
}

function edges(search: Search, complete: boolean): Graph {
  const { tables } = search;
  const states = search.worlds.size;
  const first = new Int32Array(states + 1);
  const [target, choice, kind, thread] = [new Ints(), new Ints(), new Ints(), new Ints()];
  const kinds: Moved[][] = [];
  const known = new Map<string, number>();
  const numberOf = (effects: readonly number[]): number => {
    const key = effects.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, kinds.length);
    return kinds.push(effects.flatMap((effect) => movesOf(tables, effect))) - 1;
  };
  for (let world = 0; world < search.next; world++) {
    search.successors(world, (taken, _decided, by) => {
      target.push(search.find());
      choice.push(taken);
      kind.push(numberOf(search.effects));
      thread.push(by);
    });
    first[world + 1] = target.length;
  }
  first.fill(target.length, search.next);
  const whole = (ints: Ints) => ints.data.subarray(0, ints.length);
  return { search, tables, states, complete, first, target: whole(target), choice: whole(choice), kind: whole(kind), thread: whole(thread), kinds };
}

const movesOf = ({ subject, messages, effectMoves }: Tables, effect: number): Moved[] =>
  (effectMoves[effect] as Tables['effectMoves'][number]).map(({ actor, local, message }) => {
    const event = messages[message] as Moved['event'];
    return { actor, local, event, move: (subject.actors[actor] as Subject['actors'][number]).move(local, event) };
  });

/** A choice of the tables as a step of a way. */
export const stepOf = ({ choices, subject }: Tables, choice: number): WayStep => {
  const { target, event, start } = choices[choice] as Choice;
  return { to: (subject.actors[target] as Subject['actors'][number]).address, event, start };
};
