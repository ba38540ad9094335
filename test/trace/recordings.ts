/** The shipped recordings of real kernels, as lines and items, and how each is judged. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { findRecording } from '../../src/trace/file.ts';
import { Judge, type JudgeOptions } from '../../src/trace/judge.ts';
import { parseLine, type Item } from '../../src/trace/line.ts';
import type { Recording } from '../../src/trace/recording.ts';

const root = fileURLToPath(new URL('../traces/', import.meta.url));

export interface Shipped {
  /** `6.1.0-56-amd64/bind-unbind` */
  readonly name: string;
  readonly path: string;
  readonly model: Model;
  readonly other: Model;
  readonly verdict: string;
  readonly recording: Recording;
  readonly lines: readonly string[];
  readonly items: readonly Item[];
}

export const names: readonly string[] = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(root + name).map((scenario) => `${name}/${scenario}`)).sort();

const modelFor = (kernel: string): Model => models[kernel.startsWith('6.12') ? 'v6.12.y' : 'v6.1.y'] as Model;

export async function load(name: string): Promise<Shipped> {
  const path = `${root}${name}/trace.txt.gz`;
  const recording = await findRecording(path);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const model = modelFor(recording.kernel ?? '');
  return {
    name, path, recording, lines, model, other: modelFor(model.name === 'v6.1.y' ? '6.12' : '6.1'),
    verdict: readFileSync(`${root}${name}/verdict`, 'utf8').trim(), items: lines.map((text, index) => parseLine(text, index + 1)),
  };
}

export const all = (): Promise<Shipped[]> => Promise.all(names.map(load));

/** What the probe definitions beside a trace tell the judge. */
export function optionsOf({ probes }: Recording): JudgeOptions {
  if (probes === undefined) return {};
  const recorded = new Set([...probes.values()].flat().map(({ symbol, returns, offset }) =>
    `${symbol.replace(/\.(part|isra|constprop|cold)\.\d+$/, '')} ${returns ? 'return' : offset > 4 ? 'locked' : 'entry'}`));
  return {
    recorded: (function_, place) => recorded.has(`${function_} ${place}`),
    symbolOf: (event) => {
      const symbols = new Set(probes.get(event)?.map(({ symbol }) => symbol));
      return symbols.size === 1 ? [...symbols][0] : undefined;
    },
  };
}

/** The judge after the last line, or after the one it refused. */
export function judge(items: Iterable<Item>, model: Model, recording: Recording): Judge {
  const judge = new Judge(model, optionsOf(recording));
  for (const item of items) if (!judge.take(item)) return judge;
  judge.close();
  return judge;
}
