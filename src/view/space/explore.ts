/**
 * Every world that a topology can reach, with the steps between them: for looking at, so up to some ten thousand.
 *
 * A step is a call and every answer that follows from it, as the checker counts; the worlds are those that it visits without
 * reductions. Breadth first: the way to a world is as short as any.
 */
import type { Address, Message } from '../../../machines/chart.ts';
import type { Property } from '../../../machines/properties/property.ts';
import { subjectOf } from '../../check/subject.ts';
import { isAnswer, type Choice, type Flight, type System, type World } from '../../world/world.ts';
import { Fields, type Field } from './fields.ts';

/** One step of a way; answers that follow from it are not told. */
export interface SpaceStep {
  readonly to: Address;
  readonly event: Message;
  readonly start: boolean;
}

/** Worlds by number, in the order of discovery; 0 is where the search began. Plain and flat, so that it can leave a worker. */
export interface Space {
  readonly worlds: number;
  readonly complete: boolean;
  readonly depth: Int32Array;
  /** The world before, on a shortest way; -1 for the first. */
  readonly parent: Int32Array;
  /** Step that led there, in `steps`; -1 for the first. */
  readonly via: Int32Array;
  /** Of each step between two worlds: from, to, and which. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly by: Int32Array;
  readonly steps: readonly SpaceStep[];
  readonly fields: readonly Field[];
}

export interface ExploreSpace {
  /** Worlds at most. */
  readonly limit: number;
  /** Begins here instead of in the initial world. */
  readonly world?: World;
  readonly properties?: readonly Property[];
  /** Told now and then; false stops the search. */
  readonly onProgress?: (worlds: number, depth: number) => boolean;
}

interface Place {
  readonly world: World;
  /** How often each thread may still begin a call; -1: again and again. */
  readonly left: readonly number[];
}

/** @throws {ModelError} what a step throws: the charts are wrong */
export function exploreSpace(system: System, { limit, world = system.initial(), properties = [], onProgress }: ExploreSpace): Space {
  const subject = subjectOf(system);
  const threads = new Map(subject.starts.map(({ actor }, index) => [system.actors[actor]?.address, index]));
  const places: Place[] = [];
  const [depth, parent, via]: [number[], number[], number[]] = [[], [], []];
  const [from, to, by]: [number[], number[], number[]] = [[], [], []];
  const known = new Map<string, number>();
  const steps = new Map<string, number>();
  const told: SpaceStep[] = [];
  const fields = new Fields(system, properties);

  const add = (place: Place, before: number, step: number): number => {
    known.set(keyOf(system, place), places.length);
    depth.push(before < 0 ? 0 : (depth[before] as number) + 1);
    parent.push(before);
    via.push(step);
    fields.add(place.world);
    return places.push(place) - 1;
  };
  const number = ({ to: address, event, kind }: Choice): number => {
    const key = `${address} ${kind === 'start' ? 's' : 'd'} ${JSON.stringify(event)}`;
    const found = steps.get(key);
    if (found !== undefined) return found;
    steps.set(key, told.length);
    return told.push({ to: address, event, start: kind === 'start' }) - 1;
  };

  add(canonical({ world: settled(system, world), left: subject.starts.map(({ times }) => times ?? -1) }), -1, -1);
  let [complete, at] = [true, 0];
  for (; at < places.length; at++) {
    if ((at & 255) === 0 && onProgress?.(places.length, depth[at] as number) === false) {
      complete = false;
      break;
    }
    const { world: here, left } = places[at] as Place;
    for (const choice of system.choices(here)) {
      const thread = choice.kind === 'start' ? threads.get(choice.to) : undefined;
      if (thread !== undefined && left[thread] === 0) continue;
      const rest = thread === undefined ? left : left.map((count, index) => (index === thread && count > 0 ? count - 1 : count));
      const after = canonical({ world: settled(system, system.step(here, choice).world), left: rest });
      const step = number(choice);
      let place = known.get(keyOf(system, after));
      if (place === undefined) {
        if (places.length >= limit) {
          complete = false;
          continue;
        }
        place = add(after, at, step);
      }
      from.push(at);
      to.push(place);
      by.push(step);
    }
  }
  return {
    worlds: places.length, complete, depth: Int32Array.from(depth), parent: Int32Array.from(parent), via: Int32Array.from(via),
    from: Int32Array.from(from), to: Int32Array.from(to), by: Int32Array.from(by), steps: told, fields: fields.done(),
  };
}

/** The world when every answer in flight has been delivered. */
function settled(system: System, world: World): World {
  while (world.flight.some(({ event }) => isAnswer(event))) world = system.step(world, system.choices(world)[0] as Choice).world;
  return world;
}

/** Only the order inside a channel belongs to a world. */
function canonical({ world, left }: Place): Place {
  const channel = ({ event, to }: Flight) => `${event.from} ${to}`;
  const flight = world.flight.map((sent) => ({ ...sent, cause: null })).sort((a, b) => (channel(a) < channel(b) ? -1 : channel(a) > channel(b) ? 1 : 0));
  return { world: { ...world, flight, seq: 0 }, left };
}

const keyOf = (system: System, { world, left }: Place): string => `${system.key(world)}|${left.join(',')}`;

/** The steps to a world from where the search began. */
export function wayTo({ parent, via, steps }: Space, world: number): SpaceStep[] {
  const way: SpaceStep[] = [];
  for (let at = world; (parent[at] ?? -1) >= 0; at = parent[at] as number) way.unshift(steps[via[at] as number] as SpaceStep);
  return way;
}

/** Steps out of a world, with where they lead. */
export function stepsFrom({ from, to, by, steps }: Space, world: number): { readonly step: SpaceStep; readonly to: number }[] {
  const found: { step: SpaceStep; to: number }[] = [];
  for (let edge = from.indexOf(world); edge >= 0 && from[edge] === world; edge++) found.push({ step: steps[by[edge] as number] as SpaceStep, to: to[edge] as number });
  return found;
}
