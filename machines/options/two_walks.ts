/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * bus_notifier from v6.15 on, with the lock that iommu_init_device() drops around dma_configure().
 *
 * Kernel v6.15 (6.15.0), drivers/iommu/iommu.c: iommu_probe_device_lock is given back while the bus configures the device, so a second walk may come
 * in. It finds the fwspec that the first has parsed, asks the bus no more, and finishes the device. The first then goes on as if nobody
 * had come; since 0c8e9c148e29 (6.15.1) it looks again (`looksAgain`) and answers -ENODEV. In the models the calls of the IOMMU core
 * for one device wait for each other. `outside` is the walk whose dma_configure() is under way, `back` that it has come back.
 */
import { assign } from 'xstate';
import { changed, type Config } from '../changed.ts';
import { ENODEV } from '../kernel.ts';
import { bus_notifier as oneWalk } from '../v6.15/bus_notifier.ts';

interface Walk { readonly caller: string; readonly call: string; readonly action: string | null }
interface Seen { readonly context: Walk & { readonly outside: Walk | null; readonly back: boolean; readonly joined: boolean; readonly waiting: readonly unknown[] } }

const leave = assign(({ context: { caller, call, action } }: Seen) => ({ outside: { caller, call, action } }));
const enter = assign(({ context: { outside } }: Seen) => ({ ...outside, ret: 0, outside: null, back: false }));
const isBack = ({ context }: Seen) => context.back;
const isJoined = ({ context }: Seen) => context.joined;

function dropsTheLock(config: Config): void {
  const { context } = config as { context: (given: object) => object };
  config.context = (given: object) => ({ ...context(given), outside: null, back: false });
  config.on['dma_configure.ret'] = { actions: assign({ back: true }) };
  const { idle, answered, iommu_probe_device: probe } = config.states;
  const { in_dev_driver, in_dma_configure } = probe.states;
  probe.id = 'iommu_probe_device';
  // Said where a walk begins, not where it comes back.
  probe.states.asked.entry = probe.entry;
  delete probe.entry;
  const [asks, goesOn] = in_dev_driver.on['dev->driver.ret'];
  in_dev_driver.on['dev->driver.ret'] = [{ guard: ({ context }: Seen) => context.outside !== null, target: 'in_probe_device' }, asks, goesOn];
  in_dma_configure.entry = [in_dma_configure.entry, leave];
  delete in_dma_configure.on;
  in_dma_configure.always = '#unlocked';
  probe.states.relocked = { always: 'in_probe_device' };
  const relock = { target: '#iommu_probe_device.relocked', actions: enter };
  idle.on['dma_configure.ret'] = relock;
  answered.always.unshift({ guard: isBack, ...relock });
  config.states.unlocked = { id: 'unlocked', always: answered.always };
}

function looksAgain(config: Config): void {
  config.states.iommu_probe_device.states.relocked.always = [
    { guard: isJoined, target: 'probed', actions: assign({ ret: -ENODEV }) }, { target: 'in_probe_device' },
  ];
}

export const goesOn = changed(oneWalk, dropsTheLock);
export const asksAgain = changed(oneWalk, dropsTheLock, looksAgain);
