/**
 * Replay: builds the world of a run again from what was chosen, and holds every fact against the recorded one.
 *
 * A fact says enough to take the step again: who got which message, and which fact had sent it. So a log is proof of its
 * own run: it either gives the same facts, or the first one that differs is named.
 */
import type { Fact, Choice, System, World } from '../world/world.ts';
import { environment } from '../../machines/address.ts';
import type { Recorded, State } from './facts.ts';
import { eventText } from './why.ts';

/** How a replay ended. */
export type Replay =
  | { readonly same: true; readonly world: World }
  /** `world` is the world before the fact that differs. */
  | { readonly same: false; readonly world: World; readonly seq: number; readonly reason: string };

/**
 * Takes the steps of `facts` again, up to and without fact `to` (default: all of them).
 *
 * `system` has the model and the topology of the run; rules of delivery (`answersFirst`) are its own. A differing fact
 * is a result: another model, another topology, or a log that was changed. Where facts say in which state they left their
 * receiver, that is held against the charts too.
 *
 * @example
 * const replayed = replay(new System(model, topology), log.facts, { to: 12 });
 */
export function replay(system: System, facts: Iterable<Fact & Partial<Pick<Recorded, 'after'>>>, { to = Infinity, world: first = system.initial() }: { to?: number; world?: World } = {}): Replay {
  let world = first;
  for (const fact of facts) {
    if (fact.seq >= to) break;
    const differs = (reason: string): Replay => ({ same: false, world, seq: fact.seq, reason: `fact ${fact.seq}, ${told(fact)}: ${reason}` });
    if (fact.seq !== world.seq) return differs(`fact ${world.seq} should come here`);
    const choice = choiceOf(system, world, fact);
    if (choice === undefined) return differs(`the model does not allow it here; possible: ${possible(system, world)}`);
    const step = system.step(world, choice);
    const difference = compare(step.fact, fact) ?? (fact.after == null ? undefined : compareState(system.local(step.world, fact.to), fact.after));
    if (difference !== undefined) return differs(difference);
    world = step.world;
  }
  return { same: true, world };
}

/** The choice that a fact was: what was allowed in the world before it and gives its message. */
export function choiceOf(system: System, world: World, { from, to, event, cause }: Fact): Choice | undefined {
  if (cause === null && from === environment) return system.has(to) ? { kind: 'start', to, event: system.messages.intern(event) } : undefined;
  const same = JSON.stringify(event);
  return system.choices(world).find((choice) => choice.kind !== 'start' && choice.to === to
    && (world.flight[choice.index]?.cause ?? null) === cause && JSON.stringify(choice.event) === same);
}

function compare(is: Fact, was: Fact): string | undefined {
  for (const key of ['from', 'to', 'event', 'cause', 'said'] as const) {
    const [now, then] = [JSON.stringify(is[key]), JSON.stringify(was[key])];
    if (now !== then) return `${key} is ${now} now, and was ${then}`;
  }
  return undefined;
}

function compareState({ value, context }: State, was: State): string | undefined {
  const [now, then] = [JSON.stringify([value, context]), JSON.stringify([was.value, was.context])];
  return now === then ? undefined : `its receiver is ${now} now, and was ${then}`;
}

const told = ({ from, to, event }: Fact): string => `${from} -> ${to} ${eventText(event)}`;
function possible(system: System, world: World): string {
  const open = system.choices(world).filter(({ kind }) => kind !== 'start').map(({ to, event }) => `${event.from} -> ${to} ${eventText(event)}`);
  return open.length === 0 ? 'nothing but a new call from outside' : [...new Set(open)].join(', ');
}
