/** The kit refuses stores that break a promise, each with a fault that a published store had or could have. */
import { expect, test } from 'vitest';
import { cases } from '../../../src/log/store/conformance/index.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import type { Append, Appended, Draft, Store } from '../../../src/log/store/port.ts';
import { freshId } from '../../../src/log/store/conformance/bed.ts';

type Parts = readonly [Append, ...Append[]];
const changed = (parts: Parts, change: (part: Append) => Append): Parts => parts.map(change) as unknown as Parts;
const entries = (part: Append, change: (entry: Draft) => Draft): Append => ({ ...part, entries: part.entries.map(change) as [Draft, ...Draft[]] });

/** A store in memory with something of it replaced, a new one at each call. */
const faulty = (change: (good: Store) => Partial<Store>) => (): Store => {
  const good = memoryStore();
  const bound = Object.fromEntries((['append', 'read', 'revision', 'all', 'head', 'subscribe', 'streams', 'drop', 'close'] as const).map((name) => [name, (good[name] as (...given: unknown[]) => unknown).bind(good)]));
  return { name: good.name, capabilities: good.capabilities, snapshots: good.snapshots, checkpoints: good.checkpoints, attachments: good.attachments, ...bound, ...change(good) } as Store;
};
const appends = (change: (good: Store, parts: Parts) => Promise<Appended>) => faulty((good) => ({ append: (...parts) => change(good, parts) }));

test.each<[fault: string, found: string, () => Store]>([
  ['a conflict that writes first', 'a conflict changes nothing', appends(async (good, parts) => {
    const result = await good.append(...parts);
    if (!result.ok && result.reason === 'revision') await good.append(...changed(parts, (part) => entries({ ...part, expected: 'any' }, (entry) => ({ ...entry, id: freshId() }))));
    return result;
  })],
  ['no-stream that is not looked at', 'no-stream and stream-exists', appends((good, parts) => good.append(...changed(parts, (part) => (part.expected === 'no-stream' ? { ...part, expected: 'any' } : part))))],
  ['a conflict that does not say the revision', 'a conflict says which', appends(async (good, parts) => {
    const result = await good.append(...parts);
    return !result.ok && result.reason === 'revision' ? { ...result, actual: -1 } : result;
  })],
  ['ids that are stored twice', 'an id with the same content', appends((good, parts) => good.append(...changed(parts, (part) => entries(part, (entry) => ({ ...entry, id: freshId() })))))],
  ['an id with other content that is called a repetition', 'an id with other content, in', appends(async (good, parts) => {
    const result = await good.append(...parts);
    return !result.ok && result.reason === 'id-reuse' ? { ok: true, position: 1, revisions: [0], replayed: true } : result;
  })],
  ['parts that are appended one by one', 'an append to several streams', appends(async (good, parts) => {
    let last: Appended | undefined;
    for (const part of parts) {
      last = await good.append(part);
      if (!last.ok) return last;
    }
    return last as Appended;
  })],
  ['an empty append that succeeds', 'an append of nothing', appends((good, parts) => (parts.some((part) => (part.entries as readonly Draft[]).length === 0) ? Promise.resolve({ ok: true, position: 0, revisions: [], replayed: false }) : good.append(...parts)))],
  ['an acknowledged append that is dropped now and then', '12 writers of one store', (() => {
    let count = 0;
    return appends((good, parts) => (++count % 37 === 0 ? Promise.resolve({ ok: true, position: count, revisions: parts.map(() => 0), replayed: false }) : good.append(...parts)));
  })()],
  ['a reader that skips', '12 writers of one store', faulty((good) => ({ all: async function* (options) { for await (const entry of good.all(options)) if (entry.position % 50 !== 0) yield entry; } }))],
  ['a reader that ends after a page', 'a range has', faulty((good) => ({ read: async function* (stream, options) { let count = 0; for await (const entry of good.read(stream, options)) if (count++ < 500) yield entry; } }))],
  ['a subscription that ends where the log ends', 'a subscription reads', faulty((good) => ({ subscribe: async function* (options) { for await (const entry of good.all(options)) yield entry; } }))],
  ['bytes that JSON cannot say', 'what JSON loses', appends((good, parts) => good.append(...changed(parts, (part) => entries(part, (entry) => ({ ...entry, data: typeof entry.data === 'number' && !Number.isFinite(entry.data) ? null : entry.data })))))],
  ['halves of characters that are replaced', 'every value of JSON', faulty((good) => ({ read: async function* (stream, options) {
    for await (const entry of good.read(stream, options)) yield typeof entry.data === 'string' ? { ...entry, data: Buffer.from(entry.data).toString() } : entry;
  } }))],
  ['positions that are used again after a drop', 'what is dropped', faulty((good) => ({ head: async () => { let last = 0; for await (const { position } of good.all()) last = position; return last; } }))],
  ['a drop that takes what is named alike', 'what is dropped', faulty((good) => ({ drop: (prefix) => good.drop(prefix.slice(0, -1)) }))],
  ['snapshots that any machine finds', 'a snapshot is found', faulty((good) => ({ snapshots: { load: (stream, _machine, at) => good.snapshots.load(stream, 'm', at), save: (snapshot) => good.snapshots.save({ ...snapshot, machine: 'm' }) } }))],
  ['checkpoints that always move', 'a checkpoint moves', faulty((good) => ({ checkpoints: { ...good.checkpoints, load: (name) => good.checkpoints.load(name), reset: (name) => good.checkpoints.reset(name), save: async (name, _after, next) => {
    await good.checkpoints.reset(name);
    return good.checkpoints.save(name, null, next);
  } } }))],
])('%s: found by %s', async (_fault, found, make) => {
  const [one] = cases.filter(({ name }) => name.startsWith(found));
  expect(one?.needs).toBe(undefined);
  await expect(within(5000, one?.run({ open: opening(make()) }, 0.3))).rejects.toThrow();
});

test('and nothing is found when nothing is broken', async () => {
  for (const one of cases.filter(({ needs }) => needs === undefined)) {
    const store = faulty(() => ({}))();
    await one.run({ open: () => Promise.resolve(store) }, 0.1);
  }
});

/** A case that waits for ever fails too. */
const within = (milliseconds: number, work: Promise<void> | undefined) => Promise.race([work, new Promise((_, reject) => setTimeout(reject, milliseconds, new Error('still waiting')))]);
const opening = (store: Store) => () => Promise.resolve(store);
