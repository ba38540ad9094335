/** Runs to store: random walks, and scenarios as they are played. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import { FactLog, type Recorded } from '../../../src/log/facts.ts';
import { Recorder } from '../../../src/log/runs/recorder.ts';
import type { Store } from '../../../src/log/store/port.ts';
import { parseScenario } from '../../../src/scenario/parse.ts';
import { play } from '../../../src/scenario/run.ts';
import type { System, World } from '../../../src/world/world.ts';
import { walk, wildTopology } from '../../machines/explore.ts';

export const model = (name: string): Model => models[name] as Model;

export interface Taken {
  readonly system: System;
  readonly facts: readonly Recorded[];
  /** The world after each fact. */
  readonly worlds: readonly World[];
}

/** A random walk, with its facts and worlds. */
export function walked(name: string, steps: number, seed = 3): Taken {
  let log: FactLog | undefined;
  const facts: Recorded[] = [];
  const worlds: World[] = [];
  let system: System | undefined;
  walk(model(name), wildTopology('pci', model(name)), { seed, steps }, (world, of) => { system = of; log ??= new FactLog(of, world); }, (step) => {
    if (log === undefined || step.fact.seq !== log.length) return;
    facts.push(log.record(step));
    worlds.push(step.world);
  });
  return { system: system as System, facts, worlds };
}

/** Stores a run as it was taken. */
export async function kept(store: Store, { system, facts, worlds }: Taken, what = 'a walk', snapshotEvery = 1000): Promise<string> {
  const recorder = await Recorder.begin(store, system, { what, by: 'test', snapshotEvery });
  for (const [index, fact] of facts.entries()) await recorder.record(fact, worlds[index] as World);
  await recorder.end(worlds.at(-1) ?? system.initial(), 'walked');
  return recorder.id;
}

const folder = fileURLToPath(new URL('../../golden/', import.meta.url));
export const goldens = readdirSync(folder).filter((file) => file.endsWith('.scenario'));

/** A golden scenario, played under the first model that it names. */
export function played(file: string): Taken {
  const scenario = parseScenario(readFileSync(join(folder, file), 'utf8'), file);
  const { system, log, blocks } = play(scenario, model(scenario.models[0] as string));
  return { system, facts: Array.from({ length: log.length }, (_, seq) => log.fact(seq)), worlds: blocks.flatMap(({ facts }) => facts.map(({ after }) => after)) };
}
