/**
 * deferred_probe: the devices whose probe said -EPROBE_DEFER, and what brings them back.
 *
 * Kernel v6.1.y and v6.12.y, drivers/base/dd.c: deferred_probe_pending_list, deferred_probe_active_list under
 * deferred_probe_mutex; deferred_trigger_count; driver_deferred_probe_enable; defer_all_probes. Each operation holds
 * the mutex from start to end, so each is one event. The trigger queues deferred_probe_work, a thread of its own.
 * Left out: the reason texts, the timeout work (it only triggers), sync_state of fw_devlink.
 */
import { assign, setup } from 'xstate';
import { deferredProbeWork } from './address.ts';
import { ret, sends, type Address, type Call, type Here, type Types } from './chart.ts';

type Device = { readonly device: string };

export type DeferredCall =
  | Call<'driver_deferred_probe_add', Device> | Call<'driver_deferred_probe_del', Device>
  | Call<'driver_deferred_probe_trigger'> | Call<'deferred_trigger_count'> | Call<'defer_all_probes'>
  | Call<'deferred_probe_work_func'> | Call<'deferred_probe_active_list'>
  | Call<'deferred_probe_initcall'> | Call<'device_block_probing'> | Call<'device_unblock_probing'>;

interface Context extends Here {
  deferred_probe_pending_list: string[];
  deferred_probe_active_list: string[];
  /** Who has read deferred_trigger_count since it last moved: all that a reader asks is whether it moved. */
  readers: Address[];
  defer_all_probes: boolean;
  /** The work is queued and has not begun. */
  work_pending: boolean;
}

export interface DeferredInput extends Partial<Context> {
  address: Address;
}

const { answer, answerWith, call } = sends<Context, DeferredCall>();
const device = (event: DeferredCall): string => ('device' in event ? event.device : '');
const listed = (context: Context, name: string) =>
  context.deferred_probe_pending_list.includes(name) || context.deferred_probe_active_list.includes(name);

export const deferred_probe = setup({
  types: {} as Types<Context, DeferredCall, DeferredInput>,
  guards: {
    listed: ({ context, event }) => listed(context, device(event)),
    workPending: ({ context }) => context.work_pending,
    blocked: ({ context }) => context.defer_all_probes,
  },
  actions: {
    answer,
    append: assign({ deferred_probe_pending_list: ({ context, event }) => [...context.deferred_probe_pending_list, device(event)] }),
    remove: assign({
      deferred_probe_pending_list: ({ context, event }) => context.deferred_probe_pending_list.filter((name) => name !== device(event)),
      deferred_probe_active_list: ({ context, event }) => context.deferred_probe_active_list.filter((name) => name !== device(event)),
    }),
    splice: assign({
      readers: [],
      deferred_probe_active_list: ({ context }) => [...context.deferred_probe_active_list, ...context.deferred_probe_pending_list],
      deferred_probe_pending_list: [],
    }),
    queue_work: call(() => deferredProbeWork, () => ({ type: 'queue_work' })),
    pending: assign({ work_pending: true }),
    begun: assign({ work_pending: false }),
    block: assign({ defer_all_probes: true }),
    unblock: assign({ defer_all_probes: false }),
    /** 0: not moved since this reader's last look. */
    tellMoved: answerWith(({ readers }, { from }) => ({ ret: readers.includes(from) ? 0 : 1 })),
    read: assign({ readers: ({ context, event }) => [...context.readers.filter((reader) => reader !== event.from), event.from].sort() }),
    takeFirst: answerWith(({ deferred_probe_active_list }) => ({ ret: 0, device: deferred_probe_active_list[0] ?? null })),
    dropFirst: assign({ deferred_probe_active_list: ({ context }) => context.deferred_probe_active_list.slice(1) }),
  },
}).createMachine({
  id: 'deferred_probe',
  context: ({ input }) => ({
    deferred_probe_pending_list: [], deferred_probe_active_list: [], readers: [], defer_all_probes: false,
    work_pending: false, ...input,
  }),
  initial: 'enabled',
  states: {
    disabled: {
      description: 'Before the late initcall: devices gather, the trigger does nothing.',
      on: {
        driver_deferred_probe_add: [{ guard: 'listed', actions: ret(0) }, { actions: ['append', ret(0)] }],
        driver_deferred_probe_del: { actions: ['remove', ret(0)] },
        driver_deferred_probe_trigger: { actions: ret(0) },
        deferred_trigger_count: { actions: ['tellMoved', 'read'] },
        defer_all_probes: [{ guard: 'blocked', actions: ret(1) }, { actions: ret(0) }],
        deferred_probe_work_func: { actions: ['begun', ret(0)] },
        deferred_probe_active_list: { actions: ['takeFirst', 'dropFirst'] },
        deferred_probe_initcall: { target: 'enabled', actions: ['splice', 'queue_work', 'pending', ret(0)] },
        device_block_probing: { actions: ['block', ret(0)] },
        device_unblock_probing: { actions: ['unblock', ret(0)] },
      },
    },
    enabled: {
      on: {
        driver_deferred_probe_add: [{ guard: 'listed', actions: ret(0) }, { actions: ['append', ret(0)] }],
        driver_deferred_probe_del: { actions: ['remove', ret(0)] },
        driver_deferred_probe_trigger: [
          { guard: 'workPending', actions: ['splice', ret(0)] },
          { actions: ['splice', 'queue_work', 'pending', ret(0)] },
        ],
        deferred_trigger_count: { actions: ['tellMoved', 'read'] },
        defer_all_probes: [{ guard: 'blocked', actions: ret(1) }, { actions: ret(0) }],
        deferred_probe_work_func: { actions: ['begun', ret(0)] },
        deferred_probe_active_list: { actions: ['takeFirst', 'dropFirst'] },
        deferred_probe_initcall: { actions: ret(0) },
        device_block_probing: { actions: ['block', ret(0)] },
        device_unblock_probing: [
          { guard: 'workPending', actions: ['unblock', 'splice', ret(0)] },
          { actions: ['unblock', 'splice', 'queue_work', 'pending', ret(0)] },
        ],
      },
    },
  },
});
