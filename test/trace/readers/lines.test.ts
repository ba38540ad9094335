/** Lines of other programs, one by one: what each is, which kind a text is, and what a text of several kinds says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Addresses } from '../../../src/trace/addresses.ts';
import type { Item, TraceLine } from '../../../src/trace/line.ts';
import { readTrace } from '../../../src/trace/read.ts';
import { probed } from '../../../src/trace/readers/bpftrace.ts';
import { Messages } from '../../../src/trace/readers/message.ts';
import { Names } from '../../../src/trace/readers/names.ts';
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
  ['monitor will print the received events for:', 'udevadm'],
  ['UDEV  [15.1] bind     /devices/pci0000:00/0000:00:05.0 (pci)', 'udevadm'],
  ['{"_BOOT_ID":"2a44","MESSAGE":"hello"}', 'journal'],
  ['7,590,52305042,-;hello', 'dmesg'],
  ['[Mon Nov 23 07:37:14 2026] hello', 'dmesg'],
  ['2026-11-23T07:37:14,904686+00:00 hello', 'dmesg'],
  ['kern  :info  : [    1.000000] hello', 'dmesg'],
  ['Nov 23 07:37:14 host kernel: hello', 'dmesg'],
  ['2026-11-23T07:37:14.904686+0000 host kernel: hello', 'dmesg'],
  ['[    1.000000] host kernel: hello', 'dmesg'],
  ['[    1.000000] pci 0000:00:05.0: bus: \'pci\': really_probe: probing driver told with device', 'dmesg'],
  ['[    1.000000] told 0000:00:05.0: probe with driver told failed with error -5', undefined],
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

test.each([
  [`bus: 'pci': really_probe: probing driver i8042 kbd with device 0000:00:05.0`, { message: 'probing', dev: '0000:00:05.0', bus: 'pci', drv: 'i8042 kbd' }],
  [`[164] dd:really_probe:683: pci 0000:00:05.0: bus: 'pci': really_probe: probing driver told with device`, { message: 'probing', dev: '0000:00:05.0', bus: 'pci', drv: 'told' }],
  [`[164] bus: 'usb': __driver_probe_device: matched device 1-1:1.0 with driver hub`, { message: 'matched', dev: '1-1:1.0', bus: 'usb', drv: 'hub' }],
  [`told 0000:00:05.0: driver: 'told': driver_bound: bound to device`, { message: 'driver_bound', dev: '0000:00:05.0', bus: 'pci', drv: 'told' }],
  [`driver: 'told': driver_bound: bound to device '0000:00:05.0'`, { message: 'driver_bound', dev: '0000:00:05.0', bus: 'pci', drv: 'told' }],
  [`bus: 'pci': really_probe: bound device 0000:00:05.0 to driver told`, { message: 'bound', dev: '0000:00:05.0', bus: 'pci', drv: 'told' }],
  ['told 0000:00:05.0: probe with driver told rejects match -19', { message: 'probe', dev: '0000:00:05.0', bus: 'pci', drv: 'told', ret: -19, as: 'rejects match' }],
  ['[206] told: probe of 0000:00:05.0 failed with error -5', { message: 'probe', dev: '0000:00:05.0', bus: 'pci', drv: 'told', ret: -5, as: 'failed with error' }],
  ['told 0000:00:05.0: Driver told requests probe deferral', { message: 'probe', dev: '0000:00:05.0', bus: 'pci', drv: 'told', ret: -517, as: 'requests probe deferral' }],
  ['told 0000:00:05.0: Added to deferred list', { message: 'Added to deferred list', dev: '0000:00:05.0', bus: 'pci' }],
  ['probe of 0000:00:05.0 returned 0 after 3 usecs', undefined],
])('a message: %s', (text, fields) => {
  expect(new Messages(new Names()).read(text)?.fields).toEqual(fields);
});

test('a message without a bus is of the device that an earlier one named', () => {
  const messages = new Messages(new Names());
  const devices = [`bus: 'acpi': really_probe: probing driver button with device PNP0C0C:00`, `bus: 'platform': really_probe: probing driver acpi-button with device PNP0C0C:00`,
    'button: probe of PNP0C0C:00 failed with error -5', 'acpi-button: probe of PNP0C0C:00 failed with error -5'].map((text) => messages.read(text));
  expect(devices.map((message) => `${message?.fields['dev']} ${message?.pid}`)).toEqual(['PNP0C0C:00 -1', 'platform:PNP0C0C:00 -2', 'PNP0C0C:00 -1', 'platform:PNP0C0C:00 -2']);
});

test('uevents come in the order of their numbers; one that a program asked for is none of the kernel', () => {
  const uevent = (action: string, number: number, more = '') => `KERNEL[1.${number}] ${action}     /devices/pci0000:00/0000:00:05.0 (pci)\nACTION=${action}\nSEQNUM=${number}\n${more}\n`;
  const sorter = new Sorter();
  const lines = (uevent('bind', 3, 'DRIVER=told\n') + uevent('add', 2) + uevent('change', 4, 'SYNTH_UUID=0\n') + uevent('unbind', 7)).split('\n');
  const items = [...lines.flatMap((text, index) => sorter.take(text, index + 1)), ...sorter.end()];
  expect(items.flatMap((item) => (item.kind === 'event' ? [item.fields] : item.kind === 'lost' ? [{ lost: item.count }] : []))).toEqual([
    { dev: '0000:00:05.0', action: 0, bus: 'pci', seqnum: 2 }, { dev: '0000:00:05.0', action: 6, bus: 'pci', drv: 'told', seqnum: 3 }, { lost: 2 }, { dev: '0000:00:05.0', action: 7, bus: 'pci', seqnum: 7 }]);
});

test.each([
  ['kmsg', ['7,1,1000,-;one', '7,2,1001,-;two', '7,9,1002,-;three'], [6]],
  ['a journal that missed some', ['{"_BOOT_ID":"a","_TRANSPORT":"driver","MESSAGE":"Missed 5 kernel messages"}'], [5]],
  ['a journal of two boots', ['{"_BOOT_ID":"a","_TRANSPORT":"kernel","MESSAGE":"x"}', '{"_BOOT_ID":"b","_TRANSPORT":"kernel","MESSAGE":[120]}'], [null]],
])('what is missing: %s', (_name, lines, counts) => {
  const sorter = new Sorter();
  expect(lines.flatMap((text, index) => sorter.take(text, index + 1)).flatMap((item) => (item.kind === 'lost' ? [item.count] : []))).toEqual(counts);
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
