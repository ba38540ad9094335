/** Upcasters: every older version has its way up, and what is stored stays known. */
import { expect, test } from 'vitest';
import { exported } from '../../../src/log/runs/transfer.ts';
import { draft, listed, part } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { upcasting, type Upcaster } from '../../../src/log/store/upcast.ts';

const up = (from: number, type = 'owner'): Upcaster => ({ type, from, up: (data) => [from, data] });

test.each<[string, Record<string, number>, Upcaster[], string]>([
  ['a version without an upcaster', { owner: 3 }, [up(1)], '0 upcasters take owner from version 2 to 3'],
  ['two for one', { owner: 2 }, [up(1), up(1)], '2 upcasters take owner from version 1 to 2'],
  ['one that nobody reads', { owner: 2 }, [up(1), up(2)], 'nobody reads what the upcaster of owner from 2 gives'],
  ['one of a type that nobody reads', {}, [up(1, 'other')], 'nobody reads what the upcaster of other from 1 gives'],
])('%s is refused at once', (_name, versions, upcasters, message) => {
  expect(() => upcasting(versions, upcasters)).toThrow(message);
});

test('what is read is the current version, what is exported the stored one', async () => {
  const store = memoryStore({ upcast: upcasting({ owner: 3 }, [up(2), up(1)]) });
  await store.append(part('a', 'any', draft('vm1', { type: 'owner' }), draft('vm1', { type: 'owner', version: 3 }), draft('x')));
  expect((await listed(store.all())).map(({ version, data, stored }) => [version, data, stored])).toEqual([[3, [2, [1, 'vm1']], { version: 1, data: 'vm1' }], [3, 'vm1', undefined], [1, 'x', undefined]]);
  const text = (await listed(exported(store))).join('');
  expect([text.includes('dma-ownership.owner.v1"'), text.includes('"data":"vm1"'), text.includes('[2,')]).toEqual([true, true, false]);
});
