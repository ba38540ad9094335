/**
 * vfio_group of v5.15: the file /dev/vfio/N, its container and its users; and the listener that stops the machine.
 *
 * Kernel v5.15, drivers/vfio/vfio.c, struct vfio_group { opened, container, container_users, device_list, unbound_list, container_q, nb }.
 * No lock holds an operation together: each event is one load, one atomic operation or one change of a list, and what makes
 * operations of them is in vfio_user.ts, vfio_device.ts and bus_notifier.ts. The struct lives as long as a vfio device or a file holds it.
 * A device is viable when it is on unbound_list, has no driver or one that is allowed, or is registered here. BOUND_DRIVER of another
 * device in a group with users is a BUG_ON; what the chart does after it means nothing. UNBOUND takes the device off unbound_list;
 * DRIVER_NOT_BOUND is never told here, so a device whose probe failed after it was registered stays on that list, and counts as viable.
 * Left out: noiommu groups, external users (KVM), the type of a group.
 */
import { and, assign, setup } from 'xstate';
import { vfioDeviceAt } from '../address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from '../chart.ts';
import { EBUSY, ENODEV, ENOENT, ENXIO } from '../kernel.ts';

type Device = { readonly device: string };

export type VfioGroupCall =
  | Call<'path_openat'> | Call<'chrdev_open'> | Call<'openFile'> | Call<'releaseFile'>
  | Call<'group->container'> | Call<'group->container_users'>
  /** group->container, and container_users 1; and NULL again, which wakes container_q. */
  | Call<'setContainer', { readonly container: Address }> | Call<'clearContainer'>
  /** Of container_users: from 1 to 0 if it is 1; one less if it is positive; one more. The first two answer what they met. */
  | Call<'atomic_cmpxchg'> | Call<'atomic_dec_if_positive'> | Call<'atomic_inc'>
  | Call<'unbound_list', Device> | Call<'vfio_group_get_device', Device> | Call<'vfio_device_get_from_name', Device>
  | Call<'vfio_device_set_group'> | Call<'vfio_device_group_register', Device>
  | Call<'vfio_unbound_dev', Device> | Call<'vfio_device_group_unregister', Device> | Call<'vfio_device_remove_group'>
  | Call<'vfio_iommu_group_notifier', Device & { readonly action: string; readonly allowed: boolean }>;

interface Context extends Here {
  iommu_group: Address;
  /** Registered devices, each of which holds the struct. */
  drivers: number;
  device_list: string[];
  unbound_list: string[];
  opened_file: Address | null;
  container: Address | null;
  container_users: number;
  /** Drivers that wait until group->container is NULL. */
  container_q: Address[];
}

export interface VfioGroupInput extends Partial<Context> {
  address: Address;
  iommu_group: Address;
}

const { call, answer, answerWith, forward, say } = sends<Context, VfioGroupCall>();
const deviceOf = (event: VfioGroupCall): string => ('device' in event ? event.device : '');
const told = (action: string) => ({ type: 'told', params: { action } }) as const;

