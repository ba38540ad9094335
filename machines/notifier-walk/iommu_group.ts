/**
 * iommu_group of the notifier walk: an owner and no count; the owner is given up by a walk over the group's devices.
 *
 * Robin Murphy, 22 and 23 Feb 2022, answering patch 02/11 of v6: `owner` alone, read and written under group->mutex. A claim
 * takes the group when nobody or the same token has it, else -EBUSY; the token of a driver without driver_managed_dma is
 * the DMA API. On UNBOUND_DRIVER and DRIVER_NOT_BOUND of a device the group's other devices are walked: one that has a driver
 * whose token is the owner keeps it, else owner = NULL. The walk holds group->mutex from start to end, but the `dev->driver`
 * that it reads is written under other locks, so each read is a step of its own, and who comes meanwhile waits for the mutex.
 * The plain reading: the walk asks nothing about the owner, so it may give up a user's. `kernelTokenOnly` is the other one.
 * The thread does not say, and is read here as follows: nothing to give up (no owner) means no walk; the walk ends at the
 * first device that keeps the owner; a release takes no token, so it warns unless a user owns the group; domains move as
 * in v6.1.y (blocking on claim), and a claim does not ask what the group is attached to. Base: v6.1.y, left out as there.
 */
import { assign, raise, setup } from 'xstate';
import { deviceAt, driverAt } from '../address.ts';
import { changed, stateAt } from '../changed.ts';
import { ret, sends, type Address, type Call, type Here, type Ret, type Types } from '../chart.ts';
import { DMA_API, EBUSY, EINVAL } from '../kernel.ts';
import type { GroupCall as Count } from '../v6.1.y/iommu_group.ts';

type Drawn = { readonly attach?: number };
type GroupCall = Exclude<Count, { type: 'iommu_device_unuse_default_domain' }> | Call<'walk', { readonly device: string }>;
type Answer = Ret<'dev->driver', { readonly driver: string | null }> | Ret<'driver_managed_dma'>;

interface Context extends Here {
  /** Nobody, the DMA API, or a user. */
  owner: Address | null;
  /** `default`, `blocking`, or the name that the caller of iommu_attach_group() gave. */
  domain: string;
  devices: string[];
  /** Devices whose hardware is not attached to `domain` (a claim that failed half way, with no way back). */
  strays: string[];
  /** The walk: who asked for it, whom it has still to look at, and the driver that it has just read. */
  walker: Address | null;
  left: string[];
  driver: string | null;
  /** Calls that wait for group->mutex. */
  waiting: GroupCall[];
}

export interface GroupInput extends Partial<Context> {
  address: Address;
}

const { answer, answerWith, call, say } = sends<Context, GroupCall | Answer>();
const misuse = { actions: ['warn', ret(0)] } as const;
const drawn = (event: GroupCall | Answer): number => ('attach' in event ? (event as Drawn).attach ?? 0 : 0);
const setDomain = (domain: string, owned?: boolean) => [
  say(({ owner }) => ({ type: '__iommu_group_set_domain', domain, owned: owned ?? owner !== null })),
  say((_context, event) => ({ type: '__iommu_group_set_domain.ret', ret: drawn(event) })),
];
const wait = { actions: 'wait' } as const;

