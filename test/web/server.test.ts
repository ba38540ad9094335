/** The server refuses whoever has no business here. */
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { models } from '../../machines/models/index.ts';
import { memoryStore } from '../../src/log/store/memory.ts';
import { watch } from '../../src/inspect/watch.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { createSystem } from '../../src/world/live.ts';
import { System, type Fact } from '../../src/world/world.ts';
import { Guard } from '../../src/web/server/guard.ts';
import { serve, type Serving } from '../../src/web/server/serve.ts';
import type { Model } from '../../machines/model.ts';

const model = models['v6.12.y'] as Model;
const topology = defaultTopology({ devices: 1, users: 1, module: false, hotplug: false });
// Whoever saves a run closes the store that it opened for that; this one lasts.
const store = Object.assign(memoryStore(), { close: () => Promise.resolve() });

let serving: Serving;
beforeAll(async () => {
  serving = await serve({
    start: { version: 'test', store: 'memory:', writes: true, given: [] }, store, writable: () => Promise.resolve(store), by: 'a test',
    files: new Map([['/', { type: 'text/html', bytes: Buffer.from('the page'), immutable: false }], ['/assets/a.js', { type: 'text/javascript', bytes: Buffer.from('1'), immutable: true }]]),
  });
});
afterAll(() => serving.close());

interface Answer { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

function ask(path: string, headers: Record<string, string> = {}, { method = 'GET', body = '' }: { method?: string; body?: string | Iterable<Buffer> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: serving.port, path, method, headers: { host: `127.0.0.1:${serving.port}`, ...headers }, setHost: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, text }); }).on('error', reject);
    });
    asked.on('error', reject);
    if (typeof body === 'string') asked.end(body);
    else {
      for (const piece of body) asked.write(piece);
      asked.end();
    }
  });
}
const token = () => ({ authorization: `Bearer ${serving.token}` });

describe('refused', () => {
  test.each([
    ['a foreign Host', '/api/given', { host: 'evil.example' }, 403],
    ['a foreign Host with our port', '/', { host: 'evil.example:PORT' }, 403],
    ['our Host with another port', '/', { host: '127.0.0.1:1' }, 403],
    ['a foreign Origin', '/api/given', { origin: 'http://evil.example' }, 403],
    ['an Origin of another port', '/api/given', { origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed Origin', '/api/given', { origin: 'null' }, 403],
    ['a wrong token', '/api/given', { authorization: `Bearer ${'a'.repeat(32)}` }, 401],
    ['a wrong token of another length', '/api/given', { authorization: 'Bearer a' }, 401],
    ['no token', '/api/given', { authorization: '' }, 401],
    ['a path outside', '/../package.json', {}, 404],
    ['a path outside, written otherwise', '/assets/%2e%2e/%2e%2e/package.json', {}, 404],
    ['nothing there', '/api/nothing', {}, 404],
    ['a run that is none', '/api/runs/abc', {}, 404],
  ] as const)('%s', async (_name, path, headers, status) => {
    const given = Object.fromEntries(Object.entries({ ...token(), ...headers }).map(([name, value]) => [name, value.replace('PORT', String(serving.port))]));
    const answer = await ask(path, given);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.text).not.toContain(serving.token);
  });

  test('another method than GET for files, and a body that is too large', async () => {
    expect((await ask('/', token(), { method: 'POST' })).status).toBe(405);
    const piece = Buffer.alloc(1_000_000, 32);
    const answer = await ask('/api/runs', token(), { method: 'POST', body: Array.from({ length: 66 }, () => piece) }).catch((error: unknown) => ({ status: 413, text: String(error) }));
    expect(answer.status).toBe(413);
  });

  test.each([['no token', {}, 401], ['a foreign Origin', { origin: 'http://evil.example' }, 403], ['a foreign Host', { host: 'evil.example' }, 403]] as const)('a WebSocket with %s', async (name, headers, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${serving.port}/api/live`, { headers: { ...(name === 'no token' ? {} : token()), ...headers } });
    const [error] = await once(socket, 'error').catch((reason: unknown) => [reason]) as [Error];
    expect(error.message).toContain(String(status));
  });

  test('a WebSocket that says what is no message', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${serving.port}/api/live`, { headers: token() });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'begin', title: 'x', model: 'none', topology: {} }));
    const said: string[] = [];
    socket.on('message', (data: Buffer) => said.push(String(data)));
    await once(socket, 'close');
    expect(said.join()).toContain('there is no model none');
  });

  test('names that point here by DNS, where it listens for others; addresses are no names', () => {
    const guard = new Guard('t', '0.0.0.0', 80);
    const foreign = (host: string) => guard.foreign({ headers: { host } } as never)?.status;
    expect(['evil.example:80', '10.0.0.7:80', '[fe80::1]:80', 'localhost'].map(foreign)).toEqual([403, undefined, undefined, undefined]);
  });
});

