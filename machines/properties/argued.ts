/**
 * What was said in the argument about the count and the walk, as sentences that a model satisfies or not.
 *
 * Not among `properties`: each belongs to one claim, and most are broken by kernels that do nothing wrong.
 */
import { DMA_API } from '../kernel.ts';
import { driving, pathOf } from './binding.ts';
import { property, type Looked, type Stepped } from './property.ts';

const isBinding = ({ address }: Stepped) => address.startsWith('binding:');
const isGroup = ({ address }: Stepped) => address.startsWith('group:');
const sends = ({ sent }: Stepped, type: string) => sent.some(({ event }) => event.type === type);
const within = ({ before }: Stepped, part: string) => pathOf(before.value).includes(part);

/** What a group is but for the count; the name of its state follows from it. */
const butForCount = ({ context }: Stepped['before']) => JSON.stringify({ ...context, owner_cnt: null });

export const cleanupOnlyPuts = property({
  kind: 'always', name: 'dma_cleanup takes one from owner_cnt, and does nothing else',
  why: 'Who proposes to do without the callback has to replace all that it does.',
  sees: {},
  step: (step) => {
    const { address, before, after, event, sent } = step;
    if (isGroup(step) && event.type === 'iommu_device_unuse_default_domain') return butForCount(before) === butForCount(after) && Number(before.context['owner_cnt']) - Number(after.context['owner_cnt']) <= 1;
    if (!address.startsWith('bus_dma:') || (before.context['call'] !== 'dma_cleanup' && event.type !== 'dma_cleanup')) return true;
    return sent.every((one) => ['driver_managed_dma', 'iommu_device_unuse_default_domain', 'dma_cleanup.ret'].includes(one.event.type));
  },
});

export const cleanupHappens = property({
  kind: 'sometimes', name: 'dma_cleanup takes one from owner_cnt', why: 'Else nothing about dma_cleanup says anything.',
  sees: {}, step: (step) => isGroup(step) && step.event.type === 'iommu_device_unuse_default_domain' && step.before.context['owner_cnt'] !== step.after.context['owner_cnt'],
});

/** Asked of models that `paired` has made. */
export const takeTurns = property({
  kind: 'always', name: 'dma_configure and dma_cleanup of a device take turns',
  why: 'A pair of callbacks is symmetric when each call of one is answered by a call of the other.',
  commit: 'f429378a9bf8',
  sees: { bus_dma: ({ context }: Looked) => context['configured'] as number },
  holds: (seen) => seen.bus_dma.every((configured) => configured === 0 || configured === 1),
});

const device = ({ context }: Looked) => ({ device: context['device'] as string, group: context['iommu_group'] as string | null });
const driver = ({ context }: Looked) => ({ driver: context['driver'] as string, managed: context['driver_managed_dma'] === true });
const driven = (actor: Looked) => ({ device: actor.context['device'] as string, driver: driving(actor) ? (actor.context['drv'] as string) : null });

export const neverBeside = property({
  kind: 'always', name: 'a driver is active in a group that a user owns only if it manages DMA itself, on whatever bus',
  why: 'From probe() until remove() has returned the driver may have DMA under way; hardware does not ask which bus it was bound through.',
  sees: { device, driver, binding: driven, group: ({ address, context }: Looked) => ({ address, owned: context['owner'] !== null && context['owner'] !== DMA_API }) },
  holds: (seen) => seen.group.every(({ address, owned }) => !owned || !seen.binding.some((one) =>
    seen.device.some(({ device, group }) => device === one.device && group === address) && seen.driver.some(({ driver, managed }) => driver === one.driver && !managed))),
});

export const onlyRemovesWalk = property({
  kind: 'always', name: 'a group is walked only when a driver has left one of its devices',
  why: 'What only happens in unbind costs nothing at boot.',
  sees: {},
  step: (step) => !step.address.startsWith('notifier:') || !sends(step, 'walk') || step.before.context['action'] === 'BUS_NOTIFY_UNBOUND_DRIVER',
});

export const groupIsWalked = property({
  kind: 'sometimes', name: 'a group is walked', why: 'Else nothing about walks says anything.',
  sees: {}, step: (step) => sends(step, 'walk'),
});

