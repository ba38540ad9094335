/** Claims 17 to 19: whether the notifiers of the driver core come where the callback does. */
import { cleanedIsTold, cleanupHappens, failureIsCleaned, failureIsTold, toldIsCleaned, toldWhileSet } from '../../../machines/properties/argued.ts';
import { beyond, breaks, holds, saysBroken, within } from './checks.ts';
import type { Claim } from './claim.ts';
import { wayOfRelease } from './measure.ts';
import { byHandFails, everyFailure, lateFailures, testRemoveFails } from './settings.ts';

export const notices: readonly Claim[] = [
  {
    id: 17, who: 'J', claim: 'DRIVER_NOT_BOUND and UNBOUND_DRIVER are not sent on all failure paths where they would be needed.',
    checks: [
      ...saysBroken(failureIsTold, everyFailure, 'v6-posting', 'v6.12.y'),
      ...breaks(failureIsCleaned, everyFailure, 'v6-posting', 'v6.12.y'), ...holds(failureIsTold, lateFailures, 'v6-posting', 'v6.12.y'), ...holds(failureIsCleaned, lateFailures, 'v6-posting', 'v6.12.y'),
    ],
    note: ['confirmed', 'None is sent when pinctrl or dma_configure fails. But neither does dma_cleanup come there, so this alone does not part the two designs; from dma_configure on, both come always.'],
    seen: [
      { recording: '6.12.117+deb12-amd64/user-first', shows: 'dma_configure says -EBUSY, and neither DRIVER_NOT_BOUND nor pci_dma_cleanup() comes' },
      { recording: '6.12.117+deb12-amd64/probe-fail', shows: 'a probe that fails is told by DRIVER_NOT_BOUND, and pci_dma_cleanup() is next' },
    ],
  },
  {
    id: 18, who: 'R', claim: 'DRIVER_NOT_BOUND is sent exactly where v6 calls dma_cleanup; with UNBOUND_DRIVER it comes whenever dma_cleanup does.',
    condition: 'the question is whether both come on a path and not in which moment, and device_bind_driver() and, from v6.6 on, test_remove are left out',
    checks: [
      ...within(toldIsCleaned, everyFailure, 'v6-posting', 'v6.12.y'), ...within(cleanedIsTold, everyFailure, 'v6-posting', 'v6.12.y'), ...within(cleanedIsTold, testRemoveFails, 'v6-posting'),
      ...beyond(toldIsCleaned, byHandFails, 'v6-posting', 'v6.12.y'), ...beyond(cleanedIsTold, testRemoveFails, 'v6.12.y'), ...beyond(toldWhileSet, everyFailure, 'v6-posting', 'v6.12.y'),
      ...holds(cleanupHappens, everyFailure, 'v6-posting', 'v6.12.y'),
    ],
    note: ['conditional', 'The paths are the same, as Jason conceded. The moments are not: at dma_cleanup and DRIVER_NOT_BOUND dev->driver is set, at UNBOUND_DRIVER it is NULL. device_bind_driver() that fails sends the notice and cleans nothing up.'],
    seen: [{ recording: '6.12.117+deb12-amd64/bind-unbind', shows: 'pci_dma_cleanup() before UNBOUND_DRIVER, with device_unbind_cleanup() in between' }],
  },
  {
    id: 19, who: 'J', claim: 'Even then it would be spaghetti.', taste: true,
    checks: [...holds(cleanedIsTold, everyFailure, 'v6-posting')], measures: () => wayOfRelease(['v6-posting', 'notifier-walk', 'v1-posting']),
    note: ['not-a-state-property', 'Taste. Nearest: how far it is from the driver core to the group when a driver is removed, and through whom.'],
  },
];
