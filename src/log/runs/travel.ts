/** Time travel: the world of a stored run at any fact, from the nearest snapshot, held against what is stored. */
import type { System, World } from '../../world/world.ts';
import type { Recorded } from '../facts.ts';
import { replay, type Replay } from '../replay.ts';
import type { Store } from '../store/port.ts';
import { factOf, runStream } from './forms.ts';
import { machineHash } from './machine.ts';
import { keptWorld, restoredWorld } from './snapshot.ts';
import { snapshotEvery } from './recorder.ts';
import { circumstantial, systemOf, type Run } from './stored.ts';

export interface TravelOptions {
  /** The world before this fact. Default: after the last one. */
  readonly to?: number;
  /** Begin at the nearest snapshot; false: at the beginning. Default true. */
  readonly snapshots?: boolean;
  readonly system?: System;
}

export type Travelled = Replay & { readonly system: System; /** Facts that were taken again. */ readonly steps: number };

/**
 * Takes a run again up to a fact. The first fact that the charts take otherwise is a result: what they give now, and what
 * was stored. One that shows up behind a snapshot is looked for again from the beginning.
 *
 * @throws {ModelError} no-such-model, bad-topology, damaged-log
 */
export async function travel(store: Store, run: Run, { to = run.facts, snapshots = true, system = systemOf(run) }: TravelOptions = {}): Promise<Travelled> {
  const end = Math.max(0, Math.min(to, run.facts));
  const kept = snapshots && end > 0 ? await store.snapshots.load(runStream(run.id), machineHash(run.began.model), end - 1) : null;
  const from = kept === null ? system.initial() : restoredWorld(system, kept.state);
  const result = await onwards(store, run, system, from, end);
  return result.same || kept === null ? result : travel(store, run, { to, snapshots: false, system });
}

async function onwards(store: Store, run: Run, system: System, first: World, end: number): Promise<Travelled> {
  let world = first;
  let page: Recorded[] = [];
  // Of whoever is not told here, the state is that of the world.
  const states = new Map(world.locals.map(({ value, context }, index) => [system.actors[index]?.address ?? '', { value, context }]));
  const take = (): Replay => {
    const result = replay(system, page, { world });
    page = [];
    world = result.world;
    return result;
  };
  const ended = (result: Replay): Travelled => ({ ...result, system, steps: result.world.seq - first.seq });
  for await (const entry of store.read(runStream(run.id), { from: world.seq, to: end - 1 })) {
    page.push(circumstantial(entry.revision, factOf(entry), states));
    const kept = (entry.revision + 1) % snapshotEvery === 0;
    if (!kept && page.length < snapshotEvery) continue;
    const result = take();
    if (!result.same) return ended(result);
    // A cache that was not written, or whose machine is another: the next traveller has it shorter.
    if (kept && store.capabilities.durable !== 'none') await store.snapshots.save({ stream: runStream(run.id), revision: entry.revision, machine: machineHash(run.began.model), state: keptWorld(system, world) }).catch(() => undefined);
  }
  return ended(take());
}
