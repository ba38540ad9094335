import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/trace/line.ts';
import { describeRecording, guessKernel, parseProbes } from '../../src/trace/recording.ts';
import { linesOf, textOf } from './text.ts';

test.each([
  ['p:lab/dprobe __driver_probe_device dev=+0(+0($arg2)):string drv=+0(+0($arg1)):string', ['dprobe', '__driver_probe_device', 0, false, 'dev drv']],
  ['r10:lab/probe_ret really_probe ret=$retval:s32', ['probe_ret', 'really_probe', 0, true, 'ret']],
  ['r:lab/dev_del_ret device_del ', ['dev_del_ret', 'device_del', 0, true, '']],
  ['p:lab/uevent driver_bound+148 dev=+0(+0(%di)):string action=%si:u32', ['uevent', 'driver_bound', 148, false, 'dev action']],
  ['p:lab/uevent device_add+0x14f dev=+0(+0(%di)):string', ['uevent', 'device_add', 335, false, 'dev']],
  ['p:lab/vfio_fops_unl_ioctl vfio:vfio_fops_unl_ioctl cmd=%si:x32', ['vfio_fops_unl_ioctl', 'vfio_fops_unl_ioctl', 0, false, 'cmd']],
  ['p:lab/defer_add driver_deferred_probe_add.part.0 dev=+0(+0($arg1)):string', ['defer_add', 'driver_deferred_probe_add.part.0', 0, false, 'dev']],
  ['f:drvlc/claim_ret iommu_group_claim_dma_owner%return group=group->id:s32 ret=$retval:s32', ['claim_ret', 'iommu_group_claim_dma_owner', 0, true, 'group ret']],
  ['p:probe really_probe', ['probe', 'really_probe', 0, false, '']],
] satisfies [string, [string, string, number, boolean, string]][])('the probe %s', (line, [event, symbol, offset, returns, fields]) => {
  expect(parseProbes(`noise\n${line}\n`)).toEqual(new Map([[event, [{ event, symbol, offset, returns, fields: fields.split(' ').filter(Boolean) }]]]));
});

test('probes that share a name stay together', () => {
  const probes = parseProbes(textOf('6.1.0-56-amd64/user-first/kprobe_events.txt'));
  expect(probes.get('uevent')?.map(({ symbol, offset }) => `${symbol}+${offset}`)).toEqual([
    'driver_bound+148', 'device_release_driver_internal+544', 'device_add+335', 'device_add+1003', 'device_del+707',
  ]);
  expect(probes.size).toBe(28);
});

describe('the kernel', () => {
  const log = '[3.51] # kernel 6.1.0-56-amd64, scenario race-sibling 2 \n';
  const meta = 'kernel=6.12.117+deb12-amd64 machine=x86_64\n';
  const dmesg = '[    0.000000] Linux version 6.1.192 (root@vm)\n';

  test.each([
    ['x/trace.txt', {}, undefined, undefined],
    ['x/6.1.0-56-amd64/user-first/trace.txt', {}, '6.1.0-56-amd64', 'path'],
    ['x/6.12.117+deb12-amd64/user-first/trace.txt', {}, '6.12.117+deb12-amd64', 'path'],
    ['x/v6.12.5/6.1.0-rc3/trace.txt', {}, '6.1.0-rc3', 'path'],
    ['x\\linux-6.6\\trace.txt', {}, '6.6', 'path'],
    ['x/0.1.0/6.1.txt', {}, undefined, undefined],
    ['6.1.0-56-amd64/trace.txt', { 'dmesg.txt': dmesg }, '6.1.192', 'dmesg.txt'],
    ['6.1.0-56-amd64/trace.txt', { 'dmesg.txt': dmesg, 'meta.txt': meta }, '6.12.117+deb12-amd64', 'meta.txt'],
    ['trace.txt', { 'dmesg.txt': dmesg, 'meta.txt': meta, 'log.txt': log }, '6.1.0-56-amd64', 'log.txt'],
    ['trace.txt', { 'log.txt': 'nothing of use', 'dmesg.txt': '' }, undefined, undefined],
  ])('of %s with %j is %s', (path, texts, kernel, kernelFrom) => {
    const recording = describeRecording(path, texts);
    expect([recording.kernel, recording.kernelFrom]).toEqual([kernel, kernelFrom]);
  });

  test('and the scenario with its argument', () => {
    expect(describeRecording('', { 'log.txt': log }).scenario).toBe('race-sibling 2');
  });
});

