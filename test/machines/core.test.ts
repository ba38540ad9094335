/** The small charts of the driver core, as tables: the bus callbacks, the scan for drivers, the notifier, the lists, the device. */
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { bus_dma } from '../../machines/bus_dma.ts';
import { bus_notifier } from '../../machines/bus_notifier.ts';
import { bus_type } from '../../machines/bus_type.ts';
import { cdx_dma } from '../../machines/cdx_dma.ts';
import { deferred_probe } from '../../machines/deferred_probe.ts';
import { device } from '../../machines/device.ts';
import { device_attach } from '../../machines/device_attach.ts';
import { device_driver } from '../../machines/device_driver.ts';
import { Single } from './single.ts';

const [ENXIO, ENOMEM, EBUSY, ENODEV, EPROBE_DEFER] = [6, 12, 16, 19, 517];
type Answers = Readonly<Record<string, readonly (number | object)[]>>;
type Call = { readonly type: string; readonly [argument: string]: unknown };
const single = (chart: AnyStateMachine, address: string, input: object = {}, value?: string) =>
  new Single({ address, chart, input: { address, ...input }, ...(value === undefined ? {} : { value }) });
/** What each call of a list answers. */
const asks = (one: Single, calls: readonly (readonly [Call, string?])[]) => calls.map(([call, from]) => one.ask(call, from));

describe('bus_dma: firmware, then use; a refused use tears down', () => {
  const configure = (answers: Answers) => single(bus_dma, 'bus_dma:d', { device: 'd', bus: 'pci' }).play({ type: 'dma_configure', driver: 'drv' }, answers);
  const cleanup = (answers: Answers) => single(bus_dma, 'bus_dma:d', { device: 'd', bus: 'pci' }).play({ type: 'dma_cleanup', driver: 'drv' }, answers);
  const [ask, begin, firmware, use] = ['driver_managed_dma', 'pci_dma_configure', 'firmware_dma_configure', 'iommu_device_use_default_domain'];
  test.each<[string, Answers, string[]]>([
    ['of the DMA API', {}, [ask, begin, firmware, use, 'pci_dma_configure.ret 0', 'ret=0']],
    ['managed', { driver_managed_dma: [1] }, [ask, begin, firmware, 'pci_dma_configure.ret 0', 'ret=0']],
    ['firmware defers', { firmware_dma_configure: [-EPROBE_DEFER] }, [ask, begin, firmware, 'pci_dma_configure.ret -EPROBE_DEFER', 'ret=-EPROBE_DEFER']],
    ['managed, and firmware defers', { driver_managed_dma: [1], firmware_dma_configure: [-EPROBE_DEFER] }, [ask, begin, firmware, 'pci_dma_configure.ret -EPROBE_DEFER', 'ret=-EPROBE_DEFER']],
    ['the group refuses', { [use]: [-EBUSY] }, [ask, begin, firmware, use, 'arch_teardown_dma_ops', 'pci_dma_configure.ret -EBUSY', 'ret=-EBUSY']],
  ])('configure: %s', (_what, answers, lines) => {
    expect(configure(answers)).toEqual(lines);
  });

  test('cleanup: unuse, unless managed', () => {
    expect([cleanup({}), cleanup({ driver_managed_dma: [1] })]).toEqual([
      [ask, 'pci_dma_cleanup', 'iommu_device_unuse_default_domain', 'pci_dma_cleanup.ret 0', 'ret=0'],
      [ask, 'pci_dma_cleanup', 'pci_dma_cleanup.ret 0', 'ret=0'],
    ]);
  });
});

