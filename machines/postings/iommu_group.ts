/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group of the postings: a claim detaches the group to no domain at all, and (v6) may be nested.
 *
 * v6, 18 Feb 2022: a claim with the owner's token counts once more and wants a release of its own; a NULL token is a token.
 * `withoutNesting` is v7, 28 Feb 2022: any claim of a counted group is -EPERM, a release sets owner_cnt to 0. Neither can fail
 * at the IOMMU driver: there is no blocking domain, `domain` is `none` while a user owns the group and has attached nothing.
 * Where the IOMMU driver has no detach op (option detach_dev) the hardware goes on using the domain that it had: `kept` is its name
 * while it differs from group->domain, and its user frees it (0286300e6045).
 * Otherwise as in v6.1.y.
 */
import { assign } from 'xstate';
import { changed, stateAt } from '../changed.ts';
import { ret } from '../chart.ts';
import { EBUSY, EPERM } from '../kernel.ts';
import { iommu_group as merged } from '../v6.1.y/iommu_group.ts';

interface Seen { context: { owner: string | null; owner_cnt: number; domain: string; kept?: string | null; detach_dev?: boolean }; event: { type: string; owner?: string | null; device?: string } }
const left = ({ context: { domain, kept = null, detach_dev } }: Seen) => (detach_dev !== false ? null : domain === 'none' ? kept : domain);
const own = assign({ owner: ({ event }: Seen) => event.owner ?? null, owner_cnt: 1, domain: 'none', kept: left });
const moves = assign({ kept: null });
const sameOwner = ({ context, event }: Seen) => context.owner_cnt > 0 && context.owner === event.owner;
const noOwner = ({ context }: Seen) => context.owner_cnt === 0 || context.owner === null;
const shared = ({ context }: Seen) => context.owner_cnt > 1;
const attached = ({ context }: Seen) => context.domain !== 'none';
const notDefault = ({ context }: Seen) => context.domain !== 'default';
const mayClaim = ({ context }: Seen) => context.owner_cnt === 0 && ['default', 'none'].includes(context.domain);
const lastRelease = ({ context }: Seen) => context.owner_cnt === 1 && context.owner !== null && context.domain === 'none';
const anyRelease = ({ context }: Seen) => context.owner_cnt > 0 && context.owner !== null && context.domain === 'none';
const free = assign({ owner: null, owner_cnt: 0 });
const freeAndDefault = assign({ owner: null, owner_cnt: 0, domain: 'default', kept: null });
const join = assign({ devices: ({ context, event }: Seen & { context: { devices: string[] } }) => [...context.devices, event.device ?? ''] });
const detach = assign({ domain: 'none', kept: left });

export const iommu_group = changed(merged, (config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ kept: null, ...context(given) });
  const { unowned, kernel_dma, claimed } = stateAt(config, 'ownership').states;
  const take = [{ guard: 'foreign', actions: ret(-EBUSY) }, { target: 'claimed', actions: [own, ret(0)] }];
  unowned.on.iommu_group_claim_dma_owner = take;
  kernel_dma.on.iommu_group_claim_dma_owner = [
    { guard: sameOwner, actions: ['get', ret(0)], description: 'A NULL token: the drivers are taken for the same owner.' }, { actions: ret(-EPERM) },
  ];
  claimed.on.iommu_group_claim_dma_owner = [
    { guard: sameOwner, actions: ['get', ret(0)] }, { guard: 'counted', actions: ret(-EPERM) }, ...take,
  ];
  claimed.on.iommu_group_release_dma_owner = [
    { guard: noOwner, actions: ['warn', ret(0)] },
    { guard: shared, actions: ['put', ret(0)] },
    { guard: attached, target: 'unowned', actions: ['warn', free, ret(0)] },
    { target: 'unowned', actions: [freeAndDefault, ret(0)] },
  ];
  const attachment = stateAt(config, 'attachment');
  for (const branch of attachment.on.iommu_attach_group.slice(-2)) branch.actions = [moves, ...branch.actions];
  attachment.on.iommu_detach_group = [
    { guard: 'owned', target: '.none', actions: [detach, ret(0)] }, { target: '.default', actions: ['attachCore', ret(0)] },
  ];
  attachment.on.iommu_group_claim_dma_owner = { guard: mayClaim, target: '.none' };
  attachment.states.user.on.iommu_group_release_dma_owner = { description: 'release() warns, and leaves the domain.' };
  attachment.states.none.on = {
    iommu_group_release_dma_owner: { guard: lastRelease, target: 'default' }, iommu_setup_default_domain: { guard: 'unset', target: 'default' },
  };
  delete attachment.states.blocking;
  const { on } = stateAt(config, 'membership');
  on.iommu_group_add_device.at(-1).actions = [join, ret(0)];
  on.iommu_change_dev_def_domain = [{ guard: 'bound', actions: ret(-EBUSY) }, { guard: notDefault, actions: ret(-EBUSY) }, { actions: ret(0) }];
});

export const withoutNesting = changed(iommu_group, (config) => {
  const { kernel_dma, claimed } = stateAt(config, 'ownership').states;
  kernel_dma.on.iommu_group_claim_dma_owner = { actions: ret(-EPERM) };
  claimed.on.iommu_group_claim_dma_owner.shift();
  claimed.on.iommu_group_release_dma_owner.splice(1, 1);
  stateAt(config, 'attachment.none').on.iommu_group_release_dma_owner.guard = anyRelease;
});
