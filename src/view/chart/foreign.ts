/**
 * Charts of other people: a machine's configuration as an inspector sends it, XState 4's too, as a graph like that of our own.
 *
 * JSON has lost the functions, and an inspector cuts off what lies deep. So guards cannot be asked: what a step took is found
 * by where it led, and where several transitions lead there, each of them may have been the one.
 */
import { createMachine, type AnyStateMachine, type AnyStateNode, type AnyTransitionDefinition } from 'xstate';
import { chartGraph, reactionIds, statesOf, type ChartGraph } from './graph.ts';
import type { Deed } from './deeds.ts';

export interface ForeignChart {
  readonly machine: AnyStateMachine;
  readonly graph: ChartGraph;
  /** The inspector left out what lies deeper than it sends. */
  readonly cut: boolean;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (given: unknown): given is Json => typeof given === 'object' && given !== null && !Array.isArray(given);
/** What safe-stable-stringify, which @statelyai/inspect uses, puts where it stops. */
const isCut = (given: unknown): boolean => given === '[Object]' || given === '[Array]';

/** Undefined: this is no configuration of a machine. */
export function foreignChart(definition: unknown): ForeignChart | undefined {
  if (!isObject(definition) || !isObject(definition['states'])) return undefined;
  const cleaner = new Cleaner();
  try {
    const machine = createMachine(cleaner.node(definition) as Parameters<typeof createMachine>[0]) as AnyStateMachine;
    const graph = chartGraph(machine);
    const invoked = new Map(statesOf(machine.root).map((state) => [state.id, state.invoke.map((one): Deed => ({ kind: 'call', name: '', text: `invoke ${sourceOf(one.src)}`, to: one.id.includes('.') ? '' : one.id === one.src ? '' : one.id }))]));
    const said = <Has extends { readonly event: string }>(one: Has): Has => ({ ...one, event: eventName(one.event) });
    return {
      machine, cut: cleaner.cut,
      graph: {
        name: graph.name,
        // What has no name there was added by XState itself: timers.
        states: graph.states.map((state) => ({ ...state, entry: [...invoked.get(state.id) ?? [], ...state.entry.filter(named)], exit: state.exit.filter(named), inside: state.inside.map(said) })),
        edges: graph.edges.map((edge) => ({ ...edge, reactions: edge.reactions.map(said) })),
      },
    };
  } catch {
    return undefined; // a target that is not there: the inspector cut the configuration, or its author changed it
  }
}

const named = ({ name }: Deed): boolean => name !== '';
const sourceOf = (src: unknown): string => (typeof src === 'string' && !src.startsWith('xstate.invoke.') ? src : '').trim() || 'an actor';

/** `xstate.after.500.light.green` is `after 500`; what an actor's end is called says whose. Of both versions. */
export function eventName(type: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/^xstate\.after\.([^.]+)\..*$/, 'after $1'], [/^xstate\.after\(([^)]*)\).*$/, 'after $1'], [/^xstate\.(done|error|snapshot)\.actor\.(?:\d+\.)?(.+)$/, '$1 of $2'],
    [/^(done|error)\.(?:invoke|platform)\.(.+)$/, '$1 of $2'], [/^(?:xstate\.)?done\.state\..*$/, 'done'], [/^xstate\.route\..*$/, 'route'],
  ];
  for (const [form, name] of known) if (form.test(type)) return type.replace(form, name);
  return type;
}

/** Keeps of a configuration what a picture shows, in the words of XState 5. */
class Cleaner {
  cut = false;

