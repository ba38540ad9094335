/**
 * iommu_group of v5.15: what the group is attached to, and who is in it. Nobody owns it.
 *
 * Kernel v5.15, drivers/iommu/iommu.c, struct iommu_group { devices, domain, default_domain }. Each call holds group->mutex from start
 * to end, so each is one event. iommu_probe_device() attaches a device that joined to the default domain, whatever its group is
 * attached to: a call of its own, since the mutex is given back in between. An attach that fails half way is not taken back.
 * What the IOMMU driver says is drawn, as in v6.1.y.
 * Left out: group->notifier, whose one listener is told by bus_notifier; PASIDs, domain contents, freeing of an empty group; that
 * iommu_group_for_each_dev() holds the mutex while its callback runs (who joins or leaves meanwhile is judged as it stood).
 */
import { assign, setup } from 'xstate';
import { ret, sends, type Call, type Here, type Types } from '../chart.ts';
import { EBUSY, EINVAL } from '../kernel.ts';

type Drawn = { readonly attach?: number };
type Device = { readonly device: string };

export type GroupCall =
  | Call<'iommu_attach_group', { readonly domain: string } & Drawn> | Call<'iommu_detach_group'>
  | Call<'iommu_group_add_device', Device & { readonly group_list?: boolean } & Drawn> | Call<'iommu_setup_default_domain'> | Call<'__iommu_attach_device', Device & Drawn>
  | Call<'iommu_group_remove_device', Device>
  | Call<'iommu_group_for_each_dev'>
  | Call<'iommu_group_first_device'> | Call<'iommu_change_dev_def_domain', { readonly bound: boolean }>;

interface Context extends Here {
  /** `default`, `none`, or the name that the caller of iommu_attach_group() gave. */
  domain: string;
  devices: string[];
  /** Devices whose hardware is not attached to `domain`. */
  strays: string[];
}

export interface GroupInput extends Partial<Context> {
  address: string;
}

const { answer, answerWith } = sends<Context, GroupCall>();
const drawn = (event: GroupCall): number => ('attach' in event ? event.attach ?? 0 : 0);
const deviceOf = (event: GroupCall): string => ('device' in event ? event.device : '');

const attach = [
  { guard: 'attachFails', actions: ['leaveStray', 'answerDrawn'] },
  { target: 'foreign', actions: ['attachDomain', ret(0)] },
] as const;

export const iommu_group = setup({
  types: {} as Types<Context, GroupCall, GroupInput>,
  guards: {
    attachFails: ({ event }) => drawn(event) < 0,
    /** Of bus_iommu_probe(): the group gets its domain in the second one. */
    firstPass: ({ context, event }) => 'group_list' in event && event.group_list === true &&
      (context.devices.length === 0 ? context.domain === 'default' : context.domain === 'none'),
    noDefaultDomain: ({ context }) => context.domain === 'none',
    foreign: ({ context }) => context.domain !== 'default' && context.domain !== 'none',
    bound: ({ event }) => event.type === 'iommu_change_dev_def_domain' && event.bound,
  },
  actions: {
    answer,
    attachDomain: assign({ domain: ({ event }) => (event.type === 'iommu_attach_group' ? event.domain : 'none'), strays: [] }),
    attachDefault: assign({ domain: 'default', strays: [] }),
    /** The first devices have moved, the last has not. */
    leaveStray: assign({ strays: ({ context }) => context.devices.slice(0, -1) }),
    join: assign({
      devices: ({ context, event }) => [...context.devices, deviceOf(event)],
      domain: ({ context }) => (context.domain === 'none' ? 'default' : context.domain),
    }),
    joinUnset: assign({ devices: ({ context, event }) => [...context.devices, deviceOf(event)], domain: 'none' }),
    toDefault: assign({ strays: ({ context, event }) => (context.domain === 'default' ? context.strays : [...context.strays, deviceOf(event)]) }),
    leave: assign({
      devices: ({ context, event }) => context.devices.filter((device) => device !== deviceOf(event)),
      strays: ({ context, event }) => context.strays.filter((device) => device !== deviceOf(event)),
    }),
    list: answerWith(({ devices }) => ({ ret: devices.length, devices })),
    /** The first look of a write to `type`: exactly one device, and which. */
    look: answerWith(({ devices }) => ({ ret: devices.length === 1 ? 0 : -EINVAL, device: devices[0] ?? null })),
    answerDrawn: answerWith((_context, event) => ({ ret: drawn(event) })),
  },
}).createMachine({
  id: 'iommu_group',
  context: ({ input }) => ({ domain: 'default', devices: [], strays: [], ...input }),
  type: 'parallel',
  states: {
    attachment: {
      description: 'What group->domain is. Anybody may attach another domain while the default one is there.',
      initial: 'default',
      states: {
        default: {
          description: 'The default domain, which the DMA API maps into.',
          on: { iommu_attach_group: attach, iommu_detach_group: { actions: ret(0) }, iommu_group_add_device: { guard: 'firstPass', target: 'none' } },
        },
        foreign: {
          description: 'The domain of a user, or of whoever else attached one.',
          on: {
            iommu_attach_group: { actions: ret(-EBUSY) },
            iommu_detach_group: { target: 'default', actions: ['attachDefault', ret(0)] },
          },
        },
        none: {
          description: 'Between the passes of bus_iommu_probe().',
          on: {
            iommu_attach_group: attach, iommu_detach_group: { actions: ret(0) },
            iommu_group_add_device: { target: 'default', guard: ({ event }) => drawn(event) === 0 && !('group_list' in event && event.group_list === true) },
            iommu_setup_default_domain: { target: 'default' },
          },
        },
      },
    },
    membership: {
      description: 'The devices list.',
      on: {
        iommu_group_add_device: [
          { guard: 'firstPass', actions: ['joinUnset', ret(0)] }, { guard: 'attachFails', actions: 'answerDrawn' }, { actions: ['join', ret(0)] },
        ],
        iommu_setup_default_domain: [{ guard: 'noDefaultDomain', actions: ['attachDefault', ret(0)] }, { actions: ret(0) }],
        __iommu_attach_device: [{ guard: 'attachFails', actions: 'answerDrawn' }, { actions: ['toDefault', ret(0)] }],
        iommu_group_remove_device: { actions: ['leave', ret(0)] },
        iommu_group_for_each_dev: { actions: 'list' },
        iommu_group_first_device: { actions: 'look' },
        iommu_change_dev_def_domain: [
          { guard: 'bound', actions: ret(-EBUSY) },
          { guard: 'noDefaultDomain', actions: ret(-EINVAL) },
          { guard: 'foreign', actions: ret(-EBUSY) },
          { actions: ret(0) },
        ],
      },
    },
  },
});
