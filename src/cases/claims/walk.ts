/** Claims 6 to 16: whether a walk over the group can take the place of the count. */
import { deviceLeaves, groupIsWalked, onlyRemovesWalk, unboundBeforeLeaving } from '../../../machines/properties/argued.ts';
import { beyond, breaks, holds, saysBroken, saysHolds, within } from './checks.ts';
import { sentence, type Claim } from './claim.ts';
import { stepsBySize, stepsToBind } from './measure.ts';
import {
  hotplug, iommuLeaves, oneAtATime, oneUser, oneUserEither, stubBeside, stubLeaves, testRemoveFails, threeFail, threeUnbinds, twoDevices, twoFail, twoUnbinds, unbindAndBind, unbindAndFirmware, unbindAndPinctrl, unbindAndProbe,
} from './settings.ts';

const leak = sentence('at rest a group is held for drivers only while a driver uses the DMA API');
const held = sentence('a group with a driver that uses the DMA API is held for drivers');
const kept = sentence('a user keeps its group until somebody releases it');
const gets = sentence('a driver uses the DMA API');

export const walk: readonly Claim[] = [
  {
    id: 6, who: 'R', claim: 'No count has to be stored: who still uses the group can be found by walking group->devices.',
    condition: 'no probe fails once dev->driver is set, or the group is walked wherever dev->driver becomes NULL',
    checks: [
      ...within(leak, twoDevices, 'notifier-walk'), ...within(held, twoDevices, 'notifier-walk'), ...within(leak, twoFail, 'walk-at-clear'), ...within(held, twoFail, 'walk-at-clear'),
      ...beyond(leak, twoFail, 'notifier-walk'), ...holds(leak, twoFail, 'v6.1.y'), ...holds(gets, twoFail, 'notifier-walk'),
    ],
    note: ['conditional', 'A count is not needed, but the two notifiers are not enough: DRIVER_NOT_BOUND comes while dev->driver is still set, so of two failing probes each takes the other for a user, and the group stays held for nobody.'],
  },
  {
    id: 7, who: 'J', claim: 'The walk would have to be locked against concurrent probes, for which there is no scheme; the count is in effect that lock.',
    checks: [
      ...saysHolds(leak, oneAtATime, 'notifier-walk'), ...saysBroken(leak, twoFail, 'notifier-walk'), ...saysHolds(leak, oneAtATime, 'v6.1.y'), ...saysHolds(leak, twoFail, 'v6.1.y'),
    ],
    note: ['confirmed', 'With one call at a time the walk is right; with two of them it is not, and the count is. What is missing is a lock that holds dev->driver of a sibling and the owner together.'],
    seen: [{ recording: '6.12.117+deb12-amd64/slow-probe', shows: 'a claim that is refused with -EPERM beside a slow probe(), which is counted from dma_configure on' }],
  },
  {
    id: 8, who: 'R', claim: 'To hold group->mutex around owner is enough.',
    checks: [...saysHolds(leak, twoFail, 'notifier-walk'), ...saysHolds(leak, twoFail, 'notify-after-clear'), ...holds(held, twoFail, 'notifier-walk'), ...holds(kept, stubBeside, 'notifier-walk'), ...holds(leak, twoFail, 'claimed-bit')],
    note: ['refuted', 'The walk holds it from start to end and still decides wrong: it guards owner, not the dev->driver of siblings, which is written under their device_lock. Nobody unsafe gets in, but nobody gets in any more. Where all that is read lies under the mutex (claimed-bit) it is enough.'],
  },
  {
    id: 9, who: 'R', claim: 'Only drivers whose token is the owner matter when one of them comes or goes.',
    condition: 'the walk gives up the token of the DMA API only',
    checks: [
      ...within(kept, stubLeaves, 'notifier-walk'), ...beyond(kept, stubLeaves, 'notifier-walk-any-owner'), ...within(kept, stubBeside, 'notifier-walk'), ...within(leak, stubBeside, 'notifier-walk'),
      ...holds(gets, stubBeside, 'notifier-walk'),
    ],
    note: ['conditional', 'At UNBOUND_DRIVER dev->driver is NULL, so the listener cannot tell whose driver has left. If it walks whoever the owner is, pci-stub leaving a sibling takes the group from its user.'],
    seen: [{ recording: '6.12.117+deb12-amd64/user-first', shows: 'pci-stub leaves a sibling of a device that a user has open; at UNBOUND_DRIVER dev->driver is NULL' }],
  },
  {
    id: 10, who: 'R', claim: 'Two removes at once are harmless: the first may release early, which the second wants anyway.',
    condition: 'both are unbinds, and neither is a probe that fails',
    checks: [
      ...within(leak, twoUnbinds, 'notifier-walk', 'notifier-walk-once', 'notifier-walk-any-owner'), ...within(held, twoUnbinds, 'notifier-walk', 'notifier-walk-once'), ...within(leak, threeUnbinds, 'notifier-walk'),
      ...beyond(leak, unbindAndProbe, 'notifier-walk'), ...holds(leak, unbindAndProbe, 'v6.1.y'),
    ],
    note: ['conditional', 'True of unbinds, also of three, and when stores to dev->driver are seen late. The other user of the release is a failed probe, told while dev->driver is set: it sees the sibling that is leaving, the sibling sees it, and both keep the owner.'],
  },
  {
    id: 11, who: 'R', claim: 'A remove that races a probe is harmless: the owner may stay set, but the prober is about to set it.',
    checks: [
      ...saysHolds(leak, unbindAndPinctrl, 'notifier-walk', 'notify-after-clear'), ...saysHolds(leak, unbindAndFirmware, 'notifier-walk', 'notify-after-clear'),
      ...holds(leak, unbindAndBind, 'notifier-walk'), ...holds(leak, unbindAndPinctrl, 'v6.1.y', 'walk-at-clear', 'claimed-bit'),
    ],
    note: ['refuted', 'The prober has set dev->driver, so the remover keeps the owner for it; then pinctrl fails or firmware defers, before the claim, and no notifier tells of that. -EPROBE_DEFER is common.'],
  },
  {
    id: 12, who: 'J', claim: 'For a walk over the list something else has to be added somewhere.',
    checks: [
      ...saysBroken(leak, twoFail, 'notifier-walk', 'notifier-walk-once', 'notify-after-clear'), ...saysHolds(leak, twoFail, 'walk-at-clear', 'claimed-bit', 'claimed-bit-at-clear'),
      ...saysHolds(leak, threeFail, 'walk-at-clear', 'claimed-bit'), ...saysHolds(leak, twoFail, 'walk-at-clear-once'), ...holds(held, twoFail, 'walk-at-clear-once'), ...holds(held, threeFail, 'walk-at-clear', 'claimed-bit'),
      ...holds(leak, testRemoveFails, 'walk-at-clear', 'claimed-bit-at-clear'), ...breaks(leak, testRemoveFails, 'claimed-bit'),
    ],
    note: ['confirmed', 'Neither READ_ONCE and WRITE_ONCE nor a later notice is enough; a walk where dev->driver becomes NULL is (also where stores to it are seen late), and so is a bit for each device, which is a count by another name (and, with test_remove, has to be dropped at that same place).'],
  },
  {
    id: 13, who: 'J', claim: 'Greg objected to the first version because of what it costs at each probe.', taste: true,
    checks: [...holds(gets, oneUser, 'v1-posting')], measures: () => stepsToBind(['v6.1.y', 'v1-posting', 'v6-posting']),
    note: ['not-a-state-property', 'History. Nearest: messages of one bind; on a bus without callbacks only the first version asks anything.'],
  },
  {
    id: 14, who: 'R', claim: 'The walk costs something only when a driver is removed, and groups are small.',
    condition: 'no probe fails',
    checks: [...within(onlyRemovesWalk, twoDevices, 'notifier-walk'), ...beyond(onlyRemovesWalk, twoFail, 'notifier-walk'), ...holds(groupIsWalked, twoDevices, 'notifier-walk')],
    measures: () => stepsBySize(['v6.1.y', 'notifier-walk', 'walk-at-clear'], [1, 2, 4, 8]),
    note: ['conditional', 'A bind that succeeds costs the same either way. Each failed probe walks too (a deferral by the driver is one), and a walk gets longer with each sibling that does not use the DMA API; the count costs the same in any group.'],
  },
  {
    id: 15, who: 'R', claim: 'An unbind always comes before iommu_group_remove_device().',
    condition: 'the device leaves, and not the driver of its IOMMU',
    checks: [
      ...within(unboundBeforeLeaving, hotplug, 'v6-posting', 'v6.1.y', 'v6.12.y'), ...beyond(unboundBeforeLeaving, iommuLeaves, 'v6-posting', 'v6.1.y', 'v6.12.y'),
      ...holds(deviceLeaves, hotplug, 'v6-posting', 'v6.1.y', 'v6.12.y'),
    ],
    note: ['conditional', 'device_del() unbinds first, and only then tells the IOMMU core. iommu_device_unregister() asks for no driver: the group is gone under one that is bound, and so is its count.'],
    seen: [{ recording: '6.12.117+deb12-amd64/hot-remove', shows: 'a device that is bound is unbound first, and leaves its group at REMOVED_DEVICE' }],
  },
  {
    id: 16, who: 'R', claim: 'iommu_bus_notifier can clear owner when the matching driver is unbound.',
    condition: 'no probe fails after its claim, or the notifier listens to DRIVER_NOT_BOUND as well',
    checks: [
      ...within(leak, oneUser, 'walk-at-unbound'), ...within(leak, oneUserEither, 'notifier-walk'), ...beyond(leak, oneUserEither, 'walk-at-unbound'),
      ...holds(sentence('a group gets claimed'), oneUserEither, 'walk-at-unbound'),
    ],
    note: ['conditional', 'UNBOUND_DRIVER alone forgets the probe that fails. With both notices it is right for one device at a time; claims 6, 10 and 11 say where it is not for two.'],
  },
];
