/** What an inspector sees, in one form for every protocol: plain data, safe to keep and to send. */

export interface SeenEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface SeenSnapshot {
  readonly status: string;
  /** Of a machine: its state value. */
  readonly value?: unknown;
  readonly context?: unknown;
  /** Of whatever is done, and of whatever failed. */
  readonly output?: unknown;
  readonly error?: unknown;
}

export type Seen =
  | {
    readonly kind: 'actor'; readonly id: string; readonly name: string;
    /** Ids of the actor that made it and of the root of its system. */
    readonly parent: string | null; readonly root: string | null;
    /** Configuration of its machine, guards and actions by name; null: not a machine. */
    readonly definition: unknown;
    readonly snapshot: SeenSnapshot;
  }
  /** A message, from its true sender; null: from outside the system. */
  | { readonly kind: 'event'; readonly from: string | null; readonly to: string; readonly event: SeenEvent }
  | { readonly kind: 'snapshot'; readonly of: string; readonly event: SeenEvent; readonly snapshot: SeenSnapshot }
  | { readonly kind: 'stopped'; readonly of: string };

/** Told of everything that is seen, in its order. */
export type Tell = (seen: Seen) => void;

/** JSON of anything: what has no place in it is left out, functions become their names, what refers to itself is cut. */
export function plainly(value: unknown): unknown {
  const above = new Set<object>();
  const walk = (one: unknown): unknown => {
    if (typeof one === 'function') return { type: one.name === '' ? 'inline' : one.name };
    if (typeof one === 'bigint') return String(one);
    if (typeof one !== 'object' || one === null) return typeof one === 'symbol' ? undefined : one;
    if (above.has(one)) return '[circular]';
    if ('sessionId' in one && 'send' in one) return { id: (one as { id?: unknown }).id, sessionId: one.sessionId };
    if ('toJSON' in one && typeof one.toJSON === 'function') {
      const own = (one.toJSON as () => unknown)();
      if (own !== one) return walk(own);
    }
    above.add(one);
    const made: unknown = Array.isArray(one) ? one.map(walk) : one instanceof Map ? { map: [...one].map(walk) } : one instanceof Set ? [...one].map(walk)
      : one instanceof Error ? { name: one.name, message: one.message } : Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]).filter(([, inner]) => inner !== undefined));
    above.delete(one);
    return made;
  };
  return walk(value);
}
