/**
 * driver_binding: really_probe() with every label, and __device_release_driver(), for one device.
 *
 * Kernel v6.1.y (6.1.192) and v6.12.y (6.12.117), drivers/base/dd.c: driver_probe_device, __driver_probe_device,
 * really_probe, driver_bound, device_bind_driver, device_unbind_cleanup, __device_release_driver. The caller holds
 * device_lock from before the call until after its answer, so one of these charts per device is enough, and each
 * state inside a call is one step of that one thread.
 * The result of really_probe() keeps the kernel's signs: 0 bound, negative failed before the driver's probe, positive
 * errno: the driver's probe failed. A goto label is a state of the same name; it falls through to the next one.
 * Left out: device links to consumers (device_links_busy never finds one), sync_state callbacks, runtime PM,
 * coredump files. What firmware, pinctrl, sysfs, a pm_domain and the driver itself say comes from the environment.
 */
import { assign, setup } from 'xstate';
import { busDmaAt, deferredProbe, deviceAt, driverAt, environment, notifierAt } from './address.ts';
import { notBusy, sends, type Busy, type Call, type Ret, type Said, type Types } from './chart.ts';
import { EAGAIN, EBUSY, ENODEV, EPROBE_DEFER, plainBus, type BusType, type KobjectAction, type Notifier } from './kernel.ts';

type Driver = { readonly driver: string };

export type BindingCall =
  | Call<'driver_probe_device', Driver> | Call<'__driver_probe_device', Driver> | Call<'device_bind_driver', Driver>
  | Call<'device_is_bound'>
  | Call<'__device_release_driver', { readonly driver: string | null }>;
type Answer =
  | Ret<'deferred_trigger_count' | 'defer_all_probes' | 'device_links_check_suppliers' | 'devres_head' | 'device_set_driver'>
  | Ret<'dev->p', { readonly dead: boolean; readonly ready_to_probe: boolean; readonly driver: string | null }>
  | Ret<'pinctrl_bind_pins' | 'dma_configure' | 'dma_cleanup' | 'bus_notify' | 'sysfs_create_link' | 'activate' | 'probe' | 'remove'>
  | Ret<'device_add_groups' | 'state_synced' | 'test_remove' | 'klist_add_tail' | 'klist_remove'>
  | Ret<'driver_deferred_probe_add' | 'driver_deferred_probe_del' | 'driver_deferred_probe_trigger'>;

interface Context extends Busy {
  device: string;
  bus: BusType;
  /** The driver being probed, or bound. */
  drv: string;
  /** The driver that the call names: not `drv` when the device is bound to another. */
  asked: string;
  bound: boolean;
  can_match: boolean;
  /** device_links_check_suppliers() said -EAGAIN: a failing probe then means -EPROBE_DEFER. */
  link_ret: number;
  test_removed: boolean;
}

export interface BindingInput {
  address: string;
  device: string;
  bus: string;
  /** Bound to this driver from the start. */
  driver?: string | null;
}

const { call, say } = sends<Context, BindingCall | Answer>();
const says = (type: string, more: (context: Context) => Record<string, string | number | null> = () => ({})) =>
  say((context): Said => ({ type, device: context.device, ...more(context) }));
const cur = ({ drv }: Context) => ({ driver: drv });
const retOf = ({ ret }: Context) => ({ ret });

/** Calls, by who answers. */
const ask = (type: string) => call(() => environment, ({ device, drv }) => ({ type, device, driver: drv }));
const notify = (action: Notifier) => call(({ device }) => notifierAt(device), () => ({ type: 'bus_notify', action }));
const toDma = (type: 'dma_configure' | 'dma_cleanup') => call(({ device }) => busDmaAt(device), ({ drv }) => ({ type, driver: drv }));
const toDriver = (type: string) => call(({ drv }) => driverAt(drv), ({ device }) => ({ type, device }));
const toDeferred = (type: string) => call(() => deferredProbe, ({ device }) => ({ type, device }));
const setDriver = (clear: boolean) =>
  call(({ device }) => deviceAt(device), ({ drv }) => ({ type: 'device_set_driver', driver: clear ? null : drv }));
