/** The charts of a model by name, each with a context that tells whom its actions call. */
import type { AnyStateMachine } from 'xstate';
import type { Model, Placement } from '../../../machines/model.ts';
import { models } from '../../../machines/models/index.ts';
import { Actor, Messages } from '../../world/locals.ts';
import { defaultTopology } from '../../world/topology.ts';
import { System } from '../../world/world.ts';

export interface NamedChart {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** Of an actor of a usual topology that runs it; empty where none does. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** Every chart of a model, in the order of the model: the kernel's objects first, then the entry points of threads. */
export function chartsOf(model: Model): NamedChart[] {
  const actors = new System(model, defaultTopology({ devices: 1, users: 1 })).actors;
  return [...namedIn(model)].map(([machine, name]) =>
    ({ name, machine, context: actors.find((actor) => actor.machine === machine)?.initial.context ?? contextOf(machine, `thread:${name}`) }));
}

function namedIn({ charts: { bus_dma, iommu_dma = {}, entry, ...objects } }: Model): ReadonlyMap<AnyStateMachine, string> {
  const found = new Map<AnyStateMachine, string>();
  const add = (name: string, machine: AnyStateMachine): void => {
    if (!found.has(machine)) found.set(machine, name);
  };
  for (const [name, machine] of Object.entries(objects as Record<string, AnyStateMachine | undefined>)) if (machine !== undefined) add(name, machine);
  for (const machine of [...Object.values(bus_dma), ...Object.values(iommu_dma)]) add(machine.id, machine);
  for (const [name, machine] of Object.entries(entry)) add(name, machine);
  return found;
}

/** The names of all charts of all models. */
export const chartNames = (): string[] => [...new Set(Object.values(models).flatMap((model) => [...namedIn(model).values()]))].sort();

/** The context with which a chart begins at an address of its own; empty for one that wants to know more. */
function contextOf(machine: AnyStateMachine, address: string): Readonly<Record<string, unknown>> {
  const placement: Placement = { address, chart: machine, input: { address, device: '0000:02:00.0', bus: 'pci' } };
  try {
    return new Actor(placement, () => undefined, new Messages(), { twice: false }).initial.context;
  } catch {
    return {};
  }
}
