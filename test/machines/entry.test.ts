/** Entry points, each run in a whole system: what the writer, the module loader or the bus sees (driver-core.md section 11). */
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import type { Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { parseTopology } from '../../src/world/topology.ts';
import { run as play } from '../log/run.ts';
import { Single } from './single.ts';

const [a, b] = ['0000:02:00.0', '0000:02:00.1'];
const [ENXIO, ENOMEM, ENODEV, EPROBE_DEFER] = [6, 12, 19, 517];
type Answers = Readonly<Record<string, readonly number[]>>;
type Run = readonly [call: Said, ...more: Said[]];

const on = { device: a, bus: 'pci' };
const bind = { type: 'bind_store', device: a, driver: 'e1000e' };
const bindOther = { ...bind, driver: 'igb' };
const unbind = { type: 'unbind_store', device: a, driver: 'e1000e' };
const unbindOther = { ...unbind, driver: 'igb' };
const drivers_probe = { type: 'drivers_probe_store', device: a };
const override = (name: string | null) => ({ type: 'driver_override_store', device: a, driver_override: name });
const register = { type: 'driver_register', driver: 'igb', bus: 'pci' };
const registerAgain = { ...register, driver: 'e1000e' };
const unregister = { type: 'driver_unregister', driver: 'e1000e', bus: 'pci' };
const plug = { type: 'pci_scan_single_device', ...on };
const unplug = { type: 'pci_stop_and_remove_bus_device', ...on };
const byHand = { type: 'device_bind_driver', device: a, driver: 'e1000e' };
const claim = { type: 'claim', group: 'group:8' };
const release = { type: 'release', group: 'group:8' };
const attach = { type: 'attach', group: 'group:8' };
const type = { type: 'group_store_type', group: 'group:8' };
const uevent = { type: 'uevent_show', device: a };
const leave = { type: 'iommu_device_unregister', device: a };
const come = { type: 'bus_iommu_probe', device: a };
const block = { type: 'device_block_probing' };

const entryOf = (call: Said, model: Model) => Object.keys(model.charts.entry)
  .find((entry) => model.charts.entry[entry]?.events.some((event) => event === call.type)
    && !/^(vfio|iommufd|device_dma)/.test(entry)) as string;

/** Runs the calls one after another, each by a thread of its own; gives the answer of the last and what became of the devices. */
function run(calls: Run, answers: Answers = {}, name = 'v6.12.y', devices: object[] = [{ name: a, group: 8 }, { name: b, group: 8 }]): string {
  const model = models[name] as Model;
  const topology = parseTopology({
    devices, drivers: [{ name: 'e1000e', matches: ['*'] }, { name: 'igb', matches: ['*'], registered: false }],
    threads: calls.map((call, index) => ({ name: String(index), entry: entryOf(call, model), calls: [call] })),
  }, 'the test', model);
  const r = play(model, topology, answers);
  for (const [index, call] of calls.entries()) r.call(String(index), call);
  const { event } = r.log.fact(r.log.length - 1);
  const answer = Array.from({ length: r.log.length }, (_, seq) => r.log.fact(seq)).findLast(({ to, from }) => to === 'environment' && from === `thread:${calls.length - 1}`);
  expect(answer, JSON.stringify(event)).toBeDefined();
  const context = (address: string) => r.system.local(r.log.world, address).context;
  const state = topology.devices.map(({ name }) => (context(`device:${name}`)['driver'] as string | null) ?? '-').join(' ');
  return `${errnoName(Number(answer?.event['ret']))} ${state} cnt=${String(context('group:8')['owner_cnt'])}`;
}

describe('what the caller sees', () => {
  test.each<[string, Run, Answers, string]>([
    ['bind', [bind], {}, '0 e1000e - cnt=1'],
    ['bind: no such device', [unplug, bind], {}, '-ENODEV - - cnt=0'],
    ['bind: no match', [bind], { driver_match_device: [0] }, '-ENODEV - - cnt=0'],
    ['bind: a match that fails counts as a match', [bind], { driver_match_device: [-EPROBE_DEFER] }, '0 e1000e - cnt=1'],
    ['bind: a driver is bound', [bind, register, bindOther], {}, '-EBUSY e1000e igb cnt=2'],
    ['bind: the driver is not registered', [bindOther], {}, '-ENODEV - - cnt=0'],
    ['bind: the group is claimed', [claim, bind], {}, '-EBUSY - - cnt=1'],
    ['bind: deferred before the probe', [bind], { pinctrl_bind_pins: [-EPROBE_DEFER] }, '-EAGAIN - - cnt=0'],
    ['bind: deferred by the probe', [bind], { probe: [-EPROBE_DEFER] }, '-EAGAIN - - cnt=0'],
    ['bind: probing is blocked', [block, bind], {}, '-EAGAIN - - cnt=0'],
    ['bind: the probe fails', [bind], { probe: [-ENXIO] }, '-ENXIO - - cnt=0'],
    ['bind: a failure before the probe', [bind], { activate: [-ENOMEM] }, '-ENOMEM - - cnt=0'],
    ['bind: another driver is named by the override', [override('igb'), bind], {}, '-ENODEV - - cnt=0'],
    ['bind after a release of the claim', [claim, release, bind], {}, '0 e1000e - cnt=1'],
    ['unbind', [bind, unbind], {}, '0 - - cnt=0'],
    ['unbind: of another driver', [bind, unbindOther], {}, '-ENODEV e1000e - cnt=1'],
    ['unbind: nothing is bound', [unbind], {}, '-ENODEV - - cnt=0'],
    ['unbind: no such device', [unplug, unbind], {}, '-ENODEV - - cnt=0'],
    ['drivers_probe', [drivers_probe], {}, '0 e1000e - cnt=1'],
    ['drivers_probe: bound already', [bind, drivers_probe], {}, '0 e1000e - cnt=1'],
    ['drivers_probe: nothing matches', [drivers_probe], { driver_match_device: [0] }, '0 - - cnt=0'],
    ['drivers_probe: the probe fails', [drivers_probe], { probe: [-ENXIO] }, '0 - - cnt=0'],
    ['drivers_probe: the group refuses', [claim, drivers_probe], {}, '-EINVAL - - cnt=1'],
    ['drivers_probe: no such device', [unplug, drivers_probe], {}, '-ENODEV - - cnt=0'],
    ['drivers_probe: deferred, and tried again when another device binds', [drivers_probe, { ...bind, device: b }], { probe: [-EPROBE_DEFER] }, '0 e1000e e1000e cnt=2'],
    ['bind: deferred, and never tried again', [bind, { ...bind, device: b }], { probe: [-EPROBE_DEFER] }, '0 - e1000e cnt=1'],
    ['driver_override binds nothing', [override('e1000e')], {}, '0 - - cnt=0'],
    ['driver_override unbinds nothing', [bind, override('igb')], {}, '0 e1000e - cnt=1'],
    ['driver_override: no such device', [unplug, override(null)], {}, '-ENODEV - - cnt=0'],
    ['a module binds what it matches', [register], {}, '0 igb igb cnt=2'],
    ['a module: its probes fail, and nobody hears', [register], { probe: [-ENXIO, -ENODEV] }, '0 - - cnt=0'],
    ['a module: the group refuses, and nobody hears', [claim, register], {}, '0 - - cnt=1'],
    ['a module: a match fails, the next device is tried', [register], { driver_match_device: [-ENODEV, 1] }, '0 - igb cnt=1'],
    ['a module of that name is loaded', [registerAgain], {}, '-EBUSY - - cnt=0'],
    ['a module leaves bound devices to others', [bind, register], {}, '0 e1000e igb cnt=2'],
    ['a module goes, its devices with it', [bind, unregister], {}, '0 - - cnt=0'],
    ['a module goes that binds nothing', [unregister], {}, '0 - - cnt=0'],
    ['a device is pulled while bound', [bind, unplug], {}, '0 - - cnt=0'],
    ['a device comes back and is bound', [unplug, plug], {}, '0 e1000e - cnt=1'],
    ['a device comes back to a claimed group', [unplug, claim, plug], {}, '0 - - cnt=1'],
    ['a device that is there is not added', [plug], {}, '-EEXIST - - cnt=0'],
    ['a device that is not there is not pulled', [unplug, unplug], {}, '-ENODEV - - cnt=0'],
    ['by hand: nobody counts', [byHand], {}, '0 e1000e - cnt=0'],
    ['by hand: bound already', [bind, byHand], {}, '-EBUSY e1000e - cnt=1'],
    ['by hand: sysfs fails', [byHand], { sysfs_create_link: [-ENOMEM] }, '-ENOMEM - - cnt=0'],
    ['by hand, then a claim: a bound driver is not seen', [byHand, claim], {}, '0 e1000e - cnt=1'],
    ['by hand, a claim, unbind: the count of the user is gone', [byHand, claim, unbind], {}, '0 - - cnt=0'],
    ['a claim', [claim], {}, '0 - - cnt=1'],
    ['a claim beside a driver', [bind, claim], {}, '-EPERM e1000e - cnt=1'],
    ['a claim after the driver has gone', [bind, unbind, claim], {}, '0 - - cnt=1'],
    ['an attach needs no claim', [attach], {}, '0 - - cnt=0'],
    ['a claim over a foreign domain', [attach, claim], {}, '-EBUSY - - cnt=0'],
    ['an IOMMU leaves: its group keeps the count', [bind, leave], {}, '0 e1000e - cnt=1'],
    ['an IOMMU leaves, a driver comes: it is counted nowhere', [leave, bind], {}, '0 e1000e - cnt=0'],
    ['an IOMMU leaves twice', [leave, leave], {}, '0 - - cnt=0'],
    ['an IOMMU leaves and comes back', [leave, come, bind], {}, '0 e1000e - cnt=1'],
    ['the file uevent is read', [bind, uevent], {}, '0 e1000e - cnt=1'],
    ['type, while nobody counts', [type], {}, '0 - - cnt=0'],
    ['type, beside a driver', [bind, type], {}, '-EPERM e1000e - cnt=1'],
    ['type, of a claimed group', [claim, type], {}, '-EPERM - - cnt=1'],
  ])('%s', (_what, calls, answers, then) => {
    expect(run(calls, answers)).toBe(then);
  });

  test.each(['v5.19', 'v6.1.y', 'v6.6', 'v7.3'])('%s: the file uevent is read with and without a driver', (name) => {
    expect([run([uevent], {}, name), run([bind, uevent], {}, name)]).toEqual(['0 - - cnt=0', '0 e1000e - cnt=1']);
  });

  test.each<[string, Run, string]>([
    ['exactly one device', [type], '0 - cnt=0'],
    ['beside a driver', [bind, type], '-EBUSY e1000e cnt=1'],
    ['of a claimed group', [claim, type], '-EBUSY - cnt=1'],
  ])('v6.1.y, type: %s', (_what, calls, then) => {
    expect(run(calls, {}, 'v6.1.y', [{ name: a, group: 8 }])).toBe(then);
  });

  test('unbind: a driver that comes in between is unbound instead', () => {
    const model = models['v6.12.y'] as Model;
    const unbinding = new Single({ address: 'thread:x', chart: model.charts.entry['unbind_store'] as AnyStateMachine, input: { address: 'thread:x' } });
    unbinding.take(unbind);
    unbinding.take({ type: 'kernfs_get_active.ret', ret: 0 }, 'unbind:e1000e');
    unbinding.take({ type: 'bus_find_device_by_name.ret', ret: 1 }, `device:${a}`);
    unbinding.take({ type: 'dev->driver.ret', ret: 1, driver: 'e1000e' }, `device:${a}`);
    expect(unbinding.take({ type: 'device_lock.ret', ret: 0 }, `device:${a}`)).toMatchObject([
      { sent: { to: `binding:${a}`, event: { type: '__device_release_driver', driver: null } } }]);
  });

  test('v6.1.y, type: of two devices', () => {
    expect(run([type], {}, 'v6.1.y')).toBe('-EINVAL - - cnt=0');
  });

});
