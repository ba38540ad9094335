/**
 * A system as a program over small numbers: one variable per actor, one option per thing that an actor may do next.
 *
 * What an option does is a tree: look at a variable, look at another, then set those that change. The nodes of an actor are
 * numbered anew, so that what is asked of all of them again and again (is something to be done, is this at rest) is a
 * comparison with a bound.
 */
import type { Judge } from '../check/judge.ts';
import type { Ints } from '../check/ints.ts';
import { direct, type Choice, type Node, type Tables } from '../check/tables.ts';
import type { Message } from '../check/subject.ts';

/** An actor as a variable. Numbers below `busy` are at rest, from `open` on there is something to do, from `begins` on a call may begin. */
export interface Variable {
  readonly actor: number;
  readonly address: string;
  /** Numbers in use: 0 to `size` - 1. With one only, the variable is a constant. */
  readonly size: number;
  readonly initial: number;
  readonly busy: number;
  readonly open: number;
  readonly begins: number;
  /** By number: node in the tables. */
  readonly nodes: readonly number[];
  /** By node: its number, -1 where it stands in no world that was visited. */
  readonly numbers: Int32Array;
}

/** What a step turns out to do. */
export interface Leaf {
  readonly kind: 'set';
  /** Nodes of the actors that were looked at, before and after. */
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
  /** Bits of the properties about steps that it decides. */
  readonly decided: number;
}

export interface Look {
  readonly kind: 'look';
  readonly actor: number;
  /** By node of that actor. Where a node is missing, nothing is known. */
  readonly cases: ReadonlyMap<number, Tree>;
  /** Said beside each case. */
  readonly words: ReadonlyMap<number, string>;
}

export type Tree = Leaf | Look | { readonly kind: 'unknown' };

/** The choice with this place among those of an actor. */
export interface Option {
  readonly actor: number;
  readonly place: number;
  /** A call begins: not while as many threads as allowed are inside one. */
  readonly begins: boolean;
  readonly tree: Look;
}

export interface Program {
  readonly variables: readonly Variable[];
  readonly options: readonly Option[];
}

/** One message that a step has still to hand on: receive it, or keep it in flight. */
interface Pending {
  readonly actor: number;
  readonly code: number;
}

/** Makes the program of tables that are filled. Actors come in their order, options by actor, then place. */
export function programOf(tables: Tables, judge: Judge): Program {
  const variables = tables.nodes.map((_, actor) => variableOf(tables, judge, actor));
  const writer = new Writer(tables, variables);
  const options: Option[] = [];
  for (const { actor, nodes } of variables) {
    const counts = nodes.map((node) => countOf(tables, actor, node));
    const begins = nodes.map((node) => beginsAt(tables, actor, node));
    for (const starting of [false, true]) {
      const most = Math.max(0, ...counts.filter((_, number) => begins[number] === starting));
      for (let place = 0; place < most; place++) {
        const able = nodes.filter((_, number) => begins[number] === starting && (counts[number] as number) > place);
        options.push({ actor, place, begins: starting, tree: writer.option(actor, place, able) });
      }
    }
  }
  return { variables, options };
}

const countOf = (tables: Tables, actor: number, node: number): number => (tables.count[actor] as Ints).data[node] as number;
const firstOf = (tables: Tables, actor: number, node: number): number => (tables.first[actor] as Ints).data[node] as number;
const beginsAt = (tables: Tables, actor: number, node: number): boolean =>
  countOf(tables, actor, node) > 0 && (tables.choices[firstOf(tables, actor, node)] as Choice).start;

function variableOf(tables: Tables, judge: Judge, actor: number): Variable {
  const all = tables.nodes[actor] as readonly Node[];
  const known = all.map((_, node) => node).filter((node) => firstOf(tables, actor, node) !== -1);
  const rank = (node: number): number => {
    const count = countOf(tables, actor, node);
    if (beginsAt(tables, actor, node)) return 1000 + count;
    return count > 0 ? 2 + count : tables.quiet(actor, node) ? 0 : 1;
  };
  const nodes = known.sort((a, b) => rank(a) - rank(b) || judge.observation(actor, a) - judge.observation(actor, b) || a - b);
  const numbers = new Int32Array(all.length).fill(-1);
  for (const [number, node] of nodes.entries()) numbers[node] = number;
  const from = (least: number) => {
    const at = nodes.findIndex((node) => rank(node) >= least);
    return at === -1 ? nodes.length : at;
  };
  for (const node of nodes)
    if (rank(node) > 1 && rank(node) < 1000 && tables.quiet(actor, node)) throw new Error(`actor ${actor} is at rest at node ${node} and has something to do`);
  return {
    actor, address: tables.subject.actors[actor]?.address ?? '', size: nodes.length, initial: numbers[0] as number,
    busy: from(1), open: from(2), begins: from(1000), nodes, numbers,
  };
}

