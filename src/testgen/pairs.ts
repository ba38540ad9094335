/**
 * What an actor did last, beside each state of a field: pairs of turns that can follow each other, and ways to them.
 */
import { Ints } from '../check/ints.ts';
import type { Covers, Field } from './field.ts';

/** A search over states and the last turn of one actor. */
export class PairSearch {
  readonly actor: number;
  readonly #field: Field;
  /** By kind: the first and the last turn of the actor, as numbers of this search; -1 where it does not move. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #turns: number[] = [];
  readonly #seen: Int32Array;
  #stamp = 0;

  constructor(field: Field, actor: number) {
    this.#field = field;
    this.actor = actor;
    const numbers = new Map<number, number>();
    const number = (turn: number | undefined): number => {
      if (turn === undefined) return -1;
      let known = numbers.get(turn);
      if (known === undefined) numbers.set(turn, known = this.#turns.push(turn) - 1);
      return known;
    };
    this.#first = Int32Array.from(field.kinds, ({ turns }: Covers) => number(turns.get(actor)?.first));
    this.#last = Int32Array.from(field.kinds, ({ turns }: Covers) => number(turns.get(actor)?.last));
    this.#seen = new Int32Array(field.states * (this.#turns.length + 1));
  }

  get moves(): boolean {
    return this.#turns.length > 0;
  }

  /**
   * Goes breadth first from a state, with the last turn of the actor (-1: none). `wanted` is asked of each pair that a step completes, once
   * for each way to it; when it says yes, the steps up to there are returned.
   */
  run(from: number, last: number, wanted: (last: number, first: number, depth: number) => boolean): number[] | undefined {
    const { first, target, kind } = this.#field;
    const width = this.#turns.length + 1;
    const stamp = ++this.#stamp;
    const [queue, edges, parents] = [new Ints(), new Ints(), new Ints()];
    const enter = (state: number, turn: number, edge: number, parent: number) => {
      const key = state * width + turn + 1;
      if (this.#seen[key] === stamp) return;
      this.#seen[key] = stamp;
      queue.push(key);
      edges.push(edge);
      parents.push(parent);
    };
    enter(from, last === -1 ? -1 : this.#turns.indexOf(last), -1, -1);
    let [end, depth] = [1, 0];
    for (let at = 0; at < queue.length; at++) {
      if (at === end) {
        end = queue.length;
        depth++;
      }
      const key = queue.data[at] as number;
      const state = Math.floor(key / width);
      const turn = key % width - 1;
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
        const begins = this.#first[kind[edge] as number] as number;
        if (begins === -1) enter(target[edge] as number, turn, edge, at);
        else {
          if (turn !== -1 && wanted(this.#turns[turn] as number, this.#turns[begins] as number, depth + 1)) return [...back(at, edges, parents), edge];
          enter(target[edge] as number, this.#last[kind[edge] as number] as number, edge, at);
        }
      }
    }
    return undefined;
  }
}

/** The steps to a place in a queue, each entry of which knows its step and the entry before. */
export function back(at: number, edges: Ints, parents: Ints): number[] {
  const steps: number[] = [];
  for (let place = at; (parents.data[place] as number) !== -1; place = parents.data[place] as number) steps.push(edges.data[place] as number);
  return steps.reverse();
}
