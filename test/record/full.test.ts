/** A recording whose buffer was full (`--buffer 1`, one device bound and unbound thirty times, Debian's 6.1): the kernel drops what comes then, and the trace does not show it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { recordScript } from '../../src/record/script.ts';
import { findRecording } from '../../src/trace/file.ts';
import { readTrace } from '../../src/trace/read.ts';
import { judgeTrace } from '../../src/trace/report.ts';

const path = fileURLToPath(new URL('full/trace.txt.gz', import.meta.url));
const text = gunzipSync(readFileSync(path)).toString('utf8');
const recording = await findRecording(path);
const judged = (given: string, known = recording) => judgeTrace(readTrace(given, { name: path }), { name: path, recording: known });

test('without its counters it would be a violation, with them nobody can say', async () => {
  const { lost, ...uncounted } = recording;
  expect(lost).toEqual({ overrun: 0, dropped: 1044 });
  expect(await judged(text, uncounted)).toMatchObject({ verdict: 'violates', line: 192 });
  expect(await judged(text)).toMatchObject({ verdict: 'inconclusive', lost: { line: 192, why: '1044 events found no room in the buffer, and nothing says where' } });
});

test('the recorder says in the kernel\'s words where each processor\'s loss began', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dma-ownership-full-'));
  const stats = readFileSync(fileURLToPath(new URL('full/stats.txt', import.meta.url)), 'utf8').split(/^(?=entries:)/m);
  for (const [cpu, one] of [...stats, 'entries: 0\ndropped events: 7\n'].entries()) {
    mkdirSync(join(folder, `per_cpu/cpu${cpu}`), { recursive: true });
    writeFileSync(join(folder, `per_cpu/cpu${cpu}/stats`), one);
  }
  writeFileSync(join(folder, 'trace.txt'), text);
  const [marks = ''] = /^mark_losses\(\) \{$.*?^\}$/ms.exec(recordScript('0.0.0')) ?? [];
  expect(spawnSync('sh', ['-c', `${marks}\ninstance=. TO=.\nmark_losses`], { cwd: folder, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  const marked = readFileSync(join(folder, 'trace.txt'), 'utf8');
  rmSync(folder, { recursive: true });

  const lines = marked.split('\n');
  const at = (line: string) => lines.indexOf(line);
  expect(lines.filter((line) => !line.startsWith('CPU:')).join('\n')).toBe(text);
  expect([at('CPU:2 [LOST 7 EVENTS]'), at('CPU:0 [LOST 1044 EVENTS]')]).toEqual([12, 192]); // a processor of which nothing was kept: before the first event
  expect(lines.slice(193).filter((line) => line.includes(' [000] '))).toEqual([]);
  const without = lines.filter((line) => line !== 'CPU:2 [LOST 7 EVENTS]').join('\n');
  expect(await judged(without)).toMatchObject({ verdict: 'inconclusive', lost: { line: 192, why: '1044 events were lost' } });
});
