/**
 * bus_notifier: the notifier chain of a bus, for the events of one device.
 *
 * Kernel v6.1.y and v6.12.y: bus_notify / blocking_notifier_call_chain; the one listener that matters is
 * iommu_bus_notifier (drivers/iommu/iommu.c), which acts on ADD_DEVICE and REMOVED_DEVICE only. Its answer is ignored
 * by the driver core: a listener can refuse nothing. The chain is walked on the caller's own thread; two threads that
 * notify for the same device at once wait for each other here, which loses no order of effects (each effect is one
 * step of the group or of the device).
 * Left out: listeners outside the IOMMU core.
 */
import { assign, setup } from 'xstate';
import { deviceAt, environment } from './address.ts';
import { sends, type Address, type Call, type Here, type Ret, type Types } from './chart.ts';
import type { Notifier } from './kernel.ts';

export type NotifierCall =
  | Call<'bus_notify', { readonly action: Notifier }>
  /** Asked again while a driver binds: the IOMMU driver came after the device. */
  | Call<'iommu_probe_device'>
  /** First pass of an IOMMU driver that registers: the device gets its group, the group no domain. */
  | Call<'__iommu_probe_device'>
  /** The IOMMU driver leaves before the device. */
  | Call<'iommu_release_device'>;
type Answer =
  | Ret<'dev->driver', { readonly driver: string | null }>
  | Ret<'iommu_group_add_device', { readonly elsewhere?: boolean }>
  | Ret<'probe_device' | 'iommu_group_remove_device' | 'dev->iommu_group'>;

interface Context extends Here {
  device: string;
  bus: string;
  /** The group that firmware and topology will put the device in, or null: no IOMMU behind it. */
  group: Address | null;
  /** iommu_bus_notifier is on this bus's chain. */
  listens: boolean;
  /** Name of the function that takes a leaving device apart: iommu_release_device, or iommu_deinit_device. */
  release: string;
  /** The device is in its group: there is something to take apart. */
  joined: boolean;
  action: Notifier | null;
  caller: Address;
  /** The function to answer. */
  call: string;
  waiting: { from: Address; call: string; action: Notifier | null }[];
  ret: number;
}

export interface NotifierInput {
  address: Address;
  device: string;
  bus: string;
  group: Address | null;
  listens: boolean;
  release: string;
  joined: boolean;
}

const { call, say } = sends<Context, NotifierCall | Answer>();

