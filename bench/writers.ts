/** Twelve processes that write to one PostgreSQL server, and one that polls it: does the reader meet everything once? */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openStore } from '../src/log/store/open.ts';
import { startServer } from '../test/log/store/server.ts';
import { table } from './rounds.ts';

const worker = fileURLToPath(new URL('../test/log/store/worker.js', import.meta.url));

/** Each writer appends so many batches of one to five entries to its own stream and one more to a stream that all share. */
export async function writers(count: number, batches: number): Promise<void> {
  const server = await startServer({ durable: true });
  try {
    const url = `${server.url}?schema=writers`;
    await (await openStore(url, { mode: 'write' })).close();
    const reader = await openStore(url);
    const begun = performance.now();
    let ended = false;
    const codes = Promise.all(Array.from({ length: count }, async (_, index) => {
      const child = spawn(process.execPath, [worker, url, `w${index}`, String(index), String(batches)], { stdio: ['ignore', 'ignore', 'inherit'] });
      return (await once(child, 'exit') as [number | null])[0];
    })).finally(() => { ended = true; });
    const seen = new Set<string>();
    let [at, polls, duplicated, disordered] = [0, 0, 0, 0];
    for (let last = false; !last; polls++) {
      last = ended;
      for await (const { id, position } of reader.all({ after: at })) {
        if (seen.has(id)) duplicated++;
        if (position <= at) disordered++;
        seen.add(id);
        at = position;
      }
    }
    const seconds = (performance.now() - begun) / 1000;
    if ((await codes).some((code) => code !== 0)) throw new Error('a writer failed');
    let [skipped, stored] = [0, 0];
    for await (const { id } of reader.all()) {
      stored++;
      if (!seen.has(id)) skipped++;
    }
    await reader.close();
    table(`PostgreSQL, ${count} writers and a polling reader, fsync on`, ['entries', 'polls', 'skipped', 'duplicated', 'out of order', 'seconds', 'entries/s'],
      [[stored, polls, skipped, duplicated, disordered, seconds.toFixed(1), Math.round(stored / seconds)].map(String)]);
    if (skipped + duplicated + disordered > 0) throw new Error('the reader did not meet everything once, in order');
  } finally {
    await server.stop();
  }
}
