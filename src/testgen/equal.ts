/** Two graphs of worlds side by side: do the same steps, with the same messages, lead through both? */
import { Ints } from '../check/ints.ts';
import type { WayStep } from '../check/path.ts';
import { stepOf, type Graph } from './graph.ts';
import { back } from './pairs.ts';

/** The shortest way to worlds that do not offer the same; `what`: a step that only one of them can take, or takes otherwise. */
export interface Difference {
  readonly steps: readonly WayStep[];
  readonly what: string;
}

/** The first difference, or undefined: nobody can tell them apart by any step. Both are complete. */
export function difference(one: Graph, other: Graph): Difference | undefined {
  const labels = new Map<string, number>();
  const [left, right] = [labelled(one, labels), labelled(other, labels)];
  const seen = new Set<number>([0]);
  const [lefts, rights, edges, parents] = [new Ints(), new Ints(), new Ints(), new Ints()];
  for (const ints of [lefts, rights]) ints.push(0);
  for (const ints of [edges, parents]) ints.push(-1);
  for (let at = 0; at < lefts.length; at++) {
    const [mine, theirs] = [row(one, left, lefts.data[at] as number), row(other, right, rights.data[at] as number)];
    const alone = [...mine.keys()].find((label) => !theirs.has(label)) ?? [...theirs.keys()].find((label) => !mine.has(label));
    if (alone !== undefined) {
      const edge = mine.get(alone);
      const [graph, step] = edge === undefined ? [other, theirs.get(alone) as number] : [one, edge];
      const { to, event } = stepOf(graph.tables, graph.choice[step] as number);
      return { steps: back(at, edges, parents).map((taken) => stepOf(one.tables, one.choice[taken] as number)), what: `${event.type} to ${to}` };
    }
    for (const [label, edge] of mine) {
      const [to, their] = [one.target[edge] as number, other.target[theirs.get(label) as number] as number];
      const key = to * other.states + their;
      if (seen.has(key)) continue;
      seen.add(key);
      lefts.push(to);
      rights.push(their);
      edges.push(edge);
      parents.push(at);
    }
  }
  return undefined;
}

/** Steps of a world by what is seen of them; a world offers each message once. */
function row({ first, target }: Graph, labels: Int32Array, world: number): Map<number, number> {
  const steps = new Map<number, number>();
  for (let edge = first[world] as number; edge < (first[world + 1] as number); edge++) {
    const label = labels[edge] as number;
    const twice = steps.get(label);
    if (twice !== undefined && target[twice] !== target[edge]) throw new Error(`one message, two results in world ${world}`);
    steps.set(label, edge);
  }
  return steps;
}

/** By step: a number for its choice and everything that happens in it. */
function labelled({ tables, kind, kinds, choice }: Graph, labels: Map<string, number>): Int32Array {
  const { actors } = tables.subject;
  const happens = kinds.map((moves) => JSON.stringify(moves.map(({ actor, event, move: { out } }) => [actors[actor]?.address, event, out])));
  const known = new Map<number, number>();
  return kind.map((number, edge) => {
    const key = (choice[edge] as number) * kinds.length + number;
    let label = known.get(key);
    if (label === undefined) {
      const { to, event, start } = stepOf(tables, choice[edge] as number);
      const text = `${start ? 'start' : ''} ${to} ${JSON.stringify(event)} ${happens[number]}`;
      label = labels.get(text);
      if (label === undefined) labels.set(text, label = labels.size);
      known.set(key, label);
    }
    return label;
  });
}
