/** For which thread each step of a run is taken. */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';
import { isAnswer, type Flight, type System, type World } from '../world/world.ts';
import { threadOfActor } from './names.ts';

export class Doers {
  readonly #system: System;
  readonly #doers: (string | undefined)[] = [];

  constructor(system: System) {
    this.#system = system;
  }

  /** The next fact was done for this thread. */
  note(doer: string | undefined): void {
    this.#doers.push(doer);
  }

  /** The thread that a message moves: whoever called, of a call; whoever gets it, of an answer. Scheduling a worker is the scheduler's. */
  of(world: World, { to, event, cause }: Flight): string | undefined {
    return this.#callerOf(world, isAnswer(event) ? to : event.from) ?? (cause === null ? undefined : this.#doers[cause]);
  }

  #callerOf(world: World, address: Address): string | undefined {
    for (let at = address; ;) {
      if (kindOf(at) === 'thread') return threadOfActor(nameOf(at));
      if (at === environment || !this.#system.has(at)) return undefined;
      const caller = this.#system.local(world, at).context['caller'];
      if (typeof caller !== 'string' || caller === '') return undefined;
      at = caller;
    }
  }
}
