/** The protocol of @statelyai/inspect: one JSON object for each thing seen, in either direction. */
import type { Seen, SeenEvent, SeenSnapshot } from './seen.ts';

/** What @statelyai/inspect 0.7 sends and takes: `inspector.adapter.send(event)`. */
export interface StatelyMessage {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly rootId: string | undefined;
  readonly id: string;
  readonly createdAt: string;
  readonly _version: string;
  readonly name?: string;
  readonly parentId?: string | undefined;
  /** JSON. */
  readonly definition?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly event?: SeenEvent;
  readonly snapshot?: SeenSnapshot;
}

/** The version of @statelyai/inspect whose messages these are. */
export const statelyVersion = '0.7.2';

/**
 * A converter that numbers the messages; `at` is the time they carry, in milliseconds since 1970: 0 unless given, because a run that is taken again has none.
 * What the protocol cannot say (an actor that stopped: its last snapshot says so) gives undefined.
 */
export function statelyMessages(at: () => number = () => 0): (seen: Seen) => StatelyMessage | undefined {
  let count = 0;
  const roots = new Map<string, string>();
  return (seen) => {
    if (seen.kind === 'stopped') return undefined;
    const sessionId = seen.kind === 'actor' ? seen.id : seen.kind === 'event' ? seen.to : seen.of;
    if (seen.kind === 'actor' && seen.root !== null) roots.set(seen.id, seen.root);
    const base = { sessionId, rootId: roots.get(sessionId), id: String(++count), createdAt: String(at()), _version: statelyVersion };
    switch (seen.kind) {
      case 'actor': return { ...base, type: '@xstate.actor', name: seen.name, parentId: seen.parent ?? undefined, definition: seen.definition === null ? JSON.stringify({ id: seen.name }) : JSON.stringify(seen.definition), snapshot: seen.snapshot };
      case 'event': return { ...base, type: '@xstate.event', sourceId: seen.from ?? undefined, event: seen.event };
      case 'snapshot': return { ...base, type: '@xstate.snapshot', event: seen.event, snapshot: seen.snapshot };
    }
  };
}

/** What a message of @statelyai/inspect says; undefined where it is none. */
export function fromStately(given: unknown): Seen | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { type, sessionId, rootId, name, parentId, definition, sourceId, event, snapshot } = given as Partial<Record<keyof StatelyMessage, unknown>>;
  if (typeof sessionId !== 'string' || typeof type !== 'string') return undefined;
  if (type === '@xstate.actor')
    return { kind: 'actor', id: sessionId, name: textOr(name, sessionId), parent: textOr(parentId, null), root: textOr(rootId, null), definition: parsed(definition), snapshot: snapshotFrom(snapshot) };
  if (type === '@xstate.event' && isEvent(event)) return { kind: 'event', from: textOr(sourceId, null), to: sessionId, event };
  if (type === '@xstate.snapshot') return { kind: 'snapshot', of: sessionId, event: isEvent(event) ? event : { type: '' }, snapshot: snapshotFrom(snapshot) };
  return undefined;
}

const textOr = <Else>(given: unknown, otherwise: Else): string | Else => (typeof given === 'string' ? given : otherwise);
const isEvent = (given: unknown): given is SeenEvent => typeof given === 'object' && given !== null && typeof (given as { type?: unknown }).type === 'string';

function snapshotFrom(given: unknown): SeenSnapshot {
  const { status, value, context, output, error } = (typeof given === 'object' && given !== null ? given : {}) as Partial<SeenSnapshot>;
  return { status: textOr(status, 'active'), ...present({ value, context, output, error }) };
}

const present = <Fields extends object>(fields: Fields): Partial<Fields> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;

/** A definition without states is a name only. */
function parsed(definition: unknown): unknown {
  if (typeof definition !== 'string') return null;
  try {
    const made = JSON.parse(definition) as unknown;
    return typeof made === 'object' && made !== null && ('states' in made || 'on' in made) ? made : null;
  } catch {
    return null;
  }
}
