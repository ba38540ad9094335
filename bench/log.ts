/**
 * `npm run bench:log`: what a fact costs in a store, and how fast one gets to any place of a long run.
 *
 * Processor time of this process, user and system; of a server only what the client spends. Durable as `power-cut`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { models } from '../machines/models/index.ts';
import type { Model } from '../machines/model.ts';
import { random } from '../src/log/store/conformance/bed.ts';
import { owners, project } from '../src/log/runs/projections.ts';
import { Recorder } from '../src/log/runs/recorder.ts';
import { factsOf, runNamed, systemOf } from '../src/log/runs/stored.ts';
import { travel } from '../src/log/runs/travel.ts';
import { FactLog } from '../src/log/facts.ts';
import { openStore } from '../src/log/store/open.ts';
import type { Draft, Store } from '../src/log/store/port.ts';
import { defaultTopology } from '../src/world/topology.ts';
import { System } from '../src/world/world.ts';
import { figure, print, table, timed } from './rounds.ts';
import { writers } from './writers.ts';

const count = Number(process.argv[2] ?? 100_000);
const topology = { ...defaultTopology({ devices: 3, users: 2, hotplug: true }) };
const model = models['v6.12.y'] as Model;

/** A run of `count` facts that chance chose, stored while it is taken; what that costs for each fact, without storing. */
async function record(store: Store): Promise<{ id: string; stepping: number; recording: number }> {
  const walk = async (take: (log: FactLog) => Promise<void>, system: System) => {
    const [log, next] = [new FactLog(system), random(1)];
    for (let step = 0; step < count; step++) {
      const choices = system.choices(log.world);
      log.record(system.step(log.world, choices[Math.floor(next() * choices.length)] as typeof choices[0] & object));
      await take(log);
    }
    return log;
  };
  const [, stepping] = await timed(() => walk(() => Promise.resolve(), new System(model, topology)));
  const system = new System(model, topology);
  const recorder = await Recorder.begin(store, system, { what: 'bench', by: 'bench' });
  const [log, recording] = await timed(() => walk((facts) => recorder.record(facts.fact(facts.length - 1), facts.world), system));
  await recorder.end(log.world, 'done');
  return { id: recorder.id, stepping, recording };
}

/** Appends entries that were read from another store: nothing but the store works. */
async function copy(from: Store, to: Store, stream: string): Promise<number> {
  const drafts: Draft[] = [];
  for await (const { id, type, version, data, meta } of from.read(stream)) drafts.push({ id, type, version, data, meta });
  const [, cpu] = await timed(async () => {
    for (let at = 0; at < drafts.length; at += 1000) await to.append({ stream, expected: 'any', entries: drafts.slice(at, at + 1000) as [Draft, ...Draft[]] });
  });
  return cpu;
}

const each = (cpu: number): string => figure(cpu / count * 1e6);

async function measure(folder: string): Promise<void> {
  const store = await openStore(join(folder, 'log.db'), { mode: 'write' });
  const { id, stepping, recording } = await record(store);
  const run = await runNamed(store, id);
  const rows: string[][] = [];
  const stores = [`file:${join(folder, 'log.jsonl')}`, `sqlite:${join(folder, 'copy.db')}`, ...(process.env['POSTGRES_URL'] === undefined ? [] : [process.env['POSTGRES_URL']])];
  for (const name of stores) {
    const other = await openStore(name, { mode: 'write' });
    const appending = await copy(store, other, `run/${id}`);
    const [, reading] = await timed(async () => { for await (const entry of other.read(`run/${id}`)) if (entry.revision < 0) throw new Error('never'); });
    rows.push([name.replace(/:.*/s, ''), each(appending), each(reading)]);
    await other.drop('run/');
    await other.close();
  }
  table(`A log of ${count} facts: processor time for each, us`, ['store', 'append, 1000 at a time', 'read'], rows);

  const system = systemOf(run);
  const [full, replaying] = await timed(() => travel(store, run, { snapshots: false, system: systemOf(run) }));
  if (!full.same || full.steps !== count) throw new Error('the run is not what it was');
  const [, circumstances] = await timed(async () => { for await (const fact of factsOf(store, run)) if (fact.seq < 0) throw new Error('never'); });
  const [, projecting] = await timed(() => project(store, run, owners, { rebuild: true }));
  table('A run of them', ['', 'us for each fact'], [
    ['step it', each(stepping)], ['step and record it in SQLite, with snapshots', each(recording)], ['read it with circumstances', each(circumstances)],
    ['replay it from the beginning, every fact compared', each(replaying)], ['rebuild a projection', each(projecting)],
  ]);

  const next = random(2);
  const restoring: number[] = [];
  const spent: number[] = [];
  await travel(store, run, { to: count >> 1, system });
  for (let round = 0; round < 40; round++) {
    const to = Math.floor(next() * count);
    const begun = performance.now();
    const [{ same, world }, cpu] = await timed(() => travel(store, run, { to, system }));
    restoring.push(performance.now() - begun);
    spent.push(cpu * 1000);
    if (!same || world.seq !== to) throw new Error(`not at ${to}`);
  }
  for (const times of [restoring, spent]) times.sort((a, b) => a - b);
  print(`\nThe world at any fact: median ${figure(spent[20] ?? NaN)} ms of processor time, longest of 40 ${figure(spent.at(-1) ?? NaN)} ms; of wall time ${figure(restoring[20] ?? NaN)} and ${figure(restoring.at(-1) ?? NaN)} ms.`);
  await store.close();
}

const folder = mkdtempSync(join(tmpdir(), 'bench-log-'));
try {
  await measure(folder);
  await writers(12, 150);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
