/** The centre of the page while an application is watched: its views as tabs, or how to connect. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { FactsView } from '../facts/table.tsx';
import type { Application, Tab } from './application.ts';
import { receiver } from './watching.ts';
import './watch.css';

/** Names and keys as those of a run have, where the same stands behind them. */
export const tabs: readonly { readonly name: Tab; readonly title: string; readonly key: string }[] = [
  { name: 'chart', title: 'Chart', key: '2' }, { name: 'sequence', title: 'Sequence', key: '3' }, { name: 'facts', title: 'Facts', key: '8' },
];

type Component = ComponentType<{ readonly app: Application }>;
const loaded = new Map<Tab, Component>();
const load = async (tab: Tab): Promise<Component> => {
  const { WatchedChart, WatchedSequence } = await import('./views.tsx');
  return tab === 'chart' ? WatchedChart : WatchedSequence;
};

export function WatchCentre({ app }: { readonly app: Application }) {
  const tick = useSignal(0);
  const tab = app.tab.value;
  useEffect(() => {
    if (tab !== 'facts' && !loaded.has(tab)) load(tab).then((one) => { loaded.set(tab, one); tick.value++; }).catch(() => undefined);
  }, [tab]);
  void tick.value;
  const View = loaded.get(tab);
  const turn = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(tabs.findIndex(({ name }) => name === tab) + by + tabs.length) % tabs.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    app.tab.value = next.name;
    document.getElementById(`tab-${next.name}`)?.focus();
  };
  const { open } = app.head.value;
  const forgotten = app.missed.value + app.first.value;
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Views" data-keys="own" onKeyDown={turn}>
        {tabs.map(({ name, title, key }) => <button key={name} id={`tab-${name}`} role="tab" class="plain" aria-selected={tab === name} aria-controls="view" tabIndex={tab === name ? 0 : -1} title={`${title} (Alt+${key})`} onClick={() => { app.tab.value = name; }}>{title}</button>)}
        <span class="grow" />
        <span class="small muted">{open ? <span class="live on">● live</span> : 'over'}{forgotten > 0 ? `, ${forgotten} older messages forgotten` : ''}</span>
      </div>
      <div class="view" id="view" role="tabpanel" aria-labelledby={`tab-${tab}`}>{tab === 'facts' ? <FactsView session={app} /> : View === undefined ? <p class="loading muted">Loading…</p> : <View app={app} />}</div>
    </>
  );
}

export function Waiting() {
  const url = receiver.value;
  return (
    <section class="waiting pad" aria-label="How to connect">
      <h2>Nobody has connected yet</h2>
      {url != null && (
        <>
          <p>Any XState 5 application shows itself here, in Node or in a page of this machine:</p>
          <pre>{`import { createWebSocketInspector } from '@statelyai/inspect';

const inspector = createWebSocketInspector({ url: '${url}', maxDeferredEvents: 10_000 });
createActor(machine, { inspect: inspector.inspect }).start();`}</pre>
          <p class="muted">Its actors, charts, states and messages stay on this machine. Without <code>maxDeferredEvents</code> all but the last 200 messages before the connection are lost.</p>
        </>
      )}
      <p class="muted">A server of @xstate/inspect 0.8 (XState 4) is asked by its URL: <code>dma-ownership inspect ws://127.0.0.1:8888</code>.</p>
    </section>
  );
}
