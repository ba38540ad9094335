/**
 * What single commits put right, and what no kernel has yet: sentences that `check` does not ask, because most models of their
 * time break them wherever they say anything. The tables of src/cases ask each in a topology of its own.
 */
import { EBUSY, EPROBE_DEFER } from '../kernel.ts';
import { pathOf } from './binding.ts';
import { binding, parts, users } from './dma_ownership.ts';
import { property, type Looked } from './property.ts';

const own = ({ address, context }: Looked) => ({ address, owner: context['owner'] as string | null, domain: context['domain'] as string });
const isBinding = (address: string) => address.startsWith('binding:');

export const onlyUsersRefuse = property({
  kind: 'always', name: 'a driver is refused a group only while a user owns it',
  why: 'A domain that another driver has put there keeps the second driver of the group out, and nobody can be asked to leave.',
  commit: '2380f1e8195e',
  sees: {},
  step: ({ event, before: { context }, sent }) => event.type !== 'iommu_device_use_default_domain' || !('owner_cnt' in context) || context['owner'] !== null ||
    sent.every(({ event: answer }) => answer['ret'] === 0 || answer['ret'] === -EPROBE_DEFER),
});

export const memberOnce = property({
  kind: 'always', name: 'a device is in its group once',
  why: 'A device that was set up twice is taken apart once.',
  commit: '0c8e9c148e29',
  sees: { group: ({ context }: Looked) => ({ devices: context['devices'] as readonly string[] }) },
  holds: (seen) => seen.group.every(({ devices }) => new Set(devices).size === devices.length),
});

export const countedOnce = property({
  kind: 'always', name: 'without an owner, no more is counted than devices of the group have a driver',
  why: 'A driver that is counted twice is given back once: nobody can claim the group any more.',
  sees: { group: ({ address, context }: Looked) => ({ address, owner: context['owner'] as string | null, owner_cnt: context['owner_cnt'] as number }), device: ({ context }: Looked) => ({ group: context['iommu_group'] as string | null, driver: context['driver'] as string | null }) },
  holds: (seen) => seen.group.every(({ address, owner, owner_cnt }) => owner !== null || owner_cnt <= seen.device.filter(({ group, driver }) => group === address && driver !== null).length),
});

export const vfioLeavesWithItsDriver = property({
  kind: 'atRest', name: 'at rest a group that VFIO owns has a device with a VFIO driver',
  why: 'The claim outlives the last vfio driver: kernel drivers are refused until some process closes a file.',
  commit: 'ca5f21b25749',
  sees: { ...parts, group: own, driver: ({ context }: Looked) => ({ driver: context['driver'] as string, managed: context['driver_managed_dma'] === true, vfio: context['vfio'] === true }) },
  holds: (seen) => seen.group.every(({ address, owner }) => owner === null || seen.binding.some((one) =>
    seen.device.some(({ device, group }) => device === one.device && group === address) && seen.driver.some(({ driver, vfio }) => vfio && driver === one.driver))),
});

export const firmwareIsHeard = property({
  kind: 'always', name: 'what firmware defers is deferred',
  why: 'The driver probes without its IOMMU, and its clean-up gives back what it never had.',
  sees: {},
  step: ({ address, event, sent }) => !address.startsWith('bus_dma:') || event.type !== 'firmware_dma_configure.ret' || event['ret'] !== -EPROBE_DEFER ||
    sent.every(({ event: answer }) => answer.type !== 'dma_configure.ret' || answer['ret'] === -EPROBE_DEFER),
});

export const rangeMapIsFreed = property({
  kind: 'atRest', name: 'at rest a device without a driver has no dma_range_map',
  why: 'Each bind allocates another, and nobody frees the last.',
  commit: 'd8f7a5484f21',
  sees: { binding: ({ value, context }: Looked) => ({ bound: value === 'bound', map: context['dma_range_map'] === true }) },
  holds: (seen) => seen.binding.every(({ bound, map }) => bound || !map),
});

