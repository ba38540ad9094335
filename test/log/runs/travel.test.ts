/** A stored run is the run: read back, taken again to any fact, and refused where it was changed. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Plain } from '../../../machines/chart.ts';
import type { Recorded } from '../../../src/log/facts.ts';
import { keepLive, keepRun, Recorder } from '../../../src/log/runs/recorder.ts';
import { digestOf, factsOf, loaded, runNamed, runs, systemOf } from '../../../src/log/runs/stored.ts';
import { travel } from '../../../src/log/runs/travel.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Draft, Store } from '../../../src/log/store/port.ts';
import { renderChain, why } from '../../../src/log/why.ts';
import { createSystem, type Delivery } from '../../../src/world/live.ts';
import { System, type World } from '../../../src/world/world.ts';
import { nic, topology, v6_12_y } from '../run.ts';
import { folder } from '../store/place.ts';
import { goldens, kept, played, walked } from './walks.ts';

const place = folder('runs');
const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('a run in SQLite', () => {
  const taken = walked('v6.12.y', 200);
  const keys = [taken.system.initial(), ...taken.worlds].map((world) => taken.system.key(world));
  let store: Store;
  let id: string;
  beforeAll(async () => {
    store = await openStore(join(place, 'run.db'), { mode: 'write', durable: 'process-crash' });
    id = await kept(store, taken, 'a walk', 40);
  });

  test('is read back with all circumstances', async () => {
    const run = await runNamed(store, id.slice(0, 8));
    expect([run.id, run.facts, run.ended?.facts, run.began.model]).toEqual([id, 200, 200, 'v6.12.y']);
    expect(await collect(factsOf(store, run))).toEqual(taken.facts);
    expect(run.ended?.digest).toBe(await digestOf(store, id));
    const facts = await loaded(store, run);
    for (let seq = 0; seq < 200; seq += 49) expect(renderChain(why(facts, seq))).toBe(renderChain(why({ length: 200, fact: (at) => taken.facts[at] as never }, seq)));
    expect(() => facts.fact(200)).toThrow('there is no fact 200');
  });

  test('is taken again to every fact, from the nearest snapshot, forward and back', async () => {
    const run = await runNamed(store, id);
    for (let seq = 200; seq >= 0; seq--) {
      const { same, world, steps } = await travel(store, run, { to: seq, system: taken.system });
      expect([same, steps, taken.system.key(world)]).toEqual([true, seq % 40, keys[seq]]);
    }
  });

  test('is taken again as a whole, without snapshots and with a system of its own', async () => {
    const run = await runNamed(store, id);
    const { same, world, steps, system } = await travel(store, run, { snapshots: false });
    expect([same, steps, system === taken.system]).toEqual([true, 200, false]);
    expect(world.locals.map(({ value, context }) => [value, context])).toEqual(taken.worlds.at(-1)?.locals.map(({ value, context }) => [value, context]));
  });

  test('a snapshot of another machine is not looked at, and a wrong one is found out', async () => {
    const run = await runNamed(store, id);
    const other = { ...run, began: { ...run.began, model: 'v6.15' } };
    expect((await travel(store, other, { to: 20 })).steps).toBeLessThanOrEqual(20);
    const right = await store.snapshots.load(`run/${id}`, run.began.machine, 79);
    const wrong = await store.snapshots.load(`run/${id}`, run.began.machine, 39);
    await store.snapshots.save({ ...(right as NonNullable<typeof right>), state: { ...(wrong?.state as object), seq: 80 } as Plain });
    const { same, steps, world } = await travel(store, run, { to: 90, system: taken.system });
    expect([same, steps, taken.system.key(world)]).toEqual([true, 90, keys[90]]);
  });
});

describe('what was changed is named', () => {
  const taken = walked('v6.1.y', 120);
  /** The run again, with one entry changed on its way into another store. */
  async function changed(seq: number, change: (data: Record<string, unknown>) => object): Promise<string> {
    const [from, to] = [memoryStore(), memoryStore()];
    const id = await kept(from, taken);
    for await (const { stream, revision, ...entry } of from.all()) {
      const draft: Draft = stream.startsWith('run/') && revision === seq ? { ...entry, data: { ...(entry.data as object), ...change(entry.data as Record<string, unknown>) } as Plain } : entry;
      await to.append({ stream, expected: 'any', entries: [{ id: draft.id, type: draft.type, version: draft.version, data: draft.data, meta: draft.meta }] });
    }
    const run = await runNamed(to, id);
    if (await digestOf(to, id) === run.ended?.digest) return 'same digest';
    const result = await travel(to, run).catch((error: unknown) => error as Error);
    return result instanceof Error ? result.message : result.same ? 'same' : result.reason;
  }
  const moved = taken.facts.find(({ before, after }) => before !== null && after !== null && before.context !== after.context)?.seq ?? -1;

  test.each<[string, number, (data: Record<string, unknown>) => object, RegExp]>([
    ['nothing', 5, () => ({}), /^same digest$/],
    ['an answer', taken.facts.findIndex(({ event }) => event['ret'] === 0), ({ event }) => ({ event: { ...(event as object), ret: -5 } }), /the model does not allow it here; possible: /],
    ['a cause', taken.facts.findIndex(({ cause }) => cause !== null && cause > 0), () => ({ cause: 0 }), /^fact \d+, .*the model does not allow it here/],
    ['a word that was said', taken.facts.findIndex(({ said }) => said.length > 0), () => ({ said: [] }), /said is \[.*\] now, and was \[\]/],
    ['a state', moved, ({ after }) => ({ after: { ...(after as object), context: { other: 1 } } }), /its receiver is \[.* now, and was \[.*"other":1/],
    ['what is no fact', 7, () => ({ event: 5 }), /this is no fact/],
    ['a cause that comes later', 7, () => ({ cause: 9 }), /this is no fact/],
  ])('%s', async (_name, seq, change, expected) => {
    expect(seq).toBeGreaterThanOrEqual(0);
    expect(await changed(seq, change)).toMatch(expected);
  });
});

