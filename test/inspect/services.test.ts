/** The real @xstate/inspect 0.8 with XState 4, in test/inspect-v4 with its own packages: `npm ci --prefix test/inspect-v4`, which .ci/run does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Seen } from '../../src/inspect/seen.ts';
import { ask, show } from '../../src/inspect/server.ts';
import { fromService, sentBack, serviceMessage } from '../../src/inspect/services.ts';
import { Watched } from '../../src/inspect/watched.ts';
import { watching } from '../../src/inspect/live.ts';
import { createSystem } from '../../src/world/live.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { nodesOf } from '../machines/charts.ts';

const folder = fileURLToPath(new URL('../inspect-v4/', import.meta.url));
const installed = existsSync(`${folder}node_modules/@xstate/inspect`);
const required = process.env['INSPECT_V4'] === 'required'; // .ci/run says so

const open: (() => unknown)[] = [];
afterEach(async () => { for (const close of open.splice(0)) await close(); });

/** A program of the workspace, what it prints, and its end with the test. */
function started(...argv: string[]): { child: ChildProcess; lines: Record<string, unknown>[] } {
  const child = spawn(process.execPath, argv, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  open.push(() => child.kill());
  return { child, lines };
}

test.runIf(required)('the packages are installed', () => {
  expect(installed).toBe(true);
});

describe.skipIf(!installed && !required)('@xstate/inspect 0.8 (skipped without `npm ci --prefix test/inspect-v4`)', () => {
  test('its receiver makes machines and states of a live system, and sends events back', async () => {
    const model = models['v6.12.y'] as Model;
    const topology = defaultTopology({ devices: 1, users: 1 });
    const back: { to: string; event: { type: string } }[] = [];
    const shown = await show({ port: 0, onEvent: (to, event) => back.push({ to, event }) });
    open.push(() => shown.close());
    const live = createSystem(topology, model, { inspect: watching(shown.tell) }).start();
    const { child, lines } = started('receive.mjs', new URL(shown.url).host);
    const registered = () => lines.filter(({ type }) => type === 'service.register');
    await vi.waitFor(() => { expect(registered().length).toBe(live.addresses.length); }, 30_000);

    const names = new Map(registered().map(({ sessionId, id }) => [sessionId, id as string]));
    expect([...names.values()].sort()).toEqual([...live.addresses].sort());
    for (const { id, states, value, matches, parent } of registered().filter((one) => one['id'] !== 'environment')) {
      const { machine } = live.snapshot(id as string);
      // XState 4 has the states of the chart, and finds the value in them.
      expect([id, (states as string[]).length, value, names.get(parent as string)]).toEqual([id, nodesOf(machine.root).length, live.snapshot(id as string).value, 'environment']);
      expect((matches as string[]).length, id as string).toBeGreaterThan(0);
    }

    const device = topology.devices[0]?.name as string;
    const driver = topology.drivers.find(({ driver_managed_dma }) => !driver_managed_dma)?.name as string;
    expect(await live.call('bind_store', { type: 'bind_store', device, driver })).toBe(0);
    await vi.waitFor(() => {
      const states = lines.filter(({ type, sessionId }) => type === 'service.state' && names.get(sessionId) === `binding:${device}`);
      expect(states.at(-1)?.['value']).toBe('bound');
      const events = lines.filter(({ type }) => type === 'service.event').map(({ sessionId, event }) => [names.get(sessionId), (event as { data: { type: string } }).data.type, names.get((event as { origin?: string }).origin)]);
      expect(events).toContainEqual(['group:8', 'iommu_device_use_default_domain', `device:${device}`]);
    }, 30_000);

    const group = registered().find(({ id }) => id === 'group:8')?.['sessionId'];
    child.stdin?.write(`${JSON.stringify({ to: group, event: { type: 'iommu_group_dma_owner_claimed', from: 'thread:vm1' } })}\n`);
    await vi.waitFor(() => { expect(back).toEqual([{ to: group, event: { type: 'iommu_group_dma_owner_claimed', from: 'thread:vm1' } }]); }, 30_000);
    live.stop();
  });

  test('a system of XState 4 can be watched, and answers', async () => {
    const { lines } = started('show.mjs');
    await vi.waitFor(() => { expect(lines.some((line) => 'port' in line)).toBe(true); }, 30_000);
    const watched = new Watched();
    const link = await ask(`ws://127.0.0.1:${String(lines.find((line) => 'port' in line)?.['port'])}`, (seen) => { watched.take(seen); });
    open.push(() => { link.close(); });
    await vi.waitFor(() => { expect(watched.actors.map(({ name, snapshot: { value } }) => [name, value])).toEqual([['light', 'green']]); }, 30_000);
    link.send(watched.actors[0]?.id as string, { type: 'NEXT' });
    await vi.waitFor(() => { expect(watched.actors[0]?.snapshot.value).toBe('red'); }, 30_000);
    expect(Object.keys((watched.actors[0]?.definition as { states: object }).states)).toEqual(['green', 'red']);
    expect(watched.messages.map(({ event }) => event.type)).toContain('NEXT');
  });
});

test('a message is what it was, both ways', () => {
  const seen: Seen[] = [
    { kind: 'actor', id: 'a', name: 'group:8', parent: 'r', root: null, definition: { id: 'g', initial: 'a', states: { a: { on: { guard: [{ target: 'a' }] } } }, context: {} }, snapshot: { status: 'active', value: 'a', context: { n: 1 } } },
    { kind: 'event', from: 'r', to: 'a', event: { type: 'claim', owner: 1 } },
    { kind: 'snapshot', of: 'a', event: { type: 'claim' }, snapshot: { status: 'done', value: 'claimed', context: {} } }, { kind: 'stopped', of: 'a' },
  ];
  expect(seen.map((one) => fromService(JSON.parse(JSON.stringify(serviceMessage(one)))))).toEqual(seen);
});

test('guards are called cond, and only they', () => {
  const definition = { id: 'g', states: { guard: { on: { guard: [{ target: 'x', guard: { type: 'guard' } }] }, always: [{ guard: 'y', target: 'z' }] } } };
  const message = serviceMessage({ kind: 'actor', id: 'a', name: 'a', parent: null, root: null, definition, snapshot: { status: 'active' } });
  expect(JSON.parse((message as { machine: string }).machine)).toEqual(
    { id: 'g', context: {}, states: { guard: { on: { guard: [{ target: 'x', cond: { type: 'guard' } }] }, always: [{ cond: 'y', target: 'z' }] } } });
});

test.each([null, {}, { type: 'service.event', sessionId: 'a', event: 'no json' }, { type: 'service.state', sessionId: 'a', state: '3' }, { type: 'hello', sessionId: 'a' }])('%j is no message', (given) => {
  expect(fromService(given)).toBeUndefined();
});

test.each([null, { type: 'xstate.inspecting' }, { type: 'xstate.event', event: 'no json' }, { type: 'xstate.event', event: '{"data":{"type":"x"}}' }])('%j sends nothing back', (given) => {
  expect(sentBack(given)).toBeUndefined();
});
