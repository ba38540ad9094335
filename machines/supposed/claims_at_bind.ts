/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier that owns and disowns by itself: a claim at BIND_DRIVER, given back at UNBOUND_DRIVER or DRIVER_NOT_BOUND.
 *
 * Nobody proposed it: it is the answer to "can the claim be a notifier too?". What the listener answers is ignored by the driver
 * core, so a claim that is refused stops nothing. It remembers whether it has claimed, so that it gives back nothing of
 * somebody else's. The flag driver_managed_dma counts as it does in bus_dma. Otherwise as ../bus_notifier.ts.
 */
import { assign } from 'xstate';
import { deviceAt, driverAt } from '../address.ts';
import { bus_notifier as merged } from '../bus_notifier.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';

interface Seen { context: { joined: boolean; action: string | null; driver: string; claimed: boolean }; event: { type: string; ret: number; driver?: string | null } }
const { call } = sends<Here & { device: string; driver: string }, { type: string; from: string }>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const keepDriver = assign({ driver: ({ event }: Seen) => event.driver ?? '' });
const claims = ({ context: { joined, action }, event }: Seen) => joined && action === 'BUS_NOTIFY_BIND_DRIVER' && event.driver !== null;
const givesBack = ({ context: { action, claimed } }: Seen) => claimed && (action === 'BUS_NOTIFY_UNBOUND_DRIVER' || action === 'BUS_NOTIFY_DRIVER_NOT_BOUND');

export const bus_notifier = changed(merged, (config: Config) => {
  const { context, states } = config;
  config.context = (given: { input: object }) => ({ ...context(given), driver: '', claimed: false });
  stateAt(config, 'in_dev_driver').on['dev->driver.ret'].unshift(
    { guard: claims, target: 'claim', actions: ['tell', keepDriver] }, { guard: givesBack, target: 'in_unuse', actions: 'tell' },
  );
  states.claim = {
    initial: 'in_driver_managed_dma',
    states: {
      in_driver_managed_dma: {
        entry: call(({ driver }) => driverAt(driver), ({ driver }) => ({ type: 'driver_managed_dma', driver })),
        on: { 'driver_managed_dma.ret': [{ guard: ({ event }: Seen) => event.ret === 1, target: '#notified' }, { target: 'in_use' }] },
      },
      in_use: {
        entry: toDevice('iommu_device_use_default_domain'),
        on: {
          'iommu_device_use_default_domain.ret': [
            { guard: 'failed', target: '#notified', description: 'Nobody asks a listener.' }, { target: '#notified', actions: assign({ claimed: true }) },
          ],
        },
      },
    },
  };
  states.in_unuse = {
    entry: toDevice('iommu_device_unuse_default_domain'),
    on: { 'iommu_device_unuse_default_domain.ret': { target: '#notified', actions: assign({ claimed: false }) } },
  };
  states.answered.entry = ['reply', assign({ driver: '' })];
});
