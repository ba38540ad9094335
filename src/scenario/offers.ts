/** Calls that a thread may begin where its topology lists none: each command of its entry point, with everybody it can name. */
import { groupAt } from '../../machines/address.ts';
import type { Plain, Said } from '../../machines/chart.ts';
import type { ThreadSpec, Topology } from '../../machines/topology.ts';
import { isAnswer, type Choice, type System, type World } from '../world/world.ts';
import { commandsOf, parametersOf, wantsBus, type Parameter } from './commands.ts';

/** Calls of one thread; a machine with many devices has more than anybody reads. */
const most = 24;

/**
 * What idle threads without listed calls may begin in a world: scenarios list none. Together with `System.choices` that is
 * everything that may come next.
 */
export function offered(system: System, world: World, choices: readonly Choice[]): Choice[] {
  const [first] = choices;
  if (first !== undefined && first.kind !== 'start' && isAnswer((world.flight[first.index] ?? first).event)) return [];
  return system.topology.threads.filter(({ calls }) => calls.length === 0).flatMap((thread) => {
    const to = `thread:${thread.name}`;
    if (system.local(world, to).value !== 'idle' || world.flight.some((flight) => flight.to === to || flight.event.from === to)) return [];
    return callsOf(system, thread).map((call) => system.start(to, call));
  });
}

function callsOf({ model, topology }: System, { entry }: ThreadSpec): Said[] {
  const commands = [...commandsOf(model)].filter(([, entries]) => entries.includes(entry)).map(([command]) => command);
  return commands.flatMap((command) => filled(topology, command)).slice(0, most);
}

/** A command with every argument that it must have. */
function filled(topology: Topology, command: string): Said[] {
  let calls: Said[] = [{ type: command }];
  for (const { name, kind } of parametersOf(command) ?? []) {
    if (kind === 'driver?') calls = calls.flatMap((call) => [null, ...topology.drivers.map((driver) => driver.name)].map((value) => ({ ...call, [name]: value })));
    else if (!kind.endsWith('?')) calls = calls.flatMap((call) => named(topology, kind, call).map((value) => ({ ...call, [name]: value })));
  }
  return wantsBus(command) ? calls.map((call) => ({ ...call, bus: busOf(topology, call) })) : calls;
}

function named({ devices, drivers }: Topology, kind: Parameter['kind'], { driver }: Said): Plain[] {
  switch (kind) {
    case 'bus': return [...new Set(devices.map(({ bus }) => bus))];
    case 'driver': return drivers.map(({ name }) => name);
    case 'group': return [...new Set(devices.flatMap(({ group }) => (group === null ? [] : [groupAt(group)])))];
    default: return devices.filter(({ bus }) => driver === undefined || drivers.some((one) => one.name === driver && one.bus === bus)).map(({ name }) => name);
  }
}

const busOf = ({ devices, drivers }: Topology, { device, driver }: Said): string => [...devices, ...drivers].find(({ name }) => name === (device ?? driver))?.bus ?? 'pci';
