/** Live systems: an observer for the `inspect` option of XState's createActor, ours or anybody's. */
import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import { stately } from '../export/charts/stately.ts';
import { plainly, type Seen, type SeenEvent, type SeenSnapshot, type Tell } from './seen.ts';

/**
 * An observer for `createActor(machine, { inspect })` and `createSystem(topology, model, { inspect })`.
 *
 * Tells actors, messages and snapshots as plain data, in the order in which they happen; each actor once, before anything else about it.
 *
 * @example
 * const seen: Seen[] = [];
 * createActor(iommu_group, { input, inspect: watching((one) => seen.push(one)) }).start();
 */
export function watching(tell: Tell): (event: InspectionEvent) => void {
  const known = new Set<string>();
  const stopped = new Set<string>();
  /** XState announces an actor before it has a state: it is told when the next thing happens, as it is then. */
  const announced = new Map<AnyActorRef, string | null>();
  const introduce = (actor: AnyActorRef, root: string | null) => {
    if (known.has(actor.sessionId)) return;
    known.add(actor.sessionId);
    tell(actorSeen(actor, root, snapshotNow(actor) ?? { status: 'active' }));
  };
  return (seen) => {
    const actor = seen.actorRef as AnyActorRef;
    for (const [one, root] of announced) {
      if (one !== actor && snapshotNow(one) === undefined) continue;
      announced.delete(one);
      introduce(one, root);
    }
    if (seen.type === '@xstate.actor') {
      announced.set(actor, seen.rootId ?? null);
      return;
    }
    introduce(actor, seen.rootId ?? null);
    if (seen.type === '@xstate.event') {
      const from = (seen.sourceRef as AnyActorRef | undefined)?.sessionId ?? null;
      tell({ kind: 'event', from, to: actor.sessionId, event: plainly(seen.event) as SeenEvent });
    }
    if (seen.type !== '@xstate.snapshot') return;
    const snapshot = snapshotOf(seen.snapshot);
    tell({ kind: 'snapshot', of: actor.sessionId, event: plainly(seen.event) as SeenEvent, snapshot });
    if (snapshot.status === 'active' || stopped.has(actor.sessionId)) return;
    stopped.add(actor.sessionId);
    tell({ kind: 'stopped', of: actor.sessionId });
  };
}

function actorSeen(actor: AnyActorRef, root: string | null, snapshot: SeenSnapshot): Seen {
  const { logic, _parent: parent } = actor as AnyActorRef & { logic?: unknown };
  return { kind: 'actor', id: actor.sessionId, name: actor.id, parent: parent?.sessionId ?? null, root, definition: definitionOf(logic), snapshot };
}

/** Undefined while the actor is being made: XState throws then, or has none. */
function snapshotNow(actor: AnyActorRef): SeenSnapshot | undefined {
  try {
    const snapshot = actor.getSnapshot() as object | undefined;
    return snapshot === undefined ? undefined : snapshotOf(snapshot);
  } catch {
    return undefined;
  }
}

const definitions = new WeakMap<object, unknown>();

/** Configuration of a machine as JSON keeps it; null for other logic. */
export function definitionOf(logic: unknown): unknown {
  if (typeof logic !== 'object' || logic === null || !('root' in logic)) return null;
  const known = definitions.get(logic);
  if (known !== undefined) return known;
  const made = described(logic as AnyStateMachine);
  definitions.set(logic, made);
  return made;
}

/** History states and the like are not for our charts: such a machine shows its own configuration. */
function described(machine: AnyStateMachine): unknown {
  try {
    return plainly(stately(machine).config);
  } catch {
    return plainly(machine.config);
  }
}

export function snapshotOf(snapshot: object): SeenSnapshot {
  const { status, ...rest } = snapshot as { status?: unknown } & Readonly<Record<string, unknown>>;
  const told = ['value', 'context', 'output', 'error'].flatMap((name) => (rest[name] === undefined ? [] : [[name, plainly(rest[name])] as const]));
  return { status: typeof status === 'string' ? status : 'active', ...Object.fromEntries(told) };
}