describe('cdx_dma: whatever the group says is lost', () => {
  test.each<[string, Answers, string]>([
    ['nothing', {}, 'cdx_dma_configure.ret 0 ret=0'],
    ['the group refuses', { iommu_device_use_default_domain: [-EBUSY] }, 'cdx_dma_configure.ret 0 ret=0'],
    ['firmware defers', { firmware_dma_configure: [-EPROBE_DEFER] }, 'cdx_dma_configure.ret 0 ret=0'],
    ['managed', { driver_managed_dma: [1] }, 'cdx_dma_configure.ret 0 ret=0'],
  ])('%s', (_what, answers, end) => {
    expect(single(cdx_dma, 'bus_dma:d', { device: 'd' }).play({ type: 'dma_configure', driver: 'drv' }, answers).slice(-2).join(' ')).toBe(end);
  });
});

describe('device_attach: 0 goes on, positive goes on, 0 from a probe ends bound, negative stops the scan', () => {
  const scan = (names: readonly string[], answers: Answers, type = '__device_attach', allow_async = true) =>
    single(device_attach, 'attach:d', { device: 'd', bus: 'pci' }).play({ type, allow_async }, {
      'dev->p': [{ dead: false, driver: null }], klist_drivers_next: [...names.map((name) => ({ name })), { name: null }], driver_match_device: names.map(() => 1), ...answers,
    }).filter((line) => /^(driver_probe_device|driver_deferred_probe_add|__device_attach_async_helper|device_bind_driver|dev->driver|ret=)/.test(line)).join(' ');
  const tried = 'driver_probe_device';
  test.each<[string, string[], Answers, string]>([
    ['no driver', [], {}, 'ret=0'],
    ['none matches', ['a', 'b'], { driver_match_device: [0, 0] }, 'ret=0'],
    ['the first binds', ['a', 'b'], {}, `${tried} ret=1`],
    ["the first one's probe fails, the second binds", ['a', 'b'], { driver_probe_device: [ENXIO] }, `${tried} ${tried} ret=1`],
    ['every probe fails', ['a', 'b'], { driver_probe_device: [ENXIO, ENODEV] }, `${tried} ${tried} ret=0`],
    ['a probe is deferred by the driver', ['a', 'b'], { driver_probe_device: [EPROBE_DEFER] }, `${tried} ${tried} ret=1`],
    ['ownership refuses the first: the second is not tried', ['a', 'b'], { driver_probe_device: [-EBUSY] }, `${tried} ret=-EBUSY`],
    ['a supplier is missing: the second is not tried', ['a', 'b'], { driver_probe_device: [-EPROBE_DEFER] }, `${tried} ret=-EPROBE_DEFER`],
    ['a match defers: on the list, and the scan stops', ['a', 'b'], { driver_match_device: [-EPROBE_DEFER] }, 'driver_deferred_probe_add ret=-EPROBE_DEFER'],
    ['a match fails: the scan stops', ['a', 'b'], { driver_match_device: [-ENODEV] }, 'ret=-ENODEV'],
    ['an asynchronous driver waits for the helper', ['a'], { probe_type: [1] }, '__device_attach_async_helper ret=0'],
    ['a synchronous one binds before the asynchronous one is asked', ['a', 'b'], { probe_type: [1, 0] }, `${tried} ret=1`],
    ['dead', ['a'], { 'dev->p': [{ dead: true, driver: null }] }, 'ret=0'],
    ['bound already', ['a'], { 'dev->p': [{ dead: false, driver: 'x' }], device_is_bound: [1] }, 'ret=1'],
    ['preset by hand', ['a'], { 'dev->p': [{ dead: false, driver: 'x' }] }, 'device_bind_driver ret=1'],
    ['preset by hand, and it fails', ['a'], { 'dev->p': [{ dead: false, driver: 'x' }], device_bind_driver: [-ENOMEM] }, 'device_bind_driver dev->driver = NULL ret=0'],
  ])('%s', (_what, names, answers, end) => {
    expect(scan(names, answers)).toBe(end);
  });

  test('without leave to wait, an asynchronous driver is tried at once', () => {
    expect(scan(['a'], { probe_type: [1] }, '__device_attach', false)).toBe(`${tried} ret=1`);
  });

  test("the helper's own scan takes asynchronous drivers only, and leaves a bound device alone", () => {
    expect(scan(['a', 'b'], { probe_type: [0, 1] }, '__device_attach_async')).toBe(`${tried} ret=1`);
    expect(scan(['a'], { 'dev->p': [{ dead: false, driver: 'x' }] }, '__device_attach_async')).toBe('ret=0');
  });
});

