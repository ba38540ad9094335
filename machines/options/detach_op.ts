/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group of the eighth posting (1ea2a07a532b, before 0286300e6045) on an IOMMU driver that cannot detach.
 *
 * A claim and a detach leave the group with no domain at all. Where the IOMMU driver has no detach op nothing happens to the
 * hardware: `hardware` is the domain that it goes on using. Since 0286300e6045 there is a blocking domain to attach in place
 * of none, so hardware and group->domain agree in every later model. Otherwise as the seventh posting, whose groups these are.
 */
import { assign } from 'xstate';
import { changed, stateAt, type Config } from '../changed.ts';
import { withoutNesting } from '../postings/iommu_group.ts';

interface Seen { readonly event: { readonly domain?: string } }

const attaches = assign({ hardware: ({ event }: Seen) => event.domain ?? 'none' });
const toDefault = assign({ hardware: 'default' });

export const withoutDetachOp = changed(withoutNesting, (config: Config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ hardware: 'default', ...context(given) });
  const { on, states } = stateAt(config, 'attachment');
  for (const branch of on.iommu_attach_group.slice(-2)) branch.actions = [attaches, ...branch.actions];
  const back = on.iommu_detach_group.at(-1);
  back.actions = [toDefault, ...back.actions];
  const release = states.none.on.iommu_group_release_dma_owner;
  release.actions = toDefault;
});
