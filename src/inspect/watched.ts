/** What a viewer knows: the actors as they are now, and what passed between them, as far as it is kept. */
import type { Seen, SeenEvent, SeenSnapshot } from './seen.ts';

export interface WatchedActor {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly definition: unknown;
  readonly snapshot: SeenSnapshot;
  readonly stopped: boolean;
  /** Messages it received. */
  readonly received: number;
}

export interface WatchedMessage {
  /** From 1, in the order of arrival. */
  readonly seq: number;
  readonly from: string | null;
  readonly to: string;
  readonly event: SeenEvent;
}

export class Watched {
  readonly #actors = new Map<string, WatchedActor>();
  readonly #messages: WatchedMessage[] = [];
  readonly #keep: number;
  #seq = 0;

  /** `keep`: so many messages are remembered; older ones are forgotten, and counted in `forgotten`. */
  constructor({ keep = 10_000 }: { readonly keep?: number } = {}) {
    this.#keep = keep;
  }

  get actors(): readonly WatchedActor[] {
    return [...this.#actors.values()];
  }

  get messages(): readonly WatchedMessage[] {
    return this.#messages;
  }

  get forgotten(): number {
    return this.#seq - this.#messages.length;
  }

  /** An actor that was never introduced (a viewer that came late) is known by its id. */
  take(seen: Seen): void {
    switch (seen.kind) {
      case 'actor': {
        const { id, name, parent, definition, snapshot } = seen;
        this.#actors.set(id, { id, name, parent, definition, snapshot, stopped: false, received: this.#actors.get(id)?.received ?? 0 });
        return;
      }
      case 'event': {
        const { from, to, event } = seen;
        this.#messages.push({ seq: ++this.#seq, from, to, event });
        if (this.#messages.length > this.#keep) this.#messages.shift();
        const actor = this.#actor(to);
        this.#actors.set(to, { ...actor, received: actor.received + 1 });
        return;
      }
      case 'snapshot':
        this.#actors.set(seen.of, { ...this.#actor(seen.of), snapshot: seen.snapshot });
        return;
      case 'stopped':
        this.#actors.set(seen.of, { ...this.#actor(seen.of), stopped: true });
    }
  }

  #actor(id: string): WatchedActor {
    return this.#actors.get(id) ?? { id, name: id, parent: null, definition: null, snapshot: { status: 'active' }, stopped: false, received: 0 };
  }
}
