/** A generated suite as something that this machine can be made to do: who plays which role, and the file that `labctl plan` reads. */
import { ModelError } from '../errors.ts';
import type { Operation, Suite, SuiteTest } from '../testgen/suite.ts';
import type { Op } from './races.ts';

/** What plays the roles of a suite. */
export interface Cast {
  /** Address by role. */
  readonly devices: Readonly<Record<string, string>>;
  /** Number of the machine's group by group of the topology. */
  readonly groups: Readonly<Record<number, number>>;
  /** How many functions the card has: as many as its group has roles. */
  readonly functions: number;
}

/** Devices that are alone in their group and have no driver of their own, with its number. */
const alone: readonly (readonly [device: string, group: number])[] = [['0000:00:05.0', 4], ['0000:00:06.0', 5], ['0000:00:07.0', 6]];
/** Group of the card, which has as many functions as are wanted. */
const card = 8;
const behindBridge = ['0000:01:01.0', '0000:01:02.0', '0000:01:03.0', '0000:01:04.0'];

/** Drivers that a guest has: a suite names them as sysfs does. */
const drivers = ['uio_pci_generic', 'vfio-pci', 'pci-stub', 'told', 'told_managed'];

/**
 * Who plays whom: devices that are alone in their group are played by such devices, the largest group by the card, which has a
 * function for each.
 *
 * @throws {ModelError} `bad-suite`: the machine has not enough groups, or a driver that no guest has
 */
export function castOf(suite: Suite, name: string): Cast {
  const wrong = (what: string, accepted: string[]) => new ModelError('bad-suite', what, { at: name, accepted });
  const foreign = Object.keys(suite.drivers).filter((driver) => !drivers.includes(driver));
  if (foreign.length > 0) throw wrong(`no guest has the driver ${foreign.join(', ')}`, drivers);
  const byGroup = new Map<number, string[]>();
  for (const [role, { group }] of Object.entries(suite.devices)) {
    if (group === null) throw wrong(`${role} has no IOMMU group`, ['devices with a group: all of the machine\'s have one']);
    byGroup.set(group, [...(byGroup.get(group) ?? []), role]);
  }
  const groups = [...byGroup].sort(([, a], [, b]) => b.length - a.length);
  const places: Place[] = [{ number: card, devices: Array.from({ length: 8 }, (_, at) => `0000:02:00.${at}`) }, { number: 1, devices: behindBridge }];
  const single = alone.map(([device, number]): Place => ({ number, devices: [device] }));
  const devices: Record<string, string> = {};
  const numbers: Record<number, number> = {};
  for (const [group, roles] of groups) {
    const place = (roles.length > 1 ? places : single).shift();
    if (place === undefined || place.devices.length < roles.length)
      throw wrong('the machine has not so many devices', ['three devices alone in a group, a group of up to eight, another of up to four']);
    numbers[group] = place.number;
    for (const [at, role] of roles.entries()) devices[role] = place.devices[at] as string;
  }
  const largest = groups[0]?.[1].length ?? 1;
  return { devices, groups: numbers, functions: largest > 1 ? largest : 1 };
}

interface Place {
  readonly number: number;
  readonly devices: readonly string[];
}

const pci = '/sys/bus/pci';

/** `{A}`, `{bus A}` and `{group 1}` replaced by whoever plays them. */
export const filled = (text: string, { devices, groups }: Cast): string =>
  text.replaceAll(/\{(?:group (\d+)|bus ([^}]+)|([^}]+))\}/g, (whole, group: string | undefined, on: string | undefined, role: string | undefined) =>
    String((group !== undefined ? groups[Number(group)] : on !== undefined ? devices[on]?.replace(/:[^:]*$/, '') : devices[role ?? '']) ?? whole));

/** An operation in the words of `labctl`. */
export function opOf(operation: Operation, cast: Cast): Op {
  switch (operation.kind) {
    case 'write': return `write ${filled(operation.path, cast)} ${filled(operation.value, cast)}`;
    case 'read': return `read ${filled(operation.path, cast)}`;
    case 'module': return `${operation.action} ${operation.module}`;
    case 'file': return [operation.op, ...operation.args.map((arg) => filled(arg, cast))].join(':');
  }
}

/** Operations that `labctl` has. */
const known = new Set(['copen', 'gopen', 'gstatus', 'setc', 'unsetc', 'setiommu', 'dev', 'close']);

/** Why a test cannot be run here; undefined where it can. */
export const cannot = (test: SuiteTest, builtIn: readonly string[] = []): string | undefined => {
  const fixed = test.steps.find(({ do: operation }) => operation.kind === 'module' && builtIn.includes(operation.module));
  if (fixed?.do.kind === 'module') return `${fixed.do.module} is no module of this kernel`;
  const foreign = test.steps.find(({ do: operation }) => operation.kind === 'file' && !known.has(operation.op));
  return foreign?.do.kind === 'file' ? `Debian's kernels have no iommufd (${foreign.do.op})` : undefined;
};

/** Brings a machine to the initial world of the suite: devices there and unbound, nothing open, drivers loaded that shall be. */
const preparation = (suite: Suite, cast: Cast, builtIn: readonly string[]): Op[] => [
  'fresh', `write ${pci}/rescan 1`,
  ...Object.values(cast.devices).flatMap((device) => [`write ${pci}/devices/${device}/driver/unbind ${device}`, `write ${pci}/devices/${device}/driver_override `]),
  ...Object.values(suite.drivers).filter(({ module }) => !builtIn.includes(module)).map(({ module, loaded }) => `${loaded ? 'load' : 'unload'} ${module}`),
];

/** Each device bound once to an ordinary driver, so that the recording shows which group it is in; it is left as it was found. */
export const introduction = (cast: Cast): Op[] => Object.values(cast.devices).flatMap((device) => [
  `write ${pci}/devices/${device}/driver_override uio_pci_generic`, `write ${pci}/drivers/uio_pci_generic/bind ${device}`, `write ${pci}/drivers/uio_pci_generic/unbind ${device}`,
  `write ${pci}/devices/${device}/driver_override `]);

/** The file that `labctl plan` reads. Tests that cannot be run here are left out. */
export function planOf(suite: Suite, cast: Cast, builtIn: readonly string[] = []): string {
  const tests = suite.tests.flatMap((test, number) => (cannot(test, builtIn) !== undefined ? [] : [
    ...preparation(suite, cast, builtIn), `test ${number} ${test.name}`,
    ...test.steps.map(({ by, call, do: operation, expect, ends }, at) => `step ${number}.${at} ${by} ${ends.length} ${'waits' in expect ? 1 : 0} ${call} | ${opOf(operation, cast)}`),
  ]));
  return `${[...introduction(cast), ...tests, ...preparation(suite, cast, builtIn)].join('\n')}\n`;
}
