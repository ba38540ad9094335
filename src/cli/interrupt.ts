/** Ctrl-C, for commands that can say what they decided so far. */
import { exit } from './exit.ts';

let controller: AbortController | undefined;

/**
 * A signal that Ctrl-C aborts. The command then stops, prints what it has and returns `exit.interrupted`.
 *
 * From the first call on, Ctrl-C no longer ends the program at once; a second Ctrl-C does. A command that
 * never asks keeps the usual behaviour. A loop has to return to the event loop now and then to notice.
 */
export function interruption(): AbortSignal {
  if (controller !== undefined) return controller.signal;
  const mine = (controller = new AbortController());
  const stop = () => {
    if (mine.signal.aborted) process.exit(exit.interrupted);
    mine.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return mine.signal;
}
