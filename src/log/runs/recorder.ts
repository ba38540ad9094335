/** Writes a run into a store while it is taken, or afterwards. */
import { createHash, type Hash } from 'node:crypto';
import { ModelError } from '../../errors.ts';
import type { Fact, Step, System, World } from '../../world/world.ts';
import { follow, type Delivery } from '../../world/live.ts';
import { FactLog, type Recorded } from '../facts.ts';
import { choiceOf } from '../replay.ts';
import { json } from '../store/encode.ts';
import type { Draft, Expected, Store } from '../store/port.ts';
import { aboutDraft, aboutStream, factDraft, newRun, runStream, type Began } from './forms.ts';
import { machineHash } from './machine.ts';
import { keptWorld, states } from './snapshot.ts';

export interface RunOptions {
  /** What is run, in a line for lists: `run probe-fails.scenario`. */
  readonly what: string;
  /** Program and version. */
  readonly by: string;
  /** A UUID. Default: a new one. */
  readonly id?: string;
  readonly answersFirst?: boolean;
  /** Where this run branched off another. */
  readonly parent?: Began['parent'];
  /** Facts between two snapshots. Default 500. */
  readonly snapshotEvery?: number;
}

/** Facts between two snapshots. */
export const snapshotEvery = 500;
/** Entries of one append: other writers wait so long. */
const batchSize = 500;

/**
 * A run that is being written. Facts are stored in batches; what is stored at any moment is a beginning of the run.
 *
 * @example
 * const recorder = await Recorder.begin(store, system, { what: 'a test', by: 'me' });
 * await recorder.record(log.record(system.step(log.world, choice)), log.world);
 * await recorder.end(log.world, 'as expected');
 */
export class Recorder {
  readonly id: string;
  readonly #store: Store;
  readonly #system: System;
  readonly #digest: Hash = createHash('sha256');
  readonly #every: number;
  #waiting: Draft[] = [];
  #count = 0;

  private constructor(store: Store, system: System, id: string, every: number) {
    this.#store = store;
    this.#system = system;
    this.id = id;
    this.#every = every;
  }

  /** Stores the beginning of a run. @throws {ModelError} as `Store.append`; busy-store when somebody else writes this run */
  static async begin(store: Store, system: System, { what, by, id = newRun(), answersFirst = true, parent = null, snapshotEvery: every = snapshotEvery }: RunOptions): Promise<Recorder> {
    const recorder = new Recorder(store, system, id, every);
    const { model: { name }, topology } = system;
    const began: Began = { what, by, model: name, machine: machineHash(name), topology, answersFirst, parent, initial: states(system, system.initial()) };
    const draft = aboutDraft(id, 'began', began, 0);
    recorder.#digest.update(`${json(draft.data, 'the beginning')}\n`);
    await recorder.#append(aboutStream(id), 'no-stream', [draft]);
    return recorder;
  }

  /** Takes the next fact, and the world after it. Resolves when there is room for more; `flush` when it is stored. */
  async record(fact: Recorded, world: World): Promise<void> {
    if (fact.seq !== this.#count)
      throw new ModelError('wrong-use', `fact ${fact.seq} is not the next one`, { at: `run ${this.id}`, accepted: `fact ${this.#count}` });
    const draft = factDraft(this.id, fact);
    this.#digest.update(`${json(draft.data, `fact ${fact.seq}`)}\n`);
    this.#waiting.push(draft);
    this.#count++;
    const kept = this.#count % this.#every === 0;
    if (kept || this.#waiting.length >= batchSize) await this.flush();
    if (kept) await this.#store.snapshots.save({ stream: runStream(this.id), revision: fact.seq, machine: machineHash(this.#system.model.name), state: keptWorld(this.#system, world) });
  }

  /** Resolves when every fact so far is as durable as the store says. */
  async flush(): Promise<void> {
    const drafts = this.#waiting;
    if (drafts.length === 0) return;
    this.#waiting = [];
    const first = this.#count - drafts.length;
    await this.#append(runStream(this.id), first === 0 ? 'no-stream' : first - 1, drafts);
  }

  /** Stores what is left, and how the run ended. */
  async end(world: World, outcome: string): Promise<void> {
    await this.flush();
    await this.#append(aboutStream(this.id), 0, [aboutDraft(this.id, 'ended', { facts: this.#count, digest: this.#digest.digest('hex'), atRest: this.#system.atRest(world), outcome }, this.#count)]);
  }

  async #append(stream: string, expected: Expected, entries: readonly Draft[]): Promise<void> {
    const result = await this.#store.append({ stream, expected, entries: entries as [Draft, ...Draft[]] });
    if (result.ok) return;
    throw new ModelError('busy-store', result.reason === 'revision' ? `${stream} has revision ${String(result.actual)} and not ${String(result.expected)}` : `the id ${result.id} is used already`, {
      at: this.#store.name, usually: 'two programs that write one run', hint: 'give each run an id of its own',
    });
  }
}

/** Stores facts that a system has taken from its initial world. Gives the id of the run. @throws {ModelError} wrong-use: the system does not take them so */
export async function keepRun(store: Store, system: System, facts: Iterable<Fact>, outcome: string, options: RunOptions): Promise<string> {
  return keepSteps(store, system, outcome, options, function* (log) {
    for (const fact of facts) {
      const choice = choiceOf(system, log.world, fact);
      yield choice === undefined ? undefined : system.step(log.world, choice);
    }
  });
}

/** Stores what live actors did, as `LiveOptions.delivered` told it. Gives the id of the run. @throws {ModelError} wrong-use */
export async function keepLive(store: Store, system: System, deliveries: Iterable<Delivery>, outcome: string, options: RunOptions): Promise<string> {
  return keepSteps(store, system, outcome, options, function* (log) {
    for (const delivery of deliveries) yield follow(system, log.world, delivery);
  });
}

async function keepSteps(store: Store, system: System, outcome: string, options: RunOptions, steps: (log: FactLog) => Iterable<Step | undefined>): Promise<string> {
  const log = new FactLog(system);
  const recorder = await Recorder.begin(store, system, options);
  for (const step of steps(log)) {
    if (step === undefined) throw new ModelError('wrong-use', `the system does not take step ${log.length}`, { at: options.what, usually: 'facts of another model or topology' });
    await recorder.record(log.record(step), log.world);
  }
  await recorder.end(log.world, outcome);
  return recorder.id;
}
