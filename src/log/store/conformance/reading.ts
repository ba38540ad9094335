/** Cases: pages, subscriptions, what is forgotten, and caches. */
import assert from 'node:assert/strict';
import type { CaughtUp, Entry, Store } from '../port.ts';
import { draft, drafts, listed, part, random, told, type Case } from './bed.ts';

const seen = (items: readonly (Entry | CaughtUp)[]) => items.map((item) => ('caughtUp' in item ? `caught up at ${item.at}` : item.position));

/** Takes items until `count` entries and a mark behind them were seen. */
async function until(store: Store, after: number, count: number): Promise<(Entry | CaughtUp)[]> {
  const items: (Entry | CaughtUp)[] = [];
  for await (const item of store.subscribe({ after })) {
    items.push(item);
    if ('caughtUp' in item && items.filter((one) => !('caughtUp' in one)).length >= count) break;
  }
  return items;
}

export const reading: readonly Case[] = [
  {
    name: 'a range has what is in it, across pages',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'any', ...drafts(700)));
      await store.append(part('b', 'any', ...drafts(1)));
      await store.append(part('a', 'any', ...drafts(699)));
      const range = async (stream: string, from?: number, to?: number) => (await listed(store.read(stream, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }))).map(({ revision }) => revision);
      const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
      assert.deepEqual(await range('a'), numbers(0, 1398));
      assert.deepEqual([await range('a', 498, 502), await range('a', 1398), await range('a', 1399), await range('a', 0, 0), await range('none')], [numbers(498, 502), [1398], [], [0], []]);
      const all = await listed(store.all());
      assert.deepEqual(all.map(({ position }) => position), numbers(1, 1400));
      assert.deepEqual((await listed(store.all({ after: 699, upTo: 702 }))).map(({ stream, revision }) => [stream, revision]), [['a', 699], ['b', 0], ['a', 700]]);
      assert.deepEqual((await listed(store.all({ prefix: 'b' }))).map(({ position }) => position), [701]);
      assert.deepEqual((await listed(store.all({ after: 1400 }))).length, 0);
      await store.close();
    },
  },
  {
    name: 'an empty store is empty',
    run: async (bed) => {
      const store = await bed.open();
      assert.deepEqual([await listed(store.all()), await listed(store.read('a')), await store.revision('a'), await store.head(), await store.streams(), await store.drop('a'), await store.attachments.list()], [[], [], null, 0, [], 0, []]);
      await store.close();
    },
  },
  {
    name: 'a subscription reads what is there, says so, and goes on with what comes',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'any', ...drafts(600)));
      const items: (Entry | CaughtUp)[] = [];
      const stop = new AbortController();
      for await (const item of store.subscribe({ after: 598, signal: stop.signal })) {
        items.push(item);
        if (items.length === 3) await store.append(part('a', 'any', draft()), part('b', 'any', draft()));
        if (items.length === 6) stop.abort();
      }
      assert.deepEqual(seen(items), [599, 600, 'caught up at 600', 601, 602, 'caught up at 602']);
      assert.deepEqual(seen(await until(store, 601, 1)), [602, 'caught up at 602']); // and is taken up again where it was left
      const prefixed: (Entry | CaughtUp)[] = [];
      for await (const item of store.subscribe({ prefix: 'b', upTo: 602 })) prefixed.push(item);
      assert.deepEqual(seen(prefixed), [602]);
      await store.close();
    },
  },
  {
    name: 'a subscription ends with its signal and with its store',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'any', draft()));
      const stop = new AbortController();
      const stopped = listed(store.subscribe({ signal: stop.signal }));
      const closed = listed(store.subscribe());
      await store.append(part('a', 'any', draft()));
      stop.abort();
      assert.ok((await stopped).length <= 4);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await store.close();
      assert.ok((await closed).length <= 4);
    },
  },
  {
    name: 'a refused append leaves no stall and no hole',
    run: async (bed) => {
      const store = await bed.open();
      const items: (Entry | CaughtUp)[] = [];
      for await (const item of store.subscribe()) {
        items.push(item);
        if (items.length === 1) {
          assert.equal(told(await store.append(part('a', 5, ...drafts(9)))), 'revision');
          await assert.rejects(store.append(part('a', 'any', draft(NaN))));
          await Promise.all([store.append(part('a', 0, draft())), store.append(part('b', 'any', draft())), store.append(part('a', 7, draft()))]);
          await store.append(part('b', 0, draft()));
        }
        if (items.filter((one) => !('caughtUp' in one)).length === 2) break;
      }
      assert.deepEqual(items.flatMap((item) => ('caughtUp' in item ? [] : [item.position])), [1, 2]);
      await store.close();
    },
  },
  {
    name: 'what is dropped is forgotten whole, and no position is used again',
    run: async (bed) => {
      const store = await bed.open();
      const kept = drafts(2);
      await store.append(part('run/1', 'any', ...drafts(3)), part('run/2', 'any', ...drafts(2)));
      await store.append(part('run/11', 'any', ...kept));
      await store.append(part('run/2', 'any', draft()));
      await store.snapshots.save({ stream: 'run/2', revision: 1, machine: 'm', state: 1 });
      assert.equal(await store.drop('run/2'), 1);
      assert.deepEqual((await store.streams()).map(({ name }) => name), ['run/1', 'run/11']);
      assert.deepEqual([await store.revision('run/2'), await store.head(), await store.snapshots.load('run/2', 'm')], [null, 8, null]);
      assert.deepEqual((await listed(store.all())).map(({ position }) => position), [1, 2, 3, 6, 7]);
      const result = await store.append(part('run/2', 'no-stream', draft('anew')));
      assert.deepEqual(result, { ok: true, position: 9, revisions: [0], replayed: false });
      assert.equal(told(await store.append(part('run/11', 'any', ...kept))), 'replayed');
      assert.equal(await store.drop('run/1'), 2);
      assert.equal(told(await store.append(part('run/11', 'any', ...kept))), 'ok'); // its ids are free again
      assert.deepEqual((await listed(store.all())).map(({ stream, revision }) => `${stream} ${revision}`), ['run/2 0', 'run/11 0', 'run/11 1']);
      await store.close();
    },
  },
  {
    name: 'a drop outlives its process',
    needs: 'durable',
    run: async (bed) => {
      const first = await bed.open();
      await first.append(part('a', 'any', ...drafts(2)), part('b', 'any', ...drafts(2)));
      await first.drop('b');
      await first.close();
      const again = await bed.open();
      assert.deepEqual([await again.head(), await again.streams(), (await listed(again.all())).length], [4, [{ name: 'a', revision: 1 }], 2]);
      assert.deepEqual(await again.append(part('b', 'no-stream', draft())), { ok: true, position: 5, revisions: [0], replayed: false });
      await again.close();
      const last = await bed.open();
      assert.equal((await listed(last.all())).length, 3);
      await last.close();
    },
  },
  {
    name: 'a snapshot is found at or below a revision, by the machine that made it',
    run: async (bed) => {
      const store = await bed.open();
      for (const [revision, machine] of [[10, 'm'], [20, 'm'], [15, 'other'], [20, 'm']] as const) await store.snapshots.save({ stream: 'a', revision, machine, state: { at: revision, machine } });
      const at = async (machine: string, atOrBelow?: number) => (await store.snapshots.load('a', machine, atOrBelow))?.revision ?? null;
      assert.deepEqual([await at('m'), await at('m', 20), await at('m', 19), await at('m', 9), await at('other', 30), await at('third')], [20, 20, 10, null, 15, null]);
      await store.snapshots.save({ stream: 'a', revision: 10, machine: 'm', state: ['ü', { __proto__: null, a: [1] }] });
      assert.deepEqual(await store.snapshots.load('a', 'm', 10), { stream: 'a', revision: 10, machine: 'm', state: ['ü', { a: [1] }] });
      await store.close();
    },
  },
  {
    name: 'a checkpoint moves only from where its reader was',
    run: async (bed) => {
      const store = await bed.open();
      const at = (position: number, state: number) => ({ position, definition: 'd', state });
      const save = (after: number | null, position: number, state: number) => store.checkpoints.save('owners', after, at(position, state));
      assert.deepEqual([await store.checkpoints.load('owners'), await save(0, 1, 0), await save(null, 5, 1), await save(null, 6, 2), await save(4, 6, 3), await save(5, 6, 4)], [null, 'stale', 'saved', 'stale', 'stale', 'saved']);
      assert.deepEqual(await store.checkpoints.load('owners'), at(6, 4));
      await store.checkpoints.reset('owners');
      assert.deepEqual([await store.checkpoints.load('owners'), await save(null, 1, 9)], [null, 'saved']);
      await store.close();
    },
  },
  {
    name: 'random appends, reads and drops go as a list in memory says',
    run: async (bed, size) => {
      const store = await bed.open();
      const next = random(7);
      const pick = <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)] as Item;
      let model: { stream: string; revision: number; id: string; position: number }[] = [];
      const used: ReturnType<typeof drafts>[] = [];
      let head = 0;
      for (let round = 0; round < Math.ceil(300 * size); round++) {
        const streams = ['a', 'b', 'c'].filter(() => next() < 0.5);
        if (streams.length === 0) streams.push('a');
        const last = (stream: string) => model.filter((row) => row.stream === stream).at(-1)?.revision ?? null;
        const parts = streams.map((stream) => part(stream, pick(['any', 'no-stream', 'stream-exists', last(stream) ?? 'no-stream', last(stream) ?? 0, 1] as const), ...(next() < 0.1 && used.length > 0 ? pick(used) : drafts(1 + Math.floor(next() * 3)))));
        if (new Set(parts.flatMap(({ entries }) => entries.map(({ id }) => id))).size < parts.reduce((sum, { entries }) => sum + entries.length, 0)) continue;
        const known = parts.map(({ stream, entries }) => entries.map(({ id }) => model.find((row) => row.id === id && row.stream === stream)));
        const any = parts.some(({ entries }) => entries.some(({ id }) => model.some((row) => row.id === id)));
        const fits = parts.every(({ stream, expected }) => expected === 'any' || (expected === 'no-stream' ? last(stream) === null : expected === 'stream-exists' ? last(stream) !== null : last(stream) === expected));
        const wanted = any ? (known.flat().every((row) => row !== undefined) ? 'replayed' : 'id-reuse') : fits ? 'ok' : 'revision';
        const result = await store.append(...(parts as [typeof parts[0] & object]));
        assert.equal(told(result), wanted, `round ${round}`);
        if (wanted === 'ok') {
          for (const { stream, entries } of parts) for (const { id } of entries) model.push({ stream, id, revision: (last(stream) ?? -1) + 1, position: ++head });
          used.push(...parts.map(({ entries }) => entries as ReturnType<typeof drafts>));
        }
        if (next() < 0.02) {
          const gone = pick(['a', 'b']);
          await store.drop(gone);
          model = model.filter(({ stream }) => stream !== gone);
        }
      }
      assert.deepEqual((await listed(store.all())).map(({ stream, revision, id, position }) => ({ stream, revision, id, position })), model.map(({ stream, revision, id, position }) => ({ stream, revision, id, position })));
      assert.equal(await store.head(), head);
      await store.close();
    },
  },
];
