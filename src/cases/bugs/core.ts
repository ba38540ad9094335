/** The driver core proper. */
import * as history from '../../../machines/properties/history.ts';
import * as matching from '../../../machines/properties/matching.ts';
import * as probe_pairing from '../../../machines/properties/probe_pairing.ts';
import type { Bug } from './bug.ts';
import { named } from './ownership.ts';
import { a, bind, onDevice, place, thread, unbind } from './places.ts';

const register = (driver = 'e1000e', bus = 'pci') => thread('insmod', 'driver_register', [{ type: 'driver_register', driver, bus }]);

export const core: readonly Bug[] = [
  {
    id: '30', commit: 'a2225b6e834a',
    what: 'a device stands on the list of its bus before device_add() is through: a driver that is loaded then probes it before ADD_DEVICE, without its IOMMU group',
    affected: named('v5.19', 'v5.15', 'v6.2', 'v6.5', 'v6.6', 'v6.15'), fixed: named('v6.1.y', 'v6.12.y', 'v7.3'),
    topology: place({
      bus: 'platform', devices: [{ name: a, present: false }], drivers: [{ name: 'e1000e', registered: false }],
      threads: [onDevice('plug', 'device_add', a, { bus: 'platform' }), register('e1000e', 'platform')],
    }),
    property: probe_pairing.probeOnlyWhenReady,
    scenario: 'probe-before-group',
  },
  {
    id: '31', commit: 'b232b02bf3c2',
    what: '__device_attach() schedules its helper with device_lock held; where memory is short the helper runs at once, and waits for the lock of its caller',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({
      bus: 'platform', devices: [{ name: a, present: false }], drivers: [{ name: 'e1000e', async: true }],
      threads: [onDevice('plug', 'device_add', a, { bus: 'platform' })], answers: { async_schedule_dev: [0, '-ENOMEM'] },
    }),
    property: probe_pairing.nothingIsStuck,
  },
  {
    id: '32', commit: '70fe758352ca',
    what: '__driver_attach() does the same when an asynchronous driver is loaded',
    affected: named('v5.19', 'v5.15'), fixed: named('v6.1.y', 'v6.2', 'v6.12.y'),
    topology: place({ drivers: [{ name: 'e1000e', async: true, registered: false }], threads: [register()], answers: { async_schedule_dev: [0, '-ENOMEM'] } }),
    property: probe_pairing.nothingIsStuck,
  },
  {
    id: '33', commit: '5.19',
    what: 'two asynchronous drivers match one device: the second takes the place of the first in dev->p->async_driver, and both helpers probe it',
    affected: named('v5.15'), fixed: named('v5.19', 'v6.1.y', 'v6.12.y'),
    topology: place({
      drivers: ['e1000e', 'igb'].map((name) => ({ name, async: true, registered: false })), threads: ['e1000e', 'igb'].map((name) => ({ ...register(name), name: `insmod-${name}` })),
    }),
    property: matching.scheduledIsProbed,
  },
  {
    id: '35', commit: '6.0',
    what: 'a match that says -EPROBE_DEFER puts the device on the deferred list and probes it all the same',
    affected: named('v5.19', 'v5.15'), fixed: named('v6.1.y', 'v6.12.y'),
    topology: place({ threads: [onDevice('admin', 'drivers_probe_store', a)], answers: { driver_match_device: [0, 1, -517] } }),
    property: matching.deferredMatchWaits,
    scenario: 'match-defers-and-probes',
  },
  {
    id: '36', commit: '6.2, 6.1.4',
    what: 'one device whose match fails ends driver_register(), and the driver is gone for every other device',
    affected: named('v5.19', 'v5.15'), fixed: named('v6.1.y', 'v6.2', 'v6.12.y'),
    topology: place({ drivers: [{ name: 'e1000e', registered: false }], threads: [register()], answers: { driver_match_device: [0, 1, -19] } }),
    property: matching.matchFailureStays,
    scenario: 'match-fails-registration',
  },
  {
    id: '37', commit: '2e84dc379200',
    what: 'an unbind cleans up the links to consumers before devres: a consumer may probe while its supplier is still giving back',
    affected: named('v5.19', 'v5.15', 'v6.2', 'v6.5', 'v6.6'), fixed: named('v6.1.y', 'v6.12.y', 'v7.3'),
    topology: place({ threads: [bind(a), unbind(a)] }),
    property: history.devresBeforeLinks,
    note: 'Consumers are not in the charts; the order of the two calls is.',
  },
  {
    id: '40', commit: '18daa52418e7',
    what: 'a read of the file uevent finds dev->driver set, an unbind clears it, and the name of the driver is read through NULL',
    affected: named('v6.6', 'v5.15', 'v5.19', 'v6.2', 'v6.5'), fixed: named('v6.12.y', 'v6.15', 'v7.3', 'v6.1.y'),
    topology: place({ devices: [{ name: a, driver: 'e1000e' }], threads: [onDevice('reader', 'uevent_show', a), unbind(a)] }),
    property: probe_pairing.kernelGoesOn,
    note: 'v6.1.y has the older remedy, device_lock around the read, which mainline took back.',
  },
];
