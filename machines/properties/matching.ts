/** Who is asked to drive a device: matches that defer or fail, and asynchronous probes that are scheduled. */
import type { Topology } from '../topology.ts';
import { all, called, property } from './property.ts';

const EBUSY = -16;
const EPROBE_DEFER = -517;
const says = (wanted: (ret: number) => boolean) => ({ answers }: Topology): boolean => answers['driver_match_device']?.some(wanted) === true;

export const deferredMatchWaits = property({
  kind: 'always', name: 'a driver whose match defers does not probe the device in that walk',
  why: 'The device is on the deferred list, and is probed all the same: a driver that is not ready to say whether it fits, drives.',
  commit: 'of 6.0, not named in the sheets',
  sees: {},
  step: ({ event, sent }) => event.type !== 'driver_deferred_probe_add.ret' ||
    !sent.some((one) => ['probe_type', 'driver_probe_device'].includes(one.event.type)),
  applies: says((ret) => ret === EPROBE_DEFER),
});

export const matchFailureStays = property({
  kind: 'always', name: 'a driver is registered, unless its name is taken',
  why: 'A device whose match fails keeps the driver from every other device too.',
  commit: 'of 6.2, in 6.1.4',
  sees: {},
  step: ({ said }) => !said.some(({ type, ret }) => type === 'driver_register.ret' && ret !== 0 && ret !== EBUSY),
  applies: all(called('driver_register'), says((ret) => ret < 0 && ret !== EPROBE_DEFER)),
});

export const scheduledIsProbed = property({
  kind: 'always', name: 'an asynchronous probe is of the driver that it was scheduled for',
  why: 'A second driver takes the place of the first in dev->p->async_driver: one is probed twice, the other never.',
  sees: {},
  step: ({ event, before, after }) => event.type !== '__driver_attach_async' || before.context['async_driver'] === null ||
    before.context['async_driver'] === after.context['async_driver'],
  applies: all(called('driver_register'), ({ drivers }) => drivers.filter(({ async }) => async).length > 1),
});
