/** Applications that are watched, as far as no browser is needed: a real one in its own process, the limits, who may connect and who may look. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { Seen } from '../../src/inspect/seen.ts';
import { Application } from '../../src/web/page/watch/application.ts';
import { changesBetween, mostChanges } from '../../src/web/page/watch/changes.ts';
import { eventsNow, marksFor, takenBy } from '../../src/web/page/watch/marks.ts';
import { front, openRecording, recordingOf } from '../../src/web/page/watch/watching.ts';
import { serve } from '../../src/web/server/serve.ts';
import { watchLimits, WatchHub, type WatchTold } from '../../src/web/server/watched.ts';
import { watchApplications } from '../../src/web/server/watching.ts';

const open: (() => unknown)[] = [];
afterEach(async () => { for (const close of open.splice(0).reverse()) await close(); });

/** A page, as far as the hub sees it: what it is told. */
function page(hub: Pick<WatchHub, 'add'>) {
  const told: WatchTold[] = [];
  const listeners = new Map<string, (data: unknown) => void>();
  const socket = { OPEN: 1, readyState: 1, send: (text: string) => told.push(JSON.parse(text) as WatchTold), on: (name: string, listener: (data: unknown) => void) => listeners.set(name, listener), close: () => { told.push({ type: 'applications', applications: [] }); }, terminate: () => undefined };
  hub.add(socket as unknown as WebSocket);
  return { told, say: (message: unknown) => listeners.get('message')?.(JSON.stringify(message)), seen: () => told.flatMap((one) => (one.type === 'seen' ? one.seen : [])) };
}

test('a real application, in its own process, is seen as it is: its actors, charts, messages and what they took', async () => {
  const watching = await watchApplications({ listen: 0 });
  open.push(() => watching.close());
  const child = spawn(process.execPath, [fileURLToPath(new URL('../inspect/shop.mjs', import.meta.url)), watching.url ?? ''], { stdio: ['pipe', 'ignore', 'inherit'] });
  open.push(() => child.kill());
  const one = page(watching.hub);
  await vi.waitFor(() => { expect(one.told.at(-1)).toMatchObject({ applications: [{ id: '1', title: 'shop', open: true, answers: false }] }); }, 30_000);
  one.say({ type: 'watch', id: '1' });
  for (const event of ['{"type":"ADD","item":"tea","price":200}', '{"type":"PAY"}']) child.stdin.write(`${event}\n`);
  await vi.waitFor(() => { expect(one.seen()).toContainEqual(expect.objectContaining({ kind: 'snapshot', of: 'x:0', event: expect.objectContaining({ type: 'xstate.error.actor.pay' }) as unknown })); }, 30_000);

  const app = new Application('1');
  app.take(one.seen());
  app.publish();
  const names = (): string[] => app.actors.value.filter(({ life }) => life !== 'unborn').map(({ name, life, snapshot: { status } }) => `${name} ${life} ${status}`);
  expect(names()).toEqual(['shop alive active', 'clock alive active', 'basket alive active', 'pay stopped error']);
  const paid = app.facts.value.findIndex(({ event }) => event.type === 'PAY');
  app.actions.goTo(paid);
  expect(names()).toHaveLength(3);
  app.actions.goTo(paid + 1);
  expect([...marksFor(app).taken]).toEqual(['shop.order.browsing|PAY|0']);
  expect(takenBy(app, 'x:0')).toEqual(['browsing → paying [solvent]']);
  expect([...marksFor(app).active]).toEqual(expect.arrayContaining(['shop.order.paying', 'shop.door.open']));
  expect([...marksFor(app).ready]).toEqual([]); // this protocol takes nothing back
  app.actions.select('x:2');
  const basket = app.shown.value;
  expect([basket?.snapshot.value, basket === undefined ? [] : eventsNow(basket), app.words.who('x:2')]).toEqual(['filled', ['ADD', 'CLEAR'], 'basket']);
  app.actions.goTo(Infinity);
  expect(app.at.value).toBe(app.facts.value.length);

  // What is saved is opened again as it was; an ended application stays.
  openRecording('shop.json', recordingOf(app));
  const again = front.value as Application;
  expect([again.facts.value, again.actors.value]).toEqual([app.facts.value, app.actors.value]);
  front.value = null;
  child.kill();
  await vi.waitFor(() => { expect(one.told.at(-1)).toMatchObject({ applications: [{ id: '1', open: false }] }); }, 30_000);
});

