/** The message in view with its data, what it changed, and the actor that is shown; the difference to another point. */
import { useSignal } from '@preact/signals';
import type { WatchedFact, WatchedState } from '../../../inspect/history.ts';
import type { SeenEvent, SeenSnapshot } from '../../../inspect/seen.ts';
import { eventName } from '../../../view/chart/foreign.ts';
import type { Shown } from '../../../view/sequence/calls.ts';
import { Icon } from '../shell/icon.tsx';
import type { Application } from './application.ts';
import { changesBetween, mostChanges, type Change } from './changes.ts';
import { Json } from './json.tsx';
import { eventsNow, takenBy } from './marks.ts';
import { StateTree } from './state.tsx';
import { send } from './watching.ts';
import { plain } from './words.ts';

interface Props { readonly app: Application }

export function WatchInspector({ app }: Props) {
  return (
    <>
      {app.compared.value !== null && <Compared app={app} />}
      <LastMessage app={app} />
      <Actor app={app} />
    </>
  );
}

const Who = ({ app, id }: Props & { readonly id: string }) => <button class="link" onClick={() => { app.actions.select(id); }}>{app.history.name(id)}</button>;

const Changes = ({ changes }: { readonly changes: readonly Change[] }) => (
  <dl class="changes">
    {changes.map(({ field, before, after }) => <div key={field}><dt>{field}</dt><dd><del>{text(before)}</del> <span aria-label="becomes">→</span> <ins>{text(after)}</ins></dd></div>)}
    {changes.length >= mostChanges && <div class="muted">and more</div>}
  </dl>
);
const text = (value: unknown): string => (value === undefined ? '∅' : value === '' ? '""' : plain(value, 120));

/** Context, state, output and error in one. */
const partsOf = ({ value, context, output, error, status }: SeenSnapshot): object => ({ state: value, ...(typeof context === 'object' ? context : { context }), ...(output === undefined ? {} : { output }), ...(error === undefined ? {} : { error }), ...(status === 'active' ? {} : { status }) });

function LastMessage({ app }: Props) {
  const fact = app.fact.value as (Shown & Pick<WatchedFact, 'told'>) | undefined;
  if (fact === undefined) return <section><h2>Beginning</h2><p class="muted small">{app.history.first > 0 ? `${app.history.first} older messages are forgotten.` : 'No message yet.'}</p></section>;
  const { seq, from, to, event, cause, told } = fact;
  const { type, ...data } = event as unknown as SeenEvent;
  const [before, after] = [app.history.actor(to, seq), app.history.actor(to, seq + 1)];
  const changes = before === undefined || after === undefined ? [] : changesBetween(partsOf(before.snapshot), partsOf(after.snapshot));
  const taken = takenBy(app, to);
  return (
    <section aria-label="Message">
      <h2>Message {seq}</h2>
      <p class="mono fact-line"><Who app={app} id={from} /> → <Who app={app} id={to} /></p>
      <p class={app.words.failed(fact) ? 'mono event bad' : 'mono event'}>{eventName(type)}{eventName(type) !== type && <span class="muted small"> {type}</span>}</p>
      {!told && <p class="small muted">No message was told: the state came by itself.</p>}
      {Object.keys(data).length > 0 && <Json value={data} name="data" open={2} />}
      {taken.length > 0 && <p class="small">{taken.length > 1 ? 'takes one of, or all of: ' : 'takes '}<span class="mono">{taken.join('; ')}</span></p>}
      {changes.length > 0 && <Changes changes={changes} />}
      {cause !== null && <p class="small muted">sent while <button class="link" onClick={() => { app.actions.goTo(cause + 1); }}>message {cause}</button> was taken</p>}
    </section>
  );
}

function Actor({ app }: Props) {
  const actor = app.shown.value;
  if (actor === undefined) return null;
  const { id, name, snapshot, life, parent } = actor;
  const { value, context, output, error, status } = snapshot;
  return (
    <section aria-label="Selected actor" class="watched-actor">
      <h2 class="mono">{name} <span class="muted">{id}{app.selected.value === null ? ' (last receiver)' : ''}</span></h2>
      <p class="small muted">{life === 'stopped' && status === 'active' ? 'stopped' : status}{parent !== null && <>, made by <Who app={app} id={parent} /></>}</p>
      <StateTree value={value} />
      {context !== undefined && <Json value={context} name="context" open={2} />}
      {output !== undefined && <Json value={output} name="output" open={2} />}
      {error !== undefined && <Json value={error} name="error" open={2} />}
      <Takes app={app} actor={actor} />
    </section>
  );
}

/** Events that its state takes; sent back where the other end listens. */
function Takes({ app, actor }: Props & { readonly actor: WatchedState }) {
  const written = useSignal('');
  const problem = useSignal('');
  const events = eventsNow(actor);
  const { open, answers } = app.head.value;
  if (actor.life !== 'alive' || (events.length === 0 && !answers)) return null;
  const atEnd = app.at.value === app.history.end;
  const own = (event: KeyboardEvent | Event) => {
    event.preventDefault();
    const said = written.value.trim();
    try {
      const parsed = (/^\{/.test(said) ? JSON.parse(said) : { type: said }) as SeenEvent;
      if (typeof parsed.type !== 'string' || parsed.type === '') throw new Error('an event has a type');
      send(app, actor.id, parsed);
      [written.value, problem.value] = ['', ''];
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <div class="takes">
      <h3>Takes</h3>
      <p class="chips">{events.map((type) => (answers && atEnd ? <button key={type} class="mono" onClick={() => { send(app, actor.id, { type }); }} title={`Send ${type}`}>{type}</button> : <span key={type} class="mono chip">{type}</span>))}</p>
      {answers
        ? <form onSubmit={own}><input class="mono" aria-label="Event to send" placeholder='TYPE, or { "type": "TYPE", … }' value={written.value} onInput={({ currentTarget }) => { written.value = currentTarget.value; }} /><button type="submit" disabled={!atEnd}>Send</button></form>
        : open && <p class="muted small">This protocol takes no events back.</p>}
      {problem.value !== '' && <p class="bad small" role="alert">{problem.value}</p>}
    </div>
  );
}

function Compared({ app }: Props) {
  const from = app.compared.value;
  if (from === null) return null;
  const [first, last] = [Math.min(from, app.at.value), Math.max(from, app.at.value)];
  const found = app.history.at(last).flatMap((after) => {
    const before = app.history.actor(after.id, first);
    if (after.life === 'unborn' || before === undefined) return [];
    if (before.life === 'unborn') return [{ id: after.id, said: 'is new', changes: [] }];
    const changes = changesBetween(partsOf(before.snapshot), partsOf(after.snapshot));
    const said = before.life !== after.life ? 'is over' : '';
    return changes.length > 0 || said !== '' ? [{ id: after.id, said, changes }] : [];
  });
  return (
    <section aria-label="Difference">
      <h2>Difference, {first} to {last} <button class="plain" onClick={() => { app.actions.compare(null); }} aria-label="Close the difference"><Icon name="close" /></button></h2>
      {found.length === 0 && <p class="muted small">{first === last ? 'Go to another point: what is other there is listed here.' : 'Everybody is as before.'}</p>}
      {found.map(({ id, said, changes }) => <div key={id} class="compared"><span class="mono"><Who app={app} id={id} /></span> {said}<Changes changes={changes} /></div>)}
    </section>
  );
}
