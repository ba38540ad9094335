/** Who may do DMA through a group: the count, the owner, and the drivers of its members. */
import { DMA_API } from '../kernel.ts';
import { configured, driving, probing } from './binding.ts';
import { all, called, counts, owns, property, type Looked } from './property.ts';

/** Who has a group: a user, or the drivers that use the DMA API, who are counted in some models and a token in others. */
const held = (context: Looked['context']) => {
  const [owner, owner_cnt] = [context['owner'] as string | null, (context['owner_cnt'] ?? 0) as number];
  return { owner: owner === DMA_API ? null : owner, owner_cnt, kernel: owner === DMA_API || (owner === null && owner_cnt > 0) };
};
const group = ({ address, context }: Looked) => ({ address, ...held(context), domain: context['domain'] as string });
export const binding = (actor: Looked) => ({
  device: actor.context['device'] as string, driver: configured(actor) ? (actor.context['drv'] as string) : null,
  dma: (actor.context['bus'] as { dma: string | null }).dma !== null,
});
const device = ({ context }: Looked) => ({ device: context['device'] as string, group: context['iommu_group'] as string | null });
const driver = ({ context }: Looked) => ({ driver: context['driver'] as string, managed: context['driver_managed_dma'] === true });

interface Parts {
  readonly binding: readonly ReturnType<typeof binding>[];
  readonly device: readonly ReturnType<typeof device>[];
  readonly driver: readonly ReturnType<typeof driver>[];
}

/** Devices of a group whose driver uses the DMA API, as far as their binding says. */
export function users({ binding, device, driver }: Parts, address: string) {
  const members = new Set(device.flatMap((one) => (one.group === address ? [one.device] : [])));
  const managed = new Set(driver.flatMap((one) => (one.managed ? [one.driver] : [])));
  return binding.filter((one) => one.dma && one.driver !== null && members.has(one.device) && !managed.has(one.driver));
}

/** Devices of a group that are being probed, and not counted among its users yet, or not any more. */
function coming({ binding, device }: Pick<Parts, 'device'> & { binding: readonly ReturnType<typeof probed>[] }, address: string) {
  const members = new Set(device.flatMap((one) => (one.group === address ? [one.device] : [])));
  return binding.filter((one) => one.probing && one.driver === null && members.has(one.device));
}

const probed = (actor: Looked) => ({ ...binding(actor), probing: probing(actor) });

export const parts = { group, binding, device, driver };
const claims = called('claim', 'group_set_container', 'iommufd_bind', 'device_claim', 'bind');

export const countIsUsers = property({
  kind: 'always', name: 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API',
  why: 'Every driver that is counted twice, or not any more, lets somebody in too early or keeps everybody out.',
  commit: 'f429378a9bf8, 25f3bcfc54bc',
  sees: parts,
  holds: (seen) => seen.group.every(({ address, owner, owner_cnt }) => owner !== null || owner_cnt === users(seen, address).length),
  applies: (topology, model) => counts(topology, model) && model?.claimsFirst !== true,
});

export const countIsNearlyUsers = property({
  kind: 'always', name: 'without an owner, owner_cnt is the number of drivers in the group that use the DMA API, or are being probed',
  why: 'As above, where a probe is counted before its device is configured.',
  commit: 'f429378a9bf8',
  sees: { ...parts, binding: probed },
  holds: (seen) => seen.group.every(({ address, owner, owner_cnt }) => {
    const [used, more] = [users(seen, address).length, coming(seen, address).length];
    return owner !== null || (owner_cnt >= used && owner_cnt <= used + more);
  }),
  applies: (topology, model) => counts(topology, model) && model?.claimsFirst === true,
});

export const keptUntilReleased = property({
  kind: 'always', name: 'a user keeps its group until somebody releases it',
  why: 'The user goes on as the owner, and whoever comes next is let in beside it.',
  sees: {},
  step: ({ address, event, before, after }) => !address.startsWith('group:') || held(before.context).owner === null ||
    before.context['owner'] === after.context['owner'] || event.type.includes('_release_'),
  applies: owns,
});