const uevent = (action: KobjectAction) =>
  says('kobject_uevent', ({ bound, drv }) => ({ action, driver: bound ? drv : null }));
/** The bus's wrapper around probe and remove, where it has one that can be seen. */
const wrapper = (which: 'probe' | 'remove', end: '' | '.ret') =>
  say(({ device, drv, bus, ret }) => ({ type: `${bus[which] ?? which}${end}`, device, driver: drv, ...(end ? { ret: which === 'probe' ? ret : 0 } : {}) }));

const fail = (ret: number) => ({ type: 'fail', params: { ret } }) as const;

export const driver_binding = setup({
  types: {} as Types<Context, BindingCall | Answer, BindingInput>,
  guards: {
    failed: ({ event }) => 'ret' in event && event.ret < 0,
    yes: ({ event }) => 'ret' in event && event.ret !== 0,
    /** Anything but 0 is a failure, but on PCI, where pci_device_probe() takes a positive result as success. */
    probeFailed: ({ context, event }) => 'ret' in event && (event.ret < 0 || (event.ret > 0 && context.bus.name !== 'pci')),
    again: ({ event }) => 'ret' in event && event.ret === -EAGAIN,
    dead: ({ event }) => event.type === 'dev->p.ret' && event.dead,
    busy: ({ event }) => event.type === 'dev->p.ret' && event.driver !== null,
    notReady: ({ event }) => event.type === 'dev->p.ret' && !event.ready_to_probe,
    hasDma: ({ context }) => context.bus.dma !== null,
    firstPass: ({ context, event }) => 'ret' in event && event.ret !== 0 && !context.test_removed,
    isBound: ({ context }) => context.bound,
    othersDriver: ({ context, event }) =>
      event.type === '__device_release_driver' && event.driver !== null && event.driver !== context.drv,
    deferred: ({ context }) => context.call === 'driver_probe_device' && Math.abs(context.ret) === EPROBE_DEFER && context.can_match,
  },
  actions: {
    begin: assign(({ context, event }) => ({
      caller: event.from,
      call: event.type,
      drv: 'driver' in event && event.driver !== null && !context.bound ? event.driver : context.drv,
      asked: 'driver' in event ? event.driver ?? '' : '',
      ret: 0, link_ret: 0, test_removed: false,
    })),
    fail: assign((_, { ret }: { ret: number }) => ({ ret })),
    keepError: assign({ ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    /** really_probe(): "ret = -ret", after -EAGAIN of the suppliers has turned it into -EPROBE_DEFER. */
    probeError: assign({
      ret: ({ context, event }) => (context.link_ret === -EAGAIN ? EPROBE_DEFER : 'ret' in event ? -event.ret : 0),
    }),
    /** pci_device_probe() takes a positive result as success, with a warning. */
    wrapped: assign({ ret: ({ context, event }) => ('ret' in event && (event.ret < 0 || context.bus.name !== 'pci') ? event.ret : 0) }),
    linkError: assign({ link_ret: ({ event }) => ('ret' in event ? event.ret : 0) }),
    canMatch: assign({ can_match: true }),
    /** A device that is not ready was never here in this life: what is known is of an earlier device of that name. */
    cannotMatch: assign({ can_match: false }),
    bind: assign({ bound: true, ret: 0 }),
    unbind: assign({ bound: false }),
    removedOnce: assign({ test_removed: true }),
    reply: call(({ caller }) => caller, ({ call: type, ret }) => ({ type: `${type}.ret`, ret })),
    idle: assign(({ context }) => ({ ...notBusy, link_ret: 0, test_removed: false, asked: '', drv: context.bound ? context.drv : '' })),
    held: say(() => ({ type: 'WARN_ON', why: 'device_lock is held by the thread that is in here' })),
    refuse: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: -EBUSY })),
    nothing: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: 0 })),
    true: call((_context, event) => event.from, (_context, event) => ({ type: `${event.type}.ret`, ret: 1 })),
    warn: say(() => ({ type: 'WARN_ON' })),
  },
}).createMachine({
  id: 'driver_binding',
  context: ({ input }) => ({
    ...notBusy, address: input.address, device: input.device, bus: plainBus(input.bus), drv: input.driver ?? '', asked: '',
    bound: input.driver != null, can_match: false, link_ret: 0, test_removed: false,
  }),
  initial: 'unbound',
  on: {
    // Reached only without device_lock: every other state is inside the call of the thread that holds it.
    driver_probe_device: { actions: ['held', 'refuse'] },
    __driver_probe_device: { actions: ['held', 'refuse'] },
    device_bind_driver: { actions: ['held', 'refuse'] },
    device_is_bound: { actions: ['held', 'nothing'] },
    __device_release_driver: { actions: ['held', 'refuse'] },
  },
  states: {
    unbound: {
      on: {
        driver_probe_device: { target: 'in_driver_probe_device', actions: 'begin' },
        __driver_probe_device: { target: '__driver_probe_device', actions: 'begin' },
        device_bind_driver: { target: 'device_bind_driver', actions: 'begin' },
        device_is_bound: { actions: 'nothing' },
        __device_release_driver: { actions: 'nothing', description: 'No driver: nothing at all.' },
      },
    },
    bound: {
      on: {
        driver_probe_device: { target: 'in_driver_probe_device', actions: 'begin' },
        __driver_probe_device: { target: '__driver_probe_device', actions: 'begin' },
        device_bind_driver: { actions: ['warn', 'refuse'], description: 'driver_bound() warns: already on a klist.' },
        device_is_bound: { actions: 'true' },
        __device_release_driver: [
          { guard: 'othersDriver', actions: 'nothing' },
          { target: '__device_release_driver', actions: 'begin' },
        ],
      },
    },

    in_driver_probe_device: {
      meta: { function: 'driver_probe_device' },
      entry: toDeferred('deferred_trigger_count'),
      on: { 'deferred_trigger_count.ret': '__driver_probe_device' },
    },

    __driver_probe_device: {
      meta: { function: '__driver_probe_device' },
      entry: says('__driver_probe_device', ({ asked }) => ({ driver: asked })),
      initial: 'in_gate',
      states: {
        in_gate: {
          description: 'dev->p->dead, dev->driver, ready_to_probe, all read under device_lock.',
          entry: call(({ device }) => deviceAt(device), () => ({ type: 'dev->p' })),
          on: {
            'dev->p.ret': [
              { guard: 'dead', target: '#returned', actions: fail(-ENODEV) },
              { guard: 'busy', target: '#returned', actions: fail(-EBUSY) },
              { guard: 'notReady', target: '#returned', actions: ['cannotMatch', fail(-EPROBE_DEFER)] },
              { target: 'really_probe', actions: 'canMatch' },
            ],
          },
        },
        really_probe: {
          meta: { function: 'really_probe' },
          entry: says('really_probe', cur),
          initial: 'in_defer_all_probes',
          states: {
            in_defer_all_probes: {
              meta: { step: '0' },
              entry: toDeferred('defer_all_probes'),
              on: {
                'defer_all_probes.ret': [
                  { guard: 'yes', target: '#done', actions: fail(-EPROBE_DEFER) },
                  { target: 'in_device_links_check_suppliers' },
                ],
              },
            },
            in_device_links_check_suppliers: {
              meta: { step: '1' },
              entry: ask('device_links_check_suppliers'),
              on: {
                'device_links_check_suppliers.ret': [
                  { guard: 'again', target: 'in_devres_head', actions: 'linkError' },
                  { guard: 'failed', target: '#done', actions: 'keepError' },
                  { target: 'in_devres_head' },
                ],
              },
            },
            in_devres_head: {
              meta: { step: '2' },
              description: 'Resources present before probing: nothing is undone, not even links.status.',
              entry: ask('devres_head'),
              on: {
                'devres_head.ret': [
                  { guard: 'failed', target: '#done', actions: fail(-EBUSY) },
                  { target: 're_probe' },
                ],
              },
            },
            re_probe: {
              meta: { step: '3' },
              description: 'dev->driver = drv. From here on an unlocked reader sees a driver that has claimed nothing.',
              entry: setDriver(false),
              on: { 'device_set_driver.ret': 'in_pinctrl_bind_pins' },
            },
            in_pinctrl_bind_pins: {
              meta: { step: '4' },
              entry: ask('pinctrl_bind_pins'),
              on: {
                'pinctrl_bind_pins.ret': [
                  { guard: 'failed', target: 'pinctrl_bind_failed', actions: 'keepError' },
                  { guard: 'hasDma', target: 'in_dma_configure' },
                  { target: 'in_driver_sysfs_add' },
                ],
              },
            },
            in_dma_configure: {
              meta: { step: '5' },
              entry: toDma('dma_configure'),
              on: {
                'dma_configure.ret': [
                  { guard: 'failed', target: 'pinctrl_bind_failed', actions: 'keepError' },
                  { target: 'in_driver_sysfs_add' },
                ],
              },
            },
            in_driver_sysfs_add: {
              meta: { step: '6' },
              entry: says('driver_sysfs_add', cur),
              initial: 'in_bus_notify',
              states: {
                in_bus_notify: { entry: notify('BUS_NOTIFY_BIND_DRIVER'), on: { 'bus_notify.ret': 'in_sysfs_create_link' } },
                in_sysfs_create_link: {
                  entry: ask('sysfs_create_link'),
                  on: {
                    'sysfs_create_link.ret': [
                      { guard: 'failed', target: '#sysfs_failed', actions: ['keepError', says('driver_sysfs_add.ret', retOf)] },
                      { target: '#in_activate' },
                    ],
                  },
                },
              },
            },
            in_activate: {
              id: 'in_activate',
              meta: { step: '7' },
              description: 'pm_domain->activate.',
              entry: ask('activate'),
              on: {
                'activate.ret': [
                  { guard: 'failed', target: 'probe_failed', actions: 'keepError' },
                  { target: 'in_probe' },
                ],
              },
            },
            in_probe: {
              meta: { step: '8', function: 'call_driver_probe' },
              entry: [wrapper('probe', ''), toDriver('probe')],
              on: {
                'probe.ret': [
                  { guard: 'probeFailed', target: 'probe_failed', actions: ['wrapped', wrapper('probe', '.ret'), 'probeError'] },
                  { target: 'in_device_add_groups', actions: ['wrapped', wrapper('probe', '.ret')] },
                ],
              },
            },
            in_device_add_groups: {
              meta: { step: '9' },
              entry: ask('device_add_groups'),
              on: {
                'device_add_groups.ret': [
                  { guard: 'failed', target: 'dev_groups_failed', actions: 'keepError' },
                  { target: 'in_state_synced' },
                ],
              },
            },
            in_state_synced: {
              meta: { step: '10' },
              description: 'The state_synced file, for a device that has sync_state.',
              entry: ask('state_synced'),
              on: {
                'state_synced.ret': [
                  { guard: 'failed', target: 'dev_sysfs_state_synced_failed', actions: 'keepError' },
                  { target: 'in_test_remove' },
                ],
              },
            },
            in_test_remove: {
              meta: { step: '11' },
              description: 'CONFIG_DEBUG_TEST_DRIVER_REMOVE and !drv->suppress_bind_attrs?',
              entry: ask('test_remove'),
              on: {
                'test_remove.ret': [
                  { guard: 'firstPass', target: 'test_remove', actions: 'removedOnce' },
                  { target: '#driver_bound' },
                ],
              },
            },
            test_remove: {
              description: 'Remove once, and probe again. No links, no notifiers, no uevents; dma_cleanup since f429378a9bf8.',
              initial: 'device_remove',
              states: {
                device_remove: {
                  entry: [wrapper('remove', ''), toDriver('remove')],
                  on: {
                    'remove.ret': [
                      { guard: 'hasDma', target: 'in_dma_cleanup', actions: [wrapper('remove', '.ret'), says('driver_sysfs_remove')] },
                      { target: 'device_unbind_cleanup', actions: [wrapper('remove', '.ret'), says('driver_sysfs_remove')] },
                    ],
                  },
                },
                in_dma_cleanup: { entry: toDma('dma_cleanup'), on: { 'dma_cleanup.ret': 'device_unbind_cleanup' } },
                device_unbind_cleanup: {
                  entry: [says('device_unbind_cleanup', cur), setDriver(true)],
                  on: { 'device_set_driver.ret': '#driver_binding.__driver_probe_device.really_probe.re_probe' },
                },
              },
            },

            // The labels. Each falls through to the next.
            dev_sysfs_state_synced_failed: {
              meta: { label: 'dev_sysfs_state_synced_failed' },
              always: 'dev_groups_failed',
            },
            dev_groups_failed: {
              meta: { label: 'dev_groups_failed' },
              description: 'device_remove(): the driver was probed, so it is removed.',
              entry: [wrapper('remove', ''), toDriver('remove')],
              on: { 'remove.ret': { target: 'probe_failed', actions: wrapper('remove', '.ret') } },
            },
            probe_failed: {
              meta: { label: 'probe_failed' },
              entry: says('driver_sysfs_remove'),
              always: 'sysfs_failed',
            },
            sysfs_failed: {
              id: 'sysfs_failed',
              meta: { label: 'sysfs_failed' },
              description: 'dev->driver is still set during both.',
              initial: 'in_bus_notify',
              states: {
                in_bus_notify: {
                  entry: notify('BUS_NOTIFY_DRIVER_NOT_BOUND'),
                  on: { 'bus_notify.ret': [{ guard: 'hasDma', target: 'in_dma_cleanup' }, { target: '#pinctrl_bind_failed' }] },
                },
                in_dma_cleanup: { entry: toDma('dma_cleanup'), on: { 'dma_cleanup.ret': '#pinctrl_bind_failed' } },
              },
            },
            pinctrl_bind_failed: {
              id: 'pinctrl_bind_failed',
              meta: { label: 'pinctrl_bind_failed' },
              description: 'device_links_no_driver(), device_unbind_cleanup(): devres, dma ops, dev->driver = NULL, dismiss.',
              entry: [says('device_links_no_driver'), says('device_unbind_cleanup', cur), setDriver(true)],
              on: { 'device_set_driver.ret': '#done' },
            },
            driver_bound: {
              id: 'driver_bound',
              meta: { step: '12', function: 'driver_bound' },
              entry: ['bind', says('driver_bound', cur)],
              initial: 'in_klist_add_tail',
              states: {
                in_klist_add_tail: {
                  entry: toDriver('klist_add_tail'),
                  on: { 'klist_add_tail.ret': { target: 'in_driver_deferred_probe_del', actions: says('device_links_driver_bound') } },
                },
                in_driver_deferred_probe_del: {
                  entry: toDeferred('driver_deferred_probe_del'),
                  on: { 'driver_deferred_probe_del.ret': 'in_driver_deferred_probe_trigger' },
                },
                in_driver_deferred_probe_trigger: {
                  entry: toDeferred('driver_deferred_probe_trigger'),
                  on: { 'driver_deferred_probe_trigger.ret': 'in_bus_notify' },
                },
                in_bus_notify: {
                  entry: notify('BUS_NOTIFY_BOUND_DRIVER'),
                  on: { 'bus_notify.ret': { target: '#done', actions: uevent('KOBJ_BIND') } },
                },
              },
            },
          },
        },
        done: {
          id: 'done',
          meta: { label: 'done' },
          entry: says('really_probe.ret', retOf),
          always: 'returned',
        },
        returned: {
          id: 'returned',
          entry: says('__driver_probe_device.ret', retOf),
          always: '#returning',
        },
      },
    },

    returning: {
      id: 'returning',
      description: 'driver_probe_device(): a deferred probe goes on the list; if a trigger came meanwhile, the list is kicked again.',
      initial: 'deciding',
      states: {
        deciding: { always: [{ guard: 'deferred', target: 'in_driver_deferred_probe_add' }, { target: '#answered' }] },
        in_driver_deferred_probe_add: {
          entry: toDeferred('driver_deferred_probe_add'),
          on: { 'driver_deferred_probe_add.ret': 'in_deferred_trigger_count' },
        },
        in_deferred_trigger_count: {
          entry: toDeferred('deferred_trigger_count'),
          on: { 'deferred_trigger_count.ret': [{ guard: 'yes', target: 'in_defer_all_probes' }, { target: '#answered' }] },
        },
        in_defer_all_probes: {
          entry: toDeferred('defer_all_probes'),
          on: { 'defer_all_probes.ret': [{ guard: 'yes', target: '#answered' }, { target: 'in_driver_deferred_probe_trigger' }] },
        },
        in_driver_deferred_probe_trigger: {
          entry: toDeferred('driver_deferred_probe_trigger'),
          on: { 'driver_deferred_probe_trigger.ret': '#answered' },
        },
      },
    },
    answered: {
      id: 'answered',
      entry: ['reply', 'idle'],
      always: [{ guard: 'isBound', target: 'bound' }, { target: 'unbound' }],
    },

    device_bind_driver: {
      meta: { function: 'device_bind_driver' },
      description: 'Manual bind: the caller stored dev->driver. No pinctrl, no dma_configure, no probe.',
      entry: says('driver_sysfs_add', cur),
      initial: 'in_bind_driver',
      states: {
        in_bind_driver: { entry: notify('BUS_NOTIFY_BIND_DRIVER'), on: { 'bus_notify.ret': 'in_sysfs_create_link' } },
        in_sysfs_create_link: {
          entry: ask('sysfs_create_link'),
          on: {
            'sysfs_create_link.ret': [
              { guard: 'failed', target: 'in_driver_not_bound', actions: 'keepError' },
              { target: 'driver_bound', actions: says('device_links_force_bind') },
            ],
          },
        },
        in_driver_not_bound: { entry: notify('BUS_NOTIFY_DRIVER_NOT_BOUND'), on: { 'bus_notify.ret': '#answered' } },
        driver_bound: {
          entry: ['bind', says('driver_bound', cur)],
          initial: 'in_klist_add_tail',
          states: {
            in_klist_add_tail: {
              entry: toDriver('klist_add_tail'),
              on: { 'klist_add_tail.ret': { target: 'in_driver_deferred_probe_del', actions: says('device_links_driver_bound') } },
            },
            in_driver_deferred_probe_del: {
              entry: toDeferred('driver_deferred_probe_del'),
              on: { 'driver_deferred_probe_del.ret': 'in_driver_deferred_probe_trigger' },
            },
            in_driver_deferred_probe_trigger: {
              entry: toDeferred('driver_deferred_probe_trigger'),
              on: { 'driver_deferred_probe_trigger.ret': 'in_bus_notify' },
            },
            in_bus_notify: {
              entry: notify('BUS_NOTIFY_BOUND_DRIVER'),
              on: { 'bus_notify.ret': { target: '#answered', actions: uevent('KOBJ_BIND') } },
            },
          },
        },
      },
    },

    __device_release_driver: {
      meta: { function: '__device_release_driver' },
      initial: 'in_unbind_driver',
      states: {
        in_unbind_driver: {
          meta: { step: '3, 4' },
          entry: [says('driver_sysfs_remove'), notify('BUS_NOTIFY_UNBIND_DRIVER')],
          on: { 'bus_notify.ret': 'device_remove' },
        },
        device_remove: {
          meta: { step: '6' },
          description: 'May block for as long as a user holds the device.',
          entry: [wrapper('remove', ''), toDriver('remove')],
          on: {
            'remove.ret': [
              { guard: 'hasDma', target: 'in_dma_cleanup', actions: wrapper('remove', '.ret') },
              { target: 'device_unbind_cleanup', actions: wrapper('remove', '.ret') },
            ],
          },
        },
        in_dma_cleanup: { meta: { step: '7' }, entry: toDma('dma_cleanup'), on: { 'dma_cleanup.ret': 'device_unbind_cleanup' } },
        device_unbind_cleanup: {
          meta: { step: '8' },
          description: 'devres first, then the links: 2e84dc379200.',
          entry: [says('device_unbind_cleanup', cur), setDriver(true)],
          on: { 'device_set_driver.ret': { target: 'in_klist_remove', actions: says('device_links_driver_cleanup') } },
        },
        in_klist_remove: {
          meta: { step: '9' },
          entry: toDriver('klist_remove'),
          on: { 'klist_remove.ret': { target: 'in_unbound_driver', actions: 'unbind' } },
        },
        in_unbound_driver: {
          meta: { step: '10, 11' },
          entry: notify('BUS_NOTIFY_UNBOUND_DRIVER'),
          on: { 'bus_notify.ret': { target: '#answered', actions: uevent('KOBJ_UNBIND') } },
        },
      },
    },
  },
});
