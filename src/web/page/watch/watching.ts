/** Which applications are watched: those that the server hears, and recordings that were opened. */
import { batch, signal } from '@preact/signals';
import { ModelError } from '../../../errors.ts';
import type { Seen, SeenEvent } from '../../../inspect/seen.ts';
import type { Start } from '../../server/given.ts';
import type { WatchHeard, WatchTold } from '../../server/watched.ts';
import { watchedSchema } from '../../texts.ts';
import type { Session } from '../session.ts';
import { Application, type Tab } from './application.ts';

export const applications = signal<readonly Application[]>([]);
/** What is in front instead of a run; `waiting`: nobody has connected yet. */
export const front = signal<Application | 'waiting' | null>(null);
/** Where inspectors connect to; null: nowhere, undefined: nothing is watched. */
export const receiver = signal<string | null | undefined>(undefined);

/** The application in front. */
export const watched = (): Application | null => (front.value instanceof Application ? front.value : null);

export interface Point {
  readonly id: string;
  readonly tab?: Tab | undefined;
  readonly at?: number | undefined;
  readonly selected?: string | null | undefined;
}

/** Where a link wants to be, until that application is there. */
let wanted: Point | undefined;
let socket: WebSocket | undefined;

/** Puts an application in front, at a point of it. What is not there yet is waited for. */
export function showAt(point: Point): void {
  const { id, tab, at, selected } = point;
  const one = applications.value.find((known) => known.id === id);
  wanted = one === undefined || at === undefined || one.first.value + one.facts.value.length < at ? point : undefined;
  if (one === undefined) return;
  batch(() => {
    front.value = one;
    if (tab !== undefined) one.tab.value = tab;
    if (at !== undefined) one.actions.goTo(at);
    if (selected !== undefined) one.actions.select(selected);
  });
}

const add = (one: Application): Application => {
  applications.value = [...applications.value, one];
  return one;
};

/** Hears the server. `alone`: nothing else was opened, so whoever connects first is shown. */
export function listenToApplications({ watching }: Pick<Start, 'watching'>, alone: boolean, session: Session): void {
  if (watching === undefined) return;
  receiver.value = watching.url;
  if (alone && front.value === null) front.value = 'waiting';
  const connect = (wait: number) => {
    const one = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/watched`);
    socket = one;
    let open = false;
    one.onopen = () => { open = true; };
    one.onmessage = ({ data }) => { hear(JSON.parse(String(data)) as WatchTold, fresh, session); };
    one.onclose = () => { setTimeout(() => { connect(Math.min(wait * 2, 15_000)); }, open ? 1000 : wait); };
    /** What this connection has asked for already. */
    const fresh = new Set<string>();
  };
  connect(1000);
}

function hear(told: WatchTold, asked: Set<string>, session: Session): void {
  if (told.type !== 'applications') {
    const one = applications.value.find(({ id }) => id === told.id);
    if (told.type === 'begin') one?.begin(told.actors, told.forgotten);
    else one?.take(told.seen);
    if (wanted?.id === told.id && one !== undefined) {
      one.publish();
      showAt(wanted);
    }
    return;
  }
  for (const { id, title, open, answers } of told.applications) {
    const known = applications.value.find((one) => one.id === id);
    if (known === undefined && title === '' && !open) continue;
    const one = known ?? add(new Application(id));
    const ended = one.head.value.open && !open;
    one.head.value = { title: title === '' ? 'somebody' : title, open, answers };
    if (ended) session.actions.tell('done', `${title} ended the connection; what it told stays.`);
    if (!asked.has(id)) say({ type: 'watch', id });
    asked.add(id);
    if (known !== undefined) continue;
    const before = watched();
    if (wanted?.id === id) showAt(wanted);
    // Whoever was started again is looked at again.
    else if (front.value === 'waiting' || (before !== null && !before.head.value.open)) front.value = one;
  }
}

function say(message: WatchHeard): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** Sends an event to an actor of an application that takes events. */
export function send(one: Application, to: string, event: SeenEvent): void {
  say({ type: 'send', id: one.id, to, event });
}

/** Leaves an application; the server still hears it. */
export function leave(one: Application): void {
  batch(() => {
    applications.value = applications.value.filter((other) => other !== one);
    if (front.value === one) front.value = null;
  });
}

let recordings = 0;

/** Opens what was saved of an application. @throws {ModelError} unreadable-file */
export function openRecording(name: string, text: string): void {
  let given: { schema?: unknown; title?: unknown; seen?: unknown };
  try {
    given = JSON.parse(text) as typeof given;
  } catch (cause) {
    throw new ModelError('unreadable-file', 'this is no JSON', { at: name, usually: 'a file that was cut off', cause });
  }
  if (given.schema !== watchedSchema || !Array.isArray(given.seen)) throw new ModelError('unreadable-file', 'this JSON is no watched application', { at: name, accepted: watchedSchema });
  const one = new Application(`file-${++recordings}`);
  one.head.value = { title: typeof given.title === 'string' ? given.title : name, open: false, answers: false };
  try {
    one.take(given.seen as Seen[]);
  } catch (cause) {
    throw new ModelError('unreadable-file', 'what was seen is damaged', { at: name, usually: 'a file that somebody wrote by hand', cause });
  }
  one.publish();
  front.value = add(one);
}

/** Everything that is kept of an application, as text to be opened again. */
export const recordingOf = (one: Application): string => `${JSON.stringify({ schema: watchedSchema, title: one.head.value.title, seen: [...one.history.told()] })}\n`;
