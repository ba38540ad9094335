/** A stream from its beginning on, and where asked for, what comes as it comes. */
import type { Entry, Store } from '../log/store/port.ts';
import type { Output } from './output.ts';

/** Entries of a stream. `follow`: until `ended` says that no more will come, or Ctrl-C; without one, what is there. */
export async function* entriesOf(store: Store, stream: string, follow: Pick<Output, 'interruption'> | null, ended: () => Promise<boolean>, from = 0): AsyncGenerator<Entry> {
  const head = await store.head(); // what comes after it may be read twice, never missed
  let next = from;
  const rest = async function* () {
    for await (const entry of store.read(stream, { from: next })) {
      next = entry.revision + 1;
      yield entry;
    }
  };
  yield* rest();
  if (follow === null) return;
  for await (const item of store.subscribe({ after: head, prefix: stream, signal: follow.interruption() })) {
    if (!('caughtUp' in item)) {
      if (item.stream !== stream || item.revision < next) continue;
      next = item.revision + 1;
      yield item;
    } else if (await ended()) {
      yield* rest(); // its last entries may have come since
      return;
    }
  }
}
