/**
 * The reference: every world of a system in a Map, one step at a time, nothing clever.
 *
 * `monitor` counts a call and every answer that follows from it as one step, `fine` each delivery. The explorer must
 * always visit exactly the worlds that `monitor` visits.
 */
import { isAnswer, type Flight, type System, type World } from '../world/world.ts';
import { kindOf, type Looked, type Property, type Seen } from './property.ts';
import type { Subject } from './subject.ts';

export interface OracleOptions {
  readonly granularity: 'fine' | 'monitor';
  readonly limit: number;
  readonly properties?: readonly Property[];
}

export interface OracleReport {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly complete: boolean;
  /** Properties found broken (or, for `sometimes`, found true), with the number of steps on the way. */
  readonly found: ReadonlyMap<string, number>;
  /** Words said on the way, by type. */
  readonly words: ReadonlySet<string>;
}

/** How often each thread has begun a call belongs to a world when it is bounded. */
interface Place {
  readonly world: World;
  readonly left: readonly number[];
}

/** Visits every world breadth first. Small topologies only: about 10 000 worlds a second. */
export function oracle(system: System, subject: Subject, { granularity, limit, properties = [] }: OracleOptions): OracleReport {
  const found = new Map<string, number>();
  const words = new Set<string>();
  const key = ({ world, left }: Place) => `${system.key(world)}|${left.join(',')}`;
  const first = canonical({ world: system.initial(), left: subject.starts.map(({ times }) => times ?? -1) });
  const seen = new Set([key(first)]);
  let [level, depth, transitions] = [[first], 0, 0];
  const judge = (place: Place) => {
    for (const property of properties)
      if (!found.has(property.name) && decides(property, place, system, subject)) found.set(property.name, depth);
  };
  judge(first);
  while (level.length > 0 && seen.size < limit) {
    const next: Place[] = [];
    depth++;
    for (const place of level) {
      for (const after of successors(place)) {
        transitions++;
        const name = key(after);
        if (seen.has(name)) continue;
        seen.add(name);
        next.push(after);
        judge(after);
      }
    }
    level = next;
  }
  return { states: seen.size, transitions, depth: depth - 1, complete: level.length === 0, found, words };

  function* successors({ world, left }: Place): Generator<Place> {
    const busy = subject.starts.filter(({ actor }) => !subject.rests(world.locals[actor] as World['locals'][number])).length;
    for (const choice of system.choices(world)) {
      let rest = left;
      if (choice.kind === 'start') {
        if (busy >= subject.together) continue;
        const thread = subject.starts.findIndex(({ actor }) => system.actors[actor]?.address === choice.to);
        if (left[thread] === 0) continue;
        rest = left.map((count, index) => (index === thread && count > 0 ? count - 1 : count));
      }
      let after = take(world, choice);
      while (granularity === 'monitor' && after.flight.some(({ event }) => isAnswer(event)))
        after = take(after, system.choices(after)[0] as (typeof choice));
      yield canonical({ world: after, left: rest });
    }
  }

  function take(world: World, choice: Parameters<System['step']>[1]): World {
    const index = choice.to === subject.environment ? -1 : system.indexOf(choice.to);
    const { world: after, fact, out } = system.step(world, choice);
    for (const word of fact.said) words.add(word.type);
    const [before, next] = [world.locals[index], after.locals[index]];
    if (before === undefined || next === undefined) return after;
    const sent = out.flatMap((output) => (output.kind === 'sent' ? [output.sent] : []));
    for (const property of properties)
      if (property.step && !found.has(property.name) &&
        property.step({ address: choice.to, before, after: next, event: choice.event, said: fact.said, sent }) === (property.kind === 'sometimes'))
        found.set(property.name, depth);
    return after;
  }
}

/** Only the order inside a channel matters. */
function canonical({ world, left }: Place): Place {
  const channel = ({ event, to }: Flight) => `${event.from} ${to}`;
  const flight = world.flight.map((sent) => ({ ...sent, cause: null })).sort((a, b) => (channel(a) < channel(b) ? -1 : channel(a) > channel(b) ? 1 : 0));
  return { world: { ...world, flight, seq: 0 }, left };
}

/** What a property sees of a world. */
export function look(property: Property, actors: readonly Looked[]): Seen {
  return Object.fromEntries(Object.entries(property.sees).map(([kind, see]) =>
    [kind, actors.filter(({ address }) => kindOf(address) === kind).map((actor) => see(actor))]));
}

function decides(property: Property, { world, left }: Place, system: System, subject: Subject): boolean {
  if (world.flight.some(({ event }) => isAnswer(event))) return false; // properties speak of worlds between two steps
  const resting = world.flight.length === 0 && subject.actors.every(({ thread }, index) => !thread || subject.rests(world.locals[index] as never));
  const holds = () => property.holds?.(look(property, system.actors.map(({ address }, index) => {
    const { value, context } = world.locals[index] as World['locals'][number];
    return { address, value, context };
  })));
  if (property.kind === 'always') return holds() === false;
  if (property.kind === 'atRest') return resting && holds() === false;
  if (property.kind === 'sometimes') return property.step === undefined && (!property.rests || resting) && holds() === true;
  if (property.kind !== 'neverStuck' || resting) return false;
  return !system.choices(world).some((choice) => choice.kind !== 'start' || left[subject.starts.findIndex(({ actor }) => system.actors[actor]?.address === choice.to)] !== 0);
}