  node(given: Json): Json {
    const states = isObject(given['states']) ? given['states'] : {};
    const { id, type, description, history, entry, exit, on, after, always, onDone, invoke } = given;
    const names = inOrder(states, initialOf(given['initial'], Object.keys(states)));
    const kind = type === 'parallel' || type === 'final' || type === 'history' ? type : undefined;
    return {
      ...(typeof id === 'string' ? { id } : {}), ...(kind === undefined ? {} : { type: kind }), ...(typeof description === 'string' ? { description } : {}),
      ...(kind === 'history' && (history === 'deep' || history === 'shallow') ? { history } : {}),
      ...(names.length === 0 ? {} : { states: Object.fromEntries(names.map((name) => [name, this.#below(states[name])])) }),
      ...(names.length === 0 || kind === 'parallel' ? {} : { initial: initialOf(given['initial'], names) }),
      entry: this.#named(entry), exit: this.#named(exit),
      on: this.#events(on), after: this.#events(after), always: [...this.#transitions(always), ...this.#transitions(isObject(on) ? on[''] : undefined)],
      ...(onDone === undefined ? {} : { onDone: this.#transitions(onDone) }),
      invoke: list(invoke).filter(isObject).map((one) => this.#invoked(one)),
    };
  }

  #below(given: unknown): Json {
    if (isObject(given)) return this.node(given);
    this.cut ||= isCut(given);
    return {};
  }

  #events(given: unknown): Json {
    if (isCut(given)) this.cut = true;
    // In a definition of XState 4 the transitions that ask for no event stand under an empty name: they are `always`.
    return isObject(given) ? Object.fromEntries(Object.entries(given).filter(([event]) => event !== '').map(([event, one]) => [event, this.#transitions(one)])) : {};
  }

  #transitions(given: unknown): unknown[] {
    return list(given).flatMap((one): unknown[] => {
      if (isCut(one)) {
        this.cut = true;
        return [];
      }
      if (typeof one === 'string') return [{ target: one }];
      if (!isObject(one)) return [];
      const { target, guard = one['cond'], actions, description } = one;
      const targets = list(target).filter((to): to is string => typeof to === 'string');
      if (isCut(target)) this.cut = true;
      return [{
        ...(targets.length === 0 || isCut(target) ? {} : { target: targets.length === 1 ? targets[0] : targets }), ...(guard == null ? {} : { guard: nameOf(guard) }),
        actions: this.#named(actions), ...(typeof description === 'string' ? { description } : {}),
      }];
    });
  }

  #invoked(given: Json): Json {
    const { src, id, onDone, onError, onSnapshot } = given;
    const part = (name: string, one: unknown) => (one === undefined || (Array.isArray(one) && one.length === 0) ? {} : { [name]: this.#transitions(one) });
    return { src: nameOf(src), ...(typeof id === 'string' ? { id } : {}), ...part('onDone', onDone), ...part('onError', onError), ...part('onSnapshot', onSnapshot) };
  }

  #named(given: unknown): { type: string }[] {
    if (isCut(given)) this.cut = true;
    return list(given).filter((one) => one !== null && !isTimer(one)).map((one) => ({ type: nameOf(one) }));
  }
}

/** XState 4 tells what it does itself for `after`. */
const isTimer = (given: unknown): boolean => isObject(given) && /^xstate\.(?:send|cancel)$/.test(String(given['type'])) && /xstate\.after/.test(JSON.stringify(given));

const list = (given: unknown): readonly unknown[] => (given === undefined ? [] : Array.isArray(given) ? given : [given]);

/** The names of states as one comes to them from the first: an inspector sorts them by letters, and a chart is drawn in the order in which it is written. */
function inOrder(states: Json, first: string | undefined): string[] {
  const names = Object.keys(states);
  const order = first === undefined ? [] : [first];
  const targets = (given: unknown): string[] => (Array.isArray(given) ? given.flatMap(targets) : !isObject(given) ? typeof given === 'string' ? [given] : [] : Object.entries(given).flatMap(([key, one]) => (key === 'states' ? Object.values((one ?? {}) as Json).flatMap(leads) : targets(one))));
  const leads = (node: unknown): string[] => (isObject(node) ? ['always', 'on', 'after', 'onDone', 'invoke', 'states'].flatMap((key) => targets({ [key]: node[key] })) : []);
  for (let at = 0; at < order.length; at++) for (const target of leads(states[order[at] as string])) {
    const found = names.find((name) => target.split('.').includes(name));
    if (found !== undefined && !order.includes(found)) order.push(found);
  }
  return [...order, ...names.filter((name) => !order.includes(name))];
}

/** Functions that were written in place have the name of the property they stood in. */
const inPlace = new Set(['', 'actions', 'entry', 'exit', 'guard', 'cond', 'src', 'anonymous', 'xstate.guard']);

function nameOf(given: unknown): string {
  if (typeof given === 'string') return isCut(given) ? '…' : given;
  const { type, name, id, config } = (given ?? {}) as Json;
  const found = [type, name, id, isObject(config) ? config['id'] : undefined].find((one): one is string => typeof one === 'string' && !inPlace.has(one));
  return found?.replace(/^xstate\./, '') ?? 'inline';
}

function initialOf(given: unknown, names: readonly string[]): string | undefined {
  const { target = given } = (isObject(given) ? given : {}) as Json;
  const [first] = list(target);
  const name = typeof first === 'string' ? first : '';
  return names.find((one) => one === name || name.endsWith(`.${one}`)) ?? names[0];
}

/** Ids of the states that a state value stands for, with those around them. What the chart does not have is passed over. */
export function activeIn(machine: AnyStateMachine, value: unknown): Set<string> {
  const active = new Set<string>();
  const visit = (state: AnyStateNode, inner: unknown): void => {
    active.add(state.id);
    const parts = typeof inner === 'string' ? [[inner, undefined] as const] : isObject(inner) ? Object.entries(inner) : [];
    for (const [name, below] of parts) {
      const child = state.states[name] as AnyStateNode | undefined;
      if (child !== undefined) visit(child, below);
    }
  };
  visit(machine.root as AnyStateNode, value);
  return active;
}

/** Transitions at once that may follow each other without an event. */
const longest = 8;

/** Ids of the transitions that an event may have taken from one state value to another: of each active region the innermost that fit. */
export function takenBetween(machine: AnyStateMachine, before: unknown, event: string, after: unknown): Set<string> {
  const [from, to] = [activeIn(machine, before), activeIn(machine, after)];
  const ids = reactionIds(machine);
  const taken = new Set<string>();
  /** The transitions at once on the way from a state to where the step ended; undefined: there is none. */
  const onward = (state: AnyStateNode, steps: number): string[] | undefined => {
    if (to.has(state.id)) return [];
    if (state.type === 'history') return to.has(state.parent?.id ?? '') ? [] : undefined;
    if (steps === longest) return undefined;
    const entered = [state, ...statesOf(state).slice(1)];
    for (const one of entered) for (const next of one.always ?? []) {
      const way = next.target?.map((target) => onward(target as AnyStateNode, steps + 1));
      if (way?.every((part) => part !== undefined) === true) return [ids.get(next) ?? '', ...way.flat()];
    }
    return undefined;
  };
  for (const leaf of statesOf(machine.root).filter((state) => from.has(state.id) && !Object.keys(state.states).some((name) => from.has((state.states[name] as AnyStateNode).id)))) {
    for (let state: AnyStateNode | undefined = leaf; state !== undefined; state = state.parent as AnyStateNode | undefined) {
      const fitting = candidates(state, event).flatMap((one) => {
        if (one.target === undefined) return to.has(leaf.id) ? [{ one, way: [] }] : [];
        const ways = one.target.map((target) => onward(target as AnyStateNode, 0));
        return ways.every((way) => way !== undefined) ? [{ one, way: ways.flat() }] : [];
      });
      const certain = fitting.findIndex(({ one }) => one.guard === undefined);
      const chosen = certain < 0 ? fitting : fitting.slice(0, certain + 1);
      if (chosen.length === 0) continue;
      for (const { one, way } of chosen) for (const id of [ids.get(one) ?? '', ...way]) taken.add(id);
      break;
    }
  }
  return taken;
}

/** The transitions of a state that an event may take: by its name, then by a beginning of it, then by any name. */
const candidates = (state: AnyStateNode, event: string): readonly AnyTransitionDefinition[] =>
  [...state.transitions].filter(([name]) => name === event || name === '*' || (name.endsWith('.*') && `${event}.`.startsWith(name.slice(0, -1))))
    .sort(([a], [b]) => Number(b === event) - Number(a === event) || b.length - a.length).flatMap(([, all]) => all as AnyTransitionDefinition[]);
