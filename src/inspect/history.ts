/**
 * What a viewer was told, as a run that can be walked along: messages as facts, and every actor at any of them.
 *
 * An inspector tells a message when it is sent and a state when it is reached, and what was sent meanwhile lies between. So
 * each state is put where its message is: the point behind a message shows what it led to.
 */
import type { Seen, SeenEvent, SeenSnapshot } from './seen.ts';

/** Whoever sends from outside of what is watched. */
export const outside = 'environment';

/** One message, in the form in which the page shows the facts of a run. */
export interface WatchedFact {
  /** From 0, also when older ones were forgotten. */
  readonly seq: number;
  readonly from: string;
  readonly to: string;
  readonly event: SeenEvent;
  /** The message that its sender was busy with; null: from outside, or of its own (a timer, a promise). */
  readonly cause: number | null;
  readonly said: readonly never[];
  /** Nobody told of a message: a state came by itself, with the event that it names. */
  readonly told: boolean;
}

/** An actor at a point of its history. */
export interface WatchedState {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  /** Configuration of its machine; null: none was told. */
  readonly definition: unknown;
  readonly snapshot: SeenSnapshot;
  /** `unborn`: it is introduced later. */
  readonly life: 'unborn' | 'alive' | 'stopped';
}

interface Change {
  /** Points from this one on have it. */
  readonly at: number;
  readonly snapshot: SeenSnapshot;
  readonly stopped: boolean;
}

interface Track {
  name: string;
  parent: string | null;
  definition: unknown;
  born: number;
  first: SeenSnapshot;
  changes: Change[];
  /** Messages that it was sent and no state followed yet. */
  pending: WatchedFact[];
}

/** Messages that one actor may leave unanswered and still be asked about. */
const waiting = 1000;
const over = new Set(['done', 'error', 'stopped']);

export class History {
  readonly #keep: number;
  readonly #tracks = new Map<string, Track>();
  #facts: WatchedFact[] = [];
  #first = 0;

  /** `keep`: messages that are remembered. A tenth more may be there, so that forgetting is seldom. */
  constructor({ keep = 10_000 }: { readonly keep?: number } = {}) {
    this.#keep = keep;
  }

