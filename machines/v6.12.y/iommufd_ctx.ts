/**
 * iommufd_ctx: what one process has opened /dev/iommu for: devices bound to it, and page tables that they are attached to.
 *
 * Kernel v6.12.y (6.12.117): drivers/iommu/iommufd/device.c (iommufd_device_bind, attach, detach, unbind, struct iommufd_group),
 * drivers/vfio/iommufd.c, whose functions give the calls their names. The token of a claim is this context. One operation at
 * a time: a call that comes meanwhile waits in `waiting` (the kernel has a lock for each group of the context).
 * The first device of a group attaches the whole group, by a handle (fb21b1568ada, in 6.12.y since 6.12.24); the others follow it.
 * Left out: replacing a page table in place (-EINVAL here), PASIDs, nesting, faults, emulated devices, cache coherency
 * (no vfio_device is registered without), and a second context of a process that still uses the first: -EMFILE.
 */
import { assign, setup } from 'xstate';
import { deviceAt, environment, nameOf } from '../address.ts';
import { notBusy, ret, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EINVAL, EMFILE } from '../kernel.ts';

type Device = { readonly device: string };
type Locked =
  | Call<'vfio_iommufd_physical_bind', Device> | Call<'vfio_iommufd_physical_unbind', Device>
  | Call<'vfio_iommufd_physical_attach_ioas', Device & { readonly group: Address; readonly pt: string }>
  | Call<'vfio_iommufd_physical_detach_ioas', Device>;
export type IommufdCall = Locked | Call<'iommufd_fops_open'> | Call<'iommufd_vfio_compat_ioas_create'> | Call<'iommufd_ctx_put'>;
type Answer = Ret<
  | 'iommufd_isolated_msi' | 'iommu_device_claim_dma_owner' | 'iommu_device_release_dma_owner'
  | 'iommu_attach_group_handle' | 'iommu_detach_group_handle'>;

interface Attached { readonly device: string; readonly group: Address; readonly pt: string }
interface Context extends Busy {
  /** References of groups that have been given this context. */
  users: number;
  bound: string[];
  /** In each group all to the same page table. */
  attached: Attached[];
  device: string;
  group: Address;
  pt: string;
  waiting: Locked[];
}

const { call, answer, say } = sends<Context, IommufdCall | Answer>();
const taken = (event: IommufdCall | Answer) => ({
  caller: event.from, call: event.type, ret: 0,
  device: 'device' in event ? event.device : '', group: 'group' in event ? event.group : '', pt: 'pt' in event ? event.pt : '',
});
const op = (call: Locked['type']) => ({ type: 'op', params: { call } }) as const;
const toDevice = (type: string, more: (context: Context) => Record<string, string> = () => ({})) =>
  call(({ device }) => deviceAt(device), (context) => ({ type, ...more(context) }));
const mine = ({ attached, device }: Context) => attached.find((one) => one.device === device);
const enter = { target: 'locked', actions: 'begin' } as const;
const wait = { actions: 'wait' } as const;

