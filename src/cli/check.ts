/** `dma-ownership check [TOPOLOGY.json]`: visits every world that a topology can reach, and decides every property. */
import { readFileSync } from 'node:fs';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import type { Property } from '../../machines/properties/property.ts';
import type { Topology } from '../../machines/topology.ts';
import { explore, type Outcome, type Progress, type Report } from '../check/explore.ts';
import { replay, tell } from '../check/replay.ts';
import { simulate, type SimulationReport } from '../check/simulate.ts';
import { subjectOf } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { nearest } from '../world/nearest.ts';
import { checkTopology, defaultTopology, parseTopology } from '../world/topology.ts';
import { System, type Fact } from '../world/world.ts';
import { exit, type Exit } from './exit.ts';
import { interruption } from './interrupt.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Options = {
  readonly model: string; readonly devices: number; readonly users: number; readonly bus: string; readonly hotplug?: true; readonly times?: number; readonly together?: number;
  readonly limit?: number; readonly memory?: number; readonly property?: string[]; readonly explain?: true;
  readonly symmetry: boolean; readonly partialOrder: boolean; readonly simulate?: number; readonly seed: number;
};

export function register(program: Program): void {
  program
    .command('check')
    .description('visit every world that a topology can reach, and decide every property')
    .argument('[topology]', 'a topology as JSON; without one, devices in one group, threads that bind and unbind, load and unload, and users')
    .option('--model <name>', `one of ${Object.keys(models).join(', ')}`, 'v6.12.y')
    .option('--devices <n>', 'devices of the usual topology', count('--devices', 1, 64), 3)
    .option('--users <n>', 'users of the usual topology', count('--users', 0, 64), 2)
    .option('--bus <name>', 'bus of the usual topology', 'pci')
    .option('--hotplug', 'the usual topology also plugs and unplugs its devices: many more worlds')
    .option('--times <n>', 'how often each thread may begin a call; 0: again and again. Default: as the topology says, once in the usual one', count('--times'))
    .option('--together <n>', 'how many threads may be inside a call at once; 0: all. Default: all, 2 in the usual topology', count('--together'))
    .option('--limit <states>', 'stop after so many worlds', count('--limit', 1))
    .option('--memory <bytes>', 'memory for worlds, as 2000000000, 500M or 2G. Default 4G', bytes)
    .option('--property <words...>', 'only properties whose sentence has these words')
    .option('--explain', 'say what each reduction saved, and how large a world is')
    .option('--no-symmetry', 'keep worlds apart that differ by the names of interchangeable actors')
    .option('--no-partial-order', 'visit every order of independent steps')
    .option('--simulate <walks>', 'random walks instead of every world: finds, and never proves', count('--simulate', 1))
    .option('--seed <n>', 'with --simulate: the same seed gives the same walks', count('--seed'), 1)
    .does(check);
}

async function check(out: Output, file: string | undefined, options: Options): Promise<Exit> {
  const model = modelNamed(options.model);
  const topology = topologyOf(file, options, model);
  const properties = selected(propertiesFor(topology), options.property);
  const system = new System(model, topology);
  const signal = interruption();
  const together = (options.together ?? (file === undefined ? 2 : 0)) || undefined;
  if (options.simulate !== undefined) {
    const subject = subjectOf(system, { together });
    return simulated(out, system, model.name, await simulate(system, subject, properties, { walks: options.simulate, seed: options.seed, signal }), options.seed);
  }
  const report = await explore(subjectOf(system, { together }), properties, {
    limit: options.limit, memory: options.memory, symmetry: options.symmetry, partialOrder: options.partialOrder, signal,
    onProgress: (progress) => out.progress(progressLine(progress)),
  });
  out.progress('');
  const told = new Map(report.properties.map((outcome) => [outcome, facts(system, outcome)]));
  out.result({
    schema: 'dma-ownership/check@1', model: model.name, topology, states: report.states, transitions: report.transitions, depth: report.depth,
    complete: report.complete, bounds: { together: together ?? null, limit: options.limit ?? null }, ...(report.stopped ? { stopped: report.stopped } : {}), seconds: round(report.seconds),
    properties: report.properties.map((outcome) => ({
      name: outcome.name, kind: outcome.kind, verdict: outcome.verdict,
      path: (told.get(outcome) ?? []).map(({ from, to, event }) => ({ from, to, event })),
      ...(outcome.way ? { shortest: outcome.shortest === true } : {}),
      ...(outcome.way?.loop ? { loop: outcome.way.loop.map(({ to, event }) => ({ from: event.from, to, event })) } : {}),
    })),
    ...(options.explain ? { explain: report.explain } : {}),
  } as { schema: string }, () => text(report, model, topology, properties, told, { ...options, ...(together === undefined ? {} : { together }) }, out));
  return exitOf(report);
}

