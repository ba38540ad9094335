/** A live system whose run is stored while it goes on, so that others can follow it. */
import type { Said } from '../../../machines/chart.ts';
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import { ModelError } from '../../errors.ts';
import { createSystem, follow, type Delivery, type Live, type LiveOptions } from '../../world/live.ts';
import { System, type World } from '../../world/world.ts';
import { circumstances } from '../facts.ts';
import type { Store } from '../store/port.ts';
import { Recorder, type RunOptions } from './recorder.ts';

/**
 * Makes a live system, not yet started, and stores the beginning of its run. Each delivery is followed in a world and stored
 * soon after; what was taken in one go of the event loop is stored together. What is stored at any moment is a beginning
 * of the run, and a run whose process dies is one that was not ended.
 *
 * @example
 * const recording = await recordLive(store, topology, model, { what: 'a test', by: 'me' });
 * recording.live.start();
 * await recording.call('bind', { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' });
 * await recording.end('done');
 *
 * @throws {ModelError} as `Recorder.begin`
 */
export async function recordLive(store: Store, topology: Topology, model: Model, { environment, delivered, inspect, ...options }: LiveOptions & Omit<RunOptions, 'answersFirst' | 'parent'>): Promise<LiveRecording> {
  // Live actors deliver depth first: an answer may wait for what its sender sent before.
  const system = new System(model, topology, { answersFirst: false });
  const recorder = await Recorder.begin(store, system, { ...options, answersFirst: false });
  const recording: LiveRecording = new LiveRecording(recorder, system, (take) => createSystem(topology, model, {
    ...(environment === undefined ? {} : { environment }), ...(inspect === undefined ? {} : { inspect }),
    delivered: (delivery) => {
      take(delivery);
      delivered?.(delivery);
    },
  }));
  return recording;
}

export class LiveRecording {
  /** Id of the run. */
  readonly id: string;
  readonly live: Live;
  readonly #recorder: Recorder;
  readonly #system: System;
  #world: World;
  /** The write that goes on. */
  #writing: Promise<void> | undefined;
  #failed: { readonly error: unknown } | undefined;

  constructor(recorder: Recorder, system: System, create: (take: (delivery: Delivery) => void) => Live) {
    this.id = recorder.id;
    this.#recorder = recorder;
    this.#system = system;
    this.#world = system.initial();
    this.live = create((delivery) => { this.#take(delivery); });
  }

  /** As `Live.call`, but the answer comes when everything that led to it is as durable as the store says. */
  async call(thread: string, command: Said): Promise<number> {
    const ret = await this.live.call(thread, command);
    await this.flush();
    return ret;
  }

  /** Resolves when every delivery so far is stored. @throws {ModelError} what kept it from being stored */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failed !== undefined) throw this.#failed.error as Error;
    await this.#recorder.flush();
  }

  /** Stops the system, stores what is left, and how the run ended. @throws {ModelError} what kept it from being stored */
  async end(outcome: string): Promise<void> {
    this.live.stop();
    await this.flush();
    await this.#recorder.end(this.#world, outcome);
  }

  #take(delivery: Delivery): void {
    if (this.#failed !== undefined) return;
    const before = this.#world;
    const step = follow(this.#system, before, delivery);
    if (step === undefined) {
      this.#failed = { error: refused(delivery, this.id) };
      return;
    }
    const index = this.#system.has(delivery.to) ? this.#system.indexOf(delivery.to) : undefined;
    const fact = circumstances(this.#system, step.fact, index === undefined ? undefined : before.locals[index], index === undefined ? undefined : step.world.locals[index]);
    this.#world = step.world;
    const kept = this.#recorder.record(fact, step.world);
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => kept).then(() => this.#recorder.flush()).catch((error: unknown) => { this.#failed ??= { error }; });
    kept.catch(() => undefined); // told by `flush`
  }
}

/** A world offers what the topology has; a live environment may answer what it likes. */
function refused({ to, event }: Delivery, run: string): ModelError {
  const call = event.type.replace(/\.ret$/, '');
  return new ModelError('wrong-use', `no world takes ${event.type} ${JSON.stringify(event['ret'] ?? null)} to ${to}, so the run could not be taken again`, {
    at: `run ${run}`, usually: 'an environment that answers what the topology does not have', hint: `give the topology the answer: "answers": {"${call}":[${JSON.stringify(event['ret'] ?? 0)}]}`,
  });
}
