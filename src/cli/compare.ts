/** `dma-ownership compare MODEL MODEL [TOPOLOGY.json]`: are two models the same to an observer? If not, a shortest run that only one has. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { models as all } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { observers, type Observer } from '../../machines/observable.ts';
import { replay, tell } from '../check/replay.ts';
import { subjectOf } from '../check/subject.ts';
import { compare, type Comparison } from '../compare/compare.ts';
import { ModelError } from '../errors.ts';
import { autOf } from '../export/aut.ts';
import { modelNamed } from '../world/models.ts';
import { nearest } from '../world/nearest.ts';
import { System, type Fact } from '../world/world.ts';
import { askingTopology, bytes, count, topologyAsked, type AskedTopology } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Options = AskedTopology & { readonly observer: string; readonly limit: number; readonly memory?: number; readonly aut?: string; readonly all?: true };

export function register(program: Program): void {
  askingTopology(program.command('compare').argument('<model>', 'a model').argument('<other>', 'another'))
    .description('are two models the same to an observer? If not: a shortest run that only one of them has')
    .option('--observer <name>', `who looks: ${Object.keys(observers).join(', ')}; or two of them with a comma, one for each side`, 'kernel')
    .option('--limit <states>', 'visit so many worlds of each side at most, and so many pairs of sets of them', count('--limit', 1), 1_000_000)
    .option('--memory <bytes>', 'memory for the worlds of each side, as 2000000000, 500M or 2G. Default 2G', bytes)
    .option('--all', 'where they differ, every step of a shortest way that shows it')
    .option('--aut <dir>', 'write what was compared there, as <model>.aut: for ltscompare of mCRL2 (--tau=i), CADP and LTSmin')
    .values({ model: Object.keys(all), other: Object.keys(all), '--observer': { commas: Object.keys(observers) }, '--aut': 'folders' })
    .ends({ holds: 'the same to this observer', violation: 'not the same', badInput: 'the topology is not valid', limit: 'a limit came first', interrupted: 'stopped before an answer' })
    .examples([
      ['compare v6.5 v6.6 --devices 1', 'do these kernels differ at all?'],
      ['compare v6.5 v6.6 test-remove.json --all', 'where test_remove is on, with every step'],
      ['compare v6.1.y notifier-walk --devices 2 --users 1 --observer user-any-errno', 'a design that was never merged, to a user'],
      ['compare v6-posting v6-posting --devices 1 --observer cleanups,notices', 'does it tell user space of every clean-up?'],
    ])
    .does(compared);
}

async function compared(out: Output, name: string, other: string, file: string | undefined, options: Options): Promise<Exit> {
  const models = [modelNamed(name), modelNamed(other)] as const;
  const { topology, together } = topologyAsked(file, options, ...models);
  const eyes = observersNamed(options.observer);
  if (options.aut !== undefined) folder(options.aut);
  const systems = models.map((model) => new System(model, topology, { twice: true }));
  const [left, right] = systems.map((system) => subjectOf(system, { together })) as [ReturnType<typeof subjectOf>, ReturnType<typeof subjectOf>];
  const signal = out.interruption();
  const comparison = await compare(left, right, eyes, {
    limit: options.limit, memory: options.memory, signal, onProgress: (side, worlds) => out.progress(`${models[side]?.name}: ${worlds} worlds`),
  });
  out.progress('');
  const files = options.aut === undefined ? [] : written(options.aut, models, comparison);
  const facts = comparison.answer === 'differ' ? replay(systems[comparison.parting.side === 'left' ? 0 : 1] as System, comparison.parting.way).facts : [];
  out.result({
    schema: 'dma-ownership/compare@1', models: [name, other], topology, bounds: { together: together ?? null, limit: options.limit }, observer: options.observer, answer: comparison.answer,
    ...('by' in comparison ? { by: comparison.by } : {}), ...('why' in comparison ? { why: comparison.why } : {}),
    sides: comparison.sides.map(({ worlds, steps, complete, lts, classes }) => ({ worlds, steps, complete, ...(lts === undefined ? {} : { states: lts.states, classes }) })),
    ...(comparison.answer === 'differ' ? { run: comparison.parting.run, left: comparison.parting.left, right: comparison.parting.right, side: comparison.parting.side, then: comparison.parting.then } : {}),
    ...(comparison.answer === 'same-traces' ? { hesitation: comparison.hesitation ?? null } : {}),
    path: facts.map(({ from, to, event }) => ({ from, to, event })), aut: files,
  }, () => text(models, comparison, facts, options, out, files));
  if (comparison.answer === 'same') return exit.holds;
  if (comparison.answer === 'unknown') return comparison.why === 'interrupted' ? exit.interrupted : exit.limit;
  return exit.violation;
}

function observersNamed(given: string): readonly [Observer, Observer] {
  const names = given.split(',');
  const found = names.map((name) => observers[name]);
  const wrong = names.find((_, at) => found[at] === undefined);
  if (wrong === undefined && names.length <= 2) return [found[0], found[1] ?? found[0]] as [Observer, Observer];
  const near = wrong === undefined ? undefined : nearest(wrong, Object.keys(observers));
  throw new ModelError('wrong-use', wrong === undefined ? `${names.length} observers for two sides` : `there is no observer ${wrong}`, {
    at: '--observer', accepted: Object.keys(observers), usually: 'a slip', ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** Made when it is not there, and refused before the work begins when it cannot be. */