export const usedIsHeld = property({
  kind: 'always', name: 'a group with a driver that uses the DMA API is held for drivers',
  why: 'Held for nobody, or for a user, anybody may claim it beside the driver.',
  commit: '1ea2a07a532b',
  sees: parts,
  holds: (seen) => seen.group.every(({ address, kernel }) => kernel || users(seen, address).length === 0),
  applies: owns,
});

export const heldIsUsed = property({
  kind: 'atRest', name: 'at rest a group is held for drivers only while a driver uses the DMA API',
  why: 'What the last driver leaves behind keeps every user out, and there is no driver to unbind.',
  commit: 'f429378a9bf8',
  sees: parts,
  holds: (seen) => seen.group.every(({ address, kernel }) => !kernel || users(seen, address).length > 0),
  applies: owns,
});

export const neverBoth = property({
  kind: 'always', name: 'a group that a user owns has no driver that uses the DMA API',
  why: 'The owner can point the IOMMU anywhere; a kernel driver beside it is exposed to what the owner maps.',
  commit: '1ea2a07a532b',
  sees: parts,
  holds: (seen) => seen.group.every(({ address, owner }) => owner === null || users(seen, address).length === 0),
  applies: owns,
});

export const neverOnUsersDomain = property({
  kind: 'always', name: 'no driver that does DMA is in a group that is attached to another domain than the default one',
  why: 'Without owners this is all that keeps a driver and a user apart: whoever attached the domain decides where the device of the driver reaches.',
  commit: '1ea2a07a532b, 70693f470848',
  sees: { group, device, driver, binding: (actor: Looked) => ({ ...binding(actor), driver: driving(actor) ? (actor.context['drv'] as string) : null }) },
  holds: (seen) => seen.group.every(({ address, domain }) => ['default', 'none'].includes(domain) || users(seen, address).length === 0),
  applies: (topology, model) => !owns(topology, model),
});

export const ownerIsCounted = property({
  kind: 'always', name: 'a group with an owner is counted',
  why: 'An owner with owner_cnt 0 can neither release nor be told from nobody: kernel drivers pass, claims say -EBUSY for ever.',
  sees: { group },
  holds: (seen) => seen.group.every(({ owner, owner_cnt }) => owner === null || owner_cnt > 0),
  applies: counts,
});

export const countNeverNegative = property({
  kind: 'always', name: 'owner_cnt is never negative',
  why: 'More releases than claims.',
  sees: { group },
  holds: (seen) => seen.group.every(({ owner_cnt }) => owner_cnt >= 0),
  applies: counts,
});

export const ownedIsNotDefault = property({
  kind: 'always', name: 'a group that a user owns is not attached to the default domain',
  why: 'The default domain is the kernel\'s: a device of the user would reach kernel memory through it.',
  commit: '0286300e6045',
  sees: { group },
  holds: (seen) => seen.group.every(({ owner, domain }) => owner === null || domain !== 'default'),
  applies: owns,
});

export const oneDomain = property({
  kind: 'always', name: 'every device of a group is attached to the domain of the group',
  why: 'A device left behind by an attach that failed half way reaches memory that the group was to keep from it, or none at all.',
  commit: '6.1.18 and 6.3 for an attach, 6.2 for a claim',
  sees: { group: ({ context }: Looked) => ({ strays: (context['strays'] ?? []) as readonly string[] }) },
  holds: (seen) => seen.group.every(({ strays }) => strays.length === 0),
});

export const detachMoves = property({
  kind: 'always', name: 'no device stays on a domain of a user that was detached',
  why: 'Its user frees the domain; the IOMMU goes on walking it, and so does the IOMMU driver when the next domain is attached.',
  commit: '0286300e6045',
  sees: { group: ({ context }: Looked) => ({ kept: (context['kept'] ?? null) as string | null }) },
  holds: (seen) => seen.group.every(({ kept }) => kept === null || kept === 'default'),
  applies: all(owns, ({ options }) => !options.detach_dev),
});

export const nobodyBeforeDomain = property({
  kind: 'always', name: 'nobody is counted in a group whose default domain is not set yet',
  why: 'The driver maps for one domain, and the second pass of bus_iommu_probe() puts another under it.',
  commit: 'b46064a18810',
  sees: {},
  step: ({ event, before: { context }, sent }) => event.type !== 'iommu_device_use_default_domain' || context['domain'] !== 'none' ||
    context['owner'] !== null || sent.every((answer) => answer.event['ret'] !== 0),
  applies: all(counts, called('iommu_device_register')),
});