/** Follows each choice through all nodes that it may meet. */
class Writer {
  readonly #tables: Tables;
  readonly #variables: readonly Variable[];
  /** By choice: effects by node of its target. */
  readonly #effects = new Map<number, Map<number, number>>();
  /** By actor, then message: effects by node. */
  readonly #receives: Map<number, Map<number, number>>[];

  constructor(tables: Tables, variables: readonly Variable[]) {
    this.#tables = tables;
    this.#variables = variables;
    for (const [choice, node, effect] of tables.effects()) put(this.#effects, choice, node, effect);
    this.#receives = variables.map(({ actor }) => {
      const byMessage = new Map<number, Map<number, number>>();
      for (const [node, message, effect] of tables.receives(actor)) put(byMessage, message, node, effect);
      return byMessage;
    });
  }

  option(actor: number, place: number, nodes: readonly number[]): Look {
    const first = (node: number) => firstOf(this.#tables, actor, node) + place;
    return {
      kind: 'look', actor,
      cases: new Map(nodes.map((node) => [node, this.#choice(first(node), node)])),
      words: new Map(nodes.map((node) => [node, said(this.#tables, first(node))])),
    };
  }

  #choice(choice: number, node: number): Tree {
    const tables = this.#tables;
    const { actor } = tables.choices[choice] as Choice;
    const target = tables.target.data[choice] as number;
    const before = new Map([[actor, node]]);
    if (target === direct) return this.#go(before, new Map(), actor, -1, tables.own.data[choice] as number, 0, []);
    const cases = [...this.#effects.get(choice) ?? []].filter(([at]) => this.#stands(target, at)).map(([at, effect]) =>
      [at, this.#go(new Map([...before, [target, at]]), new Map(), actor, target, effect, 0, [])] as const);
    return this.#look(target, cases);
  }

  /** After an effect: what it sets, what it decides, what it leaves to do. */
  #go(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, actor: number, target: number, effect: number, decided: number, queue: readonly Pending[]): Tree {
    const tables = this.#tables;
    const set = new Map(after);
    if (target !== -1) set.set(target, tables.effectTarget.data[effect] as number);
    set.set(actor, tables.effectActor.data[effect] as number);
    return this.#settle(before, set, decided | (tables.effectDecided.data[effect] as number), [...queue, ...this.#rest(effect)]);
  }

  #settle(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, decided: number, queue: readonly Pending[]): Tree {
    const [next, ...others] = queue;
    if (next === undefined) {
      for (const [actor, node] of after) if (!this.#stands(actor, node)) return { kind: 'unknown' };
      return { kind: 'set', before, after, decided };
    }
    const { actor, code } = next;
    const take = (at: number, looked: ReadonlyMap<number, number>): Tree => {
      if ((code & 1) === 1) {
        const kept = this.#tables.kept(actor, at, code >> 1);
        return kept === -1 ? { kind: 'unknown' } : this.#settle(looked, new Map([...after, [actor, kept]]), decided, others);
      }
      const effect = this.#receives[actor]?.get(code >> 1)?.get(at);
      return effect === undefined ? { kind: 'unknown' } : this.#go(looked, after, actor, -1, effect, decided, others);
    };
    const node = after.get(actor);
    if (node !== undefined) return take(node, before);
    return this.#look(actor, (this.#variables[actor] as Variable).nodes.map((at) => [at, take(at, new Map([...before, [actor, at]]))] as const));
  }

  #look(actor: number, cases: readonly (readonly [number, Tree])[]): Tree {
    const known = cases.filter(([, { kind }]) => kind !== 'unknown');
    return known.length === 0 ? { kind: 'unknown' } : { kind: 'look', actor, cases: new Map(known), words: new Map() };
  }

  #rest(effect: number): Pending[] {
    const { rest, effectRest } = this.#tables;
    const from = effectRest.data[effect] as number;
    if (from === 0) return [];
    return Array.from({ length: rest.data[from] as number }, (_, index) =>
      ({ actor: rest.data[from + 1 + 2 * index] as number, code: rest.data[from + 2 + 2 * index] as number }));
  }

  #stands(actor: number, node: number): boolean {
    return this.#variables[actor]?.numbers[node] !== -1;
  }
}

function put(maps: Map<number, Map<number, number>>, outer: number, inner: number, value: number): void {
  const map = maps.get(outer) ?? new Map<number, number>();
  map.set(inner, value);
  maps.set(outer, map);
}

/** A choice in the kernel's words: `device_lock: thread:bind_store -> device:0000:02:00.0`. */
export function said(tables: Tables, choice: number): string {
  const { actor, target, event, start } = tables.choices[choice] as Choice;
  const address = (index: number) => tables.subject.actors[index]?.address ?? '';
  if (start) return `${address(actor)} begins ${words(event)}`;
  return target === actor ? `${words(event)}: ${event.from} -> ${address(target)}` : `${words(event)}: ${address(actor)} -> ${address(target)}`;
}

const words = ({ type, ret }: Message): string => (ret === undefined ? type : `${type} ${JSON.stringify(ret)}`);
