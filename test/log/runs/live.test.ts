/** Live systems in a log while they go on: what others see of them meanwhile, and what is left of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import { register as log } from '../../../src/cli/log.ts';
import { run as shellRun } from '../../../src/cli/program.ts';
import { recordLive } from '../../../src/log/runs/live.ts';
import { factsOf, runNamed } from '../../../src/log/runs/stored.ts';
import { verified } from '../../../src/log/runs/verify.ts';
import { draft, listed, part } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Appended, Store } from '../../../src/log/store/port.ts';
import { defaultTopology } from '../../../src/world/topology.ts';
import { folder } from '../store/place.ts';
import { built } from '../store/processes.ts';

const v6_12_y = models['v6.12.y'] as Model;
const topology = defaultTopology({ devices: 2, users: 1, hotplug: false, answers: { probe: [0, -6] } });
const bind = { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' };
const claim = { type: 'claim', group: 'group:8' };
const options = { what: 'live', by: 'test' };

describe('in one process', () => {
  test('the answer to a call comes when what led to it is stored, and the run holds', async () => {
    const store = memoryStore();
    const told: number[] = [];
    const recording = await recordLive(store, topology, v6_12_y, { ...options, delivered: () => told.push(0), snapshotEvery: 10 });
    recording.live.start();
    for (const [thread, call, ret] of [['bind_store', bind, 0], ['vm1', claim, -1], ['unbind_store', { ...bind, type: 'unbind_store' }, 0], ['vm1', claim, 0], ['bind_store', bind, -16]] as const) {
      expect(await recording.call(thread, call)).toBe(ret);
      const { facts, ended } = await runNamed(store, recording.id);
      expect([facts, ended]).toEqual([told.length, null]);
      expect(await verified(store, await runNamed(store, recording.id))).toMatchObject({ ok: true, notes: [`not ended, ${told.length} facts so far`] });
    }
    await recording.end('done');
    expect(await verified(store, await runNamed(store, 'last'))).toMatchObject({ ok: true, facts: told.length, notes: [] });
  });

  test('what arrives during a write is stored too, and threads overlap', async () => {
    const store = memoryStore();
    let probe: (ret: number) => void = () => undefined;
    const recording = await recordLive(store, topology, v6_12_y, { ...options, environment: (call, usual) => (call.type === 'probe' ? new Promise<number>((resolve) => { probe = resolve; }) : usual) });
    recording.live.start();
    const binding = recording.call('bind_store', bind);
    expect(await recording.call('vm1', claim)).toBe(-1);
    probe(-6);
    expect(await binding).toBe(-6);
    await recording.end('done');
    expect(await verified(store, await runNamed(store, 'last'))).toMatchObject({ ok: true, notes: [] });
  });

  test('an answer that the topology does not have cannot be replayed: it is refused, and nothing is stored from there on', async () => {
    const store = memoryStore();
    const recording = await recordLive(store, topology, v6_12_y, { ...options, environment: (call, usual) => (call.type === 'probe' ? -12 : usual) });
    recording.live.start();
    await expect(recording.call('bind_store', bind)).rejects.toMatchObject({ code: 'wrong-use', hint: expect.stringContaining('"probe":[-12]') as string });
    expect((await verified(store, await runNamed(store, 'last'))).ok).toBe(true);
  });

  test('a store that fails is told to who waits, and what is stored is a beginning', async () => {
    const store = memoryStore();
    let left = 3;
    const full = { name: 'full', capabilities: store.capabilities, snapshots: store.snapshots,
      append: (...parts: Parameters<Store['append']>): Promise<Appended> => (left-- > 0 ? store.append(...parts) : Promise.reject(new Error('full'))) } as unknown as Store;
    const recording = await recordLive(full, topology, v6_12_y, options);
    recording.live.start();
    expect(await recording.call('bind_store', bind)).toBe(0);
    await recording.call('vm1', claim);
    await expect(recording.call('vm1', claim)).rejects.toThrow('full');
    await expect(recording.end('done')).rejects.toThrow('full');
    expect(await verified(store, await runNamed(store, 'last'))).toMatchObject({ ok: true });
  });
});

describe('in two processes', async () => {
  const worker = await built('runs/live_worker', 'live');
  afterAll(() => { worker.remove(); });
  const name = `sqlite:${join(folder('live'), 'log.db')}`;
  async function shell(...argv: string[]) {
    let out = '';
    const code = await shellRun([...argv, '--log', name], [log], { stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (out += text) }, env: {} });
    return { code, out };
  }

  test('show, why and owners follow a run until its end, and so does another writer beside it', async () => {
    await (await openStore(name, { mode: 'write' })).close();
    const live = spawn(process.execPath, [worker.program, name, '3'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(live, 'exit');
    const [said] = await once(live.stdout, 'data') as [Buffer];
    const id = said.toString().trim();
    const started = await openStore(name, { mode: 'write' });
    const begun = (await runNamed(started, id)).facts;
    const following = Promise.all([shell('log', 'show', id, '--follow', '--json'), shell('log', 'why', '60', id, '--follow'), shell('log', 'owners', '8', id, '--follow')]);
    expect((await started.append(part('other', 'any', draft()))).ok).toBe(true);
    const [shown, why, owners] = await following;
    expect((await ended)[0]).toBe(0);
    const run = await runNamed(started, id);
    expect([run.ended?.outcome, begun < run.facts]).toEqual(['0 -1 0 0 0 0 -1 0 0 0 0 -1 0 0 0', true]);
    expect((await verified(started, run)).ok).toBe(true);
    expect((JSON.parse(shown.out) as { facts: object[] }).facts).toEqual(JSON.parse(JSON.stringify(await listed(factsOf(started, run)))));
    expect(why.out).toBe((await shell('log', 'why', '60', id)).out);
    expect(owners.out.split('\n').slice(0, -2)).toEqual((await shell('log', 'owners', '8', id)).out.split('\n').slice(0, -1));
    expect([shown.code, why.code, owners.code]).toEqual([0, 0, 0]);
    await started.close();
  });
});
