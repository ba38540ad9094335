/**
 * A system as a program over small numbers: one variable per actor, one option per thing that an actor may do next.
 *
 * What an option does is a tree: look at a variable, look at another, then set those that change. The nodes of an actor are
 * numbered anew, so that what is asked of all of them again and again (is something to be done, is this at rest) is a
 * comparison with a bound.
 */
import type { Judge } from '../check/judge.ts';
import type { Ints } from '../check/ints.ts';
import type { Steps } from '../check/steps.ts';
import type { Choice, Node, Tables } from '../check/tables.ts';
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

/** Makes the program of steps that are known. Actors come in their order, options by actor, then place. */
export function programOf(steps: Steps, judge: Judge): Program {
  const { tables } = steps;
  const variables = tables.nodes.map((_, actor) => variableOf(tables, judge, actor));
  const writer = new Writer(steps, variables);
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

/** Turns what is known of each choice into a tree. */
class Writer {
  readonly #steps: Steps;
  readonly #variables: readonly Variable[];
  /** By question: values by node. */
  readonly #answers = new Map<number, Map<number, number>>();

  constructor(steps: Steps, variables: readonly Variable[]) {
    this.#steps = steps;
    this.#variables = variables;
    for (const { question, node, value } of steps.answers) {
      const byNode = this.#answers.get(question) ?? new Map<number, number>();
      this.#answers.set(question, byNode.set(node, value));
    }
  }

  option(actor: number, place: number, nodes: readonly number[]): Look {
    const { tables, values } = this.#steps;
    const first = (node: number) => firstOf(tables, actor, node) + place;
    return {
      kind: 'look', actor,
      cases: new Map(nodes.map((node) => [node, this.#tree(values.data[first(node)] ?? 0, new Map([[actor, node]]))])),
      words: new Map(nodes.map((node) => [node, said(tables, first(node))])),
    };
  }

  #tree(value: number, before: ReadonlyMap<number, number>): Tree {
    if (value === 0) return { kind: 'unknown' };
    if (value > 0) {
      const { changes, decided } = this.#steps.leaves[value - 1] as Steps['leaves'][number];
      const after = new Map([...before, ...changes.map(({ actor, after: node }) => [actor, node] as const)]);
      for (const [actor, node] of after) if (!this.#stands(actor, node)) return { kind: 'unknown' };
      return { kind: 'set', before, after, decided };
    }
    const question = -1 - value;
    const { actor } = this.#steps.questions[question] as Steps['questions'][number];
    const cases = [...this.#answers.get(question) ?? []].filter(([node]) => this.#stands(actor, node))
      .map(([node, next]) => [node, this.#tree(next, new Map([...before, [actor, node]]))] as const).filter(([, { kind }]) => kind !== 'unknown');
    return cases.length === 0 ? { kind: 'unknown' } : { kind: 'look', actor, cases: new Map(cases), words: new Map() };
  }

  #stands(actor: number, node: number): boolean {
    return this.#variables[actor]?.numbers[node] !== -1;
  }
}

/** A choice in the kernel's words: `device_lock: thread:bind_store -> device:0000:02:00.0`. */
export function said(tables: Tables, choice: number): string {
  const { actor, target, event, start } = tables.choices[choice] as Choice;
  const address = (index: number) => tables.subject.actors[index]?.address ?? '';
  if (start) return `${address(actor)} begins ${words(event)}`;
  return target === actor ? `${words(event)}: ${event.from} -> ${address(target)}` : `${words(event)}: ${address(actor)} -> ${address(target)}`;
}

const words = ({ type, ret }: Message): string => (ret === undefined ? type : `${type} ${JSON.stringify(ret)}`);