export const releaseIsExpected = property({
  kind: 'always', name: 'what is released when a device is closed was claimed when it was bound',
  why: 'The release warns, or takes the claim of somebody else.',
  sees: {},
  step: ({ event, said }) => event.type !== 'iommu_device_release_dma_owner' || !said.some(({ type }) => type === 'WARN_ON'),
  applies: all(counts, called('bind_iommufd'), ({ answers }) => answers['iommufd_noiommu']?.includes(1) === true),
});

export const unuseIsExpected = property({
  kind: 'always', name: 'iommu_device_unuse_default_domain never warns',
  why: 'It warns when nobody is counted: somebody cleaned up what was never configured, or twice.',
  commit: 'f429378a9bf8',
  sees: {},
  step: ({ event, said }) => event.type !== 'iommu_device_unuse_default_domain' || !said.some(({ type }) => type === 'WARN_ON'),
  applies: counts,
});

export const claimIsHonest = property({
  kind: 'always', name: 'a claim of a group that nobody uses is not refused with -EPERM',
  why: 'A refusal without a reason cannot be cured by the user: there is no driver to unbind.',
  commit: '8490cad4dc4e, 2380f1e8195e, c490513c818d',
  sees: {},
  step: ({ event, before, sent }) => event.type !== 'iommu_group_claim_dma_owner' || before.context['owner_cnt'] !== 0 ||
    !sent.some((answer) => answer.event['ret'] === -1),
  applies: counts,
});

export const useIsHonest = property({
  kind: 'always', name: 'a driver is refused the default domain only while another has the group',
  why: 'A driver that is refused without a reason cannot be bound by anything that an administrator may do.',
  commit: '8490cad4dc4e',
  sees: {},
  step: ({ event, before: { context }, sent }) => event.type !== 'iommu_device_use_default_domain' || !('owner' in context) ||
    context['owner'] !== null || context['domain'] !== 'default' || sent.every((answer) => answer.event['ret'] === 0),
  applies: owns,
});

export const canBeFree = property({
  kind: 'canAlways', name: 'a group can always become free again',
  why: 'Whatever happened, its users and drivers can go, and then nobody is counted any more.',
  commit: 'f429378a9bf8',
  sees: { group },
  holds: (seen) => seen.group.every(({ owner, owner_cnt, kernel }) => owner === null && owner_cnt === 0 && !kernel),
  applies: all(owns, (topology) => topology.threads.every(({ times }) => times === null)),
});

export const getsClaimed = property({
  kind: 'sometimes', name: 'a group gets claimed', why: 'Else nothing about owners says anything.',
  sees: { group }, holds: (seen) => seen.group.some(({ owner }) => owner !== null), applies: all(owns, claims),
});

export const getsUsed = property({
  kind: 'sometimes', name: 'a driver uses the DMA API', why: 'Else nothing about drivers says anything.',
  sees: parts, holds: (seen) => seen.group.some(({ address }) => users(seen, address).length > 0),
  applies: (topology) => topology.devices.some(({ driver }) => driver !== null) || called('bind_store', 'driver_register', 'drivers_probe_store')(topology),
});

export const claimIsRefused = property({
  kind: 'sometimes', name: 'a claim is refused because a driver uses the group', why: 'Else a driver never stands in a user\'s way.',
  sees: {}, step: ({ event, before, sent }) => event.type === 'iommu_group_claim_dma_owner' && held(before.context).kernel &&
    sent.some((answer) => Number(answer.event['ret']) < 0),
  applies: all(owns, called('claim'), called('bind_store', 'driver_register')),
});

export const useIsRefused = property({
  kind: 'sometimes', name: 'a driver is refused because a user owns the group', why: 'Else a user never stands in a driver\'s way.',
  sees: {}, step: ({ event, before, sent }) => event.type === 'iommu_device_use_default_domain' && 'owner' in before.context && held(before.context).owner !== null &&
    sent.some((answer) => answer.event['ret'] === -16),
  applies: all(owns, called('claim'), called('bind_store', 'driver_register')),
});

