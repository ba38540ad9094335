/**
 * vfio_device: the vfio_device that a VFIO driver registers in probe() and unregisters in remove().
 *
 * Kernel v6.12.y (6.12.117), drivers/vfio/pci/vfio_pci.c vfio_pci_probe, vfio_pci_remove; drivers/vfio/vfio_main.c
 * vfio_register_group_dev, vfio_unregister_group_dev, struct vfio_device { refcount, comp }. The thread that probes or
 * removes holds device_lock all the time. Each event is one change of the reference count, so each is one step.
 * Unregistering takes the device off the list of its group first, so nobody new finds it; then it waits, without a
 * limit, until the last user has closed the device.
 * open_count counts the opens through iommufd; a container counts its own in the group. The first open has bound the
 * device to a context, which the last close leaves, whoever closes last.
 * Left out: dev_set->lock (an open that comes while the first one is failing gets -EINVAL at once), the request callback (eventfd or a warning to
 * the user), signals to the waiting thread, cache coherency (vfio_probe may refuse with its -EINVAL), a group that the
 * device joins only after boot.
 */
import { and, assign, setup } from 'xstate';
import { environment, nameOf, vfioGroupAt } from '../address.ts';
import { notBusy, ret, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY, EINVAL, ENODEV, ENOENT } from '../kernel.ts';

type Device = { readonly device: string };

export type VfioDeviceCall =
  | Call<'probe', Device> | Call<'remove', Device>
  | Call<'vfio_device_get_from_name', Device> | Call<'vfio_device_fops_cdev_open'> | Call<'vfio_device_put_registration'>
  | Call<'vfio_df_open', { readonly iommufd: Address; readonly cdev: boolean }> | Call<'vfio_df_close'>;
type Answer = Ret<
  'vfio_probe' | 'vfio_device_set_group' | 'vfio_device_group_register' | 'vfio_device_group_unregister' | 'vfio_device_remove_group'>;

interface Context extends Busy {
  device: string;
  group: Address | null;
  /** 1 for the registration, 1 for each user. */
  refcount: number;
  open_count: number;
  /** The context that the first open has bound the device to. */
  iommufd: Address | null;
}

export interface VfioDeviceInput {
  address: Address;
  device: string;
  group: Address | null;
  refcount?: number;
}

const { call, answer, answerWith, say } = sends<Context, VfioDeviceCall | Answer>();
const says = (type: string) => say(({ device }) => ({ type, device }));
const saysRet = (type: string) => say(({ device, ret }) => ({ type: `${type}.ret`, device, ret }));
const toGroup = (type: string) => call(({ group }) => vfioGroupAt(nameOf(group ?? '')), ({ device }) => ({ type, device }));
const misuse = { actions: ['warn', ret(0)] } as const;
/** Nobody can find the device, or no longer. */
const unknown = {
  vfio_device_get_from_name: { actions: ret(-ENODEV) },
  vfio_device_fops_cdev_open: { actions: ret(-ENOENT) },
  vfio_device_put_registration: misuse,
} as const;
const inside = { probe: { actions: ['warn', ret(-EBUSY)] }, remove: misuse } as const;

