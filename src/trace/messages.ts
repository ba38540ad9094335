/**
 * What really_probe() and its neighbours print at a step of driver_binding, for a log that was written with dynamic debug.
 *
 * Kernel v6.1.y and v6.12.y, drivers/base/dd.c: __driver_probe_device, really_probe, call_driver_probe, driver_bound. Left out: the
 * lists of deferred devices, which nobody knows at the beginning of a log.
 */
import { kindOf } from '../../machines/address.ts';
import type { Address, Message, Plain } from '../../machines/chart.ts';
import { EPROBE_DEFER } from '../../machines/kernel.ts';
import type { Move } from '../world/locals.ts';

/** Messages of the delivery of `event`: `matched`, `probing`, `probe` (the driver's own failure), `driver_bound`, `bound`. */
export function* messagesOf(address: Address, event: Message, { next, out }: Move): Generator<Readonly<Record<string, Plain>>> {
  if (kindOf(address) !== 'binding') return;
  const { device, drv, bus } = next.context as { readonly device: string; readonly drv: string; readonly bus: { readonly name: string } };
  const ret = Number(event['ret'] ?? 0);
  const says = (type: string) => out.find((output) => output.kind === 'said' && output.said.type === type);
  const about = (message: string) => ({ message, device, driver: drv });
  if (event.type === 'dev->p.ret' && says('really_probe') !== undefined) yield about('matched');
  if (event.type === 'device_links_check_suppliers.ret' && ret !== -EPROBE_DEFER) yield about('probing');
  // pci_device_probe() takes a positive result as success.
  if (event.type === 'probe.ret' && (ret < 0 || (ret > 0 && bus.name !== 'pci'))) yield { ...about('probe'), ret };
  if (says('driver_bound') !== undefined) yield about('driver_bound');
  const done = says('really_probe.ret');
  if (done?.kind === 'said' && done.said['ret'] === 0) yield about('bound');
}
