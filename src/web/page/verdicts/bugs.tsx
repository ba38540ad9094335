/** Bugs of the kernel: broken where they were, and not where they were put right. */
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Topology } from '../../../../machines/topology.ts';
import type { BugCheckData, BugData, BugsData } from '../../../view/verdicts/data.ts';
import type { Session } from '../session.ts';
import { Checks } from './checks.tsx';
import { List, Verdict } from './list.tsx';
import { Way, type Shown } from './way.tsx';

const chosen = signal('1');
const check = signal<BugCheckData | null>(null);
const meanings: Readonly<Record<BugCheckData['role'], readonly [string, string]>> = { affected: ['✗', 'has the bug'], fixed: ['✓', 'has the fix'], repaired: ['◇', 'with a repair that nobody has posted'] };

export function Bugs({ session, data }: { readonly session: Session; readonly data: BugsData }) {
  const bug = data.bugs.find(({ id }) => id === chosen.value);
  const beyond = data.outside.find(({ id }) => id === chosen.value);
  const one = bug === undefined ? null : check.value !== null && bug.checks.includes(check.value) ? check.value : bug.checks.find(({ way }) => way !== undefined) ?? null;
  const shown = useMemo((): Shown | null => (one?.way === undefined ? null : { ...one, way: one.way, topology: data.topologies[one.topology] as Topology, title: `bug ${chosen.value}: ${one.model}` }), [one]);
  const entries = [...data.bugs.map(({ id, what, verdict }) => ({ id, verdict, words: what })), ...data.outside.map(({ id, what }) => ({ id, verdict: 'outside', words: what }))];
  return (
    <List title="Bugs" chosen={chosen.value} entries={entries} onChoose={(id) => { chosen.value = id; check.value = null; }}>
      {bug !== undefined && <Detail bug={bug} data={data} one={one} />}
      {beyond !== undefined && <article class="question"><h2>{beyond.what}</h2><p><Verdict verdict="outside" /> the charts: {beyond.because}</p></article>}
      {shown !== null && <Way session={session} shown={shown} />}
    </List>
  );
}

function Detail({ bug, data, one }: { readonly bug: BugData; readonly data: BugsData; readonly one: BugCheckData | null }) {
  return (
    <article class="question">
      <h2>{bug.what}</h2>
      <p><Verdict verdict={bug.verdict} /> {bug.commit === null ? 'no fix is known' : <>put right by <code>{bug.commit}</code></>}</p>
      {bug.condition !== undefined && <p><strong>In the field:</strong> {bug.condition}</p>}
      {bug.note !== undefined && <p>{bug.note}</p>}
      {bug.recordings.length > 0 && <ul class="measures">{bug.recordings.map(({ trace, shows }) => <li key={trace}>Recorded in <code>{trace}</code>: {shows}</li>)}</ul>}
      <Checks checks={bug.checks} whys={data.whys} where={({ property }) => data.whys[property] ?? ''} mark={({ role }) => meanings[role]} chosen={one} onChoose={(other) => { check.value = other; }} />
    </article>
  );
}
