/**
 * uevent_show: a read of /sys/devices/X/uevent, as far as it looks at dev->driver.
 *
 * Kernel v6.12.y (6.12.117) and v6.15 on, drivers/base/core.c uevent_show, dev_uevent: since 04d3e5461c1f and 18daa52418e7 the pointer is loaded once,
 * under the spinlock of the bus's list of drivers, which keeps its driver from going. Before, `readsTwice`: it is looked at, and then
 * loaded again for the driver's name; an unbind between the two leaves NULL (`BUG`; what the chart does after it means nothing).
 * `underLock` is what v6.1.y (6.1.192) has: a remedy that mainline took back (dc1771f71854), device_lock around the read.
 * Left out: every other line of the file; uevents that the kernel sends itself, which are words of their senders.
 */
import { assign, setup } from 'xstate';
import { deviceAt } from '../address.ts';
import { changed, type Config } from '../changed.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Types } from '../chart.ts';
import { EBUSY } from '../kernel.ts';

type Command = Call<'uevent_show', { readonly device: string }>;
type Answer = Ret<'dev->driver', { readonly driver: string | null }> | Ret<'device_lock' | 'device_unlock'>;
interface Context extends Busy { device: string }
interface Seen { readonly event: { readonly driver?: string | null } }

const { call, say } = sends<Context, Command | Answer>();
const toDevice = (type: string) => call(({ device }) => deviceAt(device), () => ({ type }));
const noDriver = ({ event }: Seen): boolean => event.driver === null;

export const uevent_show = setup({
  types: {} as Types<Context, Command | Answer>,
  actions: {
    begin: assign(({ event }) => ('device' in event ? { caller: event.from, call: event.type, device: event.device, ret: 0 } : {})),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    idle: assign({ ...notBusy, device: '' }),
    BUG: say(({ device }) => ({ type: 'BUG', device, why: 'dev->driver is NULL where its name is read' })),
  },
}).createMachine({
  id: 'uevent_show',
  context: ({ input }) => ({ ...notBusy, address: input.address, device: '' }),
  initial: 'idle',
  on: { uevent_show: { actions: 'refuse' } },
  states: {
    idle: { on: { uevent_show: { target: 'in_dev_driver', actions: 'begin' } } },
    in_dev_driver: { entry: toDevice('dev->driver'), on: { 'dev->driver.ret': 'answered' } },
    answered: { entry: ['reply', 'idle'], always: 'idle' },
  },
});

/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a configuration is plain data here */
/** Before 18daa52418e7 (6.15, 6.14.5, 6.12.26). */
export const readsTwice = changed(uevent_show, ({ states }: Config) => {
  states.in_dev_driver.on['dev->driver.ret'] = [{ guard: noDriver, target: 'answered' }, { target: 'in_driver_name' }];
  states.in_driver_name = {
    description: 'dev->driver->name.',
    entry: toDevice('dev->driver'),
    on: { 'dev->driver.ret': [{ guard: noDriver, target: 'answered', actions: 'BUG' }, { target: 'answered' }] },
  };
});

export const underLock = changed(readsTwice, ({ states }: Config) => {
  states.idle.on.uevent_show.target = 'in_device_lock';
  states.in_device_lock = { entry: toDevice('device_lock'), on: { 'device_lock.ret': 'in_dev_driver' } };
  states.in_dev_driver.on['dev->driver.ret'][0].target = 'in_device_unlock';
  for (const branch of states.in_driver_name.on['dev->driver.ret'] as Config[]) branch.target = 'in_device_unlock';
  states.in_device_unlock = { entry: toDevice('device_unlock'), on: { 'device_unlock.ret': 'answered' } };
});
/* eslint-enable */
