/**
 * A whole system as one actor logic, so that `xstate/graph` can walk it: an event is a choice, a transition the step and
 * every answer that follows from it.
 *
 * It is spared what it would have to do for a machine of its own: XState is asked once for each local move (the system
 * keeps what it answered), and a state is told by a short key in place of its JSON.
 */
import type { ActorLogic, EventObject, Snapshot } from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import { isAnswer, type Choice, type Flight, type System, type World } from '../src/world/world.ts';
import type { Counts } from './models.ts';

type WorldSnapshot = Snapshot<undefined> & { readonly world: World };
type Taking = EventObject & { readonly choice: Choice };

/** Ways through the graph of a system whose threads begin without a bound; each gives what it counted. */
export function graphOf(system: System): Record<'getAdjacencyMap' | 'getShortestPaths', () => Counts> {
  const snapshot = (world: World): WorldSnapshot => ({ status: 'active', output: undefined, error: undefined, world });
  const logic: ActorLogic<WorldSnapshot, Taking> = {
    getInitialSnapshot: () => snapshot(system.initial()),
    getPersistedSnapshot: (one) => one,
    transition: ({ world }, { choice }) => snapshot(settled(system.step(world, choice).world)),
  };
  const settled = (after: World): World => {
    let world = after;
    while (world.flight.some(({ event }) => isAnswer(event))) world = system.step(world, system.choices(world)[0] as Choice).world;
    return { ...world, seq: 0, flight: inChannels(world.flight) };
  };
  let transitions = 0;
  const options = {
    events: ({ world }: WorldSnapshot): Taking[] => {
      const choices = system.choices(world);
      transitions += choices.length; // asked once for each state
      return choices.map((choice) => ({ type: choice.event.type, choice }));
    },
    serializeState: ({ world }: WorldSnapshot) => system.key(world),
    serializeEvent: ({ choice: { kind, to, event } }: Taking) => `${kind} ${to} ${JSON.stringify(event)}`,
  };
  const counted = (walk: () => object): Counts => {
    transitions = 0;
    return { states: Object.keys(walk()).length, transitions };
  };
  return {
    getAdjacencyMap: () => counted(() => getAdjacencyMap(logic, options)),
    getShortestPaths: () => counted(() => getShortestPaths(logic, options)),
  };
}

/** Only the order inside a channel matters. */
function inChannels(flight: readonly Flight[]): Flight[] {
  const channel = ({ event, to }: Flight) => `${event.from} ${to}`;
  return flight.map((sent) => ({ ...sent, cause: null })).sort((a, b) => (channel(a) < channel(b) ? -1 : channel(a) > channel(b) ? 1 : 0));
}