function folder(path: string): void {
  if (existsSync(path) && !statSync(path).isDirectory()) throw new ModelError('wrong-use', `${path} is a file`, { at: '--aut', accepted: 'a folder, there or not' });
  mkdirSync(path, { recursive: true });
}

function written(path: string, models: readonly Model[], { sides, labels }: Comparison): string[] {
  return sides.flatMap(({ lts }, index) => {
    if (lts === undefined) return [];
    const { name } = models[index] as Model;
    const file = join(path, `${models[0]?.name === models[1]?.name ? `${name}-${index + 1}` : name}.aut`);
    replaceFile(file, autOf(lts, labels.names));
    return [file];
  });
}

function text(models: readonly [Model, Model], comparison: Comparison, facts: readonly Fact[], options: Options, out: Output, files: readonly string[]): string {
  const [one, other] = models.map(({ name }) => name) as [string, string];
  const numbered = (run: readonly string[]) => run.map((label, index) => `  ${String(index + 1).padStart(3)}  ${label}`);
  const named = (side: 'left' | 'right') => (side === 'left' ? one : other);
  const answers = (): string[] => {
    switch (comparison.answer) {
      case 'same': return [`${out.paint('green', 'same')}: ${one} and ${other} are ${comparison.by} bisimilar.`];
      case 'unknown': return [`${out.paint('yellow', 'unknown')}: ${{ limit: 'stopped by --limit', memory: 'stopped for lack of memory', interrupted: 'interrupted' }[comparison.why]}.`];
      case 'same-traces': return [
        `${out.paint('yellow', 'same traces, different branching')}: what can be seen of ${one} can be seen of ${other}, but not with the same choices.`,
        ...(comparison.hesitation === undefined ? ['Not even refusals show it: only when a choice is made differs.'] : [
          ...after(comparison.hesitation.run.length), ...numbered(comparison.hesitation.run),
          `${named(comparison.hesitation.side)} may stand where ${comparison.hesitation.offers.length === 0 ? 'nothing is possible' : `only this is possible: ${comparison.hesitation.offers.join('; ')}`}.`,
        ]),
      ];
      case 'differ': {
        const { run, left, right, side, then, way } = comparison.parting;
        const only = (mine: readonly string[], others: readonly string[]) => mine.filter((label) => !others.includes(label));
        const line = (name: string, mine: readonly string[]) => `  only ${name}: ${mine.length === 0 ? '-' : mine.join('; ')}`;
        const shared = left.filter((label) => right.includes(label));
        return [
          `${out.paint('red', 'differ')}: no run that shows it is shorter.`, ...after(run.length), ...numbered(run), 'and then can be seen',
          line(one, only(left, right)), line(other, only(right, left)), `  both: ${shared.length === 0 ? '-' : shared.join('; ')}`,
          ...(options.all ? ['', `${named(side)}, ${way.length} steps to "${then}":`, ...tell(facts).map((fact) => `  ${fact}`)] : []),
        ];
      }
    }
  };
  return [
    ...answers(), '',
    ...comparison.sides.map(({ worlds, steps, complete, lts, classes }, index) =>
      `${models[index]?.name}: ${worlds} worlds, ${steps} steps${complete ? '' : ', not all'}${lts === undefined ? '' : `; ${lts.states} states for the observer, ${classes} of them different`}`),
    ...files.map((file) => `written: ${file}`),
  ].join('\n');
}

const after = (length: number): string[] => [length === 0 ? 'At the beginning' : `After ${length === 1 ? 'this' : `these ${length}`}`];
