/**
 * The way to a world, without a pointer kept for any: level by level backwards, until a successor matches.
 */
import type { Round } from './round.ts';
import { Lossy, signature } from './lossy.ts';
import type { Message } from './subject.ts';
import { after, inverse, renamed } from './symmetry.ts';
import type { Choice } from './tables.ts';

/** One step of a way: a call delivered, an answer of the environment, or a call that a thread begins. */
export interface WayStep {
  readonly to: string;
  readonly event: Message;
  readonly start: boolean;
}

/** Steps from the initial world; `loop` repeats for ever when it is there. */
export interface Way {
  readonly steps: readonly WayStep[];
  readonly loop?: readonly WayStep[];
}

/** The way to the world at `place`, the choices of `row` more, and then one more step. */
export function pathTo(round: Round, place: number, row: readonly number[] = [], then?: WayStep): Way {
  const { search } = round;
  const rows: (readonly number[])[] = search.worlds instanceof Lossy ? remembered(round, search.worlds, place) : [];
  let at = search.worlds instanceof Lossy ? 0 : place;
  for (let level = search.levels.findLastIndex((first) => first <= at); level > 0; level--) {
    const [place, row] = before(round, at, search.levels[level - 1] as number, search.levels[level] as number);
    at = place;
    rows.unshift(row);
  }
  return { steps: told(round, rows, [...row.map((choice) => stepOf(round, choice)), ...(then ? [then] : [])]) };
}

/** Rows of choices and the steps behind them, in the names of the actors that really take part. */
function told(round: Round, rows: readonly (readonly number[])[], last: readonly WayStep[]): WayStep[] {
  const { search, symmetry } = round;
  if (!symmetry) return [...rows.flatMap((row) => row.map((taken) => stepOf(round, taken))), ...last];
  const { subject } = search.tables;
  const named = ({ to, event, start }: WayStep): WayStep => ({ to: renamed(to, names) as string, event: subject.intern(renamed(event, names) as Message), start });
  const steps: WayStep[] = [];
  search.worlds.read(0, search.nodes);
  let names: ReadonlyMap<string, string> | undefined;
  for (const row of rows) {
    for (const taken of row) {
      steps.push(named(stepOf(round, taken)));
      search.apply(taken);
    }
    names = after(inverse(symmetry.normalise(search.nodes)), names);
  }
  return [...steps, ...last.map(named)];
}

export const stepOf = (round: Round, choice: number): WayStep => stepAs(round, round.search.tables.choices[choice] as Choice);

export const stepAs = ({ search: { tables } }: Round, { target, event, start }: Choice): WayStep =>
  ({ to: (tables.subject.actors[target] as { address: string }).address, event, start });

/** A world of the level `from` to `end` that leads to the one at `place`, and the choices on the way. */
function before(round: Round, place: number, from: number, end: number): [number, readonly number[]] {
  const { search } = round;
  for (let candidate = search.mayLead(place, from, end); candidate < end; candidate++) {
    let taken: readonly number[] | undefined;
    search.rows(candidate, (row) => {
      if (!taken && located(round) === place) taken = [...row];
    });
    if (taken) return [candidate, taken];
  }
  throw new Error(`no way back from world ${place}`);
}

/** The rows of choices to a world of which only the way back is kept: forwards, by the signatures of those on the way. */
function remembered(round: Round, worlds: Lossy, place: number): (readonly number[])[] {
  const { search, symmetry } = round;
  const { parents, signatures } = worlds;
  const chain: number[] = [];
  for (let at = place; at !== 0; at = parents.data[at] as number) chain.unshift(at);
  let from = new Int32Array(search.nodes.length);
  const rows = chain.map((next) => {
    let found: { readonly row: readonly number[]; readonly nodes: Int32Array<ArrayBuffer> } | undefined;
    worlds.hold(from);
    search.rows(next, (row) => {
      const nodes = search.nodes.slice();
      symmetry?.normalise(nodes);
      if (!found && signature(nodes) === signatures.data[next]) found = { row: [...row], nodes };
    });
    if (found === undefined) throw new Error(`no way back from world ${next}`);
    from = found.nodes;
    return found.row;
  });
  worlds.hold(new Int32Array(search.nodes.length));
  return rows;
}

/** Place of the world in hand, under the same folding as in the search; -1 when it was never kept. */
function located({ search, symmetry }: Round): number {
  const nodes = search.nodes.slice();
  symmetry?.normalise(search.nodes);
  const place = search.find();
  search.nodes.set(nodes);
  return place;
}
