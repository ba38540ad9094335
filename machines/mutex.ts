/**
 * mutex: a lock that belongs to no other chart: who holds it, and who waits.
 *
 * Kernel v6.1.y and v6.12.y. Two kinds of it keep hot-plug in order:
 * - `pci_rescan_remove_lock` (drivers/pci/probe.c), taken by pci_lock_rescan_remove() around every scan and every removal
 *   on PCI: writes to `rescan` and `remove` (drivers/pci/pci-sysfs.c), pciehp, the ACPI hot-plug driver.
 * - Other buses have none. There, who adds a device also removes it, one after the other: a parent's driver in its probe()
 *   and remove(), under the device_lock of the parent (mfd, of_platform_populate, auxiliary). So each device has the
 *   mutex of a parent of its own, and different devices may come and go at once.
 * Left out: what else a parent does under its lock; parents that are devices of the topology.
 */
import { assign, not, setup } from 'xstate';
import { parentLockAt, pciRescanRemoveLock } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';

export type MutexCall = Call<'mutex_lock'> | Call<'mutex_unlock'>;

interface Context extends Here {
  holder: Address | null;
  waiting: Address[];
}

const { call, answer, say } = sends<Context, MutexCall>();
const misuse = { actions: ['warn', ret(0)] } as const;

export const mutex = setup({
  types: {} as Types<Context, MutexCall>,
  guards: {
    someoneWaits: ({ context }) => context.waiting.length > 0,
    byHolder: ({ context, event }) => context.holder === event.from,
  },
  actions: {
    answer,
    warn: say(() => ({ type: 'WARN_ON' })),
    lock: assign({ holder: ({ event }) => event.from }),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event.from] }),
    /** The mutex goes to the first waiter, who is answered only now. */
    handOver: call(({ waiting }) => waiting[0] ?? '', () => ({ type: 'mutex_lock.ret', ret: 0 })),
    next: assign({ holder: ({ context }) => context.waiting[0] ?? null, waiting: ({ context }) => context.waiting.slice(1) }),
    free: assign({ holder: null }),
  },
}).createMachine({
  id: 'mutex',
  context: ({ input }) => ({ address: input.address, holder: null, waiting: [] }),
  initial: 'unlocked',
  states: {
    unlocked: {
      on: {
        mutex_lock: { target: 'locked', actions: ['lock', ret(0)] },
        mutex_unlock: misuse,
      },
    },
    locked: {
      on: {
        mutex_lock: { actions: 'wait' },
        mutex_unlock: [
          { guard: not('byHolder'), ...misuse },
          { guard: 'someoneWaits', actions: ['handOver', 'next', ret(0)] },
          { target: 'unlocked', actions: ['free', ret(0)] },
        ],
      },
    },
  },
});

/**
 * The mutex that a thread takes around the whole of such a call, or null.
 *
 * Null for device_add(), device_del() and pci_bus_add_device() of a PCI device alone: they are parts of a scan or a
 * removal, and the lock is their caller's.
 */
export function hotplugLock(call: string, device: string, bus: string): Address | null {
  if (call === 'pci_scan_single_device' || call === 'pci_stop_and_remove_bus_device') return pciRescanRemoveLock;
  return bus === 'pci' || call === 'pci_bus_add_device' ? null : parentLockAt(device);
}
