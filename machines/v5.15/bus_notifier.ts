/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier of v5.15: what happens to a device is told to the listeners of its group too.
 *
 * Kernel v5.15, drivers/iommu/iommu.c iommu_bus_notifier, which passes BIND, BOUND, UNBIND and UNBOUND (never NOT_BOUND) on to
 * group->notifier; iommu_group_add_device tells it who came. The one listener is vfio_iommu_group_notifier (vfio_group.ts); what VFIO
 * does nothing about (BIND, UNBIND, DEL) is not sent. iommu_probe_device attaches the device to its group's domain first and to the
 * default domain then, whatever the first was.
 */
import { deviceAt, driverAt, environment, nameOf, vfioGroupAt } from '../address.ts';
import { bus_notifier as later } from '../bus_notifier.ts';
import { changed, type Config } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';

interface Context extends Here { device: string; group: Address | null; joined: boolean; action: string | null; call: string }
interface Event { readonly type: string; readonly from: Address; readonly driver?: string | null; readonly ret?: number }
interface Seen { readonly context: Context }

const { call } = sends<Context, Event>();
const toGroup = (type: string) => call(({ group }) => group ?? environment, ({ device }) => ({ type, device }));
const toVfio = (action: (context: Context) => string, allowed: (event: Event) => boolean) => call(
  ({ group }) => vfioGroupAt(nameOf(group ?? '')),
  (context, event) => ({ type: 'vfio_iommu_group_notifier', action: action(context), device: context.device, allowed: allowed(event) }));
const relayed = (action: string) => ({ context }: Seen) => context.joined && context.action === action;
const groupAction = ({ action }: Context) => (action ?? '').replace('BUS_NOTIFY', 'IOMMU_GROUP_NOTIFY');

function relays({ states }: Config): void {
  const told = states.in_dev_driver.on['dev->driver.ret'];
  states.in_dev_driver.on['dev->driver.ret'] = [
    { guard: relayed('BUS_NOTIFY_BOUND_DRIVER'), target: 'in_vfio_dev_driver_allowed', actions: 'tell' },
    { guard: relayed('BUS_NOTIFY_UNBOUND_DRIVER'), target: 'in_vfio_iommu_group_notifier', actions: 'tell' },
    ...told,
  ];
  states.in_vfio_dev_driver_allowed = {
    meta: { function: 'vfio_dev_viable' },
    description: 'The driver is read here: device_lock keeps it as it is until the notifier has gone.',
    entry: call((_context, { driver }) => driverAt(driver ?? ''), ({ device }) => ({ type: 'vfio_dev_driver_allowed', device })),
    on: { 'vfio_dev_driver_allowed.ret': 'in_vfio_iommu_group_notifier' },
  };
  states.in_vfio_iommu_group_notifier = {
    entry: toVfio(groupAction, ({ ret }) => ret === 1),
    on: { 'vfio_iommu_group_notifier.ret': 'answered' },
  };
}

function attachesTwice({ states: { iommu_probe_device } }: Config): void {
  const { states } = iommu_probe_device;
  states.in_dev_iommu_group.on['dev->iommu_group.ret'].target = 'in_group_notifier';
  states.in_group_notifier = {
    meta: { function: 'iommu_group_add_device' },
    entry: toVfio(() => 'IOMMU_GROUP_NOTIFY_ADD_DEVICE', () => false),
    on: {
      'vfio_iommu_group_notifier.ret': [
        { guard: ({ context: { call: asked } }: Seen) => asked === '__iommu_probe_device', target: 'probed' }, { target: 'in___iommu_attach_device' },
      ],
    },
  };
  states.in___iommu_attach_device = {
    meta: { function: 'iommu_probe_device' },
    description: 'To the default domain, unconditionally.',
    entry: toGroup('__iommu_attach_device'),
    on: { '__iommu_attach_device.ret': [{ guard: 'failed', target: 'err_release', actions: 'keep' }, { target: 'probed' }] },
  };
  states.err_release = {
    initial: 'in_iommu_group_remove_device',
    states: {
      in_iommu_group_remove_device: { entry: toGroup('iommu_group_remove_device'), on: { 'iommu_group_remove_device.ret': 'in_dev_iommu_group' } },
      in_dev_iommu_group: {
        entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->iommu_group', group: null })),
        on: { 'dev->iommu_group.ret': { target: '#probed', actions: 'part' } },
      },
    },
  };
  states.probed.id = 'probed';
}

export const bus_notifier = changed(later, relays, attachesTwice);
