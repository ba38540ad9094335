import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLine, type Item, type TraceLine } from '../../src/trace/line.ts';
import { linesOf, seed } from './text.ts';

const columns = '          labctl-165     (    165) [001] .....          543: ';

/** The event in a line; a failure shows what the line was taken for. */
function event(text: string): TraceLine {
  const item = parseLine(text, 7);
  if (item.kind !== 'event') expect.fail(`${item.kind}: ${text}`);
  return item;
}

/** Where and when, as one short text. */
const place = (text: string) => {
  const { comm, pid, cpu, seq, unit, event: name } = event(text);
  return `${comm}|${pid}|${cpu}|${seq} ${unit}|${name}`;
};

/** The body, as one short text. */
const body = (text: string) => {
  const { symbol, offset, caller, returns, fields } = event(columns + text);
  return `${returns ? `${symbol} to ${caller}` : `${symbol}+${offset}`} ${JSON.stringify(fields)}`;
};

test.each([
  ['with the thread group', '          labctl-165     (    165) [001] .....          543: x: ', 'labctl|165|1|543 count|x'],
  ['thread group not known', '          labctl-165     (-------) [001] .....          543: x: ', 'labctl|165|1|543 count|x'],
  ['without thread group', '        swapper/0-1       [000] .....           1: x: ', 'swapper/0|1|0|1 count|x'],
  ['no flags', '            bash-160     [001]     23.854412: x: ', 'bash|160|1|23.854412 seconds|x'],
  ['four flags, as before 6.0', '            bash-160     [001] d..1    23.854412: x: ', 'bash|160|1|23.854412 seconds|x'],
  ['flags of an interrupt', '          labctl-165     [011] dNZff          543: x: ', 'labctl|165|11|543 count|x'],
  ['nanoseconds', '            bash-170     [001]    22.741277003: x: ', 'bash|170|1|22.741277003 seconds|x'],
  ['a large counter', '            bash-160     [001] ..... 103657271001: x: ', 'bash|160|1|103657271001 count|x'],
  ['latency format', '    bash-160       1..... 23854412us@: x: ', 'bash|160|1|23.854412 seconds|x'],
  ['latency format without a pause', '    bash-160       0...1. 29107568us : x: ', 'bash|160|0|29.107568 seconds|x'],
  ['latency format, counter', '  labctl-143       0.....   84: x: ', 'labctl|143|0|84 count|x'],
  ['latency format, a name of eight characters', 'kworker/-30       12..Zff  434: x: ', 'kworker/|30|12|434 count|x'],
  ['latency format, a name that looks like a comment', '# legend-30        1.....  434: x: ', '# legend|30|1|434 count|x'],
  ['console', '[    6.907812]   labctl-143       0.....  431: x: ', 'labctl|143|0|431 count|x'],
  ['console with the caller', '[    6.907812][  T143]   labctl-143       0.....  431: x: ', 'labctl|143|0|431 count|x'],
  ['console with the level', '<0>[    6.907812]   labctl-143       0.....  431: x: ', 'labctl|143|0|431 count|x'],
  ['console with the CPU', '[    6.907812][    C1]   labctl-143       0.....  431: x: ', 'labctl|143|0|431 count|x'],
  ['carriage return', '            bash-160     [001] .....          3: x: \r', 'bash|160|1|3 count|x'],
  ['white space changed', 'bash-160 [001] ..... 3: x:', 'bash|160|1|3 count|x'],
  ['the idle task', '          <idle>-0       [001] d..2.    36.740604: x: ', '<idle>|0|1|36.740604 seconds|x'],
  ['name forgotten', '           <...>-182     [001] .....    31.887786: x: ', '<...>|182|1|31.887786 seconds|x'],
  ['a name like columns', '  a b-7 [001] x:-182     [001] .....    31.887786: x: ', 'a b-7 [001] x:|182|1|31.887786 seconds|x'],
  ['a name like a whole line', '  a-7 [1] 5: b: -182     [001] .....    31.887786: x: ', 'a-7 [1] 5: b: |182|1|31.887786 seconds|x'],
  ['a name with white space changed', 'a b-7 [001] x:-182 [001] ..... 31.8: x: ', 'a b-7 [001] x:|182|1|31.8 seconds|x'],
  ['a name beyond ASCII, in bytes one column early', '          gestört-182     [001] .....    31.887786: x: ', 'gestört|182|1|31.887786 seconds|x'],
  ['trace-cmd', '            bash-185   [001] 42889432035: x:                    (ffffffff9ef52184)', 'bash|185|1|42889432035 count|x'],
] satisfies [string, string, string][])('columns: %s', (_, text, expected) => {
  expect(place(text)).toBe(expected);
});

