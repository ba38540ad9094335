/** The options by which commands ask for a model and a topology, and what they come to. */
import { buses } from '../../machines/kernel.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { properties, propertiesFor } from '../../machines/properties/index.ts';
import type { Property } from '../../machines/properties/property.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { modelNamed } from '../world/models.ts';
import { nearest } from '../world/nearest.ts';
import { checkTopology, defaultTopology, parseTopology } from '../world/topology.ts';
import { System } from '../world/world.ts';
import { contentOf } from './file.ts';
import type { Program } from './program.ts';

export type AskedTopology = {
  readonly devices: number; readonly users: number; readonly bus: string; readonly hotplug?: true; readonly times?: number; readonly together?: number;
};
export type Asked = AskedTopology & { readonly model: string; readonly property?: string[] };

/** Adds the argument and the options. */
export function asking(command: Program): Program {
  return askingTopology(command)
    .option('--model <name>', `one of ${Object.keys(models).join(', ')}`, 'v6.12.y')
    .option('--property <words...>', 'only properties whose sentence has these words')
    .values({ '--model': Object.keys(models), '--property': properties.map(({ name }) => name) });
}

/** The same for commands that take their models otherwise; `usual`: how many devices and users there are without a file. */
export function askingTopology(command: Program, usual = { devices: 3, users: 2 }): Program {
  return command
    .argument('[topology]', 'a topology as JSON; without one, devices in one group, threads that bind and unbind, load and unload, and users')
    .option('--devices <n>', 'devices of the usual topology', count('--devices', 1, 64), usual.devices)
    .option('--users <n>', 'users of the usual topology', count('--users', 0, 64), usual.users)
    .option('--bus <name>', `bus of the usual topology: ${Object.keys(buses).join(', ')}`, bus, 'pci')
    .option('--hotplug', 'the usual topology also plugs and unplugs its devices: many more worlds')
    .option('--times <n>', 'how often each thread may begin a call; 0: again and again. Default: as the topology says, once in the usual one', count('--times'))
    .option('--together <n>', 'how many threads may be inside a call at once; 0: all. Default: all, 2 in the usual topology', count('--together'))
    .values({ topology: { files: ['json'] }, '--bus': Object.keys(buses) });
}

/**
 * The system that is asked for, the properties to judge and those that say nothing here, and how many threads may be inside a call at once.
 *
 * @throws {ModelError} `bad-topology`, `no-such-model`, `no-such-property`
 */
export function asked(file: string | undefined, options: Asked) {
  const model = modelNamed(options.model);
  const { topology, together } = topologyAsked(file, options, model);
  const applicable = propertiesFor(topology, model);
  return {
    model, topology, together, system: new System(model, topology, { twice: true }), properties: selected(applicable, options.property, model.name),
    notApplicable: properties.filter((property) => !applicable.includes(property)).map(({ name }) => name),
  };
}

/** The topology that is asked for, valid under each model, and how many threads may be inside a call at once. @throws {ModelError} `bad-topology` */
export function topologyAsked(file: string | undefined, options: AskedTopology, ...models: readonly [Model, ...Model[]]): { topology: Topology; together: number | undefined } {
  return { topology: topologyOf(file, options, models), together: (options.together ?? (file === undefined ? 2 : 0)) || undefined };
}

function topologyOf(file: string | undefined, { devices, users, bus, hotplug, times }: AskedTopology, models: readonly [Model, ...Model[]]): Topology {
  const topology = file === undefined ? defaultTopology({ devices, users, bus, hotplug: hotplug === true, models }) : parseTopology(parsed(file), file, models[0]);
  for (const model of models) checkTopology(topology, file ?? 'the usual topology', model);
  const bound = times ?? (file === undefined ? 1 : undefined);
  if (bound === undefined) return topology;
  return { ...topology, threads: topology.threads.map((thread) => ({ ...thread, times: bound === 0 ? null : bound })) };
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(contentOf(file).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ModelError('bad-topology', `this is not JSON: ${error.message}`, { at: file, accepted: 'a JSON document', usually: 'a file of another kind, or one that was cut off', cause: error });
    throw error;
  }
}

function selected(applicable: readonly Property[], words: readonly string[] | undefined, model: string): readonly Property[] {
  if (words === undefined) return applicable;
  return words.flatMap((word) => {
    const found = applicable.filter(({ name }) => name.includes(word));
    if (found.length > 0) return found;
    const elsewhere = properties.find(({ name }) => name.includes(word));
    throw new ModelError('no-such-property', elsewhere === undefined ? `no property says ${JSON.stringify(word)}` : `${JSON.stringify(elsewhere.name)} says nothing about this topology under ${model}`, {
      at: '--property', accepted: applicable.map(({ name }) => name),
      ...(elsewhere === undefined ? {} : { usually: 'a kernel or a topology without what the property is about', hint: 'take another model, or a topology in which it can happen' }),
    });
  }).filter((property, index, all) => all.indexOf(property) === index);
}

function bus(name: string): string {
  if (buses[name] !== undefined) return name;
  const near = nearest(name, Object.keys(buses));
  throw new ModelError('wrong-use', `there is no bus ${name}`, {
    at: '--bus', accepted: Object.keys(buses), usually: 'a slip', ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

export function count(option: string, least = 0, most = Number.MAX_SAFE_INTEGER) {
  return (given: string): number => {
    if (/^\d+$/.test(given) && Number(given) >= least && Number(given) <= most) return Number(given);
    throw new ModelError('wrong-use', `${option} ${given} is not such a number`, {
      at: option, accepted: most < Number.MAX_SAFE_INTEGER ? `${least} to ${most}` : least > 0 ? `a whole number from ${least}` : 'a whole number',
    });
  };
}

export function bytes(given: string): number {
  const match = /^(\d+)([KMG]?)$/.exec(given);
  if (match) return Number(match[1]) * 1024 ** ['', 'K', 'M', 'G'].indexOf(match[2] ?? '');
  throw new ModelError('wrong-use', `--memory ${given} is not a size`, { at: '--memory', accepted: ['2000000000', '500M', '2G'] });
}
