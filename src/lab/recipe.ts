/**
 * The probes of one kernel, as lines for `kprobe_events`.
 *
 * Offsets come from the kernel's types, places from its symbols and its code. Three rules that are not obvious:
 * a string whose pointer chain faults must be the last string of its event, or the next one shows in its place, so
 * `cur=` (dev->driver->name, no driver: fault) comes last; functions of lib/ refuse probes, so calls to kobject_uevent()
 * are probed instead; and a `cs_*` event sits where an ownership function gives group->mutex back, with the mutex in %di
 * and all that it guards as the critical section leaves it, so these events are in the order of the lock.
 */
import { ModelError } from '../errors.ts';
import type { Symbols } from './symbols.ts';

/** What a recipe is made from. `members` of a struct and `constants` of an enum may be empty where nothing asks for them. */
export interface Known {
  readonly kernel: string;
  readonly symbols: Symbols;
  readonly members: (struct: string) => ReadonlyMap<string, number>;
  readonly constants: (name: string) => ReadonlyMap<string, number>;
  /** Distances from its start of the calls that a function makes to another. */
  readonly sites: (function_: string, callee: string) => readonly number[];
}

/** Functions whose calls are looked up, each with what it calls: they must be disassembled before. */
export const disassembled: readonly string[] = ['driver_bound', 'device_release_driver_internal', 'device_add', 'device_del',
  'iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_claim_dma_owner', 'iommu_group_release_dma_owner',
  'iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner', 'iommu_attach_group', 'iommu_detach_group'];
export const structs: readonly string[] = ['device', 'dev_links_info', 'iommu_group', 'pci_driver', 'pci_dev'];
export const enums: readonly string[] = ['bus_notifier_event', 'kobject_action'];

const nameOf = (register: string): string => `+0(+0(${register})):string`;
const returned = 'ret=$retval:s32';
const at = (offset: number): string => (offset < 0 ? String(offset) : `+${offset}`);

/** Fields of the events, as this kernel's types put them. */
function fields(known: Known) {
  const offset = (struct: string, member: string): number => {
    const found = known.members(struct).get(member);
    if (found !== undefined) return found;
    throw new ModelError('no-recipe', `struct ${struct} has no member ${member}`, { at: known.kernel, hint: 'probes can be derived for v6.1 to v6.12' });
  };
  const [driver, group] = [offset('device', 'driver'), offset('device', 'iommu_group')];
  const mutex = offset('iommu_group', 'mutex');
  const of = (member: string) => offset('iommu_group', member);
  const groupIn = (register: string) => `g=${at(of('id'))}(${register}):s32 oc=${at(of('owner_cnt'))}(${register}):u32`;
  return {
    dev: (register = '$arg1') => `dev=${nameOf(register)}`,
    drv: (register = '$arg1') => `drv=${nameOf(register)}`,
    /** (fault) while no driver is bound. */
    cur: (register = '$arg1') => `cur=+0(+0(${at(driver)}(${register}))):string`,
    bus: (register = '$arg1') => `bus=+0(+0(${at(offset('device', 'bus'))}(${register}))):string`,
    /** dev->links.status: 0 none, 1 probing, 2 bound, 3 unbinding. */
    links: `dl=${at(offset('device', 'links') + offset('dev_links_info', 'status'))}($arg1):s32`,
    groupPointer: `grp=${at(group)}($arg1):x64`,
    /** Read without the lock. With grp=0x0 the rest means nothing. */
    groupOf: `grp=${at(group)}($arg1):x64 ${groupIn(`${at(group)}($arg1)`)} ow=${at(of('owner'))}(${at(group)}($arg1)):x64`,
    groupIn, group: `${groupIn('$arg1')} ow=${at(of('owner'))}($arg1):x64`,
    locked: ['g=id:s32', 'oc=owner_cnt:u32', 'ow=owner:x64', 'dom=domain:x64', 'ddom=default_domain:x64'].map((field) => {
      const [, name = '', member = '', type = ''] = /^(\w+)=(\w+):(\w+)$/.exec(field) ?? [];
      return `${name}=${at(of(member) - mutex)}(%di):${type}`;
    }).join(' '),
    managed: `managed=${at(offset('pci_driver', 'driver_managed_dma') - offset('pci_driver', 'driver'))}(${at(driver)}($arg1)):u8`,
    pciDevice: `dev=+0(${at(offset('pci_dev', 'dev'))}(%di)):string`,
  };
}

