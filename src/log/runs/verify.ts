/** Does a stored run still hold? Its digest, its order, and every fact against the charts. */
import { ModelError } from '../../errors.ts';
import type { Store } from '../store/port.ts';
import { machineHash } from './machine.ts';
import { states } from './snapshot.ts';
import { digestOf, type Run } from './stored.ts';
import { travel } from './travel.ts';

export interface Verified {
  readonly run: string;
  readonly ok: boolean;
  readonly facts: number;
  /** The charts are those of the run; otherwise it was taken again by charts that were edited since. */
  readonly sameMachine: boolean;
  readonly notes: readonly string[];
}

/** Takes a run again from its first fact on. What does not hold is a note; order and form are held while it is read. */
export async function verified(store: Store, run: Run): Promise<Verified> {
  const wrong: string[] = [];
  const { ended } = run;
  try {
    if (ended !== null && ended.facts !== run.facts) wrong.push(`${run.facts} facts, and it ended with ${ended.facts}`);
    if (ended !== null && ended.digest !== await digestOf(store, run.id)) wrong.push('beginning or facts are not those that were written: another digest');
    const result = await travel(store, run, { snapshots: false });
    const begun = Object.entries(states(result.system, result.system.initial())).find(([address, state]) => JSON.stringify(run.began.initial[address]) !== JSON.stringify(state));
    if (begun !== undefined) wrong.push(`${begun[0]} begins as ${JSON.stringify(begun[1])} now, and began as ${JSON.stringify(run.began.initial[begun[0]])}`);
    if (!result.same) wrong.push(result.reason);
    else if (ended !== null && result.system.atRest(result.world) !== ended.atRest) wrong.push('it does not end as it ended');
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    wrong.push(`${error.at ?? ''}: ${error.message}`);
  }
  const sameMachine = run.began.machine === machineHash(run.began.model);
  const notes = [...wrong, ...(sameMachine ? [] : ['taken by charts that were edited since']), ...(ended === null ? [`not ended, ${run.facts} facts so far`] : [])];
  return { run: run.id, ok: wrong.length === 0, facts: run.facts, sameMachine, notes };
}
