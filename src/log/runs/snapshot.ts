/** A world as plain data, and back: what a replay need not take again. */
import type { StateValue } from 'xstate';
import type { Message, Plain } from '../../../machines/chart.ts';
import { ModelError } from '../../errors.ts';
import type { State } from '../facts.ts';
import type { Flight, System, World } from '../../world/world.ts';

interface Kept {
  readonly seq: number;
  /** One for each actor, in the order of the system. */
  readonly locals: readonly (readonly [address: string, value: StateValue, context: Record<string, unknown>])[];
  readonly flight: readonly { readonly to: string; readonly event: Message; readonly cause: number | null }[];
}

export function keptWorld(system: System, { locals, flight, seq }: World): Plain {
  return {
    seq, locals: locals.map(({ value, context }, index) => [system.actors[index]?.address ?? '', value, context]), flight: flight.map(({ to, event, cause }) => ({ to, event, cause })),
  } as unknown as Plain;
}

/** The world of a kept one. @throws {ModelError} damaged-log: it belongs to another topology */
export function restoredWorld(system: System, state: Plain): World {
  const { seq, locals, flight } = state as unknown as Kept;
  if (locals.length !== system.actors.length || locals.some(([address], index) => system.actors[index]?.address !== address))
    throw new ModelError('damaged-log', 'a snapshot has other actors than its run', { at: `fact ${seq}` });
  return {
    seq, locals: locals.map(([, value, context], index) => (system.actors[index] as System['actors'][number]).at(context, value)),
    flight: flight.map((one): Flight => ({ to: one.to, event: system.messages.intern(one.event), cause: one.cause })),
  };
}

/** Value and context of every actor. */
export const states = (system: System, { locals }: World): Record<string, State> =>
  Object.fromEntries(locals.map(({ value, context }, index) => [system.actors[index]?.address ?? '', { value, context }]));
