/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return --
   a configuration is changed as plain data, whatever its type */
/**
 * device whose stores to dev->driver are seen late: WRITE_ONCE() and READ_ONCE() as steps of their own.
 *
 * The store goes to the writer's own eyes at once and to a walk (the READ_ONCE() of a group's chart) at a later step, in
 * order. What orders it earlier is what really does: the claim takes group->mutex after the store (a walk that comes after
 * the claim sees it), and so does the walk that this device's own notifier asks for (a walk after that one sees the store
 * too). A store is pushed out when the mutex is asked for, not when it is had: a walk that runs meanwhile may see it a little
 * early, which the notifier walk allows at any time. Other readers of dev->driver see it as it is. Otherwise as ../device.ts.
 */
import { assign } from 'xstate';
import { kindOf } from '../address.ts';
import { changed, stateAt } from '../changed.ts';
import { ret, sends, type Here } from '../chart.ts';
import { device as merged } from '../device.ts';

interface Stored { context: { driver: string | null; seen: string | null; stores: (string | null)[] }; event: { type: string; from: string; driver?: string | null } }
const { call, answerWith } = sends<Here & Stored['context'], { type: string; from: string }>();
const store = assign({ stores: ({ context, event }: Stored) => [...context.stores, event.driver ?? null] });
const toSelf = call(({ address }) => address, () => ({ type: 'WRITE_ONCE' }));
/** An earlier order may have brought all of them out: the late message then finds nothing. */
const oldest = assign(({ context: { seen, stores } }: Stored) => ({ seen: stores.length > 0 ? stores[0] ?? null : seen, stores: stores.slice(1) }));
const all = assign(({ context }: Stored) => ({ seen: context.driver, stores: [] }));
const tellSeen = answerWith(({ seen: driver }) => ({ ret: driver === null ? 0 : 1, driver }));

export const device = changed(merged, (config) => {
  const { context } = config;
  config.context = (given: { input: { driver?: string | null } }) => ({ ...context(given), seen: given.input.driver ?? null, stores: [] });
  const { on } = stateAt(config, 'fields');
  on.device_set_driver = { actions: ['set_driver', store, toSelf, ret(0)] };
  on.WRITE_ONCE = { actions: oldest };
  on['dev->driver'] = [
    { guard: ({ event }: Stored) => kindOf(event.from) === 'group', actions: tellSeen },
    { guard: ({ event }: Stored) => kindOf(event.from) === 'notifier', actions: [all, 'tellDriver'] },
    { actions: 'tellDriver' },
  ];
  on.iommu_device_use_default_domain[0].actions = [all, 'toGroup'];
});
