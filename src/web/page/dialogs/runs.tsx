/** Runs of the store, and runs of other processes. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RunEntry } from '../../server/given.ts';
import { dialog } from '../commands.ts';
import { liveRuns, watchLive } from '../io/live.ts';
import { openStoredId } from '../io/open.ts';
import { ask, served } from '../io/server.ts';
import { saveToStore } from '../io/save.ts';
import type { Session } from '../session.ts';
import { Frame } from './frame.tsx';

interface Listed { readonly store: string; readonly runs: readonly RunEntry[] }

export function Runs({ session }: { readonly session: Session }) {
  const listed = useSignal<Listed | null>(null);
  const error = useSignal<string | null>(null);
  const load = () => {
    ask<Listed>('/api/runs').then((found) => { listed.value = found; error.value = null; }).catch((reason: unknown) => { error.value = reason instanceof Error ? reason.message : String(reason); });
  };
  useEffect(load, []);
  const open = (work: Promise<unknown>) => {
    dialog.value = 'none';
    work.catch((reason: unknown) => { session.actions.tell('error', reason instanceof Error ? reason.message : String(reason)); });
  };
  return (
    <Frame title="Stored and live runs" wide>
      {liveRuns.value.length > 0 && <>
        <h3>Live</h3>
        <table class="run-list"><tbody>{liveRuns.value.map((run) => (
          <tr key={run.id}><td>{run.ended === null ? '● ' : ''}{run.title}</td><td class="mono">{run.model}</td><td>{run.count} deliveries</td><td class="muted">{run.ended ?? 'running'}</td><td><button onClick={() => { open(watchLive(session, run)); }}>Watch</button></td></tr>
        ))}</tbody></table>
      </>}
      <h3>{listed.value === null ? 'Store' : listed.value.store}</h3>
      {error.value !== null && <p class="muted">{error.value}</p>}
      {listed.value !== null && listed.value.runs.length === 0 && <p class="muted">No run is stored yet.</p>}
      {listed.value !== null && listed.value.runs.length > 0 && <table class="run-list">
        <thead><tr><th>run</th><th>model</th><th>facts</th><th>stored</th><th>ended</th><th /></tr></thead>
        <tbody>{listed.value.runs.map((run) => (
          <tr key={run.id}>
            <td title={run.id}>{run.parent === null ? '' : '↳ '}{run.what}</td><td class="mono">{run.model}</td><td>{run.facts}</td><td>{new Date(run.at).toLocaleString()}</td><td class="muted">{run.outcome ?? 'not ended'}</td>
            <td><button onClick={() => { open(openStoredId(session, run.id)); }}>Open</button></td>
          </tr>
        ))}</tbody>
      </table>}
      {served() && listed.value !== null && <p><button onClick={() => { saveToStore(session).then(load).catch((reason: unknown) => { error.value = reason instanceof Error ? reason.message : String(reason); }); }}>Save the run in view here</button></p>}
      {served() && <p class="muted small">A program shows its live run here: <code>createSystem(topology, model, watch({'{'} url, topology, model {'}'}).options)</code>, with the link that `dma-ownership inspect` printed.</p>}
    </Frame>
  );
}
