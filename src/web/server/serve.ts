/** The server of the page: loopback, one token, and no answer to anybody else. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { WebSocketServer, type WebSocket } from 'ws';
import { ModelError } from '../../errors.ts';
import { Api, bodyOf, failure, TooLarge, type ApiOptions } from './api.ts';
import type { Asset } from './built.ts';
import { always, Guard, newToken } from './guard.ts';
import { limits, LiveHub } from './live.ts';
import type { WatchHub } from './watched.ts';

export interface ServeOptions extends ApiOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: one that is free. */
  readonly port?: number;
  readonly files: ReadonlyMap<string, Asset>;
  /** Default: a new one. */
  readonly token?: string;
  /** Applications that are watched. */
  readonly watched?: WatchHub;
}

export interface Serving {
  /** With the token: whoever has it may see everything that the page shows. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Ends open requests and connections. */
  close(): Promise<void>;
}

/** @throws {ModelError} port-in-use, wrong-use: the host is none of this machine */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host = '127.0.0.1', port: wanted = 0, token = newToken() } = options;
  const api = new Api(options);
  const hubs: Readonly<Record<string, { add(socket: WebSocket): void; close(): void }>> = { '/api/live': new LiveHub(), ...(options.watched === undefined ? {} : { '/api/watched': options.watched }) };
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.message });
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 10_000, maxHeaderSize: 16_384 });
  server.listen(wanted, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw refusedPort(error as NodeJS.ErrnoException, host, wanted);
  }
  const { port } = server.address() as AddressInfo;
  const guard = new Guard(token, host, port);

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response, guard, api, options).catch((error: unknown) => {
      const { status, json } = failure(error);
      if (response.headersSent) response.destroy();
      else send(response, status, 'application/json', JSON.stringify(json), error instanceof TooLarge ? { Connection: 'close' } : {});
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = guard.foreign(request);
    const hub = hubs[new URL(request.url ?? '/', 'http://here').pathname];
    const status = refusal?.status ?? (hub === undefined ? 404 : guard.knows(request) ? undefined : 401);
    if (status !== undefined) socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else sockets.handleUpgrade(request, socket, head, (one) => { hub?.add(one); });
  });
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${port}/?token=${token}`, port, token,
    async close() {
      for (const hub of Object.values(hubs)) hub.close();
      sockets.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, guard: Guard, api: Api, { files }: ServeOptions): Promise<void> {
  const refusal = guard.foreign(request);
  if (refusal !== undefined) return send(response, refusal.status, 'text/plain', `${refusal.text}\n`);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
  const method = request.method ?? 'GET';
  if (pathname.startsWith('/api/')) {
    if (!guard.knows(request)) return send(response, 401, 'text/plain', 'open the link that `dma-ownership inspect` printed: it has the token\n');
    const answered = await api.answer({ method, path: pathname, query: searchParams, body: bodyOf(request) });
    if (answered === undefined) return send(response, 404, 'text/plain', 'there is nothing here\n');
    if ('json' in answered) return send(response, 200, 'application/json', JSON.stringify(answered.json));
    response.writeHead(200, { ...always, 'Content-Type': answered.type, 'Content-Disposition': `attachment; filename="${answered.name}"` });
    for await (const piece of answered.pieces) response.write(piece);
    response.end();
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', 'only GET\n', { Allow: 'GET, HEAD' });
  const asset = files.get(pathname);
  if (asset === undefined) return send(response, 404, 'text/plain', 'there is nothing here\n');
  const token = searchParams.get('token');
  if (pathname === '/' && !guard.same(token) && !guard.knows(request)) return send(response, 401, 'text/plain', 'open the link that `dma-ownership inspect` printed: it has the token\n');
  send(response, 200, asset.type, method === 'HEAD' ? '' : asset.bytes, {
    ...(asset.immutable ? { 'Cache-Control': 'public, max-age=31536000, immutable' } : {}),
    ...(pathname === '/' && token !== null ? { 'Set-Cookie': `${guard.cookie}=${guard.token}; HttpOnly; SameSite=Strict; Path=/` } : {}),
  });
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...always, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

function refusedPort({ code, message }: NodeJS.ErrnoException, host: string, port: number): ModelError {
  if (code === 'EADDRINUSE') return new ModelError('port-in-use', `port ${port} of ${host} is taken`, { at: '--port', usually: 'another `dma-ownership inspect` that still runs', hint: 'leave --port out: a free one is taken then' });
  if (code === 'EACCES') return new ModelError('port-in-use', `port ${port} may not be used`, { at: '--port', accepted: '1024 to 65535, or 0' });
  return new ModelError('wrong-use', `cannot listen on ${host}: ${message}`, { at: '--host', accepted: ['127.0.0.1', '::1', 'localhost', 'an address of this machine'] });
}
