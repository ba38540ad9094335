/**
 * vfio_group: the file /dev/vfio/N, and what its one user has put it in.
 *
 * Kernel v6.12.y (6.12.117), drivers/vfio/group.c, struct vfio_group { drivers, device_list, opened_file, container,
 * container_users, iommufd, cdev_device_open_cnt, iommu_group }. group_lock is a mutex held across calls to the container and the IOMMU core: the chart
 * is `unlocked`, or inside the operation of `caller`, and every other call for the lock waits in `waiting`. The list of
 * devices, the count of drivers and the node have locks of their own and are answered in every state.
 * When the last driver leaves, the struct is dead; the file that a user still holds of it goes to `stale`, and the next
 * driver finds a new struct under the same address.
 * Opening takes three steps, and each can meet the leaving driver: the path (-ENOENT), the cdev (-ENXIO), group_lock (-ENODEV).
 * With an iommufd in place of a container nothing is claimed until a device is opened, the device files do not hold the
 * group file, and UNSET_CONTAINER does not ask for them. A group whose devices are bound through their cdevs cannot be opened.
 * Left out: the iommufd of a dead struct (it is put at once, UNSET_CONTAINER says -EINVAL), a descriptor of neither kind (-EBADFD), noiommu and emulated groups, KVM, a second file of a process that holds a stale one (-EMFILE), device sets
 * (`dev_set->lock`: the device file opens and closes under group_lock alone).
 */
import { and, assign, or, setup } from 'xstate';
import { environment, kindOf, vfioDeviceAt } from '../address.ts';
import { notBusy, ret, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, EINVAL, EMFILE, ENODEV, ENOENT, ENXIO } from '../kernel.ts';

type Device = { readonly device: string };

/** Calls that hold group->group_lock. `openFile` and `releaseFile` are the bodies of vfio_group_fops_open and _release. */
type Locked =
  | Call<'openFile'> | Call<'releaseFile'>
  | Call<'vfio_group_ioctl_get_status'> | Call<'vfio_group_ioctl_set_container', { readonly container: Address }>
  | Call<'vfio_group_ioctl_unset_container'>
  | Call<'vfio_df_group_open', Device> | Call<'vfio_df_group_close', Device>
  | Call<'vfio_device_block_group'> | Call<'vfio_device_unblock_group'>
  | Call<'vfio_device_set_group'> | Call<'vfio_device_remove_group'>;
export type VfioGroupCall =
  | Locked | Call<'path_openat'> | Call<'chrdev_open'> | Call<'mutex_unlock'>
  | Call<'vfio_device_group_register', Device> | Call<'vfio_device_group_unregister', Device> | Call<'vfio_device_get_from_name', Device>;
type Answer =
  | Ret<'iommu_group_dma_owner_claimed' | 'attachGroup' | 'detachGroup' | 'container->iommu_driver' | 'open_device'>
  | Ret<'iommufd_vfio_compat_ioas_create' | 'iommufd_ctx_put' | 'vfio_df_open'> | Ret<'vfio_df_close', { readonly iommufd: Address }>
  | Ret<'vfio_iommufd_physical_bind' | 'vfio_iommufd_physical_unbind' | 'vfio_iommufd_physical_attach_ioas'>;

interface Context extends Busy {
  iommu_group: Address;
  /** VFIO drivers bound to devices of the group. */
  drivers: number;
  device_list: string[];
  /** Who has the file. */
  opened_file: Address | null;
  /** Who has a file of a struct that is gone. */
  stale: Address[];
  container: Address | null;
  /** 1 for the container itself, 1 for each open device. */
  container_users: number;
  iommufd: Address | null;
  cdev_device_open_cnt: number;
  device: string;
  /** The context that the device being closed was bound to. */
  ctx: Address;
  /** Container or iommufd of SET_CONTAINER. */
  wanted: Address;
  waiting: Locked[];
}

export interface VfioGroupInput extends Partial<Context> {
  address: Address;
  iommu_group: Address;
}

