/** Which call of which thread a fact belongs to: what a sequence diagram folds away together. */
import { environment } from '../../../machines/address.ts';
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
  const asked = new Map<Address, Map<string, number>>();
  const placeOf = placesOf(facts);
  for (let place = 0; place < facts.length; place++) {
    const { from, to, event, cause } = facts[place] as Shown;
    const { type } = event;
    const answers = isAnswer(event);
    const isThread = to.startsWith('thread:');
    let own = cause === null ? -1 : callOf[placeOf(cause)] ?? -1;
    if (answers) own = asked.get(to)?.get(type.slice(0, -4)) ?? own;
    else {
      if (isThread || own < 0) own = calls.push({ first: place, end: null, thread: isThread ? to : from, ret: null, steps: 0 }) - 1;
      let open = asked.get(from);
      if (open === undefined) asked.set(from, open = new Map<string, number>());
      open.set(type, own);
    }
    callOf[place] = own;
    const call = calls[own];
    if (call === undefined) continue;
    call.steps++;
    if (to !== environment || !answers || from !== call.thread) continue;
    call.end = place;
    call.ret = typeof event['ret'] === 'number' ? event['ret'] : null;
  }
  return { calls, callOf };
}

/** Places by sequence numbers: of a whole run they are the same, the facts of a trace may have gaps. */
function placesOf(facts: readonly Shown[]): (seq: number) => number {
  if (facts.at(-1)?.seq === facts.length - 1) return (seq) => seq;
  const places = new Map(facts.map(({ seq }, place) => [seq, place]));
  return (seq) => places.get(seq) ?? -1;
}
