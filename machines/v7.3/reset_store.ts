/**
 * reset_store: a write to the file `reset` of a PCI device.
 *
 * Kernel v7.3 (7.3.4), drivers/pci/pci-sysfs.c reset_store, drivers/pci/pci.c pci_reset_function: device_lock around the whole reset, and the group told
 * before and after it. How the device is reset, and whether that works, is the environment's.
 * Left out: the callbacks reset_prepare and reset_done of a driver, resets of a slot or a bus, a reset that the user asks VFIO for.
 */
import { assign, setup } from 'xstate';
import { deviceAt, environment } from '../address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'reset_store', { readonly device: string }>;
type Answer = Ret<'device_lock' | 'pci_dev_reset_iommu_prepare' | '__pci_reset_function_locked' | 'pci_dev_reset_iommu_done' | 'device_unlock'>;
interface Context extends Busy { device: string }

const { call } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), ({ device }) => ({ type, device }));

export const reset_store = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ('device' in event ? { caller: event.from, call: event.type, device: event.device, ret: 0 } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '' }),
  },
}).createMachine({
  id: 'reset_store',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '' }),
  initial: 'idle',
  on: { reset_store: { actions: 'refuse' } },
  states: {
    idle: { on: { reset_store: { target: 'in_device_lock', actions: 'begin' } } },
    in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_prepare' } },
    in_prepare: { entry: toDevice('pci_dev_reset_iommu_prepare'), on: { 'pci_dev_reset_iommu_prepare.ret': 'in_reset' } },
    in_reset: {
      entry: call(() => environment, ({ device }) => ({ type: '__pci_reset_function_locked', device })),
      on: { '__pci_reset_function_locked.ret': { target: 'in_done', actions: 'keep' } },
    },
    in_done: { entry: toDevice('pci_dev_reset_iommu_done'), on: { 'pci_dev_reset_iommu_done.ret': 'in_device_unlock' } },
    in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