/** Exit code 1 for a violation; else 5, because walks decide nothing. */
function simulated(out: Output, system: System, model: string, { walks, steps, samples }: SimulationReport, seed: number): Exit {
  const told = samples.map((sample) => ({ ...sample, path: sample.steps === undefined ? [] : replay(system, sample.steps).facts }));
  out.result({
    schema: 'dma-ownership/check@1', model, complete: false, simulated: { walks, steps, seed },
    properties: told.map(({ name, verdict, walk, path }) => ({ name, verdict, ...(walk === undefined ? {} : { walk }), path: path.map(({ from, to, event }) => ({ from, to, event })) })),
  } as { schema: string }, () => [
    ...told.flatMap(({ name, verdict, walk, path }) => [
      `${out.paint(verdict === 'broken' ? 'red' : 'yellow', verdict.padEnd(8))} ${name}`,
      ...(walk === undefined ? [] : [`         walk ${walk} of seed ${seed}:`, ...tell(path).map((line) => `           ${line}`)]),
    ]),
    '', `${grouped(walks)} walks, ${grouped(steps)} steps: what is not broken was only sampled.`,
  ].join('\n'));
  return samples.some(({ verdict }) => verdict === 'broken') ? exit.violation : exit.limit;
}

function exitOf({ properties, stopped }: Report): Exit {
  if (properties.some(({ kind, verdict }) => kind !== 'sometimes' && verdict === 'broken')) return exit.violation;
  if (stopped === 'interrupted') return exit.interrupted;
  if (stopped !== undefined && properties.some(({ verdict }) => verdict === 'unknown')) return exit.limit;
  return properties.some(({ verdict }) => verdict === 'broken') ? exit.violation : exit.holds;
}