test('a page that comes late is told all that is kept; what is too much is forgotten, and counted', () => {
  const limits = { seen: 2000, text: 1_000_000, applications: 1 };
  const hub = new WatchHub(limits);
  open.push(() => { hub.close(); });
  hub.begin('1');
  hub.take('1', { kind: 'actor', id: 'a', name: 'a', parent: null, root: null, definition: null, snapshot: { status: 'active', value: '0' } });
  for (let count = 1; count <= limits.seen / 2; count++) {
    hub.take('1', { kind: 'event', from: null, to: 'a', event: { type: 'ADD' } });
    hub.take('1', { kind: 'snapshot', of: 'a', event: { type: 'ADD' }, snapshot: { status: 'active', value: String(count) } });
  }
  const late = page(hub);
  late.say({ type: 'watch', id: '1' });
  const begin = late.told.find((one) => one.type === 'begin');
  if (begin?.type !== 'begin') throw new Error('nothing begins');
  expect(begin.forgotten).toBe(limits.seen / 20);
  expect(begin.actors).toMatchObject([{ id: 'a', snapshot: { value: String(begin.forgotten - 1) } }]);
  expect(late.seen().filter(({ kind }) => kind === 'event')).toHaveLength(limits.seen / 2 - begin.forgotten);
  late.say({ type: 'watch', id: 'nobody' });
  late.say('no message');
  hub.take('1', { kind: 'event', from: null, to: 'a', event: { type: 'BIG', text: 'x'.repeat(limits.text) } });
  const after = page(hub);
  after.say({ type: 'watch', id: '1' });
  expect(after.seen()).toEqual([]); // one message alone is above the limit
});

test('applications beyond the limit take the place of ended ones, or are refused', () => {
  const hub = new WatchHub();
  const ids = Array.from({ length: watchLimits.applications }, (_, index) => String(index));
  for (const id of ids) expect(hub.begin(id)).toBe(true);
  expect(hub.begin('more')).toBe(false);
  hub.take('3', { kind: 'actor', id: 'a', name: 'three', parent: null, root: null, definition: null, snapshot: { status: 'active' } });
  hub.end('3');
  expect(hub.begin('more')).toBe(true);
  hub.end('4'); // it never said anything: nothing is left of it
  const one = page(hub);
  expect(one.told.flatMap((message) => (message.type === 'applications' ? message.applications.map(({ id }) => id) : []))).toEqual([...ids.filter((id) => id !== '3' && id !== '4'), 'more']);
});

describe('who may connect', () => {
  const refused = (url: string, options: ClientOptions = {}): Promise<string> => new Promise((resolve) => {
    const socket = new WebSocket(url, options);
    socket.on('error', ({ message }) => { resolve(message); });
    socket.on('open', () => { resolve('open'); socket.close(); });
  });
  test('inspectors of this machine, by a name of this machine; pages with the token', async () => {
    const watching = await watchApplications({ listen: 0 });
    const serving = await serve({ start: { version: 'test', store: null, writes: false, given: [], watching: { url: watching.url } }, store: null, writable: null, by: 'a test', files: new Map(), watched: watching.hub });
    open.push(() => watching.close(), () => serving.close());
    const receiver = watching.url ?? '';
    expect(await refused(receiver)).toBe('open');
    expect(await refused(receiver, { origin: 'http://localhost:3000' })).toBe('open');
    expect(await refused(receiver, { origin: 'https://example.org' })).toContain('401');
    expect(await refused(receiver, { headers: { host: 'rebound.example.org:80' } })).toContain('401');
    const own = `ws://127.0.0.1:${serving.port}/api/watched`;
    expect(await refused(own)).toContain('401');
    expect(await refused(own, { headers: { authorization: `Bearer ${serving.token}` } })).toBe('open');
    expect(await refused(own, { origin: 'https://example.org', headers: { authorization: `Bearer ${serving.token}` } })).toContain('403');
    await expect(watchApplications({ listen: Number(new URL(receiver).port) })).rejects.toMatchObject({ code: 'port-in-use' });
    await expect(watchApplications({ asked: ['ws://127.0.0.1:9'] })).rejects.toMatchObject({ code: 'unreadable-file' });
  });
});

test.each([
  [{ a: 1 }, { a: 1 }, []], [{ a: { b: [1, 2] } }, { a: { b: [1, 3, 4] } }, [['a.b[1]', 2, 3], ['a.b[2]', undefined, 4]]], ['on', 'off', [['', 'on', 'off']]], [{ 'odd key': 1 }, {}, [['["odd key"]', 1, undefined]]],
  [{ a: {} }, { a: [] }, [['a', {}, []]]], [null, { a: 1 }, [['', null, { a: 1 }]]],
])('%j and %j differ in %j', (before, after, changes) => {
  expect(changesBetween(before, after).map(({ field, before: from, after: to }) => [field, from, to])).toEqual(changes);
});

test('differences without end are cut', () => {
  expect(changesBetween(Array(1000).fill(0), Array(1000).fill(1))).toHaveLength(mostChanges);
});

test.each(['no json', '{"schema":"dma-ownership/watched@1"}', '{"schema":"other","seen":[]}', '{"schema":"dma-ownership/watched@1","seen":[{"kind":"snapshot","of":"a"}]}'])('%s is no recording', (text) => {
  expect(() => { openRecording('file.json', text); }).toThrow(expect.objectContaining({ code: 'unreadable-file' }) as Error);
  expect(front.value).toBeNull();
});

test('a recording of strangers does no harm', () => {
  const seen = [{ kind: 'actor', id: '__proto__', name: '<img src=x>', parent: '__proto__', root: null, definition: { states: { __proto__: {} } }, snapshot: { status: 'active' } }, { kind: 'odd' }, { kind: 'event', from: 'a', to: '__proto__', event: { type: 'x' } }] as unknown as Seen[];
  openRecording('file.json', JSON.stringify({ schema: 'dma-ownership/watched@1', title: 't', seen }));
  expect((front.value as Application).facts.value).toHaveLength(1);
  front.value = null;
});
