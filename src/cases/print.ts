/** The way to what was found, as a scenario prints what was played: calls, what the kernel does, and how things stand at the end. */
import { environment } from '../../machines/address.ts';
import { replay } from '../check/replay.ts';
import { printCall, printFact, printWorld } from '../scenario/print.ts';
import { isAnswer, System } from '../world/world.ts';
import type { Case, Finding } from './decide.ts';

/**
 * The witness of a finding, line by line; nothing where it has none. Each call that a thread begins is a line `call THREAD`.
 *
 * @param all also locks, passive reads and what the environment answers as usual
 */
export function printWitness({ model, topology }: Case, { witness }: Finding, all = false): string[] {
  if (witness === undefined) return [];
  const system = new System(model, topology);
  const { facts, before, world } = replay(system, witness.steps);
  return [
    ...facts.flatMap((fact, index) => [
      ...(fact.from === environment && !isAnswer(fact.event) ? [printCall(fact)] : []),
      ...printFact(system, { fact, before: before[index] ?? world, after: before[index + 1] ?? world }, all),
    ]),
    ...printWorld(system, world),
  ];
}
