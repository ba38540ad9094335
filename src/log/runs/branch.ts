/** Branches: a run again up to a fact, as a new run that says where it comes from, and on from there another way. */
import type { Address, Said } from '../../../machines/chart.ts';
import { ModelError } from '../../errors.ts';
import { FactLog } from '../facts.ts';
import { choiceOf } from '../replay.ts';
import type { Store } from '../store/port.ts';
import { Recorder } from './recorder.ts';
import { factsOf, systemOf, type Run } from './stored.ts';

export interface BranchOptions {
  readonly by: string;
  /** Calls that threads begin then, one after the other; each is played until nothing moves, with the usual answers. */
  readonly calls?: readonly { readonly thread: Address; readonly call: Said }[];
}

/** No call needs so many steps. */
const limit = 100_000;

/**
 * Stores a new run that has the facts before `seq` of another. Gives its id.
 *
 * @throws {ModelError} wrong-use: the charts do not take the run so far, or a thread cannot begin now
 */
export async function branch(store: Store, run: Run, seq: number, { by, calls = [] }: BranchOptions): Promise<string> {
  const system = systemOf(run);
  const log = new FactLog(system);
  const recorder = await Recorder.begin(store, system, { what: `${run.began.what}, from fact ${seq} on`, by, answersFirst: run.began.answersFirst, parent: { run: run.id, seq } });
  const refuse = (message: string, accepted?: string[]): never => { throw new ModelError('wrong-use', message, { at: `run ${run.id}`, ...(accepted === undefined ? {} : { accepted }) }); };
  for await (const fact of factsOf(store, run, seq)) {
    const choice = choiceOf(system, log.world, fact) ?? refuse(`the charts do not take fact ${fact.seq}: replay it first`);
    await recorder.record(log.record(system.step(log.world, choice)), log.world);
  }
  for (const { thread, call } of calls) {
    const starts = system.starts(log.world).map(({ to }) => to);
    if (!system.has(thread) || system.local(log.world, thread).value !== 'idle') refuse(`${thread} cannot begin a call now`, [...new Set([...starts, ...system.topology.threads.map(({ name }) => `thread:${name}`).filter((to) => system.local(log.world, to).value === 'idle')])]);
    await recorder.record(log.record(system.step(log.world, system.start(thread, call))), log.world);
    for (let steps = 0; ; steps++) {
      const next = system.choices(log.world).find(({ kind }) => kind !== 'start');
      if (next === undefined) break;
      if (steps >= limit) refuse(`still not at rest after ${limit} steps`);
      await recorder.record(log.record(system.step(log.world, next)), log.world);
    }
  }
  await recorder.end(log.world, 'branch');
  return recorder.id;
}
