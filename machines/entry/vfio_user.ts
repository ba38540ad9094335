/**
 * vfio_user: a process with a container, the groups that it has opened, and device files.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117): drivers/vfio (vfio_main.c, group.c, container.c), the file operations
 * that run in this process; each answers with the errno that the process sees, the file descriptors stand for themselves.
 * An open device file holds the file of its group, so vfio_group_fops_release comes with the last of them, in whichever close.
 * `group` may be left out where the process has one group. GET_STATUS answers its flags: 1 viable, 2 container set.
 * Left out: mappings, dup() and fork(), a process that dies (it closes in some order), and more than one descriptor of
 * one container or one device (-EMFILE, as if there were no room for it).
 */
import { and, assign, setup } from 'xstate';
import { nameOf, groupAt, vfioContainerAt, vfioDeviceAt, vfioGroupAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBADF, EBUSY, EMFILE } from '../kernel.ts';

type Group = { readonly group?: Address };
type Device = { readonly device: string };
type Command =
  | Call<'container_open'> | Call<'container_close'> | Call<'set_iommu'>
  | Call<'group_open', { readonly group: Address }> | Call<'group_close', Group>
  | Call<'group_get_status', Group> | Call<'group_set_container', Group> | Call<'group_unset_container', Group>
  | Call<'group_get_device_fd', Group & Device> | Call<'device_close', Device>;
type Answer = Ret<
  | 'vfio_fops_open' | 'vfio_ioctl_set_iommu' | 'path_openat' | 'chrdev_open' | 'openFile' | 'releaseFile'
  | 'vfio_group_ioctl_get_status' | 'vfio_group_ioctl_set_container' | 'vfio_group_ioctl_unset_container'
  | 'vfio_device_get_from_name' | 'vfio_df_group_open' | 'vfio_df_group_close' | 'vfio_device_put_registration'>;

interface Context extends Busy {
  /** The container's descriptor is open. */
  container: boolean;
  /** Groups whose descriptor is open. */
  groups: Address[];
  /** Open device files, and the vfio_group whose file each of them holds. */
  devices: { readonly device: string; readonly group: Address }[];
  /** Of the command being run. */
  group: Address;
  device: string;
}

const { call, say } = sends<Context, Command | Answer>();
const cmds: Readonly<Record<string, string>> = {
  group_get_status: 'VFIO_GROUP_GET_STATUS', group_set_container: 'VFIO_GROUP_SET_CONTAINER',
  group_unset_container: 'VFIO_GROUP_UNSET_CONTAINER', group_get_device_fd: 'VFIO_GROUP_GET_DEVICE_FD',
};
const iommuGroup = ({ group }: Context) => groupAt(nameOf(group));
const toGroup = (type: string) => call(({ group }) => group, ({ device }) => ({ type, ...(device === '' ? {} : { device }) }));
const toContainer = (type: string) => call(({ address }) => vfioContainerAt(nameOf(address)), () => ({ type }));
const toDevice = (type: string) => call(({ device }) => vfioDeviceAt(device), () => ({ type }));
const op = (call: Command['type']) => ({ type: 'op', params: { call } }) as const;
const fail = (ret: number) => ({ type: 'fail', params: { ret } }) as const;
const ioctl = say((context) => ({
  type: 'vfio_group_fops_unl_ioctl', cmd: cmds[context.call] ?? '', group: iommuGroup(context), ...(context.device === '' ? {} : { device: context.device }),
}));
const ioctlRet = say((context) => ({
  type: 'vfio_group_fops_unl_ioctl.ret', cmd: cmds[context.call] ?? '', group: iommuGroup(context), ret: Math.min(context.ret, 0),
  ...(context.call === 'group_get_device_fd' && context.ret === 0 ? { fd: true } : {}),
}));
const commands = [
  'container_open', 'container_close', 'set_iommu', 'group_open', 'group_close', 'group_get_status', 'group_set_container',
  'group_unset_container', 'group_get_device_fd', 'device_close',
] as const;
const each = <T>(answer: T) => Object.fromEntries(commands.map((command) => [command, answer])) as Record<Command['type'], T>;