const { call, answer, forward, say } = sends<Context, VfioGroupCall | Answer>();
const taken = (event: VfioGroupCall | Answer) => ({
  caller: event.from, call: event.type, ret: 0,
  device: 'device' in event ? event.device : '', wanted: 'container' in event ? event.container : '',
});
const deviceOf = (event: object): string => ('device' in event ? String(event.device) : '');
const op = (call: Locked['type']) => ({ type: 'op', params: { call } }) as const;
const fail = (ret: number) => ({ type: 'fail', params: { ret } }) as const;
const toContainer = (type: string) => call(({ container, wanted }) => container ?? wanted, ({ address }) => ({ type, group: address }));
const toIommufd = (type: string) => call(({ iommufd, wanted }) => iommufd ?? wanted, ({ iommu_group, device }) => ({
  type, ...(device === '' ? {} : { device }), ...(type === 'vfio_iommufd_physical_attach_ioas' ? { group: iommu_group, pt: 'ioas' } : {}),
}));
const toDevice = (type: string) => call(({ device }) => vfioDeviceAt(device), ({ iommufd }) => ({
  type, ...(type === 'vfio_df_open' ? { iommufd: iommufd ?? '', cdev: false } : {}),
}));
const enter = { target: 'locked', actions: 'begin' } as const;
const wait = { actions: 'wait' } as const;

