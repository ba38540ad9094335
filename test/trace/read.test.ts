import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import type { Item } from '../../src/trace/line.ts';
import { lineLimit, readTrace, type Source, type Summary } from '../../src/trace/read.ts';
import { linesOf, seed, textOf } from './text.ts';

const name = 'a.txt';
const good = linesOf('odd-comm.trace.txt').at(-1) ?? '';
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function read(source: Source): Promise<{ items: Item[]; summary: Summary }> {
  const reading = readTrace(source, { name });
  const items: Item[] = [];
  for await (const batch of reading) items.push(...batch);
  return { items, summary: reading.summary };
}

/** The error that ends the reading, as one line. */
async function refusal(source: Source): Promise<string> {
  const error = await read(source).then(() => expect.fail('was read'), (reason: unknown) => reason);
  if (!(error instanceof ModelError)) throw error;
  expect(error.hint).toBeTruthy();
  return `${error.code}: ${error.at}: ${error.message.replace('no line of a kernel trace here: ', '')}`;
}

test('a recording, line by line', async () => {
  const { items, summary } = await read(textOf('6.1.0-56-amd64/user-first/trace.txt'));
  expect(items.map(({ line }) => line)).toEqual(items.map((_, index) => index + 1));
  expect(items.map(({ text }) => text)).toEqual(linesOf('6.1.0-56-amd64/user-first/trace.txt'));
  expect(summary).toMatchObject({
    name, bytes: 21_914, lines: 172, events: 160, unit: 'count', tracer: 'nop', entries: { held: 404, written: 404, cpus: 2 },
    holes: { count: 0 }, unparsed: { count: 0 }, foreign: 0, console: 0, crash: null, truncated: null, newlineAtEnd: true,
  });
});

test.each([
  ['crash-console.txt', { events: 5, console: 17, unit: 'count', crash: 'list_del corruption', warning: 'WARNING: CPU: 1 PID: 140', holes: 2, lost: 12 }],
  ['crash-plain.txt', { events: 2, console: 8, unit: 'seconds', crash: 'BUG: kernel NULL pointer dereference', warning: '', holes: 0, lost: 0 }],
])('a dump on the console: %s', async (file, expected) => {
  const { items, summary } = await read(textOf(file));
  expect({
    events: summary.events, console: summary.console, unit: summary.unit, crash: summary.crash?.text.slice(0, expected.crash.length),
    warning: summary.warnings.first[0]?.text.slice(0, expected.warning.length) ?? '', holes: summary.holes.count, lost: summary.holes.events,
  }).toEqual(expected);
  expect(items.filter(({ kind }) => kind === 'unparsed')).toEqual([]);
});

test('a dump reads like the trace it was', async () => {
  const { items } = await read(textOf('crash-console.txt'));
  const events = items.flatMap((item) => (item.kind === 'event' ? [`${item.seq} ${item.pid} ${item.cpu} ${item.event} ${item.mark?.op ?? item.symbol}`] : []));
  expect(events).toEqual([
    '431 143 0 tracing_mark_write setc:g:c',
    '432 143 0 vfio_group_fops_unl_ioctl vfio_group_fops_unl_ioctl',
    '433 143 0 claim iommu_group_claim_dma_owner',
    '434 30 1 cs_use iommu_device_use_default_domain',
    '437 30 1 use_ret iommu_device_use_default_domain',
  ]);
});

test.each([
  ['the header', '# tracer: nop\n# entries-in-buffer/entries-written: 2/122   #P:2\n', { count: 1, events: 120, first: [{ line: 2 }] }],
  ['a line of trace_pipe', `${good}\nCPU:0 [LOST 120 EVENTS]\n${good}\nCPU:1 [LOST EVENTS]\n`, { count: 2, events: 120, first: [{ line: 2 }, { line: 4 }] }],
  ['a buffer that starts late', `##### CPU 1 buffer started ####\n${good}\n`, { count: 1, events: 0, first: [{ line: 1 }] }],
  ['a file cut at its end', `${good}\n# cut by lab.sh: 1 of 9 lines\n`, { count: 1, events: 8, first: [{ line: 2 }] }],
])('a loss is a hole: %s', async (_, text, expected) => {
  expect((await read(text)).summary.holes).toMatchObject(expected);
});

