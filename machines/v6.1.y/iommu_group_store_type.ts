/**
 * iommu_group_store_type: a write to /sys/kernel/iommu_groups/N/type.
 *
 * Kernel v6.1.y (6.1.192), drivers/iommu/iommu.c iommu_group_store_type, iommu_change_dev_def_domain: a look under
 * group->mutex (exactly one device), then device_lock, then group->mutex again; refused with -EBUSY while a driver is
 * bound, whichever, or while a foreign domain is attached. Left out: the capability check, the words of the file, DMA
 * to DMA-FQ (allowed while bound).
 */
import { assign, setup } from 'xstate';
import { deviceAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'group_store_type', { readonly group: Address }>;
type Answer =
  | Ret<'iommu_group_first_device', { readonly device: string | null }>
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'device_lock' | 'iommu_change_dev_def_domain' | 'device_unlock'>;
interface Context extends Busy { group: Address; device: string; bound: boolean }

const { call, say } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));

export const group_store_type = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: { failed: ({ event }) => 'ret' in event && event.ret < 0 },
  actions: {
    begin: assign(({ event }) => ('group' in event ? { caller: event.from, call: event.type, group: event.group, ret: 0 } : {})),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    take: assign({ device: ({ event }) => (event.type === 'iommu_group_first_device.ret' ? event.device ?? '' : '') }),
    look: assign({ bound: ({ event }) => event.type === 'dev->driver.ret' && event.driver !== null }),
    iommu_group_store_type: say(({ group }) => ({ type: 'iommu_group_store_type', group })),
    'iommu_group_store_type.ret': say(({ group, ret }) => ({ type: 'iommu_group_store_type.ret', group, ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, group: '', device: '', bound: false }),
  },
}).createMachine({
  id: 'group_store_type',
  context: ({ input }) => ({ ...notBusy, address: input.address, group: '', device: '', bound: false }),
  initial: 'idle',
  on: { group_store_type: { actions: 'refuse' } },
  states: {
    idle: { on: { group_store_type: { target: 'in_look', actions: 'begin' } } },
    in_look: {
      entry: ['iommu_group_store_type', call(({ group }) => group, () => ({ type: 'iommu_group_first_device' }))],
      on: {
        'iommu_group_first_device.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_device_lock', actions: 'take' },
        ],
      },
    },
    in_device_lock: { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_dev_driver' } },
    in_dev_driver: {
      entry: toDevice('dev->driver'),
      on: { 'dev->driver.ret': { target: 'in_iommu_change_dev_def_domain', actions: 'look' } },
    },
    in_iommu_change_dev_def_domain: {
      entry: call(({ group }) => group, ({ bound }) => ({ type: 'iommu_change_dev_def_domain', bound })),
      on: { 'iommu_change_dev_def_domain.ret': { target: 'in_device_unlock', actions: 'keep' } },
    },
    in_device_unlock: { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'answered' } },
    answered: { entry: ['iommu_group_store_type.ret', 'reply', 'idle'], always: 'idle' },
  },
});
