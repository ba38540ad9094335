/**
 * iommu_group: who may do DMA through this group, and what the group is attached to.
 *
 * Kernel v6.1.y (6.1.192), drivers/iommu/iommu.c, struct iommu_group { devices, domain, default_domain,
 * blocking_domain, owner, owner_cnt }. Each call holds group->mutex from start to end, so each is one event.
 * What the IOMMU driver says when a domain is attached is drawn by the world when the call is delivered (`attach`,
 * see environment.ts): the attach happens inside the same critical section.
 * Left out: PASIDs, domain contents, freeing of an empty group (a new struct takes its place under the same name); the new
 * group that a device makes when the old one is empty and still owned: no chart stands for it, and nobody claims it.
 */
import { assign, not, or, setup } from 'xstate';
import { ret, sends, type Address, type Call, type Here, type Types } from '../chart.ts';
import { EBUSY, EINVAL, EPERM } from '../kernel.ts';

type Drawn = { readonly attach?: number };

export type GroupCall =
  | Call<'iommu_device_use_default_domain'> | Call<'iommu_device_unuse_default_domain'>
  | Call<'iommu_group_claim_dma_owner', { readonly owner: Address | null } & Drawn>
  | Call<'iommu_group_release_dma_owner', Drawn>
  | Call<'iommu_group_dma_owner_claimed'>
  | Call<'iommu_attach_group', { readonly domain: string } & Drawn> | Call<'iommu_detach_group'>
  | Call<'iommu_group_add_device', { readonly device: string; readonly group_list?: boolean } & Drawn> | Call<'iommu_setup_default_domain'>
  | Call<'iommu_group_remove_device', { readonly device: string }>
  | Call<'iommu_group_first_device'> | Call<'iommu_change_dev_def_domain', { readonly bound: boolean }>;

interface Context extends Here {
  owner_cnt: number;
  owner: Address | null;
  /** `default`, `blocking`, `none`, or the name that the caller of iommu_attach_group() gave. */
  domain: string;
  devices: string[];
  /** Devices whose hardware is not attached to `domain` (a claim that failed half way, with no way back). */
  strays: string[];
}

export interface GroupInput extends Partial<Context> {
  address: Address;
}

const { answer, answerWith, say } = sends<Context, GroupCall>();
const misuse = { actions: ['warn', ret(0)] } as const;
const drawn = (event: GroupCall): number => ('attach' in event ? event.attach ?? 0 : 0);

/** __iommu_group_set_domain() with owner_cnt and owner as they are at that moment. */
const setDomain = (domain: string, after: { owner_cnt?: number; owned?: boolean } = {}) => [
  say(({ owner_cnt, owner }) => ({
    type: '__iommu_group_set_domain', domain, owner_cnt: after.owner_cnt ?? owner_cnt, owned: after.owned ?? owner !== null,
  })),
  say((_context, event) => ({ type: '__iommu_group_set_domain.ret', ret: drawn(event) })),
];

