/** Names for guards and actions: the chart's own where it gives one, else what can be read off them, each name for one thing. */
import type { AnyStateMachine } from 'xstate';
import { errnoName } from '../../../machines/kernel.ts';

/** How a guard or an action is called, with what it is given. */
export interface Word {
  readonly type: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

type Made = { readonly type?: string; readonly assignment?: unknown; readonly event?: unknown; readonly to?: unknown; readonly guards?: readonly unknown[]; readonly name?: string };
type Implementations = { actions: Record<string, unknown>; guards: Record<string, unknown> };

export class Words {
  /** By name: what `machine.provide()` takes. */
  readonly implementations: Implementations;
  readonly #names = new Map<unknown, string>();

  constructor({ implementations }: AnyStateMachine) {
    this.implementations = { actions: { ...implementations.actions }, guards: { ...implementations.guards } };
  }

  action(action: unknown): Word {
    return typeof action === 'function' ? { type: this.#named('actions', action, actionWord(action as Made)) } : written(action);
  }

  guard(guard: unknown): Word {
    return typeof guard === 'function' ? { type: this.#named('guards', guard, this.#guardWord(guard as Made)) } : written(guard);
  }

  /** `not`, `and`, `or` of XState keep what they join. */
  #guardWord(guard: Made): string {
    const { name = '', guards } = guard;
    if (guards === undefined) return name !== '' && name !== 'guard' ? name : sourceOf(guard) ?? 'guard'; // an arrow in a table is called like its key
    const parts = guards.map((part) => this.guard(part)).map(wordText);
    if (name === 'not') return `not (${parts.join()})`;
    return parts.map((part) => (/ (?:and|or) /.test(part) ? `(${part})` : part)).join(` ${name} `);
  }

  #named(kind: keyof Implementations, made: unknown, word: string): string {
    const known = this.#names.get(made);
    if (known !== undefined) return known;
    const taken = this.implementations[kind];
    let name = word;
    for (let n = 2; name in taken; n++) name = `${word} #${n}`;
    taken[name] = made;
    this.#names.set(made, name);
    return name;
  }
}

const written = (word: unknown): Word => (typeof word === 'string' ? { type: word } : word as Word);

/** One line for people: `answer -EBUSY`. Errnos by name, other values as they are. */
export function wordText({ type, params }: Word): string {
  if (params === undefined) return type;
  const told = Object.entries(params).map(([key, value]) => (key === 'ret' && typeof value === 'number' ? errnoName(value) : typeof value === 'string' ? value : JSON.stringify(value)));
  return `${type} ${told.join(' ')}`;
}

/** What an unnamed action does, asked of it with a context in which everything is `*`. */
function actionWord({ type = 'action', assignment, event, to }: Made): string {
  if (type === 'xstate.assign') return `assign ${typeof assignment === 'object' && assignment !== null ? Object.keys(assignment).join(' ') : 'context'}`;
  const said = asked(event);
  const what = typeof said === 'object' && said !== null && 'type' in said ? `${String(said.type)}${'action' in said && typeof said.action === 'string' ? ` ${said.action}` : ''}` : undefined;
  if (type === 'xstate.emit') return `say ${what ?? '*'}`;
  if (type === 'xstate.raise') return `raise ${what ?? '*'}`;
  if (type !== 'xstate.sendTo') return type;
  const address = asked(to, (found) => found);
  return what === undefined && address === undefined ? 'send' : `${what ?? 'send'} to ${typeof address === 'string' ? address : '*'}`;
}

/** Any property of it is such a thing again; as text it is `*`. */
const anything: unknown = new Proxy(function anything() { /* has properties only */ }, {
  get: (_target, key) => (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON' ? () => '*' : key === Symbol.iterator ? undefined : anything),
  has: () => true,
});

/** The value of an expression of the chart under such a context, or undefined where it needs to know more. `answered` gives what `system.get` is asked for. */
function asked(expression: unknown, answered?: (address: string) => unknown): unknown {
  if (typeof expression !== 'function') return expression;
  const system = { get: (address: unknown) => answered?.(String(address)) ?? anything };
  try {
    return (expression as (given: object, params: unknown) => unknown)({ context: anything, event: anything, system }, anything);
  } catch {
    return undefined;
  }
}

/** `({ context }) => context.owner_cnt > 0` gives `owner_cnt > 0`; undefined where the text is no single expression. */
function sourceOf(guard: unknown): string | undefined {
  const [, body] = /^\(\{[^)]*\}\)\s*=>\s*([^{][^]*)$/.exec(String(guard)) ?? [];
  const text = body?.replaceAll(/\s+/g, ' ').replaceAll(/\bcontext\./g, '').replaceAll('"', "'").trim();
  return text !== undefined && text.length <= 120 ? text : undefined;
}
