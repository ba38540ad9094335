/** Cases: many at once, in one process. Several processes are tested by whoever can start them. */
import assert from 'node:assert/strict';
import { ModelError } from '../../../errors.ts';
import type { Store } from '../port.ts';
import { draft, drafts, listed, part, random, told, type Case } from './bed.ts';

const count = (results: readonly string[], wanted: string): number => results.filter((one) => one === wanted).length;

/** Reads by position, a page at a time and as fast as it can, until it has met `wanted` entries. */
async function poll(store: Store, wanted: number, done: () => boolean): Promise<number[]> {
  const met: number[] = [];
  while (met.length < wanted) {
    const ended = done();
    const before = met.length;
    for await (const { position } of store.all({ after: met.at(-1) ?? 0 })) met.push(position);
    if (ended && met.length === before) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return met;
}

async function load(stores: readonly Store[], reader: Store, size: number): Promise<void> {
  const next = random(3);
  const [writers, appends] = [12, Math.ceil(40 * size)];
  let running = writers;
  const acknowledged: { stream: string; values: number[] }[] = [];
  const writing = Array.from({ length: writers }, async (_, writer) => {
    const store = stores[writer % stores.length] as Store;
    const mine = { stream: `shared/${writer % 4}`, values: [] as number[] };
    for (let round = 0; round < appends; round++) {
      const entries = drafts(1 + Math.floor(next() * 5), (index) => writer * 1e6 + round * 10 + index);
      if (next() < 0.15) {
        const refused = await store.append(part(mine.stream, 10 ** 6, ...drafts(3)));
        assert.equal(told(refused), 'revision');
      }
      const result = await store.append(part(mine.stream, 'any', ...entries), ...(next() < 0.3 ? [part(`own/${writer}`, 'any', draft(-1))] : []));
      assert.equal(told(result), 'ok');
      mine.values.push(...entries.map(({ data }) => data as number));
    }
    running--;
    acknowledged.push(mine);
  });
  const [met] = await Promise.all([poll(reader, Infinity, () => running === 0), ...writing]);
  const head = await reader.head();
  assert.deepEqual(met, Array.from({ length: head }, (_, index) => index + 1), 'the reader skipped or repeated entries');
  for (const { stream, values } of acknowledged) {
    const entries = await listed(reader.read(stream));
    assert.deepEqual(entries.map(({ revision }) => revision), entries.map((_, index) => index));
    const positions = entries.map(({ position }) => position);
    assert.deepEqual(positions, [...positions].sort((a, b) => a - b), 'the order of a stream is not that of all');
    const mine = new Set(values);
    assert.deepEqual(entries.map(({ data }) => data as number).filter((value) => mine.has(value)), values, 'acknowledged entries are missing or out of order');
  }
}

export const racing: readonly Case[] = [
  {
    name: 'of 20 appends at once with one expectation exactly one wins, and it is there',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'no-stream', draft()));
      for (let round = 0; round < 5; round++) {
        const results = await Promise.all(Array.from({ length: 20 }, (_, index) => store.append(part('a', round, draft([round, index])))));
        assert.deepEqual([count(results.map(told), 'ok'), count(results.map(told), 'revision')], [1, 19]);
        const winner = results.findIndex(({ ok }) => ok);
        assert.deepEqual((await listed(store.read('a', { from: round + 1 }))).map(({ data }) => data), [[round, winner]]);
      }
      await store.close();
    },
  },
  {
    name: '50 appends at once to 50 streams all succeed',
    run: async (bed) => {
      const store = await bed.open();
      const results = await Promise.all(Array.from({ length: 50 }, (_, index) => store.append(part(`s${index}`, 'no-stream', ...drafts(2)))));
      assert.equal(count(results.map(told), 'ok'), 50);
      assert.equal((await store.streams('s')).length, 50);
      assert.deepEqual((await listed(store.all())).map(({ position }) => position), Array.from({ length: 100 }, (_, index) => index + 1));
      await store.close();
    },
  },
  {
    name: 'appends that were asked for one after the other stand one after the other',
    run: async (bed, size) => {
      const store = await bed.open();
      const many = Math.ceil(600 * size);
      const results = await Promise.all(Array.from({ length: many }, (_, index) => store.append(part('a', index === 0 ? 'no-stream' : index - 1, draft(index)))));
      assert.equal(count(results.map(told), 'ok'), many);
      assert.deepEqual((await listed(store.read('a'))).map(({ data }) => data), Array.from({ length: many }, (_, index) => index));
      await store.close();
    },
  },
  {
    name: 'appends one after the other never fail by themselves',
    run: async (bed, size) => {
      const store = await bed.open();
      for (let index = 0; index < Math.ceil(3000 * size); index++) {
        const result = await store.append(part('a', index === 0 ? 'no-stream' : index - 1, draft(index)));
        assert.equal(told(result), 'ok', `append ${index}`);
      }
      await store.close();
    },
  },
  {
    name: '12 writers of one store: a polling reader skips nothing and sees nothing twice',
    run: async (bed, size) => {
      const store = await bed.open();
      await load([store], store, size);
      await store.close();
    },
  },
  {
    name: '12 writers of three stores at one place: a polling reader skips nothing and sees nothing twice',
    needs: 'multiWriter',
    run: async (bed, size) => {
      const stores = await Promise.all([bed.open(), bed.open(), bed.open()]);
      const reader = await (bed.reader ?? bed.open)();
      await load(stores, reader, size);
      for (const store of new Set([...stores, reader])) await store.close();
    },
  },
  {
    name: 'of two writers at one place exactly one wins each revision',
    needs: 'multiWriter',
    run: async (bed, size) => {
      const stores = await Promise.all([bed.open(), bed.open()]);
      const wins = await Promise.all(stores.map(async (store, writer) => {
        let won = 0;
        for (let round = 0; round < Math.ceil(60 * size); round++) {
          const actual = await store.revision('a');
          const result = await store.append(part('a', actual ?? 'no-stream', draft([writer, round])));
          if (result.ok) won++;
          else assert.ok(result.reason === 'revision' && (result.actual ?? -1) > (actual ?? -1), 'a conflict without a reason');
        }
        return won;
      }));
      const [store] = stores as [Store, Store];
      assert.equal(await store.revision('a'), (wins[0] ?? 0) + (wins[1] ?? 0) - 1);
      for (const one of new Set(stores)) await one.close();
    },
  },
  {
    name: 'a second writer is told that there is a first, and a reader sees what it writes',
    needs: 'singleWriter',
    run: async (bed) => {
      const first = await bed.open();
      await first.append(part('a', 'any', ...drafts(2)));
      await assert.rejects(bed.open(), (error) => error instanceof ModelError && error.code === 'busy-store');
      const reader = await bed.reader?.();
      assert.ok(reader !== undefined, 'the bed has no reader');
      assert.equal((await listed(reader.all())).length, 2);
      await first.append(part('b', 'any', ...drafts(2)));
      assert.deepEqual([(await listed(reader.all())).length, await reader.head(), await reader.revision('b')], [4, 4, 1]);
      await first.drop('a');
      await first.append(part('c', 'any', draft('ü')));
      assert.deepEqual((await listed(reader.all())).map(({ position }) => position), [3, 4, 5]);
      await assert.rejects(reader.append(part('a', 'any', draft())), { code: 'unwritable-store' });
      await first.close();
      const second = await bed.open();
      assert.equal(told(await second.append(part('b', 1, draft()))), 'ok');
      assert.equal(await reader.head(), 6);
      await second.close();
      await reader.close();
    },
  },
];
