/**
 * vfio_container: the container of one user process: its groups, and the IOMMU backend that they share.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117): drivers/vfio/container.c, struct vfio_container { group_list,
 * iommu_driver }, drivers/vfio/vfio_iommu_type1.c attach_group, detach_group. container->group_lock is held from start
 * to end of each operation: a call that comes meanwhile waits in `waiting`. The caller says the function's name.
 * The type1 backend attaches a group to a domain of its own first, looks whether interrupts are isolated, and only then
 * tries the domain that the groups before it share.
 * Left out: noiommu groups, DMA mappings, dirty tracking, aperture and reserved regions (vfio_iommu_driver_open may
 * refuse in their place), and a second container of the same process while the first still holds a group: -EMFILE.
 */
import { assign, setup } from 'xstate';
import { environment, groupAt, nameOf } from './address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from './chart.ts';
import { EINVAL, EMFILE } from './kernel.ts';

type Group = { readonly group: Address };

/** Calls that hold container->group_lock; `group` is a vfio_group. */
type Locked = Call<'attachGroup', Group> | Call<'detachGroup', Group> | Call<'vfio_ioctl_set_iommu'>;
export type ContainerCall = Locked | Call<'vfio_fops_open'> | Call<'container->iommu_driver'>;
type Answer = Ret<
  'iommu_group_claim_dma_owner' | 'iommu_group_release_dma_owner' | 'iommu_attach_group' | 'iommu_detach_group' |
  'vfio_iommu_driver_open' | 'vfio_iommu_isolated_msi'>;

interface Context extends Busy {
  /** group_list */
  groups: Address[];
  iommu_driver: boolean;
  /** The group being attached or detached. */
  group: Address;
  /** Groups attached so far in SET_IOMMU. */
  done: number;
  waiting: Locked[];
}

const { call, answer } = sends<Context, ContainerCall | Answer>();
const shared = ({ address }: Context) => `domain:${nameOf(address)}`;
const own = ({ address, group, groups, done, call: op }: Context) =>
  `domain:${nameOf(address)}${(op === 'attachGroup' ? groups.length : done) > 0 ? `:${nameOf(group)}` : ''}`;
const toGroup = (type: string, more: (context: Context) => Record<string, string> = () => ({})) =>
  call(({ group }) => groupAt(nameOf(group)), (context) => ({ type, ...more(context) }));
const ask = (type: string) => call(() => environment, ({ group }) => ({ type, group: groupAt(nameOf(group)) }));
const op = (call: Locked['type']) => ({ type: 'op', params: { call } }) as const;