/** What a broken property shows; a `sometimes` that is found shows nothing, it only has to be there. */
function facts(system: System, { kind, verdict, way }: Outcome): Fact[] {
  if (way === undefined || (kind === 'sometimes' && verdict === 'holds')) return [];
  return replay(system, way.steps).facts;
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** In the words of TLC, which people who run checkers know. */
const progressLine = ({ generated, distinct, queue, depth, seconds, bytes }: Progress): string =>
  `Progress(${depth}) ${Math.round(seconds)} s: ${grouped(generated)} states generated (${grouped(Math.round(generated / seconds))} s/s), ` +
  `${grouped(distinct)} distinct states found, ${grouped(queue)} states left on queue, ${mebibytes(bytes)}.`;

function text(
  report: Report, model: Model, topology: Topology, properties: readonly Property[], told: ReadonlyMap<Outcome, Fact[]>, options: Options, out: Output,
): string {
  const colours = { holds: 'green', broken: 'red', unknown: 'yellow' } as const;
  const verdict = (outcome: Outcome) => out.paint(colours[outcome.verdict], outcome.verdict.padEnd(8));
  const why = (name: string) => properties.find((one) => one.name === name);
  return [
    `${model.name}: ${described(topology)}${options.together === undefined ? '' : `, at most ${options.together} calls at once`}`,
    '',
    ...report.properties.flatMap((outcome) => {
      const line = `${verdict(outcome)} ${outcome.kind.padEnd(10)} ${outcome.name}`;
      const path = told.get(outcome) ?? [];
      if (outcome.verdict !== 'broken' || outcome.kind === 'sometimes') return [line];
      const { why: reason, commit } = why(outcome.name) ?? {};
      return [
        line, `         ${reason}${commit ? ` (${commit})` : ''}`,
        `         ${outcome.way?.steps.length} steps${outcome.shortest ? ', and no way is shorter' : ''}:`,
        ...tell(path).map((one) => `           ${one}`),
        ...(outcome.way?.loop ? ['         and then for ever:', ...outcome.way.loop.map(({ to, event }) => `           ${event.from} -> ${to} ${event.type}`)] : []),
      ];
    }),
    '',
    `${grouped(report.states)} worlds, ${grouped(report.transitions)} steps, depth ${report.depth}, ${report.seconds.toFixed(1)} s: ${ended(report)}`,
    ...(options.explain ? explained(report) : []),
  ].join('\n');
}

function ended({ stopped, explain }: Report): string {
  if (stopped === 'limit') return 'stopped by --limit, so what is not broken is unknown.';
  if (stopped === 'memory') return 'stopped for lack of memory, so what is not broken is unknown.';
  if (stopped === 'interrupted') return 'interrupted, so what is not broken is unknown.';
  return explain.partialOrder.on || explain.symmetry.on ? 'complete; every other world is like one of these.' : 'complete.';
}

function explained({ explain: { partialOrder, symmetry, moves, nodes, bits, bytes }, states, transitions }: Report): string[] {
  return [
    partialOrder.on
      ? `partial order: ${grouped(partialOrder.narrowed)} of ${grouped(transitions)} steps lay in rows that one thread walks alone, and were not kept; ${partialOrder.rounds} rounds to learn who sends what`
      : 'partial order: off',
    symmetry.on ? `symmetry: ${symmetry.orbits.map((orbit) => orbit.join(' = ')).join('; ')}` : `symmetry: off (${symmetry.why ?? 'nothing to swap'})`,
    `a world is ${bits} bits and took ${(bytes / states).toFixed(1)} bytes; charts were asked for ${grouped(moves)} local moves, ${grouped(nodes)} local states`,
  ];
}

function described({ devices, threads }: Topology): string {
  const often = [...new Set(threads.map(({ times }) => times))];
  const times = often.length === 1 ? (often[0] === null ? 'each again and again' : `at most ${often[0] === 1 ? 'once' : `${often[0]} times`} each`) : 'some a bounded number of times';
  return `${devices.length} devices; threads ${threads.map(({ name }) => name).join(', ')}, ${times}`;
}

function topologyOf(file: string | undefined, { devices, users, bus, hotplug, times }: Options, model: Model): Topology {
  const topology = file === undefined ? defaultTopology({ devices, users, bus, hotplug: hotplug === true }) : parseTopology(parsed(file), file, model);
  checkTopology(topology, file ?? 'the usual topology', model);
  const bound = times ?? (file === undefined ? 1 : undefined);
  if (bound === undefined) return topology;
  return { ...topology, threads: topology.threads.map((thread) => ({ ...thread, times: bound === 0 ? null : bound })) };
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new ModelError('bad-topology', `this is not JSON: ${error.message}`, { at: file, accepted: 'a JSON document', usually: 'a file of another kind, or one that was cut off', cause: error });
    throw error instanceof Error && 'code' in error ? Object.assign(error, { path: file }) : error; // EISDIR comes without its path
  }
}

function modelNamed(name: string): Model {
  const model = models[name];
  if (model !== undefined) return model;
  const near = nearest(name, Object.keys(models));
  throw new ModelError('no-such-model', `there is no model ${name}`, {
    accepted: Object.keys(models), ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

function selected(properties: readonly Property[], words: readonly string[] | undefined): readonly Property[] {
  if (words === undefined) return properties;
  return words.flatMap((word) => {
    const found = properties.filter(({ name }) => name.includes(word));
    if (found.length > 0) return found;
    throw new ModelError('no-such-property', `no property says ${JSON.stringify(word)}`, { at: '--property', accepted: properties.map(({ name }) => name) });
  }).filter((property, index, all) => all.indexOf(property) === index);
}

function count(option: string, least = 0, most = Number.MAX_SAFE_INTEGER) {
  return (given: string): number => {
    if (/^\d+$/.test(given) && Number(given) >= least && Number(given) <= most) return Number(given);
    throw new ModelError('wrong-use', `${option} ${given} is not such a number`, {
      at: option, accepted: most < Number.MAX_SAFE_INTEGER ? `${least} to ${most}` : least > 0 ? `a whole number from ${least}` : 'a whole number',
    });
  };
}

function bytes(given: string): number {
  const match = /^(\d+)([KMG]?)$/.exec(given);
  if (match) return Number(match[1]) * 1024 ** ['', 'K', 'M', 'G'].indexOf(match[2] ?? '');
  throw new ModelError('wrong-use', `--memory ${given} is not a size`, { at: '--memory', accepted: ['2000000000', '500M', '2G'] });
}
