/** `dma-ownership chart NAME`: a statechart of a model as a picture. */
import type { Model } from '../../machines/model.ts';
import { models } from '../../machines/models/index.ts';
import { ModelError } from '../errors.ts';
import { chartNames, chartsOf, type NamedChart } from '../view/chart/charts.ts';
import { chartGraph, statesOf } from '../view/chart/graph.ts';
import { fromElk, toElk } from '../view/chart/layout.ts';
import { chartSvg } from '../view/chart/svg.ts';
import { nearest } from '../world/nearest.ts';
import { modelNamed } from '../world/models.ts';
import { layout } from './elk.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';

type Options = { readonly model: string; readonly out?: string; readonly active?: string[] };

export function register(program: Program): void {
  program.command('chart')
    .argument('[name]', 'which chart; without one, the names of all')
    .description('a statechart of a model as an SVG picture')
    .option('--model <name>', `one of ${Object.keys(models).join(', ')}`, 'v6.12.y')
    .option('--out <file>', 'write there instead of to stdout: all or nothing')
    .option('--active <states...>', 'mark these states, by the end of their path: in_dma_configure, sysfs_failed.in_dma_cleanup')
    .values({ name: chartNames, '--model': Object.keys(models), '--out': { files: ['svg'] } })
    .ends({ holds: 'drawn', badInput: 'the picture cannot be written' })
    .examples([
      ['chart', 'the charts of v6.12.y'],
      ['chart driver_binding --out driver_binding.svg', 'one of them as a picture'],
      ['chart iommu_group --model v6.1.y --active claimed > claimed.svg', 'where one state is marked'],
    ])
    .does(drawn);
}

async function drawn(out: Output, name: string | undefined, options: Options): Promise<Exit> {
  const model = modelNamed(options.model);
  const charts = chartsOf(model);
  if (name === undefined) {
    const rows = charts.map(({ name: one, machine }) => ({ name: one, states: statesOf(machine.root).length }));
    out.result({ schema: 'dma-ownership/charts@1', model: model.name, charts: rows }, () => rows.map(({ name: one, states }) => `${one.padEnd(32)}${states} states`).join('\n'));
    return exit.holds;
  }
  const { machine, context } = chartNamed(model, charts, name);
  const graph = chartGraph(machine, context);
  const active = statesNamed(name, graph.states.map(({ id }) => id), machine.root, options.active ?? []);
  const drawing = fromElk(graph, await layout(toElk(graph)));
  const svg = chartSvg(drawing, { active });
  if (options.out !== undefined) replaceFile(options.out, svg);
  const told = { model: model.name, chart: name, states: graph.states.length, width: Math.ceil(drawing.width), height: Math.ceil(drawing.height), ...(options.out === undefined ? { svg } : { out: options.out }) };
  out.result({ schema: 'dma-ownership/chart@1', ...told }, () => (options.out === undefined ? svg.trimEnd() : `${options.out}: ${name} of ${model.name}, ${told.states} states, ${told.width} x ${told.height}`));
  return exit.holds;
}

function chartNamed(model: Model, charts: readonly NamedChart[], name: string): NamedChart {
  const found = charts.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = charts.map((one) => one.name);
  const near = nearest(name, names);
  throw new ModelError('wrong-use', `${model.name} has no chart ${name}`, { at: 'the argument', accepted: names, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) });
}

/** Ids of the states whose paths end so, and of all that hold them. */
function statesNamed(chart: string, ids: readonly string[], root: Parameters<typeof statesOf>[0], wanted: readonly string[]): Set<string> {
  const states = statesOf(root);
  const marked = new Set<string>();
  for (const one of wanted) {
    const found = states.filter(({ path }) => `.${path.join('.')}`.endsWith(`.${one}`));
    if (found.length === 0) throw new ModelError('wrong-use', `${chart} has no state ${one}`, { at: '--active', accepted: ids });
    for (let state = found[0]; state !== undefined; state = state.parent as typeof state | undefined) marked.add(state.id);
  }
  return marked;
}