/** @throws {ModelError} `no-recipe`: the types of this kernel lack what every probe needs. */
export function recipeOf(known: Known): string[] {
  const { symbols } = known;
  const f = fields(known);
  const lines: string[] = [];
  const absent = (function_: string) => lines.push(`# absent: ${function_}`);
  /** An event at the start of a function, and one at its return. */
  const entry = (event: string, function_: string, ...shown: readonly string[]) => {
    if (symbols.has(function_)) lines.push([`p:lab/${event}`, function_, ...shown].join(' '));
    else absent(function_);
  };
  const end = (event: string, function_: string, ...shown: readonly string[]) => {
    if (symbols.has(function_)) lines.push([`r:lab/${event}_ret`, function_, ...shown].join(' '));
  };
  const both = (event: string, function_: string, shown: readonly string[], returns = returned) => {
    entry(event, function_, ...shown);
    end(event, function_, ...(returns === '' ? [] : [returns]));
  };
  /** At every place where a function calls another. */
  const within = (event: string, function_: string, callee: string, shown: string) => {
    const sites = symbols.has(function_) ? known.sites(function_, callee) : [];
    if (sites.length === 0) lines.push(`# no call of ${callee} in ${function_}`);
    for (const site of sites) lines.push(`p:lab/${event} ${function_}+0x${site.toString(16)} ${shown}`);
  };
  const section = (event: string, function_: string, shown: readonly string[], returns = returned) => {
    entry(event, function_, ...shown);
    within(`cs_${event}`, function_, 'mutex_unlock', f.locked);
    end(event, function_, ...(returns === '' ? [] : [returns]));
  };
  // gcc may split the first test of a function off into its callers.
  const split = (function_: string) => (symbols.has(`${function_}.part.0`) ? `${function_}.part.0` : function_);

  lines.push(`# kprobe events for ${known.kernel}`, `# bus notifier actions: ${actions(known)}`, `# uevent actions: ${uevents(known)}`, '# -- driver core');
  both('dprobe', '__driver_probe_device', [f.dev('$arg2'), f.drv()]);
  both('drv_attach', 'device_driver_attach', [f.dev('$arg2'), f.drv()]);
  both('dev_attach', 'device_attach', [f.dev()]);
  both('probe', 'really_probe', [f.dev(), f.drv('$arg2'), f.cur(), f.links]);
  entry('sysfs_add', 'driver_sysfs_add', f.dev(), f.cur());
  entry('bound', 'driver_bound', f.dev(), f.cur(), f.links);
  both('release', 'device_release_driver_internal', [f.dev(), f.cur(), f.links], '');
  entry('unbind_cleanup', 'device_unbind_cleanup', f.dev(), f.cur());
  entry('defer_add', split('driver_deferred_probe_add'), f.dev());
  entry('defer_del', 'driver_deferred_probe_del', f.dev());
  entry('defer_trigger', split('driver_deferred_probe_trigger'));
  entry('defer_work', 'deferred_probe_work_func');
  both('links_check', 'device_links_check_suppliers', [f.dev(), f.links]);
  entry('links_bound', 'device_links_driver_bound', f.dev(), f.links);
  entry('links_none', 'device_links_no_driver', f.dev(), f.links);
  entry('links_cleanup', 'device_links_driver_cleanup', f.dev(), f.links);
  entry('links_unbind', 'device_links_unbind_consumers', f.dev(), f.links);
  both('drv_register', 'driver_register', [f.drv()]);
  both('drv_unregister', 'driver_unregister', [f.drv()], '');
  entry('drv_detach', 'driver_detach', f.drv());
  both('dev_add', 'device_add', [f.dev()]);
  both('dev_del', 'device_del', [f.dev(), f.cur()], '');
  // Before v6.3 the notifier is called inline: its chain has the device as its third argument, and serves others too.
  if (symbols.has('bus_notify')) entry('notify', 'bus_notify', f.dev(), 'action=$arg2:u32', f.bus(), f.cur());
  else entry('notify', 'blocking_notifier_call_chain', f.dev('$arg3'), 'action=$arg2:u32', f.bus('$arg3'), f.cur('$arg3'));
  for (const function_ of ['driver_bound', 'device_release_driver_internal', 'device_add', 'device_del'])
    within('uevent', function_, 'kobject_uevent', `${f.dev('%di')} action=%si:u32`);

  lines.push('# -- PCI');
  both('pci_probe', 'pci_device_probe', [f.dev(), f.cur()]);
  both('pci_remove', 'pci_device_remove', [f.dev(), f.cur()], '');
  both('dma_conf', 'pci_dma_configure', [f.dev(), f.cur(), f.managed]);
  both('dma_clean', 'pci_dma_cleanup', [f.dev(), f.cur(), f.managed], '');

  lines.push('# -- ownership of the group');
  section('use', 'iommu_device_use_default_domain', [f.dev(), f.groupOf]);
  section('unuse', 'iommu_device_unuse_default_domain', [f.dev(), f.groupOf], '');
  section('claim', 'iommu_group_claim_dma_owner', [f.group, 'owner=$arg2:x64']);
  section('rel', 'iommu_group_release_dma_owner', [f.group], '');
  section('dclaim', 'iommu_device_claim_dma_owner', [f.dev(), f.groupOf, 'owner=$arg2:x64']);
  section('drel', 'iommu_device_release_dma_owner', [f.dev(), f.groupOf], '');
  section('attach', 'iommu_attach_group', ['type=+0($arg1):x32', f.groupIn('$arg2')]);
  section('detach', 'iommu_detach_group', [f.groupIn('$arg2')], '');
  both('setdom', symbols.has('__iommu_group_set_domain') ? '__iommu_group_set_domain' : '__iommu_group_set_domain_internal', [f.group, 'new=$arg2:x64']);
  both('type_store', 'iommu_group_store_type', [f.group], 'ret=$retval:s64');
  both('iommu_probe', 'iommu_probe_device', [f.dev(), f.groupPointer]);
  entry('iommu_release', 'iommu_release_device', f.dev(), f.groupOf);
  entry('iommu_deinit', 'iommu_deinit_device', f.dev(), f.groupOf);
  entry('group_remove', 'iommu_group_remove_device', f.dev(), f.groupOf);

  // Probes on functions of modules are taken before the module is loaded, but know arguments by register only.
  lines.push('# -- VFIO');
  for (const [function_, returns] of vfio) {
    const module = symbols.moduleOf(function_);
    if (module === undefined) {
      absent(function_);
      continue;
    }
    const place = module === '' ? function_ : `${module}:${function_}`;
    const shown = function_.endsWith('unl_ioctl') ? ' cmd=%si:x32' : '';
    lines.push(`p:lab/${function_} ${place}${shown}`, `r:lab/${function_}_ret ${place}${returns ? ` ${returned}` : ''}`);
  }
  for (const function_ of ['vfio_pci_probe', 'vfio_pci_remove']) {
    const module = symbols.moduleOf(function_);
    if (module === undefined) absent(function_);
    else lines.push(`p:lab/${function_} ${module === '' ? '' : `${module}:`}${function_} ${f.pciDevice}`);
  }
  return lines;
}

