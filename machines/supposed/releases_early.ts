/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * driver_binding that gives the group back before the driver's remove() is called.
 *
 * "Anywhere during remove", taken at its word. Only __device_release_driver() differs; a probe that fails has stopped its DMA by
 * the time it is cleaned up. Otherwise as ../driver_binding.ts.
 */
import { changed, stateAt, type Config } from '../changed.ts';
import { driver_binding as merged } from '../driver_binding.ts';

export const driver_binding = changed(merged, (config: Config) => {
  const { in_unbind_driver, device_remove, in_dma_cleanup } = stateAt(config, '__device_release_driver').states;
  in_unbind_driver.on['bus_notify.ret'] = [{ guard: 'hasDma', target: 'in_dma_cleanup' }, { target: 'device_remove' }];
  in_dma_cleanup.on['dma_cleanup.ret'] = 'device_remove';
  device_remove.on['remove.ret'].shift();
});
