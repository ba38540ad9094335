/** What of a chart to mark at a moment: where its actor is, what the last fact took, and what may be delivered to it now. */
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Address } from '../../../../machines/chart.ts';
import { reactionIds } from '../../../view/chart/graph.ts';
import type { Marks } from '../../../view/chart/svg.ts';
import type { Actor, Local } from '../../../world/locals.ts';
import type { Choice } from '../../../world/world.ts';
import type { Session } from '../session.ts';

export type Marked = Required<Marks>;

export interface Shown extends Marked {
  /** What delivers something that takes this transition, by its id. */
  readonly deliveries: ReadonlyMap<string, Choice>;
}

const nothing: Shown = { active: new Set(), taken: new Set(), ready: new Set(), deliveries: new Map() };

export function marksOf(session: Session, address: Address): Shown {
  const system = session.system.value;
  const actor = system.actors[system.indexOf(address)];
  if (actor === undefined) return nothing;
  const ids = reactionIds(actor.machine);
  const local = system.local(session.world.value, address);
  const fact = session.fact.value;
  const before = fact?.to === address ? session.worldAt(fact.seq).locals[system.indexOf(address)] : undefined;
  const deliveries = new Map<string, Choice>();
  for (const choice of session.choices.value) {
    if (choice.to !== address) continue;
    const [first] = tried(actor, local, choice.event);
    const id = first === undefined ? undefined : ids.get(first);
    if (id !== undefined && !deliveries.has(id)) deliveries.set(id, choice);
  }
  return {
    active: new Set((local.snapshot._nodes as readonly AnyStateNode[]).map(({ id }) => id)),
    taken: new Set(fact === undefined || before === undefined ? [] : tried(actor, before, system.messages.intern(fact.event)).flatMap((one) => ids.get(one) ?? [])),
    ready: new Set(deliveries.keys()), deliveries,
  };
}

/** The transitions that a message takes; none where the chart refuses it. */
function tried(actor: Actor, local: Local, event: Choice['event']): AnyTransitionDefinition[] {
  try {
    return actor.guess(local, event).micro.flatMap(({ taken }) => [...taken]);
  } catch {
    return []; // what a chart does wrong is told where it is delivered
  }
}
