/** Which call of which thread a fact belongs to: what a sequence diagram folds away together. */
import { environment, kindOf } from '../../../machines/address.ts';
import type { Address, Message } from '../../../machines/chart.ts';
import { isAnswer } from '../../world/world.ts';

/** What every view of facts needs of one; facts of stored runs, of a `FactLog` and of judged traces all have it. */
export interface Shown {
  readonly seq: number;
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  readonly cause: number | null;
  readonly said: readonly { readonly type: string; readonly [argument: string]: unknown }[];
  /** No probe showed it: the judge inferred it. */
  readonly inferred?: boolean;
  /** Line of the trace for which it was taken, and the task that the line is about. */
  readonly line?: number;
  readonly task?: string;
}

/** A call that a thread begins, from the event from outside (or what woke the thread) to what its caller is answered. */
export interface Call {
  /** Place of the first and of the last fact; `end` is null while the thread is inside. */
  readonly first: number;
  readonly end: number | null;
  readonly thread: Address;
  readonly ret: number | null;
  /** Facts that belong to it. */
  readonly steps: number;
}

/**
 * The calls of a run, in the order in which they begin, and for each fact (by place) the call it belongs to.
 *
 * An answer belongs to the call that asked, also where a lock was handed over by another thread.
 */
export function callsOf(facts: readonly Shown[]): { calls: Call[]; callOf: Int32Array } {
  const calls: { first: number; end: number | null; thread: Address; ret: number | null; steps: number }[] = [];
  const callOf = new Int32Array(facts.length).fill(-1);
  const places = new Map<number, number>();
  const asked = new Map<string, number>();
  for (const [place, { seq, from, to, event, cause }] of facts.entries()) {
    places.set(seq, place);
    const answers = isAnswer(event);
    const causedBy = cause === null ? undefined : places.get(cause);
    const inherited = causedBy === undefined ? -1 : callOf[causedBy] as number;
    let own = answers ? asked.get(`${to} ${event.type.slice(0, -4)}`) ?? inherited : inherited;
    if (!answers && (kindOf(to) === 'thread' || own < 0)) own = calls.push({ first: place, end: null, thread: kindOf(to) === 'thread' ? to : from, ret: null, steps: 0 }) - 1;
    if (!answers) asked.set(`${from} ${event.type}`, own);
    callOf[place] = own;
    const call = calls[own];
    if (call === undefined) continue;
    call.steps++;
    if (to === environment && answers && from === call.thread) Object.assign(call, { end: place, ret: typeof event['ret'] === 'number' ? event['ret'] : null });
  }
  return { calls, callOf };
}
