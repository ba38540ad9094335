/**
 * May an actor take a message of ours before all that others may send to it?
 *
 * It may when the two commute in every local state that such messages can lead to. Who is asked once keeps the answer: it
 * depends on the charts and on the set of messages alone.
 */
import type { Local } from '../world/locals.ts';
import { ModelError } from '../errors.ts';
import type { Futures, Label } from './futures.ts';
import { PairMap } from './ints.ts';
import type { Judge } from './judge.ts';
import type { Looks } from './sight.ts';
import type { Tables } from './tables.ts';

/** More local states than this behind one question: then no. */
const enough = 400;

export class Meetings {
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #futures: Futures;
  /** Actors that each bit of a set of locks stands for. */
  readonly #locks: readonly number[];
  readonly #asked = new PairMap();
  readonly #idles = new PairMap();
  readonly #numbers = new PairMap();
  readonly #moves: Moved[] = [];
  readonly #known = new PairMap();
  readonly #pairs = new PairMap();
  /** Looks by number; 0 for none. */
  readonly #looks: (Looks | undefined)[] = [undefined];

  constructor(tables: Tables, judge: Judge, futures: Futures, locks: readonly number[]) {
    this.#tables = tables;
    this.#judge = judge;
    this.#futures = futures;
    this.#locks = locks;
  }

  /** What an actor that our step does not reach may look like meanwhile; undefined when that is too much. */
  idle(actor: number, local: Local, others: number, locks: number): Looks | undefined {
    const where = this.#number(-2 - actor, others);
    const what = this.#number(where, local.id);
    let known = this.#idles.get(what, locks);
    if (known === -1) {
      const seen = this.#meetings(actor, local, this.#labels(others, locks));
      known = seen === undefined ? 0 : this.#looks.push(seen.map((one) => [one, one])) - 1;
      this.#idles.set(what, locks, known);
    }
    return this.#looks[known];
  }

