/** What a scenario says of things and calls, a line or the end of a line each: the inverse of `parse.ts`. */
import { nameOf } from '../../machines/address.ts';
import type { Plain, Said } from '../../machines/chart.ts';
import type { DeviceSpec, DriverSpec, Topology } from '../../machines/topology.ts';
import { parametersOf, wantsBus } from './commands.ts';

const onBus = (bus: string): string[] => (bus === 'pci' ? [] : [`bus ${bus}`]);
/** `device NAME ...` or `absent NAME ...`: what is as usual is left out. */
export function deviceLine({ name, bus, group, driver, present, driver_override, grouped }: DeviceSpec): string {
  return [
    present ? 'device' : 'absent', name, ...onBus(bus), ...(group === null ? [] : [`group ${group}`]), ...(driver === null ? [] : [`driver ${driver}`]),
    ...(driver_override === null ? [] : [`driver_override ${driver_override}`]), ...(grouped ? [] : ['ungrouped']),
  ].join(' ');
}
/** `driver NAME ...`: what is as usual is left out. */
export function driverLine({ name, bus, driver_managed_dma, async, vfio, registered, matches }: DriverSpec): string {
  return [
    'driver', name, ...onBus(bus), ...(matches.length === 0 ? [] : [`matches ${matches.join(' ')}`]), ...(driver_managed_dma ? ['driver_managed_dma'] : []), ...(vfio ? ['vfio'] : []),
    ...(async ? ['async'] : []), ...(registered ? [] : ['unregistered']),
  ].join(' ');
}

/** `option ...`: those that are not as usual. */
export const optionLines = ({ test_remove, drivers_autoprobe, detach_dev }: Topology['options']): string[] =>
  [...(test_remove ? ['option test_remove'] : []), ...(drivers_autoprobe ? [] : ['option no drivers_autoprobe']), ...(detach_dev ? [] : ['option no detach_dev'])];

/** The inverse of reading a call: arguments in their order, what has no place as `name=value`. */
export function callText(event: Said): string {
  const parameters = parametersOf(event.type) ?? [];
  const given: string[] = [];
  const { type, from: _from, ...others } = event as Said & Readonly<Record<string, Plain>>;
  const left = new Map(Object.entries(others).filter(([name]) => name !== 'bus' || !wantsBus(type)));
  for (const { name, kind: sort } of parameters) {
    const value = left.get(name);
    if (value === undefined || (sort === 'driver?' && value === null && name === parameters.at(-1)?.name)) {
      left.delete(name);
      break;
    }
    left.delete(name);
    given.push(sort.startsWith('group') || sort === 'word?' ? nameOf(word(value)) : word(value));
  }
  return [type, ...given, ...[...left].map(([name, value]) => `${name}=${word(value).replace(/^group:/, '')}`)].join(' ');
}

const word = (value: Plain): string => (value === null ? 'NULL' : typeof value === 'string' ? value : JSON.stringify(value));
