/**
 * Which probe of a recorder stands for which event of the charts, as data.
 *
 * A probe is known by the function it sits on and by its place: at the entry, at a `mutex_unlock` inside (the state as
 * the critical section leaves it), or at the return; so recorders may name their events as they like. `says` is the
 * word of the charts: a call, its answer, or what a chart says. Functions that no row names are outside the model.
 * Kernel v6.1.y and v6.12.y as Debian builds them: which static functions survive inlining differs.
 */

/** Where in a function a probe sits. */
export type Place = 'entry' | 'locked' | 'return';

export interface Tracepoint {
  readonly says: string;
  readonly at: Place;
}

export interface Recorder {
  /** Rows by `function place`. */
  readonly points: ReadonlyMap<string, Tracepoint>;
  /** The value of BUS_NOTIFY_ADD_DEVICE: 1 up to 6.2, 0 from 6.3 on. */
  readonly firstNotifier: number;
}

/** Functions that both kernels show, at entry and return. */
const both = [
  '__driver_probe_device', 'device_driver_attach', 'device_attach', 'really_probe', 'device_release_driver_internal',
  'device_links_check_suppliers', 'driver_register', 'driver_unregister', 'device_add', 'device_del',
  'pci_device_probe', 'pci_device_remove', 'pci_dma_configure', 'pci_dma_cleanup', 'iommu_probe_device',
  'iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_claim_dma_owner',
  'iommu_group_release_dma_owner', 'iommu_attach_group', 'iommu_detach_group', 'iommu_group_store_type',
  'vfio_group_fops_open', 'vfio_group_fops_release', 'vfio_group_fops_unl_ioctl', 'vfio_fops_unl_ioctl',
  'vfio_container_attach_group', 'vfio_group_detach_container', 'vfio_device_fops_release',
  'vfio_register_group_dev', 'vfio_unregister_group_dev',
];
/** Functions of which only the entry is recorded. */
const entryOnly = [
  'driver_sysfs_add', 'driver_bound', 'device_unbind_cleanup', 'driver_deferred_probe_add', 'driver_deferred_probe_del',
  'driver_deferred_probe_trigger', 'deferred_probe_work_func', 'device_links_driver_bound', 'device_links_no_driver',
  'device_links_driver_cleanup', 'driver_detach', 'vfio_pci_probe', 'vfio_pci_remove',
];
/** Functions with a probe at the unlock of group->mutex. */
const locked = [
  'iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_claim_dma_owner',
  'iommu_group_release_dma_owner', 'iommu_attach_group', 'iommu_detach_group',
];

function recorder(firstNotifier: number, pairs: readonly string[], entries: readonly string[], critical: readonly string[],
  named: Readonly<Record<string, string>>): Recorder {
  const points = new Map<string, Tracepoint>();
  for (const name of [...both, ...pairs]) {
    points.set(`${name} entry`, { says: name, at: 'entry' });
    points.set(`${name} return`, { says: name, at: 'return' });
  }
  for (const name of [...entryOnly, ...entries]) points.set(`${name} entry`, { says: name, at: 'entry' });
  for (const name of [...locked, ...critical]) points.set(`${name} locked`, { says: name, at: 'locked' });
  for (const [name, says] of Object.entries(named)) points.set(`${name} entry`, { says, at: 'entry' });
  // kobject_uevent() lies in lib/, where no probe can sit: the calls to it inside these functions are recorded.
  for (const name of ['driver_bound', 'device_release_driver_internal', 'device_add', 'device_del'])
    points.set(`${name} locked`, { says: 'kobject_uevent', at: 'entry' });
  return { points, firstNotifier };
}

/** What the recorders of each model's kernel can see. */
export const recorders: Readonly<Record<string, Recorder>> = {
  'v6.1.y': recorder(1, ['__iommu_group_set_domain'], ['iommu_release_device', 'iommu_group_remove_device'], [],
    { blocking_notifier_call_chain: 'bus_notify' }),
  'v6.12.y': recorder(0, ['__iommu_group_set_domain_internal', 'iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner'],
    ['iommu_deinit_device'], ['iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner'], { bus_notify: 'bus_notify' }),
};

/** Buses whose notifier calls the recorder keeps. */
export const notifiedBuses: readonly string[] = ['pci', 'virtio', 'pci_express', 'platform'];

/** ioctl numbers of include/uapi/linux/vfio.h that the charts know. */
export const ioctls: Readonly<Record<number, string>> = {
  0x3b66: 'VFIO_SET_IOMMU', 0x3b67: 'VFIO_GROUP_GET_STATUS', 0x3b68: 'VFIO_GROUP_SET_CONTAINER',
  0x3b69: 'VFIO_GROUP_UNSET_CONTAINER', 0x3b6a: 'VFIO_GROUP_GET_DEVICE_FD',
};

/** A driver whose probe registers a vfio_device: their names all say so (vfio-pci, mlx5-vfio-pci, vfio-platform, ...). */
export const isVfioDriver = (name: string): boolean => /(^|-)vfio(-|$)/.test(name);
