/** Going along a chart with the keyboard: from a state by one of its transitions to the next. */
import type { ChartGraph, ChartState, Reaction } from '../../../view/chart/graph.ts';

/** One way on: a transition that leads somewhere, or one that stays. */
export interface Way {
  readonly reaction: Reaction;
  readonly to: string | null;
  /** Of this state, or of one around it. */
  readonly of: string;
}

/** Every transition that may be taken in a state: its own first, then those of the states around it. */
export function waysFrom(graph: ChartGraph, state: string): Way[] {
  const ways: Way[] = [];
  const parents = new Map(graph.states.map(({ id, parent }) => [id, parent]));
  for (let of: string | null = state; of !== null; of = parents.get(of) ?? null) {
    for (const { from, to, reactions } of graph.edges) if (from === of) ways.push(...reactions.map((reaction) => ({ reaction, to, of: from })));
    const inside = graph.states.find(({ id }) => id === of)?.inside ?? [];
    ways.push(...inside.map((reaction) => ({ reaction, to: null, of: of as string })));
  }
  return ways;
}

/** Where a walk begins: the innermost active state that the last fact concerns, else the first that is active or entered. */
export function startOf(graph: ChartGraph, active: ReadonlySet<string>, taken: ReadonlySet<string> = new Set()): string {
  const inner = graph.states.filter(({ id, kind }) => active.has(id) && kind !== 'compound' && kind !== 'parallel');
  const ends = new Set([
    ...graph.edges.filter(({ reactions }) => reactions.some(({ id }) => taken.has(id))).map(({ to }) => to), ...graph.states.filter(({ inside }) => inside.some(({ id }) => taken.has(id))).map(({ id }) => id),
  ]);
  const parents = new Map(graph.states.map(({ id, parent }) => [id, parent]));
  const concerned = (id: string | null): boolean => id !== null && (ends.has(id) || concerned(parents.get(id) ?? null));
  return (inner.find(({ id }) => concerned(id)) ?? inner[0])?.id ?? graph.states.find(({ initial }) => initial !== null)?.initial ?? graph.states[0]?.id ?? '';
}

/** States and transitions that have the words, in the order of the chart: where the eye should go, with the states they belong to. */
export function search(graph: ChartGraph, text: string): string[] {
  const wanted = text.toLowerCase().trim();
  if (wanted === '') return [];
  const has = (...texts: readonly string[]) => texts.some((one) => one.toLowerCase().includes(wanted));
  const inReaction = ({ event, guard, deeds }: Reaction) => has(event, guard, ...deeds.flatMap(({ text: told, name }) => [told, name]));
  const inState = ({ title, description, entry, exit, inside, function: within }: ChartState) =>
    has(title, description, within, ...[...entry, ...exit].flatMap(({ text: told, name }) => [told, name])) || inside.some(inReaction);
  const leaving = new Set(graph.edges.filter(({ reactions }) => reactions.some(inReaction)).map(({ from }) => from));
  return graph.states.filter((state) => inState(state) || leaving.has(state.id)).map(({ id }) => id);
}
