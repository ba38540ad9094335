/** Claims 20 to 23: nested claims, and where the flag has its place. */
import { claimedOnce, flagIsConstant, releaseFrees } from '../../../machines/properties/argued.ts';
import { beyond, holds, saysBroken, saysHolds, within } from './checks.ts';
import { sentence, type Claim } from './claim.ts';
import { readsOfFlag } from './measure.ts';
import { iommufd, modules, oneContainer, twoClaims, twoContainers } from './settings.ts';

const gets = sentence('a group gets claimed');

export const nesting: readonly Claim[] = [
  {
    id: 20, who: 'R', claim: 'VFIO should decide when it is done with a whole group; the API should not pretend to keep track of nested claims.',
    condition: 'a group is claimed as a whole, as VFIO does through a container; not where devices are claimed one by one, as through iommufd',
    checks: [
      ...within(claimedOnce, oneContainer, 'v6-posting', 'v7-posting'), ...within(claimedOnce, twoContainers, 'v6-posting', 'v7-posting'), ...within(releaseFrees, oneContainer, 'v7-posting'),
      ...beyond(claimedOnce, iommufd, 'v6.2', 'v6.12.y'), ...holds(gets, oneContainer, 'v7-posting'),
    ],
    note: ['conditional', 'No container ever claims twice, so v7 dropped nesting and nobody missed it. It came back in v6.2 as claims by device, which an iommufd makes for each device of a group.'],
    seen: [{ recording: '6.12.117+deb12-amd64/vfio-basic', shows: 'no claim that leaves owner_cnt above 1' }],
  },
  {
    id: 21, who: 'R', claim: 'In v6 owner_cnt may exceed 1 for a user, who then needs as many releases; VFIO does not need that, and others may get it wrong.',
    checks: [
      ...saysBroken(claimedOnce, twoClaims, 'v6-posting'), ...saysBroken(releaseFrees, twoClaims, 'v6-posting'), ...saysHolds(claimedOnce, oneContainer, 'v6-posting'), ...saysHolds(claimedOnce, twoContainers, 'v6-posting'),
      ...holds(releaseFrees, twoClaims, 'v7-posting', 'v5.19', 'v6.12.y'),
    ],
    note: ['confirmed', 'Two claims and one release leave the group with its user for good in v6; in v7 and as merged the second claim is refused.'],
  },
  {
    id: 22, who: 'R', claim: 'driver_managed_dma would fit into a hole of struct device_driver.', taste: true,
    checks: [...holds(flagIsConstant, modules, 'v6-posting')], measures: () => readsOfFlag(['v1-posting', 'v6-posting', 'notifier-walk']),
    note: ['not-a-state-property', 'Layout. Nearest: the flag is one bit of a driver that no step ever writes.'],
  },
  {
    id: 23, who: 'J', claim: 'Space is no issue: an earlier version used a bitfield.', taste: true,
    checks: [...holds(flagIsConstant, modules, 'v1-posting')],
    note: ['not-a-state-property', 'Layout and history. Nearest: as 22, under the earlier version.'],
  },
];