export const unboundBeforeLeaving = property({
  kind: 'always', name: 'a device leaves its group only after its driver has left it',
  why: 'Who keeps an account by device would lose an entry that nobody settles any more.',
  sees: { binding: driven, notifier: ({ value, context }: Looked) => ({ device: context['device'] as string, leaving: pathOf(value).startsWith('iommu_release_device') }) },
  holds: (seen) => seen.notifier.every(({ device, leaving }) => !leaving || seen.binding.every((one) => one.device !== device || one.driver === null)),
});

export const deviceLeaves = property({
  kind: 'sometimes', name: 'a device leaves its group', why: 'Else nothing about leaving says anything.',
  sees: {}, step: (step) => isGroup(step) && step.event.type === 'iommu_group_remove_device',
});

/** Where a probe that has set dev->driver ends without a driver. */
const givesUp = (step: Stepped) => isBinding(step) && pathOf(step.after.value).endsWith('really_probe.pinctrl_bind_failed') && step.event.type !== 'device_set_driver.ret';

export const failureIsTold = property({
  kind: 'always', name: 'a probe that fails once dev->driver is set is told by DRIVER_NOT_BOUND',
  why: 'A listener that undoes something there would miss the failure.',
  sees: {}, step: (step) => !givesUp(step) || within(step, '.sysfs_failed.'),
});

export const failureIsCleaned = property({
  kind: 'always', name: 'a probe that fails once dev->driver is set is cleaned up by dma_cleanup',
  why: 'As with the notice: the bus would have to undo its own half.',
  sees: {}, step: (step) => !givesUp(step) || within(step, '.sysfs_failed.in_dma_cleanup'),
});

const told = (step: Stepped) => step.event.type === 'bus_notify.ret' && (within(step, 'sysfs_failed.in_bus_notify') || within(step, 'device_bind_driver.in_driver_not_bound'));

export const toldIsCleaned = property({
  kind: 'always', name: 'DRIVER_NOT_BOUND is followed by dma_cleanup',
  why: 'Then who listens to the notice needs no callback beside it.',
  sees: {}, step: (step) => !isBinding(step) || !told(step) || sends(step, 'dma_cleanup'),
});

export const cleanedIsTold = property({
  kind: 'always', name: 'dma_cleanup comes right after DRIVER_NOT_BOUND, or in a release, which ends with UNBOUND_DRIVER',
  why: 'Then who listens to both misses no call of the callback.',
  sees: {}, step: (step) => !isBinding(step) || !sends(step, 'dma_cleanup') || told(step) || within(step, '__device_release_driver.'),
});

export const toldWhileSet = property({
  kind: 'always', name: 'dev->driver is still set at DRIVER_NOT_BOUND and UNBOUND_DRIVER, as it is at dma_cleanup',
  why: 'Who finds NULL there cannot know which driver has left, nor whether it managed DMA itself.',
  sees: {}, step: ({ address, said }) => !address.startsWith('notifier:') || said.every(({ action, driver }) =>
    (action !== 'BUS_NOTIFY_UNBOUND_DRIVER' && action !== 'BUS_NOTIFY_DRIVER_NOT_BOUND') || driver !== null),
});

export const releaseFrees = property({
  kind: 'always', name: 'one release gives up a user\'s group',
  why: 'Who releases once and goes leaves a group behind that nobody can claim.',
  sees: {},
  step: (step) => !isGroup(step) || step.event.type !== 'iommu_group_release_dma_owner' || step.before.context['owner'] === null || step.after.context['owner'] === null,
});

export const claimedOnce = property({
  kind: 'always', name: 'a user\'s claim of a group is counted once', why: 'What is counted twice needs two releases, by somebody who keeps account.',
  sees: { group: ({ context }: Looked) => ({ owned: context['owner'] !== null, owner_cnt: context['owner_cnt'] as number }) },
  holds: (seen) => seen.group.every(({ owned, owner_cnt }) => !owned || owner_cnt <= 1),
});

export const flagIsConstant = property({
  kind: 'always', name: 'driver_managed_dma never changes', why: 'What never changes is one bit of a structure that is there anyway.',
  sees: {}, step: ({ address, before, after }) => !address.startsWith('driver:') || before.context['driver_managed_dma'] === after.context['driver_managed_dma'],
});
