/** `judge` as a user calls it: what it answers to good input and to bad, and that what the README quotes is what it prints. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { register as registerJudge } from '../../src/cli/judge.ts';
import { run } from '../../src/cli/program.ts';
import { register as registerRun } from '../../src/cli/run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recorded = join(root, 'test/traces/6.1.0-56-amd64/defer');
const packed = readFileSync(join(recorded, 'trace.txt.gz'));
const defer = gunzipSync(packed).toString('utf8');

const folder = mkdtempSync(join(tmpdir(), 'judge-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'no-trace'));
mkdirSync(join(folder, 'old'));
cpSync(recorded, join(folder, 'folder'), { recursive: true });
const files: Readonly<Record<string, string | Uint8Array>> = {
  'right.txt': defer,
  'empty.txt': '',
  'header.txt': defer.split('\n').filter((line) => line.startsWith('#')).join('\n').replace(/entries-in-buffer.*/, 'entries-in-buffer/entries-written: 0/0   #P:2'),
  'binary.txt': Uint8Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 251),
  'cut.txt': defer.slice(0, 20_050),
  'half.txt.gz': packed.subarray(0, 3000),
  'sched.txt': '# tracer: nop\n          <idle>-0       [001] d..2.   100.5: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120\n',
  'bare.txt': defer.replaceAll(/dev="[^"]*"/g, ''),
  'lost.txt': defer.split('\n').toSpliced(100, 3, 'CPU:0 [LOST 3 EVENTS]').join('\n'),
  'wrong.txt': defer.replace('cs_use: (iommu_device_use_default_domain+0x44/0xa0) g=8 oc=1', 'cs_use: (iommu_device_use_default_domain+0x44/0xa0) g=8 oc=2'),
  'old/trace.txt': defer,
  'old/log.txt': '[1.0] # kernel 5.4.0-9-amd64, scenario defer\n',
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);

async function shell(args: readonly string[]): Promise<{ code: Exit; out: string; err: string }> {
  const ended = { out: '', err: '' };
  const code = await run([...args], [registerJudge, registerRun], {
    stdout: { write: (written) => (ended.out += written) }, stderr: { write: (written) => (ended.err += written) }, env: {},
  });
  return { code, out: ended.out.replaceAll(`${folder}/`, ''), err: ended.err.replaceAll(`${folder}/`, '') };
}
const inFolder = (line: string) => line.split(' ').map((word) => (word in files || word === 'folder' || word === 'no-trace' || word === 'nothing.txt' || word === 'old' ? join(folder, word) : word));

describe('verdicts', () => {
  test.each([
    ['judge right.txt', exit.holds, 'right.txt: conforms'],
    ['judge folder', exit.holds, '1 trace, 544 lines: 1 conform, 0 violate, 0 inconclusive'],
    ['judge --model v6.12.y right.txt', exit.holds, 'model v6.12.y (asked for)'],
    ['judge wrong.txt', exit.violation, 'possible here: iommu_device_use_default_domain (locked) of group:8 with oc=1'],
    ['judge right.txt wrong.txt', exit.violation, '2 traces, '],
    ['judge lost.txt', exit.inconclusive, 'from line 101 on nothing is sure: 3 events were lost'],
    ['judge cut.txt', exit.inconclusive, 'the last line is cut: line 154'],
    ['judge --why right.txt', exit.holds, '0000:02:00.1 may not use the DMA API: -EBUSY, group 8 is claimed by labctl-175 since line 377'],
  ])('%s', async (line, code, said) => {
    const ended = await shell(inFolder(line));
    expect([ended.code, ended.err]).toEqual([code, '']);
    expect(ended.out).toContain(said);
  });

  test('--json says the same, for programs', async () => {
    const { code, out } = await shell(inFolder('judge --json right.txt wrong.txt'));
    const { schema, files: reports } = JSON.parse(out) as { schema: string; files: { verdict: string; line?: number; possible?: string[] }[] };
    expect([code, schema, ...reports.map(({ verdict }) => verdict)]).toEqual([exit.violation, 'dma-ownership/judge@1', 'conforms', 'violates']);
    expect(reports[1]?.line).toBe(defer.split('\n').findIndex((text) => text.includes('cs_use')) + 1);
    expect(reports[1]?.possible?.length).toBeGreaterThan(0);
  });
});

describe('bad input is refused with a reason and a way on', () => {
  test.each([
    ['judge', exit.wrongUse, "missing required argument 'trace'"],
    ['judge --model v9 right.txt', exit.wrongUse, 'there is no model v9'],
    ['judge nothing.txt', exit.badInput, 'there is no such file'],
    ['judge no-trace', exit.badInput, 'the folder has no trace'],
    ['judge empty.txt', exit.badInput, 'it is empty'],
    ['judge header.txt', exit.badInput, 'the trace has no event'],
    ['judge binary.txt', exit.badInput, 'it looks like binary data'],
    ['judge half.txt.gz', exit.badInput, 'the packed data ends early'],
    ['judge sched.txt', exit.badInput, 'none of its first 1 events is one that we know'],
    ['judge --model v6.1.y sched.txt', exit.badInput, "none of the 1 events is one of v6.1.y's recorder"],
    ['judge bare.txt', exit.badInput, 'does not show dev'],
    ['judge old', exit.badInput, 'no model covers kernel 5.4.0-9-amd64'],
  ])('%s', async (line, code, said) => {
    const ended = await shell(inFolder(line));
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(said);
    expect(ended.err).toMatch(/What to do: |Possible here: /);
    expect(ended.err).not.toMatch(/^ +at /m);
  });
});