export const iommufd_ctx = setup({
  types: {} as Types<Context, IommufdCall | Answer>,
  guards: {
    op: ({ context }, { call }: { call: string }) => context.call === call,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    someoneWaits: ({ context }) => context.waiting.length > 0,
    inUse: ({ context }) => context.users > 0 || context.bound.length > 0,
    otherTable: ({ context }) => context.call === 'vfio_iommufd_physical_attach_ioas'
      && context.attached.some(({ device, group, pt }) => (device === context.device || group === context.group) && pt !== context.pt),
    isAttached: ({ context }) => mine(context) !== undefined,
    groupAttached: ({ context }) => context.attached.some(({ group }) => group === context.group),
    lastOfGroup: ({ context }) => context.attached.filter(({ group }) => group === mine(context)?.group).length === 1,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    begin: assign(({ event }) => taken(event)),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event as Locked] }),
    next: assign(({ context: { waiting: [first, ...waiting] } }) => (first === undefined ? {} : { ...taken(first), waiting })),
    keep: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    invalid: assign({ ret: -EINVAL }),
    get: assign({ users: ({ context }) => context.users + 1 }),
    put: assign({ users: ({ context }) => context.users - 1 }),
    bind: assign({ bound: ({ context }) => [...context.bound, context.device] }),
    unbind: assign({ bound: ({ context }) => context.bound.filter((device) => device !== context.device) }),
    attach: assign({ attached: ({ context: { attached, device, group, pt } }) => [...attached, { device, group, pt }] }),
    detach: assign({ attached: ({ context }) => context.attached.filter(({ device }) => device !== context.device) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    idle: assign({ ...notBusy, device: '', group: '', pt: '' }),
  },
}).createMachine({
  id: 'iommufd_ctx',
  context: ({ input }) => ({ ...notBusy, address: input.address, users: 0, bound: [], attached: [], device: '', group: '', pt: '', waiting: [] }),
  initial: 'unlocked',
  on: {
    vfio_iommufd_physical_bind: wait,
    vfio_iommufd_physical_unbind: wait,
    vfio_iommufd_physical_attach_ioas: wait,
    vfio_iommufd_physical_detach_ioas: wait,
    iommufd_fops_open: [{ guard: 'inUse', actions: ret(-EMFILE) }, { actions: ret(0) }],
    iommufd_vfio_compat_ioas_create: { actions: ['get', ret(0)] },
    iommufd_ctx_put: { actions: ['put', ret(0)] },
  },
  states: {
    unlocked: {
      on: {
        vfio_iommufd_physical_bind: enter,
        vfio_iommufd_physical_unbind: enter,
        vfio_iommufd_physical_attach_ioas: enter,
        vfio_iommufd_physical_detach_ioas: enter,
      },
    },
    locked: {
      always: [
        { guard: op('vfio_iommufd_physical_bind'), target: 'in_isolated_msi' },
        { guard: 'otherTable', target: 'answered', actions: 'invalid' },
        { guard: op('vfio_iommufd_physical_attach_ioas'), target: 'in_attach_ioas' },
        { guard: 'isAttached', target: 'in_detach_ioas' },
        { guard: op('vfio_iommufd_physical_unbind'), target: 'in_iommu_device_release_dma_owner' },
        { target: 'answered' },
      ],
    },
    in_isolated_msi: {
      meta: { function: 'iommufd_device_bind', step: 'iommu_group_has_isolated_msi' },
      entry: call(() => environment, ({ device }) => ({ type: 'iommufd_isolated_msi', device })),
      on: {
        'iommufd_isolated_msi.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'in_iommu_device_claim_dma_owner' },
        ],
      },
    },
    in_iommu_device_claim_dma_owner: {
      meta: { function: 'iommufd_device_bind' },
      entry: toDevice('iommu_device_claim_dma_owner', ({ address }) => ({ owner: address })),
      on: {
        'iommu_device_claim_dma_owner.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'bind' },
        ],
      },
    },
    in_attach_ioas: {
      always: [
        { guard: 'isAttached', target: 'answered' },
        { guard: 'groupAttached', target: 'answered', actions: 'attach' },
        { target: 'in_iommu_attach_group_handle' },
      ],
    },
    in_iommu_attach_group_handle: {
      meta: { function: 'iommufd_hw_pagetable_attach' },
      entry: call(({ group }) => group, ({ address, pt }) => ({ type: 'iommu_attach_group_handle', domain: `domain:${nameOf(address)}:${pt}` })),
      on: {
        'iommu_attach_group_handle.ret': [
          { guard: 'failed', target: 'answered', actions: 'keep' },
          { target: 'answered', actions: 'attach' },
        ],
      },
    },
    in_detach_ioas: {
      always: [{ guard: 'lastOfGroup', target: 'in_iommu_detach_group_handle' }, { target: 'detached' }],
    },
    in_iommu_detach_group_handle: {
      meta: { function: 'iommufd_hw_pagetable_detach' },
      entry: call((context) => mine(context)?.group ?? '', () => ({ type: 'iommu_detach_group_handle' })),
      on: { 'iommu_detach_group_handle.ret': 'detached' },
    },
    detached: {
      entry: 'detach',
      always: [{ guard: op('vfio_iommufd_physical_unbind'), target: 'in_iommu_device_release_dma_owner' }, { target: 'answered' }],
    },
    in_iommu_device_release_dma_owner: {
      meta: { function: 'iommufd_device_destroy' },
      entry: toDevice('iommu_device_release_dma_owner'),
      on: { 'iommu_device_release_dma_owner.ret': { target: 'answered', actions: 'unbind' } },
    },
    answered: {
      entry: 'reply',
      always: [{ guard: 'someoneWaits', target: 'locked', actions: 'next' }, { target: 'unlocked', actions: 'idle' }],
    },
  },
});
