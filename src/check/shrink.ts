/**
 * A failing schedule made short: steps are left out as long as the same property breaks.
 *
 * Delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002): pieces are left out,
 * large ones first. What cannot be taken any more because of that is left out too, so that without its beginning a whole
 * call goes. Every attempt is taken by the step that everything else takes: what comes out is a real way.
 */
import type { WayStep } from './path.ts';
import type { Property } from './property.ts';
import { Walk, type Ground } from './walk.ts';

/** Attempts at most: a way of a thousand steps needs a few hundred. */
const most = 2000;

/** A way to the same violation from which no single step can be left out (or the best of 2000 attempts). */
export function shrink(ground: Ground, property: Property, steps: readonly WayStep[]): readonly WayStep[] {
  let best = steps;
  let attempts = 0;
  const shorter = (without: (index: number) => boolean): boolean => {
    attempts++;
    const found = failing(ground, property, best.filter((_, index) => !without(index)));
    if (found === undefined || found.length >= best.length) return false;
    best = found;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1 && attempts < most;) {
    let improved = false;
    for (let end = best.length; end > 0 && attempts < most; end -= size) {
      if (end > best.length) continue;
      if (shorter((index) => index >= end - size && index < end)) improved = true;
    }
    if (!improved || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  return best;
}

/** Takes those of the steps that can be taken, in their order; the steps until the property breaks, undefined if it does not. */
export function failing(ground: Ground, property: Property, steps: readonly WayStep[]): readonly WayStep[] | undefined {
  const walk = new Walk(ground);
  for (const { to, event, start } of steps) {
    const open = walk.open();
    if (walk.broken(open.length === 0).includes(property)) return walk.steps;
    const choice = open.find((one) => one.to === to && one.event === event && (one.kind === 'start') === start);
    if (choice !== undefined && walk.take(choice).includes(property)) return walk.steps;
  }
  return walk.broken(walk.open().length === 0).includes(property) ? walk.steps : undefined;
}
