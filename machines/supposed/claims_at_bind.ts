/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier that owns and disowns by itself: a claim at BIND_DRIVER, given back at UNBOUND_DRIVER or DRIVER_NOT_BOUND.
 *
 * Nobody proposed it: it is the answer to "can the claim be a notifier too?". What the listener answers is ignored by the driver
 * core, so a claim that is refused stops nothing. It remembers whether it has claimed, so that it gives back nothing of
 * somebody else's; of a driver that was there from the start it learns that at UNBIND_DRIVER, while dev->driver is still set.
 * The flag driver_managed_dma counts as it does in bus_dma. Otherwise as ../bus_notifier.ts.
 */
import { assign } from 'xstate';
import { deviceAt, driverAt } from '../address.ts';
import { bus_notifier as merged } from '../bus_notifier.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';

interface Seen { context: { joined: boolean; action: string | null; driver: string; claimed: boolean | null }; event: { type: string; ret: number; driver?: string | null } }
const { call } = sends<Here & { device: string; driver: string }, { type: string; from: string }>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const keepDriver = assign({ driver: ({ event }: Seen) => event.driver ?? '' });
const flagged = ({ event }: Seen) => event.ret === 1;
const claimed = (claimed: boolean) => assign({ claimed });
const learns = ({ context: { action, claimed }, event }: Seen) => claimed === null && action === 'BUS_NOTIFY_UNBIND_DRIVER' && event.driver !== null;
const claims = ({ context: { joined, action }, event }: Seen) => joined && action === 'BUS_NOTIFY_BIND_DRIVER' && event.driver !== null;
const givesBack = ({ context: { action, claimed } }: Seen) => claimed === true && (action === 'BUS_NOTIFY_UNBOUND_DRIVER' || action === 'BUS_NOTIFY_DRIVER_NOT_BOUND');

export const bus_notifier = changed(merged, (config: Config) => {
  const { context, states } = config;
  config.context = (given: { input: { joined: boolean } }) => ({ ...context(given), driver: '', claimed: given.input.joined ? null : false });
  stateAt(config, 'in_dev_driver').on['dev->driver.ret'].unshift(
    { guard: learns, target: 'in_driver_managed_dma', actions: ['tell', keepDriver] }, { guard: claims, target: 'claim', actions: ['tell', keepDriver] },
    { guard: givesBack, target: 'in_unuse', actions: 'tell' },
  );
  const in_driver_managed_dma = call(({ driver }) => driverAt(driver), ({ driver }) => ({ type: 'driver_managed_dma', driver }));
  states.in_driver_managed_dma = {
    entry: in_driver_managed_dma,
    on: { 'driver_managed_dma.ret': [{ guard: flagged, target: '#notified', actions: claimed(false) }, { target: '#notified', actions: claimed(true) }] },
  };
  states.claim = {
    initial: 'in_driver_managed_dma',
    states: {
      in_driver_managed_dma: {
        entry: in_driver_managed_dma,
        on: { 'driver_managed_dma.ret': [{ guard: flagged, target: '#notified', actions: claimed(false) }, { target: 'in_use' }] },
      },
      in_use: {
        entry: toDevice('iommu_device_use_default_domain'),
        on: {
          'iommu_device_use_default_domain.ret': [
            { guard: 'failed', target: '#notified', actions: claimed(false), description: 'Nobody asks a listener.' }, { target: '#notified', actions: claimed(true) },
          ],
        },
      },
    },
  };
  states.in_unuse = {
    entry: toDevice('iommu_device_unuse_default_domain'),
    on: { 'iommu_device_unuse_default_domain.ret': { target: '#notified', actions: claimed(false) } },
  };
  states.answered.entry = ['reply', assign({ driver: '' })];
});