export const iommu_group = setup({
  types: {} as Types<Context, GroupCall | Answer, GroupInput>,
  guards: {
    abandoned: ({ context }) => context.devices.length === 0 && (context.owner !== null || context.domain !== 'default'),
    attachRefused: ({ context }) => !['default', 'blocking'].includes(context.domain),
    attachFails: ({ event }) => drawn(event) < 0,
    foreign: ({ context }) => context.domain !== 'default',
    free: ({ context }) => context.owner === null,
    byKernel: ({ context }) => context.owner === DMA_API,
    sameOwner: ({ context, event }) => event.type === 'iommu_group_claim_dma_owner' && event.owner === context.owner,
    bound: ({ event }) => event.type === 'iommu_change_dev_def_domain' && event.bound,
    someoneWaits: ({ context }) => context.waiting.length > 0,
    noneLeft: ({ context }) => context.left.length === 0,
    noDriver: ({ event }) => event.type === 'dev->driver.ret' && event.driver === null,
    /** The token of the driver that was read is the owner. What a user's driver would have for a token, nobody said. */
    keeps: ({ context, event }) => event.type === 'driver_managed_dma.ret' && event.ret === 0 && context.owner === DMA_API,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    ownByKernel: assign({ owner: DMA_API }),
    own: assign({
      owner: ({ event }) => (event.type === 'iommu_group_claim_dma_owner' ? event.owner : null), domain: 'blocking', strays: [],
    }),
    disown: assign({ owner: null, domain: 'default', strays: [] }),
    attachDomain: assign({ domain: ({ event }) => (event.type === 'iommu_attach_group' ? event.domain : 'default') }),
    attachBlocking: assign({ domain: 'blocking' }),
    attachDefault: assign({ domain: 'default' }),
    leaveStray: assign({ strays: ({ context }) => context.devices.slice(0, -1) }),
    join: assign({ devices: ({ context, event }) => ('device' in event ? [...context.devices, event.device] : context.devices) }),
    leave: assign({
      devices: ({ context, event }) => context.devices.filter((device) => !('device' in event) || device !== event.device),
      strays: ({ context, event }) => context.strays.filter((device) => !('device' in event) || device !== event.device),
    }),
    look: answerWith(({ devices }) => ({ ret: devices.length === 1 ? 0 : -EINVAL, device: devices[0] ?? null })),
    elsewhere: answerWith(() => ({ ret: 0, elsewhere: true })),
    answerDrawn: answerWith((_context, event) => ({ ret: drawn(event) })),

    beginWalk: assign({
      walker: ({ event }) => event.from,
      left: ({ context, event }) => context.devices.filter((device) => !('device' in event) || device !== event.device),
    }),
    keepDriver: assign({ driver: ({ event }) => ('driver' in event ? event.driver : null) }),
    next: assign({ left: ({ context }) => context.left.slice(1), driver: null }),
    giveUp: assign({ owner: null }),
    endWalk: call(({ walker }) => walker ?? '', () => ({ type: 'walk.ret', ret: 0 })),
    forgetWalk: assign({ walker: null, left: [], driver: null }),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event as GroupCall] }),
    /** The mutex goes to who waits first, and from there to the next. */
    handOver: raise(({ context }) => context.waiting[0] as GroupCall),
    served: assign({ waiting: ({ context }) => context.waiting.slice(1) }),
  },
}).createMachine({
  id: 'iommu_group',
  context: ({ input }) => ({
    owner: null, domain: 'default', devices: [], strays: [], walker: null, left: [], driver: null, waiting: [], ...input,
  }),
  initial: 'unowned',
  on: {
    iommu_attach_group: [
      { guard: 'attachRefused', actions: ret(-EBUSY) },
      { guard: 'attachFails', actions: 'answerDrawn' },
      { actions: ['attachDomain', ret(0)] },
    ],
    iommu_group_add_device: [
      { guard: 'abandoned', actions: 'elsewhere' },
      { guard: 'attachFails', actions: 'answerDrawn' },
      { actions: ['join', ret(0)] },
    ],
    iommu_group_remove_device: { actions: ['leave', ret(0)] },
    iommu_setup_default_domain: { description: 'A group has its domain with its first device here.', actions: ret(0) },
    iommu_group_first_device: { actions: 'look' },
    iommu_change_dev_def_domain: [
      { guard: 'bound', actions: ret(-EBUSY) },
      { guard: 'foreign', actions: ret(-EBUSY) },
      { actions: ret(0) },
    ],
  },
  states: {
    unowned: {
      id: 'unowned',
      description: 'owner == NULL. The next claim takes the group.',
      always: { guard: 'someoneWaits', actions: ['handOver', 'served'] },
      on: {
        iommu_device_use_default_domain: { target: 'kernel_dma', actions: ['ownByKernel', ret(0)] },
        iommu_group_claim_dma_owner: [
          { guard: 'attachFails', actions: [...setDomain('blocking'), 'leaveStray', 'answerDrawn'] },
          { target: 'claimed', actions: [...setDomain('blocking'), 'own', ret(0)] },
        ],
        iommu_group_release_dma_owner: misuse,
        iommu_group_dma_owner_claimed: { actions: ret(0) },
        iommu_detach_group: { actions: [...setDomain('default'), 'attachDefault', ret(0)] },
        walk: { actions: ret(0) },
      },
    },
    kernel_dma: {
      id: 'kernel_dma',
      description: 'owner is the DMA API. A driver that comes claims again, and nothing is counted.',
      always: { guard: 'someoneWaits', actions: ['handOver', 'served'] },
      on: {
        iommu_device_use_default_domain: { actions: ret(0) },
        iommu_group_claim_dma_owner: { actions: ret(-EBUSY) },
        iommu_group_release_dma_owner: misuse,
        iommu_group_dma_owner_claimed: { actions: ret(1) },
        iommu_detach_group: { actions: [...setDomain('default'), 'attachDefault', ret(0)] },
        walk: { target: 'walking', actions: 'beginWalk' },
      },
    },
    claimed: {
      description: 'owner is a user.',
      always: { guard: 'someoneWaits', actions: ['handOver', 'served'] },
      on: {
        iommu_device_use_default_domain: { actions: ret(-EBUSY) },
        iommu_group_claim_dma_owner: [{ guard: 'sameOwner', actions: ret(0) }, { actions: ret(-EBUSY) }],
        iommu_group_release_dma_owner: { target: 'unowned', actions: [...setDomain('default', false), 'disown', ret(0)] },
        iommu_group_dma_owner_claimed: { actions: ret(1) },
        iommu_detach_group: { actions: [...setDomain('blocking'), 'attachBlocking', ret(0)] },
        walk: { target: 'walking', actions: 'beginWalk' },
      },
    },
    walking: {
      description: 'group->mutex is held by who walks. Everybody else waits.',
      on: {
        iommu_device_use_default_domain: wait,
        iommu_group_claim_dma_owner: wait,
        iommu_group_release_dma_owner: wait,
        iommu_group_dma_owner_claimed: wait,
        iommu_attach_group: wait,
        iommu_detach_group: wait,
        iommu_group_add_device: wait,
        iommu_group_remove_device: wait,
        iommu_setup_default_domain: wait,
        iommu_group_first_device: wait,
        iommu_change_dev_def_domain: wait,
        walk: wait,
      },
      initial: 'looking',
      states: {
        looking: { always: [{ guard: 'noneLeft', target: '#unowned', actions: ['giveUp', 'endWalk', 'forgetWalk'] }, { target: 'in_dev_driver' }] },
        in_dev_driver: {
          description: 'A read without the lock under which it is written.',
          entry: call(({ left }) => deviceAt(left[0] ?? ''), () => ({ type: 'dev->driver' })),
          on: {
            'dev->driver.ret': [
              { guard: 'noDriver', target: 'looking', actions: 'next' },
              { target: 'in_driver_managed_dma', actions: 'keepDriver' },
            ],
          },
        },
        in_driver_managed_dma: {
          entry: call(({ driver }) => driverAt(driver ?? ''), ({ driver }) => ({ type: 'driver_managed_dma', driver })),
          on: {
            'driver_managed_dma.ret': [
              { guard: 'keeps', target: '#kernel_dma', actions: ['endWalk', 'forgetWalk'] },
              { target: 'looking', actions: 'next' },
            ],
          },
        },
      },
    },
  },
});

/** VFIO gives up its own token itself: the walk acts on the token of the DMA API only. */
export const kernelTokenOnly = changed(iommu_group, (config) => {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-member-access -- a configuration is changed as plain data
  stateAt(config, 'claimed').on.walk = { actions: ret(0) };
});
