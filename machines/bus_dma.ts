/**
 * bus_dma: the bus callbacks dma_configure and dma_cleanup for one device.
 *
 * Kernel v6.1.y and v6.12.y: pci_dma_configure / pci_dma_cleanup (drivers/pci/pci-driver.c), platform_dma_configure
 * (drivers/base/platform.c), amba_dma_configure (drivers/amba/bus.c), fsl_mc_dma_configure (drivers/bus/fsl-mc/
 * fsl-mc-bus.c): the same in all four. Firmware first, then use; a refused use tears the DMA ops down again. The flag
 * driver_managed_dma is read from the driver, and again at cleanup. The caller holds device_lock.
 * Left out: dma-ranges without force (an errno of the environment stands for it), the contents of the DMA ops.
 */
import { assign, setup } from 'xstate';
import { deviceAt, driverAt, environment, notifierAt } from './address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from './chart.ts';
import { EBUSY, EPROBE_DEFER } from './kernel.ts';

type Driver = { readonly driver: string };

export type DmaCall = Call<'dma_configure', Driver> | Call<'dma_cleanup', Driver>;
type Answer =
  | Ret<'firmware_dma_configure' | 'iommu_probe_device' | 'driver_managed_dma'>
  | Ret<'iommu_device_use_default_domain' | 'iommu_device_unuse_default_domain'>;

interface Context extends Busy {
  device: string;
  /** Prefix of the callbacks' names: pci, platform, amba, fsl_mc. */
  bus: string;
  driver: string;
  managed: boolean;
}

export interface DmaInput {
  address: string;
  device: string;
  bus: string;
}

const { call, say } = sends<Context, DmaCall | Answer>();
const label = (end: '' | '.ret') =>
  say(({ bus, call: function_, device, driver, managed, ret }) =>
    ({ type: `${bus}_${function_}${end}`, device, driver, managed, ...(end ? { ret } : {}) }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const readFlag = call(({ driver }) => driverAt(driver), ({ driver }) => ({ type: 'driver_managed_dma', driver }));

export const bus_dma = setup({
  types: {} as Types<Context, DmaCall | Answer, DmaInput>,
  guards: {
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    missed: ({ event }) => 'ret' in event && event.ret === 1,
    defers: ({ event }) => 'ret' in event && event.ret === -EPROBE_DEFER,
    managed: ({ context }) => context.managed,
  },
  actions: {
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, driver: 'driver' in event ? event.driver : '', ret: 0 })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    keepFlag: assign({ managed: ({ event }) => 'ret' in event && event.ret === 1 }),
    arch_teardown_dma_ops: say(({ device }) => ({ type: 'arch_teardown_dma_ops', device })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, driver: '', managed: false }),
  },
}).createMachine({
  id: 'bus_dma',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: input.device, bus: input.bus, driver: '', managed: false }),
  initial: 'idle',
  on: {
    // Reached only without device_lock.
    dma_configure: { actions: 'refuse' },
    dma_cleanup: { actions: 'refuse' },
  },
  states: {
    idle: {
      on: {
        dma_configure: { target: 'dma_configure', actions: 'begin' },
        dma_cleanup: { target: 'dma_cleanup', actions: 'begin' },
      },
    },
    dma_configure: {
      initial: 'in_driver_managed_dma',
      states: {
        in_driver_managed_dma: {
          entry: readFlag,
          on: { 'driver_managed_dma.ret': { target: 'in_firmware', actions: ['keepFlag', label('')] } },
        },
        in_firmware: {
          description: 'of_dma_configure() or acpi_dma_configure(). 1: firmware names an IOMMU that has not seen the device yet.',
          entry: call(() => environment, ({ device }) => ({ type: 'firmware_dma_configure', device })),
          on: {
            'firmware_dma_configure.ret': [
              { guard: 'failed', target: '#answered', actions: 'keep' },
              { guard: 'missed', target: 'in_iommu_probe_device' },
              { guard: 'managed', target: '#answered' },
              { target: 'in_use' },
            ],
          },
        },
        in_iommu_probe_device: {
          description: 'Up to 6.14 the firmware part makes up for it; any error but -EPROBE_DEFER means: go on without IOMMU.',
          entry: call(({ device }) => notifierAt(device), () => ({ type: 'iommu_probe_device' })),
          on: {
            'iommu_probe_device.ret': [
              { guard: 'defers', target: '#answered', actions: 'keep' },
              { guard: 'managed', target: '#answered' },
              { target: 'in_use' },
            ],
          },
        },
        in_use: {
          entry: toDevice('iommu_device_use_default_domain'),
          on: {
            'iommu_device_use_default_domain.ret': [
              { guard: 'failed', target: '#answered', actions: ['keep', 'arch_teardown_dma_ops'] },
              { target: '#answered' },
            ],
          },
        },
      },
    },
    dma_cleanup: {
      initial: 'in_driver_managed_dma',
      states: {
        in_driver_managed_dma: {
          entry: readFlag,
          on: {
            'driver_managed_dma.ret': [
              { guard: ({ event }) => event.ret === 1, target: '#answered', actions: ['keepFlag', label('')] },
              { target: 'in_unuse', actions: ['keepFlag', label('')] },
            ],
          },
        },
        in_unuse: {
          entry: toDevice('iommu_device_unuse_default_domain'),
          on: { 'iommu_device_unuse_default_domain.ret': '#answered' },
        },
      },
    },
    answered: { id: 'answered', entry: [label('.ret'), 'reply', 'idle'], always: 'idle' },
  },
});