test.each([
  ['probe: (really_probe+0x0/0x380) dev="0000:00:05.0" cur=(fault) dl=0', 'really_probe+0 {"dev":"0000:00:05.0","cur":null,"dl":0}'],
  ['cs_use: (iommu_device_use_default_domain+0x44/0xa0) g=4 ow=0x0', 'iommu_device_use_default_domain+68 {"g":4,"ow":"0x0"}'],
  ['vfio_pci_probe: (vfio_pci_probe+0x0/0x70 [vfio_pci]) dev="0000:01:01.0"', 'vfio_pci_probe+0 {"dev":"0000:01:01.0"}'],
  ['vfio_pci_probe: (0xffffffffc0242046) dev="0000:01:01.0"', '+0 {"dev":"0000:01:01.0"}'],
  ['probe: (ffffffff9ef51300) dev="a"', '+0 {"dev":"a"}'],
  ['defer_work: (deferred_probe_work_func+0x0/0xf0)', 'deferred_probe_work_func+0 {}'],
  ['defer_trigger: (driver_deferred_probe_trigger.part.0+0x0/0x90)', 'driver_deferred_probe_trigger.part.0+0 {}'],
  ['probe: (really_probe+0x0/0x380 <ffffffff9d951300>) a=1', 'really_probe+0 {"a":1}'],
  ['x_ret: (really_probe+0x7f/0x380 <- pci_dma_configure) ret=-16', 'pci_dma_configure to really_probe {"ret":-16}'],
  ['x_ret: (bind_store+0xb2/0x110 [vfio] <- device_driver_attach) ret=0', 'device_driver_attach to bind_store {"ret":0}'],
  ["x_ret: ([unknown/kretprobe'd] <- iommu_device_use_default_domain) ret=0", 'iommu_device_use_default_domain to  {"ret":0}'],
  ['x_ret: (0xffffffffc0242046 <- driver_register) ret=0', 'driver_register to  {"ret":0}'],
  ['x_ret: (ffffffff9ef35c74 <- ffffffff9ef5137b) ret=0', ' to  {"ret":0}'],
  ['dma_clean_ret: (device_release_driver_internal+0x1cf/0x230 <- pci_dma_cleanup)', 'pci_dma_cleanup to device_release_driver_internal {}'],
  ['ioctl: (vfio_group_fops_unl_ioctl+0x0/0x5e0 [vfio]) cmd=0x3b68', 'vfio_group_fops_unl_ioctl+0 {"cmd":15208}'],
  ['attach: (iommu_attach_group+0x0/0x40) type=0x1 g=1', 'iommu_attach_group+0 {"type":1,"g":1}'],
  ['x: (f+0x0/0x1) a="" b="two words" c="x=1" d="say "hi"" e=1', 'f+0 {"a":"","b":"two words","c":"x=1","d":"say \\"hi\\"","e":1}'],
  ['x: (f+0x0/0x1) a={1,2} b={"p q","r"} c=18446744073709551615 d=-', 'f+0 {"a":"{1,2}","b":"{\\"p q\\",\\"r\\"}","c":"18446744073709551615","d":"-"}'],
  ['x: (f+0x0/0x1) __proto__=(fault) a=1', 'f+0 {"a":1}'],
  ['add_device_to_group: IOMMU: groupID=6 device=0000:01:00.0', '+0 {"groupID":6,"device":"0000:01:00.0"}'],
  ['probe: __probe_ip=0xffffffff9d951300 (-1651174656) dev=0000:01:00.0', '+0 {"__probe_ip":"0xffffffff9d951300","dev":"0000:01:00.0"}'],
  ['x_ret: __probe_func=0xffffffff9d951300 (-1) __probe_ret_ip=0xffffffff9d951724 (-2) ret=0xfffffff0 (-16)',
    ' to  {"__probe_func":"0xffffffff9d951300","__probe_ret_ip":"0xffffffff9d951724","ret":-16}'],
  ['probe:                (f+0x0/0x1) a=1', 'f+0 {"a":1}'],
] satisfies [string, string][])('body: %s', (text, expected) => {
  expect(body(text)).toBe(expected);
});

