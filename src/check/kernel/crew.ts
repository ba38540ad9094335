/** Workers that run the kernel on one shared memory, beside the thread that hosts it. */
import { Worker } from 'node:worker_threads';
import * as header from './header.ts';
import type { Memory, Module } from './webassembly.ts';

/** What a worker runs: waits for its turn, runs, says that it is done. A miss is left to the host. */
const source = `
import { workerData } from 'node:worker_threads';
const { module, memory, worker, workers, TURN, AT_REST } = workerData;
const view = new Int32Array(memory.buffer);
const { run } = new WebAssembly.Instance(module, { env: { memory }, host: { miss: () => 0, wish: () => 0 } }).exports;
for (let turn = 0; ;) {
  Atomics.wait(view, TURN, turn);
  turn = Atomics.load(view, TURN);
  run(worker, workers);
  Atomics.add(view, AT_REST, 1);
  Atomics.notify(view, AT_REST);
}`;

export class Crew {
  /** Workers, with the host. */
  readonly workers: number;
  readonly #threads: Worker[] = [];

  constructor(workers: number) {
    this.workers = workers;
  }

  /** Starts the threads. */
  begin(module: Module, memory: Memory): void {
    for (let worker = 1; worker < this.workers; worker++) {
      const workerData = { module, memory, worker, workers: this.workers, TURN: header.TURN, AT_REST: header.AT_REST };
      const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData, name: `kernel ${worker}` });
      thread.unref();
      this.#threads.push(thread);
    }
  }

  /** Lets all run, the host with `own`; gives its status when all are done. */
  run(view: Int32Array, own: (workers: number) => number): number {
    Atomics.store(view, header.AT_REST, 0);
    Atomics.add(view, header.TURN, 1);
    Atomics.notify(view, header.TURN);
    const status = own(this.workers);
    for (let rest = Atomics.load(view, header.AT_REST); rest < this.workers - 1; rest = Atomics.load(view, header.AT_REST)) Atomics.wait(view, header.AT_REST, rest);
    return status;
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