describe('bus_notifier: the IOMMU core acts on ADD and REMOVED only, and refuses nothing', () => {
  const notify = (action: string, input: object = {}, answers: Answers = {}) => {
    const notifier = single(bus_notifier, 'notifier:d', { device: 'd', bus: 'pci', group: 'group:8', listens: true, release: 'iommu_release_device', joined: false, ...input });
    return [...notifier.play({ type: 'bus_notify', action }, answers), notifier.context['joined'] ? 'joined' : 'alone'].join(' ').replace(`dev->driver ${action} `, '');
  };
  test.each<[string, object, Answers, string]>([
    ['BUS_NOTIFY_ADD_DEVICE', {}, {}, 'iommu_probe_device probe_device iommu_group_add_device dev->iommu_group iommu_probe_device.ret 0 ret=0 joined'],
    ['BUS_NOTIFY_ADD_DEVICE', {}, { probe_device: [-ENODEV] }, 'iommu_probe_device probe_device iommu_probe_device.ret -ENODEV ret=0 alone'],
    ['BUS_NOTIFY_ADD_DEVICE', {}, { iommu_group_add_device: [-ENOMEM] }, 'iommu_probe_device probe_device iommu_group_add_device iommu_probe_device.ret -ENOMEM ret=0 alone'],
    ['BUS_NOTIFY_ADD_DEVICE', { group: null }, {}, 'iommu_probe_device probe_device iommu_probe_device.ret 0 ret=0 alone'],
    ['BUS_NOTIFY_ADD_DEVICE', { listens: false }, {}, 'ret=0 alone'],
    ['BUS_NOTIFY_REMOVED_DEVICE', { joined: true }, {}, 'iommu_release_device iommu_group_remove_device dev->iommu_group ret=0 alone'],
    ['BUS_NOTIFY_REMOVED_DEVICE', {}, {}, 'ret=0 alone'],
    ...['BIND_DRIVER', 'BOUND_DRIVER', 'UNBIND_DRIVER', 'UNBOUND_DRIVER', 'DRIVER_NOT_BOUND', 'DEL_DEVICE']
      .map((action): [string, object, Answers, string] => [`BUS_NOTIFY_${action}`, { joined: true }, {}, 'ret=0 joined']),
  ])('%s %j %j', (action, input, answers, line) => {
    expect(notify(action, input, answers)).toBe(line);
  });

  test('a second thread that notifies waits for the first', () => {
    const notifier = single(bus_notifier, 'notifier:d', { device: 'd', bus: 'pci', group: null, listens: true, release: 'x', joined: false });
    const event = { type: 'bus_notify', action: 'BUS_NOTIFY_BIND_DRIVER' };
    expect([notifier.ask(event, 'thread:1'), notifier.ask(event, 'thread:2')]).toEqual(['-> device:d dev->driver', 'silent']);
    expect(notifier.ask({ type: 'dev->driver.ret', ret: 0, driver: null }, 'device:d')).toBe('bus_notify -> thread:1 bus_notify.ret -> device:d dev->driver');
    expect(notifier.ask({ type: 'dev->driver.ret', ret: 0, driver: null }, 'device:d')).toBe('bus_notify -> thread:2 bus_notify.ret');
  });
});

