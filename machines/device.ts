/**
 * device: one struct device, from device_add() to device_del(), with its lock and the pointers others read.
 *
 * Kernel v6.1.y and v6.12.y: include/linux/device.h (driver, iommu_group, mutex), drivers/base/base.h (struct
 * device_private: dead), drivers/base/core.c (device_add, device_del), drivers/base/dd.c (driver_set_override).
 * Each event is one load or store of a field, or one taking or giving back of device_lock, so each is one step.
 * Who must hold device_lock for a store holds it (the callers' charts take it); a read without lock is a call like
 * any other, and may fall between any two steps of the others.
 * Calls on the device's IOMMU group read dev->iommu_group here, without lock, and are handed on to the group.
 * Left out: parent locks (USB only on these buses), reference counts (a name stays valid while a thread uses it),
 * class and attribute files, the kobject's own errors.
 */
import { assign, not, setup } from 'xstate';
import { environment } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';
import { EINVAL, ENODEV, unknown } from './kernel.ts';

type Group = { readonly group: Address | null };

export type DeviceCall =
  | Call<'device_lock'> | Call<'device_unlock'>
  | Call<'bus_add_device'> | Call<'ready_to_probe'> | Call<'pci_bus_add_device'>
  | Call<'kill_device'> | Call<'bus_remove_device'> | Call<'kobject_del'>
  | Call<'bus_find_device_by_name'> | Call<'dev->bus'> | Call<'dev->driver'> | Call<'dev->p'>
  | Call<'device_set_driver', { readonly driver: string | null }>
  | Call<'driver_set_override', { readonly driver_override: string | null }>
  | Call<'driver_match_device', { readonly driver: string; readonly device: string }>
  | Call<'dev->iommu_group', Group> | Call<'iommu_group_get'>
  | Call<'iommu_device_use_default_domain'> | Call<'iommu_device_unuse_default_domain'>
  | Call<'iommu_device_claim_dma_owner', { readonly owner: Address | null }>
  | Call<'iommu_device_release_dma_owner'>;

interface Context extends Here {
  device: string;
  driver: string | null;
  /** `unknown` in a world learnt from a trace that never showed it: matching then asks the environment. */
  driver_override: string | null;
  iommu_group: Address | null;
  /** struct pci_dev match_driver: a PCI device matches nothing before pci_bus_add_device(). */
  match_driver: boolean;
  bus: string;
  holder: Address | null;
  waiting: Address[];
}

export interface DeviceInput extends Partial<Context> {
  address: Address;
  device: string;
}

const { call, answer, answerWith, forward, say } = sends<Context, DeviceCall>();
const misuse = { actions: ['warn', ret(0)] } as const;
const absent = { actions: ret(0) } as const;

