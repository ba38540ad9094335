/** The views of a watched application: the chart of an actor, the messages as a sequence. */
import { useComputed, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Shown } from '../../../view/sequence/calls.ts';
import { sequenceSvg } from '../../../view/sequence/draw.ts';
import { sequenceOf } from '../../../view/sequence/rows.ts';
import { chartSvg } from '../../../view/chart/svg.ts';
import { drawingOfGraph } from '../chart/drawing.ts';
import { ChartPane } from '../chart/pane.tsx';
import { Diagram } from '../sequence/diagram.tsx';
import { chartOf, type Application } from './application.ts';
import { Json } from './json.tsx';
import { marksFor, typeOf } from './marks.ts';
import { StateTree } from './state.tsx';
import { send } from './watching.ts';
import { speechOf } from './words.ts';

interface Props { readonly app: Application }

const drawnOf = (app: Application) => {
  const chart = app.shown.value === undefined ? undefined : chartOf(app.shown.value);
  return chart === undefined ? undefined : drawingOfGraph(chart.graph, false, JSON.stringify(chart.graph)).value;
};

export function WatchedChart({ app }: Props) {
  const drawn = useComputed(() => drawnOf(app));
  const marks = useComputed(() => marksFor(app));
  const actor = app.shown.value;
  const chart = actor === undefined ? undefined : chartOf(actor);
  const choose = <Choose app={app} />;
  if (actor === undefined) return <p class="pad muted">Nobody was introduced yet.</p>;
  if (chart === undefined) return (
    <div class="chartview">
      <div class="toolbar">{choose}</div>
      <div class="pad text-states">
        <p class="muted">{actor.definition === null ? 'No chart was told: a promise, a callback or the like, or an inspector that came late.' : 'Its chart cannot be drawn: a target in it is not there. An inspector cuts what lies deep; serializationDepthLimit: 40 lets it send all.'}</p>
        <StateTree value={actor.snapshot.value} />
        <Json value={actor.snapshot} open={2} />
      </div>
    </div>
  );
  const deliver = (reaction: string): boolean => {
    const ready = marks.value.ready.has(reaction);
    if (ready) send(app, actor.id, { type: typeOf(reaction) });
    return ready;
  };
  const head = <>{choose}{chart.cut && <span class="warn small" title="The inspector leaves out what lies deeper than its serializationDepthLimit (10 unless told otherwise).">⚠ cut off by the inspector: serializationDepthLimit</span>}</>;
  return <ChartPane head={head} of={actor.id} drawn={drawn} marks={marks} deliver={deliver} />;
}

function Choose({ app }: Props) {
  const born = app.actors.value.filter(({ life }) => life !== 'unborn');
  const groups = [['machines', born.filter((one) => chartOf(one) !== undefined)], ['others', born.filter((one) => chartOf(one) === undefined)]] as const;
  return (
    <select aria-label="Actor" value={app.shown.value?.id ?? ''} onChange={({ currentTarget }) => { app.actions.select(currentTarget.value); }}>
      {groups.map(([label, all]) => all.length > 0 && <optgroup key={label} label={label}>{all.map(({ id, name, life }) => <option key={id} value={id}>{name === id ? id : `${name} (${id})`}{life === 'stopped' ? ', over' : ''}</option>)}</optgroup>)}
    </select>
  );
}

/** The messages that led to one, itself too. */
function causesOf(app: Application, seq: number): Set<number> {
  const facts = app.facts.value;
  const found = new Set<number>();
  for (let at: number | null = seq; at !== null && !found.has(at) && at >= app.first.value; at = facts[at - app.first.value]?.cause ?? null) found.add(at);
  return found;
}

export function WatchedSequence({ app }: Props) {
  const asks = useSignal(false);
  const facts = app.facts.value;
  const at = app.at.value - 1;
  const speech = useMemo(() => speechOf(app.history), [app.history, app.actors.value.length]);
  const chain = useMemo(() => (asks.value && at >= app.first.value ? causesOf(app, at) : undefined), [asks.value, at, facts]);
  return (
    <Diagram
      facts={facts} at={at < app.first.value ? null : at} title="Sequence" speech={speech} onEscape={() => { asks.value = false; }} {...(chain === undefined ? {} : { chain, kept: chain })}
      onGo={(seq, why) => { app.actions.goTo(seq + 1); if (why) { asks.value = true; app.actions.select((facts[seq - app.first.value] as Shown).to); } }}
    />
  );
}

/** What is in view as an SVG file; undefined: it is no picture. */
export async function watchedPicture(app: Application): Promise<string | undefined> {
  if (app.tab.value === 'sequence') return Promise.resolve(sequenceSvg(sequenceOf(app.facts.value, { speech: speechOf(app.history) }), { at: app.at.value - 1 }));
  const drawing = app.tab.value === 'chart' ? drawnOf(app)?.drawing : undefined;
  return drawing === undefined ? undefined : chartSvg(drawing, marksFor(app));
}
