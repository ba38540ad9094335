/** Claims 24 to 26: one rule, and the buses that each have it. */
import { neverBeside } from '../../../machines/properties/argued.ts';
import { breaks, holds, saysBroken, saysHolds } from './checks.ts';
import type { Claim } from './claim.ts';
import { calledByIommu, copiesOfRule } from './measure.ts';
import { oneUserOn } from './settings.ts';

const alike = ['pci', 'platform', 'amba', 'fsl-mc'];
const everyBus = ['v1-posting', 'v6-posting', 'v6.1.y', 'v6.12.y', 'v7.3'];

export const buses: readonly Claim[] = [
  {
    id: 24, who: 'R', claim: 'Without a flag that every bus shares, each needs a dma_configure of its own; nothing is shared.',
    checks: [
      ...saysBroken(neverBeside, oneUserOn('host1x'), 'v6-posting', 'v6.12.y'), ...saysHolds(neverBeside, oneUserOn('host1x'), 'v1-posting'),
      ...alike.flatMap((bus) => holds(neverBeside, oneUserOn(bus), 'v1-posting', 'v6-posting')),
    ],
    measures: () => copiesOfRule(everyBus),
    note: ['confirmed', 'A bus whose callbacks do not have the rule (here host1x) lets its drivers in beside a user; a flag in struct device_driver covers it. The rule stands on four buses, and from v6.5 on a fifth as well.'],
  },
  {
    id: 25, who: 'J', claim: 'It is not clear why every bus would have to copy it.', taste: true,
    checks: [...alike.flatMap((bus) => holds(neverBeside, oneUserOn(bus), 'v6.12.y')), ...breaks(neverBeside, oneUserOn('cdx'), 'v6.5', 'v6.12.y', 'v7.3')],
    measures: () => copiesOfRule(['v6.1.y', 'v6.12.y', 'v7.3']),
    note: ['not-a-state-property', 'A question. Nearest: four copies do alike; the fifth, cdx, throws the refusal away, and a driver runs beside the user.'],
  },
  {
    id: 26, who: 'R', claim: 'Given a common flag, dma_configure could converge into one common path again.', taste: true,
    checks: [...holds(neverBeside, oneUserOn('pci'), 'v6.15', 'v7.3'), ...breaks(neverBeside, oneUserOn('cdx'), 'v7.3')],
    measures: () => [...calledByIommu(['v6.12.y', 'v6.15', 'v7.3']), ...copiesOfRule(['v6.12.y', 'v7.3'])],
    note: ['not-a-state-property', 'An idea. Nearest: from v6.15 on the IOMMU core calls dma_configure of every bus itself (bcb81ac6ae3c); the flag, and the rule about it, are still in each bus.'],
  },
];
