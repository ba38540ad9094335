/** The lanes and rows of a run: at once where it is short, else in slices that leave the page responsive. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Shown } from '../../../view/sequence/calls.ts';
import { sequenceOf, sequencing, type Sequence, type SequenceOptions, type Speech } from '../../../view/sequence/rows.ts';

/** Facts that are laid out at once. */
const short = 10_000;
/** Longest stretch of work between two frames, in milliseconds. */
const slice = 12;
const none = sequenceOf([]);

export function useSequence(facts: readonly Shown[], all: boolean, opened: ReadonlySet<string>, folded: ReadonlySet<number>, kept: ReadonlySet<number> | undefined, together: boolean, speech: Speech | undefined): Sequence {
  const laid = useSignal<Sequence>(none);
  const options: SequenceOptions = { all, opened, folded, together, ...(kept === undefined ? {} : { kept }), ...(speech === undefined ? {} : { speech }) };
  const given = [facts, all, opened, folded, kept, together, speech];
  const atOnce = useMemo(() => (facts.length <= short ? sequenceOf(facts, options) : null), given);
  useEffect(() => {
    if (facts.length <= short) return undefined;
    let wanted = true;
    const work = sequencing(facts, options);
    const goOn = () => {
      for (const until = performance.now() + slice; wanted && performance.now() < until;) {
        const next = work.next();
        if (next.done !== true) continue;
        laid.value = next.value;
        return;
      }
      if (wanted) setTimeout(goOn, 0);
    };
    goOn();
    return () => { wanted = false; };
  }, given);
  if (atOnce !== null) return atOnce;
  // What was laid out of the same run stands until the rest is; of another run nothing does.
  return laid.value.facts[0] === facts[0] ? laid.value : none;
}