test.each([
  ['complete', `${good}\n${good}\n`, { events: 2, newlineAtEnd: true, truncated: null, unparsed: { count: 0 } }],
  ['without a last newline, but whole', `${good}\n${good}`, { events: 2, newlineAtEnd: false, truncated: null, unparsed: { count: 0 } }],
  ['cut in the columns', `${good}\n${good.slice(0, 20)}`, { events: 1, newlineAtEnd: false, truncated: { line: 2 }, unparsed: { count: 0 } }],
  ['cut in the place', `${good}\n${good.slice(0, 80)}`, { events: 1, newlineAtEnd: false, truncated: { line: 2 }, unparsed: { count: 0 } }],
  ['garbage in a line of its own', `${good}\n${good.slice(0, 20)}\n`, { events: 1, newlineAtEnd: true, truncated: null, unparsed: { count: 1, first: [{ line: 2 }] } }],
  ['an empty recording', '# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n', { events: 0, unit: null, unparsed: { count: 0 } }],
  ['two clocks in one file', `${good}\n${linesOf('clock-counter.trace.txt').at(-1)}\n`, { events: 2, unit: 'mixed' }],
  ['a byte order mark', `\ufeff${good}\r\n`, { events: 1, unparsed: { count: 0 } }],
])('%s', async (_, text, expected) => {
  expect((await read(text)).summary).toMatchObject(expected);
  expect((await read(bytesOf(text))).summary).toMatchObject(expected);
});

test('garbage among good lines is counted, and the first five are kept', async () => {
  const text = Array.from({ length: 3000 }, (_, index) => (index % 3 === 1 ? `garbage ${index}` : good)).join('\n');
  const { unparsed, events } = (await read(text)).summary;
  expect(events).toBe(2000);
  expect(unparsed.count).toBe(1000);
  expect(unparsed.first).toEqual([1, 4, 7, 10, 13].map((index) => ({ line: index + 1, text: `garbage ${index}` })));
});

test('zero bytes far behind, as a power failure leaves them, are one unparsed line', async () => {
  const { summary } = await read(bytesOf(`${`${good}\n`.repeat(1000)}${'\0'.repeat(5000)}\n${good}\n`));
  expect([summary.events, summary.unparsed.count]).toEqual([1001, 1]);
});

test('a line beyond the limit is one unparsed line, and not kept', async () => {
  const pieces = [`${good}\n`, ...Array.from({ length: 64 }, () => 'x'.repeat(10_000)), `\n${good} a="${'y'.repeat(lineLimit)}"\n${good}\n`];
  const { items, summary } = await read(pieces);
  expect(items.map(({ kind }) => kind)).toEqual(['event', 'unparsed', 'unparsed', 'event']);
  expect(Math.max(...items.map(({ text }) => text.length))).toBeLessThan(400);
  expect(summary.unparsed.count).toBe(2);
});

