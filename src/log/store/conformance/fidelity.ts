/** Cases: what is stored comes back as it was, and what would not is refused. */
import assert from 'node:assert/strict';
import type { Plain } from '../../../../machines/chart.ts';
import { upcasting } from '../upcast.ts';
import { content, draft, listed, part, random, told, type Case } from './bed.ts';

/** Values at which stores have changed something. */
const odd: readonly Plain[] = [
  null, true, false, 0, -1, 1e-7, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, 2 ** 53, 1.7976931348623157e308, '', ' ', '\0', 'a\0b', '\u2028\u2029', '\ud800', '\udc00\ud800', '😀', '\ufeff', "'", '"', '\\', '\\u0000',
  '${x}', '%s', '$1', '?', '18446744073709551615', [], [[]], {}, [null], { '': '' }, { 'a b': 1, a: { a: { a: [1, { b: null }] } } },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":"x","hasOwnProperty":null}') as Plain, { 2: 'b', 1: 'a', z: 0, a: 1 }, 'x'.repeat(1_000_000), Array.from({ length: 5000 }, (_, index) => index),
];

/** What JSON loses, and what contains itself. */
const lost = (): readonly unknown[] => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  return [undefined, NaN, Infinity, -Infinity, -0, 1n, Symbol('x'), () => 1, new Date(0), new Map(), /x/, new Uint8Array(1), [undefined], [, 1], { a: undefined }, { a: [{ b: -0 }] }, Object.create({ inherited: 1 }), cycle];
};

function anything(next: () => number, depth = 0): Plain {
  const kind = Math.floor(next() * (depth > 3 ? 5 : 7));
  const text = () => String.fromCharCode(...Array.from({ length: Math.floor(next() * 6) }, () => (next() < 0.7 ? 32 + Math.floor(next() * 95) : Math.floor(next() * 65_536))));
  switch (kind) {
    case 0: return null;
    case 1: return next() < 0.5;
    case 2: return Math.floor((next() - 0.5) * 2 ** 40) || 0;
    case 3: return next() * 10 ** Math.floor((next() - 0.5) * 600) || 0;
    case 4: return text();
    case 5: return Array.from({ length: Math.floor(next() * 4) }, () => anything(next, depth + 1));
    default: return Object.fromEntries(Array.from({ length: Math.floor(next() * 4) }, () => [text(), anything(next, depth + 1)]));
  }
}

