/** Worlds to look at. The explorer of src/check does this well; this one does it plainly. */
import { environment } from '../../machines/address.ts';
import { environment_table, draws } from '../../machines/environment.ts';
import type { Model } from '../../machines/model.ts';
import type { ThreadSpec, Topology } from '../../machines/topology.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System, type Choice, type Step, type SystemOptions, type World } from '../../src/world/world.ts';

/** Numbers from 0 to below `n`, the same for the same seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export interface Walk extends SystemOptions {
  readonly seed: number;
  readonly steps: number;
  /** One choice in so many may fail. Default 4. */
  readonly trouble?: number;
  /** Begins anew after so many steps. Default: never. */
  readonly restart?: number;
}

/** A random walk: looks at every world and every step on the way, and gives the system with the local states it found. */
export function walk(model: Model, topology: Topology, { seed, steps, trouble = 4, restart = Infinity, ...options }: Walk, look: (world: World, system: System) => void = () => undefined, taken: (step: Step) => void = () => undefined): System {
  const system = new System(model, topology, options);
  const roll = dice(seed);
  let world = system.initial();
  for (let step = 0; step < steps; step++) {
    look(world, system);
    const choices = system.choices(world);
    // What nobody has done yet comes first, every other time: states are then met that luck alone seldom finds.
    const unseen = roll(2) === 0 ? choices.filter(({ to, event }) => system.has(to) && !system.local(world, to).moves.has(event)) : [];
    const choice = pick(unseen.length === 0 ? choices : unseen, roll, trouble);
    if (choice === undefined || step % restart === restart - 1) {
      world = system.initial();
      continue;
    }
    const next = system.step(world, choice);
    taken(next);
    world = next.world;
  }
  return system;
}

/** Any choice; but for one time in `trouble`, one that does not fail, so that a walk gets somewhere. */
export function pick(choices: readonly Choice[], roll: (n: number) => number, trouble = 4): Choice | undefined {
  const failing = ({ event }: Choice) => event.from === environment && Number(event['ret'] ?? 0) < 0 || Number(event['attach'] ?? 0) < 0;
  const calm = roll(trouble) === 0 ? [] : choices.filter((choice) => !failing(choice));
  const among = calm.length === 0 ? choices : calm;
  return among[roll(among.length)];
}

/** Every answer a kernel may give; functions in `usual` keep their usual ones. */
export function everyAnswer(usual: readonly string[] = []): Topology['answers'] {
  return Object.fromEntries([
    ...Object.entries(environment_table).map(([function_, row]) => [function_, row] as const),
    ...Object.entries(draws).map(([call, row]) => [`${call}.attach`, row] as const),
  ].filter(([function_]) => !usual.includes(function_)).map(([function_, row]) => [function_, row.possible]));
}

/** A topology where everything can happen: two drivers (one asynchronous), every entry point, every answer but one that ends in a deadlock up to 5.19. */
export function wildTopology(bus: string, model: Model, answers: Topology['answers'] = everyAnswer(['async_schedule_dev'])): Topology {
  const base = defaultTopology({ devices: 2, users: 2, bus, managed: true, answers, models: [model] });
  const devices = base.devices.map(({ name }) => name);
  const pairs = devices.flatMap((device) => ['e1000e', 'igb'].map((driver) => ({ device, driver })));
  const thread = (entry: string, calls: ThreadSpec['calls']): ThreadSpec => ({ name: entry, entry, calls, times: null });
  return {
    ...base,
    devices: base.devices.map((device, index) => ({ ...device, driver: index === 0 ? 'e1000e' : null })),
    drivers: [...base.drivers, { name: 'igb', bus, driver_managed_dma: false, async: true, vfio: false, registered: false, matches: ['*'] }],
    threads: [
      ...base.threads.map((thread) => (thread.entry.startsWith('driver_')
        ? { ...thread, calls: [...thread.calls, { type: thread.entry, driver: 'igb', bus }] } : thread)),
      thread('driver_override_store', devices.flatMap((device) => [null, 'igb'].map((driver_override) => ({ type: 'driver_override_store', device, driver_override })))),
      thread('drivers_probe_store', devices.flatMap((device) => ['drivers_probe_store', 'device_initial_probe'].map((type) => ({ type, device })))),
      thread('device_bind_driver', pairs.map((pair) => ({ type: 'device_bind_driver', ...pair }))),
      ...['bus_iommu_probe', 'reset_store'].filter((entry) => entry in model.charts.entry)
        .map((entry) => thread(entry, devices.map((device) => ({ type: entry, device })))),
      thread('iommu_device_register', [{ type: 'iommu_device_register', bus }]),
      ...('group_store_type' in model.charts.entry ? [thread('group_store_type', [{ type: 'group_store_type', group: 'group:8' }])] : []),
    ],
  };
}
