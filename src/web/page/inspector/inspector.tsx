/** What is selected, at this point: its state, what the last fact changed, why, and the difference to another point. */
import { batch, useSignal, useSignalEffect } from '@preact/signals';
import { environment } from '../../../../machines/address.ts';
import { eventText, why, type Hop } from '../../../log/why.ts';
import { holders, renderHolder } from '../../../log/holder.ts';
import type { Fact } from '../../../world/world.ts';
import type { Session } from '../session.ts';
import { Icon } from '../shell/icon.tsx';
import { argumentsOf, failed, short } from '../words.ts';
import { changesOf, difference, shown, type Change } from './difference.ts';
import './inspector.css';

interface Props { readonly session: Session }

export function Inspector({ session }: Props) {
  return (
    <>
      {session.compared.value !== null && <Compared session={session} />}
      <LastFact session={session} />
      <Actor session={session} />
      <Why session={session} />
    </>
  );
}

const Changes = ({ changes }: { readonly changes: readonly Change[] }) => (
  <dl class="changes">
    {changes.map(({ field, before, after }) => <div key={field}><dt>{field}</dt><dd><del>{before || '∅'}</del> <span aria-label="becomes">→</span> <ins>{after || '∅'}</ins></dd></div>)}
  </dl>
);

function LastFact({ session }: Props) {
  const fact = session.fact.value;
  if (fact === undefined) return <section><h2>Beginning</h2><p class="muted small">No fact yet. Choose what happens next on the left, or open a run.</p></section>;
  const recorded = session.recorded.value.fact(fact.seq);
  const changes = recorded.before === null || recorded.after === null ? [] : changesOf(recorded.before, recorded.after);
  return (
    <section aria-label="Last fact">
      <h2>Fact {fact.seq}</h2>
      <p class="mono fact-line"><button class="link" onClick={() => { session.actions.select(fact.from); }}>{short(fact.from)}</button> → <button class="link" onClick={() => { session.actions.select(fact.to); }}>{short(fact.to)}</button></p>
      <p class={failed(fact.event) ? 'mono event bad' : 'mono event'}>{eventText(fact.event)} <span class="muted">{argumentsOf(fact.event, fact.from, fact.to)}</span></p>
      {fact.said.length > 0 && <ul class="said">{fact.said.map((word, index) => <li key={index} class="mono">{eventText(word)} <span class="muted">{argumentsOf(word, fact.to)}</span></li>)}</ul>}
      {recorded.passed.length > 0 && <p class="small">passes <span class="mono">{recorded.passed.map(({ label }) => label).join(', ')}</span></p>}
      {changes.length > 0 && <Changes changes={changes} />}
      {fact.cause !== null && <p class="small muted">caused by <button class="link" onClick={() => { session.actions.goTo((fact.cause ?? 0) + 1); }}>fact {fact.cause}</button></p>}
    </section>
  );
}

function Actor({ session }: Props) {
  const address = session.selected.value ?? (session.fact.value === undefined || session.fact.value.to === environment ? null : session.fact.value.to);
  if (address === null || !session.system.value.has(address)) return null;
  const { value, context } = session.system.value.local(session.world.value, address);
  const fact = session.fact.value;
  const before = fact?.to === address ? session.recorded.value.fact(fact.seq).before : null;
  const rows = Object.entries(context).filter(([key]) => key !== 'address');
  return (
    <section aria-label="Selected actor">
      <h2 class="mono">{address}{session.selected.value === null && <span class="muted"> (last receiver)</span>}</h2>
      <Tree value={value} />
      <table class="context">
        <tbody>{rows.map(([key, one]) => <tr key={key} data-changed={before !== null && shown(before.context[key]) !== shown(one)}><th scope="row">{key}</th><td>{shown(one)}</td></tr>)}</tbody>
      </table>
    </section>
  );
}

/** A state value with its parts below each other. */
function Tree({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <div class="state mono">{value}</div>;
  return <ul class="state-tree">{Object.entries(value as Readonly<Record<string, unknown>>).map(([name, inner]) => (
    <li key={name} class="mono"><span class="part">{name}</span>{typeof inner === 'string' ? <> <span class="state">{inner}</span></> : Object.keys(inner as object).length > 0 && <Tree value={inner} />}</li>
  ))}</ul>;
}

interface Chain {
  readonly hops: readonly Hop[];
  readonly held: readonly string[];
}
const nothing: Chain = { hops: [], held: [] };

/** Milliseconds without a step before causes are looked for: while somebody scrubs, nobody reads them. */
const rest = 60;

function Why({ session }: Props) {
  const chain = useSignal(nothing);
  const of = useSignal<Fact | undefined>(undefined);
  useSignalEffect(() => {
    const fact = session.fact.value;
    const facts = session.recorded.value;
    const timer = setTimeout(() => batch(() => {
      of.value = fact;
      chain.value = fact === undefined ? nothing : { hops: why(facts, fact.seq), held: holders(facts, fact.seq).map(renderHolder) };
    }), rest);
    return () => { clearTimeout(timer); };
  });
  if (chain.value.hops.length === 0 || session.fact.value === undefined) return null;
  return (
    <section aria-label="Why" aria-busy={of.value !== session.fact.value} class={of.value === session.fact.value ? '' : 'stale'}>
      <h2>Why</h2>
      {chain.value.held.map((line) => <p key={line} class="holder small">{line}</p>)}
      <ol class="why">
        {chain.value.hops.map(({ seq, text, object, kind }, index) => (
          <li key={index} class={kind}><button class="link" onClick={() => { session.actions.goTo(seq + 1); }}><span class="seq">{seq}</span> <span class="mono">{text}</span>{object !== null && <span class="muted mono"> {object}</span>}</button></li>
        ))}
      </ol>
    </section>
  );
}

function Compared({ session }: Props) {
  const from = session.compared.value;
  if (from === null) return null;
  const [first, last] = [Math.min(from, session.at.value), Math.max(from, session.at.value)];
  const found = difference(session.system.value, session.worldAt(first), session.worldAt(last));
  return (
    <section aria-label="Difference">
      <h2>Difference, {first} to {last} <button class="plain" onClick={() => { session.actions.compare(null); }} aria-label="Close the difference"><Icon name="close" /></button></h2>
      {found.length === 0 && <p class="muted small">{first === last ? 'Go to another point: what is other there is listed here.' : 'Everybody is as before.'}</p>}
      {found.map(({ address, changes }) => <div key={address} class="compared"><button class="link mono" onClick={() => { session.actions.select(address); }}>{address}</button><Changes changes={changes} /></div>)}
    </section>
  );
}
