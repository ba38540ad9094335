/** The wire protocol of @xstate/inspect 0.8, which was made for XState 4: services, their machines, states and events, and events sent back. */
import type { Seen, SeenEvent, SeenSnapshot } from './seen.ts';

/** To the receiver. `machine`, `state` and `event` are JSON texts. */
export type ServiceMessage =
  | { readonly type: 'service.register'; readonly sessionId: string; readonly id: string; readonly parent?: string; readonly machine: string; readonly state: string }
  | { readonly type: 'service.event'; readonly sessionId: string; readonly event: string }
  | { readonly type: 'service.state'; readonly sessionId: string; readonly state: string }
  | { readonly type: 'service.stop'; readonly sessionId: string };

/** From the receiver. */
export type ReceiverMessage = { readonly type: 'xstate.inspecting' } | { readonly type: 'xstate.event'; readonly event: string; readonly service?: string };

/** What a receiver is told of one thing seen. */
export function serviceMessage(seen: Seen): ServiceMessage {
  switch (seen.kind) {
    case 'actor': return {
      type: 'service.register', sessionId: seen.id, id: seen.name, ...(seen.parent === null ? {} : { parent: seen.parent }),
      machine: JSON.stringify(seen.definition === null ? { id: seen.name } : older(seen.definition)), state: JSON.stringify(state(seen.id, seen.snapshot, { type: 'xstate.init' })),
    };
    case 'event': return { type: 'service.event', sessionId: seen.to, event: JSON.stringify(scxml(seen.event, seen.from)) };
    case 'snapshot': return { type: 'service.state', sessionId: seen.of, state: JSON.stringify(state(seen.of, seen.snapshot, seen.event)) };
    case 'stopped': return { type: 'service.stop', sessionId: seen.of };
  }
}

/** An event of XState 4 within its envelope. */
const scxml = (event: SeenEvent, origin: string | null) => ({ name: event.type, data: event, $$type: 'scxml', type: 'external', ...(origin === null ? {} : { origin }) });

/** A State of XState 4. */
const state = (id: string, { status, value, context }: SeenSnapshot, event: SeenEvent) => ({
  value: value ?? {}, context: context ?? {}, event, _event: scxml(event, null), _sessionid: id, actions: [], activities: {}, meta: {}, events: [], transitions: [], children: {}, tags: [],
  done: status === 'done', changed: true,
});

/** A configuration in the words of XState 4: `cond` for `guard`. Keys of states and of events may be called so too, and stay. */
function older(config: unknown): unknown {
  const transition = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(transition);
    if (typeof one !== 'object' || one === null) return one;
    const { guard, ...rest } = one as { guard?: unknown };
    return guard === undefined ? rest : { ...rest, cond: guard };
  };
  const each = (all: unknown, what: (one: unknown) => unknown) => Object.fromEntries(Object.entries((all ?? {}) as object).map(([key, one]) => [key, what(one)]));
  const node = (one: unknown): unknown => {
    if (typeof one !== 'object' || one === null) return one;
    const { on, after, always, states, ...rest } = one as Readonly<Record<string, unknown>>;
    return {
      ...rest, ...(on === undefined ? {} : { on: each(on, transition) }), ...(after === undefined ? {} : { after: each(after, transition) }),
      ...(always === undefined ? {} : { always: transition(always) }), ...(states === undefined ? {} : { states: each(states, node) }),
    };
  };
  const made = node(config) as object;
  return 'context' in made ? made : { ...made, context: {} };
}

/** What a service says; undefined where the message is none, or its JSON is broken. */
export function fromService(given: unknown): Seen | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { type, sessionId, id, parent, machine, state, event } = given as Readonly<Record<string, unknown>>;
  if (typeof sessionId !== 'string') return undefined;
  switch (type) {
    case 'service.register': return {
      kind: 'actor', id: sessionId, name: typeof id === 'string' ? id : (parsed(machine)?.['id'] as string | undefined) ?? sessionId, parent: typeof parent === 'string' ? parent : null, root: null,
      definition: parsed(machine) ?? null, snapshot: stateFrom(parsed(state)),
    };
    case 'service.event': {
      const envelope = parsed(event);
      const data = envelope?.['data'] as SeenEvent | undefined;
      return typeof data?.type === 'string' ? { kind: 'event', from: typeof envelope?.['origin'] === 'string' ? envelope['origin'] : null, to: sessionId, event: data } : undefined;
    }
    case 'service.state': {
      const made = parsed(state);
      return made === undefined ? undefined : { kind: 'snapshot', of: sessionId, event: (made['event'] as SeenEvent | undefined) ?? { type: '' }, snapshot: stateFrom(made) };
    }
    case 'service.stop': return { kind: 'stopped', of: sessionId };
    default: return undefined;
  }
}

/** The actor and the event that a receiver sends back; the actor stands in `origin`, as @xstate/inspect reads it. */
export function sentBack(given: unknown): { readonly to: string; readonly event: SeenEvent } | undefined {
  const { type, event } = (typeof given === 'object' && given !== null ? given : {}) as Readonly<Record<string, unknown>>;
  if (type !== 'xstate.event') return undefined;
  const envelope = parsed(event);
  const to = envelope?.['origin'];
  const data = envelope?.['data'] ?? { type: envelope?.['name'] };
  return typeof to === 'string' && typeof (data as SeenEvent).type === 'string' ? { to, event: data as SeenEvent } : undefined;
}

const stateFrom = (state: Readonly<Record<string, unknown>> | undefined): SeenSnapshot =>
  ({ status: state?.['done'] === true ? 'done' : 'active', ...(state?.['value'] === undefined ? {} : { value: state['value'] }), ...(state?.['context'] === undefined ? {} : { context: state['context'] }) });

function parsed(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const made = JSON.parse(text) as unknown;
    return typeof made === 'object' && made !== null ? made as Readonly<Record<string, unknown>> : undefined;
  } catch {
    return undefined;
  }
}
