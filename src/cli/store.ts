/** The option that names a store, and a store that is closed whatever happens. */
import { openStore, usualStore } from '../log/store/open.ts';
import type { Store } from '../log/store/port.ts';
import { upcast } from '../log/runs/forms.ts';
import { ModelError } from '../errors.ts';
import { version, type Program } from './program.ts';
import type { Output } from './output.ts';

export interface Kept {
  /** True: the usual store. */
  readonly log?: string | true;
  readonly durable: 'power-cut' | 'process-crash';
}

const logs = { files: ['db', 'jsonl'] };

/** For commands that keep runs when asked. */
export const keeping = (command: Program): Program => command
  .option('--log [store]', `keep what happens: sqlite:PATH, file:PATH.jsonl or postgres://...; alone: ${usualStore}`)
  .option('--durable <how>', 'what a kept run survives: power-cut, or process-crash, which is faster', durable, 'power-cut' as const)
  .values({ '--log': logs, '--durable': ['power-cut', 'process-crash'] });

/** For commands that read. */
export const reading = (command: Program): Program => command.option('--log <store>', 'sqlite:PATH, file:PATH.jsonl or postgres://...', usualStore).values({ '--log': logs });

function durable(given: string): 'power-cut' | 'process-crash' {
  if (given === 'power-cut' || given === 'process-crash') return given;
  throw new ModelError('wrong-use', `nothing is durable as ${given}`, { at: '--durable', accepted: ['power-cut', 'process-crash'] });
}

/** What a program of this version writes into the runs it keeps. */
export const by = (): string => `dma-ownership ${version()}`;

/** Does something with a store, and closes it. */
export async function withStore<Result>(name: string | true, mode: 'read' | 'write', work: (store: Store) => Promise<Result>, options: Partial<Pick<Kept, 'durable'>> = {}): Promise<Result> {
  const store = await openStore(name === true ? usualStore : name, { mode, upcast, ...options });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Where runs were kept, and what that means, on stderr. */
export function remarkKept(out: Output, ids: readonly string[], { name, capabilities }: Store): void {
  const survives = { none: 'nothing', 'process-crash': 'the end of this process, not a loss of power', 'power-cut': 'a loss of power' }[capabilities.durable];
  out.remark(`kept ${ids.length === 1 ? `as ${ids[0] ?? ''}` : `${ids.length} runs`} in ${name}; survives ${survives}`);
}
