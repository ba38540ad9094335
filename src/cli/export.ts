/** `dma-ownership export`: the model and its properties for other checkers, and their counterexamples back. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { propertiesFor } from '../../machines/properties/index.ts';
import { replay, tell } from '../check/replay.ts';
import { subjectOf } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { close } from '../export/close.ts';
import { chartFormats, type ChartFormat } from '../export/charts/formats.ts';
import { formats, type Format } from '../export/formats.ts';
import { automata } from '../export/rv/monitors.ts';
import { follow, madeOf, modelOf, optionsTaken } from '../export/trail.ts';
import { modelNamed } from '../world/models.ts';
import { chartNames } from '../view/chart/charts.ts';
import { nearest } from '../world/nearest.ts';
import { parseTopology } from '../world/topology.ts';
import { System } from '../world/world.ts';
import { asked, asking, bytes, count, type Asked } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { exportCharts, exportMonitors, type ChartOptions } from './export_chart.ts';
import { contentOf, replaceFile } from './file.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Options = Asked & ChartOptions & {
  readonly limit: number; readonly memory?: number; readonly walks: number; readonly seed: number;
  readonly trail?: string;
};

const rv = { about: "automata for the kernel's runtime verification, as rvgen reads them" };
const all = { ...chartFormats, rv, ...formats };
const names = Object.keys(all);

export function register(program: Program): void {
  asking(program.command('export'))
    .description('write charts for tools that draw or run them, the model and its properties for another checker; or tell what that one found')
    .option('--to <format>', `one of ${names.join(', ')}`)
    .option('--chart <name>', 'the chart to write, where a format takes one: iommu_group, driver_binding, bind_store, ...')
    .option('--monitor <name>', 'the automaton to write, with --to rv: group_owner, dma_pairing')
    .option('--out <file>', 'write there instead of to stdout: all or nothing; a directory, for every chart or automaton')
    .option('--limit <states>', 'visit so many worlds at most to fill the tables', count('--limit'), 5_000_000)
    .option('--memory <bytes>', 'memory for these worlds, as 2000000000, 500M or 2G. Default 4G', bytes)
    .option('--walks <n>', 'where there are more worlds: random walks that fill the tables further', count('--walks'), 20_000)
    .option('--seed <n>', 'the same seed gives the same walks', count('--seed'), 1)
    .option('--trail <file>', 'tell the way that "spin -t -p" printed, step by step; - for stdin')
    .values({ '--to': names, '--chart': chartNames, '--monitor': automata.map(({ name }) => name), '--out': { files: [] }, '--trail': { files: [] } })
    .ends({
      holds: 'written', violation: 'with --trail: the way breaks a property', badInput: 'the topology or the trail is not valid, or the topology is too large for the format',
      limit: 'written, and the tables are not complete', interrupted: 'stopped, and nothing was written',
    })
    .examples([
      ['export --to mermaid --chart iommu_group', 'a chart for a wiki; also dot, plantuml, scxml, stately'],
      ['export --to scxml --out charts', 'every chart into a folder'],
      ['export --to promela --devices 1 --users 1 --out model.pml', 'the model and its properties for Spin'],
      ['export --to rv --monitor group_owner', "an automaton for the kernel's rvgen"],
    ])
    .does(exported);
}

async function exported(out: Output, file: string | undefined, options: Options): Promise<Exit> {
  if (options.trail !== undefined) return trail(out, options.trail);
  const format = formatNamed(options.to);
  if (!('write' in format)) return exportMonitors(out, file, options);
  if (options.monitor !== undefined) throw new ModelError('wrong-use', `${options.to} writes no monitor`, { at: '--monitor', accepted: '--to rv' });
  if (!('says' in format)) return exportCharts(out, format, file, options);
  if (options.chart !== undefined) throw new ModelError('wrong-use', `${options.to} takes all charts of a model together`, { at: '--chart', accepted: Object.keys(chartFormats).map((name) => `--to ${name}`) });
  const { model, properties, system, together } = asked(file, options);
  const signal = out.interruption();
  const closed = await close(subjectOf(system, { together }), properties, {
    limit: options.limit, memory: options.memory, walks: options.walks, seed: options.seed, signal,
    onProgress: (worlds) => out.progress(`${worlds} worlds`),
  });
  out.progress('');
  if (signal.aborted) {
    out.remark('interrupted: nothing was written');
    return exit.interrupted;
  }
  const { text, left } = format.write(closed, properties);
  if (options.out !== undefined) replaceFile(options.out, text);
  const { complete, states, transitions, walks } = closed;
  const told = { model: model.name, to: options.to ?? '', complete, states, transitions, walks, left: left.map(({ name }) => name), ...(options.out === undefined ? { text } : { out: options.out }) };
  out.result({ schema: 'dma-ownership/export@1', ...told }, () =>
    (options.out === undefined ? text.trimEnd() : `${options.out}: ${states} worlds, ${transitions} steps${complete ? '' : ', not complete'}`));
  for (const { kind, name } of format.says ? left : []) out.remark(`left out, because it speaks of all futures: ${kind} ${name}`);
  if (complete) return exit.holds;
  out.remark(`the tables are not complete: filled by ${states} worlds and ${walks} walks. Where they end, Spin says table_incomplete; --limit above ${options.limit} or more --walks fill them further.`);
  return exit.limit;
}

function formatNamed(name: string | undefined): Format | ChartFormat | typeof rv {
  const found = Object.entries<Format | ChartFormat | typeof rv>(all).find(([one]) => one === name)?.[1];
  if (found !== undefined) return found;
  const near = name === undefined ? undefined : nearest(name, names);
  throw new ModelError('wrong-use', name === undefined ? 'a format is needed' : `there is no format ${name}`, {
    at: '--to', accepted: Object.entries(all).map(([one, { about }]) => `${one} (${about})`), usually: 'a misspelt format, or none',
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** Exit code 1 when the way breaks a property. */
function trail(out: Output, file: string): Exit {
  const printed = contentOf(file).toString('utf8');
  const named = modelOf(printed, file);
  const beside = join(dirname(file), named);
  const promela = contentOf(file !== '-' && existsSync(beside) ? beside : named).toString('utf8');
  const { model: name, together, topology: json } = madeOf(promela, named);
  const model = modelNamed(name);
  const topology = parseTopology(json, named, model);
  const system = new System(model, topology);
  const { steps, decided } = follow(subjectOf(system, { together: together ?? undefined }), propertiesFor(topology, model), optionsTaken(printed, promela, file));
  const broken = decided.filter(({ kind }) => kind !== 'sometimes');
  const { facts } = replay(system, steps);
  out.result({
    schema: 'dma-ownership/trail@1', model: model.name, steps: steps.length, broken: broken.map(({ name }) => name),
    found: decided.filter(({ kind }) => kind === 'sometimes').map(({ name }) => name), path: facts.map(({ from, to, event }) => ({ from, to, event })),
  }, () => [
    `${model.name}: ${steps.length} steps`, ...tell(facts).map((line) => `  ${line}`), '',
    ...(broken.length === 0 ? ['Nothing is broken on this way.'] : broken.map((property) => `${out.paint('red', 'broken')}   ${property.kind.padEnd(10)} ${property.name}`)),
  ].join('\n'));
  return broken.length === 0 ? exit.holds : exit.violation;
}
