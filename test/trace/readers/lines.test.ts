/** Lines of other programs, one by one: what each is, which kind a text is, and what a text of several kinds says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Addresses } from '../../../src/trace/addresses.ts';
import type { Item, TraceLine } from '../../../src/trace/line.ts';
import { readTrace } from '../../../src/trace/read.ts';
import { probed } from '../../../src/trace/readers/bpftrace.ts';
import type { Format } from '../../../src/trace/readers/reader.ts';
import { formatOf, Sorter } from '../../../src/trace/readers/sorter.ts';
import { parseProbes } from '../../../src/trace/recording.ts';

const lineOf = (event: string, at: string, fields = '') => `          labctl-194   [000]    15.2: ${event}:  (${at})${fields}`;

test.each([
  ['cpus=2', 'trace-cmd'],
  [lineOf('probe', 'ffffffff81951300', ' dev="a"'), 'trace-cmd'],
  ['          labctl-206   [000]         195: print:                tracing_mark_write: NOTE hello', 'trace-cmd'],
  ['          labctl   194 [000]    15.216328:                      lab:drv_attach: (ffffffff81951824) dev="a"', 'perf'],
  ['a b-7 [001]   194/195 [000]    15.216328123: lab:drv_attach: (ffffffff81951824) dev="a"', 'perf'],
  ['# dma-ownership bpftrace 1', 'bpftrace'],
  ['{"type": "attached_probes", "data": {"probes": 37}}', 'bpftrace'],
  ['          labctl-194   [000]    15.216328: probe: (really_probe+0x0/0x390) dev="a"', 'ftrace'],
  ['[    1.000000] hello', undefined],
  ['# tracer: nop', undefined],
] satisfies [string, Format | undefined][])('%s: %s', (text, format) => {
  expect(formatOf(text)).toBe(format);
});

const one = (format: Format, text: string): Item => new Sorter(format).take(text, 7)[0] as Item;

test('a name that could not be read is null, whatever byte stands there', () => {
  for (const cur of ['""', '"\t"', '"\u0003"'])
    expect((one('perf', `x 1 [0] 1.5: lab:probe: (ffffffff81951300) dev="8" cur=${cur} dl=0`) as TraceLine).fields).toEqual({ dev: '8', cur: null, dl: 0 });
});

test.each([
  ['perf', ' x 1 [001] 1.5: PERF_RECORD_LOST lost 12', { cpu: 1, count: 12 }],
  ['perf', 'Processed 590 events and lost 2 chunks!', { cpu: -1, count: null }],
  ['trace-cmd', 'CPU:1 [EVENTS DROPPED]', { cpu: 1, count: null }],
  ['bpftrace', 'Lost 3 events', { cpu: -1, count: 3 }],
  ['bpftrace', '{"type": "lost_events", "data": {"events": 4}}', { cpu: -1, count: 4 }],
] satisfies [Format, string, object][])('%s loses events: %s', (format, text, loss) => {
  expect(one(format, text)).toMatchObject({ kind: 'lost', line: 7, text, ...loss });
});

test('lines of bpftrace are put in order by their times', () => {
  const sorter = new Sorter('bpftrace');
  const text = (seconds: number) => `   labctl-194     [000] ..... ${seconds}.000000001: device_attach: (device_attach+0x0) dev="a"`;
  const early = [3, 1, 2, 1].flatMap((seconds, index) => sorter.take(text(seconds), index + 1));
  expect([early, sorter.since]).toEqual([[], 1]);
  expect([...sorter.end().map(({ line }) => line), sorter.since]).toEqual([2, 4, 3, 1, Infinity]);
});

test('an address has the name that the definitions leave for it', () => {
  const addresses = new Addresses(parseProbes(['p:lab/bound driver_bound', 'p:lab/add device_add', 'p:lab/uevent driver_bound+139', 'p:lab/uevent device_add+296', 'p:lab/cs iommu_detach_group+80',
    'p:lab/cs iommu_detach_group+99', 'r10:lab/add_ret device_add ret=$retval:s32'].join('\n')));
  const named = (event: string, at: string) => {
    const { symbol, offset } = addresses.named(one('trace-cmd', lineOf(event, at)) as TraceLine);
    return `${symbol}+${offset}`;
  };
  expect([
    named('uevent', 'ffffffff8195128b'), // nothing of the function was seen
    named('bound', 'ffffffff81951204'), // behind endbr64
    named('uevent', 'ffffffff8195128b'), named('uevent', 'ffffffff81951292'), named('add', 'ffffffff8194c500'), named('uevent', 'ffffffff8194c628'),
    named('cs', 'ffffffff81930000'), named('add_ret', 'ffffffff8194c500 <- ffffffff81002bdb'), named('other', 'ffffffff8194c500'),
  ]).toEqual(['+0', 'driver_bound+0', 'driver_bound+139', '+0', 'device_add+0', 'device_add+296', 'iommu_detach_group+80', 'device_add+0', '+0']);
});

test('of lines of another kind it is said that they are there', async () => {
  const perf = '          labctl   194 [000]    15.2: lab:probe: (ffffffff81951300) dev="a"';
  const read = async (format?: Format) => {
    const reading = readTrace([`cpus=2\n${lineOf('probe', 'ffffffff81951300')}\n${perf}\n${perf}\n`], { name: 'a.txt', ...(format === undefined ? {} : { format }) });
    for await (const _batch of reading);
    const { format: found, events, unparsed, mixed } = reading.summary;
    return [found, events, unparsed.count, mixed.map(({ format: other, count, first: [at] }) => `${count} ${other} ${at?.line}`)];
  };
  expect(await read()).toEqual(['trace-cmd', 1, 2, ['2 perf 3']]);
  expect(await read('perf')).toEqual(['perf', 2, 2, ['2 trace-cmd 1']]);
});

test('binding.bt has the probes that the judge takes it to have', () => {
  const text = readFileSync(fileURLToPath(new URL('../../../docs/reference/binding.bt', import.meta.url)), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const found = [...text.matchAll(/\bk(ret)?probe:(\w+)/g)].map(([, returns, name]) => `${name} ${returns === undefined ? 'entry' : 'return'}`);
  expect(found.sort()).toEqual([...probed].sort());
});
