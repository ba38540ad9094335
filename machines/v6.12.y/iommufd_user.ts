/**
 * iommufd_user: a process with an iommufd, devices opened through their own nodes, and groups opened as of old.
 *
 * Kernel v6.12.y (6.12.117): drivers/vfio/device_cdev.c (open, BIND_IOMMUFD, ATTACH and DETACH_IOMMUFD_PT), group.c and vfio_main.c,
 * the file operations that run in this process; each answers with the errno that the process sees.
 * Through a group, SET_CONTAINER takes the iommufd and claims nothing; GET_DEVICE_FD claims and attaches to the
 * compatibility page table (`ioas`). Through its node, a device is claimed by BIND_IOMMUFD and attached by ATTACH_PT.
 * A command that names a group or a device node does so by `group` and `device`; `group` may be left out where the process has one.
 * Left out: a container beside the iommufd, mappings, processes that die or fork, and more than one descriptor of the iommufd,
 * of one device node or of one device of a group (-EMFILE, as if there were no room for it).
 */
import { and, assign, not, setup } from 'xstate';
import { environment, groupAt, iommufdCtxAt, nameOf, vfioDeviceAt, vfioGroupAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBADF, EBUSY, EINVAL, EMFILE } from '../kernel.ts';

type Group = { readonly group?: Address };
type Device = { readonly device: string };
type Command =
  | Call<'iommufd_open'> | Call<'iommufd_close'>
  | Call<'cdev_open', Device> | Call<'bind_iommufd', Device> | Call<'attach_pt', Device & { readonly pt?: string }>
  | Call<'detach_pt', Device> | Call<'cdev_close', Device>
  | Call<'group_open', { readonly group: Address }> | Call<'group_close', Group>
  | Call<'group_get_status', Group> | Call<'group_set_container', Group> | Call<'group_unset_container', Group>
  | Call<'group_get_device_fd', Group & Device> | Call<'device_close', Device>;
type Answer =
  | Ret<'vfio_device_fops_cdev_open', { readonly group: Address }>
  | Ret<
    | 'iommufd_fops_open' | 'vfio_device_block_group' | 'vfio_device_unblock_group' | 'vfio_df_open' | 'vfio_df_close' | 'open_device'
    | 'vfio_iommufd_physical_bind' | 'vfio_iommufd_physical_unbind' | 'vfio_iommufd_physical_attach_ioas' | 'vfio_iommufd_physical_detach_ioas'
    | 'path_openat' | 'chrdev_open' | 'openFile' | 'releaseFile'
    | 'vfio_group_ioctl_get_status' | 'vfio_group_ioctl_set_container' | 'vfio_group_ioctl_unset_container'
    | 'vfio_device_get_from_name' | 'vfio_df_group_open' | 'vfio_df_group_close' | 'vfio_device_put_registration'>;

interface Node { readonly device: string; readonly group: Address; readonly access_granted: boolean }
interface Context extends Busy {
  /** The iommufd's descriptor is open. */
  iommufd: boolean;
  /** Open device nodes. */
  cdevs: Node[];
  /** vfio_groups whose descriptor is open. */
  groups: Address[];
  /** Device files got from a vfio_group. */
  devices: { readonly device: string; readonly group: Address }[];
  /** Of the command being run; `group` is a vfio_group. */
  group: Address;
  device: string;
  pt: string;
}

const { call, say } = sends<Context, Command | Answer>();
const cmds: Readonly<Record<string, string>> = {
  group_get_status: 'VFIO_GROUP_GET_STATUS', group_set_container: 'VFIO_GROUP_SET_CONTAINER',
  group_unset_container: 'VFIO_GROUP_UNSET_CONTAINER', group_get_device_fd: 'VFIO_GROUP_GET_DEVICE_FD',
};
const iommuGroup = ({ group }: Context) => groupAt(nameOf(group));
const ctxOf = ({ address }: Context) => iommufdCtxAt(nameOf(address));
const toGroup = (type: string) => call(({ group }) => group, (context) => ({
  type, ...(context.device === '' ? {} : { device: context.device }), ...(type === 'vfio_group_ioctl_set_container' ? { container: ctxOf(context) } : {}),
}));
const toDevice = (type: string) => call(({ device }) => vfioDeviceAt(device), (context) => ({
  type, ...(type === 'vfio_df_open' ? { iommufd: ctxOf(context), cdev: true } : {}),
}));
const toCtx = (type: string) => call(ctxOf, (context) => ({
  type, ...(context.device === '' ? {} : { device: context.device }),
  ...(type === 'vfio_iommufd_physical_attach_ioas' ? { group: iommuGroup(context), pt: context.pt } : {}),
}));
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
  'iommufd_open', 'iommufd_close', 'cdev_open', 'bind_iommufd', 'attach_pt', 'detach_pt', 'cdev_close', 'group_open', 'group_close',
  'group_get_status', 'group_set_container', 'group_unset_container', 'group_get_device_fd', 'device_close',
] as const;
const each = <T>(answer: T) => Object.fromEntries(commands.map((command) => [command, answer])) as Record<Command['type'], T>;
const onCdev = new Set(['bind_iommufd', 'attach_pt', 'detach_pt', 'cdev_close']);
const node = ({ cdevs, device }: Context) => cdevs.find((one) => one.device === device);

