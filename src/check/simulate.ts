/**
 * Random walks, for worlds too many to visit. What is found is real; what is not found is only not found.
 */
import type { System } from '../world/world.ts';
import type { WayStep } from './path.ts';
import type { Property } from './property.ts';
import { generator } from './random.ts';
import { pct, uniform, type Schedule } from './schedule.ts';
import { shrink } from './shrink.ts';
import type { Subject } from './subject.ts';
import { Walk, type Ground } from './walk.ts';

export interface SimulateOptions {
  /** Number of walks. */
  readonly walks: number;
  /** Number of the first of them. Default 0. With `walks: 1` a single walk is taken again. */
  readonly first?: number | undefined;
  /** Steps of each at most. Default 1000. */
  readonly length?: number;
  /** The same seed gives the same walks. */
  readonly seed: number;
  /** `uniform`: each choice as likely as any other. `pct`: by priorities that change `depth - 1` times. Default `uniform`. */
  readonly schedule?: 'uniform' | 'pct' | undefined;
  /** Of `pct`: how many steps have to come in the right order for the fault to show. Default 3. */
  readonly depth?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Sample {
  readonly name: string;
  /** A walk cannot show that a property holds: then it was sampled, and nothing more is said. */
  readonly verdict: 'broken' | 'sampled';
  /** Number of the walk that broke it with the fewest steps, and how many these were. */
  readonly walk?: number;
  readonly walked?: number;
  /** The steps to the violation that were left when every step that could be left out was. */
  readonly steps?: readonly WayStep[];
}

export interface SimulationReport {
  readonly walks: number;
  readonly steps: number;
  readonly samples: readonly Sample[];
}

/**
 * Walks at random and judges every world and step on the way.
 *
 * Kinds that speak of all futures (`canAlways`, `leadsTo`) and `sometimes` are left out. The shortest violation of all
 * walks is kept for each property, and then shrunk. A walk is a function of seed, number, schedule and depth alone.
 *
 * @example
 * const { samples } = await simulate(system, subject, properties, { walks: 100, seed: 7, schedule: 'pct' });
 * samples.filter(({ verdict }) => verdict === 'broken');
 */
export async function simulate(system: System, subject: Subject, properties: readonly Property[], options: SimulateOptions): Promise<SimulationReport> {
  const { walks, first = 0, length = 1000, seed, signal } = options;
  const ground: Ground = { system, subject, properties: properties.filter(({ kind }) => kind === 'always' || kind === 'atRest' || kind === 'neverStuck') };
  const schedule = scheduleOf(ground, options, length);
  const found = new Map<Property, { walk: number; steps: readonly WayStep[] }>();
  let [done, steps] = [0, 0];
  for (; done < walks && signal?.aborted !== true; done++) {
    const number = first + done;
    steps += stroll(ground, schedule(generator(seed + number * 0x9e3779b1)), length, (property, walk) => {
      if ((found.get(property)?.steps.length ?? Infinity) > walk.steps.length) found.set(property, { walk: number, steps: walk.steps.slice() });
    });
    if (done % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    walks: done, steps,
    samples: ground.properties.map((property): Sample => {
      const { walk, steps: walked } = found.get(property) ?? {};
      if (walk === undefined || walked === undefined) return { name: property.name, verdict: 'sampled' };
      return { name: property.name, verdict: 'broken', walk, walked: walked.length, steps: shrink(ground, property, walked) };
    }),
  };
}

function scheduleOf(ground: Ground, { schedule, depth = 3, seed }: SimulateOptions, length: number): (random: () => number) => Schedule {
  if (schedule !== 'pct') return uniform;
  const usual = stroll(ground, uniform(generator(seed)), length, () => undefined); // how long walks are here
  return (random) => pct(random, depth, usual);
}

/** One walk to its end. Gives its steps. */
function stroll(ground: Ground, schedule: Schedule, length: number, broken: (property: Property, walk: Walk) => void): number {
  const walk = new Walk(ground);
  for (;;) {
    const open = walk.open();
    for (const property of walk.broken(open.length === 0)) broken(property, walk);
    const choice = walk.steps.length < length ? schedule(walk, open) : undefined;
    if (choice === undefined) return walk.steps.length;
    for (const property of walk.take(choice)) broken(property, walk);
  }
}
