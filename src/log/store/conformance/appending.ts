/** Cases: what an append expects, what it may not have, and that it is all or nothing. */
import assert from 'node:assert/strict';
import { ModelError } from '../../../errors.ts';
import type { Append, Store } from '../port.ts';
import { draft, drafts, listed, part, told, type Case } from './bed.ts';

const everything = (store: Store) => listed(store.all());

const refused = async (store: Store, code: string, append: unknown): Promise<void> => {
  const before = await store.head();
  await assert.rejects(async () => store.append(...(append as [Append, ...Append[]])), (error) => error instanceof ModelError && error.code === code, JSON.stringify(append, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
  assert.equal(await store.head(), before);
};

export const appending: readonly Case[] = [
  {
    name: 'a conflict changes nothing, and the next correct append succeeds',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'no-stream', ...drafts(3)));
      const before = await everything(store);
      for (const expected of [0, 1, 3, 7, 'no-stream'] as const) assert.equal(told(await store.append(part('a', expected, draft()))), 'revision', String(expected));
      assert.deepEqual(await everything(store), before);
      assert.equal(await store.revision('a'), 2);
      const result = await store.append(part('a', 2, draft()));
      assert.deepEqual(result, { ok: true, position: 4, revisions: [3], replayed: false });
      await store.close();
    },
  },
  {
    name: 'no-stream and stream-exists are enforced, any takes both',
    run: async (bed) => {
      const store = await bed.open();
      assert.equal(told(await store.append(part('a', 'stream-exists', draft()))), 'revision');
      assert.equal(told(await store.append(part('a', 'any', draft()))), 'ok');
      assert.equal(told(await store.append(part('a', 'no-stream', draft()))), 'revision');
      assert.equal(told(await store.append(part('a', 'stream-exists', draft()))), 'ok');
      assert.equal(told(await store.append(part('a', 'any', draft()))), 'ok');
      assert.equal(told(await store.append(part('b', 0, draft()))), 'revision');
      assert.equal(await store.revision('a'), 2);
      await store.close();
    },
  },
  {
    name: 'a conflict says which revision there is',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('a', 'any', ...drafts(5)));
      assert.deepEqual(await store.append(part('a', 2, draft())), { ok: false, reason: 'revision', stream: 'a', expected: 2, actual: 4 });
      assert.deepEqual(await store.append(part('b', 0, draft())), { ok: false, reason: 'revision', stream: 'b', expected: 0, actual: null });
      await store.close();
    },
  },
  {
    name: 'an append to several streams is taken whole or not at all',
    run: async (bed) => {
      const store = await bed.open();
      await store.append(part('device', 'any', ...drafts(2)), part('group', 'no-stream', draft()));
      assert.deepEqual((await everything(store)).map(({ stream, revision, position }) => [stream, revision, position]), [['device', 0, 1], ['device', 1, 2], ['group', 0, 3]]);
      const result = await store.append(part('device', 1, draft()), part('driver', 'any', draft()), part('group', 5, draft()));
      assert.deepEqual(result, { ok: false, reason: 'revision', stream: 'group', expected: 5, actual: 0 });
      assert.deepEqual([await store.revision('device'), await store.revision('driver'), await store.revision('group'), await store.head()], [1, null, 0, 3]);
      assert.deepEqual(await store.append(part('device', 1, draft()), part('group', 0, ...drafts(2))), { ok: true, position: 6, revisions: [2, 2], replayed: false });
      await store.close();
    },
  },
  {
    name: 'an id with the same content is stored once, whatever is expected by now',
    run: async (bed) => {
      const store = await bed.open();
      const [first, second] = [part('a', 'no-stream', ...drafts(2)), part('b', 'any', draft('b'))];
      assert.deepEqual(await store.append(first, second), { ok: true, position: 3, revisions: [1, 0], replayed: false });
      await store.append(part('a', 1, draft('later')));
      assert.deepEqual(await store.append(first, second), { ok: true, position: 3, revisions: [1, 0], replayed: true });
      assert.equal((await everything(store)).length, 4);
      await store.close();
    },
  },
  {
    name: 'two of the same append at once are stored once',
    run: async (bed) => {
      const store = await bed.open();
      const same = part('a', 'no-stream', ...drafts(3));
      assert.deepEqual((await Promise.all([store.append(same), store.append(same), store.append(same)])).map(told).sort(), ['ok', 'replayed', 'replayed']);
      assert.equal(await store.head(), 3);
      await store.close();
    },
  },
  {
    name: 'an id with other content, in another stream, or beside new ones is refused',
    run: async (bed) => {
      const store = await bed.open();
      const [one, two] = drafts(2);
      const kept = two as typeof one;
      await store.append(part('a', 'any', one, kept));
      const reuse = { ok: false, reason: 'id-reuse', id: one.id };
      assert.deepEqual(await store.append(part('a', 'any', { ...one, data: 'other' })), reuse);
      assert.deepEqual(await store.append(part('a', 'any', { ...one, type: 'other' })), reuse);
      assert.deepEqual(await store.append(part('a', 'any', { ...one, meta: { ...one.meta, occurredAt: '1' } })), reuse);
      assert.deepEqual(await store.append(part('b', 'any', one)), reuse);
      assert.deepEqual(await store.append(part('a', 'any', one, draft())), reuse);
      assert.deepEqual(await store.append(part('b', 'any', draft()), part('a', 'any', one)), reuse);
      assert.equal(told(await store.append(part('a', 'any', kept, one))), 'id-reuse');
      assert.deepEqual([await store.head(), await store.revision('b')], [2, null]);
      await store.close();
    },
  },
  {
    name: 'an append of nothing is refused',
    run: async (bed) => {
      const store = await bed.open();
      await refused(store, 'wrong-use', []);
      await refused(store, 'wrong-use', [{ stream: 'a', expected: 'any', entries: [] }]);
      await refused(store, 'wrong-use', [part('a', 'any', draft()), { stream: 'b', expected: 'any', entries: [] }]);
      assert.equal(told(await store.append(part('a', 'no-stream', draft()))), 'ok'); // and wedges nothing
      await store.close();
    },
  },
  {
    name: 'what is no id, stream, type, time or expectation is refused, and so is too much at once',
    run: async (bed) => {
      const store = await bed.open();
      for (const id of ['', 'x', '0000', draft().id.toUpperCase().replace(/^\d/, 'A'), `${draft().id} `]) await refused(store, 'wrong-use', [part('a', 'any', draft(null, { id }))]);
      for (const stream of ['', 'a\nb', 'a\0', '\ud800', 'x'.repeat(501)]) await refused(store, 'wrong-use', [part(stream, 'any', draft())]);
      for (const version of [0, -1, 1.5, NaN, 2 ** 31]) await refused(store, 'wrong-use', [part('a', 'any', draft(null, { version }))]);
      for (const occurredAt of ['', '1.5', 'now', '1e3']) await refused(store, 'wrong-use', [part('a', 'any', draft(null, { meta: { correlationId: 'kit', occurredAt, clock: 'sim' } }))]);
      for (const expected of [-1, 0.5, NaN, 'some', null]) await refused(store, 'wrong-use', [part('a', expected as number, draft())]);
      await refused(store, 'wrong-use', [part('a', 'any', draft()), part('a', 'any', draft())]);
      const twice = draft();
      await refused(store, 'wrong-use', [part('a', 'any', twice), part('b', 'any', twice)]);
      await refused(store, 'wrong-use', [part('a', 'any', ...drafts(store.capabilities.maxBatch + 1))]);
      assert.equal((await everything(store)).length, 0);
      await store.close();
    },
  },
  {
    name: 'a closed store says so, and may be closed again',
    run: async (bed) => {
      const store = await bed.open();
      const last = store.append(part('a', 'any', draft()));
      await store.close();
      assert.equal(told(await last), 'ok'); // closing waits for what was asked before
      await store.close();
      await assert.rejects(store.append(part('a', 'any', draft())), { code: 'wrong-use' });
      await assert.rejects(store.head(), { code: 'wrong-use' });
    },
  },
];
