/** The bar above: which runs are open, what they are of, and what one may do with them. */
import { commandsOf, cycleTheme, dialog, theme } from '../commands.ts';
import { liveState } from '../io/live.ts';
import { Icon } from './icon.tsx';
import type { Session } from '../session.ts';
import { trace } from '../trace/standing.ts';
import { applications, front, leave, receiver } from '../watch/watching.ts';

export function Bar({ session }: { readonly session: Session }) {
  const run = session.run.value;
  const named = (name: string) => () => { commandsOf(session).find((command) => command.name === name)?.run(); };
  const { devices, drivers, threads } = run.system.topology;
  return (
    <header class="bar">
      <span class="brand">dma-ownership</span>
      {front.value === null && (
        <button class="model" title={`${run.system.model.about}\nNew run (n)`} onClick={() => { dialog.value = 'topology'; }}>
          <strong>{run.origin.model}</strong> <span class="muted">{devices.length} device{devices.length === 1 ? '' : 's'}, {drivers.length} driver{drivers.length === 1 ? '' : 's'}, {threads.length} thread{threads.length === 1 ? '' : 's'}</span>
        </button>
      )}
      <div class="runs" role="tablist" aria-label="Runs">
        {session.runs.value.map((one) => (
          <span key={one.id} class="run" data-current={one === run && front.value === null}>
            <button class="plain" role="tab" aria-selected={one === run && front.value === null} onClick={() => { front.value = null; session.actions.switchTo(one); }} title={`${one.origin.title}, ${one.origin.model}, ${one.facts.value.length} facts${one.parent === null ? '' : `, a branch of run ${one.parent.run} at ${one.parent.seq}`}`}><span class="title">{one.parent === null ? '' : '↳ '}{one.origin.title}</span><span class="of mono">{one.origin.model}</span></button>
            {session.runs.value.length > 1 && <button class="plain close" onClick={() => { session.actions.close(one); }} aria-label={`Close ${one.origin.title}`}><Icon name="close" /></button>}
          </span>
        ))}
        {applications.value.map((one) => {
          const { title, open } = one.head.value;
          return (
            <span key={one.id} class="run" data-current={one === front.value}>
              <button class="plain" role="tab" aria-selected={one === front.value} onClick={() => { front.value = one; }} title={`${title}: an application that ${open ? 'is' : 'was'} watched, ${one.facts.value.length} messages`}><span class={open ? 'live on' : 'muted'} aria-hidden="true">{open ? '●' : '○'}</span><span class="title">{title}</span></button>
              <button class="plain close" onClick={() => { leave(one); }} aria-label={`Close ${title}`}><Icon name="close" /></button>
            </span>
          );
        })}
        {receiver.value !== undefined && applications.value.length === 0 && <span class="run" data-current={front.value === 'waiting'}><button class="plain" role="tab" aria-selected={front.value === 'waiting'} onClick={() => { front.value = 'waiting'; }} title="Applications that connect are shown here"><span class="muted" aria-hidden="true">○</span><span class="title">waiting for an application</span></button></span>}
      </div>
      {run.refused.value !== null && <span class="warn" title={run.refused.value}>⚠ charts differ from the log</span>}
      {trace.value !== null && front.value === null && session.view.value !== 'traces' && <button onClick={() => { session.actions.show('traces'); }}>{trace.value.name.split('/').at(-1)}</button>}
      {liveState.value !== null && front.value === null && <span class={`live ${liveState.value.ended ? '' : 'on'}`}>{liveState.value.ended ? 'ended' : '● live'}</span>}
      <span class="tools">
        <button onClick={() => { dialog.value = 'topology'; }} title="New run: model and topology (n)">New</button>
        <button onClick={named('Open a scenario, path or trace')} title="A scenario, a saved path or a kernel trace (o)">Open…</button>
        <button onClick={() => { dialog.value = 'runs'; }} title="Stored and live runs (l)">Runs…</button>
        <select aria-label="Save" value="" onChange={(event) => { const name = event.currentTarget.value; event.currentTarget.value = ''; named(name)(); }}>
          <option value="">Save…</option>
          {front.value !== null ? <option value="Save what was seen of the application">Recording, JSON (s)</option> : (
            <>
              <option value="Save as scenario text">Scenario text (s)</option>
              <option value="Save as path (JSON)">Path, JSON</option>
              <option value="Save as log">Log</option>
            </>
          )}
          <option value="Save this view as SVG">This view, SVG (g)</option>
        </select>
        <button onClick={named('Copy a link to this point')} title="Copy a link to this very point (c)">Link</button>
        <button onClick={() => { dialog.value = 'palette'; }} title="Everything by name (Ctrl+K)" aria-label="Everything by name"><Icon name="command" /></button>
        <button onClick={cycleTheme} title={`Theme: ${theme.value} (t)`} aria-label={`Theme: ${theme.value}`}><Icon name={theme.value} /></button>
        <button onClick={() => { dialog.value = 'help'; }} title="Keys (?)" aria-label="Keys">?</button>
      </span>
    </header>
  );
}