export const vfio_group = setup({
  types: {} as Types<Context, VfioGroupCall, VfioGroupInput>,
  guards: {
    gone: ({ context }) => context.drivers === 0 && context.opened_file === null,
    opened: ({ context }) => context.opened_file !== null,
    hasContainer: ({ context }) => context.container !== null,
    one: ({ context }) => context.container_users === 1,
    positive: ({ context }) => context.container_users > 0,
    listed: ({ context, event }) => context.device_list.includes(deviceOf(event)),
    unbound: ({ context, event }) => context.unbound_list.includes(deviceOf(event)),
    lastLeaves: ({ context }) => context.device_list.length === 0 && context.container !== null,
    someoneWaits: ({ context }) => context.container_q.length > 0,
    told: ({ event }, { action }: { action: string }) => event.type === 'vfio_iommu_group_notifier' && event.action === `IOMMU_GROUP_NOTIFY_${action}`,
    notViable: ({ context, event }) => event.type === 'vfio_iommu_group_notifier' && !event.allowed &&
      !context.unbound_list.includes(event.device) && !context.device_list.includes(event.device),
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    setFile: assign({ opened_file: ({ event }) => event.from }),
    clearFile: assign(({ context }) => ({ opened_file: null, unbound_list: context.drivers === 0 ? [] : context.unbound_list })),
    setContainer: assign(({ event }) => ({ container: event.type === 'setContainer' ? event.container : null, container_users: 1 })),
    clearContainer: assign({ container: null }),
    get: assign({ container_users: ({ context }) => context.container_users + 1 }),
    put: assign({ container_users: ({ context }) => context.container_users - 1 }),
    tellUsers: answerWith(({ container_users }) => ({ ret: container_users })),
    addDriver: assign({ drivers: ({ context }) => context.drivers + 1 }),
    /** The last reference frees the struct and its lists. */
    dropDriver: assign(({ context }) => ({
      drivers: context.drivers - 1, unbound_list: context.drivers === 1 && context.opened_file === null ? [] : context.unbound_list,
    })),
    list_add: assign({ device_list: ({ context, event }) => [...context.device_list, deviceOf(event)] }),
    list_del: assign({ device_list: ({ context, event }) => context.device_list.filter((name) => name !== deviceOf(event)) }),
    unbound_add: assign({ unbound_list: ({ context, event }) => [...context.unbound_list, deviceOf(event)] }),
    unbound_del: assign({ unbound_list: ({ context, event }) => context.unbound_list.filter((name) => name !== deviceOf(event)) }),
    toDevice: forward((_context, event) => vfioDeviceAt(deviceOf(event))),
    waitForNull: assign({ container_q: ({ context, event }) => [...context.container_q, event.from] }),
    wake: call(({ container_q }) => container_q[0] ?? '', () => ({ type: 'vfio_device_remove_group.ret', ret: 0 })),
    woken: assign({ container_q: ({ context }) => context.container_q.slice(1) }),
    liveGroup: say((_context, event) => ({ type: 'dev_WARN', device: deviceOf(event), why: 'added to a live group' })),
    BUG: say((_context, event) => ({ type: 'BUG', device: deviceOf(event), why: 'BUG_ON(vfio_group_nb_verify()): a driver is bound in a live group' })),
  },
}).createMachine({
  id: 'vfio_group',
  context: ({ input }) => ({ drivers: 0, device_list: [], unbound_list: [], opened_file: null, container: null, container_users: 0, container_q: [], ...input }),
  initial: 'open',
  states: {
    open: {
      description: 'Plain fields: the same answers whatever they are.',
      on: {
        path_openat: [{ guard: 'gone', actions: ret(-ENOENT) }, { actions: ret(0) }],
        chrdev_open: [{ guard: 'gone', actions: ret(-ENXIO) }, { actions: ret(0) }],
        openFile: [
          { guard: 'gone', actions: ret(-ENODEV) },
          { guard: 'opened', actions: ret(-EBUSY) },
          { guard: 'hasContainer', actions: ret(-EBUSY) },
          { actions: ['setFile', ret(0)] },
        ],
        releaseFile: { actions: ['clearFile', ret(0)] },
        'group->container': [{ guard: 'hasContainer', actions: ret(1) }, { actions: ret(0) }],
        'group->container_users': { actions: 'tellUsers' },
        setContainer: { actions: ['setContainer', ret(0)] },
        clearContainer: [
          { guard: 'someoneWaits', target: 'waking', actions: ['clearContainer', ret(0)] },
          { actions: ['clearContainer', ret(0)] },
        ],
        atomic_cmpxchg: [{ guard: 'one', actions: ['tellUsers', 'put'] }, { actions: 'tellUsers' }],
        atomic_dec_if_positive: [{ guard: 'positive', actions: ['tellUsers', 'put'] }, { actions: ret(0) }],
        atomic_inc: { actions: ['get', ret(0)] },
        unbound_list: [{ guard: 'unbound', actions: ret(1) }, { actions: ret(0) }],
        vfio_group_get_device: [{ guard: 'listed', actions: ret(1) }, { actions: ret(0) }],
        vfio_device_get_from_name: [{ guard: 'listed', actions: 'toDevice' }, { actions: ret(-ENODEV) }],
        vfio_device_set_group: { actions: ['addDriver', ret(0)] },
        vfio_device_group_register: [{ guard: 'listed', actions: ['warn', ret(-EBUSY)] }, { actions: ['list_add', ret(0)] }],
        vfio_unbound_dev: { actions: ['unbound_add', ret(0)] },
        vfio_device_group_unregister: { actions: ['list_del', ret(0)] },
        vfio_device_remove_group: [{ guard: 'lastLeaves', actions: 'waitForNull' }, { actions: ['dropDriver', ret(0)] }],
        vfio_iommu_group_notifier: [
          { guard: and([told('ADD_DEVICE'), 'positive']), actions: ['liveGroup', ret(0)] },
          { guard: and([told('BOUND_DRIVER'), 'positive', 'notViable']), actions: ['BUG', ret(0)] },
          { guard: told('UNBOUND_DRIVER'), actions: ['unbound_del', ret(0)] },
          { actions: ret(0) },
        ],
      },
    },
    waking: {
      description: 'wake_up(&group->container_q): whoever waits looks at group->container, and finds NULL.',
      always: [
        { guard: 'someoneWaits', target: 'waking', reenter: true, actions: ['wake', 'dropDriver', 'woken'] },
        { target: 'open' },
      ],
    },
  },
});
