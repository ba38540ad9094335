/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * vfio_device of v5.15: who leaves puts itself on unbound_list first, so that the group stays viable until the driver has gone.
 *
 * Kernel v5.15, drivers/vfio/vfio.c vfio_register_group_dev, vfio_unregister_group_dev. Then as in v6.1.y: the reference of the registration,
 * a wait for users, off the list of the group; and a wait until group->container is NULL where the list is empty now
 * (vfio_device_remove_group, which v5.15 has no name for).
 * Left out as in v6.1.y, and that no memory is left for the entry of unbound_list (WARN).
 */
import { nameOf, vfioGroupAt } from '../address.ts';
import { changed } from '../changed.ts';
import { sends, type Address, type Here } from '../chart.ts';
import { vfio_device as of6_1 } from '../v6.1.y/vfio_device.ts';

const { call } = sends<Here & { device: string; group: Address | null }, { type: string; from: Address }>();

export const vfio_device = changed(of6_1, (config) => {
  const { registered, in_vfio_device_group_register: registering } = config.states;
  const [last, waits] = registered.on.remove;
  registered.on.remove = { target: 'in_vfio_unbound_dev', actions: ['begin', ...waits.actions.filter((action: unknown) => action !== 'begin' && action !== 'put')] };
  config.states.in_vfio_unbound_dev = {
    meta: { function: 'vfio_unregister_group_dev', step: 'list_add to unbound_list' },
    entry: call(({ group }) => vfioGroupAt(nameOf(group ?? '')), ({ device }) => ({ type: 'vfio_unbound_dev', device })),
    on: {
      ...registering.on, remove: config.states.waiting_for_users.on.remove,
      'vfio_unbound_dev.ret': [{ guard: 'lastReference', target: last.target, actions: 'put' }, { target: waits.target, actions: 'put' }],
    },
  };
  delete config.states.in_vfio_unbound_dev.on['vfio_device_group_register.ret'];
});
