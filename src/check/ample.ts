/**
 * Partial order: which worlds may be left by the choices of one actor alone.
 *
 * A choice is a message delivered and the answers that follow. Two choices of different threads commute when every actor
 * that both reach gives the same result in either order. A message in flight is never disabled, so the choices of one
 * thread may stand for all (an ample set) if, as long as this thread waits, nothing that the others can do meets them:
 * for every actor reached, each message that another thread may send there commutes with ours in every local state that
 * such messages can lead to. Properties must not see our step, and one of our successors must still be in the queue.
 * Whether a world is at rest need not be looked at: as long as our message is in flight none is, so no world that is left
 * out is at rest. Nor does the end of a call that lets another thread begin one: it takes no choice from anybody.
 *
 * What others may send is learnt on the way, together with the locks that they always hold when they do: a message that
 * is only sent under a lock that we hold cannot come before we let go. If something new is learnt after a world was
 * narrowed because of its absence, the search begins again with what is known by then; a search that ends without
 * such news has narrowed rightly everywhere (a missed message would have to appear behind a narrowed world, and the
 * shortest way to it passes only what was visited).
 */
import type { Local } from '../world/locals.ts';
import { ModelError } from '../errors.ts';
import { Ints, PairMap } from './ints.ts';
import type { Judge } from './judge.ts';
import type { Locals } from './saved.ts';
import type { Reduction, Search } from './search.ts';
import type { Choice, Node, Tables } from './tables.ts';

/** What a thread was seen to send to an actor, and the locks it held every time. */
interface Label {
  readonly thread: number;
  readonly message: number;
  locks: number;
}

/** A question that was answered: may `thread`, holding `locks`, let `actor` take `message` in this local state? */
interface Question {
  readonly actor: number;
  readonly local: Local;
  readonly message: number;
  readonly thread: number;
  readonly locks: number;
  readonly live: number;
  version: number;
  alone: boolean;
}

/** More local states than this behind one question: then no. */
const enough = 400;

export class Ample implements Reduction {
  readonly #tables: Tables;
  readonly #judge: Judge;
  readonly #labels: Label[][];
  readonly #versions: number[];
  readonly #questions: Question[];
  /** By local move, then context: the question. */
  readonly #asked: PairMap;
  readonly #contexts: PairMap;
  readonly #locks: readonly number[];
  readonly #holders: Ints[];
  readonly #seen = new PairMap();
  readonly #moves: Moved[];
  readonly #known: PairMap;
  readonly #pairs: PairMap;
  /** Per world: thread of each actor with choices, locks held by each thread. */
  readonly #held: Int32Array;
  #live = -1;
  #thread = -1;
  #search: Search | undefined;
  #next = 1 << 11;

  constructor(tables: Tables, judge: Judge, before?: Ample) {
    this.#tables = tables;
    this.#judge = judge;
    const { actors } = tables.subject;
    this.#labels = before ? before.#labels : actors.map(() => []);
    this.#versions = before ? before.#versions : actors.map(() => 0);
    this.#questions = before ? before.#questions : [];
    this.#asked = before ? before.#asked : new PairMap();
    this.#moves = before ? before.#moves : [];
    this.#known = before ? before.#known : new PairMap();
    this.#pairs = before ? before.#pairs : new PairMap();
    this.#contexts = before ? before.#contexts : new PairMap();
    this.#locks = actors.flatMap(({ lock }, index) => (lock ? [index] : [])).slice(0, 31);
    this.#holders = this.#locks.map(() => new Ints());
    this.#held = new Int32Array(actors.length);
  }

  follow(search: Search): void {
    this.#search = search;
  }

