/** `export` for formats that take one chart, or one automaton: that one, or all into a directory. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import type { ChartFormat } from '../export/charts/formats.ts';
import { plainChart } from '../export/charts/plain.ts';
import { rvDot } from '../export/rv/automaton.ts';
import { automata } from '../export/rv/monitors.ts';
import { chartsOf } from '../view/chart/charts.ts';
import { nearest } from '../world/nearest.ts';
import { modelNamed } from '../world/models.ts';
import type { Document } from './documents/index.ts';
import { exit, type Exit } from './exit.ts';
import { replaceFile } from './file.ts';
import type { Output } from './output.ts';

export type ChartOptions = { readonly model: string; readonly to?: string; readonly chart?: string; readonly monitor?: string; readonly out?: string };

/** What can be written, by name. */
interface Parts {
  readonly kind: 'chart' | 'monitor';
  readonly name: string | undefined;
  readonly extension: string;
  readonly texts: ReadonlyMap<string, () => string>;
  /** Where they come from, for people. */
  readonly of: string;
  readonly document: (names: string[], made: { readonly text: string } | { readonly files: string[] }) => Document;
}

export function exportCharts(out: Output, format: ChartFormat, topology: string | undefined, options: ChartOptions): Exit {
  if (topology !== undefined) throw new ModelError('wrong-use', `${options.to} writes a chart, which has no topology`, { at: topology, accepted: '--chart and --model', usually: 'the name of a chart without --chart' });
  const model = modelNamed(options.model);
  const texts = new Map(chartsOf(model).map(({ name, machine }) => [name, () => format.write(plainChart(machine))]));
  return written(out, { kind: 'chart', name: options.chart, extension: format.extension, texts, of: ` in ${model.name}`, document: (charts, made) => ({ schema: 'dma-ownership/export-chart@1', model: model.name, to: options.to ?? '', charts, ...made }) }, options);
}

export function exportMonitors(out: Output, topology: string | undefined, options: ChartOptions): Exit {
  const misplaced = topology ?? (options.chart === undefined ? undefined : '--chart');
  if (misplaced !== undefined) throw new ModelError('wrong-use', 'an automaton for the kernel has neither topology nor chart', { at: misplaced, accepted: '--monitor' });
  return written(out, { kind: 'monitor', name: options.monitor, extension: 'dot', texts: new Map(automata.map((one) => [one.name, () => rvDot(one)])), of: '', document: (monitors, made) => ({ schema: 'dma-ownership/export-monitor@1', to: options.to ?? '', monitors, ...made }) }, options);
}

function written(out: Output, { kind, name, extension, texts, of, document }: Parts, { to, out: path }: ChartOptions): Exit {
  if (name === undefined && path !== undefined) {
    makeFolder(path, kind);
    const files = [...texts].map(([one, text]) => {
      const file = join(path, `${one}.${extension}`);
      replaceFile(file, text());
      return file;
    });
    out.result(document([...texts.keys()], { files }), () => `${path}: ${files.length} ${kind}s`);
    return exit.holds;
  }
  const text = texts.get(name ?? '')?.();
  if (text === undefined || name === undefined) {
    const near = name === undefined ? undefined : nearest(name, [...texts.keys()]);
    throw new ModelError('wrong-use', name === undefined ? `${to} writes one ${kind}, or every ${kind} into a directory` : `there is no ${kind} ${name}${of}`, {
      at: `--${kind}`, accepted: [...texts.keys()], hint: near === undefined ? 'name one, or a directory with --out' : `did you mean ${near}?`,
    });
  }
  if (path !== undefined) replaceFile(path, text);
  out.result(document([name], path === undefined ? { text } : { files: [path] }), () => (path === undefined ? text.trimEnd() : `${path}: ${name}`));
  return exit.holds;
}

function makeFolder(path: string, kind: Parts['kind']): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new ModelError('unwritable-file', `no directory can be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { at: path, cause: error, hint: `without --${kind}, --out is a directory` });
  }
}