export const devresBeforeLinks = property({
  kind: 'always', name: 'an unbind gives devres back before it lets go of the links',
  why: 'A consumer may probe from there on, while what its supplier had is still being given back.',
  commit: '2e84dc379200',
  sees: {},
  step: ({ address, said }) => {
    const [links, devres] = ['device_links_driver_cleanup', 'device_unbind_cleanup'].map((word) => said.findIndex(({ type }) => type === word)) as [number, number];
    return !isBinding(address) || links < 0 || devres < 0 || devres < links;
  },
});

export const noDriverBesideAnOwner = property({
  kind: 'always', name: 'a device that its IOMMU could not take has no driver beside the user of its group',
  why: 'It has no group, so nobody asks who owns it; only the idle state of the IOMMU keeps its DMA from the user\'s memory.',
  sees: { ...parts, group: own, notifier: ({ context }: Looked) => ({ device: context['device'] as string, group: context['group'] as string | null, joined: context['joined'] === true }) },
  holds: (seen) => seen.notifier.every(({ device, group, joined }) => joined || group === null ||
    seen.group.every(({ address, owner }) => address !== group || owner === null) ||
    seen.binding.every((one) => one.device !== device || one.driver === null || seen.driver.some(({ driver, managed }) => managed && driver === one.driver))),
});

export const releasedByItsOwner = property({
  kind: 'always', name: 'a group is given up by its owner only',
  why: 'Whoever else gives it up leaves the user with a group that drivers may enter.',
  sees: {},
  step: ({ before, after, event }) => !('owner' in before.context) || before.context['owner'] === null || before.context['owner'] === after.context['owner'] ||
    event.from === before.context['owner'],
});

const unbinding = ({ address, value, context }: Looked) => ({ address, driver: value === 'in___device_release_driver' && context['call'] === 'unbind_store' ? context['driver'] as string : null });

export const unbindsTheNamed = property({
  kind: 'always', name: 'a write to unbind releases the driver that it names, and no other',
  why: 'The driver is compared without device_lock: whoever has come since is unbound in its place.',
  sees: { thread: unbinding, binding: (actor: Looked) => ({ caller: actor.context['caller'] as string, drv: actor.context['drv'] as string, releasing: pathOf(actor.value).startsWith('__device_release_driver') }) },
  holds: (seen) => seen.binding.every(({ caller, drv, releasing }) => !releasing || seen.thread.every(({ address, driver }) => address !== caller || driver === null || driver === drv)),
});

export const scanGoesOn = property({
  kind: 'always', name: 'a driver that is refused its group does not end the scan for a driver',
  why: 'The next driver that matches, perhaps VFIO\'s by a dynamic id, is never tried.',
  sees: {},
  step: ({ address, event, sent }) => !address.startsWith('attach:') || event.type !== 'driver_probe_device.ret' || event['ret'] !== -EBUSY ||
    sent.every(({ event: { type } }) => type !== 'klist_iter_exit'),
});

export const refusalIsKept = property({
  kind: 'always', name: 'a device whose driver is refused its group is tried again',
  why: 'A refusal is no deferral: when the user has gone, nobody asks the driver again.',
  sees: {},
  step: ({ address, event, before, sent }) => !isBinding(address) || before.context['call'] !== 'driver_probe_device' || event.type !== 'device_set_driver.ret' ||
    sent.every(({ event: answer }) => answer.type !== 'driver_probe_device.ret' || answer['ret'] !== -EBUSY),
});

export const deferralIsKept = property({
  kind: 'always', name: 'a probe that defers is put on the list of deferred probes',
  why: 'Nobody tries it again when what it waits for has come.',
  sees: {},
  step: ({ address, event, sent }) => !isBinding(address) || event.type !== 'device_set_driver.ret' ||
    sent.every(({ event: answer }) => !/^(?:__)?driver_probe_device\.ret$/.test(answer.type) || Math.abs(Number(answer['ret'])) !== EPROBE_DEFER),
});

/** As "a group that a user owns has no driver that uses the DMA API", of the drivers of one device: others may be beside the user. */
export const neverBothOn = (device: string) => property({
  kind: 'always', name: `a group that a user owns has no driver that uses the DMA API on ${device}`,
  why: 'The driver was counted, and somebody else gave its count away.',
  commit: '1ea2a07a532b',
  sees: { ...parts, group: own, binding },
  holds: (seen) => seen.group.every(({ address, owner }) => owner === null || users(seen, address).every((one) => one.device !== device)),
});
