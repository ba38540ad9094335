/** Who is next, at random: two ways to choose. */
import type { Choice } from '../world/world.ts';
import type { Walk } from './walk.ts';

/** Picks one of the choices; `undefined` only where there are none. */
export type Schedule = (walk: Walk, choices: readonly Choice[]) => Choice | undefined;

const among = <One>(all: readonly One[], random: () => number): One | undefined => all[Math.floor(random() * all.length)];

/** Each choice as likely as any other. */
export const uniform = (random: () => number): Schedule => (_walk, choices) => among(choices, random);

/**
 * Priorities at random, and a few moments at random at which whoever runs falls behind all others. Only the thread of
 * the highest priority that can go on does; what the environment answers it, and which call it begins, is left to chance.
 *
 * PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs, ASPLOS 2010. With n threads and walks of k steps, a fault that shows when `depth` steps come in the right order is
 * met by one walk with a probability of at least 1 / (n * k ** (depth - 1)), if the environment answers as it has to.
 *
 * @param depth 1: no thread ever falls behind; d: d - 1 times
 * @param length steps among which these moments are drawn
 */
export function pct(random: () => number, depth: number, length: number): Schedule {
  const priorities = new Map<string, number>();
  /** By step: the priority to which the thread of this step falls; below every first one. */
  const falls = new Map(Array.from({ length: depth - 1 }, (_, index): [number, number] => [1 + Math.floor(random() * length), -1 - index]));
  let step = 0;
  return (walk, choices) => {
    step++;
    const threads = new Map<string, Choice[]>();
    for (const choice of choices) {
      const thread = walk.root(choice);
      if (!priorities.has(thread)) priorities.set(thread, random());
      threads.set(thread, [...threads.get(thread) ?? [], choice]);
    }
    const first = () => [...threads.keys()].reduce<string | undefined>((best, thread) =>
      (best === undefined || (priorities.get(thread) as number) > (priorities.get(best) as number) ? thread : best), undefined);
    const fall = falls.get(step);
    const running = first();
    if (fall !== undefined && running !== undefined) priorities.set(running, fall);
    return among(threads.get(first() ?? '') ?? [], random);
  };
}
