/** The frame: objects and what may come next on the left, a view in the centre, what is selected on the right, facts and time below. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { belongs, commandsOf, dialog, keyOf, showsFacts, theme } from '../commands.ts';
import { Help } from '../dialogs/help.tsx';
import { Palette } from '../dialogs/palette.tsx';
import { Runs } from '../dialogs/runs.tsx';
import { TopologyForm } from '../dialogs/topology.tsx';
import { Drive } from '../drive/drive.tsx';
import { Objects } from '../drive/objects.tsx';
import { FactsView } from '../facts/table.tsx';
import { Time } from '../facts/time.tsx';
import { Inspector } from '../inspector/inspector.tsx';
import { openFiles } from '../io/open.ts';
import type { Session } from '../session.ts';
import { views } from '../views.ts';
import { Actors } from '../watch/actors.tsx';
import { WatchCentre, Waiting } from '../watch/centre.tsx';
import { WatchInspector } from '../watch/inspector.tsx';
import { front, watched } from '../watch/watching.ts';
import { Bar } from './bar.tsx';
import { Icon } from './icon.tsx';
import { Splitter } from './splitter.tsx';
import './shell.css';

export interface Props { readonly session: Session }

/** Pixels of the left, the right and the lower part. */
const sizes = { left: 292, right: 304, below: 214 };

export function Shell({ session }: Props) {
  const left = useSignal(sizes.left);
  const right = useSignal(sizes.right);
  const below = useSignal(sizes.below);
  useKeys(session);
  useDrop(session);
  useLayoutEffect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme.value;
  }, [theme.value]);
  const facts = showsFacts(session);
  const app = watched();
  const waits = front.value === 'waiting';
  const wide = waits || (app === null && views.find(({ name }) => name === session.view.value)?.wide === true);
  const line = app ?? session;
  return (
    <div class={wide ? 'shell wide' : 'shell'} style={wide ? {} : { gridTemplateColumns: `${left.value}px minmax(0, 1fr) ${right.value}px`, gridTemplateRows: `auto minmax(0, 1fr) ${facts ? below.value : 36}px` }}>
      <Bar session={session} />
      {!wide && (app === null
        ? <aside class="left" aria-label="Objects, and what may happen next"><Objects session={session} /><Drive session={session} /></aside>
        : <aside class="left" aria-label="Actors of the application"><Actors app={app} /></aside>)}
      <main class="centre">{waits ? <Waiting /> : app === null ? <><Tabs session={session} /><Shown session={session} /></> : <WatchCentre app={app} />}</main>
      {!wide && <aside class="right" aria-label="Inspector">{app === null ? <Inspector session={session} /> : <WatchInspector app={app} />}</aside>}
      {!wide && <footer class="below"><Time key={app?.id ?? ''} session={line} />{facts && <FactsView key={app?.id ?? ''} session={line} />}</footer>}
      {!wide && <Splitter size={left} least={180} most={560} label="Width of the left part" side="left" />}
      {!wide && <Splitter size={right} least={180} most={640} label="Width of the inspector" side="right" />}
      {!wide && facts && <Splitter size={below} least={60} most={700} label="Height of the facts" side="below" />}
      <Notice session={session} />
      {dialog.value === 'palette' && <Palette session={session} />}
      {dialog.value === 'help' && <Help session={session} />}
      {dialog.value === 'topology' && <TopologyForm session={session} />}
      {dialog.value === 'runs' && <Runs session={session} />}
    </div>
  );
}

function Tabs({ session }: Props) {
  const turn = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const index = views.findIndex(({ name }) => name === session.view.value);
    const next = views[(index + by + views.length) % views.length];
    if (next === undefined) return;
    session.actions.show(next.name);
    document.getElementById(`tab-${next.name}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" data-keys="own" onKeyDown={turn}>
      {views.map(({ name, title, key }) => (
        <button key={name} id={`tab-${name}`} role="tab" class="plain" aria-selected={session.view.value === name} aria-controls="view" tabIndex={session.view.value === name ? 0 : -1} title={`${title} (Alt+${key})`} onClick={() => { session.actions.show(name); }}>{title}</button>
      ))}
    </div>
  );
}

const loaded = new Map<string, ComponentType<Props>>();

function Shown({ session }: Props) {
  const tick = useSignal(0);
  const view = views.find(({ name }) => name === session.view.value) ?? views[0];
  useEffect(() => {
    if (view === undefined || loaded.has(view.name)) return;
    view.load().then((component) => { loaded.set(view.name, component); tick.value++; }).catch((error: unknown) => { session.actions.tell('error', `${view.title} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`); });
  }, [view]);
  void tick.value;
  const Component = view === undefined ? undefined : loaded.get(view.name);
  return <div class="view" id="view" role="tabpanel" aria-labelledby={`tab-${view?.name ?? ''}`}>{Component === undefined ? <p class="loading muted">Loading…</p> : <Component session={session} />}</div>;
}

function Notice({ session }: Props) {
  const notice = session.notice.value;
  const busy = session.busy.value;
  useEffect(() => {
    if (notice === null || notice.kind === 'error') return undefined;
    const timer = setTimeout(() => { session.actions.quiet(); }, 6000);
    return () => { clearTimeout(timer); };
  }, [notice]);
  return (
    <>
      <div class="notices" role={notice?.kind === 'error' ? 'alert' : 'status'}>
        {notice !== null && <div class={`notice ${notice.kind}`}><span aria-hidden="true">{notice.kind === 'error' ? '⚠' : '✓'}</span><span class="text">{notice.text}</span><button class="plain" onClick={() => { session.actions.quiet(); }} aria-label="Close"><Icon name="close" /></button></div>}
      </div>
      {busy !== null && <div class="busy"><span>{busy.what}</span><progress value={busy.done} max={1} aria-label={busy.what} /></div>}
    </>
  );
}

function useKeys(session: Session): void {
  useLayoutEffect(() => {
    const byKey = new Map(commandsOf(session).flatMap((command) => command.keys.map((key) => [key, command] as const)));
    const listen = (event: KeyboardEvent) => {
      const key = keyOf(event);
      const command = byKey.get(key);
      if (event.defaultPrevented || command === undefined || (dialog.value !== 'none' && key !== 'Ctrl+k') || (!/^(?:Ctrl|Meta|Alt)\+/.test(key) && belongs(event.target, event.key))) return;
      event.preventDefault();
      command.run();
    };
    addEventListener('keydown', listen);
    return () => { removeEventListener('keydown', listen); };
  }, [session]);
}

function useDrop(session: Session): void {
  useLayoutEffect(() => {
    const over = (event: DragEvent) => { event.preventDefault(); };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      openFiles(session, [...(event.dataTransfer?.files ?? [])]).catch((error: unknown) => { session.actions.tell('error', error instanceof Error ? error.message : String(error)); });
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => { removeEventListener('dragover', over); removeEventListener('drop', drop); };
  }, [session]);
}