export const vfio_device = setup({
  types: {} as Types<Context, VfioDeviceCall | Answer, VfioDeviceInput>,
  guards: {
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    noGroup: ({ context }) => context.group === null,
    lastReference: ({ context }) => context.refcount === 1,
    isOpen: ({ context }) => context.open_count > 0,
    isClosed: ({ context }) => context.open_count === 0,
    byCdev: ({ event }) => event.type === 'vfio_df_open' && event.cdev,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    begin: assign(({ event }) => ({ caller: event.from, call: event.type, ret: 0 })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    noDevice: assign({ ret: -EINVAL }),
    register: assign({ refcount: 1 }),
    get: assign({ refcount: ({ context }) => context.refcount + 1 }),
    put: assign({ refcount: ({ context }) => context.refcount - 1 }),
    tellGroup: answerWith(({ group }) => ({ ret: 0, group })),
    /** 1 for the first open, which has to bind the device. */
    tellFirst: answerWith(({ open_count }) => ({ ret: open_count === 0 ? 1 : 0 })),
    open: assign(({ context, event }) => ({
      open_count: context.open_count + 1, iommufd: context.open_count === 0 && event.type === 'vfio_df_open' ? event.iommufd : context.iommufd,
    })),
    /** 1 for the last close, which has to leave the context. */
    tellLast: answerWith(({ open_count, iommufd }) => ({ ret: open_count === 1 ? 1 : 0, iommufd })),
    close: assign(({ context }) => ({ open_count: context.open_count - 1, iommufd: context.open_count === 1 ? null : context.iommufd })),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    idle: assign({ ...notBusy }),
  },
}).createMachine({
  id: 'vfio_device',
  context: ({ input }) => ({ ...notBusy, refcount: 0, open_count: 0, iommufd: null, ...input }),
  initial: 'unregistered',
  on: {
    vfio_df_open: [{ guard: and(['byCdev', 'isOpen']), actions: ret(-EINVAL) }, { actions: ['tellFirst', 'open'] }],
    vfio_df_close: [{ guard: 'isClosed', ...misuse }, { actions: ['tellLast', 'close'] }],
  },
  states: {
    unregistered: {
      on: {
        probe: { target: 'in_vfio_pci_probe', actions: 'begin' },
        remove: misuse,
        ...unknown,
      },
    },
    in_vfio_pci_probe: {
      description: 'What the driver does before it registers the device.',
      entry: [says('vfio_pci_probe'), call(() => environment, ({ device }) => ({ type: 'vfio_probe', device }))],
      on: {
        ...inside, ...unknown,
        'vfio_probe.ret': [
          { guard: 'failed', target: 'not_registered', actions: 'keep' },
          { guard: 'noGroup', target: 'not_registered', actions: [says('vfio_register_group_dev'), 'noDevice', saysRet('vfio_register_group_dev')] },
          { target: 'in_vfio_device_set_group', actions: says('vfio_register_group_dev') },
        ],
      },
    },
    in_vfio_device_set_group: {
      meta: { function: 'vfio_register_group_dev' },
      entry: toGroup('vfio_device_set_group'),
      on: { ...inside, ...unknown, 'vfio_device_set_group.ret': 'in_vfio_device_group_register' },
    },
    in_vfio_device_group_register: {
      meta: { function: 'vfio_register_group_dev', step: 'list_add' },
      entry: ['register', toGroup('vfio_device_group_register')],
      on: {
        ...inside,
        vfio_device_get_from_name: { actions: ['get', ret(0)] },
        vfio_device_fops_cdev_open: { actions: ['get', 'tellGroup'] },
        vfio_device_put_registration: { actions: ['put', ret(0)] },
        'vfio_device_group_register.ret': { target: 'registered', actions: [saysRet('vfio_register_group_dev'), 'reply', 'idle'] },
      },
    },
    not_registered: { entry: ['reply', 'idle'], always: 'unregistered' },
    registered: {
      on: {
        probe: { actions: ['warn', ret(-EBUSY)] },
        remove: { target: 'in_vfio_device_group_unregister', actions: ['begin', says('vfio_pci_remove'), says('vfio_unregister_group_dev')] },
        vfio_device_get_from_name: { actions: ['get', ret(0)] },
        vfio_device_fops_cdev_open: { actions: ['get', 'tellGroup'] },
        vfio_device_put_registration: { actions: ['put', ret(0)] },
      },
    },
    in_vfio_device_group_unregister: {
      meta: { function: 'vfio_unregister_group_dev', step: 'vfio_device_group_unregister' },
      entry: toGroup('vfio_device_group_unregister'),
      on: {
        ...inside,
        vfio_device_get_from_name: { actions: ['get', ret(0)] },
        vfio_device_fops_cdev_open: { actions: ['get', 'tellGroup'] },
        vfio_device_put_registration: { actions: ['put', ret(0)] },
        'vfio_device_group_unregister.ret': [
          { guard: 'lastReference', target: 'in_vfio_device_remove_group', actions: 'put' },
          { target: 'waiting_for_users', actions: 'put' },
        ],
      },
    },
    waiting_for_users: {
      description: 'In wait_for_completion, with device_lock held, as long as a user has the device open.',
      meta: { function: 'vfio_unregister_group_dev' },
      on: {
        ...inside,
        vfio_device_get_from_name: { actions: ret(-ENODEV), description: 'A look-up that the list_del has overtaken.' },
        vfio_device_fops_cdev_open: { actions: ret(-ENOENT), description: 'vfio_device_del() has taken the cdev.' },
        vfio_device_put_registration: [
          { guard: 'lastReference', target: 'in_vfio_device_remove_group', actions: ['put', ret(0)] },
          { actions: ['put', ret(0)] },
        ],
      },
    },
    in_vfio_device_remove_group: {
      description: 'The last driver of the group takes container and claim away from the user.',
      meta: { function: 'vfio_unregister_group_dev' },
      entry: toGroup('vfio_device_remove_group'),
      on: {
        ...inside, ...unknown,
        'vfio_device_remove_group.ret': { target: 'unregistered', actions: [says('vfio_unregister_group_dev.ret'), 'reply', 'idle'] },
      },
    },
  },
});