  choose(nodes: Int32Array, open: Int32Array, count: number): number {
    for (let index = 0; index < count; index++) {
      const actor = open[index] as number;
      if (this.#candidate(actor, nodes, open, count)) return actor;
    }
    return -1;
  }

  taken(choice: number, nodes: Int32Array): void {
    this.#thread = this.#threadOf(choice, nodes);
  }

  moved(effects: readonly number[]): void {
    const thread = this.#thread;
    const locks = this.#held[thread] as number;
    for (const effect of effects) {
      const known = this.#seen.get(effect, thread);
      if (known !== -1 && (known & ~locks) === 0) continue;
      this.#seen.set(effect, thread, known === -1 ? locks : known & locks);
      for (const { actor, message } of this.#tables.effectMoves[effect] as Moves) this.#learn(actor, message, thread, locks);
    }
  }

  /** What was learnt, and what was relied on because of it. */
  save(locals: Locals): unknown {
    const relied = this.#questions.filter(({ alone }) => alone)
      .map(({ actor, local, message, thread, locks, live, version }) => [actor, locals.of(actor, local), message, thread, locks, live, version]);
    return { labels: this.#labels, versions: this.#versions, next: this.#next, relied };
  }

  /** Takes over what `save` gave; `locals` are the local states that it numbered. */
  restore(saved: unknown, locals: readonly (readonly Local[])[]): void {
    const { labels, versions, next, relied } = saved as { labels: Label[][]; versions: number[]; next: number; relied: [number, number, number, number, number, number, number][] };
    this.#next = next;
    for (const [actor, known] of labels.entries()) this.#labels[actor] = known;
    for (const [actor, version] of versions.entries()) this.#versions[actor] = version;
    for (const [actor, number, message, thread, locks, live, version] of relied) {
      const local = (locals[actor] as Local[])[number] as Local;
      const question: Question = { actor, local, message, thread, locks, live, version, alone: true };
      this.#asked.set(this.#context(actor, message, thread, locks, live), local.id, this.#questions.push(question) - 1);
    }
  }

  #learn(actor: number, message: number, thread: number, locks: number): void {
    const labels = this.#labels[actor] as Label[];
    const label = labels.find((one) => one.thread === thread && one.message === message);
    if (label === undefined) labels.push({ thread, message, locks });
    else if ((label.locks & ~locks) === 0) return;
    else label.locks &= locks;
    this.#versions[actor]!++;
  }

  /** Is it time to look whether what was learnt since undoes a decision? */
  due(size: number): boolean {
    if (size < this.#next) return false;
    this.#next = size * 2;
    return true;
  }

  /** Asks every question again whose grounds have changed. False if an answer that was relied on is wrong now. */
  sound(): boolean {
    let sound = true;
    for (const question of this.#questions) {
      if (question.version === this.#versions[question.actor]) continue;
      question.version = this.#versions[question.actor] as number;
      const alone = question.alone && this.#answer(question);
      if (question.alone && !alone) sound = false;
      question.alone = alone;
    }
    return sound;
  }

  /** Locks held by each thread, threads that may still do something. */
  survey(nodes: Int32Array): void {
    const { subject, nodes: all } = this.#tables;
    this.#held.fill(0);
    for (const [bit, lock] of this.#locks.entries()) {
      const holders = this.#holders[bit] as Ints;
      while (holders.length <= (nodes[lock] as number)) {
        const holder = subject.holderOf(((all[lock] as Node[])[holders.length] as Node).local);
        holders.push(holder === null ? -1 : subject.indexOf(holder));
      }
      const holder = holders.data[nodes[lock] as number] as number;
      if (holder !== -1) this.#held[this.#tables.root(holder, nodes)]! |= 1 << bit;
    }
    this.#live = -1;
    for (const [bit, { actor, times }] of subject.starts.entries()) {
      if (times === null || bit > 30) continue;
      const node = nodes[actor] as number;
      if (((all[actor] as Node[])[node] as Node).left === 0 && this.#tables.quiet(actor, node)) this.#live &= ~(1 << bit);
    }
  }

  #threadOf(choice: number, nodes: Int32Array): number {
    const { actor } = this.#tables.choices[choice] as Choice;
    return this.#tables.loose(choice) ? actor : this.#tables.root(actor, nodes);
  }

  #candidate(actor: number, nodes: Int32Array, open: Int32Array, count: number): boolean {
    const tables = this.#tables;
    const search = this.#search as Search;
    const first = (tables.first[actor] as Ints).data[nodes[actor] as number] as number;
    const end = first + ((tables.count[actor] as Ints).data[nodes[actor] as number] as number);
    if ((tables.choices[first] as Choice).start) return false;
    const thread = this.#threadOf(first, nodes);
    for (let index = 0; index < count; index++) {
      const other = open[index] as number;
      if (other !== actor && tables.root(other, nodes) === thread) return false;
    }
    const locks = this.#held[thread] as number;
    for (let choice = first; choice < end; choice++) {
      const { start: begins } = tables.choices[choice] as Choice;
      if (begins || this.#threadOf(choice, nodes) !== thread) return false;
      const decided = search.apply(choice);
      search.revert();
      if (decided !== 0) return false;
      for (const effect of search.effects)
        for (const { actor: reached, local, message } of tables.effectMoves[effect] as Moves)
          if (!this.#alone(reached, local, message, thread, locks)) return false;
    }
    return true;
  }

  #alone(actor: number, local: Local, message: number, thread: number, locks: number): boolean {
    const context = this.#context(actor, message, thread, locks, this.#live);
    const known = this.#asked.get(context, local.id);
    if (known !== -1) return (this.#questions[known] as Question).alone;
    const question: Question = { actor, local, message, thread, locks, live: this.#live, version: this.#versions[actor] as number, alone: false };
    question.alone = this.#answer(question);
    this.#asked.set(context, local.id, this.#questions.push(question) - 1);
    return question.alone;
  }

  #context(actor: number, message: number, thread: number, locks: number, live: number): number {
    const where = this.#number(this.#contexts, actor * 4096 + (thread & 4095), message);
    const who = this.#number(this.#contexts, -2 - where, locks);
    return live === -1 ? who : this.#number(this.#contexts, -2 - who, live);
  }

  #number(map: PairMap, a: number, b: number): number {
    let number = map.get(a, b);
    if (number === -1) {
      number = map.size;
      map.set(a, b, number);
    }
    return number;
  }

  #answer({ actor, local, message, thread, locks, live }: Question): boolean {
    const { subject } = this.#tables;
    const dead = (of: number) => live !== -1 && subject.starts.some(({ actor: one }, bit) => one === of && ((live >> bit) & 1) === 0);
    const { messages } = this.#tables;
    // Who waits for an answer is answered once: no other answer can come before this one.
    const answer = subject.isAnswer(messages[message] as (typeof messages)[number]);
    const others = (this.#labels[actor] as Label[]).filter((label) =>
      label.thread !== thread && (label.locks & locks) === 0 && !dead(label.thread) &&
      !(answer && subject.isAnswer(messages[label.message] as (typeof messages)[number])));
    const self = 1 << this.#locks.indexOf(actor);
    const met = new Set([local]);
    for (const at of met) {
      if (met.size > enough) return false;
      const ours = this.#move(actor, at, message);
      if (ours === -1 || (this.#moves[ours] as Moved).decided !== 0 || (this.#moves[ours] as Moved).visible) return false;
      const holder = subject.holderOf(at);
      const waiters = subject.waitersOf(at);
      for (const { message: other, thread: theirThread, locks: theirLocks } of others) {
        // Who waits here sends nothing; what is only sent by the holder of this very lock, nobody else sends.
        if (waiters.length > 0 && waiters.includes((messages[other] as (typeof messages)[number]).from)) continue;
        if ((theirLocks & self) !== 0 && (holder === null || subject.indexOf(holder) !== theirThread)) continue;
        const theirs = this.#move(actor, at, other);
        if (theirs === -1) continue; // a message that cannot come here
        if (!this.#commutes(actor, ours, theirs, message, other)) return false;
        met.add((this.#moves[theirs] as Moved).next);
      }
    }
    return true;
  }

  /** Number of a local move, or -1 where the chart does not know the message. */
  #move(actor: number, at: Local, message: number): number {
    const where = actor * (1 << 20) + at.id;
    const known = this.#known.get(where, message);
    if (known !== -1) return known - 1;
    let number = -1;
    try {
      const { next, out, decided } = this.#tables.guess(actor, at, message);
      number = this.#moves.push({ next, decided, sent: sent(out), visible: this.#visible(actor, at, next) }) - 1;
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

  #visible(actor: number, before: Local, after: Local): boolean {
    return before !== after && this.#judge.observe(actor, before) !== this.#judge.observe(actor, after);
  }
}

/** A local move, as far as its order with others matters. */
interface Moved {
  readonly next: Local;
  readonly decided: number;
  /** Receivers and messages. */
  readonly sent: readonly string[];
  readonly visible: boolean;
}
type Moves = Tables['effectMoves'][number];

const sent = (out: ReturnType<Tables['guess']>['out']): string[] =>
  out.flatMap((output) => (output.kind === 'sent' ? [`${output.sent.to} ${JSON.stringify(output.sent.event)}`] : []));
