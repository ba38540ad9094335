/** What of a watched actor's chart to mark: where it is, and what the message in view took. */
import type { AnyStateMachine } from 'xstate';
import type { WatchedState } from '../../../inspect/history.ts';
import { activeIn, eventName, takenBetween, type ForeignChart } from '../../../view/chart/foreign.ts';
import { statesOf } from '../../../view/chart/graph.ts';
import type { Marked } from '../chart/marks.ts';
import { chartOf, type Application } from './application.ts';

export const nothing: Marked = { active: new Set(), taken: new Set(), ready: new Set() };

function taken(app: Application, id: string, chart: ForeignChart): Set<string> {
  const fact = app.fact.value;
  if (fact?.to !== id) return new Set();
  const [before, after] = [app.history.actor(id, fact.seq), app.history.actor(id, fact.seq + 1)];
  return before === undefined || after === undefined ? new Set() : takenBetween(chart.machine, before.snapshot.value, fact.event.type, after.snapshot.value);
}

/** Marks for the actor that is shown, at the point in view. */
export function marksFor(app: Application): Marked {
  const actor = app.shown.value;
  const chart = actor === undefined ? undefined : chartOf(actor);
  if (actor === undefined || chart === undefined) return nothing;
  const ready = new Set<string>();
  const active = actor.life === 'stopped' && actor.snapshot.status === 'active' ? new Set<string>() : activeIn(chart.machine, actor.snapshot.value);
  if (app.head.value.answers && app.at.value === app.history.end) for (const { from, reactions } of chart.graph.edges) for (const { id } of reactions) if (active.has(from) && sendable(typeOf(id))) ready.add(id);
  return { active, taken: taken(app, actor.id, chart), ready };
}

/** The type of the event in the id of a transition: `<state>|<event>|<branch>`. */
export const typeOf = (reaction: string): string => reaction.slice(reaction.indexOf('|') + 1, reaction.lastIndexOf('|'));
const sendable = (type: string): boolean => type !== '' && !type.includes('*') && eventName(type) === type;

/** The transitions that the message in view took, in words. Several: each may have been it. */
export function takenBy(app: Application, id: string): string[] {
  const actor = app.history.actor(id, app.at.value);
  const chart = actor === undefined ? undefined : chartOf(actor);
  if (chart === undefined) return [];
  const ids = taken(app, id, chart);
  const title = (state: string) => chart.graph.states.find((one) => one.id === state)?.title ?? state;
  return [
    ...chart.graph.edges.flatMap(({ from, to, reactions }) => reactions.filter((one) => ids.has(one.id)).map(({ event, guard }) => `${title(from)} → ${title(to)}${event === '' ? ' at once' : ''}${guard === '' || guard === 'else' ? '' : ` [${guard}]`}`)),
    ...chart.graph.states.flatMap(({ title: state, inside }) => inside.filter((one) => ids.has(one.id)).map(({ guard }) => `stays in ${state}${guard === '' || guard === 'else' ? '' : ` [${guard}]`}`)),
  ];
}

/** Events that the state of an actor has transitions for, without those that XState itself sends. */
export function eventsNow(actor: WatchedState): string[] {
  const machine: AnyStateMachine | undefined = chartOf(actor)?.machine;
  if (machine === undefined) return [];
  const active = activeIn(machine, actor.snapshot.value);
  return [...new Set(statesOf(machine.root).filter(({ id }) => active.has(id)).flatMap(({ transitions }) => [...transitions.keys()]))].filter(sendable).sort();
}