export const vfio_user = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    op: ({ context }, { call }: { call: string }) => context.call === call,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    containerOpen: ({ context }) => context.container,
    groupOpen: ({ context }) => context.groups.includes(context.group),
    deviceOpen: ({ context }) => context.devices.some(({ device }) => device === context.device),
    /** Somebody still holds the file of the group. */
    groupHeld: ({ context: { devices, group, groups } }) => groups.includes(group) || devices.some((one) => one.group === group),
  },
  actions: {
    begin: assign(({ context, event }) => {
      const device = 'device' in event ? event.device : '';
      const group = 'group' in event && event.group !== undefined ? vfioGroupAt(nameOf(event.group))
        : (event.type === 'device_close' ? context.devices.find((one) => one.device === device)?.group : context.groups[0]) ?? '';
      return { caller: event.from, call: event.type, ret: 0, group, device };
    }),
    fail: assign((_, { ret }: { ret: number }) => ({ ret })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    containerFd: assign({ container: true }),
    noContainerFd: assign({ container: false }),
    groupFd: assign({ groups: ({ context }) => [...context.groups, context.group] }),
    noGroupFd: assign({ groups: ({ context }) => context.groups.filter((group) => group !== context.group) }),
    deviceFd: assign({ devices: ({ context: { devices, device, group } }) => [...devices, { device, group }] }),
    noDeviceFd: assign({ devices: ({ context }) => context.devices.filter(({ device }) => device !== context.device) }),
    vfio_group_fops_open: say((context) => ({ type: 'vfio_group_fops_open', group: iommuGroup(context) })),
    'vfio_group_fops_open.ret': say((context) => ({ type: 'vfio_group_fops_open.ret', group: iommuGroup(context), ret: context.ret })),
    vfio_group_fops_release: say((context) => ({ type: 'vfio_group_fops_release', group: iommuGroup(context) })),
    'vfio_group_fops_release.ret': say((context) => ({ type: 'vfio_group_fops_release.ret', group: iommuGroup(context), ret: 0 })),
    vfio_device_fops_release: say(({ device }) => ({ type: 'vfio_device_fops_release', device })),
    'vfio_device_fops_release.ret': say(({ device }) => ({ type: 'vfio_device_fops_release.ret', device, ret: 0 })),
    vfio_fops_unl_ioctl: say(() => ({ type: 'vfio_fops_unl_ioctl', cmd: 'VFIO_SET_IOMMU' })),
    'vfio_fops_unl_ioctl.ret': say(({ ret }) => ({ type: 'vfio_fops_unl_ioctl.ret', cmd: 'VFIO_SET_IOMMU', ret })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, group: '', device: '' }),
  },
}).createMachine({
  id: 'vfio_user',
  context: ({ input }) => ({ ...notBusy, address: input.address, container: false, groups: [], devices: [], group: '', device: '' }),
  initial: 'idle',
  on: each({ actions: 'refuse' } as const),
  states: {
    idle: { on: each({ target: 'in_system_call', actions: 'begin' } as const) },
    in_system_call: {
      description: 'Which file, and is it open? What is not open has no file operations.',
      always: [
        { guard: and([op('container_open'), 'containerOpen']), target: 'answered', actions: fail(-EMFILE) },
        { guard: op('container_open'), target: 'in_vfio_fops_open' },
        { guard: and([op('container_close'), 'containerOpen']), target: 'answered', actions: 'noContainerFd' },
        { guard: and([op('set_iommu'), 'containerOpen']), target: 'in_vfio_fops_unl_ioctl' },
        { guard: op('group_open'), target: 'in_path_openat' },
        { guard: and([op('group_close'), 'groupOpen']), target: 'fput', actions: 'noGroupFd' },
        { guard: and([op('device_close'), 'deviceOpen']), target: 'in_vfio_device_fops_release' },
        { guard: and([op('group_get_status'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_set_container'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_unset_container'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_get_device_fd'), 'groupOpen', 'deviceOpen']), target: 'answered', actions: fail(-EMFILE) },
        { guard: and([op('group_get_device_fd'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { target: 'answered', actions: fail(-EBADF) },
      ],
    },
    in_vfio_fops_open: {
      entry: toContainer('vfio_fops_open'),
      on: {
        'vfio_fops_open.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'containerFd' },
        ],
      },
    },
    in_vfio_fops_unl_ioctl: {
      entry: ['vfio_fops_unl_ioctl', toContainer('vfio_ioctl_set_iommu')],
      on: { 'vfio_ioctl_set_iommu.ret': { target: 'answered', actions: ['keep', 'vfio_fops_unl_ioctl.ret'] } },
    },
    in_path_openat: {
      description: 'The node may be gone before the path is walked,',
      entry: toGroup('path_openat'),
      on: {
        'path_openat.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_chrdev_open' },
        ],
      },
    },
    in_chrdev_open: {
      description: 'or before its cdev is found.',
      entry: toGroup('chrdev_open'),
      on: {
        'chrdev_open.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_vfio_group_fops_open' },
        ],
      },
    },
    in_vfio_group_fops_open: {
      entry: ['vfio_group_fops_open', toGroup('openFile')],
      on: {
        'openFile.ret': [
          { guard: 'failed', target: 'answered', actions: ['keep', 'vfio_group_fops_open.ret'] },
          { target: 'answered', actions: ['groupFd', 'vfio_group_fops_open.ret'] },
        ],
      },
    },
    in_vfio_group_fops_unl_ioctl: {
      entry: ioctl,
      always: [
        { guard: op('group_get_status'), target: 'in_vfio_group_ioctl_get_status' },
        { guard: and([op('group_set_container'), 'containerOpen']), target: 'in_vfio_group_ioctl_set_container' },
        { guard: op('group_set_container'), target: 'ioctl_done', actions: fail(-EBADF) },
        { guard: op('group_unset_container'), target: 'in_vfio_group_ioctl_unset_container' },
        { target: 'in_vfio_device_get_from_name' },
      ],
    },
    in_vfio_group_ioctl_get_status: {
      entry: toGroup('vfio_group_ioctl_get_status'),
      on: { 'vfio_group_ioctl_get_status.ret': { target: 'ioctl_done', actions: 'keep' } },
    },
    in_vfio_group_ioctl_set_container: {
      entry: call(({ group }) => group, ({ address }) => ({ type: 'vfio_group_ioctl_set_container', container: vfioContainerAt(nameOf(address)) })),
      on: { 'vfio_group_ioctl_set_container.ret': { target: 'ioctl_done', actions: 'keep' } },
    },
    in_vfio_group_ioctl_unset_container: {
      entry: toGroup('vfio_group_ioctl_unset_container'),
      on: { 'vfio_group_ioctl_unset_container.ret': { target: 'ioctl_done', actions: 'keep' } },
    },
    in_vfio_device_get_from_name: {
      meta: { function: 'vfio_group_ioctl_get_device_fd' },
      entry: toGroup('vfio_device_get_from_name'),
      on: {
        'vfio_device_get_from_name.ret': [
          { guard: 'failed', target: 'ioctl_done', actions: 'keep' },
          { target: 'in_vfio_df_group_open' },
        ],
      },
    },
    in_vfio_df_group_open: {
      meta: { function: 'vfio_group_ioctl_get_device_fd' },
      entry: toGroup('vfio_df_group_open'),
      on: {
        'vfio_df_group_open.ret': [
          { guard: 'failed', target: 'err_put_device', actions: 'keep' },
          { target: 'ioctl_done', actions: 'deviceFd' },
        ],
      },
    },
    err_put_device: {
      meta: { function: 'vfio_group_ioctl_get_device_fd' },
      entry: toDevice('vfio_device_put_registration'),
      on: { 'vfio_device_put_registration.ret': 'ioctl_done' },
    },
    ioctl_done: { entry: ioctlRet, always: 'answered' },
    in_vfio_device_fops_release: {
      entry: ['vfio_device_fops_release', toGroup('vfio_df_group_close')],
      on: { 'vfio_df_group_close.ret': 'in_vfio_device_put_registration' },
    },
    in_vfio_device_put_registration: {
      meta: { function: 'vfio_device_fops_release' },
      entry: toDevice('vfio_device_put_registration'),
      on: { 'vfio_device_put_registration.ret': { target: 'fput', actions: ['noDeviceFd', 'vfio_device_fops_release.ret'] } },
    },
    fput: {
      description: 'The last reference to the file of the group takes the file with it.',
      always: [{ guard: 'groupHeld', target: 'answered' }, { target: 'in_vfio_group_fops_release' }],
    },
    in_vfio_group_fops_release: {
      entry: ['vfio_group_fops_release', toGroup('releaseFile')],
      on: { 'releaseFile.ret': { target: 'answered', actions: 'vfio_group_fops_release.ret' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
