/**
 * The recorder in real kernels: what it records conforms, and it leaves nothing behind. `npm run lab:record` boots them, with the lab's folder in LAB where it is
 * not the usual one; `dma-ownership lab build` and, for the last test, `lab build --source` make them first. Minutes, so `npm test` leaves it out.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { runJob } from '../../src/lab/boot.ts';
import { defaultFolder, kernelOf } from '../../src/lab/folder.ts';
import { recordScript } from '../../src/record/script.ts';
import { findRecording, readTraceFile } from '../../src/trace/file.ts';
import { judgeTrace } from '../../src/trace/report.ts';

const lab = process.env['LAB'] ?? defaultFolder();
const job = readFileSync(fileURLToPath(new URL('guest.sh', import.meta.url)));
const patience = 1_900_000;

async function boot(kernel: string, script: string, append?: string): Promise<string> {
  const run = await runJob(kernelOf(lab, kernel), {
    name: 'record', script, files: [{ path: 'record.sh', bytes: Buffer.from(recordScript('0.0.0')) }, { path: 'guest.sh', bytes: job }],
  }, { lab, to: join(tmpdir(), `dma-ownership-record-${kernel}${append === undefined ? '' : '-locked'}`), limit: 900, tries: 2, ...(append === undefined ? {} : { append }) });
  expect(run.ended, run.folder).toBe('finished');
  return run.folder;
}

const judged = async (folder: string) => judgeTrace(readTraceFile(join(folder, 'trace.txt')), { name: folder, recording: await findRecording(join(folder, 'trace.txt')) });

describe.skipIf(process.env['RECORD'] !== 'lab')('in a guest', () => {
  test.each(['6.1', '6.12'])('%s: binding, a refusal and a claim are recorded and conform; nothing stays behind', async (kernel) => {
    const folder = await boot(kernel, '. /lab/guest.sh\n');
    const said = (file: string) => readFileSync(join(folder, file), 'utf8');
    expect([...said('log.txt').matchAll(/^CODE .*$/gm)].map(([line]) => line)).toEqual(['CODE 0 whole', 'CODE 143 ended', 'CODE 4 undo of a live one', 'CODE 0 undo']);
    for (const after of ['whole', 'ended', 'undone']) expect(said(`tracefs.${after}`), after).toBe(said('tracefs.before'));
    expect(said('tracefs.killed')).not.toBe(said('tracefs.before'));

    const whole = await judged(join(folder, 'whole'));
    expect(whole).toMatchObject({ verdict: 'conforms', refusals: [{}] });
    expect(whole.groups.flatMap(({ ownership }) => ownership).length).toBeGreaterThan(5);
    expect(await judged(join(folder, 'ended'))).toMatchObject({ verdict: 'conforms' });
    expect(said('whole/log.txt')).toContain('# events lost: 0, probes missed: 0');
  }, patience);

  test.each([
    ['6.12', 'lockdown=confidentiality', 'the kernel is locked down (confidentiality): it refuses probes'],
    ['small', undefined, 'no /sys/kernel/btf/vmlinux'],
  ])('%s %s: nothing is recorded, and it is said why', async (kernel, append, why) => {
    const folder = await boot(kernel, 'ls $tracing/instances $tracing/kprobe_events\nsh /lab/record.sh --to /out/none -- touch /out/ran\necho "CODE $?"\nls /out\n', append);
    const log = readFileSync(join(folder, 'log.txt'), 'utf8');
    expect(log).toContain(`stop  ${why}`);
    expect(log).toContain('CODE 3');
    expect(log).not.toMatch(/^(?:ran|none)$/m);
  }, patience);
});