test('bus_type: lists in the order of registration, walked from one entry to the next', () => {
  const bus = single(bus_type, 'bus:pci', { klist_devices: ['a'] });
  const next = (after: string | null) => { const [answer] = bus.take({ type: 'klist_devices_next', after }); return answer?.kind === 'sent' ? answer.sent.event['name'] : undefined; };
  expect(asks(bus, [[{ type: 'klist_devices_add', name: 'b' }], [{ type: 'klist_devices_add', name: 'b' }], [{ type: 'drivers_autoprobe_show' }]])).toEqual(['ret=0', 'ret=0', 'ret=1']);
  expect([next(null), next('a'), next('b')]).toEqual(['a', 'b', null]);
  expect(asks(bus, [[{ type: 'klist_devices_del', name: 'a' }], [{ type: 'drivers_autoprobe_store', value: false }], [{ type: 'drivers_autoprobe_show' }]])).toEqual(['ret=0', 'ret=0', 'ret=0']);
  expect(next(null)).toBe('b');
});

test('device_driver: one driver of a name, flags in every state, probe and remove at the driver', () => {
  const driver = single(device_driver, 'driver:drv', { driver: 'drv', driver_managed_dma: true });
  expect(asks(driver, [
    [{ type: 'driver_find' }], [{ type: 'bus_add_driver' }], [{ type: 'driver_find' }], [{ type: 'bus_add_driver' }], [{ type: 'driver_managed_dma' }], [{ type: 'probe_type' }],
    [{ type: 'probe', device: 'd' }], [{ type: 'remove', device: 'd' }], [{ type: 'bus_remove_driver' }], [{ type: 'driver_find' }], [{ type: 'driver_managed_dma' }],
  ])).toEqual(['ret=0', 'ret=0', 'ret=1', 'ret=-EBUSY', 'ret=1', 'ret=0', '-> environment probe', '-> environment remove', 'ret=0', 'ret=0', 'ret=1']);
  expect(single(device_driver, 'driver:v', { driver: 'v', vfio: true }).ask({ type: 'probe', device: 'd' })).toBe('-> vfio_device:d probe');
});

describe('deferred_probe', () => {
  const lists = (one: Single) => [one.context['deferred_probe_pending_list'], one.context['deferred_probe_active_list']];
  const add = (device: string) => ({ type: 'driver_deferred_probe_add', device });
  test('a device is on one list once; the trigger moves all and queues the work once', () => {
    const list = single(deferred_probe, 'deferred_probe');
    expect(asks(list, [[add('a')], [add('b')], [add('a')]])).toEqual(['ret=0', 'ret=0', 'ret=0']);
    expect(lists(list)).toEqual([['a', 'b'], []]);
    expect(list.ask({ type: 'driver_deferred_probe_trigger' })).toBe('-> thread:deferred_probe_work queue_work ret=0');
    expect([list.ask(add('c')), list.ask({ type: 'driver_deferred_probe_trigger' }), lists(list)]).toEqual(['ret=0', 'ret=0', [[], ['a', 'b', 'c']]]);
    expect([list.ask({ type: 'driver_deferred_probe_del', device: 'b' }), lists(list)]).toEqual(['ret=0', [[], ['a', 'c']]]);
    expect([list.ask({ type: 'deferred_probe_active_list' }), lists(list)]).toEqual(['ret=0', [[], ['c']]]);
  });

  test('before the late initcall the trigger does nothing; the initcall triggers', () => {
    const list = single(deferred_probe, 'deferred_probe', {}, 'disabled');
    expect(asks(list, [[add('a')], [{ type: 'driver_deferred_probe_trigger' }]])).toEqual(['ret=0', 'ret=0']);
    expect(lists(list)).toEqual([['a'], []]);
    expect(list.ask({ type: 'deferred_probe_initcall' })).toBe('-> thread:deferred_probe_work queue_work ret=0');
    expect(lists(list)).toEqual([[], ['a']]);
  });

  test('probing may be blocked; the unblock triggers', () => {
    const list = single(deferred_probe, 'deferred_probe');
    expect(asks(list, [[{ type: 'device_block_probing' }], [{ type: 'defer_all_probes' }], [{ type: 'device_unblock_probing' }], [{ type: 'defer_all_probes' }]]))
      .toEqual(['ret=0', 'ret=1', '-> thread:deferred_probe_work queue_work ret=0', 'ret=0']);
  });

  test('a reader learns whether a trigger came since its last look', () => {
    const list = single(deferred_probe, 'deferred_probe');
    const count = { type: 'deferred_trigger_count' };
    list.ask(count, 'binding:a');
    expect(list.ask(count, 'binding:a')).toBe('ret=0');
    list.ask({ type: 'driver_deferred_probe_trigger' });
    expect([list.ask(count, 'binding:a'), list.ask(count, 'binding:a')]).toEqual(['ret=1', 'ret=0']);
  });
});