export const iommufd_user = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    op: ({ context }, { call }: { call: string }) => context.call === call,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    iommufdOpen: ({ context }) => context.iommufd,
    cdevOpen: ({ context }) => node(context) !== undefined,
    granted: ({ context }) => node(context)?.access_granted ?? false,
    groupOpen: ({ context }) => context.groups.includes(context.group),
    deviceOpen: ({ context }) => context.devices.some(({ device }) => device === context.device),
  },
  actions: {
    begin: assign(({ context, event }) => {
      const device = 'device' in event ? event.device : '';
      const { cdevs, devices, groups } = context;
      const group = 'group' in event && event.group !== undefined ? vfioGroupAt(nameOf(event.group))
        : (onCdev.has(event.type) ? cdevs.find((one) => one.device === device)?.group
          : event.type === 'device_close' ? devices.find((one) => one.device === device)?.group : groups[0]) ?? '';
      return { caller: event.from, call: event.type, ret: 0, group, device, pt: 'pt' in event && event.pt !== undefined ? event.pt : 'ioas' };
    }),
    fail: assign((_, { ret }: { ret: number }) => ({ ret })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    iommufdFd: assign({ iommufd: true }),
    noIommufdFd: assign({ iommufd: false }),
    cdevFd: assign({
      cdevs: ({ context, event }) => (event.type === 'vfio_device_fops_cdev_open.ret'
        ? [...context.cdevs, { device: context.device, group: vfioGroupAt(nameOf(event.group)), access_granted: false }] : context.cdevs),
    }),
    noCdevFd: assign({ cdevs: ({ context }) => context.cdevs.filter(({ device }) => device !== context.device) }),
    grant: assign({ cdevs: ({ context }) => context.cdevs.map((one) => (one.device === context.device ? { ...one, access_granted: true } : one)) }),
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
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, group: '', device: '', pt: '' }),
  },
}).createMachine({
  id: 'iommufd_user',
  context: ({ input }) => ({
    ...notBusy, address: input.address, iommufd: false, cdevs: [], groups: [], devices: [], group: '', device: '', pt: '',
  }),
  initial: 'idle',
  on: each({ actions: 'refuse' } as const),
  states: {
    idle: { on: each({ target: 'in_system_call', actions: 'begin' } as const) },
    in_system_call: {
      description: 'Which file, and is it open? What is not open has no file operations.',
      always: [
        { guard: and([op('iommufd_open'), 'iommufdOpen']), target: 'answered', actions: fail(-EMFILE) },
        { guard: op('iommufd_open'), target: 'in_iommufd_fops_open' },
        { guard: and([op('iommufd_close'), 'iommufdOpen']), target: 'answered', actions: 'noIommufdFd' },

        { guard: and([op('cdev_open'), 'cdevOpen']), target: 'answered', actions: fail(-EMFILE) },
        { guard: op('cdev_open'), target: 'in_vfio_device_fops_cdev_open' },
        { guard: and([op('bind_iommufd'), 'cdevOpen']), target: 'in_vfio_device_block_group' },
        { guard: and([op('attach_pt'), 'granted']), target: 'in_vfio_iommufd_physical_attach_ioas' },
        { guard: and([op('detach_pt'), 'granted']), target: 'in_vfio_iommufd_physical_detach_ioas' },
        { guard: and([op('attach_pt'), 'cdevOpen']), target: 'answered', actions: fail(-EINVAL) },
        { guard: and([op('detach_pt'), 'cdevOpen']), target: 'answered', actions: fail(-EINVAL) },
        { guard: and([op('cdev_close'), 'cdevOpen']), target: 'in_vfio_device_fops_release' },

        { guard: op('group_open'), target: 'in_path_openat' },
        { guard: and([op('group_close'), 'groupOpen']), target: 'in_vfio_group_fops_release' },
        { guard: and([op('group_get_status'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_set_container'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_unset_container'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('group_get_device_fd'), 'groupOpen', 'deviceOpen']), target: 'answered', actions: fail(-EMFILE) },
        { guard: and([op('group_get_device_fd'), 'groupOpen']), target: 'in_vfio_group_fops_unl_ioctl' },
        { guard: and([op('device_close'), 'deviceOpen']), target: 'in_vfio_device_fops_release' },
        { target: 'answered', actions: fail(-EBADF) },
      ],
    },
    in_iommufd_fops_open: {
      entry: toCtx('iommufd_fops_open'),
      on: {
        'iommufd_fops_open.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'iommufdFd' },
        ],
      },
    },
    in_vfio_device_fops_cdev_open: {
      entry: toDevice('vfio_device_fops_cdev_open'),
      on: {
        'vfio_device_fops_cdev_open.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'cdevFd' },
        ],
      },
    },
    in_vfio_device_block_group: {
      description: 'BIND_IOMMUFD: first the group, then this file, then the iommufd, then the device.',
      meta: { function: 'vfio_df_ioctl_bind_iommufd' },
      entry: toGroup('vfio_device_block_group'),
      on: {
        'vfio_device_block_group.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { guard: 'granted', target: 'out_unlock', actions: fail(-EINVAL) },
          { guard: not('iommufdOpen'), target: 'out_unlock', actions: fail(-EBADF) },
          { target: 'in_vfio_df_open' },
        ],
      },
    },
    in_vfio_df_open: {
      meta: { function: 'vfio_df_ioctl_bind_iommufd' },
      entry: toDevice('vfio_df_open'),
      on: {
        'vfio_df_open.ret': [
          { guard: 'failed', target: 'out_unlock', actions: 'keep' },
          { target: 'in_vfio_iommufd_physical_bind' },
        ],
      },
    },
    in_vfio_iommufd_physical_bind: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toCtx('vfio_iommufd_physical_bind'),
      on: {
        'vfio_iommufd_physical_bind.ret': [
          { guard: 'failed', target: 'err_module_put', actions: 'keep' },
          { target: 'in_open_device' },
        ],
      },
    },
    in_open_device: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: call(() => environment, ({ device }) => ({ type: 'open_device', device })),
      on: {
        'open_device.ret': [
          { guard: 'failed', target: 'err_unuse_iommu', actions: 'keep' },
          { target: 'answered', actions: 'grant' },
        ],
      },
    },
    err_unuse_iommu: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toCtx('vfio_iommufd_physical_unbind'),
      on: { 'vfio_iommufd_physical_unbind.ret': 'err_module_put' },
    },
    err_module_put: {
      meta: { function: 'vfio_df_device_first_open' },
      entry: toDevice('vfio_df_close'),
      on: { 'vfio_df_close.ret': 'out_unlock' },
    },
    out_unlock: {
      meta: { function: 'vfio_df_ioctl_bind_iommufd' },
      entry: toGroup('vfio_device_unblock_group'),
      on: { 'vfio_device_unblock_group.ret': 'answered' },
    },
    in_vfio_iommufd_physical_attach_ioas: {
      meta: { function: 'vfio_df_ioctl_attach_pt' },
      entry: toCtx('vfio_iommufd_physical_attach_ioas'),
      on: { 'vfio_iommufd_physical_attach_ioas.ret': { target: 'answered', actions: 'keep' } },
    },
    in_vfio_iommufd_physical_detach_ioas: {
      meta: { function: 'vfio_df_ioctl_detach_pt' },
      entry: toCtx('vfio_iommufd_physical_detach_ioas'),
      on: { 'vfio_iommufd_physical_detach_ioas.ret': 'answered' },
    },
    in_path_openat: {
      entry: toGroup('path_openat'),
      on: {
        'path_openat.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_chrdev_open' },
        ],
      },
    },
    in_chrdev_open: {
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
        { guard: and([op('group_set_container'), 'iommufdOpen']), target: 'in_vfio_group_ioctl_set_container' },
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
      entry: toGroup('vfio_group_ioctl_set_container'),
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
      entry: 'vfio_device_fops_release',
      always: [
        { guard: op('device_close'), target: 'in_vfio_df_group_close' },
        { guard: 'granted', target: 'in_vfio_df_unbind_iommufd' },
        { target: 'in_vfio_device_put_registration' },
      ],
    },
    in_vfio_df_group_close: {
      entry: toGroup('vfio_df_group_close'),
      on: { 'vfio_df_group_close.ret': 'in_vfio_device_put_registration' },
    },
    in_vfio_df_unbind_iommufd: {
      description: 'Only one file of a device can be bound, so this close is the last one.',
      entry: toCtx('vfio_iommufd_physical_unbind'),
      on: { 'vfio_iommufd_physical_unbind.ret': 'in_vfio_df_close' },
    },
    in_vfio_df_close: {
      meta: { function: 'vfio_df_unbind_iommufd' },
      entry: toDevice('vfio_df_close'),
      on: { 'vfio_df_close.ret': 'in_vfio_device_unblock_group' },
    },
    in_vfio_device_unblock_group: {
      meta: { function: 'vfio_df_unbind_iommufd' },
      entry: toGroup('vfio_device_unblock_group'),
      on: { 'vfio_device_unblock_group.ret': 'in_vfio_device_put_registration' },
    },
    in_vfio_device_put_registration: {
      meta: { function: 'vfio_device_fops_release' },
      entry: toDevice('vfio_device_put_registration'),
      on: {
        'vfio_device_put_registration.ret': [
          { guard: op('device_close'), target: 'answered', actions: ['noDeviceFd', 'vfio_device_fops_release.ret'] },
          { target: 'answered', actions: ['noCdevFd', 'vfio_device_fops_release.ret'] },
        ],
      },
    },
    in_vfio_group_fops_release: {
      description: 'Device files do not hold the file of the group here.',
      entry: ['vfio_group_fops_release', toGroup('releaseFile')],
      on: { 'releaseFile.ret': { target: 'answered', actions: ['noGroupFd', 'vfio_group_fops_release.ret'] } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
