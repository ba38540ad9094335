/** For whom a message moves: the thread at the end of the chain of callers. */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';
import { isAnswer, type Flight, type System, type World } from '../world/world.ts';
import { threadOfActor } from './names.ts';

/**
 * The thread that a message moves: whoever called, of a call; whoever gets it, of an answer. Scheduling a worker is the
 * scheduler's: then it is the thread of the fact that sent it.
 *
 * @param doers threads of the facts so far
 */
export function doerOf(system: System, world: World, { to, event, cause }: Flight, doers: readonly (string | undefined)[]): string | undefined {
  return callerOf(system, world, isAnswer(event) ? to : event.from) ?? (cause === null ? undefined : doers[cause]);
}

function callerOf(system: System, world: World, address: Address): string | undefined {
  for (let at = address; ;) {
    if (kindOf(at) === 'thread') return threadOfActor(nameOf(at));
    if (at === environment || !system.has(at)) return undefined;
    const caller = system.local(world, at).context['caller'];
    if (typeof caller !== 'string' || caller === '') return undefined;
    at = caller;
  }
}
