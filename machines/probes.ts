/**
 * The probes of a recorder, as data: on which functions of the kernel they sit and what they show. What the judge knows of
 * a recording (`tracepoints.ts`), what the lab sets in its guests and what `record` sets on a machine comes from here.
 *
 * What a probe shows is written as tracefs takes it, but for offsets: `{device.driver}` stands for where that member lies in
 * the running kernel, with its sign; `{a.b+b.c}` and `{a.b-a.c}` are sums. Three rules that are not obvious:
 * a string whose pointer chain faults must be the last string of its event, or the next one shows in its place, so
 * `cur=` (dev->driver->name, no driver: fault) comes last; functions of lib/ refuse probes, so calls to kobject_uevent()
 * are probed instead; and a `cs_*` event sits where an ownership function gives group->mutex back, with the mutex in %di
 * and all that it guards as the critical section leaves it, so these events are in the order of the lock.
 */

export interface Probe {
  readonly event: string;
  /** The function; of several names the first that a kernel has. */
  readonly on: readonly string[];
  /** Not where the kernel has this function. */
  readonly unless?: string;
  readonly shows: readonly string[];
  /** Its return is an event of its own, `EVENT_ret`: with the type of what it returns, '' where that is nothing. */
  readonly returns?: 's32' | 's64' | '';
  /** The probe sits on every call of this function instead of the entry. Arguments are in registers there: x86-64 only. */
  readonly calls?: 'mutex_unlock' | 'kobject_uevent';
  /** The function belongs to this module, unless it is built in. Before the module is loaded arguments are known by register only. */
  readonly module?: string;
  /** Kernels that a model describes differ in it: `tracepoints.ts` says which have it. */
  readonly some?: true;
  /** No chart has a word for it. */
  readonly outside?: true;
}

const name = (pointer: string): string => `+0(+0(${pointer})):string`;
const dev = (register = '$arg1') => `dev=${name(register)}`;
const drv = (register = '$arg1') => `drv=${name(register)}`;
/** (fault) while no driver is bound. */
const cur = (register = '$arg1') => `cur=+0(+0({device.driver}(${register}))):string`;
const bus = (register = '$arg1') => `bus=+0(+0({device.bus}(${register}))):string`;
/** dev->links.status: 0 none, 1 probing, 2 bound, 3 unbinding. */
const links = 'dl={device.links+dev_links_info.status}($arg1):s32';
const its = '{device.iommu_group}($arg1)';
const groupPointer = `grp=${its}:x64`;
const groupIn = (register: string) => [`g={iommu_group.id}(${register}):s32`, `oc={iommu_group.owner_cnt}(${register}):u32`];
const owner = (register: string) => `ow={iommu_group.owner}(${register}):x64`;
/** Read without the lock. With grp=0x0 the rest means nothing. */
const groupOf = [groupPointer, ...groupIn(its), owner(its)];
const group = [...groupIn('$arg1'), owner('$arg1')];
const managed = 'managed={pci_driver.driver_managed_dma-pci_driver.driver}({device.driver}($arg1)):u8';
const asked = 'owner=$arg2:x64';
const locked = ['g=id:s32', 'oc=owner_cnt:u32', 'ow=owner:x64', 'dom=domain:x64', 'ddom=default_domain:x64'].map((field) => {
  const [shown = '', type = ''] = field.split(':');
  const [as = '', member = ''] = shown.split('=');
  return `${as}={iommu_group.${member}-iommu_group.mutex}(%di):${type}`;
});

type More = Pick<Probe, 'unless' | 'some' | 'outside' | 'module'>;
const entry = (event: string, on: string, shows: readonly string[] = [], more: More = {}): Probe => ({ event, on: on.split(' or '), shows, ...more });
const both = (event: string, on: string, shows: readonly string[], returns: 's32' | 's64' | '' = 's32', more: More = {}): Probe => ({ ...entry(event, on, shows, more), returns });
const section = (event: string, on: string, shows: readonly string[], returns: 's32' | '' = 's32', more: More = {}): Probe[] =>
  [both(event, on, shows, returns, more), { ...entry(`cs_${event}`, on, locked, more), calls: 'mutex_unlock' }];
const uevent = (on: string): Probe => ({ ...entry('uevent', on, [dev('%di'), 'action=%si:u32']), calls: 'kobject_uevent' });
const vfio = (on: string, returns: 's32' | '' = 's32', shows: readonly string[] = []): Probe => both(on, on, shows, returns, { module: 'vfio' });
const some = { some: true } as const;
const ioctl = ['cmd=%si:x32'];
const pciDevice = ['dev=+0({pci_dev.dev}(%di)):string'];