test.each([
  [{}, undefined, undefined],
  [{ 'stats.txt': 'entries: 5\noverrun: 0\ncommit overrun: 0\ndropped events: 0\noverrun: 0\ndropped events: 0\n' }, { overrun: 0, dropped: 0 }, undefined],
  [{ 'stats.txt': 'overrun: 7\ncommit overrun: 1\ndropped events: 3\noverrun: 2\ndropped events: 4\n' }, { overrun: 10, dropped: 7 }, undefined],
  [{ 'kprobe_profile.txt': '  probe        6               0\n  probe_ret    4               2\n' }, undefined, 2],
  [{ 'meta.txt': 'cpu=0 entries: 60 overrun: 5 dropped events: 1 \n-- definitions\n-- hits and misses (all)\n  probe   6   3\n' }, { overrun: 5, dropped: 1 }, 3],
])('losses in %j', (texts, lost, missed) => {
  const recording = describeRecording('', texts);
  expect([recording.lost, recording.missed]).toEqual([lost, missed]);
});

describe('a guess from the trace alone', () => {
  const at = (body: string) => `          labctl-132     [001] .....          109: ${body}`;
  const guess = (...lines: string[]) => guessKernel(lines.map((text, index) => parseLine(text, index + 1)));

  test.each([
    [[at('probe: (really_probe+0x0/0x380) dl=0')], undefined],
    [[at('notify: (blocking_notifier_call_chain+0x0/0x80) action=4')], { before: '6.3', line: 1, why: 'blocking_notifier_call_chain() is there' }],
    [[at('chain: (blocking_notifier_call_chain+0x0/0x80) action=4')], undefined],
    [[at('notify: (bus_notify+0x4/0x50) val=5')], { atLeast: '6.3', line: 1, why: 'bus_notify() is there' }],
    [[at('setdom_ret: (iommu_attach_group+0x2b/0x40 <- __iommu_group_set_domain) ret=0')], { before: '6.5', line: 1, why: '__iommu_group_set_domain() is there' }],
    [[at('iommu_deinit: (iommu_deinit_device+0x0/0x70) g=1'), at('setdom: (__iommu_group_set_domain_internal+0x0/0x80) g=4'), at('notify: (bus_notify+0x4/0x50) val=5')],
      { atLeast: '6.6', line: 1, why: 'iommu_deinit_device() is there' }],
    [[at('notify: (bus_notify+0x4/0x50) val=5'), at('setdom: (__iommu_group_set_domain+0x0/0x150) g=1')],
      { atLeast: '6.3', before: '6.5', line: 2, why: '__iommu_group_set_domain() is there' }],
    [[at('notify: (bus_notify+0x4/0x50) val=5'), at('tracing_mark_write: NOTE kernel 6.12.117+deb12-amd64, scenario early-boot ')],
      { release: '6.12.117+deb12-amd64', line: 2, why: 'a note in the trace names it' }],
    [['[    6.904711] CPU: 0 PID: 143 Comm: labctl Tainted: G        W          6.1.0-56-amd64 #1  Debian 6.1.192-2'],
      { release: '6.1.0-56-amd64', line: 1, why: 'the kernel log names it' }],
  ])('%j', (lines, expected) => {
    expect(guess(...lines)).toEqual(expected);
  });

  test.each([
    ['6.1.0-56-amd64/user-first/trace.txt', { before: '6.3' }],
    ['fprobe.trace.txt', undefined],
    ['recorded.trace.txt', { atLeast: '6.3' }],
    ['tgid.trace.txt', { atLeast: '6.3' }],
    ['latency-format.trace.txt', { release: '6.12.117+deb12-amd64' }],
    ['crash-console.txt', { release: '6.1.0-56-amd64' }],
  ])('%s', (file, expected) => {
    const found = guess(...linesOf(file));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });
});
