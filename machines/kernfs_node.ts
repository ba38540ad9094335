/**
 * kernfs_node: one file of sysfs: who is inside a write to it, and who waits until the last of them has left.
 *
 * Kernel v6.1.y and v6.12.y, fs/kernfs/dir.c: kernfs_get_active, kernfs_put_active, kernfs_drain. A write holds an active
 * reference from before the file's store function until after it. Whoever removes the file (`kernfs_remove`: deactivate,
 * then drain) first keeps newcomers out, who are told -ENODEV, and then waits for those inside. The files that matter:
 * `bind` and `unbind` of a driver, removed first of all by bus_remove_driver(), and `driver_override` of a device,
 * removed by bus_remove_device().
 * Left out: open files (who opens a file that is gone is told -ENOENT, here -ENODEV); readers; files that remove
 * themselves (`remove`), which nobody waits for.
 */
import { assign, setup } from 'xstate';
import { environment } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';
import { ENODEV } from './kernel.ts';

export type KernfsCall = Call<'kernfs_activate'> | Call<'kernfs_remove'> | Call<'kernfs_get_active'> | Call<'kernfs_put_active'>;

interface Context extends Here {
  /** Writers, by name: their order makes no difference. */
  active: Address[];
  waiting: Address[];
}

const { call, answer, forward } = sends<Context, KernfsCall>();

export const kernfs_node = setup({
  types: {} as Types<Context, KernfsCall>,
  guards: {
    nobodyInside: ({ context }) => context.active.length === 0,
    lastInside: ({ context, event }) => context.active.every((writer) => writer === event.from),
  },
  actions: {
    answer,
    get: assign({ active: ({ context, event }) => [...context.active, event.from].sort() }),
    put: assign({ active: ({ context, event }) => context.active.filter((writer) => writer !== event.from) }),
    wait: assign({ waiting: ({ context, event }) => [...context.waiting, event.from] }),
    drained: call(({ waiting }) => waiting[0] ?? '', () => ({ type: 'kernfs_remove.ret', ret: 0 })),
    next: assign({ waiting: ({ context }) => context.waiting.slice(1) }),
    ask: forward(() => environment),
  },
}).createMachine({
  id: 'kernfs_node',
  context: ({ input }) => ({ address: input.address, active: [], waiting: [] }),
  initial: 'removed',
  states: {
    removed: {
      description: 'There is no such file.',
      on: {
        kernfs_activate: { target: 'active', actions: ret(0) },
        kernfs_remove: { actions: ret(0) },
        kernfs_get_active: { actions: ret(-ENODEV) },
        kernfs_put_active: { actions: ret(0) },
      },
    },
    active: {
      on: {
        kernfs_activate: { actions: ret(0) },
        kernfs_remove: [{ guard: 'nobodyInside', target: 'removed', actions: ret(0) }, { target: 'draining', actions: 'wait' }],
        kernfs_get_active: { actions: ['get', ret(0)] },
        kernfs_put_active: { actions: ['put', ret(0)] },
      },
    },
    draining: {
      description: 'Deactivated: nobody gets in any more, and who removes it waits.',
      on: {
        kernfs_activate: { actions: ret(0) },
        kernfs_remove: { actions: 'wait' },
        kernfs_get_active: { actions: ret(-ENODEV) },
        kernfs_put_active: [
          { guard: 'lastInside', target: 'drained', actions: ['put', ret(0)] },
          { actions: ['put', ret(0)] },
        ],
      },
    },
    drained: {
      always: [
        { guard: ({ context }) => context.waiting.length > 0, target: 'drained', reenter: true, actions: ['drained', 'next'] },
        { target: 'removed' },
      ],
    },
    unfollowed: {
      description: 'In a world learnt from a trace, which does not show who is inside.',
      on: {
        kernfs_activate: { actions: ret(0) },
        kernfs_remove: { actions: ret(0) },
        kernfs_get_active: { actions: 'ask' },
        kernfs_put_active: { actions: ret(0) },
      },
    },
  },
});
