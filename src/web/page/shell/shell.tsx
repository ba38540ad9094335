/** The frame: what may come next on the left, a view in the centre, what is selected on the right, the facts below. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { FactsView } from '../facts/table.tsx';
import type { Session } from '../session.ts';
import { views } from '../views.ts';
import { eventText } from '../../../log/why.ts';
import './shell.css';

export interface Props { readonly session: Session }

export function Shell({ session }: Props) {
  return (
    <div class="shell">
      <header class="bar"><strong>dma-ownership</strong><span class="muted">{session.place.value.model}</span></header>
      <aside class="left" aria-label="What may happen next">
        {session.choices.value.map((choice) => (
          <button key={`${choice.kind}${choice.to}${JSON.stringify(choice.event)}`} class="choice" onClick={() => { session.actions.deliver(choice); }}>{choice.to} {eventText(choice.event)}</button>
        ))}
      </aside>
      <main class="centre"><Tabs session={session} /><Shown session={session} /></main>
      <aside class="right" aria-label="Inspector"><pre>{session.selected.value === null ? '' : JSON.stringify(session.system.value.local(session.world.value, session.selected.value).value, null, 1)}</pre></aside>
      <footer class="below"><FactsView session={session} /></footer>
    </div>
  );
}

function Tabs({ session }: Props) {
  return (
    <nav class="tabs" role="tablist" aria-label="Views">
      {views.map(({ name, title }) => <button key={name} role="tab" class="plain" aria-selected={session.view.value === name} onClick={() => { session.actions.show(name); }}>{title}</button>)}
    </nav>
  );
}

const loaded = new Map<string, ComponentType<Props>>();

function Shown({ session }: Props) {
  const tick = useSignal(0);
  const view = views.find(({ name }) => name === session.view.value) ?? views[0];
  useEffect(() => {
    if (view === undefined || loaded.has(view.name)) return;
    view.load().then((component) => { loaded.set(view.name, component); tick.value++; }).catch((error: unknown) => { session.actions.tell('error', String(error)); });
  }, [view]);
  void tick.value;
  const Component = view === undefined ? undefined : loaded.get(view.name);
  return <div class="view">{Component === undefined ? <p class="muted">Loading…</p> : <Component session={session} />}</div>;
}