describe('text of another kind is refused', () => {
  test.each([
    ['bpftrace.txt', 3, 'output of bpftrace'],
    ['function-graph.txt', 5, 'output of the function_graph tracer'],
    ['kmsg.txt', 0, 'a kernel log without a dump of the trace buffer'],
    ['dmesg-iso.txt', 0, 'a system log'],
    ['uevents.jsonl', 1, 'JSON'],
    ['6.1.0-56-amd64/user-first/kprobe_events.txt', 1, 'a list of probe definitions (kprobe_events)'],
    ['6.1.0-56-amd64/user-first/stats.txt', 1, 'statistics of a trace buffer'],
    ['README.md', 3, 'text of another kind'],
  ])('%s', async (file, line, like) => {
    expect(await refusal(textOf(file))).toBe(`not-a-trace: ${line === 0 ? name : `line ${line} of ${name}`}: it looks like ${like}`);
  });

  test.each([
    ['empty text', '', 'it is empty'],
    ['no piece at all', [], 'it is empty'],
    ['blank lines', '\n\n', 'it looks like text of another kind'],
    ['one word', 'hello', 'it looks like text of another kind'],
    ['JSON in one endless line', `[{"a":1},${'1,'.repeat(lineLimit)}`, 'it looks like JSON'],
    ['the function tracer', '# tracer: function\n        bash-160     [001] .....    24.0: mutex_lock <-really_probe\n', 'it looks like output of the function tracer, without one event of a probe'],
    ['zero bytes', bytesOf(`${good}\n\0\0\0`), 'it looks like binary data'],
    ['zero characters', `${good}\n\0`, 'it looks like binary data'],
    ['bytes that are no text', new Uint8Array(5000).map((_, index) => 0x80 + ((index * 7) % 128)), 'it looks like binary data'],
    ['many of them', new Uint8Array(1_000_000).map((_, index) => 0x80 + ((index * 7) % 128)), 'it looks like binary data'],
    ['a program', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1]), 'it looks like a program'],
    ['trace.dat', new Uint8Array([0x17, 0x08, 0x44, ...bytesOf('tracing6')]), 'it looks like trace.dat of trace-cmd'],
    ['perf.data', bytesOf('PERFILE2...'), 'it looks like perf.data of perf'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x23, 0]), 'it looks like UTF-16 text'],
    ['zstd', new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0]), 'it looks like a file compressed by zstd'],
  ] satisfies [string, Source, string][])('%s', async (_, source, expected) => {
    expect((await refusal(source)).split(': ').at(-1)).toBe(expected);
  });

  test('after a thousand lines, not at the end', async () => {
    let given = 0;
    function* endless() {
      for (;;) {
        given++;
        yield 'nothing that we know\n'.repeat(100);
      }
    }
    expect(await refusal(endless())).toContain('text of another kind');
    expect(given).toBeLessThan(20);
  });

  test('but a long kernel log may have its dump at the end', async () => {
    const log = '[    1.000000] pci 0000:00:05.0: something\n'.repeat(5000);
    expect((await read(log + textOf('crash-console.txt'))).summary.events).toBe(5);
  });
});

describe(`pieces, SEED=${seed}`, () => {
  const text = `${textOf('crash-console.txt')}          gestört-182     [001] .....    31.887786: x: (f+0x0/0x1) a="ü→😀"\n${good.slice(0, 30)}`;

  test('where the source is cut does not matter', async () => {
    const whole = await read(text);
    const bytes = bytesOf(text);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 20 }), async (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
        // One buffer for all pieces, as some sources do it.
        const buffer = new Uint8Array(bytes.length);
        function* pieces() {
          for (const [index, end] of cuts.entries()) {
            const piece = bytes.subarray(cuts[index - 1] ?? 0, end);
            buffer.set(piece);
            yield buffer.subarray(0, piece.length);
          }
        }
        expect((await read(pieces())).items).toEqual(whole.items);
        const strings = cuts.map((end, index) => text.slice(cuts[index - 1] ?? 0, index === cuts.length - 1 ? undefined : end));
        expect((await read(strings)).items).toEqual(whole.items);
      }),
      { seed, numRuns: 100 },
    );
  });

  test('random bytes are read or refused, never worse', async () => {
    const piece = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...[good, '\n', '# tracer: nop\n', '[    1.000000] BUG: x\n'].map(bytesOf)));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
        await read(pieces).catch((error: unknown) => expect(error).toBeInstanceOf(ModelError));
      }),
      { seed, numRuns: 500 },
    );
  });
});