describe('device', () => {
  const d = (input: object = {}, presence = 'present') => new Single({
    address: 'device:d', chart: device, input: { address: 'device:d', device: 'd', bus: 'pci', ...input }, value: { presence, device_lock: 'unlocked', fields: {} },
  });
  test('device_lock goes to the first who waits, and only its holder gives it back', () => {
    const one = d();
    const [lock, unlock] = [{ type: 'device_lock' }, { type: 'device_unlock' }];
    expect(asks(one, [[unlock, 't1'], [lock, 't1'], [lock, 't2'], [lock, 't3'], [unlock, 't2'], [unlock, 't1'], [unlock, 't2'], [unlock, 't3'], [unlock, 't3']])).toEqual([
      'WARN_ON ret=0', 'ret=0', 'silent', 'silent', 'WARN_ON ret=0', '-> t2 device_lock.ret ret=0', '-> t3 device_lock.ret ret=0', 'ret=0', 'WARN_ON ret=0']);
  });

  test.each([
    ['absent', ['ret=0', 'ret=0', 'ret=0']], ['adding', ['ret=1', 'WARN_ON ret=0', 'ret=1']], ['present', ['ret=1', 'WARN_ON ret=0', 'ret=1']],
    ['dead', ['ret=1', 'ret=0', 'ret=0']], ['removed', ['ret=0', 'WARN_ON ret=0', 'ret=0']],
  ])('%s: found by name, off the list, killed', (presence, answers) => {
    expect([d({}, presence).ask({ type: 'bus_find_device_by_name' }), d({}, presence).ask({ type: 'bus_remove_device' }), d({}, presence).ask({ type: 'kill_device' })]).toEqual(answers);
  });

  test.each([
    ['no override: the id tables', {}, 'drv', '-> environment driver_match_device'],
    ['the driver of the override', { driver_override: 'drv' }, 'drv', 'ret=1'],
    ['another than the override', { driver_override: 'vfio-pci' }, 'drv', 'ret=0'],
    ['a PCI device before pci_bus_add_device()', { match_driver: false }, 'drv', 'ret=0'],
    ['the same, with an override', { match_driver: false, driver_override: 'drv' }, 'drv', 'ret=0'],
  ])('match, %s', (_what, input, driver, answer) => {
    expect(d(input).ask({ type: 'driver_match_device', device: 'd', driver })).toBe(answer);
  });

  test.each([
    ['iommu_device_use_default_domain', 'ret=0'], ['iommu_device_unuse_default_domain', 'ret=0'],
    ['iommu_device_claim_dma_owner', `ret=-ENODEV`], ['iommu_device_release_dma_owner', 'ret=0'],
  ])('%s goes to the group; without one it answers %s', (type, answer) => {
    expect([d().ask({ type, owner: 'x' }), d({ iommu_group: 'group:8' }).ask({ type, owner: 'x' })]).toEqual([answer, `-> group:8 ${type}`]);
  });

  test('a new life begins with nothing of the old one', () => {
    const one = d({ driver: 'drv', driver_override: 'drv', iommu_group: 'group:8' }, 'removed');
    one.ask({ type: 'kobject_del' });
    expect(one.context).toMatchObject({ driver: null, driver_override: null, iommu_group: null, match_driver: false });
  });

});
