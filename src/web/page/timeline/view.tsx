/** Who owned each group when, over the facts of the run in view. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { groupAt, kindOf } from '../../../../machines/address.ts';
import { Ownership, sentenceAt, type Timeline } from '../../../view/timeline/timeline.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { Bars, Legend } from './bars.tsx';

/** Milliseconds of work between two frames. */
const slice = 10;
interface Folded { readonly fold: Ownership; done: number }
const folds = new WeakMap<Run, Folded>();
const shown = signal<{ readonly run: Run; readonly timeline: Timeline } | null>(null);

function foldOf(run: Run): Folded {
  const known = folds.get(run);
  if (known !== undefined) return known;
  const { system } = run;
  const initial = system.initial();
  const ids = [...new Set(system.actors.map(({ address }) => address).filter((address) => kindOf(address) === 'group'))];
  const fold = new Ownership(ids.map((address) => ({
    address, initial: system.local(initial, address), devices: system.topology.devices.filter(({ group }) => group !== null && groupAt(group) === address).map(({ name }) => name),
  })));
  const folded = { fold, done: 0 };
  folds.set(run, folded);
  return folded;
}

/** Folds what is new, in slices; the timeline is there at the end. */
async function fold(run: Run, isWanted: () => boolean): Promise<void> {
  const folded = foldOf(run);
  let until = performance.now() + slice;
  for (const facts = run.facts.value; folded.done < facts.length; folded.done++) {
    const fact = facts[folded.done];
    if (fact !== undefined && (kindOf(fact.to) === 'group' || kindOf(fact.from) === 'group')) folded.fold.take(fact, kindOf(fact.to) === 'group' ? run.system.local(run.worldAt(folded.done + 1), fact.to) : null);
    if ((folded.done & 31) !== 0 || performance.now() < until) continue;
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    if (!isWanted()) return;
    until = performance.now() + slice;
  }
  shown.value = { run, timeline: folded.fold.timeline(run.facts.value.length) };
}

export function TimelineView({ session }: { readonly session: Session }) {
  const run = session.run.value;
  const facts = session.facts.value;
  useEffect(() => {
    let wanted = true;
    fold(run, () => wanted).catch((error: unknown) => { session.actions.tell('error', String(error)); });
    return () => { wanted = false; };
  }, [run, facts]);
  const timeline = shown.value?.run === run ? shown.value.timeline : null;
  const at = Math.max(0, session.at.value - 1);
  if (timeline === null) return <p class="muted pad">Reading {facts.length} facts…</p>;
  const refused = timeline.groups.flatMap((group) => group.marks.map((mark) => ({ ...mark, group: group.title })));
  return (
    <section class="ownership" aria-label="Ownership">
      <div class="standing">{timeline.groups.map((group) => <strong key={group.id}>{sentenceAt(timeline, group, at)}</strong>)}<span class="muted small">at fact {at}</span></div>
      <Bars timeline={timeline} at={at} prefix="run" onGo={(seq) => { session.actions.goTo(seq + 1); }} />
      <Legend />
      {refused.length > 0 && (
        <div class="refusals" role="region" aria-label="Refusals">
          <h2>Refused: {refused.length}</h2>
          <ul>{refused.slice(0, 500).map(({ at: seq, text, because, group }) => <li key={seq}><button class="hop" onClick={() => { session.actions.goTo(seq + 1); session.actions.show('sequence'); }}><span class="number">{seq}</span><span class="failed">{text}</span>{because !== '' && <span class="muted">{group} was {because}</span>}</button></li>)}</ul>
        </div>
      )}
    </section>
  );
}