export const vfio_container = setup({
  types: {} as Types<Context, ContainerCall | Answer>,
  guards: {
    op: ({ context }, { call }: { call: string }) => context.call === call,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    someoneWaits: ({ context }) => context.waiting.length > 0,
    holdsGroups: ({ context }) => context.groups.length > 0,
    hasDriver: ({ context }) => context.iommu_driver,
    cannotSet: ({ context }) => context.call === 'vfio_ioctl_set_iommu' && (context.groups.length === 0 || context.iommu_driver),
    notFirst: ({ context }) => (context.call === 'attachGroup' ? context.groups.length : context.done) > 0,
    more: ({ context }) => context.done < context.groups.length,
    someDone: ({ context }) => context.done > 0,
  },
  actions: {
    answer,
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, ret: 0, done: 0, group: 'group' in event ? event.group : '' })),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event as Locked] }),
    next: assign(({ context: { waiting: [first, ...waiting] } }) => (first === undefined ? {} : {
      caller: first.from, call: first.type, ret: 0, done: 0, group: 'group' in first ? first.group : '', waiting,
    })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    invalid: assign({ ret: -EINVAL }),
    tryGroup: assign({ group: ({ context }) => context.groups[context.done] ?? '' }),
    countDone: assign({ done: ({ context }) => context.done + 1 }),
    stepBack: assign(({ context }) => ({ done: context.done - 1, group: context.groups[context.done - 1] ?? '' })),
    setDriver: assign({ iommu_driver: true }),
    join: assign({ groups: ({ context }) => [...context.groups, context.group] }),
    /** The last group takes the backend with it: a container without groups has no privilege. */
    leave: assign(({ context }) => {
      const groups = context.groups.filter((group) => group !== context.group);
      return { groups, iommu_driver: context.iommu_driver && groups.length > 0 };
    }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    idle: assign({ ...notBusy, group: '', done: 0 }),
  },
}).createMachine({
  id: 'vfio_container',
  context: ({ input }) => ({ ...notBusy, address: input.address, groups: [], iommu_driver: false, group: '', done: 0, waiting: [] }),
  initial: 'unlocked',
  on: {
    attachGroup: { actions: 'wait' },
    detachGroup: { actions: 'wait' },
    vfio_ioctl_set_iommu: { actions: 'wait' },
    // Without the lock: the opening of a file, and one load.
    vfio_fops_open: [{ guard: 'holdsGroups', actions: { type: 'answer', params: { ret: -EMFILE } } }, { actions: { type: 'answer', params: { ret: 0 } } }],
    'container->iommu_driver': [{ guard: 'hasDriver', actions: { type: 'answer', params: { ret: 1 } } }, { actions: { type: 'answer', params: { ret: 0 } } }],
  },
  states: {
    unlocked: {
      on: {
        attachGroup: { target: 'locked', actions: 'begin' },
        detachGroup: { target: 'locked', actions: 'begin' },
        vfio_ioctl_set_iommu: { target: 'locked', actions: 'begin' },
      },
    },
    locked: {
      always: [
        { guard: op('attachGroup'), target: 'in_iommu_group_claim_dma_owner' },
        { guard: 'cannotSet', target: 'answered', actions: 'invalid' },
        { guard: op('vfio_ioctl_set_iommu'), target: 'in_vfio_iommu_driver_open' },
        { guard: 'hasDriver', target: 'in_detach_group' },
        { target: 'in_iommu_group_release_dma_owner' },
      ],
    },
    in_iommu_group_claim_dma_owner: {
      meta: { function: 'vfio_container_attach_group' },
      entry: toGroup('iommu_group_claim_dma_owner', ({ group }) => ({ owner: group })),
      on: {
        'iommu_group_claim_dma_owner.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { guard: 'hasDriver', target: 'in_attach_group' },
          { target: 'answered', actions: 'join' },
        ],
      },
    },
    in_vfio_iommu_driver_open: {
      meta: { function: 'vfio_ioctl_set_iommu', step: 'driver->ops->open' },
      entry: ['tryGroup', ask('vfio_iommu_driver_open')],
      on: {
        'vfio_iommu_driver_open.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_attach_group' },
        ],
      },
    },
    in_attach_group: {
      meta: { function: 'vfio_iommu_type1_attach_group' },
      entry: toGroup('iommu_attach_group', (context) => ({ domain: own(context) })),
      on: {
        'iommu_attach_group.ret': [
          { guard: 'failed', target: 'attach_failed', actions: 'keep' },
          { target: 'in_isolated_msi' },
        ],
      },
    },
    in_isolated_msi: {
      meta: { function: 'vfio_iommu_type1_attach_group', step: 'allow_unsafe_interrupts' },
      entry: ask('vfio_iommu_isolated_msi'),
      on: {
        'vfio_iommu_isolated_msi.ret': [
          { guard: 'failed', target: 'out_detach', actions: 'keep' },
          { guard: 'notFirst', target: 'in_iommu_detach_group' },
          { target: 'attached' },
        ],
      },
    },
    in_iommu_detach_group: {
      description: 'From the domain of its own, to try the shared one.',
      meta: { function: 'vfio_iommu_type1_attach_group' },
      entry: toGroup('iommu_detach_group'),
      on: { 'iommu_detach_group.ret': 'in_shared_domain' },
    },
    in_shared_domain: {
      meta: { function: 'vfio_iommu_type1_attach_group' },
      entry: toGroup('iommu_attach_group', (context) => ({ domain: shared(context) })),
      on: { 'iommu_attach_group.ret': [{ guard: 'failed', target: 'in_own_domain' }, { target: 'attached' }] },
    },
    in_own_domain: {
      meta: { function: 'vfio_iommu_type1_attach_group' },
      entry: toGroup('iommu_attach_group', (context) => ({ domain: own(context) })),
      on: { 'iommu_attach_group.ret': [{ guard: 'failed', target: 'attach_failed', actions: 'keep' }, { target: 'attached' }] },
    },
    attached: {
      entry: 'countDone',
      always: [
        { guard: op('attachGroup'), target: 'answered', actions: 'join' },
        { guard: 'more', target: 'in_attach_group', actions: 'tryGroup' },
        { target: 'answered', actions: 'setDriver' },
      ],
    },
    out_detach: {
      meta: { function: 'vfio_iommu_type1_attach_group' },
      entry: toGroup('iommu_detach_group'),
      on: { 'iommu_detach_group.ret': 'attach_failed' },
    },
    attach_failed: {
      always: [
        { guard: op('attachGroup'), target: 'in_iommu_group_release_dma_owner' },
        { guard: 'someDone', target: 'unwind' },
        { target: 'answered' },
      ],
    },
    unwind: {
      meta: { function: '__vfio_container_attach_groups' },
      entry: ['stepBack', toGroup('iommu_detach_group')],
      on: { 'iommu_detach_group.ret': 'attach_failed' },
    },
    in_detach_group: {
      meta: { function: 'vfio_iommu_type1_detach_group' },
      entry: toGroup('iommu_detach_group'),
      on: { 'iommu_detach_group.ret': 'in_iommu_group_release_dma_owner' },
    },
    in_iommu_group_release_dma_owner: {
      meta: { function: 'vfio_group_detach_container, or vfio_container_attach_group when it fails' },
      entry: toGroup('iommu_group_release_dma_owner'),
      on: { 'iommu_group_release_dma_owner.ret': { target: 'answered', actions: 'leave' } },
    },
    answered: {
      entry: 'reply',
      always: [{ guard: 'someoneWaits', target: 'locked', actions: 'next' }, { target: 'unlocked', actions: 'idle' }],
    },
  },
});
