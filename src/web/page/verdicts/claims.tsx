/** The claims of the seed mail, each beside the way that shows most of its verdict. */
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { ClaimCheckData, ClaimData, ClaimsData } from '../../../view/verdicts/data.ts';
import type { Topology } from '../../../../machines/topology.ts';
import type { Session } from '../session.ts';
import { Checks } from './checks.tsx';
import { List, Verdict } from './list.tsx';
import { Way, type Shown } from './way.tsx';

const people: Readonly<Record<ClaimData['who'], string>> = { R: 'Robin Murphy', J: 'Jason Gunthorpe', C: 'Christoph Hellwig' };
const chosen = signal('11');
const check = signal<ClaimCheckData | null>(null);

const marks = ({ role, met }: ClaimCheckData): readonly [string, string] => (role === 'control' ? (met ? ['=', 'a control that came out as it has to'] : ['!', 'a control that did not come out as it has to']) : met ? ['+', 'as the claim says'] : ['−', 'not as the claim says']);

export function Claims({ session, data }: { readonly session: Session; readonly data: ClaimsData }) {
  const claim = data.claims.find(({ id }) => String(id) === chosen.value) ?? (data.claims[0] as ClaimData);
  const best = claim.shown === undefined ? null : claim.checks[claim.shown] ?? null;
  const one = check.value !== null && claim.checks.includes(check.value) ? check.value : best;
  const shown = useMemo((): Shown | null => (one?.way === undefined ? null : { ...one, way: one.way, topology: data.topologies[one.topology] as Topology, title: `claim ${claim.id}: ${one.model}` }), [one]);
  return (
    <List title="Claims" chosen={String(claim.id)} onChoose={(id) => { chosen.value = id; check.value = null; }} entries={data.claims.map(({ id, who, claim: words, verdict }) => ({ id: String(id), verdict, words: <><abbr title={people[who]}>{who}</abbr> {words}</> }))}>
      <article class="question">
        <h2>{claim.claim}</h2>
        <p><Verdict verdict={claim.verdict} />{claim.condition !== undefined && <> if {claim.condition}</>} <span class="muted">— claimed by {people[claim.who]}</span></p>
        <p>{claim.note}</p>
        {claim.measures.length > 0 && <ul class="measures">{claim.measures.map(({ what, value }) => <li key={what}>{what}: <strong>{value}</strong></li>)}</ul>}
        {claim.seen.length > 0 && <ul class="measures">{claim.seen.map(({ recording, shows }) => <li key={recording}>Seen in the recording <code>{recording}</code>: {shows}</li>)}</ul>}
        <Checks checks={claim.checks} whys={data.whys} where={({ setting }) => setting} mark={marks} chosen={one} onChoose={(other) => { check.value = other; }} />
      </article>
      {shown === null ? <p class="muted pad">No way belongs to this verdict: what it says was counted, or holds in every world.</p> : <Way session={session} shown={shown} />}
    </List>
  );
}
