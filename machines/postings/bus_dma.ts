/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_dma of v6 and v7: the claim comes first, then firmware; when firmware fails, the claim is taken back.
 *
 * A group that firmware makes to appear (up to 6.14 that is where an IOMMU that came late sees the device) was not there to
 * be counted in. v8 turned the order round. `firmwareOnly` is the callback before it had to do with ownership (v1).
 * Otherwise as ../bus_dma.ts.
 */
import { deviceAt } from '../address.ts';
import { bus_dma as merged } from '../bus_dma.ts';
import { changed, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';

const { call } = sends<Here & { device: string }, { type: string; from: string }>();
const managed = ({ context }: { context: { managed: boolean } }) => context.managed;
const flagged = ({ event }: { event: { ret: number } }) => event.ret === 1;

export const bus_dma = changed(merged, (config: Config) => {
  const { states } = config.states.dma_configure;
  const flag = states.in_driver_managed_dma.on['driver_managed_dma.ret'];
  states.in_driver_managed_dma.on['driver_managed_dma.ret'] = [{ ...flag, guard: flagged }, { ...flag, target: 'in_use' }];
  states.in_use.on['iommu_device_use_default_domain.ret'] = [{ guard: 'failed', target: '#answered', actions: 'keep' }, { target: 'in_firmware' }];
  states.in_firmware.on['firmware_dma_configure.ret'] = [
    { guard: 'failed', target: 'undo', actions: 'keep' }, { guard: 'missed', target: 'in_iommu_probe_device' }, { target: '#answered' },
  ];
  states.in_iommu_probe_device.on['iommu_probe_device.ret'] = [{ guard: 'defers', target: 'undo', actions: 'keep' }, { target: '#answered' }];
  states.undo = { always: [{ guard: managed, target: '#answered' }, { target: 'in_unuse' }] };
  states.in_unuse = {
    entry: call(({ device }) => deviceAt(device), () => ({ type: 'iommu_device_unuse_default_domain' })),
    on: { 'iommu_device_unuse_default_domain.ret': '#answered' },
  };
});

export const firmwareOnly = changed(merged, (config: Config) => {
  const { states } = config.states.dma_configure;
  states.in_firmware.on['firmware_dma_configure.ret'] = [
    { guard: 'failed', target: '#answered', actions: 'keep' }, { guard: 'missed', target: 'in_iommu_probe_device' }, { target: '#answered' },
  ];
  states.in_iommu_probe_device.on['iommu_probe_device.ret'] = [{ guard: 'defers', target: '#answered', actions: 'keep' }, { target: '#answered' }];
  delete states.in_use;
  delete config.on.dma_cleanup;
  delete config.states.idle.on.dma_cleanup;
  delete config.states.dma_cleanup;
});
