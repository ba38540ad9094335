/** From what was seen back to the steps that show it. */
import type { WayStep } from '../check/path.ts';
import type { Choice } from '../check/tables.ts';
import { internal, type Observed } from './lts.ts';

/** A shortest way, in steps, on which just these labels are seen; its last step may show more. */
export function wayAlong(observed: Observed, run: readonly number[]): WayStep[] {
  const known = new Map<number, { readonly before: number; readonly choice: number }>();
  const keyOf = (state: number, at: number) => state * (run.length + 1) + at;
  let level = [keyOf(0, 0)];
  const done = new Set<number>();
  while (level.length > 0) {
    const next: number[] = [];
    for (const key of level) {
      if (done.has(key)) continue;
      done.add(key);
      const at = key % (run.length + 1);
      if (at === run.length) return back(key);
      observed.successors((key - at) / (run.length + 1), (label, to, choice) => {
        if (label !== internal && label !== run[at]) return;
        const then = keyOf(to, label === internal ? at : at + 1);
        if (done.has(then) || (choice !== -1 && known.has(then))) return;
        known.set(then, { before: key, choice });
        (choice === -1 ? level : next).push(then); // to notice something is no step
      });
    }
    level = next;
  }
  throw new Error('no way shows what the comparison found');

  function back(end: number): WayStep[] {
    const { tables } = observed.search;
    const steps: WayStep[] = [];
    for (let at = known.get(end); at !== undefined; at = known.get(at.before)) {
      if (at.choice === -1) continue;
      const { target, event, start } = tables.choices[at.choice] as Choice;
      steps.unshift({ to: (tables.subject.actors[target] as { address: string }).address, event, start });
    }
    return steps;
  }
}
