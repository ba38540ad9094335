/**
 * How fast the judge goes through a recording, against reading it alone, and whether its memory grows with the file.
 *
 * The recording is two seconds of a race on two CPUs, written several times one after the other, each with the kernel's mark of lost events
 * before it: the judge has to find into the middle of things anew, which is more work than going on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, bench, describe } from 'vitest';
import { readTraceFile } from '../src/trace/file.ts';
import { Judge } from '../src/trace/judge.ts';
import { load, optionsOf } from '../test/trace/recordings.ts';

const folder = mkdtempSync(join(tmpdir(), 'judge-bench-'));
const shipped = await load('6.1.0-56-amd64/race-sibling-2');
const lap = ['CPU:0 [LOST EVENTS]', ...shipped.lines, ''].join('\n');
const laps = 24;
const path = join(folder, 'trace.txt');
writeFileSync(path, lap.repeat(laps));
const once = { iterations: 2, time: 0, warmupIterations: 0, warmupTime: 0 };

const megabytes = (): string => {
  globalThis.gc?.();
  return `${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)} MiB`;
};
const report: string[] = [];

describe(`${laps * shipped.lines.length} lines of a race`, () => {
  bench('read', async () => {
    let lines = 0;
    for await (const items of readTraceFile(path)) lines += items.length;
    if (lines < laps * shipped.lines.length) throw new Error(`${lines} lines were read`);
  }, once);

  bench('read and judge', async () => {
    const judge = new Judge(shipped.model, optionsOf(shipped.recording));
    const began = performance.now();
    const heap: string[] = [];
    let lines = 0;
    for await (const items of readTraceFile(path)) {
      for (const item of items) if (!judge.take(item)) throw new Error(`line ${item.line} is refused: ${judge.violation?.reason}`);
      if (Math.floor((lines + items.length) / 50_000) > Math.floor(lines / 50_000)) heap.push(megabytes());
      lines += items.length;
    }
    report.push(`${Math.round(lines / (performance.now() - began) * 1000)} lines/s; heap every 50,000 lines: ${heap.join(', ')}`);
  }, once);
});

afterAll(() => {
  process.stdout.write(`\n${report.join('\n')}\n`);
  rmSync(folder, { recursive: true });
});
