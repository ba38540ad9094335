/** `dma-ownership check [TOPOLOGY.json]`: visits every world that a topology can reach, and decides every property. */
import type { Model } from '../../machines/model.ts';
import type { Property } from '../../machines/properties/property.ts';
import type { Topology } from '../../machines/topology.ts';
import { neverEntered, type Untaken } from '../check/coverage.ts';
import { explore, type Outcome, type Progress, type Report } from '../check/explore.ts';
import { exploreAsNeeded } from '../check/needed.ts';
import { replay, tell } from '../check/replay.ts';
import { keepRun } from '../log/runs/recorder.ts';
import { simulate, type SimulationReport } from '../check/simulate.ts';
import { subjectOf } from '../check/subject.ts';
import type { Fact, System } from '../world/world.ts';
import { asked, asking, bytes, count, type Asked } from './asked.ts';
import { ModelError } from '../errors.ts';
import { exit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { by, keeping, remarkKept, withStore, type Kept } from './store.ts';

type Options = Asked & Kept & {
  readonly limit?: number; readonly memory?: number; readonly workers: number; readonly localStates?: number; readonly lossy?: 'compact' | 'bitstate'; readonly checkpoint?: string; readonly checkpointEvery: number; readonly resume?: string; readonly explain?: true; readonly coverage?: true;
  readonly reduce: keyof typeof searches; readonly symmetry: boolean; readonly partialOrder: boolean; readonly simulate?: number; readonly seed: number; readonly schedule: 'uniform' | 'pct'; readonly depth: number; readonly walk: number;
};

/** What `--reduce` may say. Visiting every world is faster than finding out which need no visit, as long as all fit. */
const searches = {
  needed: exploreAsNeeded,
  always: explore,
  never: (subject, properties, options) => explore(subject, properties, { ...options, symmetry: false, partialOrder: false }),
} as const satisfies Record<string, typeof explore>;

export function register(program: Program): void {
  keeping(asking(program.command('check')))
    .description('visit every world that a topology can reach, and decide every property')
    .option('--limit <states>', 'stop after so many worlds', count('--limit', 1))
    .option('--memory <bytes>', 'memory for worlds, as 2000000000, 500M or 2G. Default 4G', bytes)
    .option('--workers <n>', 'threads that search together where partial order is off', count('--workers', 1), 1)
    .option('--local-states <n>', 'local states that one actor may have before a chart is said to grow without bound. Default 16384', count('--local-states', 1))
    .option('--lossy <mode>', 'remember worlds by a hash only, compact or bitstate: more fit, some may be left out, nothing is said to hold', lossy)
    .option('--checkpoint <file>', 'keep what is known in this file, now and then and when stopped')
    .option('--checkpoint-every <seconds>', 'seconds between two checkpoints', count('--checkpoint-every'), 30)
    .option('--resume <file>', 'go on from this checkpoint; everything else as in the first run, but --limit and --memory')
    .option('--explain', 'say what each reduction saved, and how large a world is')
    .option('--coverage', 'list the transitions and answers that no world used, and what never came')
    .option('--reduce <when>', 'leave out what makes no difference: needed, that is partial order only when memory does not hold the worlds; always; or never', reduce, 'needed' as const)
    .option('--no-symmetry', 'keep worlds apart that differ by the names of interchangeable actors')
    .option('--no-partial-order', 'visit every order of independent steps')
    .option('--simulate <walks>', 'random walks instead of every world: finds, and never proves', count('--simulate', 1))
    .option('--schedule <name>', 'with --simulate: uniform, or pct: by priorities that change --depth times less one', schedule, 'uniform' as const)
    .option('--depth <n>', 'with --schedule pct: how many steps have to come in the right order', count('--depth', 1, 100), 3)
    .option('--walk <n>', 'with --simulate: begin with this walk; --simulate 1 --walk 7 takes walk 7 again', count('--walk'), 0)
    .option('--seed <n>', 'with --simulate: the same seed gives the same walks', count('--seed'), 1)
    .values({ '--lossy': ['compact', 'bitstate'], '--checkpoint': { files: [] }, '--resume': { files: [] }, '--reduce': Object.keys(searches), '--schedule': ['uniform', 'pct'] })
    .ends({
      holds: 'every property holds, in every world', violation: 'a property is broken', badInput: 'the topology, the checkpoint or the name of a property is not valid',
      inconclusive: 'nothing is broken among what was sampled (--simulate, --lossy)', limit: '--limit or --memory came first, and something is unknown', interrupted: 'stopped, with what was decided so far',
    })
    .examples([
      ['check', 'the usual topology: three devices in one group, two users'],
      ['check --devices 1 --users 1 --model v6.1.y', 'a smaller one, under another kernel'],
      ['check topology.json --property "released"', 'one of your own, one property'],
      ['check --devices 1 --limit 1000', 'stops early, and says what is unknown'],
      ['check --hotplug --simulate 50 --seed 7', 'random walks where there are too many worlds'],
      ['check --devices 1 --users 1 --coverage', 'what of the charts no world used'],
    ])
    .does(check);
}

async function check(out: Output, file: string | undefined, options: Options): Promise<Exit> {
  const { model, topology, properties, notApplicable, system, together } = asked(file, options);
  const signal = out.interruption();
  if (options.simulate !== undefined) {
    const subject = subjectOf(system, { together });
    const { simulate: walks, seed, schedule, depth, walk: first } = options;
    return simulated(out, system, model.name, await simulate(system, subject, properties, { walks, seed, schedule, depth, first, signal }), options, signal.aborted);
  }
  const report = await searches[options.reduce](subjectOf(system, { together }), properties, {
    limit: options.limit, memory: options.memory, workers: options.workers, locals: options.localStates, symmetry: options.symmetry, partialOrder: options.partialOrder, lossy: options.lossy, signal,
    ...(options.checkpoint === undefined ? {} : { checkpoint: { file: options.checkpoint, every: options.checkpointEvery } }), resume: options.resume,
    onProgress: (progress) => out.progress(progressLine(progress)),
  });
  out.progress('');
  const told = new Map(report.properties.map((outcome) => [outcome, facts(system, outcome)]));
  const kept = options.log === undefined ? undefined : await keep(out, options.log, system, told, options);
  out.result({
    schema: 'dma-ownership/check@1', model: model.name, topology, states: report.states, transitions: report.transitions, depth: report.depth,
    complete: report.complete, bounds: { together: together ?? null, limit: options.limit ?? null }, ...(report.stopped ? { stopped: report.stopped } : {}), ...(kept === undefined ? {} : { kept }), seconds: round(report.seconds),
    ...(report.lossy === undefined ? {} : { lossy: report.lossy }), ...(report.resumed === undefined ? {} : { resumed: report.resumed }), ...(report.checkpoint === undefined ? {} : { checkpoint: { file: options.checkpoint, ...report.checkpoint } }),
    properties: report.properties.map((outcome) => ({
      name: outcome.name, kind: outcome.kind, verdict: outcome.verdict,
      path: (told.get(outcome) ?? []).map(({ from, to, event }) => ({ from, to, event })),
      ...(outcome.way ? { shortest: outcome.shortest === true } : {}),
      ...(outcome.way?.loop ? { loop: outcome.way.loop.map(({ to, event }) => ({ from: event.from, to, event })) } : {}),
    })),
    notApplicable,
    ...(options.explain ? { explain: report.explain } : {}),
    ...(options.coverage ? { coverage: report.coverage } : {}),
  }, () => text(report, model, topology, properties, told, { ...options, ...(together === undefined ? {} : { together }), notApplicable }, out));
  return exitOf(report);
}

/** Exit code 1 for a violation; else 4, because walks decide nothing. */
function simulated(out: Output, system: System, model: string, { walks, steps, samples }: SimulationReport, { seed, schedule, depth }: Options, interrupted: boolean): Exit {
  const told = samples.map((sample) => ({ ...sample, path: sample.steps === undefined ? [] : replay(system, sample.steps).facts }));
  out.result({
    schema: 'dma-ownership/check@1', model, complete: false, simulated: { walks, steps, seed, schedule, ...(schedule === 'pct' ? { depth } : {}) },
    properties: told.map(({ name, verdict, walk, walked, steps: shrunk, path }) => ({
      name, verdict, ...(walk === undefined ? {} : { walk, walked, shrunk: shrunk?.length }), path: path.map(({ from, to, event }) => ({ from, to, event })),
    })),
  }, () => [
    ...told.flatMap(({ name, verdict, walk, walked, steps: shrunk, path }) => [
      `${out.paint(verdict === 'broken' ? 'red' : 'yellow', verdict.padEnd(8))} ${name}`,
      ...(walk === undefined ? [] : [`         walk ${walk} of seed ${seed}, ${walked} steps, shrunk to ${shrunk?.length}:`, ...tell(path).map((line) => `           ${line}`)]),
    ]),
    '', `${grouped(walks)} walks, ${grouped(steps)} steps: what is not broken was only sampled.`,
  ].join('\n'));
  if (samples.some(({ verdict }) => verdict === 'broken')) return exit.violation;
  return interrupted ? exit.interrupted : exit.inconclusive;
}

function exitOf({ properties, stopped }: Report): Exit {
  if (properties.some(({ kind, verdict }) => kind !== 'sometimes' && verdict === 'broken')) return exit.violation;
  if (stopped === 'interrupted') return exit.interrupted;
  if (stopped !== undefined && properties.some(({ verdict }) => verdict === 'unknown')) return exit.limit;
  if (properties.some(({ verdict }) => verdict === 'sampled')) return exit.inconclusive;
  return properties.some(({ verdict }) => verdict === 'broken') ? exit.violation : exit.holds;
}

/** What a broken property shows; a `sometimes` that is found shows nothing, it only has to be there. */
function facts(system: System, { kind, verdict, way }: Outcome): Fact[] {
  if (way === undefined || (kind === 'sometimes' && verdict === 'holds')) return [];
  return replay(system, way.steps).facts;
}

/** Stores the way to each broken property as a run. */
const keep = (out: Output, log: string | true, system: System, told: ReadonlyMap<Outcome, Fact[]>, options: Options) =>
  withStore(log, 'write', async (store) => {
    const ids: string[] = [];
    for (const [{ name }, way] of told) if (way.length > 0) ids.push(await keepRun(store, system, way, 'broken', { what: `check: ${name}`, by: by() }));
    remarkKept(out, ids, store);
    return { store: store.name, runs: ids };
  }, options);

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** In the words of TLC, which people who run checkers know. */
const progressLine = ({ generated, distinct, queue, depth, seconds, bytes }: Progress): string =>
  `Progress(${depth}) ${Math.round(seconds)} s: ${grouped(generated)} states generated (${grouped(Math.round(generated / seconds))} s/s), ` +
  `${grouped(distinct)} distinct states found, ${grouped(queue)} states left on queue, ${mebibytes(bytes)}.`;

function text(
  report: Report, model: Model, topology: Topology, properties: readonly Property[], told: ReadonlyMap<Outcome, Fact[]>, options: Options & { readonly notApplicable: readonly string[] }, out: Output,
): string {
  const colours = { holds: 'green', broken: 'red', unknown: 'yellow', sampled: 'yellow' } as const;
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
        `         ${outcome.way === undefined ? 'a way was found, and left out when it was looked for again' : `${outcome.way.steps.length} steps`}${outcome.shortest ? ', and no way is shorter' : ''}:`,
        ...tell(path).map((one) => `           ${one}`),
        ...(outcome.way?.loop ? ['         and then for ever:', ...outcome.way.loop.map(({ to, event }) => `           ${event.from} -> ${to} ${event.type}`)] : []),
      ];
    }),
    '',
    `${grouped(report.states)} worlds, ${grouped(report.transitions)} steps, depth ${report.depth}, ${report.seconds.toFixed(1)} s: ${ended(report)}`,
    ...(report.resumed === undefined ? [] : [`resumed with ${grouped(report.resumed)} worlds of ${options.resume}`]),
    ...(report.checkpoint === undefined ? [] : [kept(report.checkpoint, options.checkpoint as string, report.complete)]),
    ...(options.explain ? [...explained(report), ...options.notApplicable.map((name) => `not applicable under ${model.name} in this topology: ${name}`)] : []),
    ...(options.coverage ? covered(report) : []),
  ].join('\n');
}

