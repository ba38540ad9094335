/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * vfio_user of v5.15: a process whose operations on a group are made of loads and atomics, with no lock around them.
 *
 * Kernel v5.15, drivers/vfio/vfio.c vfio_group_fops_open, vfio_group_fops_release, vfio_group_set_container, vfio_group_unset_container,
 * vfio_group_get_device_fd, vfio_device_fops_release, vfio_group_viable, vfio_dev_viable. Against v6.1.y:
 * - SET_CONTAINER and SET_IOMMU ask for no driver; GET_DEVICE_FD and GET_STATUS walk the devices of the group, and the driver of each is
 *   read without a lock: who binds behind the walk is not seen;
 * - an open device holds the container, not the file of the group: who closes the group first leaves the container set, and
 *   nobody can open the group until the device is closed.
 * Left out as in v6.1.y, and -EPERM for noiommu.
 */
import { assign } from 'xstate';
import { deviceAt, driverAt, environment, groupAt, nameOf, vfioContainerAt } from '../address.ts';
import { changed, type Config } from '../changed.ts';
import { sends, type Address, type Busy } from '../chart.ts';
import { vfio_user as later } from '../entry/vfio_user.ts';
import { EBADF, EBUSY, EINVAL } from '../kernel.ts';

interface Context extends Busy {
  group: Address;
  device: string;
  groups: readonly Address[];
  /** Devices of the group that vfio_group_viable() has still to look at, and the driver of the first. */
  walk: readonly string[];
  drv: string | null;
}
interface Event { readonly type: string; readonly from: Address; readonly ret?: number; readonly driver?: string | null; readonly devices?: readonly string[] }
interface Seen { readonly context: Context; readonly event: Event }

const { call } = sends<Context, Event>();
const toGroup = (type: string) => call(({ group }) => group, ({ device }) => ({ type, ...(device === '' ? {} : { device }) }));
const container = ({ address }: Context) => vfioContainerAt(nameOf(address));
const toContainer = (type: string) => call(container, ({ group }) => ({ type, group }));
const first = ({ walk }: Context): string => walk[0] ?? '';
const op = (call: string) => ({ context }: Seen) => context.call === call;
const zero = ({ event }: Seen) => event.ret === 0;
const one = ({ event }: Seen) => event.ret === 1;
const fail = (ret: number) => ({ type: 'fail', params: { ret } });

/** vfio_group_viable(): each device in turn, until one is not. */
const walk: Config = {
  in_iommu_group_for_each_dev: {
    meta: { function: 'vfio_group_viable' },
    entry: call(({ group }) => groupAt(nameOf(group)), () => ({ type: 'iommu_group_for_each_dev' })),
    on: { 'iommu_group_for_each_dev.ret': { target: 'walking', actions: assign(({ event }: Seen) => ({ walk: event.devices ?? [] })) } },
  },
  walking: { always: [{ guard: ({ context }: Seen) => context.walk.length === 0, target: 'viable' }, { target: 'in_dev_driver' }] },
  in_dev_driver: {
    meta: { function: 'vfio_dev_viable' },
    description: 'READ_ONCE(dev->driver), without device_lock.',
    entry: call((context) => deviceAt(first(context)), () => ({ type: 'dev->driver' })),
    on: { 'dev->driver.ret': { target: 'in_unbound_list', actions: assign(({ event }: Seen) => ({ drv: event.driver ?? null })) } },
  },
  in_unbound_list: {
    entry: call(({ group }) => group, (context) => ({ type: 'unbound_list', device: first(context) })),
    on: {
      'unbound_list.ret': [
        { guard: ({ context, event }: Seen) => event.ret === 1 || context.drv === null, target: 'next_device' },
        { target: 'in_vfio_dev_driver_allowed' },
      ],
    },
  },
  in_vfio_dev_driver_allowed: {
    entry: call(({ drv }) => driverAt(drv ?? ''), (context) => ({ type: 'vfio_dev_driver_allowed', device: first(context) })),
    on: { 'vfio_dev_driver_allowed.ret': [{ guard: one, target: 'next_device' }, { target: 'in_vfio_group_get_device' }] },
  },
  in_vfio_group_get_device: {
    entry: call(({ group }) => group, (context) => ({ type: 'vfio_group_get_device', device: first(context) })),
    on: { 'vfio_group_get_device.ret': [{ guard: one, target: 'next_device' }, { target: 'not_viable' }] },
  },
  next_device: { entry: assign(({ context }: Seen) => ({ walk: context.walk.slice(1), drv: null })), always: 'walking' },
  viable: { always: [{ guard: op('group_get_status'), target: 'in_group_container', actions: fail(1) }, { target: 'in_vfio_device_get_from_name' }] },
  not_viable: {
    entry: assign({ walk: [], drv: null }),
    always: [{ guard: op('group_get_status'), target: 'in_group_container' }, { target: 'ioctl_done', actions: fail(-EINVAL) }],
  },
};