export const probes: readonly Probe[] = [
  both('dprobe', '__driver_probe_device', [dev('$arg2'), drv()]),
  both('drv_attach', 'device_driver_attach', [dev('$arg2'), drv()]),
  both('dev_attach', 'device_attach', [dev()]),
  both('probe', 'really_probe', [dev(), drv('$arg2'), cur(), links]),
  entry('sysfs_add', 'driver_sysfs_add', [dev(), cur()]),
  entry('bound', 'driver_bound', [dev(), cur(), links]),
  both('release', 'device_release_driver_internal', [dev(), cur(), links], ''),
  entry('unbind_cleanup', 'device_unbind_cleanup', [dev(), cur()]),
  // gcc may split the first test of a function off into its callers.
  entry('defer_add', 'driver_deferred_probe_add.part.0 or driver_deferred_probe_add', [dev()]),
  entry('defer_del', 'driver_deferred_probe_del', [dev()]),
  entry('defer_trigger', 'driver_deferred_probe_trigger.part.0 or driver_deferred_probe_trigger'),
  entry('defer_work', 'deferred_probe_work_func'),
  both('links_check', 'device_links_check_suppliers', [dev(), links]),
  entry('links_bound', 'device_links_driver_bound', [dev(), links]),
  entry('links_none', 'device_links_no_driver', [dev(), links]),
  entry('links_cleanup', 'device_links_driver_cleanup', [dev(), links]),
  entry('links_unbind', 'device_links_unbind_consumers', [dev(), links], { outside: true }),
  both('drv_register', 'driver_register', [drv()]),
  both('drv_unregister', 'driver_unregister', [drv()], ''),
  entry('drv_detach', 'driver_detach', [drv()]),
  both('dev_add', 'device_add', [dev()]),
  both('dev_del', 'device_del', [dev(), cur()], ''),
  // Before v6.3 the notifier is called inline: its chain has the device as its third argument, and serves others too.
  entry('notify', 'bus_notify', [dev(), 'action=$arg2:u32', bus(), cur()], some),
  entry('notify', 'blocking_notifier_call_chain', [dev('$arg3'), 'action=$arg2:u32', bus('$arg3'), cur('$arg3')], { ...some, unless: 'bus_notify' }),
  ...['driver_bound', 'device_release_driver_internal', 'device_add', 'device_del'].map(uevent),

  both('pci_probe', 'pci_device_probe', [dev(), cur()]),
  both('pci_remove', 'pci_device_remove', [dev(), cur()], ''),
  both('dma_conf', 'pci_dma_configure', [dev(), cur(), managed]),
  both('dma_clean', 'pci_dma_cleanup', [dev(), cur(), managed], ''),

  ...section('use', 'iommu_device_use_default_domain', [dev(), ...groupOf]),
  ...section('unuse', 'iommu_device_unuse_default_domain', [dev(), ...groupOf], ''),
  ...section('claim', 'iommu_group_claim_dma_owner', [...group, asked]),
  ...section('rel', 'iommu_group_release_dma_owner', group, ''),
  ...section('dclaim', 'iommu_device_claim_dma_owner', [dev(), ...groupOf, asked], 's32', some),
  ...section('drel', 'iommu_device_release_dma_owner', [dev(), ...groupOf], '', some),
  ...section('attach', 'iommu_attach_group', ['type=+0($arg1):x32', ...groupIn('$arg2')]),
  ...section('detach', 'iommu_detach_group', groupIn('$arg2'), ''),
  both('setdom', '__iommu_group_set_domain or __iommu_group_set_domain_internal', [...group, 'new=$arg2:x64'], 's32', some),
  both('type_store', 'iommu_group_store_type', group, 's64'),
  both('iommu_probe', 'iommu_probe_device', [dev(), groupPointer]),
  entry('iommu_release', 'iommu_release_device', [dev(), ...groupOf], some),
  entry('iommu_deinit', 'iommu_deinit_device', [dev(), ...groupOf], some),
  entry('group_remove', 'iommu_group_remove_device', [dev(), ...groupOf], some),

  vfio('vfio_group_fops_open'), vfio('vfio_group_fops_release'), vfio('vfio_group_fops_unl_ioctl', 's32', ioctl), vfio('vfio_fops_unl_ioctl', 's32', ioctl),
  vfio('vfio_container_attach_group'), vfio('vfio_group_detach_container', ''), vfio('vfio_device_fops_release'),
  vfio('vfio_register_group_dev'), vfio('vfio_unregister_group_dev', ''),
  entry('vfio_pci_probe', 'vfio_pci_probe', pciDevice, { module: 'vfio_pci' }), entry('vfio_pci_remove', 'vfio_pci_remove', pciDevice, { module: 'vfio_pci' }),
];

/** Without these nothing that was recorded could be judged. */
export const essential: readonly string[] = ['really_probe', 'iommu_device_use_default_domain'];
