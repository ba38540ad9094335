/**
 * iommu_group: who may do DMA through this group, and what the group is attached to.
 *
 * Kernel v6.12.y (6.12.117), drivers/iommu/iommu.c, struct iommu_group { devices, domain, default_domain,
 * blocking_domain, owner, owner_cnt, pasid_array }. Each call holds group->mutex from start to end, so each is one
 * event. What the IOMMU driver says when a domain is attached is drawn by the world when the call is delivered
 * (`attach`, see environment.ts): the attach happens inside the same critical section.
 * Against v6.1.y: no default domain gives -EPROBE_DEFER (b46064a18810); claims by device, counted; a NULL owner is
 * refused; a failed claim moves every device back; attach goes through __iommu_group_set_domain_internal(); a
 * handle (iommufd) sits in pasid_array and makes unuse and release warn; the type may change while nobody counts.
 * Left out: other PASIDs, domain contents, direct mappings (a drawn -EINVAL stands for them); the new group that a device
 * makes when the old one is empty and still owned: no chart stands for it, and nobody claims it.
 */
import { and, assign, not, or, setup } from 'xstate';
import { ret, sends, type Address, type Call, type Here, type Types } from '../chart.ts';
import { EBUSY, EINVAL, EPERM, EPROBE_DEFER } from '../kernel.ts';

type Drawn = { readonly attach?: number };
type Owner = { readonly owner: Address | null };

export type GroupCall =
  | Call<'iommu_device_use_default_domain'> | Call<'iommu_device_unuse_default_domain'>
  | Call<'iommu_group_claim_dma_owner', Owner & Drawn> | Call<'iommu_group_release_dma_owner', Drawn>
  | Call<'iommu_device_claim_dma_owner', Owner & Drawn> | Call<'iommu_device_release_dma_owner', Drawn>
  | Call<'iommu_group_dma_owner_claimed'>
  | Call<'iommu_attach_group', { readonly domain: string } & Drawn> | Call<'iommu_detach_group'>
  | Call<'iommu_attach_group_handle', { readonly domain: string } & Drawn> | Call<'iommu_detach_group_handle'>
  | Call<'iommu_group_add_device', { readonly device: string; readonly group_list?: boolean } & Drawn> | Call<'iommu_setup_default_domain'>
  | Call<'iommu_group_remove_device', { readonly device: string }>
  | Call<'iommu_group_store_type', { readonly same?: string }>;

interface Context extends Here {
  owner_cnt: number;
  owner: Address | null;
  /** `default`, `blocking`, `none`, or the name that the caller of the attach gave. */
  domain: string;
  devices: string[];
  /** pasid_array has the entry for "no PASID": the group is attached through a handle. */
  handle: boolean;
}

export interface GroupInput extends Partial<Context> {
  address: Address;
}

const { answer, answerWith, say } = sends<Context, GroupCall>();
const misuse = { actions: ['warn', ret(0)] } as const;
const drawn = (event: GroupCall): number => ('attach' in event ? event.attach ?? 0 : 0);
const core = ['default', 'blocking', 'none'];

