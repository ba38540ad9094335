/**
 * iommu_device_register: an IOMMU driver registers, and finds devices that were there before it, in two passes.
 *
 * Kernel v5.15 to v7.3, drivers/iommu/iommu.c bus_iommu_probe, called by iommu_device_register (bus_set_iommu until 6.0). The first pass walks the
 * devices of the bus, without device_lock, and makes their groups, which have no default domain yet; the second gives each group
 * its domain. In between a driver may come in, until use() says -EPROBE_DEFER there (b46064a18810: 6.15, 6.12.26, 6.6.90).
 * A driver that has a device already is not asked. Where bus_iommu_probe.ts is enough (one device, both passes in one), it has fewer worlds.
 * Left out: more than one bus or IOMMU, a pass that fails half way; what the second pass does to a group that somebody has claimed
 * or attached in between (it was not read: here it leaves such a group alone).
 */
import { assign, setup } from 'xstate';
import { busAt, deviceAt, notifierAt } from '../address.ts';
import { notBusy, sends, type Address, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'iommu_device_register', { readonly bus: string }>;
type Answer =
  | Ret<'klist_devices_next', { readonly name: string | null }>
  | Ret<'iommu_group_get', { readonly group: Address | null }>
  | Ret<'__iommu_probe_device' | 'iommu_setup_default_domain'>;
interface Context extends Busy {
  bus: string;
  device: string | null;
  group_list: Address[];
}

const { call } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device ?? ''), () => ({ type }));

export const iommu_device_register = setup({
  types: {} as Types<Context, Command | Answer>,
  guards: {
    noMore: ({ event }) => event.type === 'klist_devices_next.ret' && event.name === null,
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    noGroups: ({ context }) => context.group_list.length === 0,
  },
  actions: {
    begin: assign(({ event }) => ('bus' in event ? { caller: event.from, call: event.type, bus: event.bus, device: null, group_list: [], ret: 0 } : {})),
    take: assign({ device: ({ event }) => (event.type === 'klist_devices_next.ret' ? event.name : null) }),
    list: assign({
      group_list: ({ context: { group_list }, event }) =>
        (event.type !== 'iommu_group_get.ret' || event.group === null || group_list.includes(event.group) ? group_list : [...group_list, event.group]),
    }),
    next: assign({ group_list: ({ context }) => context.group_list.slice(1) }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, bus: '', device: null, group_list: [] }),
  },
}).createMachine({
  id: 'iommu_device_register',
  context: ({ input }) => ({ ...notBusy, address: input.address, bus: '', device: null, group_list: [] }),
  initial: 'idle',
  on: { iommu_device_register: { actions: 'refuse' } },
  states: {
    idle: { on: { iommu_device_register: { target: 'in_klist_devices_next', actions: 'begin' } } },
    in_klist_devices_next: {
      meta: { function: 'bus_iommu_probe' },
      entry: call(({ bus }) => busAt(bus), ({ device }) => ({ type: 'klist_devices_next', after: device })),
      on: { 'klist_devices_next.ret': [{ guard: 'noMore', target: 'second_pass' }, { target: 'in___iommu_probe_device', actions: 'take' }] },
    },
    in___iommu_probe_device: {
      meta: { function: 'probe_iommu_group' },
      entry: call(({ device }) => notifierAt(device ?? ''), () => ({ type: '__iommu_probe_device' })),
      on: { '__iommu_probe_device.ret': [{ guard: 'failed', target: 'in_klist_devices_next' }, { target: 'in_iommu_group_get' }] },
    },
    in_iommu_group_get: {
      meta: { function: 'probe_iommu_group' },
      entry: toDevice('iommu_group_get'),
      on: { 'iommu_group_get.ret': { target: 'in_klist_devices_next', actions: 'list' } },
    },
    second_pass: { always: [{ guard: 'noGroups', target: 'answered' }, { target: 'in_iommu_setup_default_domain' }] },
    in_iommu_setup_default_domain: {
      meta: { function: 'bus_iommu_probe' },
      entry: call(({ group_list }) => group_list[0] ?? '', () => ({ type: 'iommu_setup_default_domain' })),
      on: { 'iommu_setup_default_domain.ret': { target: 'second_pass', actions: 'next' } },
    },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});
