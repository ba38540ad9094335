/**
 * Rounds of a race: a few tasks, each with what it does, made at random from programs that meet in one group.
 *
 * A round begins and ends with everything unbound and nothing open, and a claim alone at its end that fails if a count was
 * left behind. The same seed gives the same rounds.
 */
import { generator } from '../check/random.ts';

/** One operation of `labctl`. */
export type Op = string;

export interface Racer {
  /** What it is about, for people. */
  readonly name: string;
  readonly ops: readonly Op[];
  /** Turns of an empty loop before each operation. */
  readonly delays: readonly number[];
}

export interface Round {
  readonly number: number;
  readonly before: readonly Op[];
  readonly racers: readonly Racer[];
  readonly after: readonly Op[];
  readonly hotplug: boolean;
}

export interface Field {
  /** Number of the group, its device that VFIO has, and two that ordinary drivers bind. */
  readonly group: number;
  readonly user: string;
  readonly siblings: readonly [string, string];
}

/** The card with three functions. */
export const card: Field = { group: 8, user: '0000:02:00.1', siblings: ['0000:02:00.2', '0000:02:00.0'] };

const pci = '/sys/bus/pci';
const ordinary = 'uio_pci_generic';
export const write = (path: string, value: string): Op => `write ${path} ${value}`;
const override = (device: string, driver: string) => write(`${pci}/devices/${device}/driver_override`, driver);
const bind = (device: string, driver: string) => write(`${pci}/drivers/${driver}/bind`, device);
const unbind = (device: string, driver: string) => write(`${pci}/drivers/${driver}/unbind`, device);
const probe = (device: string) => write(`${pci}/drivers_probe`, device);

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Programs by what they do; each gives its operations anew. */
const programs = {
  user: ({ group, user }: Field, random: Random): Op[] => {
    const open = ['copen:c', `gopen:g:${group}`, 'setc:g:c'];
    const deeper = pick(random, [[], ['setiommu:c:1'], ['setiommu:c:1', `dev:d:g:${user}`, 'close:d'], ['unsetc:g', 'setc:g:c']]);
    return [...open, ...deeper, ...pick(random, [['close:g', 'close:c'], ['close:c', 'close:g']])];
  },
  sibling: ({ siblings: [device] }: Field, random: Random): Op[] =>
    pick(random, [[bind(device, ordinary), unbind(device, ordinary)], [probe(device), unbind(device, ordinary), bind(device, ordinary)], [bind(device, ordinary), probe(device)]]),
  other: ({ siblings: [, device] }: Field, random: Random): Op[] => pick(random, [[bind(device, ordinary), unbind(device, ordinary)], [probe(device)]]),
  holder: ({ user }: Field, random: Random): Op[] =>
    pick(random, [[unbind(user, 'vfio-pci'), bind(user, 'vfio-pci')], [unbind(user, 'vfio-pci'), override(user, ordinary), probe(user), unbind(user, ordinary), override(user, 'vfio-pci'), probe(user)]]),
  plug: ({ siblings: [device] }: Field): Op[] => [write(`${pci}/devices/${device}/remove`, '1'), write(`${pci}/rescan`, '1')],
} as const;

type ProgramName = keyof typeof programs;

/** Who meets whom. The user is in every race: ownership is what is looked at. */
const meetings: readonly (readonly ProgramName[])[] = [
  ['user', 'sibling'], ['user', 'sibling', 'other'], ['user', 'holder'], ['user', 'holder', 'sibling'], ['user', 'user', 'sibling'],
  ['user', 'plug'], ['user', 'plug', 'other'], ['user', 'plug', 'sibling'],
];

/**
 * Rounds 0 to `count` of a seed.
 *
 * @param hotplug whether devices may be pulled out and found again while others work on their group
 */
export function roundsOf(count: number, seed: number, { field = card, hotplug = true }: { field?: Field; hotplug?: boolean } = {}): Round[] {
  const random = generator(seed);
  const open = meetings.filter((names) => hotplug || !names.includes('plug'));
  return Array.from({ length: count }, (_, number) => {
    const names = pick(random, open);
    const racers = names.map((name): Racer => {
      const ops = programs[name](field, random);
      // The first waits longest: the others then begin anywhere within what it does.
      return { name, ops, delays: ops.map((_op, at) => Math.floor(random() ** 2 * (at === 0 ? 60_000 : 6_000))) };
    });
    return { number, racers, before: beginning(field), after: ending(field), hotplug: names.includes('plug') };
  });
}

const all = ({ user, siblings }: Field) => [user, ...siblings];

const beginning = (field: Field): Op[] => [override(field.user, 'vfio-pci'), probe(field.user), ...field.siblings.map((device) => override(device, ordinary))];

/** Binds each device to an ordinary driver once, so that the recording shows which group it is in before anybody pulls it out. */
export const introduction = (field: Field = card): Op[] =>
  all(field).flatMap((device) => [override(device, ordinary), bind(device, ordinary), unbind(device, ordinary)]);

/** Unbound, whoever is bound, and a claim that fails where a count was left behind. */
const ending = (field: Field): Op[] => [
  ...field.siblings.map((device) => write(`${pci}/devices/${device}/driver/unbind`, device)),
  override(field.user, 'vfio-pci'), probe(field.user),
  'copen:c', `gopen:g:${field.group}`, 'setc:g:c', 'close:g', 'close:c',
  ...all(field).map((device) => write(`${pci}/devices/${device}/driver/unbind`, device)),
];

/** The file that `labctl rounds` reads. */
export const textOf = (rounds: readonly Round[]): string => [...introduction(), ''].join('\n') + rounds.map(({ number, before, racers, after }) => [
  `round ${number}`, ...before,
  ...racers.flatMap(({ ops, delays }, thread) => ops.map((op, at) => `| ${thread} ${delays[at] ?? 0} ${op}`)),
  'end', ...after, ''].join('\n')).join('\n');
