/** The power goes while writers write. `npm run power` does it many more times. */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { draft, listed, part, random } from '../../../src/log/store/conformance/bed.ts';
import { openStore } from '../../../src/log/store/open.ts';
import { disk, withoutDisk, type Disk } from './disk.ts';
import { folder } from './place.ts';
import { built, hold, workers } from './processes.ts';
import { startServer } from './server.ts';

const cuts = Number(process.env['CUTS'] ?? 1);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const next = random(seed);
const missing = withoutDisk();

describe.skipIf(missing !== undefined)(`a disk that forgets what was not flushed (SEED=${seed})${missing === undefined ? '' : `: skipped, ${missing}`}`, async () => {
  if (missing !== undefined) return;
  const [server, writers] = [await built('store/disk_server', 'disk'), await workers('power')];
  const one = await disk(server.program, folder('power'), 40);
  afterAll(async () => {
    await one.remove();
    server.remove();
    writers.remove();
  });

  /** Writers, cut off at a random moment. What they were told, and what the disk lost. */
  async function round(store: string, tag: string, many: number, { durable, on = one, ended }: { readonly durable?: 'process-crash'; readonly on?: Disk; readonly ended?: () => Promise<void> } = {}) {
    const running = Array.from({ length: many }, (_, index) => ({ name: `${tag}.${index}`, process: writers.start(store, `${tag}.${index}`, Math.floor(next() * 1e9), Infinity, durable) }));
    await Promise.all(running.map(({ process }) => process.opened));
    while (running.some(({ process }) => process.acknowledged.size < 3 && process.said() === '')) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, next() * 60));
    const lost = await on.cut(Math.floor(next() * 1e9));
    for (const { process } of running) process.kill();
    for (const { process } of running) await process.ended;
    await ended?.();
    await on.on();
    return { lives: running.map(({ name, process }) => [name, process.acknowledged] as const), lost };
  }

  test.each([['sqlite', 'log.db', 2], ['file', 'log.jsonl', 1]] as const)('%s: nothing that was acknowledged is lost, nothing is torn, and it goes on', async (kind, name, many) => {
    const store = `${kind}:${join(one.path, name)}`;
    await (await openStore(store, { mode: 'write' })).close();
    const lives = new Map<string, ReadonlyMap<number, number>>();
    let [unflushed, entries] = [0, 0];
    for (let cut = 0; cut < cuts; cut++) {
      const { lives: more, lost } = await round(store, `${kind}${cut}`, many);
      unflushed += lost.unflushed;
      for (const [writer, acknowledged] of more) lives.set(writer, acknowledged);
      const opened = await openStore(store, { mode: 'write' });
      entries = await hold(opened, lives);
      const { sha256 } = await opened.attachments.put((async function* () { yield await Promise.resolve(Buffer.from(`attachment ${cut}`)); })());
      await opened.close();
      await one.cut(cut);
      await one.on();
      rmSync(join(one.path, `${name}.lock`), { force: true }); // ours, and we are still alive
      const reader = await openStore(store);
      expect([await reader.head(), Buffer.concat(await listed(reader.attachments.get(sha256))).toString()]).toEqual([entries, `attachment ${cut}`]);
      await reader.close();
    }
    const acknowledged = [...lives.values()].reduce((sum, { size }) => sum + size, 0);
    expect(acknowledged).toBeGreaterThanOrEqual(cuts * many * 3);
    if (process.env['CUTS'] !== undefined) process.stdout.write(`${kind}: the power cut ${2 * cuts} times, ${acknowledged} batches acknowledged, ${entries} entries, ${unflushed} sectors not flushed; none lost, none torn (SEED=${seed})\n`);
  }, 60_000 + cuts * 10_000);

  // A server needs a larger disk and starts slowly: only where many cuts are asked for.
  test.skipIf(process.env['CUTS'] === undefined)('postgres: nothing that was acknowledged is lost, nothing is torn, and it goes on', async () => {
    const above = folder('power-postgres');
    const large = await disk(server.program, above, 200);
    try {
      for (const path of [above, large.path]) chmodSync(path, 0o711);
      const at = join(large.path, 'server');
      mkdirSync(at);
      let running = await startServer({ durable: true, at });
      await (await openStore(`${running.url}?schema=power`, { mode: 'write' })).close();
      const lives = new Map<string, ReadonlyMap<number, number>>();
      let [unflushed, entries] = [0, 0];
      for (let cut = 0; cut < Math.ceil(cuts / 4); cut++) {
        const [now, store] = [running, `${running.url}?schema=power`];
        const { lives: more, lost } = await round(store, `postgres${cut}`, 2, { on: large, ended: () => now.kill() });
        unflushed += lost.unflushed;
        for (const [writer, acknowledged] of more) lives.set(writer, acknowledged);
        running = await startServer({ durable: true, at });
        const reader = await openStore(`${running.url}?schema=power`);
        entries = await hold(reader, lives);
        await reader.close();
      }
      await running.stop();
      process.stdout.write(`postgres: the power cut ${Math.ceil(cuts / 4)} times, ${[...lives.values()].reduce((sum, { size }) => sum + size, 0)} batches acknowledged, ${entries} entries, ${unflushed} sectors not flushed; none lost, none torn (SEED=${seed})\n`);
    } finally {
      await large.remove();
    }
  }, 120_000 + cuts * 20_000);

  test('what was acknowledged as durable against the end of a process only is lost here, and what is left is a beginning', async () => {
    const store = `sqlite:${join(one.path, 'normal.db')}`;
    const first = await openStore(store, { mode: 'write' });
    await first.append(part('first', 'any', draft()));
    await first.drop('first');
    await first.close();
    const { lives } = await round(store, 'normal', 1, { durable: 'process-crash' });
    const left = await openStore(store, { mode: 'write' });
    await expect(hold(left, new Map(lives))).rejects.toThrow(/is not there|stands/);
    await left.close();
  });
});
