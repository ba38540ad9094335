/**
 * device_driver: one struct device_driver: registered or not, its devices, and the flags that the core reads.
 *
 * Kernel v6.1.y and v6.12.y: include/linux/device/driver.h, struct driver_private { klist_devices },
 * `driver_managed_dma` of the bus's own driver struct, drivers/base/driver.c. Each event is one list operation or
 * one read of a flag. probe() and remove() of a VFIO driver are handed to the vfio_device of that device, of any
 * other driver to the environment: what a driver does inside its own probe is not ours.
 * Left out: the driver's kobject, its attribute groups, module reference counts.
 */
import { assign, setup } from 'xstate';
import { environment, vfioDeviceAt } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';
import { EBUSY } from './kernel.ts';

type Device = { readonly device: string };

export type DriverCall =
  | Call<'driver_find'> | Call<'bus_add_driver'> | Call<'bus_remove_driver'>
  | Call<'klist_add_tail', Device> | Call<'klist_remove', Device> | Call<'klist_last'>
  | Call<'driver_managed_dma'> | Call<'probe_type'>
  | Call<'probe', Device> | Call<'remove', Device>;

interface Context extends Here {
  driver: string;
  /** Flags and the list are null in a world learnt from a trace that has not shown them: the environment then answers. */
  driver_managed_dma: boolean | null;
  /** PROBE_PREFER_ASYNCHRONOUS */
  async: boolean | null;
  vfio: boolean;
  klist_devices: string[] | null;
}

export interface DriverInput extends Partial<Context> {
  address: Address;
  driver: string;
}

const { answer, answerWith, forward } = sends<Context, DriverCall>();
const device = (event: DriverCall): string => ('device' in event ? event.device : '');
/** What does not depend on whether the driver is registered: a device may still be bound while it leaves. */
const always = {
  klist_add_tail: { actions: ['add', ret(0)] },
  klist_remove: { actions: ['del', ret(0)] },
  klist_last: [{ guard: 'knowsDevices', actions: 'last' }, { actions: 'ask' }],
  driver_managed_dma: [{ guard: 'managed', actions: ret(1) }, { guard: 'notManaged', actions: ret(0) }, { actions: 'ask' }],
  probe_type: [{ guard: 'async', actions: ret(1) }, { guard: 'notAsync', actions: ret(0) }, { actions: 'ask' }],
  probe: [{ guard: 'vfio', actions: 'toVfio' }, { actions: 'toDriver' }],
  remove: [{ guard: 'vfio', actions: 'toVfio' }, { actions: 'toDriver' }],
} as const;

export const device_driver = setup({
  types: {} as Types<Context, DriverCall, DriverInput>,
  guards: {
    managed: ({ context }) => context.driver_managed_dma === true,
    notManaged: ({ context }) => context.driver_managed_dma === false,
    async: ({ context }) => context.async === true,
    notAsync: ({ context }) => context.async === false,
    knowsDevices: ({ context }) => context.klist_devices !== null,
    vfio: ({ context }) => context.vfio,
  },
  actions: {
    answer,
    add: assign({ klist_devices: ({ context, event }) => context.klist_devices && [...context.klist_devices, device(event)] }),
    del: assign({ klist_devices: ({ context, event }) => context.klist_devices && context.klist_devices.filter((name) => name !== device(event)) }),
    last: answerWith(({ klist_devices }) => ({ ret: 0, device: klist_devices?.at(-1) ?? null })),
    toVfio: forward((_context, event) => vfioDeviceAt(device(event))),
    toDriver: forward(() => environment),
    ask: forward(() => environment),
  },
}).createMachine({
  id: 'device_driver',
  context: ({ input }) => ({ driver_managed_dma: false, async: false, vfio: false, klist_devices: [], ...input }),
  initial: 'unregistered',
  states: {
    unregistered: {
      description: 'Its module is not loaded, or has been unloaded.',
      on: {
        driver_find: { actions: ret(0) },
        bus_add_driver: { target: 'registered', actions: ret(0) },
        bus_remove_driver: { actions: ret(0) },
        ...always,
      },
    },
    registered: {
      on: {
        driver_find: { actions: ret(1) },
        bus_add_driver: { actions: ret(-EBUSY) },
        bus_remove_driver: { target: 'unregistered', actions: ret(0) },
        ...always,
      },
    },
  },
});
