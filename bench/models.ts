/** What the benchmarks explore, with the counts that every contender has to reach. */
import type { Model } from '../machines/model.ts';
import { brokenModels } from '../machines/broken/index.ts';
import { models } from '../machines/models/index.ts';
import { propertiesFor } from '../machines/properties/index.ts';
import type { Property } from '../src/check/property.ts';
import { subjectOf, type Subject } from '../src/check/subject.ts';
import { defaultTopology, type DefaultTopology } from '../src/world/topology.ts';
import { System } from '../src/world/world.ts';

export interface Counts {
  readonly states: number;
  readonly transitions: number;
}

/** A model under a topology, made anew at each call, so that nothing is known of it yet. */
export interface Question {
  readonly name: string;
  readonly properties: readonly Property[];
  system(): System;
  subject(system?: System): Subject;
}

/** The same, with what a search without reductions has to count. */
export interface Counted extends Question {
  readonly counts: Counts;
}

interface Given extends Omit<DefaultTopology, 'answers'> {
  readonly model?: Model;
  /** How often each thread may begin. Default: again and again. */
  readonly times?: number;
  readonly together?: number;
  /** Only properties whose name has these words. */
  readonly only?: string;
}

const shipped = models['v6.12.y'] as Model;

export function question(name: string, { model = shipped, times, together, only = '', ...given }: Given): Question {
  const bare = defaultTopology(given);
  const topology = { ...bare, threads: bare.threads.map((thread) => ({ ...thread, times: times ?? null })) };
  const system = () => new System(model, topology);
  return {
    name, system, subject: (one = system()) => subjectOf(one, { together }),
    properties: propertiesFor(topology).filter((property) => property.name.includes(only)),
  };
}

const counted = (name: string, states: number, transitions: number, given: Given): Counted => ({ ...question(name, given), counts: { states, transitions } });

/** What `dma-ownership check` explores without arguments. */
export const usual = counted('usual topology', 762_172, 2_433_942, { devices: 3, users: 2, hotplug: false, times: 1, together: 2 });

/** Smaller by a device: for the reductions, which cost more by world than they save in time. */
export const medium = counted('usual topology with two devices', 334_710, 1_052_767, { devices: 2, users: 2, hotplug: false, times: 1, together: 2 });

/** Four devices, two users, a writer of bind and one of unbind, and no bound on calls at once; and the same with a chart that leaks a count. */
const four = { devices: 4, users: 2, module: false, hotplug: false, times: 1 } as const;
export const wide = counted('four devices, two users, bind and unbind', 233_896, 1_046_336, four);
export const leaking = counted('the same, where unuse ignores', 230_940, 1_036_456, { ...four, model: modelOf('unuse ignores').model });

/** Small enough for those that keep worlds as objects. */
export const small = counted('one device, one user, again and again', 44_060, 197_856, { devices: 1, users: 1, module: false, hotplug: false });

/** A model of machines/broken under the topology of `medium`, and the one property that it breaks. */
export function broken(name: string): Question {
  const { model, breaks } = modelOf(name);
  return question(name, { devices: 2, users: 2, hotplug: false, times: 1, together: 2, model, only: breaks });
}

function modelOf(name: string) {
  const found = brokenModels.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no broken model is called ${name}`);
  return found;
}