/** __vfio_group_unset_container(), and where its three callers go on. */
const unset: Config = {
  in_vfio_group_unset_container: {
    meta: { function: 'vfio_group_unset_container' },
    entry: toGroup('atomic_cmpxchg'),
    on: {
      'atomic_cmpxchg.ret': [
        { guard: zero, target: 'ioctl_done', actions: fail(-EINVAL) },
        { guard: one, target: 'in_detachGroup' },
        { target: 'ioctl_done', actions: fail(-EBUSY) },
      ],
    },
  },
  in_vfio_group_try_dissolve_container: {
    meta: { function: 'vfio_group_try_dissolve_container' },
    entry: toGroup('atomic_dec_if_positive'),
    on: { 'atomic_dec_if_positive.ret': [{ guard: one, target: 'in_detachGroup' }, { target: 'dissolved' }] },
  },
  in_detachGroup: {
    meta: { function: '__vfio_group_unset_container' },
    entry: toContainer('detachGroup'),
    on: { 'detachGroup.ret': 'in_clearContainer' },
  },
  in_clearContainer: {
    meta: { function: '__vfio_group_unset_container' },
    entry: toGroup('clearContainer'),
    on: { 'clearContainer.ret': 'dissolved' },
  },
  dissolved: {
    always: [
      { guard: op('group_unset_container'), target: 'ioctl_done' },
      { guard: op('device_close'), target: 'in_vfio_device_put_registration' },
      { target: 'in_releaseFile' },
    ],
  },
};

export const vfio_user = changed(later, (config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), walk: [], drv: null });
  const { states } = config;
  states.in_vfio_group_fops_unl_ioctl.always = [
    { guard: op('group_get_status'), target: 'in_iommu_group_for_each_dev' },
    { guard: op('group_set_container'), target: 'in_vfio_group_set_container' },
    { guard: op('group_unset_container'), target: 'in_vfio_group_unset_container' },
    { target: 'in_vfio_group_get_device_fd' },
  ];
  for (const name of ['in_vfio_group_ioctl_get_status', 'in_vfio_group_ioctl_set_container', 'in_vfio_group_ioctl_unset_container', 'in_vfio_df_group_open', 'fput'])
    delete states[name];
  Object.assign(states, walk, unset, {
    in_group_container: {
      description: 'VFIO_GROUP_FLAGS_CONTAINER_SET.',
      entry: toGroup('group->container'),
      on: {
        'group->container.ret': [
          { guard: one, target: 'ioctl_done', actions: assign(({ context: { ret } }: Seen) => ({ ret: ret + 2 })) },
          { target: 'ioctl_done' },
        ],
      },
    },
    in_vfio_group_set_container: {
      meta: { function: 'vfio_group_set_container' },
      entry: toGroup('group->container_users'),
      on: {
        'group->container_users.ret': [
          { guard: ({ event }: Seen) => event.ret !== 0, target: 'ioctl_done', actions: fail(-EINVAL) },
          { guard: 'containerOpen', target: 'in_attachGroup' },
          { target: 'ioctl_done', actions: fail(-EBADF) },
        ],
      },
    },
    in_attachGroup: {
      meta: { function: 'vfio_group_set_container' },
      entry: toContainer('attachGroup'),
      on: { 'attachGroup.ret': [{ guard: 'failed', target: 'ioctl_done', actions: 'keep' }, { target: 'in_setContainer' }] },
    },
    in_setContainer: {
      meta: { function: 'vfio_group_set_container' },
      entry: call(({ group }) => group, (context) => ({ type: 'setContainer', container: container(context) })),
      on: { 'setContainer.ret': 'ioctl_done' },
    },
    in_vfio_group_get_device_fd: {
      meta: { function: 'vfio_group_get_device_fd' },
      entry: toGroup('group->container_users'),
      on: { 'group->container_users.ret': [{ guard: zero, target: 'ioctl_done', actions: fail(-EINVAL) }, { target: 'in_iommu_driver' }] },
    },
    in_iommu_driver: {
      meta: { function: 'vfio_group_get_device_fd' },
      entry: toContainer('container->iommu_driver'),
      on: { 'container->iommu_driver.ret': [{ guard: zero, target: 'ioctl_done', actions: fail(-EINVAL) }, { target: 'in_iommu_group_for_each_dev' }] },
    },
    in_open_device: {
      meta: { function: 'vfio_group_get_device_fd' },
      entry: call(() => environment, ({ device }) => ({ type: 'open_device', device })),
      on: { 'open_device.ret': [{ guard: 'failed', target: 'err_put_device', actions: 'keep' }, { target: 'in_atomic_inc' }] },
    },
    in_atomic_inc: {
      meta: { function: 'vfio_group_get_device_fd' },
      description: 'The device holds the container.',
      entry: toGroup('atomic_inc'),
      on: { 'atomic_inc.ret': { target: 'ioctl_done', actions: 'deviceFd' } },
    },
    in_releaseFile: {
      meta: { function: 'vfio_group_fops_release' },
      entry: toGroup('releaseFile'),
      on: { 'releaseFile.ret': { target: 'answered', actions: 'vfio_group_fops_release.ret' } },
    },
  });
  states.in_vfio_device_get_from_name.on['vfio_device_get_from_name.ret'][1].target = 'in_open_device';
  const closes = states.in_system_call.always.find(({ target }: Config) => target === 'fput');
  closes.target = 'in_vfio_group_fops_release';
  states.in_vfio_group_fops_release = { entry: 'vfio_group_fops_release', always: 'in_vfio_group_try_dissolve_container' };
  states.in_vfio_device_fops_release = { entry: 'vfio_device_fops_release', always: 'in_vfio_group_try_dissolve_container' };
  states.in_vfio_device_put_registration.on['vfio_device_put_registration.ret'].target = 'answered';
});