test.each(goldens.filter((_, index) => index % 4 === 0))('%s: stored, read and taken again', async (file) => {
  const store = memoryStore();
  const taken = played(file);
  const id = await keepRun(store, new System(taken.system.model, taken.system.topology), taken.facts, 'as expected', { what: file, by: 'test' });
  const run = await runNamed(store, 'last');
  expect([run.id, run.began.what, run.facts, run.ended?.outcome]).toEqual([id, file, taken.facts.length, 'as expected']);
  expect(await collect(factsOf(store, run))).toEqual(taken.facts);
  expect((await travel(store, run)).same).toBe(true);
});

test('what live actors did is stored as a run', async () => {
  const store = memoryStore();
  const deliveries: Delivery[] = [];
  const live = createSystem(topology(), v6_12_y, { delivered: (delivery) => deliveries.push(delivery) }).start();
  const answers = [await live.call('bind', { type: 'bind_store', device: nic, driver: 'e1000e' }), await live.call('vm1', { type: 'claim', group: 'group:8' })];
  live.stop();
  expect(answers).toEqual([0, -1]);
  const id = await keepLive(store, new System(v6_12_y, topology(), { answersFirst: false }), deliveries, 'stopped', { what: 'live', by: 'test', answersFirst: false });
  const run = await runNamed(store, id);
  expect([run.facts, run.ended?.atRest, (await travel(store, run)).same]).toEqual([deliveries.length, true, true]);
});

test('runs are listed in the order in which they began, and found by the beginning of their id', async () => {
  const store = memoryStore({ now: (() => { let now = 0; return () => ++now; })() });
  const ids: string[] = [];
  for (const file of goldens.slice(0, 3)) ids.push(await kept(store, played(file), file));
  expect((await runs(store)).map(({ id, began }) => [id, began.what])).toEqual(ids.map((id, index) => [id, goldens[index]]));
  await expect(runNamed(store, 'no')).rejects.toMatchObject({ code: 'no-such-run' });
  await expect(runNamed(store, '')).rejects.toMatchObject({ code: 'no-such-run' });
  await expect(runNamed(memoryStore(), 'last')).rejects.toMatchObject({ code: 'no-such-run' });
  await expect(keepRun(store, played(goldens[3] as string).system, [], '', { what: '', by: '', id: ids[0] as string })).rejects.toMatchObject({ code: 'busy-store' });
});

test('a run whose writer died has no end, and is taken again as far as it goes', async () => {
  const store = memoryStore();
  const { system, facts, worlds } = walked('v6.12.y', 60);
  const recorder = await Recorder.begin(store, system, { what: 'dies', by: 'test' });
  for (const [index, fact] of facts.slice(0, 37).entries()) await recorder.record(fact, worlds[index] as World);
  await recorder.flush();
  const run = await runNamed(store, recorder.id);
  expect([run.ended, run.facts, (await travel(store, run)).same]).toEqual([null, 37, true]);
  await expect(recorder.record(facts[38] as Recorded, system.initial())).rejects.toMatchObject({ code: 'wrong-use' });
});

test('a run of a model that is gone says so', async () => {
  const store = memoryStore();
  const run = await runNamed(store, await kept(store, played(goldens[0] as string)));
  expect(() => systemOf({ ...run, began: { ...run.began, model: 'v9.99' } })).toThrow('the model v9.99, which this version does not have');
});
