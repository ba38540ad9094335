/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * The two passes of bus_iommu_probe(): groups without a domain first, then a default domain for each.
 *
 * Kernel v6.6 and v6.12.y, drivers/iommu/iommu.c bus_iommu_probe: pass 1 puts every device in its group, pass 2 calls
 * iommu_setup_default_domain() for each group under its mutex. Between the two a driver may come. The models know one pass:
 * there a group has its domain with its first device. One call of this thread is one device of pass 1 and the group of pass 2.
 */
import { assign } from 'xstate';
import { changed, stateAt, type Config } from '../changed.ts';
import { ret, sends, type Address, type Here } from '../chart.ts';
import { bus_iommu_probe as onePass } from '../entry/bus_iommu_probe.ts';

interface Seen { readonly context: { readonly devices: readonly string[]; readonly group: Address }; readonly event: { readonly type: string; readonly device?: string; readonly group?: Address } }
const { call } = sends<Here & { group: Address }, { type: string; from: Address }>();

/** An iommu_group that begins without a domain, and gets it from pass 2. */
export function domainComesLater(config: Config): void {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), domain: 'none' });
  const attachment = stateAt(config, 'attachment');
  attachment.initial = 'none';
  const join = stateAt(config, 'membership').on.iommu_group_add_device;
  // The branch that gave the first device a domain goes; who comes later finds what there is.
  join.splice(join.findIndex(({ guard }: Config) => guard === 'noDefaultDomain'), 1);
  join.at(-1).actions = [assign({ devices: ({ context: { devices }, event }: Seen) => [...devices, event.device ?? ''] }), ret(0)];
  attachment.states.none.on = { iommu_setup_default_domain: 'default' };
  stateAt(config, 'membership').on.iommu_setup_default_domain = { actions: [assign({ domain: 'default' }), ret(0)] };
}

export const bus_iommu_probe = changed(onePass, (config: Config) => {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), group: '' });
  const { states } = config;
  states.idle.on.bus_iommu_probe.actions = [states.idle.on.bus_iommu_probe.actions, assign({ group: ({ event }: Seen) => event.group ?? '' })];
  states.in_iommu_probe_device.on['iommu_probe_device.ret'].target = 'in_iommu_setup_default_domain';
  states.in_iommu_setup_default_domain = {
    entry: call(({ group }) => group, () => ({ type: 'iommu_setup_default_domain' })),
    on: { 'iommu_setup_default_domain.ret': 'answered' },
  };
  states.answered.entry = [...states.answered.entry, assign({ group: '' })];
});
