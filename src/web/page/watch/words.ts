/** How the page says what passes in an application that is not ours: names of actors, events with their data, in one line. */
import { eventName } from '../../../view/chart/foreign.ts';
import type { Speech } from '../../../view/sequence/rows.ts';
import type { Shown } from '../../../view/sequence/calls.ts';
import type { History } from '../../../inspect/history.ts';
import type { Words } from '../line.ts';

/** Characters of an event's data in one line. */
const longest = 160;

/** JSON in one line, without the quotes that nobody needs, cut where it is long. */
export function plain(value: unknown, most = longest): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '').replace(/"([A-Za-z_$][\w$]*)":/g, '$1: ').replaceAll(',', ', ');
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** `item: tea, price: 20`: what an event says besides its type. */
export function dataOf(event: { readonly type: string }, most = longest): string {
  const text = Object.entries(event).filter(([key, value]) => key !== 'type' && value !== undefined).map(([key, value]) => `${key}: ${plain(value, most)}`).join(', ');
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** An error, or something that answers as the calls of our own charts do. */
const failed = ({ event }: Pick<Shown, 'event'>): boolean => /^(?:xstate\.error\.|error\.(?:platform|communication))/.test(event.type) || (event.type.endsWith('.ret') && typeof event['ret'] === 'number' && event['ret'] < 0);

/** `history`: asked each time, because a connection that comes back begins a new one. */
export const wordsOf = (history: () => History): Words => ({
  who: (id) => history().name(id), failed,
  what: ({ event }) => eventName(event.type),
  more: ({ event }) => dataOf(event),
  said: null,
  all: ({ seq, from, to, event }) => `${seq} ${history().name(from)} ${history().name(to)} ${event.type} ${dataOf(event, 2000)}`.toLowerCase(),
  nothing: 'Nothing was sent yet.', hint: 'filter: words, errors, actor:name, !word',
});

/** Every actor has a lane; where several have one name, their ids tell them apart. */
export const speechOf = (history: History): Speech => {
  const count = new Map<string, number>();
  for (const { name } of history.at(history.end)) count.set(name, (count.get(name) ?? 0) + 1);
  const title = (id: string) => { const name = history.name(id); return (count.get(name) ?? 0) > 1 ? `${name} ${id}` : name; };
  return {
    lane: (id) => ({ id, title: title(id), kind: 'core' }), failed, boring: (fact) => (fact as { told?: boolean }).told === false,
    text: ({ event }) => [eventName(event.type), dataOf(event, 70)].filter((part) => part !== '').join('  '),
  };
};