function kept({ worlds, lost }: NonNullable<Report['checkpoint']>, file: string, complete: boolean): string {
  if (lost !== undefined) return `${file} could not be written (${lost}); what it has are ${grouped(worlds)} worlds of this run`;
  return complete ? `${file} has ${grouped(worlds)} worlds and is needed no longer` : `${file} has ${grouped(worlds)} worlds; go on with --resume ${file}`;
}

function ended({ stopped, explain, lossy }: Report): string {
  if (stopped === 'limit') return 'stopped by --limit, so what is not broken is unknown.';
  if (stopped === 'memory') return 'stopped for lack of memory, so what is not broken is unknown.';
  if (stopped === 'interrupted') return 'interrupted, so what is not broken is unknown.';
  if (lossy !== undefined) return `remembered by a hash (${lossy.mode}): a given world was left out with a probability of at most ${lossy.omission.toPrecision(2)}, so what is not broken was only sampled.`;
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

function covered({ coverage: { transitions, taken, dead, notMet, answers } }: Report): string[] {
  const place = ({ chart, state }: Untaken) => [chart, state].filter((part) => part !== '').join('.');
  const line = (one: Untaken) =>
    `  ${place(one)}  ${one.event || 'always'}, branch ${one.branch}${one.guard === undefined ? '' : ` [${one.guard}]`}: ${one.why}`;
  const lines = (all: readonly Untaken[]) => {
    const closed = all.filter(({ why }) => why === neverEntered).map(place);
    return [
      ...all.filter(({ why }) => why !== neverEntered).map(line),
      ...[...new Set(closed)].map((state) => `  ${state}: ${neverEntered} (${closed.filter((one) => one === state).length} transitions)`),
    ];
  };
  const calls = [...new Set(answers.map(({ call }) => call))];
  return [
    '', `${grouped(taken)} of ${grouped(transitions)} transitions of the charts were taken; ${dead.length} are dead in this topology, ${notMet.length} were not met.`,
    ...(dead.length > 0 ? ['dead:', ...lines(dead)] : []),
    ...(notMet.length > 0 ? ['not met:', ...lines(notMet)] : []),
    ...(answers.length > 0 ? ['answers that nobody ever got:', ...calls.map((call) => `  ${call}: ${answers.filter((one) => one.call === call).map(({ ret }) => ret).join(', ')}`)] : []),
  ];
}

function described({ devices, threads }: Topology): string {
  const often = [...new Set(threads.map(({ times }) => times))];
  const times = often.length === 1 ? (often[0] === null ? 'each again and again' : `at most ${often[0] === 1 ? 'once' : `${often[0]} times`} each`) : 'some a bounded number of times';
  return `${devices.length} devices; threads ${threads.map(({ name }) => name).join(', ')}, ${times}`;
}

function schedule(given: string): 'uniform' | 'pct' {
  if (given === 'uniform' || given === 'pct') return given;
  throw new ModelError('wrong-use', `there is no schedule ${given}`, { at: '--schedule', accepted: ['uniform', 'pct'] });
}

function reduce(given: string): keyof typeof searches {
  if (given in searches) return given as keyof typeof searches;
  throw new ModelError('wrong-use', `there is no time ${given} to reduce`, { at: '--reduce', accepted: Object.keys(searches) });
}

function lossy(given: string): 'compact' | 'bitstate' {
  if (given === 'compact' || given === 'bitstate') return given;
  throw new ModelError('wrong-use', `there is no lossy mode ${given}`, { at: '--lossy', accepted: ['compact', 'bitstate'] });
}
