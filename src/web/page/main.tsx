/** The beginning of the page: what it was asked to show, else a small run to begin with. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { defaultTopology } from '../../world/topology.ts';
import type { Start } from '../server/given.ts';
import { grows, listen } from './io/live.ts';
import { goTo, keepLink, pointOf } from './io/link.ts';
import { openGiven } from './io/open.ts';
import { ask, own } from './io/server.ts';
import { createSession } from './session.ts';
import { front, listenToApplications, showAt, watched } from './watch/watching.ts';
import { Shell } from './shell/shell.tsx';
import './theme.css';

const session = createSession({
  title: 'two devices, one user', model: 'v6.12.y', topology: defaultTopology({ devices: 2, users: 1, module: false, hotplug: false }), answersFirst: true, source: { kind: 'path', steps: [] },
});
const said = (error: unknown) => { session.actions.tell('error', error instanceof Error ? error.message : String(error)); };
const first = session.run.value;
const linked = location.hash;
// The token was for the cookie: neither history nor a copied link shall have it.
if (location.search !== '') history.replaceState(null, '', `${location.pathname}${linked}`);
const root = document.getElementById('page');
if (root !== null) render(<Shell session={session} />, root);

async function begin(): Promise<void> {
  const start = own() ?? await ask<Start>('/api/given').catch((error: unknown) => { said(error); return null; });
  let alone = true;
  if (/(?:^#|&)run=/.test(linked)) {
    await goTo(session, linked);
    alone = false;
  } else {
    for (const given of start?.given ?? []) {
      await openGiven(session, given).catch(said);
      if (given.kind === 'run' && given.facts === undefined && given.head.outcome === null) grows(session.run.value);
      alone = false;
    }
    const fragment = linked === '' ? start?.fragment ?? '' : linked;
    const app = watched();
    if (app === null || /watched=/.test(fragment)) await goTo(session, fragment);
    else showAt({ id: app.id, ...pointOf(fragment) });
  }
  if (session.run.value !== first && session.runs.value.includes(first) && !alone) session.actions.close(first);
  listen(session, alone);
  // A run that is opened or chosen comes in front of an application.
  let before = session.run.value;
  effect(() => { if (session.run.value !== before) front.value = null; before = session.run.value; });
  if (start !== null) listenToApplications(start, alone && !/(?:^#|&)(?:run|watched)=/.test(linked), session);
}

begin().catch(said).finally(() => {
  keepLink(session);
  document.documentElement.dataset['ready'] = 'true';
});
