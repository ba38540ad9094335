/** Runs that are over: what an inspector would have seen of them, from their facts. */
import { environment } from '../../machines/address.ts';
import type { Fact, System, World } from '../world/world.ts';
import type { Seen, SeenEvent } from './seen.ts';
import { definitionOf } from './live.ts';

/**
 * Every actor of a system, then each fact as a message between its true sender and receiver and the snapshot it led to.
 *
 * `worlds` gives the world behind each fact; `replay` of this package has them. Addresses are the ids.
 *
 * @example
 * for (const seen of replayed(system, steps)) inspector.adapter.send(toStately(seen));
 */
export function* replayed(system: System, steps: Iterable<{ readonly fact: Pick<Fact, 'seq' | 'cause' | 'from' | 'to' | 'event'>; readonly world: World }>): Generator<Seen> {
  yield { kind: 'actor', id: environment, name: environment, parent: null, root: environment, definition: null, snapshot: { status: 'active' } };
  for (const { address, machine, initial } of system.actors)
    yield { kind: 'actor', id: address, name: address, parent: environment, root: environment, definition: definitionOf(machine), snapshot: { status: 'active', value: initial.value, context: initial.context } };
  /** Who took each step: what it caused, that actor sent. `from` names who asked first, also where a call is handed on. */
  const took = new Map<number, string>();
  for (const { fact: { seq, cause, from: asked, to, event }, world } of steps) {
    took.set(seq, to);
    const from = cause === null || asked === environment ? asked : took.get(cause) ?? asked; // the environment's answers come from it
    yield { kind: 'event', from, to, event: event as SeenEvent };
    if (!system.has(to)) continue; // the environment has no state
    const { value, context } = system.local(world, to);
    yield { kind: 'snapshot', of: to, event: event as SeenEvent, snapshot: { status: 'active', value, context } };
  }
}