test('the token in the link becomes a cookie, files with a hash are kept, everything else is not', async () => {
  const page = await ask(`/?token=${serving.token}`);
  const cookie = String(page.headers['set-cookie']);
  expect(page).toMatchObject({ status: 200, text: 'the page', headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } });
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Path=\//);
  expect((await ask('/', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
  expect((await ask('/')).status).toBe(401);
  expect((await ask('/assets/a.js')).headers['cache-control']).toContain('immutable');
});

test('a port that is taken is said', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(serve({ start: { version: '', store: null, writes: false, given: [] }, store: null, writable: null, by: '', files: new Map(), port })).rejects.toMatchObject({ code: 'port-in-use', at: '--port' });
  other.close();
});

test('runs are saved, listed, read page by page, and written as a log', async () => {
  const system = new System(model, topology);
  const facts: Fact[] = [];
  let world = system.initial();
  for (let next = system.choices(world)[0]; next !== undefined && facts.length < 40; next = system.choices(world)[0]) {
    const step = system.step(world, next);
    facts.push(step.fact);
    world = step.world;
  }
  const body = JSON.stringify({ title: 'saved', model: model.name, topology, facts });
  const { run } = JSON.parse((await ask('/api/runs', token(), { method: 'POST', body })).text) as { run: string };
  const { runs } = JSON.parse((await ask('/api/runs', token())).text) as { runs: { id: string; what: string; facts: number }[] };
  expect(runs).toMatchObject([{ id: run, what: 'saved', facts: 40 }]);
  const page = JSON.parse((await ask(`/api/runs/${run}/facts?from=10`, token())).text) as { facts: object[]; next: number | null };
  expect(page.facts.map((fact) => ({ said: [], ...fact }))).toEqual(facts.slice(10).map(({ seq: _seq, ...fact }) => fact));
  expect((await ask('/api/log', token(), { method: 'POST', body })).text.split('\n')[0]).toContain('dma-ownership');
  expect(JSON.parse((await ask('/api/runs', token(), { method: 'POST', body: body.replace('"seq":3,', '"seq":3,"changed":1,').replaceAll('bind_store"', 'unbind_store"') })).text)).toMatchObject({ code: expect.any(String) as string });
});

test('a live run of a program is told to whoever watches, from its beginning', async () => {
  const told: { type: string; deliveries?: unknown[]; runs?: { title: string; ended: string | null }[]; outcome?: string }[] = [];
  const watcher = watch({ url: serving.url, topology, model, title: 'a program' });
  const live = createSystem(topology, model, watcher.options).start();
  const id = await watcher.begun;
  expect(await live.call('bind_store', { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' })).toBe(0);
  const page = new WebSocket(`ws://127.0.0.1:${serving.port}/api/live`, { headers: { ...token(), origin: `http://127.0.0.1:${serving.port}` } });
  page.on('message', (data: Buffer) => told.push(JSON.parse(String(data)) as (typeof told)[number]));
  await once(page, 'open');
  page.send(JSON.stringify({ type: 'watch', id }));
  await live.call('vm1', { type: 'claim', group: 'group:8' });
  live.stop();
  await watcher.end('done');
  while (!told.some(({ type }) => type === 'ended')) await once(page, 'message');
  expect(told.filter(({ type }) => type === 'deliveries').flatMap(({ deliveries }) => deliveries).length).toBeGreaterThan(30);
  expect(told.find(({ type }) => type === 'ended')?.outcome).toBe('done');
  page.close();
  await expect(watch({ url: serving.url.replace(/token=.*/, 'token=wrong'), topology, model }).begun).rejects.toMatchObject({ code: 'wrong-use' });
  expect(() => watch({ url: 'nowhere', topology, model })).toThrow('no link of a page');
});