  /** Observations of the local states that others can lead to. */
  #meetings(actor: number, local: Local, others: readonly Label[]): number[] | undefined {
    const { subject, messages } = this.#tables;
    const met = new Set([local]);
    for (const at of met) {
      if (met.size > enough) return undefined;
      const waiters = subject.waitersOf(at);
      for (const { message } of others) {
        if (waiters.includes((messages[message] as (typeof messages)[number]).from)) continue;
        const theirs = this.#move(actor, at, message);
        if (theirs !== -1) met.add((this.#moves[theirs] as Moved).next);
      }
    }
    return [...new Set([...met].map((at) => this.#judge.observe(actor, at)))];
  }

  /**
   * May `actor` take `message` in this local state before anybody else does anything? Then what it may look like before and
   * behind; undefined if it may not.
   */
  alone(actor: number, local: Local, message: number, others: number, locks: number): Looks | undefined {
    const what = this.#move(actor, local, message);
    if (what === -1) return undefined;
    const where = this.#number(what, others);
    let known = this.#asked.get(where, locks);
    if (known === -1) {
      const looks = this.#answer(actor, local, message, others, locks);
      known = looks === undefined ? 0 : this.#looks.push(looks) - 1;
      this.#asked.set(where, locks, known);
    }
    return this.#looks[known];
  }

  #number(a: number, b: number): number {
    let number = this.#numbers.get(a, b);
    if (number === -1) {
      number = this.#numbers.size;
      this.#numbers.set(a, b, number);
    }
    return number;
  }

  /** What others may send to an actor whose locks do not keep them away. */
  #labels(set: number, locks: number): (Label & { readonly again: boolean })[] {
    const { labels, sets } = this.#futures;
    return (sets[set] as readonly number[]).map((one) => ({ ...(labels[one >> 1] as Label), again: (one & 1) === 1 })).filter((label) => (label.locks & locks) === 0);
  }

  #answer(actor: number, local: Local, message: number, set: number, locks: number): Looks | undefined {
    const { subject, messages } = this.#tables;
    // Who waits for an answer is answered once: no other answer can come before this one.
    const answer = subject.isAnswer(messages[message] as (typeof messages)[number]);
    const others = this.#labels(set, locks).filter((label) => !(answer && subject.isAnswer(messages[label.message] as (typeof messages)[number])));
    return this.#meets(actor, local, message, others.map((other) => ({ ...other, again: true }))) ??
      (others.length <= 30 && others.some(({ again }) => !again) ? this.#meets(actor, local, message, others) : undefined);
  }

  /** What the actor looks like before and behind in every local state that others can lead to; undefined if our message does not commute with theirs. */
  #meets(actor: number, local: Local, message: number, others: readonly (Label & { readonly again: boolean })[]): Looks | undefined {
    const { subject, messages } = this.#tables;
    const self = 1 << this.#locks.indexOf(actor);
    const met = new Map<string, { at: Local; came: number }>([[`${local.id} 0`, { at: local, came: 0 }]]);
    const looks = new Map<string, Looks[number]>();
    for (const { at, came } of met.values()) {
      if (met.size > enough) return undefined;
      const ours = this.#move(actor, at, message);
      if (ours === -1) return undefined;
      const look = [this.#judge.observe(actor, at), this.#judge.observe(actor, (this.#moves[ours] as Moved).next)] as const;
      looks.set(look.join(), look);
      const holder = subject.holderOf(at);
      const waiters = subject.waitersOf(at);
      for (const [index, { message: other, thread: theirThread, locks: theirLocks, again }] of others.entries()) {
        if (!again && ((came >> index) & 1) === 1) continue;
        // Who waits here sends nothing; what is only sent by the holder of this very lock, nobody else sends.
        if (waiters.length > 0 && waiters.includes((messages[other] as (typeof messages)[number]).from)) continue;
        if ((theirLocks & self) !== 0 && (holder === null || subject.indexOf(holder) !== theirThread)) continue;
        const theirs = this.#move(actor, at, other);
        if (theirs === -1) continue; // a message that cannot come here
        if (!this.#commutes(actor, ours, theirs, message, other)) return undefined;
        const { next } = this.#moves[theirs] as Moved;
        const since = again ? came : came | (1 << index);
        const key = `${next.id} ${since}`;
        if (!met.has(key)) met.set(key, { at: next, came: since });
      }
    }
    return [...looks.values()];
  }

  /** Number of a local move, or -1 where the chart does not know the message. */
  #move(actor: number, at: Local, message: number): number {
    const where = actor * (1 << 20) + at.id;
    const known = this.#known.get(where, message);
    if (known !== -1) return known - 1;
    let number = -1;
    try {
      const { next, out, decided } = this.#tables.guess(actor, at, message);
      number = this.#moves.push({ next, decided, sent: sent(out) }) - 1;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
    this.#known.set(where, message, number + 1);
    return number;
  }

  /** Two moves from one local state, `ours` and `theirs` being their messages: the same in either order? */
  #commutes(actor: number, oursFirst: number, theirsFirst: number, ours: number, theirs: number): boolean {
    const known = this.#pairs.get(oursFirst, theirsFirst);
    if (known !== -1) return known === 1;
    const [a, b] = [this.#moves[oursFirst] as Moved, this.#moves[theirsFirst] as Moved];
    const [thenTheirs, thenOurs] = [this.#moves[this.#move(actor, a.next, theirs)], this.#moves[this.#move(actor, b.next, ours)]];
    const same = thenTheirs !== undefined && thenOurs !== undefined && thenTheirs.next === thenOurs.next &&
      (a.decided | thenTheirs.decided) === (b.decided | thenOurs.decided) &&
      [...a.sent, ...thenTheirs.sent].sort().join('\n') === [...b.sent, ...thenOurs.sent].sort().join('\n');
    this.#pairs.set(oursFirst, theirsFirst, same ? 1 : 0);
    return same;
  }
}

/** A local move, as far as its order with others matters. */
interface Moved {
  readonly next: Local;
  readonly decided: number;
  /** Receivers and messages. */
  readonly sent: readonly string[];
}

const sent = (out: ReturnType<Tables['guess']>['out']): string[] =>
  out.flatMap((output) => (output.kind === 'sent' ? [`${output.sent.to} ${JSON.stringify(output.sent.event)}`] : []));
