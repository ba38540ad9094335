/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- a configuration is changed as plain data, whatever its type */
/**
 * Mutants: models with one chart that has one small fault.
 *
 * Faults are made in the configuration of a chart, as machines/changed.ts does it; guards and actions are those of the chart.
 */
import { not, type AnyStateMachine } from 'xstate';
import { changed, type Config } from '../../machines/changed.ts';
import { EIO, ENOMEM, errnoName } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import { guardName } from '../check/coverage.ts';

/** What a mutant has wrong. */
export const operators = {
  'drop a transition': 'a branch is missing: the next one that fits is taken, or none',
  'redirect a transition': 'it goes to another state beside its own',
  'negate a guard': 'the branch is taken exactly when it should not be',
  'change an errno': 'a call that fails answers otherwise, one that succeeds fails',
  'drop a call': 'a function is not called, dma_cleanup for instance, and what follows comes at once',
  'swap two calls': 'two functions are called in the other order',
} as const;
export type Operator = keyof typeof operators;

export interface Mutant {
  readonly operator: Operator;
  /** Where, in the words of the goals: the transition that is changed, or the state. */
  readonly place: string;
  /** What it became. */
  readonly what: string;
  /** Goals of which none is reached where the fault makes no difference: a transition, what its guard says, states. */
  readonly touches: readonly string[];
  readonly model: Model;
}

/** Every mutant of the charts that are given, each of which is part of the model. */
export function mutantsOf(model: Model, charts: Iterable<AnyStateMachine>): Mutant[] {
  return [...new Set(charts)].flatMap((chart) => [...changes(chart)].flatMap(({ change, ...mutant }): Mutant[] => {
    const other = made(chart, change);
    return other === undefined ? [] : [{ ...mutant, model: replaced(model, chart, other, `${mutant.operator}, ${mutant.place}`) }];
  }));
}

/** A configuration that XState refuses is no chart. */
function made(chart: AnyStateMachine, change: (config: Config) => void): AnyStateMachine | undefined {
  try {
    return changed(chart, change);
  } catch {
    return undefined;
  }
}

/** The model with one chart in place of another, wherever that one stands. */
function replaced(model: Model, chart: AnyStateMachine, by: AnyStateMachine, name: string): Model {
  const swap = (value: unknown): unknown => (value === chart ? by
    : typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, swap(inner)])) : value);
  return { ...model, name: `${model.name}, ${name}`, charts: swap(model.charts) as Model['charts'] };
}

type Change = Omit<Mutant, 'model'> & { readonly change: (config: Config) => void };

/** The state at a path, in a copy of the configuration. */
const at = (config: Config, path: readonly string[]): Config => path.reduce((state: Config, name) => state.states[name], config);

function* changes(chart: AnyStateMachine): Generator<Change> {
  for (const { path, state, siblings } of statesOf(chart.config, [], [])) {
    const name = [chart.id, ...path].join('.');
    for (const [event, given] of [...Object.entries(state.on ?? {}), ...(state.always === undefined ? [] : [['', state.always]])] as [string, Config][]) {
      const branches: Config[] = Array.isArray(given) ? given : [given];
      for (const [index, branch] of branches.entries()) {
        const place = `${name} ${event || 'always'}${branches.length > 1 ? ` ${index + 1}` : ''}`;
        yield* ofBranch({ path, event, index, branches, branch: typeof branch === 'string' ? { target: branch } : branch, place, siblings, inner: Object.keys(state.states ?? {}) });
      }
    }
    yield* ofState(path, state, name, chart.config);
  }
}

function* statesOf(state: Config, path: readonly string[], siblings: readonly string[]): Generator<{ path: readonly string[]; state: Config; siblings: readonly string[] }> {
  yield { path, state, siblings };
  const inner = Object.keys(state.states ?? {});
  for (const name of inner) yield* statesOf(state.states[name], [...path, name], state.type === 'parallel' ? [] : inner);
}

interface Branch {
  readonly path: readonly string[];
  readonly event: string;
  readonly index: number;
  readonly branches: readonly Config[];
  readonly branch: Config;
  readonly place: string;
  /** States beside the one that has the transition, and inside it. */
  readonly siblings: readonly string[];
  readonly inner: readonly string[];
}