  /** The messages that are kept, in their order. Do not change it: it grows. */
  get facts(): readonly WatchedFact[] { return this.#facts; }
  /** The first point that can be shown: so many messages are forgotten. */
  get first(): number { return this.#first; }
  /** The point behind the last message. */
  get end(): number { return this.#first + this.#facts.length; }

  take(seen: Seen): void {
    switch (seen.kind) {
      case 'actor': {
        const known = this.#tracks.get(seen.id);
        const { name, parent, definition, snapshot } = seen;
        // Introduced again: a viewer asked twice, or one came late to what was met by its id only.
        if (known !== undefined) Object.assign(known, { name, parent, definition: definition ?? known.definition, ...(known.changes.length === 0 ? { first: snapshot } : {}) });
        else this.#tracks.set(seen.id, { name, parent, definition, born: this.end, first: snapshot, changes: [], pending: [] });
        return;
      }
      case 'event':
        this.#message(seen.from, seen.to, seen.event, true);
        return;
      case 'snapshot': {
        const track = this.#track(seen.of);
        const place = track.pending.findIndex(({ event }) => event.type === seen.event.type);
        const fact = place < 0 ? this.#message(null, seen.of, seen.event, false) : track.pending[place] as WatchedFact;
        const stopped = over.has(seen.snapshot.status);
        if (stopped) track.pending = [];
        else if (place < 0) track.pending.pop();
        else track.pending.splice(0, place + 1);
        // What an actor was introduced with may be a later state: it was read when there was time for it.
        if (seen.event.type === 'xstate.init' && track.changes.length === 0) track.first = seen.snapshot;
        this.#change(track, fact.seq + 1, seen.snapshot, stopped);
        return;
      }
      case 'stopped': {
        const track = this.#track(seen.of);
        const last = track.changes.at(-1);
        if (last?.stopped !== true) this.#change(track, this.end, last?.snapshot ?? track.first, true);
      }
    }
  }

  #message(from: string | null, to: string, event: SeenEvent, told: boolean): WatchedFact {
    const cause = from === null ? null : this.#tracks.get(from)?.pending[0]?.seq ?? null;
    const fact: WatchedFact = { seq: this.end, from: from ?? outside, to, event, cause, said: [], told };
    const { pending } = this.#track(to);
    pending.push(fact);
    if (pending.length > waiting) pending.shift();
    this.#facts.push(fact);
    if (this.#facts.length > this.#keep * 1.1) this.#forget(this.#facts.length - this.#keep);
    return fact;
  }

  /** An actor that was never introduced is known by its id. */
  #track(id: string): Track {
    const known = this.#tracks.get(id);
    if (known !== undefined) return known;
    const made: Track = { name: id, parent: null, definition: null, born: this.end, first: { status: 'active' }, changes: [], pending: [] };
    this.#tracks.set(id, made);
    return made;
  }

  #change({ changes }: Track, at: number, snapshot: SeenSnapshot, stopped: boolean): void {
    changes.push({ at: Math.max(at, changes.at(-1)?.at ?? 0), snapshot, stopped });
  }

  /** What the forgotten messages led to becomes what their actors begin with. An actor that stopped among them is forgotten. */
  #forget(count: number): void {
    this.#facts = this.#facts.slice(count);
    this.#first += count;
    const named = new Set(this.#facts.flatMap(({ from, to }) => [from, to]));
    for (const [id, track] of this.#tracks) {
      const kept = track.changes.findIndex(({ at }) => at > this.#first);
      const gone = kept < 0 ? track.changes : track.changes.slice(0, kept);
      const last = gone.at(-1);
      if (last === undefined) continue;
      if (last.stopped && !named.has(id) && ![...this.#tracks.values()].some(({ parent }) => parent === id)) {
        this.#tracks.delete(id);
        continue;
      }
      track.first = last.snapshot;
      track.changes = [...(last.stopped ? [last] : []), ...track.changes.slice(gone.length)];
    }
  }

  /** Every actor at a point, those too that come later, in the order in which they were introduced. */
  at(point: number): WatchedState[] {
    return [...this.#tracks].map(([id, track]) => stateOf(id, track, point));
  }

  /** One actor at a point; undefined: nobody has this id. */
  actor(id: string, point: number): WatchedState | undefined {
    const track = this.#tracks.get(id);
    return track === undefined ? undefined : stateOf(id, track, point);
  }

  name(id: string): string {
    return this.#tracks.get(id)?.name ?? (id === outside ? 'outside' : id);
  }

  /** The actor that made the others, or was there first. */
  get root(): string | undefined {
    return [...this.#tracks].find(([, { parent }]) => parent === null || !this.#tracks.has(parent))?.[0];
  }

  /** What can be told again, and gives the same history: from the first message that is kept. */
  *told(): Generator<Seen> {
    const tracks = [...this.#tracks];
    const introduced = new Set<string>();
    const changes = new Map<number, [string, Change][]>();
    for (const [id, track] of tracks) for (const change of track.changes) changes.set(change.at, [...changes.get(change.at) ?? [], [id, change]]);
    const begin = this.#first;
    const introduce = function* (point: number): Generator<Seen> {
      for (const [id, { name, parent, definition, born, first, changes: [change] }] of tracks) {
        if (born > point || introduced.has(id)) continue;
        introduced.add(id);
        yield { kind: 'actor', id, name, parent, root: null, definition, snapshot: first };
        if (change !== undefined && change.at <= begin) yield { kind: 'stopped', of: id };
      }
    };
    /** The last message that was sent while one was taken: the state comes behind it, as it did. */
    const last = new Map<number, number>();
    for (const { seq, cause } of this.#facts) if (cause !== null) last.set(cause, seq);
    const due = new Map<number, Seen[]>();
    for (const { seq, from, to, event, told } of this.#facts) {
      yield* introduce(seq);
      if (told) yield { kind: 'event', from: from === outside ? null : from, to, event };
      for (const [of, { snapshot, stopped }] of changes.get(seq + 1) ?? []) {
        const then = told ? Math.max(seq, last.get(seq) ?? seq) : seq;
        const list = due.get(then) ?? [];
        if (of === to) list.push({ kind: 'snapshot', of, event, snapshot });
        if (stopped && (of !== to || !over.has(snapshot.status))) list.push({ kind: 'stopped', of });
        due.set(then, list);
      }
      yield* due.get(seq) ?? [];
    }
    yield* introduce(Infinity);
  }
}

function stateOf(id: string, { name, parent, definition, born, first, changes }: Track, point: number): WatchedState {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle] as Change).at <= point) low = middle + 1;
    else high = middle;
  }
  const last = changes[low - 1];
  return { id, name, parent, definition, snapshot: last?.snapshot ?? first, life: last?.stopped === true ? 'stopped' : born > point ? 'unborn' : 'alive' };
}
