/** Projections: the same when rebuilt as when carried on, and what the facts say. */
import { beforeAll, describe, expect, test } from 'vitest';
import { holders } from '../../../src/log/holder.ts';
import { bindings, cleanups, leaks, owners, project, refusals, type Projection } from '../../../src/log/runs/projections.ts';
import { loaded, runNamed, type Run } from '../../../src/log/runs/stored.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { kept, played, walked } from './walks.ts';

const all = [owners, bindings, cleanups, refusals] as unknown as readonly Projection<unknown>[];

describe('a random run', () => {
  const store = memoryStore();
  const taken = walked('v6.12.y', 1500, 8);
  let run: Run;
  beforeAll(async () => { run = await runNamed(store, await kept(store, taken)); });

  test.each(all.map((one) => [one.name, one] as const))('%s: carried on in pieces, it is what a rebuild gives', async (name, projection) => {
    for (const to of [0, 1, 400, 401, 1100, 1500]) {
      const carried = JSON.stringify(await project(store, run, projection, { to }));
      expect(carried, `${name} at ${to}`).toBe(JSON.stringify(await project(memoryCopy(), run, projection, { to, rebuild: true })));
    }
    expect((await store.checkpoints.load(`${name}/${run.id}`))?.position).toBe(1500);
    expect(JSON.stringify(await project(store, run, projection, { to: 400 }))).toBe(JSON.stringify(await project(store, run, projection, { to: 400, rebuild: true }))); // back again
    expect(JSON.stringify(await project(store, run, { ...projection, version: 2 }))).toBe(JSON.stringify(await project(store, run, projection, { rebuild: true }))); // another definition
  });
  /** The same entries, and no checkpoints. */
  const memoryCopy = () => ({ ...store, read: store.read.bind(store), checkpoints: memoryStore().checkpoints }) as unknown as typeof store;

  test('ownership at every fact is what the world says', async () => {
    const groups = await project(store, run, owners);
    for (const [group, history] of Object.entries(groups)) {
      for (let seq = 0; seq < 1500; seq += 7) {
        const last = history.findLast((one) => one.seq === null || one.seq <= seq);
        const { context } = taken.system.local(taken.worlds[seq] as never, group) as unknown as { context: { owner: string | null; owner_cnt: number; domain: string } };
        expect([last?.owner, last?.owner_cnt, last?.domain], `${group} after ${seq}`).toEqual([context.owner, context.owner_cnt, context.domain]);
      }
    }
    expect(Object.values(groups).flat().length).toBeGreaterThan(20);
  });

  test('drivers at every fact are what the world says', async () => {
    for (const [device, history] of Object.entries(await project(store, run, bindings))) {
      for (let seq = 0; seq < 1500; seq += 7)
        expect(history.findLast((one) => one.seq === null || one.seq <= seq)?.driver).toBe(taken.system.local(taken.worlds[seq] as never, `device:${device}`).context['driver']);
    }
  });

  test('each refusal names the owner that `holders` names', async () => {
    const facts = await loaded(store, run);
    const { refusals: found } = await project(store, run, refusals);
    expect(found.length).toBeGreaterThan(2);
    const claimed = found.flatMap(({ seq, owner }) => holders(facts, seq).filter(({ how }) => how === 'claimed').map(({ by }) => [seq, by, owner] as const));
    expect(claimed.map(([seq, by]) => [seq, by])).toEqual(claimed.map(([seq, , owner]) => [seq, owner]));
  });
});

test('a clean-up after a failed probe: begun by a write, because of an error', async () => {
  const store = memoryStore();
  const run = await runNamed(store, await kept(store, played('sysfs-link-fails.scenario')));
  const { cleanups: [first] } = await project(store, run, cleanups);
  expect(first).toMatchObject({ device: expect.stringMatching(/^0000:/) as string, begun: expect.stringMatching(/bind_store|driver_register|drivers_probe_store/) as string, failed: expect.stringMatching(/\.ret -E/) as string });
});

test('what is still held at the end', async () => {
  const held = async (file: string) => {
    const store = memoryStore();
    const run = await runNamed(store, await kept(store, played(file)));
    return leaks(await project(store, run, refusals), await project(store, run, bindings)).map(({ group, kind, who }) => `${group} ${kind} ${who}`);
  };
  expect(await held('test-remove-leaks.scenario')).toContainEqual(expect.stringMatching(/^group:\d+ device 0000:/));
  expect(await held('bind.scenario')).toEqual([]);
});
