/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier of the notifier walk: iommu_bus_notifier acts on UNBOUND_DRIVER and DRIVER_NOT_BOUND too.
 *
 * At UNBOUND_DRIVER dev->driver is NULL already, at DRIVER_NOT_BOUND it is still set; the walk leaves the device itself out
 * either way. A device without a group has nothing to walk. `walk` may also be asked for without a notifier, by who has just
 * cleared dev->driver (driver_binding.ts, `walksAtClear`). Otherwise as ../bus_notifier.ts.
 */
import { deviceAt } from '../address.ts';
import { sends, type Here } from '../chart.ts';
import { bus_notifier as merged } from '../bus_notifier.ts';
import { changed, stateAt, type Config } from '../changed.ts';

const { call } = sends<Here & { group: string | null; device: string }, { type: string; from: string }>();
interface Guarded { context: { joined: boolean; action: string | null; waiting: { call: string }[] } }
const toWalk = ({ context: { joined, action } }: Guarded) => joined && (action === 'BUS_NOTIFY_UNBOUND_DRIVER' || action === 'BUS_NOTIFY_DRIVER_NOT_BOUND');

/** What walks the group when somebody asks for it. */
function walks(config: Config): void {
  const { states } = config;
  states.walk = {
    description: 'The group holds its mutex until it has looked at every other device.',
    initial: 'asked',
    states: {
      asked: { always: [{ guard: 'joined', target: 'in_walk' }, { target: '#notified' }] },
      in_walk: {
        entry: call(({ group }) => group ?? '', ({ device }) => ({ type: 'walk', device })),
        on: { 'walk.ret': '#notified' },
      },
    },
  };
  config.on.walk = { actions: 'wait' };
  states.idle.on.walk = { target: 'walk', actions: 'begin' };
  states.answered.always.unshift({ guard: ({ context }: Guarded) => context.waiting[0]?.call === 'walk', target: 'walk', actions: 'next' });
}

export const bus_notifier = changed(merged, walks, (config: Config) => {
  stateAt(config, 'in_dev_driver').on['dev->driver.ret'].unshift({ guard: toWalk, target: 'walk', actions: 'tell' });
});

/** Nothing listens: only who has cleared dev->driver asks for a walk. */
export const walksWhenAsked = changed(merged, walks);

/** The same where stores are seen late (device.ts): who takes group->mutex shows what it stored before to who takes it later. */
export const walksInOrder = changed(merged, walks, (config: Config) => {
  const { states } = stateAt(config, 'walk');
  states.asked.always[0].target = 'in_mutex_lock';
  states.in_mutex_lock = {
    entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->driver' })),
    on: { 'dev->driver.ret': 'in_walk' },
  };
});

/**
 * For stores that are seen late (device.ts): who asks for a walk without a notifier has cleared dev->driver before it takes
 * group->mutex, so that a walk after this one sees that store. The look at its own device is what brings it out.
 */
export const walksAfterStore = changed(bus_notifier, (config: Config) => {
  const { states } = stateAt(config, 'walk');
  states.asked.always[0].target = 'in_dev_driver';
  states.in_dev_driver = { entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->driver' })), on: { 'dev->driver.ret': 'in_walk' } };
});
