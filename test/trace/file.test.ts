import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { findRecording, readTraceFile } from '../../src/trace/file.ts';
import { pathOf, textOf } from './text.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dma-ownership-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const trace = textOf('6.1.0-56-amd64/user-first/trace.txt');
const packed = gzipSync(trace);

function written(name: string, content: string | Uint8Array): string {
  writeFileSync(join(scratch, name), content);
  return join(scratch, name);
}

async function events(path: string): Promise<number> {
  const reading = readTraceFile(path);
  for await (const batch of reading) expect(batch.length).toBeGreaterThan(0);
  return reading.summary.events;
}

test.each([
  ['plain', 'a.txt', trace],
  ['packed', 'a.txt.gz', packed],
  ['packed, and not called so', 'b.txt', packed],
  ['packed in two parts', 'c.gz', Buffer.concat([packed, packed])],
])('a file, %s', async (_, name, content) => {
  expect(await events(written(name, content))).toBe(name === 'c.gz' ? 320 : 160);
});

test('many batches, packed or not, are the same lines', async () => {
  const big = trace.repeat(50);
  const lines = async (path: string) => {
    const numbers: number[] = [];
    for await (const batch of readTraceFile(path)) numbers.push(...batch.map(({ line }) => line));
    return numbers;
  };
  const expected = Array.from({ length: 172 * 50 }, (_, index) => index + 1);
  expect(await lines(written('big.txt', big))).toEqual(expected);
  expect(await lines(written('big.gz', gzipSync(big)))).toEqual(expected);
});

test('reading may stop early', async () => {
  for (const path of [written('early.txt', trace.repeat(50)), written('early.gz', gzipSync(trace.repeat(50)))]) {
    const reading = readTraceFile(path);
    let batches = 0;
    for await (const batch of reading) {
      batches++;
      if (batch.length > 0) break;
    }
    expect(batches).toBe(1);
  }
});

test.each([
  ['missing', () => join(scratch, 'nothing.txt'), 'unreadable-file', 'there is no such file'],
  ['a directory', () => scratch, 'unreadable-file', 'it is a directory'],
  ['below a file', () => join(written('f.txt', trace), 'trace.txt'), 'unreadable-file', 'a part of the path is a file, not a directory'],
  ['packed data that ends early', () => written('cut.gz', packed.subarray(0, packed.length >> 1)), 'unreadable-file', 'the packed data ends early'],
  ['packed data that is damaged', () => written('bad.gz', Buffer.concat([packed.subarray(0, 50), Buffer.alloc(500, 0x55)])), 'unreadable-file', 'the packed data is damaged'],
  ['empty', () => written('empty.txt', ''), 'not-a-trace', 'no line of a kernel trace here: it is empty'],
  ['another kind of text, packed', () => written('bpftrace.gz', gzipSync(textOf('bpftrace.txt'))), 'not-a-trace', 'no line of a kernel trace here: it looks like output of bpftrace'],
])('refused: %s', async (_, path, code, message) => {
  const error = await events(path()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code, message });
  expect((error as ModelError).at).toContain(scratch);
  expect((error as ModelError).hint).toBeTruthy();
});

test.each([['plain', trace], ['packed', packed]])('standard input, %s', async (_, content) => {
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin');
  Object.defineProperty(process, 'stdin', { value: Readable.from([Buffer.from(content)]), configurable: true });
  try {
    expect(await events('-')).toBe(160);
    expect(readTraceFile('-').summary.name).toBe('standard input');
  } finally {
    if (stdin) Object.defineProperty(process, 'stdin', stdin);
  }
});

test('what lies beside a trace', async () => {
  const { probes, ...rest } = await findRecording(pathOf('6.1.0-56-amd64/user-first/trace.txt'));
  expect(rest).toEqual({ kernel: '6.1.0-56-amd64', kernelFrom: 'log.txt', lost: { overrun: 0, dropped: 0 }, scenario: 'user-first' });
  expect(probes?.get('cs_use')).toEqual([
    { event: 'cs_use', symbol: 'iommu_device_use_default_domain', offset: 68, returns: false, fields: ['g', 'oc', 'ow', 'dom', 'ddom'] },
  ]);
});

test('a bundle with a common prefix', async () => {
  const { probes, ...rest } = await findRecording(pathOf('recorded.trace.txt'));
  expect(rest).toEqual({ kernel: '6.12.117+deb12-amd64', kernelFrom: 'meta.txt', lost: { overrun: 0, dropped: 0 }, missed: 0 });
  expect(probes?.size).toBe(18);
});

test('files beside it may be packed, damaged or missing', async () => {
  const path = written('trace.txt.gz', packed);
  expect(await findRecording(path)).toEqual({});
  written('log.txt.gz', gzipSync('# kernel 6.1.0-56-amd64, scenario override\n'));
  written('stats.txt', packed.subarray(0, 40));
  expect(await findRecording(path)).toEqual({ kernel: '6.1.0-56-amd64', kernelFrom: 'log.txt', scenario: 'override' });
  expect(await findRecording('-')).toEqual({});
  expect(await findRecording(join(scratch, 'nowhere', 'trace.txt'))).toEqual({});
});