/** Functions of VFIO, and whether they return something. */
const vfio: readonly (readonly [function_: string, returns: boolean])[] = [
  ['vfio_group_fops_open', true], ['vfio_group_fops_release', true], ['vfio_group_fops_unl_ioctl', true], ['vfio_fops_unl_ioctl', true],
  ['vfio_container_attach_group', true], ['vfio_group_detach_container', false], ['vfio_device_fops_release', true],
  ['vfio_register_group_dev', true], ['vfio_unregister_group_dev', false],
];

const events = ['ADD_DEVICE', 'DEL_DEVICE', 'REMOVED_DEVICE', 'BIND_DRIVER', 'BOUND_DRIVER', 'UNBIND_DRIVER', 'UNBOUND_DRIVER', 'DRIVER_NOT_BOUND'];

/** Before v6.3 these were macros, counted from 1; as an enum they count from 0. */
function actions(known: Known): string {
  const numbers = known.constants('bus_notifier_event');
  return events.map((event, index) => `${numbers.get(`BUS_NOTIFY_${event}`) ?? index + 1}=${event}`).join(' ');
}

const uevents = (known: Known): string =>
  [...known.constants('kobject_action')].filter(([name]) => /^KOBJ_(ADD|REMOVE|CHANGE|BIND|UNBIND)$/.test(name)).map(([name, value]) => `${value}=${name}`).join(' ');
