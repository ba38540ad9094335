/**
 * The few words that every chart uses to speak: call, answer, forward, say.
 *
 * A function call is an event named like the function, with the caller's address in `from`; its return is the
 * event `<function>.ret` with `ret`, sent back to that address. Charts send by address (`systemId`) only, through
 * `at()`, which throws when nobody lives there: a bare `sendTo` with an undefined target would go to the sender.
 */
import { emit, sendTo, type ActionFunction, type AnyActorRef, type EventObject, type MachineContext } from 'xstate';

/** The stable name of an actor: `device:0000:02:00.0`, `group:8`, `thread:3`. */
export type Address = string;

/** What JSON keeps. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Whatever travels between actors: a call, its answer, or a wake-up. */
export interface Message extends EventObject {
  readonly type: string;
  readonly from: Address;
  readonly [argument: string]: Plain;
}

/** A call of function `T`, with the arguments `A`. */
export type Call<T extends string, A = unknown> = { readonly type: T; readonly from: Address } & A;
/** The return of function `T`; a void function answers 0. */
export type Ret<T extends string, A = unknown> = { readonly type: `${T}.ret`; readonly from: Address; readonly ret: number } & A;

/** Every chart knows its own address; nothing else in the context is compulsory. */
export interface Here extends MachineContext {
  address: Address;
}

/** What a chart emits: a kernel event that nobody answers (a notifier, a uevent, a WARN, an inner function). */
export interface Said {
  readonly type: string;
  readonly [argument: string]: Plain;
}

/** The types of one chart, for `setup({ types })`. */
export interface Types<C extends Here, E extends EventObject, I = { address: Address }> {
  context: C;
  events: E;
  input: I;
  emitted: Said;
}

interface Scope<C, E> {
  context: C;
  event: E;
  system: { get(key: string): AnyActorRef | undefined };
}

type Send<C extends MachineContext, E extends EventObject, P extends { ret: number } | undefined = undefined> =
  ActionFunction<C, E, E, P, never, never, never, never, Said>;

function at(system: Scope<unknown, unknown>['system'], address: Address): AnyActorRef {
  const actor = system.get(address);
  if (actor === undefined) throw new Error(`no-such-actor: nobody lives at ${address}`);
  return actor;
}

/** The sending words for a chart with context `C` and events `E`. */
export function sends<C extends Here, E extends { type: string; from: Address }>() {
  type S = Scope<C, E>;
  const send = (to: (s: S) => Address, what: (s: S) => Said): Send<C, E> =>
    sendTo((s: S) => at(s.system, to(s)), (s: S) => ({ ...what(s), from: s.context.address }) as Message) as unknown as Send<C, E>;
  return {
    /** Calls a function of another actor; its answer comes as `<function>.ret`. */
    call: (to: (context: C, event: E) => Address, what: (context: C, event: E) => Said): Send<C, E> =>
      send((s) => to(s.context, s.event), (s) => what(s.context, s.event)),
    /** Answers the call being handled. */
    answer: sendTo(
      (s: S) => at(s.system, s.event.from),
      (s: S, { ret }: { ret: number }) => ({ type: `${s.event.type}.ret`, ret, from: s.context.address }),
    ) as unknown as Send<C, E, { ret: number }>,
    /** Answers the call being handled with more than a number. */
    answerWith: (what: (context: C, event: E) => { ret: number; [argument: string]: Plain }): Send<C, E> =>
      send((s) => s.event.from, (s) => ({ type: `${s.event.type}.ret`, ...what(s.context, s.event) })),
    /** Hands the call on; the answer goes straight to the first caller. */
    forward: (to: (context: C, event: E) => Address): Send<C, E> =>
      sendTo((s: S) => at(s.system, to(s.context, s.event)), (s: S) => s.event as unknown as Message) as unknown as Send<C, E>,
    /** Emits what the kernel does here without asking anybody. */
    say: (what: (context: C, event: E) => Said): Send<C, E> =>
      emit((s: { context: C; event: E }) => what(s.context, s.event)) as unknown as Send<C, E>,
  };
}

/** `ret(-EBUSY)`: the action `answer` with its number, as it stands in the tables. */
export const ret = (ret: number) => ({ type: 'answer', params: { ret } }) as const;

/** An active chart remembers who called which function, and what it will answer. */
export interface Busy extends Here {
  caller: Address;
  call: string;
  ret: number;
}
export const notBusy = { caller: '', call: '', ret: 0 } as const;
