/**
 * A graph as tests see it: worlds, steps between them, and what each step covers.
 */
import { kindOf, nameOf } from '../../machines/address.ts';
import type { Criterion, Goals, Turn } from './goals.ts';
import type { Graph } from './graph.ts';

/** What a step covers whatever came before, and how it begins and ends for each actor that moves. */
export interface Covers {
  readonly goals: readonly number[];
  readonly turns: ReadonlyMap<number, Turn>;
}

/** State 0 is where every test begins. The steps from state s stand from `first[s]` to `first[s + 1]`. */
export interface Field {
  readonly states: number;
  readonly complete: boolean;
  readonly first: Int32Array;
  readonly target: Int32Array;
  /** What a step covers: a number for `kinds`. */
  readonly kind: Int32Array;
  readonly kinds: readonly Covers[];
  /** How many actors there are in `turns`. */
  readonly actors: number;
  /** The choices behind a step. */
  choices(edge: number): readonly number[];
}

/** The field of a graph, one step for each of its steps. */
export function fieldOf(graph: Graph, goals: Goals): Field {
  const covers = graph.kinds.map((moves) => goals.of(moves));
  const { states, complete, first, target, choice, tables } = graph;
  const rest = { states, complete, first, target, actors: tables.nodes.length, choices: (edge: number) => [choice[edge] as number] };
  return goals.asked.has('races') ? { ...rest, ...withRaces(graph, goals, covers) } : { ...rest, kind: graph.kind, kinds: covers };
}

/** The same with races: what a step covers then depends on where the others stand. */
function withRaces(graph: Graph, goals: Goals, covers: readonly Covers[]): Pick<Field, 'kind' | 'kinds'> {
  const { search, tables, first, thread, choice } = graph;
  const kind = new Int32Array(graph.kind.length);
  const kinds: Covers[] = [];
  const known = new Map<string, number>();
  for (let world = 0; world < graph.states; world++) {
    if (first[world] === first[world + 1]) continue;
    search.worlds.read(world, search.nodes);
    const standing = places(graph);
    for (let edge = first[world] as number; edge < (first[world + 1] as number); edge++) {
      const { event } = tables.choices[choice[edge] as number] as { event: { type: string } };
      const races = standing.flatMap(({ actor, place }) => (actor === thread[edge] ? [] :
        [goals.goal('races' satisfies Criterion, `${nameOf((tables.subject.actors[thread[edge] as number] as { address: string }).address)} ${event.type} while ${place}`)]));
      for (const race of races) (goals.all[race] as { reached: boolean }).reached = true;
      const base = graph.kind[edge] as number;
      const key = `${base} ${races.join()}`;
      let number = known.get(key);
      if (number === undefined) {
        const { goals: own, turns } = covers[base] as Covers;
        number = kinds.push({ goals: [...own, ...races], turns }) - 1;
        known.set(key, number);
      }
      kind[edge] = number;
    }
  }
  return { kind, kinds };
}

/** Where each thread stands that is inside a call, in the world in hand: the innermost actor that works for it, and its state. */
function places({ search: { nodes }, tables }: Graph): { actor: number; place: string }[] {
  const { actors } = tables.subject;
  const serves = new Map<number, number>();
  for (let actor = 0; actor < nodes.length; actor++) {
    const caller = tables.callerAt(actor, nodes[actor] as number);
    if (caller !== -1) serves.set(caller, actor);
  }
  return actors.flatMap(({ thread, address }, actor) => {
    if (!thread || tables.quiet(actor, nodes[actor] as number)) return [];
    let inner = actor;
    for (let next = serves.get(inner); next !== undefined; next = serves.get(inner)) inner = next;
    const { local } = (tables.nodes[inner] as (typeof tables.nodes)[number])[nodes[inner] as number] as { local: { value: unknown } };
    return [{ actor, place: `${nameOf(address)} stands in ${inner === actor ? '' : `${kindOf((actors[inner] as { address: string }).address)}.`}${leaf(local.value)}` }];
  });
}

const leaf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [first] = Object.entries(value as object) as [string, unknown][];
  return first === undefined ? '' : typeof first[1] === 'object' && Object.keys(first[1] as object).length === 0 ? first[0] : leaf(first[1]);
};