export const bus_notifier = setup({
  types: {} as Types<Context, NotifierCall | Answer, NotifierInput>,
  guards: {
    joins: ({ context }) => context.listens && context.action === 'BUS_NOTIFY_ADD_DEVICE',
    leaves: ({ context }) => context.joined && context.action === 'BUS_NOTIFY_REMOVED_DEVICE',
    joined: ({ context }) => context.joined,
    releaseWaits: ({ context }) => context.joined && context.waiting[0]?.call === 'iommu_release_device',
    vainReleaseWaits: ({ context }) => context.waiting[0]?.call === 'iommu_release_device',
    probeWaits: ({ context }) => context.waiting[0]?.call.endsWith('iommu_probe_device') === true,
    hasGroup: ({ context }) => context.group !== null,
    elsewhere: ({ event }) => event.type === 'iommu_group_add_device.ret' && event.elsewhere === true,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    someoneWaits: ({ context }) => context.waiting.length > 0,
  },
  actions: {
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, action: event.type === 'bus_notify' ? event.action : null, ret: 0 })),
    wait: assign({
      waiting: ({ context, event }) =>
        [...context.waiting, { from: event.from, call: event.type, action: event.type === 'bus_notify' ? event.action : null }],
    }),
    next: assign(({ context }) => ({
      caller: context.waiting[0]?.from ?? '', call: context.waiting[0]?.call ?? '', action: context.waiting[0]?.action ?? null, waiting: context.waiting.slice(1), ret: 0,
    })),
    tell: say(({ action, device, bus }, event) =>
      ({ type: 'bus_notify', action, device, bus, driver: event.type === 'dev->driver.ret' ? event.driver : null })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret: type === 'bus_notify' ? 0 : ret })),
    idle: assign({ caller: '', call: '', action: null, ret: 0 }),
    join: assign({ joined: true }),
    part: assign({ joined: false }),
    iommu_probe_device: say(({ device }) => ({ type: 'iommu_probe_device', device })),
    'iommu_probe_device.ret': say(({ device, ret }) => ({ type: 'iommu_probe_device.ret', device, ret })),
    release: say(({ device, release, group }) => ({ type: release, device, group })),
  },
}).createMachine({
  id: 'bus_notifier',
  context: ({ input }) => ({ ...input, action: null, caller: '', call: '', waiting: [], ret: 0 }),
  initial: 'idle',
  on: {
    bus_notify: { actions: 'wait' }, iommu_probe_device: { actions: 'wait' }, __iommu_probe_device: { actions: 'wait' }, iommu_release_device: { actions: 'wait' },
  },
  states: {
    idle: {
      on: {
        bus_notify: { target: 'in_dev_driver', actions: 'begin' },
        iommu_probe_device: { target: 'iommu_probe_device', actions: 'begin' },
        __iommu_probe_device: { target: 'iommu_probe_device', actions: 'begin' },
        iommu_release_device: [{ guard: 'joined', target: 'iommu_release_device', actions: 'begin' }, { target: 'answered', actions: 'begin' }],
      },
    },
    in_dev_driver: {
      description: 'The listeners see dev->driver as it is now.',
      entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->driver' })),
      on: {
        'dev->driver.ret': [
          { guard: 'joins', target: 'iommu_probe_device', actions: 'tell' },
          { guard: 'leaves', target: 'iommu_release_device', actions: 'tell' },
          { target: 'answered', actions: 'tell' },
        ],
      },
    },
    iommu_probe_device: {
      meta: { function: 'iommu_probe_device' },
      entry: 'iommu_probe_device',
      initial: 'asked',
      states: {
        asked: { always: [{ guard: 'joined', target: 'probed', description: 'It has its group already.' }, { target: 'in_probe_device' }] },
        in_probe_device: {
          description: 'ops->probe_device of the IOMMU driver: -ENODEV when no IOMMU is responsible.',
          entry: call(() => environment, ({ device }) => ({ type: 'probe_device', device })),
          on: {
            'probe_device.ret': [
              { guard: 'failed', target: 'probed', actions: 'keep' },
              { guard: 'hasGroup', target: 'in_iommu_group_add_device' },
              { target: 'probed' },
            ],
          },
        },
        in_iommu_group_add_device: {
          entry: call(({ group }) => group ?? environment, ({ device, call: asked }) => (
            { type: 'iommu_group_add_device', device, ...(asked === '__iommu_probe_device' ? { group_list: true } : {}) })),
          on: {
            'iommu_group_add_device.ret': [
              { guard: 'failed', target: 'probed', actions: 'keep', description: 'The device stays without a group.' },
              { guard: 'elsewhere', target: 'probed', description: 'It makes a group of its own, which nobody follows.' },
              { target: 'in_dev_iommu_group' },
            ],
          },
        },
        in_dev_iommu_group: {
          entry: call(({ device }) => deviceAt(device), ({ group }) => ({ type: 'dev->iommu_group', group })),
          on: { 'dev->iommu_group.ret': { target: 'probed', actions: 'join' } },
        },
        probed: { entry: 'iommu_probe_device.ret', always: '#notified' },
      },
    },
    iommu_release_device: {
      meta: { function: 'iommu_release_device' },
      initial: 'in_iommu_group_remove_device',
      states: {
        in_iommu_group_remove_device: {
          entry: ['release', call(({ group }) => group ?? environment, ({ device }) => ({ type: 'iommu_group_remove_device', device }))],
          on: { 'iommu_group_remove_device.ret': 'in_dev_iommu_group' },
        },
        in_dev_iommu_group: {
          entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->iommu_group', group: null })),
          on: { 'dev->iommu_group.ret': { target: '#notified', actions: 'part' } },
        },
      },
    },
    answered: {
      id: 'notified',
      entry: 'reply',
      always: [
        { guard: 'releaseWaits', target: 'iommu_release_device', actions: 'next' },
        { guard: 'vainReleaseWaits', target: 'answered', reenter: true, actions: 'next' },
        { guard: 'probeWaits', target: 'iommu_probe_device', actions: 'next' },
        { guard: 'someoneWaits', target: 'in_dev_driver', actions: 'next' },
        { target: 'idle', actions: 'idle' },
      ],
    },
  },
});
