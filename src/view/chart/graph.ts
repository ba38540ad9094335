/**
 * A chart as a graph: its states, nested as they are, and its transitions with what they ask and do.
 *
 * Plain data, so that it can go to a worker. A transition that stays where it is stands inside its state, as in UML;
 * transitions between the same two states share one edge. Nothing is left out: each transition of the machine is one
 * reaction, in a state or on an edge.
 */
import { and, not, or, type AnyStateMachine, type AnyStateNode, type AnyTransitionDefinition } from 'xstate';
import { deedsOf, type Asked, type Deed } from './deeds.ts';

/** One transition of the machine. */
export interface Reaction {
  /** `<state>|<event>|<branch from 0>`: the same in every picture of this chart. */
  readonly id: string;
  /** Empty: taken at once, when the state is entered (`always`). */
  readonly event: string;
  readonly guard: string;
  readonly deeds: readonly Deed[];
  readonly description: string;
}

export interface ChartState {
  /** XState's id of the state: `driver_binding.__driver_probe_device.in_gate`, or the one that the chart gives. */
  readonly id: string;
  readonly parent: string | null;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly title: string;
  readonly description: string;
  /** A goto label of the kernel: the state undoes something, and falls through. */
  readonly label: boolean;
  /** Step in the kernel's function, where the chart says which. */
  readonly step: string;
  /** Function of the kernel that runs here, where its name is not the title. */
  readonly function: string;
  readonly entry: readonly Deed[];
  readonly exit: readonly Deed[];
  /** Transitions that stay: refusals, counters, answers. */
  readonly inside: readonly Reaction[];
  /** Child that is entered first. */
  readonly initial: string | null;
}

export interface ChartEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly reactions: readonly Reaction[];
  /** A goto of the kernel: an error, or a label that falls through, goes to a label. */
  readonly unwinds: boolean;
}

export interface ChartGraph {
  readonly name: string;
  /** Parents before their children, in the order of the chart; the first is the chart itself. */
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

/** The transitions that a state has itself, in the order in which XState asks them. */
export const transitionsOf = (state: AnyStateNode): AnyTransitionDefinition[] =>
  [...[...state.transitions.values()].flat(), ...(state.always ?? [])] as AnyTransitionDefinition[];

/** The state and all below it, parents first. */
export const statesOf = (state: AnyStateNode): AnyStateNode[] => [state, ...(Object.values(state.states) as AnyStateNode[]).flatMap(statesOf)];

/** The id of each transition's reaction: what a step took can be found in a picture. */
export function reactionIds(machine: AnyStateMachine): ReadonlyMap<AnyTransitionDefinition, string> {
  const ids = new Map<AnyTransitionDefinition, string>();
  for (const state of statesOf(machine.root))
    for (const branches of [...state.transitions.values(), state.always ?? []] as AnyTransitionDefinition[][])
      for (const [branch, transition] of branches.entries()) ids.set(transition, `${state.id}|${transition.eventType}|${branch}`);
  return ids;
}

/** A guard by its name; combined ones with their parts. */
export function guardText(guard: unknown): string {
  if (guard === undefined) return '';
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'function') {
    const { type, params } = guard as { type: string; params?: unknown };
    const given = typeof params === 'object' && params !== null ? Object.values(params as Record<string, unknown>).map(String) : [];
    return given.length > 0 ? `${type} ${given.join(' ')}` : type;
  }
  const { check, name, guards = [] } = guard as unknown as { check?: unknown; name: string; guards?: unknown[] };
  const parts = guards.map(guardText);
  if (check === negation) return `!${parts.join('')}`;
  if (check === conjunction || check === disjunction) return parts.join(check === conjunction ? ' && ' : ' || ');
  return name || 'a condition';
}

/** What XState's combined guards have in common: their names are shortened in a page. */
const checkOf = (guard: unknown): unknown => (guard as { check?: unknown }).check;
const [negation, conjunction, disjunction] = [not('x'), and(['x']), or(['x'])].map(checkOf);

/** Without a guard, behind a branch that has one. */
const isElse = (transition: AnyTransitionDefinition): boolean => {
  const { source, eventType } = transition as { source: AnyStateNode; eventType: string };
  const branches = (eventType === '' ? source.always : source.transitions.get(eventType)) ?? [];
  return transition.guard === undefined && branches.length > 1 && branches[0] !== transition;
};

/**
 * The graph of a chart.
 *
 * @param context of any actor that runs it: it tells to whom calls go and what they are named. Without one, actions are named as the chart names them.
 */
export function chartGraph(machine: AnyStateMachine, context: Readonly<Record<string, unknown>> = {}): ChartGraph {
  const asked: Asked = { actions: machine.implementations.actions, context };
  const ids = reactionIds(machine);
  const reaction = (transition: AnyTransitionDefinition): Reaction => ({
    id: ids.get(transition) as string, event: transition.eventType as string, guard: guardText(transition.guard as unknown) || (isElse(transition) ? 'else' : ''),
    deeds: deedsOf(transition.actions, asked), description: transition.description ?? '',
  });
  const all = statesOf(machine.root);
  return {
    name: machine.id,
    states: all.map((state) => ({
      ...about(state),
      entry: deedsOf(state.entry, asked), exit: deedsOf(state.exit, asked),
      inside: transitionsOf(state).filter(({ target }) => target === undefined).map(reaction),
    })),
    edges: edgesOf(all, reaction),
  };
}

type Meta = { readonly label?: string; readonly step?: string; readonly function?: string };

function about(state: AnyStateNode): Omit<ChartState, 'entry' | 'exit' | 'inside'> {
  const { label, step = '', function: within = '' } = (state.meta ?? {}) as Meta;
  const [first] = state.type === 'compound' ? state.initial.target ?? [] : [];
  return {
    id: state.id, parent: state.parent?.id ?? null, kind: state.type, title: label ?? state.key, description: state.description ?? '',
    label: label !== undefined, step, function: within === state.key ? '' : within, initial: first?.id ?? null,
  };
}

function edgesOf(states: readonly AnyStateNode[], reaction: (transition: AnyTransitionDefinition) => Reaction): ChartEdge[] {
  const between = new Map<string, { from: AnyStateNode; to: AnyStateNode; reactions: Reaction[] }>();
  for (const from of states)
    for (const transition of transitionsOf(from))
      for (const to of transition.target ?? []) {
        const id = `${from.id} -> ${to.id}`;
        const edge = between.get(id) ?? { from, to, reactions: [] };
        edge.reactions.push(reaction(transition));
        between.set(id, edge);
      }
  return [...between].map(([id, { from, to, reactions }]) => ({ id, from: from.id, to: to.id, reactions, unwinds: isLabel(to) && (inLabel(from) || reactions.every(({ guard }) => guard !== '' && guard !== 'else')) }));
}

const isLabel = (state: AnyStateNode): boolean => ((state.meta ?? {}) as Meta).label !== undefined;
const inLabel = (state: AnyStateNode): boolean => isLabel(state) || (state.parent !== undefined && inLabel(state.parent as AnyStateNode));
