/** The state that the walk is at, in words, and its transitions as a list: what the picture shows, for reading and for screen readers. */
import type { Deed } from '../../../view/chart/deeds.ts';
import type { ChartGraph } from '../../../view/chart/graph.ts';
import type { Way } from './walk.ts';

export interface StripProps {
  readonly graph: ChartGraph;
  readonly cursor: string;
  readonly ways: readonly Way[];
  readonly way: Way | undefined;
  readonly ready: ReadonlySet<string>;
  readonly onWay: (at: number) => void;
  readonly onFollow: (state: string) => void;
  readonly onDeliver: (reaction: string) => void;
}

const deedText = ({ kind, text, to }: Deed): string => (kind === 'call' && to !== '' ? `${text} → ${to}` : kind === 'say' ? `says ${text}` : text);

export function Strip({ graph, cursor, ways, way, ready, onWay, onFollow, onDeliver }: StripProps) {
  const state = graph.states.find(({ id }) => id === cursor);
  if (state === undefined) return null;
  const titleOf = (id: string) => graph.states.find((one) => one.id === id)?.title ?? id;
  const words = (one: Way) => [one.reaction.event === '' ? 'at once' : one.reaction.event, one.reaction.guard === '' ? '' : one.reaction.guard === 'else' ? 'else' : `[${one.reaction.guard}]`].filter((text) => text !== '').join(' ');
  return (
    <div class="strip">
      <div class="about">
        <strong class="mono">{state.label ? `${state.title}:` : state.title}</strong>
        {state.step === '' ? null : <span class="muted"> {/^\d/.test(state.step) ? `step ${state.step}` : state.step}</span>}
        {state.function === '' ? null : <span class="muted mono"> {state.function}()</span>}
        {state.label ? <span class="tag">goto label</span> : null}
        <p class="muted">{state.description}</p>
        <p class="mono small">{state.entry.map(deedText).join(', ')}</p>
      </div>
      <ol class="ways" aria-label={`Transitions of ${state.title}`}>
        {ways.map((one, at) => (
          <li key={one.reaction.id + (one.to ?? '')} class={one === way ? 'now' : ''}>
            <button class="plain mono" aria-pressed={one === way} onClick={() => { onWay(at); }}>{words(one)}</button>
            <span class="mono muted deeds">{one.reaction.deeds.map(deedText).join(', ')}</span>
            {one.to === null ? <span class="muted">stays</span> : <button class="plain mono" onClick={() => { onFollow(one.to as string); }}>→ {titleOf(one.to)}</button>}
            {ready.has(one.reaction.id) ? <button class="deliver" onClick={() => { onDeliver(one.reaction.id); }}>Deliver</button> : null}
          </li>
        ))}
      </ol>
      <p id="chart-way" class="hidden-text" aria-live="polite">{way === undefined ? `${state.title}, no transition` : `${state.title}: ${words(way)}, ${way.to === null ? 'stays' : `to ${titleOf(way.to)}`}${ready.has(way.reaction.id) ? ', may be delivered' : ''}`}</p>
    </div>
  );
}