export const vfio_group = setup({
  types: {} as Types<Context, VfioGroupCall | Answer, VfioGroupInput>,
  guards: {
    op: ({ context }, { call }: { call: string }) => context.call === call,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    zero: ({ event }) => 'ret' in event && event.ret === 0,
    someoneWaits: ({ context }) => context.waiting.length > 0,
    noDrivers: ({ context }) => context.drivers === 0,
    lastDriver: ({ context }) => context.drivers === 1,
    /** vfio.group_lock is held by the last driver on its way out. */
    leaving: ({ context }) => [context.call, ...context.waiting.map(({ type }) => type)].includes('vfio_device_remove_group'),
    opened: ({ context }) => context.opened_file !== null,
    hasContainer: ({ context }) => context.container !== null,
    hasIommufd: ({ context }) => context.iommufd !== null,
    hasIommu: ({ context }) => context.container !== null || context.iommufd !== null,
    noIommu: ({ context }) => context.container === null && context.iommufd === null,
    wantsIommufd: ({ context }) => kindOf(context.wanted) === 'iommufd_ctx',
    cdevOpen: ({ context }) => context.cdev_device_open_cnt > 0,
    inUse: ({ context }) => context.container_users > 1,
    callerStale: ({ context }) => context.stale.includes(context.caller),
    senderStale: ({ context, event }) => context.stale.includes(event.from),
    listed: ({ context, event }) => context.device_list.includes(deviceOf(event)),
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    begin: assign(({ event }) => taken(event)),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event as Locked] }),
    next: assign(({ context: { waiting: [first, ...waiting] } }) => (first === undefined ? {} : { ...taken(first), waiting })),
    fail: assign((_, { ret }: { ret: number }) => ({ ret })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    addDriver: assign({ drivers: ({ context }) => context.drivers + 1 }),
    dropDriver: assign({ drivers: ({ context }) => context.drivers - 1 }),
    list_add: assign({ device_list: ({ context, event }) => [...context.device_list, deviceOf(event)] }),
    list_del: assign({ device_list: ({ context, event }) => context.device_list.filter((name) => name !== deviceOf(event)) }),
    setFile: assign({ opened_file: ({ context }) => context.caller }),
    clearFile: assign({ opened_file: null }),
    clearStale: assign({ stale: ({ context }) => context.stale.filter((user) => user !== context.caller) }),
    revoke: assign(({ context }) => ({ opened_file: null, stale: context.opened_file === null ? context.stale : [...context.stale, context.opened_file] })),
    setContainer: assign({ container: ({ context }) => context.wanted, container_users: 1 }),
    clearContainer: assign({ container: null, container_users: 0 }),
    getContainer: assign({ container_users: ({ context }) => context.container_users + 1 }),
    putContainer: assign({ container_users: ({ context }) => context.container_users - 1 }),
    setIommufd: assign({ iommufd: ({ context }) => context.wanted }),
    clearIommufd: assign({ iommufd: null }),
    block: assign({ cdev_device_open_cnt: ({ context }) => context.cdev_device_open_cnt + 1 }),
    unblock: assign({ cdev_device_open_cnt: ({ context }) => context.cdev_device_open_cnt - 1 }),
    keepCtx: assign({ ctx: ({ event }) => ('iommufd' in event ? event.iommufd : '') }),
    vfio_container_attach_group: say(({ iommu_group }) => ({ type: 'vfio_container_attach_group', group: iommu_group })),
    'vfio_container_attach_group.ret': say(({ iommu_group, ret }) => ({ type: 'vfio_container_attach_group.ret', group: iommu_group, ret })),
    vfio_group_detach_container: say(({ iommu_group }) => ({ type: 'vfio_group_detach_container', group: iommu_group })),
    'vfio_group_detach_container.ret': say(({ iommu_group }) => ({ type: 'vfio_group_detach_container.ret', group: iommu_group })),
    toDevice: forward((_context, event) => vfioDeviceAt(deviceOf(event))),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    handOver: call(({ address }) => address, () => ({ type: 'mutex_unlock' })),
    idle: assign({ ...notBusy, device: '', wanted: '', ctx: '' }),
  },
}).createMachine({
  id: 'vfio_group',
  context: ({ input }) => ({
    ...notBusy, drivers: 0, device_list: [], opened_file: null, stale: [], container: null, container_users: 0, iommufd: null,
    cdev_device_open_cnt: 0, device: '', wanted: '', ctx: '', waiting: [], ...input,
  }),
  initial: 'unlocked',
  on: {
    openFile: wait,
    releaseFile: wait,
    vfio_group_ioctl_get_status: wait,
    vfio_group_ioctl_set_container: wait,
    vfio_group_ioctl_unset_container: wait,
    vfio_df_group_open: wait,
    vfio_df_group_close: wait,
    vfio_device_block_group: wait,
    vfio_device_unblock_group: wait,
    // vfio.group_lock and group->device_lock: not group_lock.
    path_openat: [{ guard: 'noDrivers', actions: ret(-ENOENT) }, { actions: ret(0) }],
    chrdev_open: [{ guard: 'noDrivers', actions: ret(-ENXIO) }, { actions: ret(0) }],
    vfio_device_set_group: [{ guard: 'leaving', actions: 'wait' }, { actions: ['addDriver', ret(0)] }],
    vfio_device_remove_group: [{ guard: 'lastDriver', actions: ['dropDriver', 'wait'] }, { actions: ['dropDriver', ret(0)] }],
    vfio_device_group_register: [{ guard: 'listed', actions: ['warn', ret(-EBUSY)] }, { actions: ['list_add', ret(0)] }],
    vfio_device_group_unregister: { actions: ['list_del', ret(0)] },
    vfio_device_get_from_name: [
      { guard: 'senderStale', actions: ret(-ENODEV) },
      { guard: 'listed', actions: 'toDevice' },
      { actions: ret(-ENODEV) },
    ],
    mutex_unlock: { actions: 'warn' },
  },
  states: {
    unlocked: {
      on: {
        openFile: enter,
        releaseFile: enter,
        vfio_group_ioctl_get_status: enter,
        vfio_group_ioctl_set_container: enter,
        vfio_group_ioctl_unset_container: enter,
        vfio_df_group_open: enter,
        vfio_df_group_close: enter,
        vfio_device_block_group: enter,
        vfio_device_unblock_group: enter,
        vfio_device_remove_group: [
          { guard: 'lastDriver', target: 'locked', actions: ['dropDriver', 'begin'] },
          { actions: ['dropDriver', ret(0)] },
        ],
      },
    },
    locked: {
      description: 'group_lock is held by the thread of `caller`.',
      always: [
        { guard: and([op('openFile'), 'callerStale']), target: 'answered', actions: fail(-EMFILE) },
        { guard: and([op('openFile'), 'noDrivers']), target: 'answered', actions: fail(-ENODEV) },
        { guard: and([op('openFile'), or(['cdevOpen', 'opened'])]), target: 'answered', actions: fail(-EBUSY) },
        { guard: op('openFile'), target: 'answered', actions: 'setFile' },

        { guard: and([op('releaseFile'), 'callerStale']), target: 'answered', actions: 'clearStale' },
        { guard: and([op('releaseFile'), 'hasContainer']), target: 'in_vfio_group_detach_container' },
        { guard: and([op('releaseFile'), 'hasIommufd']), target: 'in_iommufd_ctx_put' },
        { guard: op('releaseFile'), target: 'answered', actions: 'clearFile' },

        { guard: and([op('vfio_group_ioctl_get_status'), 'callerStale']), target: 'answered', actions: fail(-ENODEV) },
        { guard: and([op('vfio_group_ioctl_get_status'), 'hasIommu']), target: 'answered', actions: fail(3) },
        { guard: op('vfio_group_ioctl_get_status'), target: 'in_iommu_group_dma_owner_claimed' },

        { guard: and([op('vfio_group_ioctl_set_container'), 'callerStale']), target: 'answered', actions: fail(-ENODEV) },
        { guard: and([op('vfio_group_ioctl_set_container'), 'hasIommu']), target: 'answered', actions: fail(-EINVAL) },
        { guard: and([op('vfio_group_ioctl_set_container'), 'wantsIommufd']), target: 'in_iommufd_vfio_compat_ioas_create' },
        { guard: op('vfio_group_ioctl_set_container'), target: 'in_vfio_container_attach_group' },

        { guard: and([op('vfio_group_ioctl_unset_container'), or(['callerStale', 'noIommu'])]), target: 'answered', actions: fail(-EINVAL) },
        { guard: and([op('vfio_group_ioctl_unset_container'), 'inUse']), target: 'answered', actions: fail(-EBUSY) },
        { guard: and([op('vfio_group_ioctl_unset_container'), 'hasContainer']), target: 'in_vfio_group_detach_container' },
        { guard: op('vfio_group_ioctl_unset_container'), target: 'in_iommufd_ctx_put' },

        { guard: and([op('vfio_df_group_open'), 'noIommu']), target: 'answered', actions: fail(-EINVAL) },
        { guard: and([op('vfio_df_group_open'), 'hasContainer']), target: 'in_container_iommu_driver' },
        { guard: op('vfio_df_group_open'), target: 'in_vfio_df_open' },
        { guard: and([op('vfio_df_group_close'), 'inUse']), target: 'answered', actions: 'putContainer' },
        { guard: op('vfio_df_group_close'), target: 'in_vfio_df_close' },

        { guard: and([op('vfio_device_block_group'), 'opened']), target: 'answered', actions: fail(-EBUSY) },
        { guard: op('vfio_device_block_group'), target: 'answered', actions: 'block' },
        { guard: op('vfio_device_unblock_group'), target: 'answered', actions: 'unblock' },

        { guard: op('vfio_device_set_group'), target: 'answered', actions: 'addDriver' },
        { guard: 'hasContainer', target: 'in_vfio_group_detach_container' },
        { guard: 'hasIommufd', target: 'in_iommufd_ctx_put' },
        { target: 'answered', actions: 'revoke' },
      ],
    },
    in_iommu_group_dma_owner_claimed: {
      meta: { function: 'vfio_group_ioctl_get_status' },
      entry: call(({ iommu_group }) => iommu_group, () => ({ type: 'iommu_group_dma_owner_claimed' })),
      on: { 'iommu_group_dma_owner_claimed.ret': [{ guard: 'zero', target: 'answered', actions: fail(1) }, { target: 'answered' }] },
    },
    in_vfio_container_attach_group: {
      meta: { function: 'vfio_group_ioctl_set_container' },
      entry: ['vfio_container_attach_group', toContainer('attachGroup')],
      on: {
        'attachGroup.ret': [
          { guard: 'failed', target: 'answered', actions: ['keep', 'vfio_container_attach_group.ret'] },
          { target: 'answered', actions: ['setContainer', 'vfio_container_attach_group.ret'] },
        ],
      },
    },
    in_vfio_group_detach_container: {
      meta: { function: 'vfio_group_ioctl_unset_container, vfio_group_fops_release, vfio_device_remove_group' },
      entry: ['vfio_group_detach_container', toContainer('detachGroup')],
      on: {
        'detachGroup.ret': [
          { guard: op('vfio_group_ioctl_unset_container'), target: 'answered', actions: ['clearContainer', 'vfio_group_detach_container.ret'] },
          { guard: op('releaseFile'), target: 'answered', actions: ['clearContainer', 'clearFile', 'vfio_group_detach_container.ret'] },
          { target: 'answered', actions: ['clearContainer', 'revoke', 'vfio_group_detach_container.ret'] },
        ],
      },
    },
    in_container_iommu_driver: {
      description: 'group->container->iommu_driver, without the lock of the container.',
      meta: { function: 'vfio_group_use_container' },
      entry: toContainer('container->iommu_driver'),
      on: { 'container->iommu_driver.ret': [{ guard: 'zero', target: 'answered', actions: fail(-EINVAL) }, { target: 'in_open_device' }] },
    },
    in_iommufd_vfio_compat_ioas_create: {
      description: 'Nothing is claimed yet.',
      meta: { function: 'vfio_group_ioctl_set_container' },
      entry: toIommufd('iommufd_vfio_compat_ioas_create'),
      on: { 'iommufd_vfio_compat_ioas_create.ret': { target: 'answered', actions: 'setIommufd' } },
    },
    in_iommufd_ctx_put: {
      meta: { function: 'vfio_group_ioctl_unset_container, vfio_group_fops_release' },
      entry: toIommufd('iommufd_ctx_put'),
      on: {
        'iommufd_ctx_put.ret': [
          { guard: op('vfio_group_ioctl_unset_container'), target: 'answered', actions: 'clearIommufd' },
          { guard: op('releaseFile'), target: 'answered', actions: ['clearIommufd', 'clearFile'] },
          { target: 'answered', actions: ['clearIommufd', 'revoke'] },
        ],
      },
    },
    in_vfio_df_open: {
      description: 'Only the first open of a device binds it to the iommufd.',
      meta: { function: 'vfio_df_open' },
      entry: toDevice('vfio_df_open'),
      on: { 'vfio_df_open.ret': [{ guard: 'zero', target: 'answered' }, { target: 'in_vfio_iommufd_physical_bind' }] },
    },
    in_vfio_iommufd_physical_bind: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toIommufd('vfio_iommufd_physical_bind'),
      on: {
        'vfio_iommufd_physical_bind.ret': [
          { guard: 'failed', target: 'err_module_put', actions: 'keep' },
          { target: 'in_first_open_device' },
        ],
      },
    },
    in_first_open_device: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: call(() => environment, ({ device }) => ({ type: 'open_device', device })),
      on: {
        'open_device.ret': [
          { guard: 'failed', target: 'err_unuse_iommu', actions: 'keep' },
          { target: 'in_vfio_iommufd_compat_attach_ioas' },
        ],
      },
    },
    in_vfio_iommufd_compat_attach_ioas: {
      meta: { function: 'vfio_df_group_open' },
      entry: toIommufd('vfio_iommufd_physical_attach_ioas'),
      on: {
        'vfio_iommufd_physical_attach_ioas.ret': [
          { guard: 'failed', target: 'err_unuse_iommu', actions: 'keep' },
          { target: 'answered' },
        ],
      },
    },
    err_unuse_iommu: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toIommufd('vfio_iommufd_physical_unbind'),
      on: { 'vfio_iommufd_physical_unbind.ret': 'err_module_put' },
    },
    err_module_put: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toDevice('vfio_df_close'),
      on: { 'vfio_df_close.ret': 'answered' },
    },
    in_vfio_df_close: {
      meta: { function: 'vfio_df_close' },
      entry: toDevice('vfio_df_close'),
      on: { 'vfio_df_close.ret': [{ guard: 'zero', target: 'answered' }, { target: 'in_vfio_df_iommufd_unbind', actions: 'keepCtx' }] },
    },
    in_vfio_df_iommufd_unbind: {
      description: 'The context of the first open, which may be of another process.',
      meta: { function: 'vfio_df_device_last_close' },
      entry: call(({ ctx }) => ctx, ({ device }) => ({ type: 'vfio_iommufd_physical_unbind', device })),
      on: { 'vfio_iommufd_physical_unbind.ret': 'answered' },
    },
    in_open_device: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: call(() => environment, ({ device }) => ({ type: 'open_device', device })),
      on: {
        'open_device.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'getContainer' },
        ],
      },
    },
    answered: {
      entry: 'reply',
      always: [{ guard: 'someoneWaits', target: 'handing_over', actions: 'next' }, { target: 'unlocked', actions: 'idle' }],
    },
    handing_over: {
      description: 'mutex_unlock() has woken the first waiter, now `caller`, which has not run yet.',
      entry: 'handOver',
      on: { mutex_unlock: 'locked' },
    },
  },
});