test.each([
  ["USER B 124.1 write /sys/bus/pci/drivers_probe '0000:00:05.0'", ['begin', '124.1', "write /sys/bus/pci/drivers_probe '0000:00:05.0'", null]],
  ["USER E 124.1 write /sys/bus/pci/drivers_probe '0000:00:05.0' ret=-22 EINVAL", ['end', '124.1', "write /sys/bus/pci/drivers_probe '0000:00:05.0'", -22]],
  ["USER E 9.12 write /sys/bus/pci/devices/0000:00:05.0/driver_override '' ret=0", ['end', '9.12', "write /sys/bus/pci/devices/0000:00:05.0/driver_override ''", 0]],
  ["USER B 9.1 write /sys/bus/pci/drivers/uio_pci_generic/new_id '1234 11e8'", ['begin', '9.1', "write /sys/bus/pci/drivers/uio_pci_generic/new_id '1234 11e8'", null]],
  ["USER E 9.1 write /sys/x 'a ret=5' ret=-16 EBUSY", ['end', '9.1', "write /sys/x 'a ret=5'", -16]],
  ['USER E 141.2 gopen:g:1 ret=0', ['end', '141.2', 'gopen:g:1', 0]],
  ['USER E 141.2 gopen:g:1', ['end', '141.2', 'gopen:g:1', null]],
  ['USER B modprobe vfio-pci', ['begin', '', 'modprobe vfio-pci', null]],
  ['USER B rmmod vfio_pci', ['begin', '', 'rmmod vfio_pci', null]],
  ['NOTE deferred list: 0000:00:05.0\t ', ['note', '', 'deferred list: 0000:00:05.0\t ', null]],
  ['NOTE', ['note', '', '', null]],
] satisfies [string, [string, string, string, number | null]][])('mark: %s', (text, expected) => {
  const { mark, fields } = event(`${columns}tracing_mark_write: ${text}`);
  expect([mark?.kind, mark?.id, mark?.op, mark?.ret]).toEqual(expected);
  expect(fields).toEqual({});
});

test.each(['USER', 'USER X 1.1 y', 'USERS B 1.1 y', 'NOTES of somebody', 'hello a=1', ''])('not our mark: %j', (text) => {
  expect(event(`${columns}tracing_mark_write: ${text}`).mark).toBeNull();
});

