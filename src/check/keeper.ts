/** When checkpoints are read and written. */
import { ModelError } from '../errors.ts';
import { prepare, read, write, type Identity } from './checkpoint.ts';
import type { ExploreOptions, Run } from './explore.ts';
import { save, type Saved } from './saved.ts';

/** Reads the checkpoint to go on from, and writes one now and then. */
export class Keeper {
  readonly #identity: Identity;
  readonly #options: ExploreOptions;
  #last = performance.now();
  /** Worlds in the checkpoint that was read, worlds in the last one written, why the last one could not be. */
  resumed: number | undefined;
  kept: number | undefined;
  lost: string | undefined;

  constructor(identity: Identity, options: ExploreOptions) {
    this.#identity = identity;
    this.#options = options;
    if (options.lossy !== undefined && (options.checkpoint !== undefined || options.resume !== undefined))
      throw new ModelError('wrong-use', 'worlds that are remembered by a hash have no checkpoint', { at: '--lossy', hint: 'leave out --checkpoint and --resume, or --lossy' });
    if (options.checkpoint !== undefined) prepare(options.checkpoint.file);
  }

  read(): Saved | undefined {
    if (this.#options.resume === undefined) return undefined;
    const saved = read(this.#options.resume, this.#identity);
    this.resumed = saved.facts.size;
    return saved;
  }

  /** Is it time again? */
  due(now: number): boolean {
    const { checkpoint } = this.#options;
    return checkpoint !== undefined && now - this.#last >= (checkpoint.every ?? 30) * 1000;
  }

  /** A disk that is full later is no reason to lose the search. */
  save({ round, rounds, batch, options }: Run): void {
    const { checkpoint } = this.#options;
    if (checkpoint === undefined) return;
    try {
      write(checkpoint.file, this.#identity, save(round, { rounds, batch, symmetry: options.symmetry ?? true }));
      this.kept = round.search.mark.size;
      this.lost = undefined;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.lost = error.message;
    }
    this.#last = performance.now();
  }
}
