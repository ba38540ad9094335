/** Processes that are killed, and processes that race. `npm run kill` does the same many more times. */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { draft, drafts, part } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { openStore } from '../../../src/log/store/open.ts';
import { cluster } from './cluster.ts';
import { folder } from './place.ts';
import { hold, killing, workers } from './processes.ts';

const place = folder('kill');
const { url } = await cluster();
const built = await workers('kill');
afterAll(() => { built.remove(); });

const kills = Number(process.env['KILLS'] ?? 2);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const stores: readonly (readonly [name: string, store: string, writers: number])[] = [
  ['file', `file:${join(place, 'log.jsonl')}`, 1], ['sqlite', `sqlite:${join(place, 'log.db')}`, 2], ['postgres', `${url}?schema=kill`, 2],
];

test('an acknowledged batch that is missing, and one that is torn, would be noticed', async () => {
  const store = memoryStore();
  const whole = () => [part('own/w', 'any', ...drafts(2, (index) => [0, 2, index])), part('shared', 'any', draft(['w', 0]))] as const;
  await store.append(...whole());
  expect(await hold(store, new Map([['w', new Map([[0, 3]])]]))).toBe(3);
  await expect(hold(store, new Map([['w', new Map([[1, 6]])]]))).rejects.toThrow('is not there');
  await store.append(whole()[0]);
  await expect(hold(store, new Map())).rejects.toThrow('is torn');
});

describe('kill -9 loses nothing that was acknowledged and leaves nothing torn', () => {
  test.each(stores)('%s', async (name, store, writers) => {
    const { entries, acknowledged } = await killing(built, store, { kills, writers, seed });
    expect([`SEED=${seed}`, acknowledged >= kills * writers, entries >= acknowledged * 2]).toEqual([`SEED=${seed}`, true, true]);
    if (process.env['KILLS'] !== undefined) process.stdout.write(`${name}: ${kills} times ${writers} killed, ${acknowledged} batches acknowledged, ${entries} entries, none lost, none torn (SEED=${seed})\n`);
  }, 60_000 + kills * 10_000);
});

describe('processes that write to one store at once all work, and a reader among them misses nothing', () => {
  test.each(stores.filter(([, , writers]) => writers > 1))('%s', async (name, store) => {
    const [each, many] = [25, name === 'postgres' ? 4 : 3];
    const where = store.replace('kill', 'race').replace('log.db', 'race.db');
    await (await openStore(where, { mode: 'write' })).close();
    const reader = await openStore(where);
    const running = Array.from({ length: many }, (_, writer) => ({ name: `r${writer}`, process: built.start(where, `r${writer}`, seed + writer, each) }));
    let ended = false;
    const all = Promise.all(running.map(({ process }) => process.ended)).then(() => { ended = true; });
    const met: number[] = [];
    for (;;) {
      const last = ended;
      for await (const { position } of reader.all({ after: met.at(-1) ?? 0 })) met.push(position);
      if (last) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await all;
    expect(running.map(({ process }) => process.said())).toEqual(running.map(() => 'closed\n'));
    expect(running.every(({ process }) => process.acknowledged.size >= each)).toBe(true);
    expect(met).toEqual(met.map((_, index) => index + 1));
    expect(met.length).toBe(await reader.head());
    await hold(reader, new Map(running.map(({ name: writer, process }) => [writer, process.acknowledged])));
    await reader.close();
  });

  test('file: the second is told that there is a first, and nothing happens to the file', async () => {
    const store = `file:${join(place, 'two.jsonl')}`;
    const first = built.start(store, 'a', seed);
    await first.opened;
    const second = built.start(store, 'b', seed, 10);
    await second.ended;
    expect(second.said()).toMatch(/busy-store|process \d+ writes to it/);
    expect(second.acknowledged.size).toBe(0);
    first.kill();
    await first.ended;
    const third = built.start(store, 'c', seed, 5);
    await third.ended;
    expect(third.said()).toBe('closed\n');
    const reader = await openStore(store);
    await hold(reader, new Map([['a', first.acknowledged], ['c', third.acknowledged]]));
    await reader.close();
  });
});
