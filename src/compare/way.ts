/** From what was seen back to the steps that show it. */
import type { WayStep } from '../check/path.ts';
import type { Choice } from '../check/tables.ts';
import type { Closed } from '../export/close.ts';
import type { Watch } from './lts.ts';

/** A shortest way, in steps, on which just these labels are seen; the last step may show more. */
export function wayAlong({ search, tables }: Closed, watch: Watch, run: readonly number[]): WayStep[] {
  const known = new Map<number, { readonly before: number; readonly choice: number }>();
  const keyOf = (place: number, at: number) => place * (run.length + 1) + at;
  const queue = [keyOf(0, 0)];
  for (const key of queue) {
    const at = key % (run.length + 1);
    if (at === run.length) return back(key);
    search.successors((key - at) / (run.length + 1), (choice) => {
      const seen = watch.seen(search);
      if (seen.some((label, index) => at + index < run.length && run[at + index] !== label)) return;
      const next = keyOf(search.find(), Math.min(run.length, at + seen.length));
      if (next === 0 || known.has(next)) return;
      known.set(next, { before: key, choice });
      queue.push(next);
    });
  }
  throw new Error('no way shows what the comparison found');

  function back(end: number): WayStep[] {
    const steps: WayStep[] = [];
    for (let at = known.get(end); at !== undefined; at = known.get(at.before)) {
      const { target, event, start } = tables.choices[at.choice] as Choice;
      steps.unshift({ to: (tables.subject.actors[target] as { address: string }).address, event, start });
    }
    return steps;
  }
}
