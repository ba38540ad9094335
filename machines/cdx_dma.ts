/**
 * cdx_dma: the callbacks of the cdx bus, which throw the refusal away.
 *
 * Kernel v6.12.y (6.12.117), drivers/cdx/cdx.c cdx_dma_configure, cdx_dma_cleanup: returns 0 whatever
 * iommu_device_use_default_domain() said, and 0 when firmware says -EPROBE_DEFER; any other error of firmware is
 * returned. The bus exists from v6.4 on. The caller holds device_lock. Otherwise as bus_dma.
 */
import { assign, setup } from 'xstate';
import { deviceAt, driverAt, environment } from './address.ts';
import type { DmaCall, DmaInput } from './bus_dma.ts';
import { notBusy, sends, type Busy, type Ret, type Types } from './chart.ts';
import { EBUSY, EPROBE_DEFER } from './kernel.ts';

type Answer =
  | Ret<'firmware_dma_configure' | 'driver_managed_dma'>
  | Ret<'iommu_device_use_default_domain' | 'iommu_device_unuse_default_domain'>;
interface Context extends Busy { device: string; driver: string; managed: boolean }

const { call, say } = sends<Context, DmaCall | Answer>();
const label = (end: '' | '.ret') =>
  say(({ call: function_, device, driver, managed, ret }) =>
    ({ type: `cdx_${function_}${end}`, device, driver, managed, ...(end ? { ret } : {}) }));
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const readFlag = call(({ driver }) => driverAt(driver), () => ({ type: 'driver_managed_dma' }));

export const cdx_dma = setup({
  types: {} as Types<Context, DmaCall | Answer, DmaInput>,
  guards: {
    deferred: ({ event }) => 'ret' in event && event.ret === -EPROBE_DEFER,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
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
  id: 'cdx_dma',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: input.device, driver: '', managed: false }),
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
          entry: call(() => environment, ({ device }) => ({ type: 'firmware_dma_configure', device })),
          on: {
            'firmware_dma_configure.ret': [
              { guard: 'deferred', target: '#answered', description: '-EPROBE_DEFER is lost here.' },
              { guard: 'failed', target: '#answered', actions: 'keep' },
              { guard: 'managed', target: '#answered' },
              { target: 'in_use' },
            ],
          },
        },
        in_use: {
          entry: toDevice('iommu_device_use_default_domain'),
          on: {
            'iommu_device_use_default_domain.ret': [
              { guard: 'failed', target: '#answered', actions: 'arch_teardown_dma_ops', description: '-EBUSY is lost here.' },
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
