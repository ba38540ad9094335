/** driver_binding, as the matrix of driver-core.md section 4: what each failing step undoes, and with which sign it returns. */
import { describe, expect, test } from 'vitest';
import { driver_binding } from '../../machines/driver_binding.ts';
import { Single } from './single.ts';

const [ENXIO, EAGAIN, ENOMEM, EBUSY, ENODEV, EPROBE_DEFER] = [6, 11, 12, 16, 19, 517];
type Answers = Readonly<Record<string, readonly (number | object)[]>>;
const binding = (bus = 'pci', driver: string | null = null) => new Single({
  address: 'binding:d', chart: driver_binding, input: { address: 'binding:d', device: 'd', bus, driver }, ...(driver === null ? {} : { value: 'bound' }),
});
const free = { dead: false, ready_to_probe: true, driver: null };
const probe = (answers: Answers = {}, bus = 'pci', type = '__driver_probe_device') =>
  binding(bus).play({ type, driver: 'drv' }, { 'dev->p': [free], ...answers });
const gate = (more: object, type = '__driver_probe_device') => binding().play({ type, driver: 'drv' }, { 'dev->p': [{ ...free, ...more }] });

/** What the matrix asks of a run. */
const undone = (lines: readonly string[]) => [
  lines.includes('pci_device_remove') ? 'remove' : '-',
  lines.includes('driver_sysfs_remove') ? 'sysfs' : '-',
  lines.includes('BUS_NOTIFY_DRIVER_NOT_BOUND') ? 'not_bound' : '-',
  lines.includes('dma_cleanup') ? 'cleanup' : '-',
  lines.includes('device_links_no_driver') && lines.includes('device_unbind_cleanup') && lines.includes('dev->driver = NULL') ? 'unbind' : '-',
  lines.at(-1),
].join(' ');

