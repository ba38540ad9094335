/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * device_add of v7.3: a PCI device that is plugged in asks for drivers only where drivers_autoprobe says so.
 *
 * Kernel v7.3 (7.3.4), drivers/pci/bus.c pci_bus_add_device, drivers/base/dd.c device_initial_probe: the flag is tested there for all buses, and
 * async drivers are allowed. Otherwise as v6.12.y, with ready_to_probe.
 */
import { attachAt, busAt } from '../address.ts';
import { changed } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';
import { device_add as of6_12 } from '../entry/device_add.ts';

const { call } = sends<Here & { device: string; bus: string }, { type: string; from: Address }>();

export const device_add = changed(of6_12, (config) => {
  const { states } = config.states.pci_bus_add_device;
  states.in_match_driver.on['pci_bus_add_device.ret'] = 'in_drivers_autoprobe';
  states.in_drivers_autoprobe = {
    meta: { function: 'device_initial_probe' },
    entry: call(({ bus }) => busAt(bus), ({ device }) => ({ type: 'drivers_autoprobe_show', name: device })),
    on: { 'drivers_autoprobe_show.ret': [{ guard: 'zero', target: '#over' }, { target: 'in_device_lock' }] },
  };
  states.in_device_lock.entry = states.in_device_lock.entry[1];
  states.in_device_attach.entry = call(({ device }) => attachAt(device), () => ({ type: '__device_attach', allow_async: true }));
  states.in_device_attach.on['__device_attach.ret'] = 'in_device_unlock';
  states.in_device_unlock.on['device_unlock.ret'] = '#over';
});