export const device = setup({
  types: {} as Types<Context, DeviceCall, DeviceInput>,
  guards: {
    someoneWaits: ({ context }) => context.waiting.length > 0,
    byHolder: ({ context, event }) => context.holder === event.from,
    noOwner: ({ event }) => event.type === 'iommu_device_claim_dma_owner' && event.owner === null,
    inGroup: ({ context }) => context.iommu_group !== null,
    namedByOverride: ({ context, event }) =>
      event.type === 'driver_match_device' && context.driver_override === event.driver && context.match_driver,
    matchable: ({ context }) => context.match_driver && (context.driver_override === null || context.driver_override === unknown),
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    lock: assign({ holder: ({ event }) => event.from }),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event.from] }),
    /** The mutex goes to the first waiter, who is answered only now. */
    handOver: call(({ waiting }) => waiting[0] ?? '', () => ({ type: 'device_lock.ret', ret: 0 })),
    next: assign({ holder: ({ context }) => context.waiting[0] ?? null, waiting: ({ context }) => context.waiting.slice(1) }),
    free: assign({ holder: null }),
    set_driver: assign({ driver: ({ event }) => (event.type === 'device_set_driver' ? event.driver : null) }),
    set_override: assign({ driver_override: ({ event }) => (event.type === 'driver_set_override' ? event.driver_override : null) }),
    set_group: assign({ iommu_group: ({ event }) => (event.type === 'dev->iommu_group' ? event.group : null) }),
    allow: assign({ match_driver: true }),
    forget: assign(({ context }) => ({ driver: null, driver_override: null, iommu_group: null, match_driver: context.bus !== 'pci' })),
    tellDriver: answerWith(({ driver }) => ({ ret: driver === null ? 0 : 1, driver })),
    tellGroup: answerWith(({ iommu_group }) => ({ ret: 0, group: iommu_group })),
    tellBus: answerWith(({ bus }) => ({ ret: 0, bus })),
    toGroup: forward(({ iommu_group }) => iommu_group ?? environment),
    askIds: forward(() => environment),
  },
}).createMachine({
  id: 'device',
  context: ({ input }) => ({
    driver: null, driver_override: null, iommu_group: null, match_driver: true, bus: '', holder: null, waiting: [], ...input,
  }),
  type: 'parallel',
  states: {
    presence: {
      initial: 'absent',
      states: {
        absent: {
          description: 'Not on its bus. A thread that found the name earlier may still ask.',
          meta: { function: 'device_add', step: 'before bus_add_device' },
          on: {
            bus_add_device: { target: 'adding', actions: ret(0) },
            ready_to_probe: misuse,
            pci_bus_add_device: misuse,
            kill_device: absent,
            bus_remove_device: absent,
            kobject_del: { actions: ret(0) },
            bus_find_device_by_name: { actions: ret(0) },
            'dev->p': { actions: answerWith(({ driver }) => ({ ret: 0, dead: true, ready_to_probe: false, driver })) },
          },
        },
        adding: {
          description: 'On the list of its bus, so driver_register() sees it, but device_add() is not through.',
          meta: { function: 'device_add', step: 'bus_add_device done' },
          on: {
            bus_add_device: misuse,
            ready_to_probe: { target: 'present', actions: ret(0) },
            pci_bus_add_device: misuse,
            kill_device: { target: 'dead', actions: ret(1) },
            bus_remove_device: misuse,
            kobject_del: misuse,
            bus_find_device_by_name: { actions: ret(1) },
            'dev->p': { actions: answerWith(({ driver }) => ({ ret: 0, dead: false, ready_to_probe: false, driver })) },
          },
        },
        present: {
          description: 'May be probed.',
          meta: { function: 'device_add', step: 'ready_to_probe set' },
          on: {
            bus_add_device: misuse,
            ready_to_probe: misuse,
            pci_bus_add_device: { actions: ['allow', ret(0)] },
            kill_device: { target: 'dead', actions: ret(1) },
            bus_remove_device: misuse,
            kobject_del: misuse,
            bus_find_device_by_name: { actions: ret(1) },
            'dev->p': { actions: answerWith(({ driver }) => ({ ret: 0, dead: false, ready_to_probe: true, driver })) },
          },
        },
        dead: {
          description: 'device_del() has begun: no probe any more. Still on the list of its bus.',
          meta: { function: 'device_del', step: 'kill_device done' },
          on: {
            bus_add_device: misuse,
            ready_to_probe: misuse,
            pci_bus_add_device: { actions: ret(0) },
            kill_device: { actions: ret(0) },
            bus_remove_device: { target: 'removed', actions: ret(0) },
            kobject_del: misuse,
            bus_find_device_by_name: { actions: ret(1) },
            'dev->p': { actions: answerWith(({ driver }) => ({ ret: 0, dead: true, ready_to_probe: true, driver })) },
          },
        },
        removed: {
          description: 'Off the list of its bus; REMOVED_DEVICE and KOBJ_REMOVE are still to come.',
          meta: { function: 'device_del', step: 'bus_remove_device done' },
          on: {
            bus_add_device: misuse,
            ready_to_probe: misuse,
            pci_bus_add_device: { actions: ret(0) },
            kill_device: { actions: ret(0) },
            bus_remove_device: misuse,
            kobject_del: { target: 'absent', actions: ['forget', ret(0)] },
            bus_find_device_by_name: { actions: ret(0) },
            'dev->p': { actions: answerWith(({ driver }) => ({ ret: 0, dead: true, ready_to_probe: true, driver })) },
          },
        },
      },
    },
    device_lock: {
      initial: 'unlocked',
      states: {
        unlocked: {
          on: {
            device_lock: { target: 'locked', actions: ['lock', ret(0)] },
            device_unlock: misuse,
          },
        },
        locked: {
          on: {
            device_lock: { actions: 'wait' },
            device_unlock: [
              { guard: not('byHolder'), ...misuse },
              { guard: 'someoneWaits', actions: ['handOver', 'next', ret(0)] },
              { target: 'unlocked', actions: ['free', ret(0)] },
            ],
          },
        },
      },
    },
    fields: {
      description: 'Plain fields: the same answers in every state.',
      on: {
        'dev->bus': { actions: 'tellBus' },
        'dev->driver': { actions: 'tellDriver' },
        device_set_driver: { actions: ['set_driver', ret(0)] },
        driver_set_override: { actions: ['set_override', ret(0)] },
        driver_match_device: [
          { guard: 'namedByOverride', actions: ret(1) },
          { guard: 'matchable', actions: 'askIds' },
          { actions: ret(0) },
        ],
        'dev->iommu_group': { actions: ['set_group', ret(0)] },
        iommu_group_get: { actions: 'tellGroup' },
        iommu_device_use_default_domain: [{ guard: 'inGroup', actions: 'toGroup' }, { actions: ret(0) }],
        iommu_device_unuse_default_domain: [{ guard: 'inGroup', actions: 'toGroup' }, { actions: ret(0) }],
        iommu_device_claim_dma_owner: [
          { guard: 'inGroup', actions: 'toGroup' },
          { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
          { actions: ret(-ENODEV) },
        ],
        iommu_device_release_dma_owner: [{ guard: 'inGroup', actions: 'toGroup' }, { actions: ret(0) }],
      },
    },
  },
});
