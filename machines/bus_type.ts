/**
 * bus_type: the lists of a bus that the binding path walks, and its drivers_autoprobe flag.
 *
 * Kernel v6.1.y and v6.12.y, drivers/base/bus.c, struct subsys_private { klist_devices, klist_drivers,
 * drivers_autoprobe }. A klist is walked without a lock over the whole walk: each step of a walk is one event that
 * asks for the entry behind a given one. Order is the order of registration. A walker holds the driver it stands at: who
 * takes that driver off the list (klist_remove) waits until the walker has gone on, and nobody else comes to it.
 * Left out: bus attributes other than drivers_autoprobe and drivers_probe, a bus that goes away.
 */
import { assign, setup } from 'xstate';
import { environment } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';

type Named = { readonly name: string };
type After = { readonly after: string | null };

export type BusCall =
  | Call<'klist_devices_add', Named> | Call<'klist_devices_del', Named> | Call<'klist_devices_next', After>
  | Call<'klist_drivers_add', Named> | Call<'klist_drivers_del', Named> | Call<'klist_drivers_next', After> | Call<'klist_iter_exit'>
  | Call<'drivers_autoprobe_show'> | Call<'drivers_autoprobe_store', { readonly value: boolean }>;

interface Context extends Here {
  /** Null in a world learnt from a trace, which does not show the lists: the environment then says who is next. */
  klist_devices: string[] | null;
  klist_drivers: string[] | null;
  drivers_autoprobe: boolean;
  /** Who stands at which driver in the middle of a walk. */
  walkers: { readonly walker: Address; readonly at: string }[];
  /** Who waits for the walkers at a driver that is off the list for everybody else. */
  waiting: { readonly from: Address; readonly name: string }[];
}

export interface BusInput extends Partial<Context> {
  address: Address;
}

const { answer, answerWith, call, forward } = sends<Context, BusCall>();
const without = (list: readonly string[] | null, event: BusCall) => list && list.filter((name) => !('name' in event) || name !== event.name);
const plus = (list: readonly string[] | null, event: BusCall) =>
  list && ('name' in event ? [...list.filter((name) => name !== event.name), event.name] : [...list]);
const next = (list: readonly string[] | null, event: BusCall) => {
  const known = list ?? [];
  const after = 'after' in event ? event.after : null;
  return { ret: 0, name: (after === null ? known[0] : known[known.indexOf(after) + 1]) ?? null };
};

/** The driver behind a given one; one that is being taken off the list is passed over. */
const nextDriver = ({ klist_drivers, waiting }: Context, event: BusCall): string | null => {
  const known = klist_drivers ?? [];
  const after = 'after' in event ? event.after : null;
  return known.slice(after === null ? 0 : known.indexOf(after) + 1).find((name) => !waiting.some((one) => one.name === name)) ?? null;
};
const standsAt = ({ walkers }: Context, walker: Address) => walkers.find((one) => one.walker === walker)?.at;
/** Who waits only for this walker to go on. */
const waiterBehind = (context: Context, walker: Address) => context.waiting.find(({ name }) =>
  name === standsAt(context, walker) && !context.walkers.some((one) => one.at === name && one.walker !== walker));

export const bus_type = setup({
  types: {} as Types<Context, BusCall, BusInput>,
  guards: {
    autoprobe: ({ context }) => context.drivers_autoprobe,
    knowsDevices: ({ context }) => context.klist_devices !== null,
    knowsDrivers: ({ context }) => context.klist_drivers !== null,
    walked: ({ context, event }) => 'name' in event && context.walkers.some(({ at }) => at === event.name),
    awaited: ({ context, event }) => waiterBehind(context, event.from) !== undefined,
  },
  actions: {
    answer,
    addDevice: assign({ klist_devices: ({ context, event }) => plus(context.klist_devices, event) }),
    delDevice: assign({ klist_devices: ({ context, event }) => without(context.klist_devices, event) }),
    addDriver: assign({ klist_drivers: ({ context, event }) => plus(context.klist_drivers, event) }),
    delDriver: assign({ klist_drivers: ({ context, event }) => without(context.klist_drivers, event) }),
    set: assign({ drivers_autoprobe: ({ event }) => event.type === 'drivers_autoprobe_store' && event.value }),
    nextDevice: answerWith(({ klist_devices }, event) => next(klist_devices, event)),
    ask: forward(() => environment),
    nextDriver: answerWith((context, event) => ({ ret: 0, name: nextDriver(context, event) })),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, { from: event.from, name: 'name' in event ? event.name : '' }] }),
    gone: call((context, event) => waiterBehind(context, event.from)?.from ?? '', () => ({ type: 'klist_drivers_del.ret', ret: 0 })),
    goOn: assign(({ context, event }) => {
      const waiter = waiterBehind(context, event.from);
      const at = event.type === 'klist_drivers_next' ? nextDriver(context, event) : null;
      return {
        walkers: [...context.walkers.filter(({ walker }) => walker !== event.from), ...(at === null ? [] : [{ walker: event.from, at }])]
          .sort((one, other) => (one.walker < other.walker ? -1 : 1)),
        waiting: context.waiting.filter((one) => one !== waiter),
        klist_drivers: context.klist_drivers?.filter((name) => name !== waiter?.name) ?? null,
      };
    }),
  },
}).createMachine({
  id: 'bus_type',
  context: ({ input }) => ({ klist_devices: [], klist_drivers: [], drivers_autoprobe: true, walkers: [], waiting: [], ...input }),
  initial: 'registered',
  states: {
    registered: {
      on: {
        klist_devices_add: { actions: ['addDevice', ret(0)] },
        klist_devices_del: { actions: ['delDevice', ret(0)] },
        klist_devices_next: [{ guard: 'knowsDevices', actions: 'nextDevice' }, { actions: 'ask' }],
        klist_drivers_add: { actions: ['addDriver', ret(0)] },
        klist_drivers_del: [{ guard: 'walked', actions: 'wait' }, { actions: ['delDriver', ret(0)] }],
        klist_drivers_next: [
          { guard: 'awaited', actions: ['nextDriver', 'gone', 'goOn'] },
          { guard: 'knowsDrivers', actions: ['nextDriver', 'goOn'] },
          { actions: 'ask' },
        ],
        klist_iter_exit: [{ guard: 'awaited', actions: ['gone', 'goOn', ret(0)] }, { actions: ['goOn', ret(0)] }],
        drivers_autoprobe_show: [{ guard: 'autoprobe', actions: ret(1) }, { actions: ret(0) }],
        drivers_autoprobe_store: { actions: ['set', ret(0)] },
      },
    },
  },
});
