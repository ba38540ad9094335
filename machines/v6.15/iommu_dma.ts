/**
 * iommu_dma: a bus's dma_configure() as the IOMMU core calls it, when a device meets its IOMMU.
 *
 * Kernel v6.15 (6.15.0), drivers/iommu/iommu.c iommu_init_device since bcb81ac6ae3c; drivers/pci/pci-driver.c pci_dma_configure,
 * drivers/base/platform.c, drivers/amba/bus.c, drivers/bus/fsl-mc/fsl-mc-bus.c, drivers/cdx/cdx.c. The caller holds neither device_lock nor
 * iommu_probe_device_lock, so a driver may be bound meanwhile: each load of dev->driver is a step. `driver` is the pointer of the
 * bus's own struct, made from the first load; a second load decides whether a driver is there. Null then is not null now: the
 * flag is read through a bad pointer, and the kernel stops (`BUG`; what the chart does after it means nothing).
 * 78447d4545b2 (pci) and its like for platform and fsl-mc load once: `iommu_dma_once`, in v7.3; amba and cdx still load twice there.
 * Left out: the fwspec that a device may have already, which spares the call; a replay of iommu_probe_device() from inside
 * (dev->iommu is set by then). cdx answers 0 whatever was said; nobody looks at the answer here, so it needs no chart of its own.
 */
import { assign, setup } from 'xstate';
import { deviceAt, driverAt, environment } from '../address.ts';
import type { DmaInput } from '../bus_dma.ts';
import { changed, type Config } from '../changed.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'dma_configure'>;
type Answer =
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'firmware_dma_configure' | 'driver_managed_dma' | 'iommu_device_use_default_domain'>;
interface Context extends Busy {
  device: string;
  bus: string;
  driver: string | null;
}

const { call, say } = sends<Context, Command | Answer>();
const label = (end: '' | '.ret') => say(({ bus, device, ret }) =>
  ({ type: `${bus}_dma_configure${end}`, device, driver: null, managed: false, ...(end ? { ret } : {}) }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));

export const iommu_dma = setup({
  types: {} as Types<Context, Command | Answer, DmaInput>,
  guards: {
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    yes: ({ event }) => 'ret' in event && event.ret === 1,
    noDriver: ({ event }) => event.type === 'dev->driver.ret' && event.driver === null,
    hadDriver: ({ context }) => context.driver !== null,
  },
  actions: {
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, driver: null, ret: 0 })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    load: assign({ driver: ({ event }) => (event.type === 'dev->driver.ret' ? event.driver : null) }),
    BUG: say(({ device }) => ({ type: 'BUG', device, why: 'driver_managed_dma is read through a pointer made from NULL' })),
    arch_teardown_dma_ops: say(({ device }) => ({ type: 'arch_teardown_dma_ops', device })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, driver: null }),
  },
}).createMachine({
  id: 'iommu_dma',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: input.device, bus: input.bus, driver: null }),
  initial: 'idle',
  // The notifier chart asks for one device at a time.
  on: { dma_configure: { actions: 'refuse' } },
  states: {
    idle: { on: { dma_configure: { target: 'in_to_driver', actions: 'begin' } } },
    in_to_driver: {
      description: 'to_pci_driver(dev->driver) and its like.',
      entry: [label(''), toDevice('dev->driver')],
      on: { 'dev->driver.ret': { target: 'in_firmware', actions: 'load' } },
    },
    in_firmware: {
      entry: call(() => environment, ({ device }) => ({ type: 'firmware_dma_configure', device })),
      on: {
        'firmware_dma_configure.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_dev_driver' },
        ],
      },
    },
    in_dev_driver: {
      entry: toDevice('dev->driver'),
      on: {
        'dev->driver.ret': [
          { guard: 'noDriver', target: 'answered' },
          { guard: 'hadDriver', target: 'in_driver_managed_dma' },
          { target: 'answered', actions: 'BUG' },
        ],
      },
    },
    in_driver_managed_dma: {
      entry: call(({ driver }) => driverAt(driver ?? ''), () => ({ type: 'driver_managed_dma' })),
      on: { 'driver_managed_dma.ret': [{ guard: 'yes', target: 'answered' }, { target: 'in_use' }] },
    },
    in_use: {
      description: 'On behalf of a driver whose own probe says the same a second time.',
      entry: toDevice('iommu_device_use_default_domain'),
      on: {
        'iommu_device_use_default_domain.ret': [
          { guard: 'failed', target: 'answered', actions: ['keep', 'arch_teardown_dma_ops'] },
          { target: 'answered' },
        ],
      },
    },
    answered: { entry: [label('.ret'), 'reply', 'idle'], always: 'idle' },
  },
});

/** dev->driver is loaded once, at entry: without a driver then, nobody asks again. */
export const iommu_dma_once = changed(iommu_dma, (config: Config) => {
  /* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- a configuration is plain data here */
  const { in_firmware } = config.states;
  in_firmware.on['firmware_dma_configure.ret'] = [
    in_firmware.on['firmware_dma_configure.ret'][0],
    { guard: 'hadDriver', target: 'in_driver_managed_dma' },
    { target: 'answered' },
  ];
  delete config.states.in_dev_driver;
  /* eslint-enable */
});