test.each([
  ['', { kind: 'blank' }],
  ['   \r', { kind: 'blank' }],
  ['#', { kind: 'header', tracer: '', release: '' }],
  ['# tracer: function_graph', { kind: 'header', tracer: 'function_graph' }],
  ['# nop latency trace v1.1.5 on 6.12.117+deb12-amd64', { kind: 'header', release: '6.12.117+deb12-amd64' }],
  ['cpus=2', { kind: 'header' }],
  ['# entries-in-buffer/entries-written: 2/122   #P:2', { kind: 'entries', held: 2, written: 122, cpus: 2 }],
  ['# latency: 0 us, #15/16, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:2)', { kind: 'entries', held: 15, written: 16, cpus: 2 }],
  ['##### CPU 1 buffer started ####', { kind: 'started', cpu: 1 }],
  ['# cut by lab.sh: 100 of 2500 lines', { kind: 'cut', missing: 'end', kept: 100, of: 2500 }],
  ['# cut by lab.sh: the last 100 of 2500 lines', { kind: 'cut', missing: 'beginning', kept: 100, of: 2500 }],
  ['CPU:0 [LOST 120 EVENTS]', { kind: 'lost', cpu: 0, count: 120 }],
  ['CPU:13 [LOST EVENTS]', { kind: 'lost', cpu: 13, count: null }],
  ['CPU:1 [EVENTS DROPPED]', { kind: 'lost', cpu: 1, count: null }],
  ['[    6.907355] CPU:0 [LOST 12 EVENTS]', { kind: 'lost', cpu: 0, count: 12 }],
  ['** 3 printk messages dropped **', { kind: 'lost', cpu: -1, count: null }],
  ['[    6.906244] Dumping ftrace buffer:', { kind: 'console', message: 'Dumping ftrace buffer:', alarm: null }],
  ['[    6.906701] ---------------------------------', { kind: 'console', alarm: null }],
  ['[    6.903412] kernel BUG at lib/list_debug.c:59!', { kind: 'console', alarm: 'crash' }],
  ['[    6.903412][  T143] Oops: 0000 [#1] PREEMPT SMP', { kind: 'console', alarm: 'crash' }],
  ['[    6.903412] BUG: KASAN: slab-use-after-free in device_block_translation', { kind: 'console', alarm: 'crash' }],
  ['[    6.903412] general protection fault, probably for non-canonical address 0xdead000000000100', { kind: 'console', alarm: 'crash' }],
  ['[    6.903412] list_del corruption. prev->next should be ffff888006f6a018', { kind: 'console', alarm: 'crash' }],
  ['Kernel panic - not syncing: Fatal exception', { kind: 'console', alarm: 'crash' }],
  ['[    6.871590] WARNING: CPU: 1 PID: 140 at drivers/iommu/iommu.c:3255', { kind: 'console', alarm: 'warning' }],
  ['            bash-160     [001] .....    24.009851: mutex_lock <-really_probe', { kind: 'foreign' }],
  ['            bash-160     [001] .....    24.009851: <stack trace>', { kind: 'foreign' }],
  [' => really_probe', { kind: 'foreign' }],
  ['  180.995303 |   1)    bash-160    |               |  really_probe() {', { kind: 'unparsed' }],
  ['            bash-160     [001] .....    24.0', { kind: 'unparsed' }],
  ['            bash-160     [001] .....    24.009851: unbind: (device_unbind_cleanup+0x0', { kind: 'unparsed' }],
  ['            bash-160     [001] .....    24.009851: unbind: (f+0x0/0x70) dev="0000:01', { kind: 'unparsed' }],
  ['garbage', { kind: 'unparsed' }],
] satisfies [string, Partial<Record<string, unknown>>][])('no event: %j', (text, expected) => {
  expect(parseLine(text, 7)).toMatchObject({ line: 7, text, ...expected });
});

test('the line keeps its text and number', () => {
  const text = '[    6.907812]   labctl-143       0.....  431: x: a=1\r';
  expect(event(text)).toMatchObject({ line: 7, text });
});

describe('recorded variations', () => {
  test.each([
    ['clock-counter.trace.txt', 4],
    ['clock-tsc.trace.txt', 4],
    ['fields.trace.txt', 15],
    ['fprobe.trace.txt', 15],
    ['latency-format.trace.txt', 15],
    ['noirq.trace.txt', 15],
    ['odd-comm.trace.txt', 5],
    ['overrun.trace.txt', 2],
    ['recorded.trace.txt', 28],
    ['tgid.trace.txt', 12],
    ['trace-cmd-boot.txt', 15],
    ['trace-cmd-latency.txt', 15],
    ['trace-cmd-mono.txt', 2],
    ['trace-cmd-raw.txt', 15],
    ['unknown-comm.trace.txt', 15],
    ['lost.trace_pipe.txt', 10],
    ['6.1.0-56-amd64/user-first/trace.txt', 160],
  ])('%s has %i events and nothing unknown', (file, expected) => {
    const items = linesOf(file).map((text) => parseLine(text));
    expect(items.filter(({ kind }) => kind === 'unparsed')).toEqual([]);
    expect(items.filter(({ kind }) => kind === 'event')).toHaveLength(expected);
  });

  test('options change the columns, not the events', () => {
    const events = (file: string) => linesOf(file).map((text) => parseLine(text)).filter((item) => item.kind === 'event')
      .map(({ pid, cpu, seq, event: name, symbol, caller, fields }) => ({ pid, cpu, seq, name, symbol, caller, fields }));
    expect(events('latency-format.trace.txt')).toEqual(events('fprobe.trace.txt'));
    expect(events('noirq.trace.txt')).toEqual(events('fprobe.trace.txt'));
  });
});

