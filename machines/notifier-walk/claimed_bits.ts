/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * iommu_group with a bit for each device: set by its claim, dropped when its driver is gone; the last one gives up the owner.
 *
 * The per-device bit of the thread ("something else added somewhere", Jason Gunthorpe): nobody reads dev->driver, so what was
 * the walk is one critical section. `walk` is the event all the same, with the device whose bit is dropped. Where the bit
 * would live was not said; it is a list here. A device leaves its group after its driver left it, so it leaves no bit behind.
 */
import { assign } from 'xstate';
import { changed, stateAt } from '../changed.ts';
import { nameOf } from '../address.ts';
import { ret } from '../chart.ts';
import { kernelTokenOnly } from './iommu_group.ts';

interface Bits { context: { claimed: string[] }; event: { type: string; from?: string; device?: string } }
const without = ({ context, event }: Bits) => context.claimed.filter((device) => device !== event.device);
const set = assign({ claimed: ({ context, event }: Bits) => [...new Set([...context.claimed, nameOf(event.from ?? '')])] });
const drop = assign({ claimed: without });
const last = (bits: Bits) => without(bits).length === 0;

export const claimedBits = changed(kernelTokenOnly, (config) => {
  const { context, states } = config;
  config.context = (given: { input: object }) => ({ claimed: [], ...context(given) });
  states.unowned.on.iommu_device_use_default_domain.actions = [set, 'ownByKernel', ret(0)];
  const { on } = stateAt(config, 'kernel_dma');
  on.iommu_device_use_default_domain = { actions: [set, ret(0)] };
  on.walk = [{ guard: last, target: 'unowned', actions: [drop, 'giveUp', ret(0)] }, { actions: [drop, ret(0)] }];
  delete states.walking;
  for (const name of ['unowned', 'kernel_dma', 'claimed']) delete states[name].always;
});