describe('what each failing step undoes', () => {
  test.each<[string, Answers, string]>([
    ['0 defer_all_probes', { defer_all_probes: [1] }, '- - - - - ret=-EPROBE_DEFER'],
    ['1 suppliers', { device_links_check_suppliers: [-EPROBE_DEFER] }, '- - - - - ret=-EPROBE_DEFER'],
    ['2 devres', { devres_head: [-EBUSY] }, '- - - - - ret=-EBUSY'],
    ['4 pinctrl', { pinctrl_bind_pins: [-ENOMEM] }, '- - - - unbind ret=-ENOMEM'],
    ['5 dma_configure', { dma_configure: [-EBUSY] }, '- - - - unbind ret=-EBUSY'],
    ['5 dma_configure, deferred', { dma_configure: [-EPROBE_DEFER] }, '- - - - unbind ret=-EPROBE_DEFER'],
    ['6 driver_sysfs_add', { sysfs_create_link: [-ENOMEM] }, '- - not_bound cleanup unbind ret=-ENOMEM'],
    ['7 activate', { activate: [-ENOMEM] }, '- sysfs not_bound cleanup unbind ret=-ENOMEM'],
    ['8 probe', { probe: [-ENXIO] }, '- sysfs not_bound cleanup unbind ret=ENXIO'],
    ['8 probe, deferred', { probe: [-EPROBE_DEFER] }, '- sysfs not_bound cleanup unbind ret=EPROBE_DEFER'],
    ['8 probe, after suppliers said -EAGAIN', { device_links_check_suppliers: [-EAGAIN], probe: [-ENXIO] }, '- sysfs not_bound cleanup unbind ret=EPROBE_DEFER'],
    ['9 dev_groups', { device_add_groups: [-ENOMEM] }, 'remove sysfs not_bound cleanup unbind ret=-ENOMEM'],
    ['10 state_synced', { state_synced: [-ENOMEM] }, 'remove sysfs not_bound cleanup unbind ret=-ENOMEM'],
    ['nothing', {}, '- - - - - ret=0'],
    ['a suppliers\' -EAGAIN alone', { device_links_check_suppliers: [-EAGAIN] }, '- - - - - ret=0'],
    ['a positive probe on PCI', { probe: [ENXIO] }, '- - - - - ret=0'],
  ])('%s', (_step, answers, then) => {
    expect(undone(probe(answers))).toBe(then);
  });

  test('a bus without callbacks has no dma_configure and no dma_cleanup', () => {
    const lines = probe({ probe: [-ENXIO] }, 'usb');
    expect(lines.filter((line) => /^dma_/.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe('ret=ENXIO');
  });

  test('off PCI a positive probe result is a failure, with a negative sign', () => {
    expect(probe({ probe: [ENXIO] }, 'platform').at(-1)).toBe('ret=-ENXIO');
  });
});

test('the order of a failing probe', () => {
  expect(probe({ device_add_groups: [-ENOMEM] })).toEqual([
    '__driver_probe_device', 'dev->p', 'really_probe', 'defer_all_probes', 'device_links_check_suppliers', 'devres_head', 'dev->driver = drv',
    'pinctrl_bind_pins', 'dma_configure', 'driver_sysfs_add', 'BUS_NOTIFY_BIND_DRIVER', 'sysfs_create_link', 'activate', 'pci_device_probe', 'probe',
    'pci_device_probe.ret 0', 'device_add_groups', 'pci_device_remove', 'remove', 'pci_device_remove.ret 0', 'driver_sysfs_remove',
    'BUS_NOTIFY_DRIVER_NOT_BOUND', 'dma_cleanup', 'device_links_no_driver', 'device_unbind_cleanup', 'dev->driver = NULL',
    'really_probe.ret -ENOMEM', '__driver_probe_device.ret -ENOMEM', 'ret=-ENOMEM',
  ]);
});

test('the order of a bind, and of its mirror', () => {
  const device = binding();
  expect(device.play({ type: '__driver_probe_device', driver: 'drv' }, { 'dev->p': [free] }).slice(16)).toEqual([
    'device_add_groups', 'state_synced', 'test_remove', 'driver_bound', 'klist_add_tail', 'device_links_driver_bound', 'driver_deferred_probe_del',
    'driver_deferred_probe_trigger', 'BUS_NOTIFY_BOUND_DRIVER', 'KOBJ_BIND', 'really_probe.ret 0', '__driver_probe_device.ret 0', 'ret=0',
  ]);
  expect(device.local.value).toBe('bound');
  expect(device.play({ type: '__device_release_driver', driver: null })).toEqual([
    'driver_sysfs_remove', 'BUS_NOTIFY_UNBIND_DRIVER', 'pci_device_remove', 'remove', 'pci_device_remove.ret 0', 'dma_cleanup', 'device_unbind_cleanup',
    'dev->driver = NULL', 'device_links_driver_cleanup', 'klist_remove', 'BUS_NOTIFY_UNBOUND_DRIVER', 'KOBJ_UNBIND', 'ret=0',
  ]);
  expect(device.local.value).toBe('unbound');
});

test('test_remove goes through dma_cleanup and probes once more: two BIND, one BOUND', () => {
  const lines = probe({ test_remove: [1, 1] });
  expect(lines.filter((line) => /^(dma_|BUS_|probe$|remove$|test_remove|dev->driver)/.test(line))).toEqual([
    'dev->driver = drv', 'dma_configure', 'BUS_NOTIFY_BIND_DRIVER', 'probe', 'test_remove', 'remove', 'dma_cleanup', 'dev->driver = NULL',
    'dev->driver = drv', 'dma_configure', 'BUS_NOTIFY_BIND_DRIVER', 'probe', 'test_remove', 'BUS_NOTIFY_BOUND_DRIVER',
  ]);
  expect(undone(probe({ test_remove: [1], probe: [0, -ENXIO] }))).toBe('remove sysfs not_bound cleanup unbind ret=ENXIO');
});

describe('in front of really_probe()', () => {
  test.each([
    ['dead', { dead: true }, 'ret=-ENODEV'],
    ['bound, or another probe in between', { driver: 'other' }, 'ret=-EBUSY'],
    ['not ready', { ready_to_probe: false }, 'ret=-EPROBE_DEFER'],
    ['dead and bound', { dead: true, driver: 'other' }, 'ret=-ENODEV'],
  ])('%s', (_what, more, then) => {
    const lines = gate(more);
    expect([lines.includes('really_probe'), lines.at(-1)]).toEqual([false, then]);
  });
});

describe('driver_probe_device() queues what is deferred', () => {
  const deferred = (answers: Answers) => probe(answers, 'pci', 'driver_probe_device').filter((line) => /driver_deferred_probe_(add|trigger)|^ret=/.test(line));
  test.each<[string, Answers, string[]]>([
    ['before the probe', { pinctrl_bind_pins: [-EPROBE_DEFER] }, ['driver_deferred_probe_add', 'ret=-EPROBE_DEFER']],
    ['in the probe', { probe: [-EPROBE_DEFER] }, ['driver_deferred_probe_add', 'ret=EPROBE_DEFER']],
    ['a trigger came meanwhile', { probe: [-EPROBE_DEFER], deferred_trigger_count: [0, 1] }, ['driver_deferred_probe_add', 'driver_deferred_probe_trigger', 'ret=EPROBE_DEFER']],
    ['a trigger came, but probing is blocked', { probe: [-EPROBE_DEFER], deferred_trigger_count: [0, 1], defer_all_probes: [0, 1] }, ['driver_deferred_probe_add', 'ret=EPROBE_DEFER']],
    ['another error', { probe: [-ENODEV] }, ['ret=ENODEV']],
    ['a refusal of ownership', { dma_configure: [-EBUSY] }, ['ret=-EBUSY']],
    ['success', {}, ['driver_deferred_probe_trigger', 'ret=0']],
  ])('%s', (_what, answers, then) => {
    expect(deferred(answers)).toEqual(then);
  });

  test('a device that is not ready is not queued, and a sysfs bind queues nothing', () => {
    expect(gate({ ready_to_probe: false }, 'driver_probe_device').filter((line) => line === 'driver_deferred_probe_add')).toEqual([]);
    expect(probe({ probe: [-EPROBE_DEFER] }).filter((line) => line === 'driver_deferred_probe_add')).toEqual([]);
  });
});

describe('by hand, and the rest', () => {
  test('device_bind_driver() asks nobody for DMA', () => {
    const device = binding();
    expect(device.play({ type: 'device_bind_driver', driver: 'drv' })).toEqual([
      'driver_sysfs_add', 'BUS_NOTIFY_BIND_DRIVER', 'sysfs_create_link', 'device_links_force_bind', 'driver_bound', 'klist_add_tail', 'device_links_driver_bound',
      'driver_deferred_probe_del', 'driver_deferred_probe_trigger', 'BUS_NOTIFY_BOUND_DRIVER', 'KOBJ_BIND', 'ret=0',
    ]);
    // and its release cleans up what was never configured
    expect(device.play({ type: '__device_release_driver', driver: null })).toContain('dma_cleanup');
  });

  test('device_bind_driver() that fails says NOT_BOUND and leaves dev->driver to its caller', () => {
    expect(binding().play({ type: 'device_bind_driver', driver: 'drv' }, { sysfs_create_link: [-ENOMEM] })).toEqual([
      'driver_sysfs_add', 'BUS_NOTIFY_BIND_DRIVER', 'sysfs_create_link', 'BUS_NOTIFY_DRIVER_NOT_BOUND', 'ret=-ENOMEM']);
  });

  test.each([
    ['unbound', null, { driver: null }, ['ret=0'], 'unbound'],
    ['bound to another than asked', 'drv', { driver: 'other' }, ['ret=0'], 'bound'],
  ])('__device_release_driver() of a device that is %s does nothing', (_what, driver, call, lines, value) => {
    const device = binding('pci', driver);
    expect([device.play({ type: '__device_release_driver', ...call }), device.local.value]).toEqual([lines, value]);
  });

  test('a bound device that is probed again stays bound', () => {
    const device = binding('pci', 'drv');
    expect(device.play({ type: '__driver_probe_device', driver: 'other' }, { 'dev->p': [{ ...free, driver: 'drv' }] }).at(-1)).toBe('ret=-EBUSY');
    expect([device.local.value, device.context['drv']]).toEqual(['bound', 'drv']);
  });

  test.each(['driver_probe_device', '__driver_probe_device', 'device_bind_driver', '__device_release_driver'])('%s without device_lock is told apart', (type) => {
    const device = binding();
    device.take({ type: '__driver_probe_device', driver: 'drv' });
    expect(device.ask({ type, driver: 'drv' }, 'thread:other')).toBe('WARN_ON ret=-EBUSY');
  });

});
