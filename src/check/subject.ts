/**
 * What the checker explores: actors with local states and moves, what may become of a message, who may start what.
 *
 * Nothing here knows what the actors stand for. `subjectOf` makes one from a system of src/world.
 */
import type { StateValue } from 'xstate';
import type { Local, Move, Sent } from '../world/locals.ts';
import type { System, World } from '../world/world.ts';

export type Address = string;
export type Message = Sent['event'];

export interface SubjectActor {
  readonly address: Address;
  readonly initial: Local;
  /** The chart that it runs: only actors of one chart are interchangeable. */
  readonly chart: unknown;
  move(local: Local, event: Message): Move;
  /** The same for a question: what would it do? */
  guess(local: Local, event: Message): Move;
  /** A thread of control begins and ends here: it is at rest in some local states only. */
  readonly thread: boolean;
  /** Other actors wait for it in turn (`holderOf`). */
  readonly lock: boolean;
}

/** A thread that may begin a call whenever it is at rest, `times` times (null: again and again). */
export interface Start {
  readonly actor: number;
  readonly calls: readonly Message[];
  readonly times: number | null;
}

export interface Subject {
  /** Names of what is explored, for reports and checkpoints. */
  readonly model: string;
  readonly topology: unknown;
  readonly actors: readonly SubjectActor[];
  readonly starts: readonly Start[];
  /** A call begins only while fewer than this many threads are inside one; Infinity without a bound. */
  readonly together: number;
  /** A call begins only when nothing is in flight: whoever is inside one then waits for somebody. What one after the other does to a machine. */
  readonly inTurn: boolean;
  indexOf(address: Address): number;
  /** Whoever answers what no actor answers. */
  readonly environment: Address;
  /** All that it may answer, by call; `<call>.attach` for what a call carries. */
  readonly answers: readonly { readonly call: string; readonly ret: number }[];
  isAnswer(event: Message): boolean;
  /** What may be delivered for a call in flight, and to whom. Never empty. */
  alternatives(sent: Sent): readonly Sent[];
  /** A thread in this local state is outside every call. */
  rests(local: Local): boolean;
  /** For whom a served actor works just now: the sender of the call it is in. */
  callerOf(local: Local): Address | null;
  /** Who holds this actor, if it is a lock and locked. */
  holderOf(local: Local): Address | null;
  /** Who has sent a call that this actor has put off answering. */
  waitersOf(local: Local): readonly Address[];
  /** The local state of an actor with this value and context: for renaming. */
  at(actor: number, value: unknown, context: Readonly<Record<string, unknown>>): Local;
  /** The same message, by identity, as the moves know it. */
  intern(event: Message): Message;
}

const addressIn = (context: Readonly<Record<string, unknown>>, key: string): Address | null => {
  const value = context[key];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** A queue in a context: addresses, or calls with the address they came from. */
const waiters = (queue: unknown): Address[] =>
  (Array.isArray(queue) ? queue : []).map((one: unknown) => (typeof one === 'string' ? one : (one as { from: Address }).from));

/**
 * The subject that a system of src/world is: its answers, starts and locks.
 *
 * `together` bounds how many threads of the topology may be inside a call at once; threads of the kernel's own, and users
 * between two calls, do not count. What holds then holds for every overlap of so many calls, from every world that such
 * overlaps lead to. `inTurn`: calls overlap only where one waits for another.
 */
export function subjectOf(system: System, { together = Infinity, inTurn = false }: { readonly together?: number | undefined; readonly inTurn?: boolean } = {}): Subject {
  const { topology, actors } = system;
  const empty: Pick<World, 'locals' | 'seq'> = { locals: [], seq: 0 };
  return {
    model: system.model.name,
    topology,
    together,
    inTurn,
    environment: 'environment',
    answers: system.answers(),
    actors: actors.map((actor) => ({
      address: actor.address, initial: actor.initial, chart: actor.machine, thread: actor.address.startsWith('thread:'), lock: 'holder' in actor.initial.context,
      move: (local, event) => actor.move(local, event),
      guess: (local, event) => actor.guess(local, event),
    })),
    starts: topology.threads.filter(({ name }) => system.has(`thread:${name}`)).map(({ name, calls, times }) => ({
      actor: system.indexOf(`thread:${name}`), times, calls: calls.map((call) => system.start(`thread:${name}`, call).event),
    })),
    indexOf: (address) => system.indexOf(address),
    isAnswer: ({ type }) => type.endsWith('.ret'),
    alternatives: (sent) =>
      system.deliveries({ ...empty, flight: [{ ...sent, cause: null }] }, 0).map(({ to, event }) => ({ to, event })),
    rests: ({ value }) => value === 'idle',
    callerOf: ({ context }) => addressIn(context, 'caller'),
    holderOf: ({ context }) => addressIn(context, 'holder'),
    waitersOf: ({ context }) => waiters(context['waiting']),
    at: (actor, value, context) => (actors[actor] as (typeof actors)[number]).at(context, value as StateValue),
    intern: (event) => system.messages.intern(event),
  };
}
