/** What the checker says: claims beside their counterexamples, bugs of the kernel, properties by model. Every way opens in the other views. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { BugsData, ClaimsData, MatrixData } from '../../../view/verdicts/data.ts';
import type { Session } from '../session.ts';
import { Bugs } from './bugs.tsx';
import { Claims } from './claims.tsx';
import { Matrix } from './matrix.tsx';
import './verdicts.css';

const tables = { claims: 'Claims of the thread', bugs: 'Bugs of the kernel', properties: 'Properties by model' } as const;
type Name = keyof typeof tables;

/** Kept while another view is in front. */
const shown = signal<Name>('claims');
const loaded = { claims: signal<ClaimsData | null>(null), bugs: signal<BugsData | null>(null), properties: signal<MatrixData | null>(null) };

async function load(name: Name): Promise<void> {
  if (loaded[name].value !== null) return;
  if (name === 'claims') loaded.claims.value = (await import('./claims.json')).default as unknown as ClaimsData;
  else if (name === 'bugs') loaded.bugs.value = (await import('./bugs.json')).default as unknown as BugsData;
  else loaded.properties.value = (await import('./properties.json')).default as unknown as MatrixData;
}

export function VerdictsView({ session }: { readonly session: Session }) {
  const name = shown.value;
  useEffect(() => { load(name).catch((error: unknown) => { session.actions.tell('error', `the verdicts cannot be loaded: ${String(error)}`); }); }, [name]);
  const { claims, bugs, properties } = loaded;
  return (
    <section class="verdicts" aria-label="Verdicts">
      <div class="tables" role="tablist" aria-label="Tables">
        {(Object.keys(tables) as Name[]).map((one) => <button key={one} role="tab" class="plain" aria-selected={one === name} onClick={() => { shown.value = one; }}>{tables[one]}</button>)}
      </div>
      {loaded[name].value === null ? <p class="muted pad">Loading…</p>
        : name === 'claims' ? <Claims session={session} data={claims.value as ClaimsData} />
        : name === 'bugs' ? <Bugs session={session} data={bugs.value as BugsData} />
        : <Matrix session={session} data={properties.value as MatrixData} />}
    </section>
  );
}