export const fidelity: readonly Case[] = [
  {
    name: 'every value of JSON comes back as it was',
    run: async (bed, size) => {
      const store = await bed.open();
      const next = random(11);
      const values = [...odd, ...Array.from({ length: Math.ceil(300 * size) }, () => anything(next))];
      const given = values.map((data) => draft(data));
      for (let at = 0; at < given.length; at += 50) await store.append(part('a', 'any', ...(given.slice(at, at + 50) as [typeof given[0] & object])));
      const back = await listed(store.read('a'));
      assert.deepEqual(back.map(({ data }) => data), values);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      // Also as texts: deepEqual does not look at the order of keys, and a hash does.
      assert.equal(back.map(({ data }) => JSON.stringify(data)).join('\n'), values.map((value) => JSON.stringify(value)).join('\n'));
      assert.equal(told(await store.append(part('a', 'any', ...(given.slice(0, 50) as [typeof given[0] & object])))), 'replayed');
      await store.close();
    },
  },
  {
    name: 'what JSON loses is refused, and nothing of its append is stored',
    run: async (bed) => {
      const store = await bed.open();
      for (const [index, value] of lost().entries())
        await assert.rejects(store.append(part('a', 'any', draft('good'), { ...draft(), data: value as Plain })), { code: 'not-plain' }, `value ${index}`);
      assert.equal(await store.head(), 0);
      await store.close();
    },
  },
  {
    name: 'metadata, ids, types, versions and names come back as they were',
    run: async (bed) => {
      const store = await bed.open();
      const whole = {
        id: 'ffffffff-ffff-ffff-ffff-ffffffffffff', type: 'an odd.type/ü', version: 7, data: 1, recordedAt: 1_234_567_890_123,
        meta: {
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', source: { length: 3, offset: 2 ** 40, attachment: 'f'.repeat(64) }, clock: 'boottime', actor: 'thread:"x"',
          occurredAt: '-18446744073709551615', causationId: '00000000-0000-0000-0000-000000000000', correlationId: 'run 1',
        },
      } as const;
      const stream = "run/a'b\"c\\d%_😀 ü";
      const before = Date.now() - 1000;
      await store.append(part(stream, 'no-stream', whole, draft()));
      const [first, second] = await listed(store.all());
      assert.deepEqual(first, { ...whole, stream, revision: 0, position: 1 });
      assert.ok(second !== undefined && second.recordedAt >= before && second.recordedAt <= Date.now() + 1000);
      assert.deepEqual(await store.streams(), [{ name: stream, revision: 1 }]);
      assert.deepEqual([(await store.streams("run/a'b\"c\\d%_😀")).length, (await store.streams('run/a_')).length, (await store.streams('run/%')).length], [1, 0, 0]);
      assert.equal(told(await store.append(part(stream, 'any', { ...whole, recordedAt: 5 }, { ...draft(), ...content(second), id: second.id }))), 'replayed');
      await store.close();
    },
  },
  {
    name: 'a store that was closed has everything when it is opened again',
    needs: 'durable',
    run: async (bed) => {
      const first = await bed.open();
      await first.append(part('a', 'any', draft(1), draft({ b: 'ü' })), part('b', 'any', draft()));
      const { sha256 } = await first.attachments.put(bytes('kept'));
      const was = [await listed(first.all()), await first.streams(), await first.head()];
      await first.close();
      const again = await bed.open();
      assert.deepEqual([await listed(again.all()), await again.streams(), await again.head()], was);
      assert.equal(Buffer.concat(await listed(again.attachments.get(sha256))).toString(), 'kept');
      assert.equal(told(await again.append(part('a', 1, draft()))), 'ok');
      await again.close();
    },
  },
  {
    name: 'entries of older versions are read as the current one, and stay as they were stored',
    needs: 'upcast',
    run: async (bed) => {
      const upcast = upcasting({ owner: 3 }, [
        { type: 'owner', from: 2, up: (data) => ({ owner: data, since: 'v3' }) },
        { type: 'owner', from: 1, up: (data) => `was ${data as string}` },
      ]);
      const plain = await bed.open();
      await plain.append(part('a', 'any', ...([1, 2, 3].map((version) => draft(version === 3 ? { owner: 'vm1' } : 'vm1', { type: 'owner', version })) as [ReturnType<typeof draft>]), draft('other')));
      await plain.close();
      const store = await bed.open({ upcast });
      assert.deepEqual((await listed(store.read('a'))).map(({ version, data }) => [version, data]), [[3, { owner: 'was vm1', since: 'v3' }], [3, { owner: 'vm1', since: 'v3' }], [3, { owner: 'vm1' }], [1, 'other']]);
      await store.append(part('b', 'any', draft('later', { type: 'owner', version: 4 })));
      await assert.rejects(listed(store.read('b')), { code: 'newer-store' });
      await store.close();
      const again = await bed.open();
      assert.deepEqual((await listed(again.read('a'))).map(({ version, data }) => [version, data]), [[1, 'vm1'], [2, 'vm1'], [3, { owner: 'vm1' }], [1, 'other']]);
      await again.close();
    },
  },
  {
    name: 'attachments come back by their hash, and one that is put twice is kept once',
    run: async (bed) => {
      const store = await bed.open();
      const next = random(5);
      const big = Buffer.alloc(1_500_001);
      for (let at = 0; at < big.length; at++) big[at] = next() * 256;
      const pieces = async function* () { for (let at = 0; at < big.length; at += 700_001) yield await Promise.resolve(big.subarray(at, at + 700_001)); };
      const empty = await store.attachments.put(bytes());
      assert.deepEqual(empty, { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: 0 });
      const put = await store.attachments.put(pieces());
      assert.deepEqual(await store.attachments.put(pieces()), put);
      assert.ok(Buffer.concat(await listed(store.attachments.get(put.sha256))).equals(big));
      assert.equal(Buffer.concat(await listed(store.attachments.get(empty.sha256))).length, 0);
      assert.deepEqual([...await store.attachments.list()].sort((a, b) => a.size - b.size), [empty, put]);
      for (const unknown of ['0'.repeat(64), '../x', '']) await assert.rejects(listed(store.attachments.get(unknown)), { code: 'no-such-run' });
      const broken = async function* (): AsyncGenerator<Uint8Array> { yield await Promise.resolve(Buffer.from('x')); throw new Error('the source ends'); };
      await assert.rejects(store.attachments.put(broken()), /the source ends/);
      assert.equal((await store.attachments.list()).length, 2);
      await store.attachments.drop(put.sha256);
      await store.attachments.drop(put.sha256);
      await store.attachments.drop('../x');
      await assert.rejects(listed(store.attachments.get(put.sha256)), { code: 'no-such-run' });
      assert.deepEqual(await store.attachments.list(), [empty]);
      await store.close();
    },
  },
];

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}