export const iommu_group = setup({
  types: {} as Types<Context, GroupCall, GroupInput>,
  guards: {
    /** The last device has gone and something is left on it: a device that comes now finds no group, and makes a new one. */
    abandoned: ({ context }) => context.devices.length === 0 && (context.owner !== null || !['default', 'none'].includes(context.domain)),
    /** The last device has gone, and counts with it that nobody will give back: the struct was freed, and a device that comes makes a new one. */
    freed: ({ context, event }) => context.devices.length === 0 && context.owner === null && context.owner_cnt > 0 &&
      ['default', 'none'].includes(context.domain) && drawn(event) === 0,
    /** Of bus_iommu_probe(): the group gets its domain in the second one. */
    firstPass: ({ context, event }) => 'group_list' in event && event.group_list === true && context.owner === null &&
      (context.devices.length === 0 ? ['default', 'none'].includes(context.domain) : context.domain === 'none'),
    unset: ({ context }) => context.domain === 'none' && context.owner === null,
    counted: ({ context }) => context.owner_cnt > 0,
    lastUser: ({ context }) => context.owner_cnt === 1,
    foreign: ({ context }) => context.domain !== 'default' && context.domain !== 'none',
    noDefaultDomain: ({ context }) => context.domain === 'none',
    attachRefused: ({ context }) => !['default', 'blocking', 'none'].includes(context.domain),
    attachFails: ({ event }) => drawn(event) < 0,
    owned: ({ context }) => context.owner !== null,
    bound: ({ event }) => event.type === 'iommu_change_dev_def_domain' && event.bound,
    mayClaim: ({ context, event }) => context.owner_cnt === 0 && ['default', 'none'].includes(context.domain) && drawn(event) === 0,
    mayRelease: ({ context }) => context.owner_cnt > 0 && context.owner !== null,
    mayAttach: ({ context, event }) => ['default', 'blocking', 'none'].includes(context.domain) && drawn(event) === 0,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    get: assign({ owner_cnt: ({ context }) => context.owner_cnt + 1 }),
    put: assign({ owner_cnt: ({ context }) => context.owner_cnt - 1 }),
    own: assign({
      owner: ({ event }) => (event.type === 'iommu_group_claim_dma_owner' ? event.owner : null), owner_cnt: 1, domain: 'blocking', strays: [],
    }),
    disown: assign({ owner: null, owner_cnt: 0, domain: 'default', strays: [] }),
    attachDomain: assign({ domain: ({ event }) => (event.type === 'iommu_attach_group' ? event.domain : 'none'), strays: [] }),
    attachCore: assign({ domain: ({ context }) => (context.owner === null ? 'default' : 'blocking'), strays: [] }),
    /** No revert up to 6.1.y: the first device has moved, the others have not. */
    leaveStray: assign({ strays: ({ context }) => context.devices.slice(0, -1) }),
    join: assign({
      devices: ({ context, event }) => ('device' in event ? [...context.devices, event.device] : context.devices),
      domain: ({ context }) => (context.domain === 'none' ? 'default' : context.domain),
    }),
    leave: assign({
      devices: ({ context, event }) => context.devices.filter((device) => !('device' in event) || device !== event.device),
      strays: ({ context, event }) => context.strays.filter((device) => !('device' in event) || device !== event.device),
    }),
    /** The first look of a write to `type`: exactly one device, and which. */
    look: answerWith(({ devices }) => ({ ret: devices.length === 1 ? 0 : -EINVAL, device: devices[0] ?? null })),
    joinUnset: assign({ devices: ({ context, event }) => ('device' in event ? [...context.devices, event.device] : context.devices), domain: 'none' }),
    setDefault: assign({ domain: 'default' }),
    renew: assign({ owner_cnt: 0 }),
    elsewhere: answerWith(() => ({ ret: 0, elsewhere: true })),
    answerDrawn: answerWith((_context, event) => ({ ret: drawn(event) })),
  },
}).createMachine({
  id: 'iommu_group',
  context: ({ input }) => ({ owner_cnt: 0, owner: null, domain: 'default', devices: [], strays: [], ...input }),
  type: 'parallel',
  states: {
    ownership: {
      initial: 'unowned',
      states: {
        unowned: {
          description: 'owner_cnt == 0, no owner. The next caller decides; use() asks nothing here, not even for the domain.',
          on: {
            iommu_device_use_default_domain: { target: 'kernel_dma', actions: ['get', ret(0)] },
            iommu_device_unuse_default_domain: misuse,
            iommu_group_claim_dma_owner: [
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'leaveStray', 'answerDrawn'] },
              { target: 'claimed', actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_group_release_dma_owner: misuse,
            iommu_group_dma_owner_claimed: { actions: ret(0) },
          },
        },
        kernel_dma: {
          description: 'owner_cnt drivers of the group use the DMA API.',
          on: {
            iommu_group_add_device: { guard: 'freed', target: 'unowned', actions: 'renew' },
            iommu_device_use_default_domain: [
              { guard: 'foreign', actions: ret(-EBUSY) },
              { actions: ['get', ret(0)] },
            ],
            iommu_device_unuse_default_domain: [
              { guard: 'lastUser', target: 'unowned', actions: ['put', ret(0)] },
              { actions: ['put', ret(0)] },
            ],
            iommu_group_claim_dma_owner: { actions: ret(-EPERM) },
            iommu_group_release_dma_owner: misuse,
            iommu_group_dma_owner_claimed: { actions: ret(1) },
          },
        },
        claimed: {
          description: 'owner is set (a NULL token is not refused, and is never released). owner_cnt is 1, unless an unbalanced unuse() took it.',
          on: {
            iommu_device_use_default_domain: [
              { guard: 'counted', actions: ret(-EBUSY) },
              { actions: ['get', ret(0)] },
            ],
            iommu_device_unuse_default_domain: [
              { guard: 'counted', actions: ['put', ret(0)] },
              misuse,
            ],
            iommu_group_claim_dma_owner: [
              { guard: 'counted', actions: ret(-EPERM) },
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'leaveStray', 'answerDrawn'] },
              { actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_group_release_dma_owner: [
              { guard: 'mayRelease', target: 'unowned', actions: [...setDomain('default', { owner_cnt: 0, owned: false }), 'disown', ret(0)] },
              misuse,
            ],
            iommu_group_dma_owner_claimed: [{ guard: 'counted', actions: ret(1) }, { actions: ret(0) }],
          },
        },
      },
    },
    attachment: {
      description: 'What group->domain is. Attach does not ask for ownership.',
      initial: 'default',
      on: {
        iommu_attach_group: [
          { guard: 'attachRefused', actions: ret(-EBUSY) },
          { guard: 'attachFails', actions: 'answerDrawn' },
          { guard: 'owned', target: '.user', actions: ['attachDomain', ret(0)] },
          { target: '.foreign', actions: ['attachDomain', ret(0)] },
        ],
        iommu_detach_group: [
          { guard: 'owned', target: '.blocking', actions: [...setDomain('blocking'), 'attachCore', ret(0)] },
          { target: '.default', actions: [...setDomain('default'), 'attachCore', ret(0)] },
        ],
        iommu_group_claim_dma_owner: { guard: 'mayClaim', target: '.blocking' },
      },
      states: {
        default: {
          on: {
            iommu_group_add_device: { guard: 'firstPass', target: 'none' }, iommu_group_release_dma_owner: { description: 'Nothing to undo.' },
          },
        },
        blocking: { on: { iommu_group_release_dma_owner: { guard: 'mayRelease', target: 'default' } } },
        user: { on: { iommu_group_release_dma_owner: { guard: 'mayRelease', target: 'default' } } },
        foreign: { on: { iommu_group_release_dma_owner: { description: 'Not the domain of an owner: release() warns.' } } },
        none: {
          description: 'No default domain yet.',
          on: {
            iommu_group_add_device: { guard: not(or(['abandoned', 'firstPass', 'attachFails'])), target: 'default' },
            iommu_setup_default_domain: { guard: 'unset', target: 'default' },
          },
        },
      },
    },
    membership: {
      description: 'The devices list. Joining and leaving never touch owner_cnt.',
      on: {
        iommu_group_add_device: [
          { guard: 'abandoned', actions: 'elsewhere' },
          { guard: 'firstPass', actions: ['joinUnset', ret(0)] },
          { guard: 'attachFails', actions: 'answerDrawn' },
          { actions: ['join', ret(0)] },
        ],
        iommu_setup_default_domain: [{ guard: 'unset', actions: ['setDefault', ret(0)] }, { actions: ret(0) }],
        iommu_group_remove_device: { actions: ['leave', ret(0)] },
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
