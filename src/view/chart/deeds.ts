/**
 * What an action of a chart does, in a word that fits on an arrow: a call, an answer, something said, a change.
 *
 * An action of these charts is a function that XState runs; which call it makes stands inside. So the functions that say
 * whom and what (`to`, `event`) are asked once, with a context that stands for any, and what they cannot say without a
 * real run is left open.
 */
import { kindOf } from '../../../machines/address.ts';
import { errnoName } from '../../../machines/kernel.ts';

/** One thing that an action does. `name`: what the chart calls it; empty for an action written in place. */
export interface Deed {
  readonly kind: 'call' | 'answer' | 'say' | 'raise' | 'change';
  readonly name: string;
  /** As it stands in a picture: `dma_configure()`, `ret -EBUSY`, `KOBJ_BIND`, `get`. */
  readonly text: string;
  /** Kind of actor that is called: `bus_dma`, `environment`; empty where a run decides. */
  readonly to: string;
}

/** Where the words of an action are looked up, and what it is asked with. */
export interface Asked {
  readonly actions: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

type Named = { readonly type: string; readonly params?: Readonly<Record<string, unknown>> };
type Made = ((...given: never[]) => unknown) & { readonly type?: string; readonly to?: unknown; readonly event?: unknown };

/** Whoever called: an answer goes there. */
const caller = 'caller';

/** What actions do, in their order. A function that is said to begin and to end is said once. */
export function deedsOf(actions: readonly unknown[], asked: Asked): Deed[] {
  const deeds = actions.map((action) => deedOf(action, asked));
  return deeds.filter(({ kind, text }, at) => kind !== 'say' || !deeds.slice(0, at).some((before) => before.kind === 'say' && `${before.text}.ret` === text));
}

/** What an action of XState does. Never throws: where asking fails, the name is all there is. */
function deedOf(action: unknown, asked: Asked): Deed {
  const named = nameOf(action);
  const made = (named === undefined ? action : asked.actions[named.type]) as Made | undefined;
  const name = named?.type ?? '';
  switch (made?.type) {
    case 'xstate.sendTo': return sent(made, name, named?.params, asked);
    case 'xstate.emit': return { kind: 'say', name, text: wordOf(ask(made.event, asked, named?.params)) ?? (name || 'says something'), to: '' };
    case 'xstate.raise': return { kind: 'raise', name, text: `raise ${wordOf(ask(made.event, asked, named?.params)) ?? name}`.trimEnd(), to: '' };
    default: return { kind: 'change', name, text: changed(name, named?.params), to: '' };
  }
}

function sent(made: Made, name: string, params: Named['params'], asked: Asked): Deed {
  const event = ask(made.event, asked, params);
  const { id: to = '' } = (ask(made.to, asked, params) ?? {}) as { id?: string };
  const word = wordOf(event);
  const answer = word?.endsWith('.ret') ?? (to === caller || to === '');
  if (!answer) return { kind: 'call', name, text: word?.startsWith('BUS_') ? word : word === undefined ? name || 'call' : `${word}()`, to: to === caller ? caller : kindOf(to) };
  const ret = params?.['ret'];
  return { kind: 'answer', name, text: typeof ret === 'number' ? `ret ${ret < 0 ? errnoName(ret) : ret}` : name || 'ret', to: '' };
}

function changed(name: string, params: Named['params']): string {
  const given = Object.entries(params ?? {}).map(([key, value]) => `${key} = ${typeof value === 'number' ? errnoName(value) : String(value)}`);
  return given.length > 0 ? given.join(', ') : name || 'assign';
}

const nameOf = (action: unknown): Named | undefined =>
  typeof action === 'string' ? { type: action } : typeof action === 'object' && action !== null && 'type' in action ? action as Named : undefined;

/** A notifier and a uevent by what they announce, everything else by its type. */
function wordOf(event: unknown): string | undefined {
  const { type, action } = (event ?? {}) as { type?: unknown; action?: unknown };
  if (typeof type !== 'string' || type === '' || type === 'undefined') return undefined;
  return typeof action === 'string' ? action : type;
}

/** Runs one of the functions of an action. What a run would know better is undefined. */
function ask(what: unknown, { context }: Asked, params: unknown): unknown {
  if (typeof what !== 'function') return what;
  const event = { type: '', from: caller, ret: 0 };
  const system = { get: (address: unknown) => ({ id: typeof address === 'string' ? address : '' }) };
  try {
    return (what as (scope: object, params: unknown) => unknown)({ context, event, system, self: { id: '' } }, params);
  } catch {
    return undefined; // a context that is not of a real run: its name says enough
  }
}
