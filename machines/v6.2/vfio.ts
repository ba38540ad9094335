/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * VFIO of v6.2 to v6.5: iommufd through the group only, and a device stays on the list of its group while its driver waits.
 *
 * Kernel v6.2, v6.5, drivers/vfio/group.c, vfio_main.c, iommufd.c. No device nodes yet (they came with v6.6), so nothing blocks a group
 * and a process with an iommufd opens devices through groups alone. Unregistering waits first and takes the device off the list then,
 * so a new user may still find it. Otherwise as v6.12.y. v6.5 was read; v6.2 is taken to be the same where the sheets say "6.2 and later".
 */
import { changed, partsOf, without, type Config } from '../changed.ts';
import { iommufd_user as userOf6_12 } from '../v6.12.y/iommufd_user.ts';
import { vfio_device as deviceOf6_12 } from '../v6.12.y/vfio_device.ts';
import { vfio_group as groupOf6_12 } from '../v6.12.y/vfio_group.ts';

const nodes = ['cdev_open', 'bind_iommufd', 'attach_pt', 'detach_pt', 'cdev_close'];
const opOf = ({ guard }: Config): string | undefined => partsOf(guard)[0]?.params?.call;

export const iommufd_user = changed(userOf6_12, (config) => {
  without(config, ...nodes);
  const { states } = config;
  states.in_system_call.always = states.in_system_call.always.filter((branch: Config) => !nodes.includes(opOf(branch) ?? ''));
  states.in_vfio_device_fops_release.always = 'in_vfio_df_group_close';
  states.in_vfio_device_put_registration.on['vfio_device_put_registration.ret'].pop();
  for (const name of [
    'in_vfio_device_fops_cdev_open', 'in_vfio_device_block_group', 'in_vfio_df_open', 'in_vfio_iommufd_physical_bind', 'in_open_device',
    'err_unuse_iommu', 'err_module_put', 'out_unlock', 'in_vfio_iommufd_physical_attach_ioas', 'in_vfio_iommufd_physical_detach_ioas',
    'in_vfio_df_unbind_iommufd', 'in_vfio_df_close', 'in_vfio_device_unblock_group',
  ]) delete states[name];
});

export const vfio_group = changed(groupOf6_12, (config) => {
  const blocks = ['vfio_device_block_group', 'vfio_device_unblock_group'];
  without(config, ...blocks);
  const { locked } = config.states;
  locked.always = locked.always.filter((branch: Config) => !blocks.includes(opOf(branch) ?? ''));
});

export const vfio_device = changed(deviceOf6_12, (config) => {
  without(config, 'vfio_device_fops_cdev_open');
  const { registered, in_vfio_device_group_unregister: unregister, waiting_for_users: waiting } = config.states;
  const { actions } = registered.on.remove;
  registered.on.remove = [
    { guard: 'lastReference', target: 'in_vfio_device_group_unregister', actions: ['put', actions].flat() },
    { target: 'waiting_for_users', actions: ['put', actions].flat() },
  ];
  waiting.on.vfio_device_get_from_name = registered.on.vfio_device_get_from_name;
  waiting.on.vfio_device_put_registration[0].target = 'in_vfio_device_group_unregister';
  unregister.on = {
    ...config.states.in_vfio_device_remove_group.on, 'vfio_device_group_unregister.ret': 'in_vfio_device_remove_group',
  };
  delete unregister.on['vfio_device_remove_group.ret'];
});
