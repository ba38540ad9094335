/** Where applications come from: a receiver for their inspectors, and servers of @xstate/inspect that are asked. */
import { ask, view } from '../../inspect/server.ts';
import type { Seen } from '../../inspect/seen.ts';
import { WatchHub } from './watched.ts';

export interface Watching {
  readonly hub: WatchHub;
  /** Where inspectors connect to; null: nobody can. */
  readonly url: string | null;
  close(): Promise<void>;
}

/**
 * Begins to watch: `listen` is a port of loopback where inspectors connect to (0: one that is free), `asked` are servers of @xstate/inspect.
 *
 * @throws {ModelError} port-in-use; unreadable-file: nobody shows a system where we ask
 */
export async function watchApplications({ listen, asked = [] }: { readonly listen?: number | undefined; readonly asked?: readonly string[] }): Promise<Watching> {
  const hub = new WatchHub();
  const links: { close(): void }[] = [];
  for (const [index, url] of asked.entries()) {
    const id = `asked-${index + 1}`;
    const link = await ask(url, (seen) => { hub.take(id, seen); }, () => { hub.end(id); });
    hub.begin(id, (to, event) => { link.send(to, event); });
    links.push(link);
  }
  const hears = (connection: number) => {
    const id = String(connection);
    return hub.begin(id) ? { tell: (seen: Seen) => { hub.take(id, seen); }, end: () => { hub.end(id); } } : null;
  };
  const viewer = listen === undefined ? null : await view(() => undefined, { port: listen, hears });
  return {
    hub, url: viewer?.url ?? null,
    async close() {
      hub.close();
      for (const link of links) link.close();
      await viewer?.close();
    },
  };
}