/** The kernel's format strings, for the round trip. */
const printed = {
  trace: (e: Printed) => `${e.comm.padStart(16)}-${`${e.pid}`.padEnd(7)} [${`${e.cpu}`.padStart(3, '0')}] ..... ${`${e.count}`.padStart(12)}: ${e.rest}`,
  tgid: (e: Printed) => `${e.comm.padStart(16)}-${`${e.pid}`.padEnd(7)} (${`${e.pid}`.padStart(7)}) [${`${e.cpu}`.padStart(3, '0')}] d.h1. ${`${e.count}`.padStart(12)}: ${e.rest}`,
  console: (e: Printed) => `[    6.907812] ${e.comm.slice(0, 8).padStart(8)}-${`${e.pid}`.padEnd(7)} ${`${e.cpu}`.padStart(3)}..... ${`${e.count}`.padStart(4)}: ${e.rest}`,
};
type Printed = { comm: string; pid: number; cpu: number; count: number; rest: string };

describe(`random lines, SEED=${seed}`, () => {
  const word = fc.stringMatching(/^[a-z_][a-z0-9_]{0,12}$/);
  const symbol = fc.stringMatching(/^[g-z_][a-z0-9_]{0,30}(\.part\.0)?$/);
  const pointer = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map((value) => `0x${value.toString(16)}`);
  const quoted = fc.string({ unit: 'grapheme-ascii', maxLength: 30 }).filter((text) => !text.includes('"'));
  const value = fc.oneof(
    quoted.map((text) => [text, `"${text}"`] as const),
    fc.integer().map((number) => [number, `${number}`] as const),
    pointer.map((text) => [text, text] as const),
    fc.constant([null, '(fault)'] as const),
  );
  const fields = fc.uniqueArray(fc.tuple(word.filter((name) => name !== 'cmd' && name !== 'type' && name !== '__proto__'), value), { selector: ([name]) => name, maxLength: 8 });
  const comm = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 15 });
  const line = fc.record({
    comm, pid: fc.nat(4_194_304), cpu: fc.nat(511), count: fc.nat(), event: word, symbol, offset: fc.nat(0xfff), caller: symbol, returns: fc.boolean(), fields,
  });

  test.each(Object.entries(printed))('%s: what was printed is read back', (_, print) => {
    fc.assert(
      fc.property(line, (expected) => {
        const at = (name: string, offset: number) => `${name}+0x${offset.toString(16)}/0xfff`;
        const site = expected.returns ? `${at(expected.caller, expected.offset)} <- ${expected.symbol}` : at(expected.symbol, expected.offset);
        const rest = `${expected.event}: (${site})${expected.fields.map(([name, [, text]]) => ` ${name}=${text}`).join('')}`;
        const found = event(print({ ...expected, rest }));
        const name = print === printed.console ? expected.comm.slice(0, 8) : expected.comm;
        expect(found).toMatchObject({
          comm: name.replace(/^ +/, ''), pid: expected.pid, cpu: expected.cpu, seq: expected.count, event: expected.event, symbol: expected.symbol,
          offset: expected.returns ? 0 : expected.offset, caller: expected.returns ? expected.caller : '', returns: expected.returns,
        });
        expect(found.fields).toEqual(Object.fromEntries(expected.fields.map(([key, [typed]]) => [key, typed])));
      }),
      { seed, numRuns: 1000 },
    );
  });

  test('no text makes it throw, and each is something', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...linesOf('odd-comm.trace.txt'), ...linesOf('crash-console.txt'), '(', '<-', '-1 ', '[001] ', '"', '='));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.nat(200), (parts, from) => {
        const text = parts.join('').slice(from);
        const item: Item = parseLine(text, 1);
        expect(item.text).toBe(text);
      }),
      { seed, numRuns: 2000 },
    );
  });
});
