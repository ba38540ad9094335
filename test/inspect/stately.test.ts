/** @statelyai/inspect itself, as users have it: its inspectors tell our viewer, its receivers hear what we show. */
import { createBrowserInspector, createWebSocketInspector, createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { replayed } from '../../src/inspect/replayed.ts';
import type { Seen } from '../../src/inspect/seen.ts';
import { show, view } from '../../src/inspect/server.ts';
import { fromStately, statelyMessages, type StatelyMessage } from '../../src/inspect/stately.ts';
import { Watched } from '../../src/inspect/watched.ts';
import { createSystem, follow, type Delivery } from '../../src/world/live.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System, type Step } from '../../src/world/world.ts';

const model = models['v6.12.y'] as Model;
const topology = defaultTopology({ devices: 1, users: 1 });
const driver = topology.drivers.find(({ driver_managed_dma }) => !driver_managed_dma)?.name as string;
const open: (() => unknown)[] = [];
afterEach(async () => { for (const close of open.splice(0)) await close(); });

const bind = (live: ReturnType<typeof createSystem>) => live.call('bind_store', { type: 'bind_store', device: topology.devices[0]?.name as string, driver });

test('its WebSocket inspector tells our viewer about a live system', async () => {
  const watched = new Watched();
  const viewer = await view((seen) => { watched.take(seen); }, { port: 0 });
  const inspector = createWebSocketInspector({ url: viewer.url, maxDeferredEvents: 10_000 });
  open.push(() => { inspector.stop(); }, () => viewer.close());
  const live = createSystem(topology, model, { inspect: inspector.inspect }).start();
  expect(await bind(live)).toBe(0);
  const names = live.addresses;
  await vi.waitFor(() => {
    expect(watched.actors.filter(({ snapshot: { value } }) => value !== undefined)).toHaveLength(names.length);
    expect(watched.messages.filter(({ event }) => event.type === 'bind_store.ret')).toHaveLength(1);
  }, 20_000);
  const byName = new Map(watched.actors.map((actor) => [actor.name, actor]));
  expect([...byName.keys()].sort()).toEqual([...names].sort());
  expect((byName.get('group:8')?.definition as { id: string }).id).toBe('iommu_group');
  await vi.waitFor(() => {
    for (const name of names.filter((one) => one !== 'environment')) expect([name, byName.get(name)?.id === undefined, watched.actors.find((one) => one.name === name)?.snapshot.value]).toEqual([name, false, live.snapshot(name).value]);
  }, 20_000);
  live.stop();
});

const deliveries: Delivery[] = [];
async function steps(): Promise<{ system: System; taken: Step[] }> {
  deliveries.length = 0;
  const live = createSystem(topology, model, { delivered: (one) => deliveries.push(one) }).start();
  await bind(live);
  live.stop();
  const system = new System(model, topology, { answersFirst: false });
  const taken: Step[] = [];
  for (const delivery of deliveries) taken.push(follow(system, taken.at(-1)?.world ?? system.initial(), delivery) as Step);
  return { system, taken };
}

test('its WebSocket receiver hears a run that is taken again', async () => {
  const shown = await show({ port: 0 });
  const { system, taken } = await steps();
  const all = [...replayed(system, taken)];
  const half = all.length >> 1;
  for (const seen of all.slice(0, half)) shown.tell(seen); // before anybody listens: told again
  const heard: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server: shown.url }).subscribe((event) => heard.push(event));
  await vi.waitFor(() => { expect(heard.length).toBe(half); }, 20_000);
  for (const seen of all.slice(half)) shown.tell(seen);
  await vi.waitFor(() => { expect(heard.length).toBe(all.length); }, 20_000);
  expect(heard.map(fromStately)).toEqual(JSON.parse(JSON.stringify(all.map((seen) => (seen.kind === 'snapshot' || seen.kind === 'actor' ? { ...seen } : seen)))));
  await shown.close();
});

test('its browser inspector hands a run to the window that it opens', async () => {
  const posted: unknown[] = [];
  const listeners: ((event: { data: unknown }) => void)[] = [];
  const window = { open: () => ({ postMessage: (message: unknown) => { posted.push(message); } }), addEventListener: (_type: string, listener: (event: { data: unknown }) => void) => { listeners.push(listener); } };
  const inspector = createBrowserInspector({ window: window as never, maxDeferredEvents: 10_000 });
  const { system, taken } = await steps();
  const message = statelyMessages();
  const all = [...replayed(system, taken)];
  for (const seen of all) inspector.adapter.send(message(seen) as StatelyInspectionEvent);
  for (const listener of listeners) listener({ data: { type: '@statelyai.connected' } });
  expect(posted.length).toBe(all.length);
  expect(fromStately(posted.at(-1))).toMatchObject({ kind: all.at(-1)?.kind });
});

test('a message is what it was, both ways', () => {
  const seen: Seen[] = [
    { kind: 'actor', id: 'a', name: 'group:8', parent: 'r', root: 'r', definition: { id: 'g', states: {} }, snapshot: { status: 'active', value: 'unowned', context: {} } },
    { kind: 'actor', id: 'p', name: 'load', parent: null, root: null, definition: null, snapshot: { status: 'active' } },
    { kind: 'event', from: 'r', to: 'a', event: { type: 'claim', owner: 1 } }, { kind: 'event', from: null, to: 'a', event: { type: 'x' } },
    { kind: 'snapshot', of: 'a', event: { type: 'claim' }, snapshot: { status: 'done', value: 'claimed' } },
  ];
  const message = statelyMessages(() => 5);
  const messages = seen.map((one) => JSON.parse(JSON.stringify(message(one))) as StatelyMessage);
  expect(messages.map(fromStately)).toEqual(seen);
  expect(messages.map(({ createdAt, rootId }) => [createdAt, rootId])).toEqual([['5', 'r'], ['5', undefined], ['5', 'r'], ['5', 'r'], ['5', 'r']]);
  expect(message({ kind: 'stopped', of: 'a' })).toBeUndefined();
});

test.each([null, 1, 'x', {}, { type: '@xstate.actor' }, { type: 'other', sessionId: 'a' }, { type: '@xstate.event', sessionId: 'a', event: 3 }])('%j is no message', (given) => {
  expect(fromStately(given)).toBeUndefined();
});

test('a viewer passes over what is no message, and pages of other machines are not let in', async () => {
  const heard: Seen[] = [];
  const viewer = await view((seen) => heard.push(seen), { port: 0 });
  open.push(() => viewer.close());
  const foreign = new WebSocket(viewer.url, { origin: 'https://example.org' });
  expect(await new Promise((resolve) => { foreign.on('error', (error) => { resolve(error.message); }); foreign.on('open', () => { resolve('open'); }); })).toContain('401');
  const socket = new WebSocket(viewer.url, { origin: 'http://localhost:5173' });
  await new Promise((resolve) => { socket.on('open', resolve); });
  for (const text of ['no json', '3', '{"type":"hello"}', JSON.stringify({ type: '@xstate.event', sessionId: 'x:1', event: { type: 'GO' } })]) socket.send(text);
  await vi.waitFor(() => { expect(heard).toEqual([{ kind: 'event', from: null, to: '1/x:1', event: { type: 'GO' } }]); });
  socket.close();
  const port = Number(new URL(viewer.url).port);
  await expect(view(() => undefined, { port })).rejects.toMatchObject({ code: 'port-in-use' });
});
