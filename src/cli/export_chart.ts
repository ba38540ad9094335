/** `export` for formats that take one chart. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import type { ChartFormat } from '../export/charts/formats.ts';
import { plainChart } from '../export/charts/plain.ts';
import { chartsOf } from '../view/chart/charts.ts';
import { nearest } from '../world/nearest.ts';
import { modelNamed } from '../world/models.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';

export type ChartOptions = { readonly model: string; readonly to?: string; readonly chart?: string; readonly out?: string };

export function exportCharts(out: Output, format: ChartFormat, topology: string | undefined, { model: modelName, to, chart: name, out: path }: ChartOptions): Exit {
  if (topology !== undefined) throw new ModelError('wrong-use', `${to} writes a chart, which has no topology`, { at: topology, accepted: '--chart and --model', usually: 'the name of a chart without --chart' });
  const model = modelNamed(modelName);
  const charts = new Map(chartsOf(model).map(({ name: one, machine }) => [one, machine]));
  const told = (more: object, text: () => string) => { out.result({ schema: 'dma-ownership/export-chart@1', ...{ model: model.name, to, ...more } }, text); };
  if (name === undefined && path !== undefined) {
    makeFolder(path);
    const files = [...charts].map(([one, chart]) => {
      const file = join(path, `${one}.${format.extension}`);
      replaceFile(file, format.write(plainChart(chart)));
      return file;
    });
    told({ charts: [...charts.keys()], files }, () => `${path}: ${files.length} charts of ${model.name}`);
    return exit.holds;
  }
  const chart = charts.get(name ?? '');
  if (chart === undefined) {
    const near = name === undefined ? undefined : nearest(name, [...charts.keys()]);
    throw new ModelError('wrong-use', name === undefined ? `${to} writes one chart, or every chart into a directory` : `${model.name} has no chart ${name}`, {
      at: '--chart', accepted: [...charts.keys()], hint: near === undefined ? 'name one, or a directory with --out' : `did you mean ${near}?`,
    });
  }
  const text = format.write(plainChart(chart));
  if (path !== undefined) replaceFile(path, text);
  told({ charts: [name], ...(path === undefined ? { text } : { files: [path] }) }, () => (path === undefined ? text.trimEnd() : `${path}: ${name} of ${model.name}`));
  return exit.holds;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new ModelError('unwritable-file', `no directory can be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { at: path, cause: error, hint: 'without --chart, --out is a directory' });
  }
}