/** __iommu_group_set_domain_internal() with owner_cnt and owner as they are at that moment. */
const setDomain = (domain: string | null, after: { owner_cnt?: number; owned?: boolean } = {}) => [
  say(({ owner_cnt, owner }, event) => ({
    type: '__iommu_group_set_domain_internal',
    domain: domain ?? ('domain' in event ? event.domain : 'none'),
    owner_cnt: after.owner_cnt ?? owner_cnt, owned: after.owned ?? owner !== null,
  })),
  say((_context, event) => ({ type: '__iommu_group_set_domain_internal.ret', ret: drawn(event) })),
];
const toDefault = setDomain('default', { owner_cnt: 0, owned: false });

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
    /** What is written is the type that the default domain has: iommu_group_alloc_default_domain() gives the same domain again. */
    sameType: ({ event }) => 'same' in event && event.same === 'true',
    unset: ({ context }) => context.domain === 'none' && context.owner === null,
    counted: ({ context }) => context.owner_cnt > 0,
    lastUser: ({ context }) => context.owner_cnt === 1,
    shared: ({ context }) => context.owner_cnt > 1,
    noDefaultDomain: ({ context }) => context.domain === 'none',
    foreign: ({ context }) => context.domain !== 'default' && context.domain !== 'none',
    notDefault: ({ context }) => context.domain !== 'default' || context.handle,
    attachRefused: ({ context }) => !core.includes(context.domain),
    attachFails: ({ event }) => drawn(event) < 0,
    owned: ({ context }) => context.owner !== null,
    handle: ({ context }) => context.handle,
    noOwner: ({ event }) => 'owner' in event && event.owner === null,
    sameOwner: ({ context, event }) => 'owner' in event && context.owner === event.owner,
    empty: ({ context }) => context.devices.length === 0,
    lastDevice: ({ context, event }) => context.devices.length === 1 && 'device' in event && context.devices[0] === event.device,
    lastDeviceInUse: ({ context }) => context.devices.length === 1 && (context.owner_cnt > 0 || context.domain !== 'default'),
    mayClaim: ({ context, event }) =>
      context.owner_cnt === 0 && !context.handle && ['default', 'none'].includes(context.domain) && drawn(event) === 0 &&
      'owner' in event && event.owner !== null,
    mayRelease: ({ context }) => context.owner_cnt > 0 && !context.handle,
    mayReleaseDevice: ({ context }) => context.owner_cnt === 1 && !context.handle,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    get: assign({ owner_cnt: ({ context }) => context.owner_cnt + 1 }),
    put: assign({ owner_cnt: ({ context }) => context.owner_cnt - 1 }),
    own: assign({ owner: ({ event }) => ('owner' in event ? event.owner : null), owner_cnt: 1, domain: 'blocking' }),
    disown: assign({ owner: null, owner_cnt: 0, domain: 'default' }),
    attachDomain: assign({ domain: ({ event }) => ('domain' in event ? event.domain : 'none') }),
    attachCore: assign({ domain: ({ context }) => (context.owner === null ? 'default' : 'blocking') }),
    /** __iommu_group_free_device(): the domains of an empty group are freed. */
    dropDomains: assign({ domain: 'none' }),
    keepHandle: assign({ handle: true }),
    dropHandle: assign({ handle: false }),
    join: assign({
      devices: ({ context, event }) => ('device' in event ? [...context.devices, event.device] : context.devices),
      domain: ({ context }) => (context.domain === 'none' ? 'default' : context.domain),
    }),
    leave: assign({ devices: ({ context, event }) => context.devices.filter((device) => !('device' in event) || device !== event.device) }),
    joinUnset: assign({ devices: ({ context, event }) => ('device' in event ? [...context.devices, event.device] : context.devices), domain: 'none' }),
    setDefault: assign({ domain: 'default' }),
    renew: assign({ owner_cnt: 0 }),
    elsewhere: answerWith(() => ({ ret: 0, elsewhere: true })),
    answerDrawn: answerWith((_context, event) => ({ ret: drawn(event) })),
  },
}).createMachine({
  id: 'iommu_group',
  context: ({ input }) => ({ owner_cnt: 0, owner: null, domain: 'default', devices: [], handle: false, ...input }),
  type: 'parallel',
  states: {
    ownership: {
      initial: 'unowned',
      states: {
        unowned: {
          description: 'owner_cnt == 0, no owner. The next caller decides; use() asks only whether a default domain exists.',
          on: {
            iommu_device_use_default_domain: [
              { guard: 'noDefaultDomain', actions: ret(-EPROBE_DEFER) },
              { target: 'kernel_dma', actions: ['get', ret(0)] },
            ],
            iommu_device_unuse_default_domain: misuse,
            iommu_group_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'answerDrawn'] },
              { target: 'claimed', actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_group_release_dma_owner: misuse,
            iommu_device_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'answerDrawn'] },
              { target: 'claimed', actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_device_release_dma_owner: misuse,
            iommu_group_dma_owner_claimed: { actions: ret(0) },
          },
        },
        kernel_dma: {
          description: 'owner_cnt drivers of the group use the DMA API.',
          on: {
            iommu_group_add_device: { guard: 'freed', target: 'unowned', actions: 'renew' },
            iommu_device_use_default_domain: [
              { guard: 'noDefaultDomain', actions: ret(-EPROBE_DEFER) },
              { guard: 'notDefault', actions: ret(-EBUSY) },
              { actions: ['get', ret(0)] },
            ],
            iommu_device_unuse_default_domain: [
              { guard: 'handle', ...misuse },
              { guard: 'lastUser', target: 'unowned', actions: ['put', ret(0)] },
              { actions: ['put', ret(0)] },
            ],
            iommu_group_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { actions: ret(-EPERM) },
            ],
            iommu_group_release_dma_owner: misuse,
            iommu_device_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { actions: ret(-EPERM) },
            ],
            iommu_device_release_dma_owner: [{ guard: 'shared', actions: ['put', ret(0)], description: 'Whose count it is, is not asked.' }, misuse],
            iommu_group_dma_owner_claimed: { actions: ret(1) },
          },
        },
        claimed: {
          description: 'owner is set. owner_cnt is 1, or one for each device claim, unless an unbalanced unuse() took from it.',
          on: {
            iommu_device_use_default_domain: [
              { guard: 'noDefaultDomain', actions: ret(-EPROBE_DEFER) },
              { guard: 'counted', actions: ret(-EBUSY) },
              { actions: ['get', ret(0)] },
            ],
            iommu_device_unuse_default_domain: [
              { guard: 'handle', ...misuse },
              { guard: 'counted', actions: ['put', ret(0)] },
              misuse,
            ],
            iommu_group_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { guard: 'counted', actions: ret(-EPERM) },
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'answerDrawn'] },
              { actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_group_release_dma_owner: [
              { guard: 'mayRelease', target: 'unowned', actions: [...toDefault, 'disown', ret(0)] },
              misuse,
            ],
            iommu_device_claim_dma_owner: [
              { guard: 'noOwner', actions: ['warn', ret(-EINVAL)] },
              { guard: and(['counted', 'sameOwner']), actions: ['get', ret(0)] },
              { guard: 'counted', actions: ret(-EPERM) },
              { guard: 'foreign', actions: ret(-EBUSY) },
              { guard: 'attachFails', actions: [...setDomain('blocking'), 'answerDrawn'] },
              { actions: [...setDomain('blocking'), 'own', ret(0)] },
            ],
            iommu_device_release_dma_owner: [
              { guard: 'shared', actions: ['put', ret(0)] },
              { guard: 'mayReleaseDevice', target: 'unowned', actions: [...toDefault, 'disown', ret(0)] },
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
          { guard: 'attachFails', actions: [...setDomain(null), 'answerDrawn'] },
          { guard: 'owned', target: '.user', actions: [...setDomain(null), 'attachDomain', ret(0)] },
          { target: '.foreign', actions: [...setDomain(null), 'attachDomain', ret(0)] },
        ],
        iommu_attach_group_handle: [
          { guard: 'attachRefused', actions: ret(-EBUSY) },
          { guard: 'attachFails', actions: [...setDomain(null), 'answerDrawn'] },
          { guard: 'owned', target: '.user', actions: [...setDomain(null), 'attachDomain', 'keepHandle', ret(0)] },
          { target: '.foreign', actions: [...setDomain(null), 'attachDomain', 'keepHandle', ret(0)] },
        ],
        iommu_detach_group: [
          { guard: 'owned', target: '.blocking', actions: [...setDomain('blocking'), 'attachCore', ret(0)] },
          { target: '.default', actions: [...setDomain('default'), 'attachCore', ret(0)] },
        ],
        iommu_detach_group_handle: [
          { guard: 'owned', target: '.blocking', actions: [...setDomain('blocking'), 'attachCore', 'dropHandle', ret(0)] },
          { target: '.default', actions: [...setDomain('default'), 'attachCore', 'dropHandle', ret(0)] },
        ],
        iommu_group_remove_device: { guard: 'lastDevice', target: '.none', actions: 'dropDomains' },
        iommu_group_claim_dma_owner: { guard: 'mayClaim', target: '.blocking' },
        iommu_device_claim_dma_owner: { guard: 'mayClaim', target: '.blocking' },
      },
      states: {
        default: {
          on: {
            iommu_group_add_device: { guard: 'firstPass', target: 'none' }, iommu_group_release_dma_owner: { description: 'Nothing to undo.' }, iommu_device_release_dma_owner: {},
          },
        },
        blocking: {
          on: {
            iommu_group_release_dma_owner: { guard: 'mayRelease', target: 'default' },
            iommu_device_release_dma_owner: { guard: 'mayReleaseDevice', target: 'default' },
          },
        },
        user: {
          on: {
            iommu_group_release_dma_owner: { guard: 'mayRelease', target: 'default' },
            iommu_device_release_dma_owner: { guard: 'mayReleaseDevice', target: 'default' },
          },
        },
        foreign: { on: { iommu_group_release_dma_owner: { description: 'Not the domain of an owner: release() warns.' } } },
        none: {
          description: 'No default domain yet, or the last device has left.',
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
          { guard: 'noDefaultDomain', actions: [...setDomain('default'), 'join', ret(0)] },
          { actions: ['join', ret(0)] },
        ],
        iommu_setup_default_domain: [{ guard: 'unset', actions: [...setDomain('default'), 'setDefault', ret(0)] }, { actions: ret(0) }],
        iommu_group_remove_device: [
          { guard: 'lastDeviceInUse', actions: ['warn', 'leave', ret(0)] },
          { actions: ['leave', ret(0)] },
        ],
        iommu_group_store_type: [
          { guard: 'noDefaultDomain', actions: ret(-EINVAL) },
          { guard: 'empty', actions: ret(-EPERM) },
          { guard: 'counted', actions: ret(-EPERM) },
          { guard: 'sameType', actions: ret(0) },
          { actions: [...setDomain('default'), ret(0)] },
        ],
      },
    },
  },
});
