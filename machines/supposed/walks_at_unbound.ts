/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier of a notifier walk that listens to UNBOUND_DRIVER alone, not to DRIVER_NOT_BOUND.
 *
 * Otherwise as ../notifier-walk/bus_notifier.ts.
 */
import { changed, stateAt, type Config } from '../changed.ts';
import { bus_notifier as both } from '../notifier-walk/bus_notifier.ts';

interface Seen { context: { joined: boolean; action: string | null } }

export const bus_notifier = changed(both, (config: Config) => {
  const [walk] = stateAt(config, 'in_dev_driver').on['dev->driver.ret'];
  walk.guard = ({ context: { joined, action } }: Seen) => joined && action === 'BUS_NOTIFY_UNBOUND_DRIVER';
});
