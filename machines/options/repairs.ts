/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   a configuration is changed as plain data, whatever its type */
/**
 * What would put right a fault that no kernel has a fix for: the smallest change of a chart with which its property holds.
 *
 * Nobody has posted these. They show that the property is not broken for some other reason; whether they are wise is another question.
 */
import { bindingAt } from '../address.ts';
import { changed, stateAt, type Config } from '../changed.ts';
import { sends, type Here } from '../chart.ts';
import { device_attach } from '../device_attach.ts';
import { driver_binding } from '../driver_binding.ts';
import { unbind_store } from '../entry/unbind_store.ts';
import { EBUSY, EPROBE_DEFER } from '../kernel.ts';

interface Answered { readonly event: { readonly ret?: number } }
interface Probed { readonly context: { readonly call: string; readonly ret: number; readonly can_match: boolean } }
const { call } = sends<Here & { device: string; call: string; driver: string }, { type: string; from: string }>();

/** The release asks under device_lock whether the driver is still the one that was named. */
export const unbindsByName = changed(unbind_store, ({ states }: Config) => {
  states.in___device_release_driver.entry =
    call(({ device }) => bindingAt(device), (context) => ({ type: '__device_release_driver', driver: context.call === 'unbind_store' ? context.driver : null }));
});

/** A driver that is refused the group ends the scan as little as one whose probe fails. */
export const scansOn = changed(device_attach, ({ states }: Config) => {
  states.in_driver_probe_device.on['driver_probe_device.ret'].unshift({ guard: ({ event }: Answered) => event.ret === -EBUSY, target: 'in_klist_drivers_next' });
});

const deciding = (when: (probed: Probed) => boolean) => (config: Config): void => {
  stateAt(config, 'returning.deciding').always[0].guard = when;
};

/** A refusal goes on the list of deferred probes. (A trigger when the user releases the group would have to come with it.) */
export const refusalDefers = changed(driver_binding, deciding(({ context }) =>
  context.call === 'driver_probe_device' && [EPROBE_DEFER, EBUSY].includes(Math.abs(context.ret)) && context.can_match));

/** A probe that a writer of `bind` asked for is put on the list like any other. */
export const writersDefer = changed(driver_binding, deciding(({ context }) => Math.abs(context.ret) === EPROBE_DEFER && context.can_match));