function* ofBranch({ path, event, index, branches, branch, place, siblings, inner }: Branch): Generator<Change> {
  /** Puts other branches in place of this one. */
  const instead = (...others: Config[]) => (config: Config): void => {
    const state = at(config, path);
    const now = [...branches.slice(0, index), ...others, ...branches.slice(index + 1)];
    if (event === '') state.always = now;
    else if (now.length > 0) state.on[event] = now;
    else delete state.on[event];
  };
  const touches = [`transitions ${place}`];
  yield { operator: 'drop a transition', place, what: 'is not there', touches, change: instead() };
  const target = typeof branch.target === 'string' ? branch.target : undefined;
  if (target !== undefined) {
    const own = path.at(-1);
    const others = target.startsWith('.') ? inner.map((name) => `.${name}`) : siblings.filter((name) => name !== own);
    const from = Math.max(0, others.indexOf(target));
    const other = others.find((name, place) => place > from && name !== target) ?? others.find((name) => name !== target);
    // Without an event, a circle of transitions would be no wrong chart but none.
    if (other !== undefined && event !== '') yield { operator: 'redirect a transition', place, what: `goes to ${other}`, touches, change: instead({ ...branch, target: other }) };
  }
  if (branch.guard !== undefined) yield { operator: 'negate a guard', place, what: 'when it should not', touches: [true, false].map((outcome) => `guards ${place} [${guardName(branch.guard)}] ${outcome}`), change: instead({ ...branch, guard: not(branch.guard) }) };
  const actions: Config[] = branch.actions === undefined ? [] : Array.isArray(branch.actions) ? branch.actions : [branch.actions];
  for (const [number, action] of actions.entries()) {
    const ret = action?.params?.ret;
    if (typeof ret !== 'number') continue;
    const wrong = ret === -EIO ? -ENOMEM : -EIO;
    yield {
      operator: 'change an errno', place, what: `${ret < 0 ? errnoName(ret) : ret} becomes ${errnoName(wrong)}`, touches,
      change: instead({ ...branch, actions: actions.map((one, index) => (index === number ? { ...one, params: { ...one.params, ret: wrong } } : one)) }),
    };
  }
}

/** A state that calls and waits for one answer, whatever it is: the event, and where it goes on. */
function callOf(state: Config): { event: string; next: Config; to: string } | undefined {
  const events = Object.keys(state?.on ?? {});
  const [event] = events;
  if (events.length !== 1 || event === undefined || state.entry === undefined || state.states !== undefined || state.always !== undefined || !event.endsWith('.ret')) return undefined;
  const next = state.on[event];
  const to = typeof next === 'string' ? next : Array.isArray(next) ? undefined : next.guard === undefined ? next.target : undefined;
  return typeof to === 'string' ? { event, next, to } : undefined;
}

function* ofState(path: readonly string[], state: Config, name: string, config: Config): Generator<Change> {
  const call = callOf(state);
  if (call === undefined) return;
  yield {
    operator: 'drop a call', place: name, what: `${call.event.slice(0, -4)} is not called`, touches: [`states ${name}`],
    change: (copy) => {
      const mine = at(copy, path);
      delete mine.entry;
      delete mine.on;
      mine.always = call.next;
    },
  };
  const beside = [...path.slice(0, -1), call.to];
  const other = path.length === 0 ? undefined : at(config, path.slice(0, -1)).states?.[call.to];
  const following = callOf(other);
  if (following === undefined || following.to === path.at(-1)) return;
  yield {
    operator: 'swap two calls', place: name, what: `${following.event.slice(0, -4)} comes before ${call.event.slice(0, -4)}`, touches: [`states ${name}`, `states ${[...name.split('.').slice(0, -1), call.to].join('.')}`],
    change: (copy) => {
      const [mine, theirs] = [at(copy, path), at(copy, beside)];
      [mine.entry, theirs.entry] = [theirs.entry, mine.entry];
      mine.on = { [following.event]: call.next };
      theirs.on = { [call.event]: following.next };
    },
  };
}
