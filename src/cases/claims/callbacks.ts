/** Claims 1 to 5: whether the bus should have a pair of callbacks, where the claim stands, and where the release. */
import { cleanupHappens, cleanupOnlyPuts, neverBeside, takeTurns } from '../../../machines/properties/argued.ts';
import { paired } from '../../../machines/supposed/paired.ts';
import { beyond, breaks, holds, named, saysBroken, saysHolds, within } from './checks.ts';
import { sentence, type Claim } from './claim.ts';
import { byHand, oneUser, oneUserLate, oneUserOn, testRemove, testRemoveFails, twice } from './settings.ts';

const runsAhead = sentence('without an owner, owner_cnt is the number of drivers in the group that use the DMA API, or are being probed');
const lost = sentence('a probe answers 0 exactly when the device is bound');
/** Models that count calls for us. */
const [posted, before, fixed, today] = [paired(named('v6-posting')), paired(named('v6.5')), paired(named('v6.6')), paired(named('v6.12.y'))];

export const callbacks: readonly Claim[] = [
  {
    id: 1, who: 'C', claim: 'Callbacks of the bus are a step back from a flag that the driver core looks at.', taste: true,
    checks: [
      ...holds(runsAhead, testRemove, 'v1-posting'), ...breaks(runsAhead, testRemove, 'v6-posting'),
      ...holds(neverBeside, oneUserOn('host1x'), 'v1-posting'), ...breaks(neverBeside, oneUserOn('host1x'), 'v6-posting'),
      ...breaks(lost, oneUser, 'v4-posting'),
    ],
    note: ['not-a-state-property', 'Taste. Nearest: with the flag (v1) test_remove does not leak and a bus without callbacks is covered, with the callbacks (v6) neither; the flag\'s second posting (v4) lost the error of a refusal.'],
  },
  {
    id: 2, who: 'R', claim: 'The new callback, dma_cleanup, exists only to decrement owner_cnt.',
    checks: [...saysHolds(cleanupOnlyPuts, oneUserLate, 'v6-posting', 'v7-posting', 'v5.19', 'v6.12.y'), ...holds(cleanupHappens, oneUserLate, 'v6-posting', 'v7-posting', 'v5.19', 'v6.12.y')],
    note: ['confirmed', 'It asks for the driver\'s flag and calls iommu_device_unuse_default_domain(), which changes the count and nothing else; still so in v6.12.y.'],
  },
  {
    id: 3, who: 'J', claim: 'A callback that undoes dma_configure makes the pair symmetric, which is cleaner.',
    condition: 'without test_remove, or from v6.6 on; and as long as nobody binds by hand (device_bind_driver)',
    checks: [
      ...within(takeTurns, twice, posted, today), ...within(takeTurns, testRemoveFails, fixed, today),
      ...beyond(takeTurns, testRemove, posted, before), ...beyond(takeTurns, byHand, posted, today),
    ],
    note: ['conditional', 'Cleaner is taste; symmetric can be counted. As posted, and up to v6.5, test_remove configures twice and cleans up once (f429378a9bf8); a driver bound by hand is cleaned up and was never configured, to this day.'],
    seen: [
      { recording: 'tdr-buggy/tdr', shows: 'pci_dma_configure() twice for one device without pci_dma_cleanup() in between' },
      { recording: 'tdr-fixed/tdr', shows: 'the same, with pci_dma_cleanup() in between' },
    ],
  },
  {
    id: 4, who: 'R', claim: 'Ownership has to be claimed actively, at a point of probe that can still fail.',
    checks: [...saysBroken(neverBeside, oneUser, 'claim-at-bind'), ...saysHolds(neverBeside, oneUser, 'v1-posting', 'v6-posting', 'v6.1.y', 'notifier-walk')],
    note: ['confirmed', 'A claim at BIND_DRIVER is refused and nobody reads the answer: the driver is probed beside the user. Every design of the thread claims where really_probe() can still fail.'],
    seen: [{ recording: '6.12.117+deb12-amd64/user-first', shows: 'a driver that is refused in pci_dma_configure() with -EBUSY; its probe() is not called, nor is it tried again when the user has gone' }],
  },
  {
    id: 5, who: 'R', claim: 'The release can be anywhere during remove, since it cannot fail.',
    condition: 'after the driver\'s remove() has returned',
    checks: [...within(neverBeside, oneUserLate, 'v6-posting', 'v6.1.y', 'walk-at-clear', 'claimed-bit'), ...beyond(neverBeside, oneUserLate, 'release-before-remove')],
    note: ['conditional', 'Right after remove(), where dev->driver becomes NULL, at UNBOUND_DRIVER: each will do. Before remove() a user gets the group while the driver still has DMA under way.'],
    seen: [{ recording: '6.12.117+deb12-amd64/slow-probe', shows: 'a claim that is refused with -EPERM while a slow remove() is under way' }],
  },
];
