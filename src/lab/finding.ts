/** A crash of the guest: the round it happened in, made as short as a few boots allow, and told as a scenario. */
import { runJob, type Run, type RunOptions } from './boot.ts';
import type { Kernel } from './folder.ts';
import { card, type Op, type Racer, type Round } from './races.ts';
import { raceJob } from './racing.ts';

export interface Finding {
  readonly round: number;
  /** What the kernel said first. */
  readonly crash: string;
  /** Folder of the run that found it, with trace, log and dmesg as far as the console had them. */
  readonly folder: string;
  /** The round, as short as it was made. */
  readonly racers: readonly Racer[];
  /** How often each racer's operations were repeated for the kernel to crash. */
  readonly repeats: number;
  readonly boots: number;
  /** The same as a scenario of ours: who calls what. The order in which they meet is not in it. */
  readonly scenario: string;
}

/** Repetitions of a round that is tried again: a race is not met every time. */
const repeats = 40;

/** Shrinks by leaving racers and operations out, as long as the kernel still crashes and boots are left. */
export async function minimal(kernel: Kernel, round: Round, found: Run, options: Omit<RunOptions, 'to'> & { readonly to: string; readonly boots: number }): Promise<Finding> {
  let boots = 0;
  const crashes = async (racers: readonly Racer[]): Promise<string | undefined> => {
    boots++;
    const again = Array.from({ length: repeats }, (_, number) => ({ ...round, number, racers: racers.map((racer) => ({ ...racer, delays: racer.delays.map((delay, at) => (at === 0 ? (delay * (number % 8)) / 4 : delay)).map(Math.floor) })) }));
    const run = await runJob(kernel, raceJob(again), { ...options, tries: 1, limit: 90 });
    return run.ended === 'crashed' ? run.crash ?? 'a crash' : undefined;
  };
  let racers: readonly Racer[] = round.racers;
  let crash = found.crash ?? 'a crash';
  let isRepeated = false;
  for (const smaller of candidates(round.racers)) {
    if (boots >= options.boots || options.signal?.aborted === true) break;
    const left = apply(racers, smaller);
    if (left === null) continue;
    const again = await crashes(left);
    if (again === undefined) continue;
    racers = left;
    crash = again;
    isRepeated = true;
  }
  return { round: round.number, crash, folder: found.folder, racers, repeats: isRepeated ? repeats : 1, boots, scenario: scenarioOf(racers, `Found by a race; the kernel ${kernel.name} says: ${crash}`) };
}

type Omission = { readonly racer: number; readonly ops?: readonly [from: number, to: number] };

/** Whole racers first, then the ends of what each does. */
const candidates = (racers: readonly Racer[]): Omission[] => [
  ...(racers.length > 2 ? racers.map((_, racer) => ({ racer })) : []),
  ...racers.flatMap(({ ops }, racer) => (ops.length > 2 ? [{ racer, ops: [Math.ceil(ops.length / 2), ops.length] as const }, { racer, ops: [ops.length - 1, ops.length] as const }] : [])),
];

/** Racers without what is to be left out; null where that would leave nobody to race with. */
function apply(racers: readonly Racer[], { racer, ops }: Omission): readonly Racer[] | null {
  const one = racers[racer];
  if (one === undefined || one.ops.length === 0) return null;
  // A racer that is left out keeps its place, so that the others keep their numbers.
  const [from, to] = ops ?? [0, one.ops.length];
  const left = { ...one, ops: one.ops.filter((_, at) => at < from || at >= to), delays: one.delays.filter((_, at) => at < from || at >= to) };
  const next = racers.map((other, at) => (at === racer ? left : other));
  return next.filter(({ ops: rest }) => rest.length > 0).length < 2 ? null : next;
}

/** What an operation is in a scenario; undefined for what no thread calls there. */
export function callOf(op: Op): string | undefined {
  const [, path = '', value = ''] = /^write (\S+) ?(.*)$/.exec(op) ?? [];
  const [, driver, verb] = /\/drivers\/([^/]+)\/(bind|unbind)$/.exec(path) ?? [];
  const [, device = '', file] = /\/devices\/([^/]+)\/(driver_override|remove)$/.exec(path) ?? [];
  if (verb !== undefined) return `${verb}_store ${driver} ${value}`;
  if (file === 'driver_override') return `driver_override_store ${device} ${value}`.trimEnd();
  if (file === 'remove') return `pci_stop_and_remove_bus_device ${device}`;
  if (path.endsWith('/drivers_probe')) return `drivers_probe_store ${value}`;
  if (path.endsWith('/rescan')) return `pci_scan_single_device ${card.siblings[0]}`;
  const [verb2 = '', slot = '', ...rest] = op.split(':');
  switch (verb2) {
    case 'copen': return 'container_open';
    case 'gopen': return `group_open ${rest.join(':')}`;
    case 'setc': return 'group_set_container';
    case 'unsetc': return 'group_unset_container';
    case 'setiommu': return 'set_iommu';
    case 'dev': return `group_get_device_fd ${rest.slice(1).join(':')}`;
    case 'close': return slot === 'c' ? 'container_close' : slot === 'g' ? 'group_close' : `device_close ${card.user}`;
    default: return undefined;
  }
}

/** A scenario in which the racers' calls are made one racer after the other. */
export function scenarioOf(racers: readonly Racer[], why: string): string {
  const taken = racers.filter(({ ops }) => ops.length > 0);
  const kind = ({ ops }: Racer) => (ops.some((op) => !op.startsWith('write ')) ? 'user' : 'thread');
  const names = taken.map((racer, at) => `${racer.name}${at + 1}`);
  const devices = [card.user, ...card.siblings];
  return [
    `# ${why}`, '# Expect: sometimes, where these run at once on two processors.', '# Models: v6.1.y v6.12.y',
    ...devices.map((device) => `device ${device} group ${card.group}${device === card.user ? ' driver vfio-pci driver_override vfio-pci' : ' driver_override uio_pci_generic'}`),
    'driver vfio-pci driver_managed_dma vfio', 'driver uio_pci_generic', ...taken.map((racer, at) => `${kind(racer)} ${names[at]}`), '',
    ...taken.flatMap((racer, at) => racer.ops.flatMap((op) => {
      const call = callOf(op);
      return call === undefined ? [] : [`call ${names[at]} ${call}`];
    })), '',
  ].join('\n');
}
