/**
 * Applications of other people, watched by XState's inspector protocols: what each tells is kept, within limits, for every page.
 *
 * The receiver is on loopback, wherever the page is served: inspectors bring no token.
 */
import type { WebSocket } from 'ws';
import type { Seen, SeenEvent } from '../../inspect/seen.ts';

/** Of one application: what was seen, and its JSON text in characters. And applications that are kept. */
export const watchLimits = { seen: 50_000, text: 64_000_000, applications: 12 } as const;
/** Milliseconds between two messages to a page, and what was seen in one of them. */
const rest = 30;
const batch = 500;

export interface ApplicationHead {
  readonly id: string;
  /** The name of its root; empty until an actor was introduced. */
  readonly title: string;
  readonly open: boolean;
  /** Events can be sent to its actors. */
  readonly answers: boolean;
}

interface Application extends ApplicationHead {
  readonly id: string;
  title: string;
  open: boolean;
  answers: boolean;
  send: ((to: string, event: SeenEvent) => void) | null;
  /** Actors with the states that what was forgotten led to. */
  readonly base: Map<string, Seen & { kind: 'actor' }>;
  readonly seen: { readonly seen: Seen; readonly size: number }[];
  size: number;
  /** Number of the first that is kept, and messages among those that are not. */
  first: number;
  forgotten: number;
}

/** What a page is told. */
export type WatchTold =
  | { readonly type: 'applications'; readonly applications: readonly ApplicationHead[] }
  /** Everything that is kept begins here: actors as they were when the first was seen. */
  | { readonly type: 'begin'; readonly id: string; readonly actors: readonly Seen[]; readonly forgotten: number }
  | { readonly type: 'seen'; readonly id: string; readonly seen: readonly Seen[] };

/** What a page says. */
export type WatchHeard = { readonly type: 'watch'; readonly id: string } | { readonly type: 'send'; readonly id: string; readonly to: string; readonly event: SeenEvent };

export class WatchHub {
  readonly #limits: { readonly seen: number; readonly text: number; readonly applications: number };
  readonly #applications = new Map<string, Application>();
  readonly #pages = new Map<WebSocket, Map<string, number>>();
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: { readonly seen: number; readonly text: number; readonly applications: number } = watchLimits) {
    this.#limits = limits;
  }

  /** Somebody begins to tell. False: there are too many already. */
  begin(id: string, send: Application['send'] = null): boolean {
    const ended = [...this.#applications.values()].find(({ open }) => !open);
    if (this.#applications.size >= this.#limits.applications) {
      if (ended === undefined) return false;
      this.#applications.delete(ended.id);
    }
    this.#applications.set(id, { id, title: '', open: true, answers: send !== null, send, base: new Map(), seen: [], size: 0, first: 0, forgotten: 0 });
    this.#everybody();
    return true;
  }

  /** The one who told is gone; what it told stays. */
  end(id: string): void {
    const one = this.#applications.get(id);
    if (one === undefined) return;
    if (one.title === '' && one.seen.length === 0) this.#applications.delete(id);
    [one.open, one.answers, one.send] = [false, false, null];
    this.#everybody();
  }

  take(id: string, seen: Seen): void {
    const one = this.#applications.get(id);
    if (one === undefined) return;
    const size = JSON.stringify(seen).length;
    one.seen.push({ seen, size });
    one.size += size;
    if (one.seen.length > this.#limits.seen || one.size > this.#limits.text) forget(one, this.#limits.text);
    if (one.title === '' && seen.kind === 'actor') {
      one.title = seen.name;
      this.#everybody();
    }
    this.#due ??= setTimeout(() => { this.#due = undefined; this.#hand(); }, rest);
  }

  /** Takes the connection of a page. */
  add(socket: WebSocket): void {
    this.#pages.set(socket, new Map());
    const gone = () => { this.#pages.delete(socket); };
    socket.on('close', gone);
    socket.on('error', gone);
    socket.on('message', (data: Buffer) => {
      try {
        this.#hear(socket, JSON.parse(String(data)) as WatchHeard);
      } catch {
        socket.close(1008);
      }
    });
    tell(socket, this.#list());
  }

  close(): void {
    clearTimeout(this.#due);
    for (const socket of this.#pages.keys()) socket.terminate();
  }

  #hear(socket: WebSocket, said: WatchHeard): void {
    const one = this.#applications.get(said.id);
    if (one === undefined) return;
    if (said.type === 'watch') {
      tell(socket, { type: 'begin', id: one.id, actors: [...one.base.values()], forgotten: one.forgotten });
      this.#pages.get(socket)?.set(one.id, one.first);
      this.#hand();
    } else if (typeof said.to === 'string' && typeof said.event.type === 'string') one.send?.(said.to, said.event);
  }

  /** Everybody gets what is new of what they watch. */
  #hand(): void {
    for (const [socket, watching] of this.#pages) for (const [id, known] of watching) {
      const one = this.#applications.get(id);
      if (one === undefined) continue;
      const next = one.seen.slice(Math.max(0, known - one.first));
      for (let at = 0; at < next.length; at += batch) tell(socket, { type: 'seen', id, seen: next.slice(at, at + batch).map(({ seen }) => seen) });
      watching.set(id, one.first + one.seen.length);
    }
  }

  #everybody(): void {
    for (const socket of this.#pages.keys()) tell(socket, this.#list());
  }

  #list(): WatchTold {
    return { type: 'applications', applications: [...this.#applications.values()].map(({ id, title, open, answers }) => ({ id, title, open, answers })) };
  }
}

/** A tenth is forgotten at once, so that it is seldom. What it led to becomes what the actors begin with. */
function forget(one: Application, text: number): void {
  let count = 0;
  for (const least = Math.max(1, Math.floor(one.seen.length / 10)); count < one.seen.length && (count < least || one.size > text); count++) one.size -= one.seen[count]?.size ?? 0;
  one.first += count;
  for (const { seen } of one.seen.splice(0, count)) {
    if (seen.kind === 'event') one.forgotten++;
    else if (seen.kind === 'actor') one.base.set(seen.id, seen);
    else if (seen.kind === 'stopped') one.base.delete(seen.of);
    else {
      const actor = one.base.get(seen.of);
      if (actor !== undefined) one.base.set(seen.of, { ...actor, snapshot: seen.snapshot });
    }
  }
}

const tell = (socket: WebSocket, message: WatchTold): void => { if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message)); };
