/** Both protocols over WebSockets: a system shown to inspectors, and a viewer of other systems. Needs Node. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { ModelError } from '../errors.ts';
import type { Seen, SeenEvent, Tell } from './seen.ts';
import { fromService, sentBack, serviceMessage } from './services.ts';
import { fromStately, statelyMessages } from './stately.ts';

export interface ListenOptions {
  /** 0: one that is free. */
  readonly port: number;
  /** Default: loopback, which other machines do not reach. */
  readonly host?: string;
}

export interface ShowOptions extends ListenOptions {
  /** A receiver of @xstate/inspect sends an event to an actor. Without it such events are refused. */
  readonly onEvent?: (to: string, event: SeenEvent) => void;
  /** What a late inspector is told again, at most. Default 10 000; actors and their last snapshots are always told. */
  readonly keep?: number;
}

export interface Shown {
  /** `ws://host:port`: for `createWebSocketReceiver` of either package. */
  readonly url: string;
  readonly tell: Tell;
  close(): Promise<void>;
}

export interface ViewOptions extends ListenOptions {
  /** Who hears a connection instead of `tell`, with ids as they were told; null refuses it. Connections are numbered from 1. */
  readonly hears?: (connection: number) => { readonly tell: Tell; end(): void } | null;
}

export interface Viewer {
  /** `ws://host:port`: for `createWebSocketInspector({ url })`. */
  readonly url: string;
  close(): Promise<void>;
}

/** No message of an inspector is longer. */
const longest = 16 * 2 ** 20;

/**
 * Shows a system to inspectors that connect: @statelyai/inspect's receivers at once, those of @xstate/inspect from the moment they ask.
 *
 * @throws {ModelError} `port-in-use`
 */
export async function show({ port, host = '127.0.0.1', onEvent, keep = 10_000 }: ShowOptions): Promise<Shown> {
  const { server, url } = await listening(port, host);
  /** Actors as they began with their last snapshots, and what passed. */
  const told: Seen[] = [];
  const actors = new Map<string, Seen & { kind: 'actor' }>();
  const speak = new Map<WebSocket, (seen: Seen) => void>();
  server.on('connection', (socket) => {
    const stately = statelyMessages();
    const begin = (say: (seen: Seen) => object | undefined) => {
      const send = (seen: Seen) => {
        const message = say(seen);
        if (message !== undefined && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      };
      for (const actor of actors.values()) send(actor);
      for (const seen of told) send(seen);
      speak.set(socket, send);
    };
    begin(stately);
    socket.on('message', (data) => {
      const said = json(data);
      if ((said as { type?: unknown } | undefined)?.type === 'xstate.inspecting') begin(serviceMessage);
      const back = sentBack(said);
      if (back !== undefined) onEvent?.(back.to, back.event);
    });
    socket.on('close', () => speak.delete(socket));
    socket.on('error', () => speak.delete(socket));
  });
  return {
    url, close: () => closed(server),
    tell: (seen) => {
      if (seen.kind === 'actor') actors.set(seen.id, seen);
      else told.push(seen);
      if (told.length > keep) forget(told.shift() as Seen, actors);
      for (const send of speak.values()) send(seen);
    },
  };
}

/** What is forgotten stays as the state that its actor begins with. */
function forget(seen: Seen, actors: Map<string, Seen & { kind: 'actor' }>): void {
  if (seen.kind !== 'snapshot') return;
  const actor = actors.get(seen.of);
  if (actor !== undefined) actors.set(seen.of, { ...actor, snapshot: seen.snapshot });
}

/**
 * Watches whoever connects and speaks either protocol; the ids of each connection get a prefix of their own.
 *
 * What is no message of either protocol is passed over: an inspector may say more than it shows.
 *
 * @throws {ModelError} `port-in-use`
 */
export async function view(tell: Tell, { port, host = '127.0.0.1', hears }: ViewOptions): Promise<Viewer> {
  const { server, url } = await listening(port, host);
  let connections = 0;
  server.on('connection', (socket) => {
    connections++;
    if (hears === undefined) return hear(socket, tell, `${connections}/`);
    const own = hears(connections);
    if (own === null) return socket.close(1013, 'too many connections');
    hear(socket, own.tell, '');
    socket.on('close', () => { own.end(); });
  });
  return { url, close: () => closed(server) };
}

/** Watches a system that @xstate/inspect's server shows (or ours), by asking for it. The promise is fulfilled when it is connected. */
export async function ask(url: string, tell: Tell, onEnd?: () => void): Promise<{ send(to: string, event: SeenEvent): void; close(): void }> {
  const socket = new WebSocket(url, { maxPayload: longest });
  hear(socket, (seen) => { tell(seen); }, '', true);
  try {
    await once(socket, 'open');
  } catch (error) {
    throw new ModelError('unreadable-file', `nobody shows a system there (${(error as Error).message})`, { at: url, accepted: 'ws://host:port of an inspector', cause: error });
  }
  socket.send(JSON.stringify({ type: 'xstate.inspecting' }));
  socket.on('close', () => onEnd?.());
  return {
    send: (to, event) => { socket.send(JSON.stringify({ type: 'xstate.event', event: JSON.stringify({ name: event.type, data: event, $$type: 'scxml', type: 'external', origin: to }) })); },
    close: () => { socket.close(); },
  };
}

/** `servicesOnly`: a server that speaks both says everything twice. */
function hear(socket: WebSocket, tell: Tell, prefix: string, servicesOnly = false): void {
  const name = (id: string | null) => (id === null ? null : prefix + id) as string;
  socket.on('message', (data) => {
    const said = json(data);
    const seen = (servicesOnly ? undefined : fromStately(said)) ?? fromService(said);
    if (seen === undefined) return;
    if (seen.kind === 'actor') tell({ ...seen, id: name(seen.id), parent: name(seen.parent), root: name(seen.root) });
    else if (seen.kind === 'event') tell({ ...seen, from: name(seen.from), to: name(seen.to) });
    else tell({ ...seen, of: name(seen.of) });
  });
  socket.on('error', () => { socket.terminate(); });
}

async function listening(port: number, host: string): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port, host, maxPayload: longest, verifyClient: ({ origin, req }: { origin?: string; req: IncomingMessage }) => ofThisMachine(origin) && (!named.test(host) || named.test((req.headers.host ?? '').replace(/:\d+$/, ''))) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ModelError('port-in-use', `nobody can listen there (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { at: `${host}:${port}`, hint: 'another port, or 0 for one that is free', cause: error });
  }
  const { port: taken } = server.address() as AddressInfo;
  return { server, url: `ws://${host.includes(':') ? `[${host}]` : host}:${taken}` };
}

/** Names of loopback. A name of somebody else that leads here (DNS rebinding) is none of them. */
const named = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** Any page in a browser may try: only programs, files and pages of this machine are let in. */
function ofThisMachine(origin: string | undefined): boolean {
  return origin === undefined || origin === 'null' || /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(origin);
}

function closed(server: WebSocketServer): Promise<void> {
  for (const client of server.clients) client.terminate();
  return new Promise((resolve) => { server.close(() => { resolve(); }); });
}

function json(data: RawData): unknown {
  try {
    return JSON.parse((Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8'));
  } catch {
    return undefined;
  }
}
