/** Probe and remove, configure and cleanup, notifiers: what begins also ends, once, in order. */
import { pathOf } from './binding.ts';
import { binding } from './dma_ownership.ts';
import { owns, property, type Looked } from './property.ts';

/** Answers after which really_probe() has not come as far as driver_sysfs_add(). */
const early = ['pinctrl_bind_pins.ret', 'dma_configure.ret'];
const binds = ['driver_probe_device.ret', '__driver_probe_device.ret', 'device_bind_driver.ret'];
/** What device_add() and device_del() do to the device itself. */
const comings = ['bus_add_device', 'ready_to_probe', 'bus_remove_device', 'kobject_del'];
const isBinding = (address: string) => address.startsWith('binding:');

export const boundMeansZero = property({
  kind: 'always', name: 'a probe answers 0 exactly when the device is bound',
  why: 'An error that is lost on the way out tells the writer of the bind file that it succeeded, and defers nothing.',
  commit: '512881eacfa7 (its fourth posting lost the result of dma_configure)',
  sees: {},
  // What the gate refuses stays as it is: a bound device stays bound.
  step: ({ address, event, sent, after }) => !isBinding(address) || sent.every(({ event: answer }) =>
    !binds.includes(answer.type) || (answer['ret'] !== 0 && (event.type === 'dev->p.ret' || answer['ret'] === -16)) ||
    (answer['ret'] === 0) === (pathOf(after.value) === 'bound')),
});

export const notBoundAfterBind = property({
  kind: 'always', name: 'DRIVER_NOT_BOUND comes only after BIND_DRIVER',
  why: 'A listener undoes at NOT_BOUND what it did at BIND.',
  commit: '00eb74ea2c14',
  sees: {},
  step: ({ address, event, sent }) => !isBinding(address) || !early.includes(event.type) ||
    !sent.some((one) => one.event.type === 'bus_notify' && one.event['action'] === 'BUS_NOTIFY_DRIVER_NOT_BOUND'),
});

export const sysfsRemoveAfterAdd = property({
  kind: 'always', name: 'driver_sysfs_remove comes only after driver_sysfs_add',
  why: 'Removing links that were never made: sysfs warns.',
  commit: '885e50253bfd',
  sees: {},
  // `linked` is kept where a later label removes the links.
  step: ({ address, event, before, said }) => !isBinding(address) || !said.some(({ type }) => type === 'driver_sysfs_remove') ||
    !(early.includes(event.type) || (before.context['linked'] === false && pathOf(before.value).startsWith('__driver_probe_device.'))),
});

export const cleanupAfterConfigure = property({
  kind: 'always', name: 'dma_cleanup comes only after a dma_configure that succeeded',
  why: 'Cleaning up after a refusal takes away what somebody else holds.',
  commit: '25f3bcfc54bc',
  sees: {},
  step: ({ address, event, sent }) => !isBinding(address) || !early.includes(event.type) || !sent.some((one) => one.event.type === 'dma_cleanup'),
  applies: owns,
});

export const probeOnlyWhenReady = property({
  kind: 'always', name: 'no driver is probed before its device is ready, nor when it is dead',
  why: 'Before the ADD_DEVICE notifier the device has no IOMMU group, so the driver would not be counted.',
  commit: 'a2225b6e834a',
  sees: {},
  step: ({ event, after }) => event.type !== 'dev->p.ret' || (event['ready_to_probe'] === true && event['dead'] === false) ||
    !pathOf(after.value).startsWith('__driver_probe_device.really_probe'),
});

export const probesUnderLock = property({
  kind: 'always', name: 'nobody enters a binding while another thread is in it',
  why: 'device_lock keeps two probes of one device apart; whoever comes without it meets the other.',
  sees: {},
  step: ({ address, said }) => !isBinding(address) || !said.some(({ type, why }) => type === 'WARN_ON' && why !== undefined),
});

export const kernelGoesOn = property({
  kind: 'always', name: 'the kernel never stops',
  why: 'BUG_ON, or a pointer that is used after what it was made from has changed: nothing is isolated better by a machine that is dead.',
  commit: '78447d4545b2, 3b86f317c9c7',
  sees: {},
  step: ({ said }) => !said.some(({ type }) => type === 'BUG'),
});

const names = {
  binding,
  device: ({ context }: Looked) => ({ device: context['device'] as string, driver: context['driver'] as string | null }),
};

export const driverIsAsked = property({
  kind: 'always', name: 'a driver has DMA only where dev->driver names it',
  why: 'Readers of dev->driver trust that it is the one that drives the device.',
  sees: names,
  holds: (seen) => seen.binding.every(({ device, driver }) => driver === null || seen.device.some((one) => one.device === device && one.driver === driver)),
});

export const listedOnce = property({
  kind: 'always', name: 'a device is put on the list of its driver once',
  why: 'driver_bound() warns and sends no notice for a device that is on a list already: it was bound twice.',
  sees: {},
  step: ({ event, before }) => event.type !== 'klist_add_tail' || !(before.context['klist_devices'] as readonly unknown[]).includes(event['device']),
});

export const boundToRegistered = property({
  kind: 'always', name: 'a device is bound only to a driver that is registered',
  why: 'driver_unregister() has released every device: who is bound behind it keeps a driver whose module is gone.',
  sees: {},
  step: ({ event, before }) => event.type !== 'klist_add_tail' || before.value === 'registered',
});

export const comesAndGoesInTurn = property({
  kind: 'always', name: 'a device is not added while it is being added or removed, nor removed then',
  why: 'Nobody in the driver core keeps the two apart: who adds and removes the device has to.',
  sees: {},
  step: ({ event: { type }, said }) => !comings.includes(type) || !said.some(({ type: word }) => word === 'WARN_ON'),
});

export const restIsDecided = property({
  kind: 'atRest', name: 'at rest dev->driver is set exactly where a driver is bound', why: 'A refused or failed probe leaves the device as it was.',
  sees: names,
  holds: (seen) => seen.binding.every(({ device, driver }) => seen.device.some((one) => one.device === device && one.driver === driver)),
});

export const nothingIsStuck = property({
  kind: 'neverStuck', name: 'no call waits for ever', why: 'Everybody waits for a lock, and nobody will let go of it.', sees: {},
});

export const canRest = property({
  kind: 'canAlways', name: 'every call can come to its end', why: 'Some threads wait for each other, whatever the others do.',
  sees: {}, rests: true, holds: () => true,
});
