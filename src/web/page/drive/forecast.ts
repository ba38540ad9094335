/**
 * What would become of a choice: a call that a thread begins is followed to its end, alone, with the usual answers of the
 * environment. So a refusal is known before anybody asks for it, with its reason.
 */
import { environment, kindOf, nameOf } from '../../../../machines/address.ts';
import type { Address } from '../../../../machines/chart.ts';
import { errnoName } from '../../../../machines/kernel.ts';
import { circumstances, type Facts, type Recorded } from '../../../log/facts.ts';
import { holders, renderHolder } from '../../../log/holder.ts';
import { renderChain, why } from '../../../log/why.ts';
import { isAnswer, type Choice, type Flight, type System, type World } from '../../../world/world.ts';

export interface Forecast {
  /** `done`: it returns 0 or a positive number. `same`: that, and nothing is other than before. `moves`: one delivery, and what it does. */
  readonly kind: 'done' | 'same' | 'refused' | 'waits' | 'ignored' | 'moves' | 'unknown';
  /** In a few words: `-EBUSY`, `waits for device_lock of 0000:02:00.0`, `unbound → in_probe`. */
  readonly text: string;
  /** Why it is refused, ignored or waits; null where there is nothing to say. */
  readonly reason: string | null;
}

/** No call needs so many steps; one that does is not forecast. */
const limit = 3000;

/** The run so far and what would follow. */
class Ahead implements Facts {
  readonly #past: Facts;
  readonly #from: number;
  readonly ahead: Recorded[] = [];
  constructor(past: Facts, from: number) {
    this.#past = past;
    this.#from = from;
  }
  get length(): number { return this.#from + this.ahead.length; }
  fact(seq: number): Recorded { return seq < this.#from ? this.#past.fact(seq) : this.ahead[seq - this.#from] as Recorded; }
}

/** Yields now and then, so that whoever asks can let others run; returns the forecast. `past` has the facts that led to `world`. */
export function* forecast(system: System, world: World, past: Facts, choice: Choice): Generator<void, Forecast> {
  return choice.kind === 'start' ? yield* ofCall(system, world, past, choice) : ofDelivery(system, world, choice);
}

function ofDelivery(system: System, world: World, choice: Choice): Forecast {
  if (choice.to === environment) return { kind: 'moves', text: `${nameOf(choice.event.from)} has its answer`, reason: null };
  const { world: next, out } = system.step(world, choice);
  const index = system.indexOf(choice.to);
  const [before, after] = [world.locals[index], next.locals[index]];
  const refused = out.flatMap((one) => (one.kind === 'sent' && one.sent.to === choice.event.from && isAnswer(one.sent.event) && Number(one.sent.event['ret']) < 0 ? [one.sent.event] : []))[0];
  if (refused !== undefined) return { kind: 'refused', text: `${refused.type} ${errnoName(Number(refused['ret']))}`, reason: `${choice.to} is ${state(before?.value)}` };
  if (before === after && out.length === 0) return { kind: 'ignored', text: 'ignored', reason: `${choice.to} is ${state(before?.value)}, where it changes nothing and answers nobody` };
  const [from, to] = [state(before?.value), state(after?.value)];
  return { kind: 'moves', text: from === to ? 'answers' : `${from} → ${to}`, reason: null };
}

function* ofCall(system: System, world: World, past: Facts, choice: Choice): Generator<void, Forecast> {
  const facts = new Ahead(past, world.seq);
  const ours = new Set<number>();
  const first = world.seq;
  let at = world;
  const take = (one: Choice) => {
    const before = at;
    const step = system.step(at, one);
    const index = step.fact.to === environment ? undefined : system.indexOf(step.fact.to);
    facts.ahead.push(circumstances(system, step.fact, index === undefined ? undefined : before.locals[index], index === undefined ? undefined : step.world.locals[index]));
    if (step.fact.seq === first || (step.fact.cause !== null && ours.has(step.fact.cause))) ours.add(step.fact.seq);
    at = step.world;
    return step.fact;
  };
  take(choice);
  for (let steps = 0; steps < limit; steps++) {
    if (steps % 16 === 15) yield;
    const next = system.choices(at).find((one) => one.kind !== 'start' && (isAnswer((at.flight[one.index] as Flight).event) || mine(at.flight[one.index] as Flight, ours)));
    if (next === undefined) return waiting(system, at, facts, choice.to);
    const fact = take(next);
    if (fact.to === environment && fact.from === choice.to && isAnswer(fact.event)) return ended(world, at, facts, fact.seq, choice.to, system);
  }
  return { kind: 'unknown', text: `more than ${limit} steps`, reason: null };
}

const mine = ({ cause }: Flight, ours: ReadonlySet<number>): boolean => cause !== null && ours.has(cause);

function ended(before: World, after: World, facts: Facts, seq: number, thread: Address, system: System): Forecast {
  const ret = Number(facts.fact(seq).event['ret']);
  if (ret < 0) return { kind: 'refused', text: errnoName(ret), reason: [...holders(facts, seq).map(renderHolder), renderChain(why(facts, seq))].join('; ') };
  const same = after.flight.length === before.flight.length && system.actors.every(({ address }, index) => address === thread || before.locals[index] === after.locals[index]);
  return same ? { kind: 'same', text: ret === 0 ? 'changes nothing' : `${ret}, changes nothing`, reason: 'it returns without an error, and everybody is as before' } : { kind: 'done', text: ret === 0 ? 'returns 0' : `returns ${ret}`, reason: null };
}

/** Nothing of this call can go on: it stands at whoever got its last message and has not answered. */
function waiting(system: System, world: World, facts: Ahead, thread: Address): Forecast {
  const last = facts.ahead.findLast(({ event, to }) => to !== environment && !isAnswer(event));
  if (last === undefined) return { kind: 'waits', text: 'waits', reason: null };
  const what = kindOf(last.to) === 'thread' ? last.to : `${last.event.type} of ${nameOf(last.to)}`;
  const held = Object.values(system.local(world, last.to).context).find((value) => typeof value === 'string' && value.startsWith('thread:') && value !== thread);
  return { kind: 'waits', text: `waits in ${what}`, reason: typeof held === 'string' ? `${held} is inside` : null };
}

/** The innermost active states. */
export function state(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  const parts = Object.entries(value as object);
  return parts.length === 0 ? '' : parts.map(([name, inner]) => state(inner) || name).join(' · ');
}
