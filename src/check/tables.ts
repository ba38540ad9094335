/**
 * The subject as tables of integers: what the inner loop reads instead of running charts.
 *
 * A node is all that belongs to one actor: its local state, the calls it has sent that nobody has taken yet, and how
 * often it may still begin. A world is one node per actor. A choice is one thing that a node may do next: a call of its
 * that is delivered, an answer of the environment, a call that it begins. What a choice does depends on its own node
 * and on the node of the actor it is delivered to, so it is computed once per pair of nodes and kept as an effect. The
 * answers that follow from it reach further actors by effects of their own (`receive`).
 */
import type { Local, Move, Output, Sent } from '../world/locals.ts';
import { ModelError } from '../errors.ts';
import { grown, mostInFlight, mostLocals } from './growth.ts';
import { Ints, PairMap } from './ints.ts';
import type { Property, Stepped } from './property.ts';
import type { Message, Subject } from './subject.ts';

export interface Node {
  readonly local: Local;
  /** Calls in flight that this actor sent, oldest first. */
  readonly outbox: readonly number[];
  /** Calls that a thread may still begin; -1 without a bound. */
  readonly left: number;
}

/** A question to a chart: what does this message do in this local state? */
export interface Asked {
  readonly actor: number;
  readonly local: Local;
  readonly message: number;
}

/** Direct: nobody but the actor itself is needed to know what the choice does. */
export const direct = -1;

/** One choice of a node, for people and paths. */
export interface Choice {
  readonly actor: number;
  /** Who gets the message; the actor itself for an answer of the environment or a beginning. */
  readonly target: number;
  readonly event: Message;
  readonly start: boolean;
}

export class Tables {
  readonly subject: Subject;
  readonly nodes: Node[][];
  readonly choices: Choice[] = [];
  /** By actor, then node: first choice (-1: not computed yet) and number of choices. */
  readonly first: Ints[];
  readonly count: Ints[];
  /** By choice: target or `direct`, node after the message is taken away, effect when direct. */
  readonly target = new Ints();
  readonly after = new Ints();
  readonly own = new Ints();
  /** By effect: node of the target, node of the actor, start of what is left to do, properties that the step decides. */
  readonly effectTarget = new Ints();
  readonly effectActor = new Ints();
  readonly effectRest = new Ints();
  readonly effectDecided = new Ints();
  /** By effect: actor, local state before and message of each local move, in their order. */
  readonly effectMoves: { readonly actor: number; readonly local: Local; readonly message: number }[][] = [];
  /** What is left to do: a count, then pairs of actor and code (message * 2: receive it; sent * 2 + 1: keep it in the outbox). */
  readonly rest = new Ints();
  readonly messages: Message[] = [];
  readonly sents: Sent[] = [];
  /** Local moves that some world makes, and those that were only asked about. */
  readonly made = new Map<Move, Asked>();
  readonly guessed = new Map<Move, Asked>();
  /** Local moves asked of the charts. */
  moves = 0;
  /** The choice whose effect is computed before anybody takes it; undefined between two. */
  computing: Choice | undefined;
  readonly #pairs = new PairMap();
  readonly #received: PairMap[];
  readonly #quiet: Ints[];
  readonly #callers: Ints[];
  readonly #loose = new Set<number>();
  readonly #byKey: Map<string, number>[];
  readonly #messageIds = new Map<Message, number>();
  readonly #sentIds = new Map<string, number>();
  readonly #starts: (Subject['starts'][number] | undefined)[];
  readonly #watched: readonly Property[];
  readonly #most: number;

  /** @param most local states of one actor, with its calls in flight; more are `unbounded` */
  constructor(subject: Subject, properties: readonly Property[], most = mostLocals) {
    this.subject = subject;
    this.#most = most;
    this.#watched = properties.filter(({ step }) => step !== undefined);
    if (this.#watched.length > 30) throw new ModelError('wrong-use', 'more than 30 properties about steps at once', { at: 'properties' });
    const { actors } = subject;
    this.nodes = actors.map(() => []);
    this.first = actors.map(() => new Ints());
    this.count = actors.map(() => new Ints());
    this.#quiet = actors.map(() => new Ints());
    this.#callers = actors.map(() => new Ints());
    this.#byKey = actors.map(() => new Map<string, number>());
    this.#received = actors.map(() => new PairMap());
    this.#starts = actors.map((_, index) => subject.starts.find(({ actor }) => actor === index));
    this.rest.push(0);
    for (const [index, { initial }] of actors.entries()) this.node(index, initial, [], this.#starts[index]?.times ?? -1);
  }

  /** Properties about steps, in the order of the bits of `effectDecided`. */
  get watched(): readonly Property[] {
    return this.#watched;
  }

  node(actor: number, local: Local, outbox: readonly number[], left: number): number {
    const key = `${local.id}|${outbox.join()}|${left}`;
    const byKey = this.#byKey[actor] as Map<string, number>;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const nodes = this.nodes[actor] as Node[];
    if (nodes.length >= this.#most || outbox.length > mostInFlight) throw this.#unbounded(actor, { local, outbox, left });
    nodes.push({ local, outbox, left });
    if (outbox.length > 0 && !(this.subject.actors[actor] as Subject['actors'][number]).thread && this.subject.callerOf(local) === null)
      for (const sent of outbox) this.#loose.add(this.message((this.sents[sent] as Sent).event));
    (this.first[actor] as Ints).push(-1);
    (this.count[actor] as Ints).push(0);
    byKey.set(key, nodes.length - 1);
    return nodes.length - 1;
  }

  /** Nothing in flight that this actor sent, and, for a thread, outside every call. */
  quiet(actor: number, node: number): boolean {
    const quiet = this.#quiet[actor] as Ints;
    while (quiet.length <= node) {
      const { local, outbox } = this.#node(actor, quiet.length);
      const { thread } = this.subject.actors[actor] as Subject['actors'][number];
      quiet.push(outbox.length === 0 && (!thread || this.subject.rests(local)) ? 1 : 0);
    }
    return quiet.data[node] === 1;
  }

  /** Something that this actor sent is still in flight. */
  inFlight(actor: number, node: number): boolean {
    return this.#node(actor, node).outbox.length > 0;
  }

  /** For whom an actor works at a node: the thread at the end of the chain of callers, or the actor itself. */
  root(actor: number, nodes: Int32Array): number {
    let at = actor;
    for (let depth = 0; depth < 16; depth++) {
      const caller = this.callerAt(at, nodes[at] as number);
      if (caller === -1) return at;
      at = caller;
    }
    return at;
  }

  /** A message that outlives the call in which it was sent: nobody waits for its answer. */
  loose(choice: number): boolean {
    const { event, actor } = this.choices[choice] as Choice;
    return this.#loose.has(this.message(event)) && !(this.subject.actors[actor] as Subject['actors'][number]).thread;
  }

  /** What one message does to a local state, in some world. */
  make(actor: number, local: Local, message: number): Move {
    const move = (this.subject.actors[actor] as Subject['actors'][number]).move(local, this.messages[message] as Message);
    if (!this.made.has(move)) this.made.set(move, { actor, local, message });
    return move;
  }

  /** What one message would do to a local state, and which properties about steps it would decide. */
  guess(actor: number, local: Local, message: number): Move & { readonly decided: number } {
    const event = this.messages[message] as Message;
    const move = (this.subject.actors[actor] as Subject['actors'][number]).guess(local, event);
    if (!this.guessed.has(move)) this.guessed.set(move, { actor, local, message });
    return { ...move, decided: this.#decided(actor, local, event, move) };
  }

  /** Who called an actor that is at a node, or -1. */
  callerAt(actor: number, node: number): number {
    const callers = this.#callers[actor] as Ints;
    while (callers.length <= node) {
      const { thread } = this.subject.actors[actor] as Subject['actors'][number];
      const caller = thread ? null : this.subject.callerOf(this.#node(actor, callers.length).local);
      callers.push(caller === null || caller === this.subject.environment ? -1 : this.subject.indexOf(caller));
    }
    return callers.data[node] as number;
  }

  /** Computes the choices of a node; `first` and `count` then say where they are. */
  expand(actor: number, node: number): void {
    const { local, outbox, left } = this.#node(actor, node);
    const start = this.choices.length;
    const seen = new Set<string>();
    for (const [at, sent] of outbox.entries()) {
      const call = this.sents[sent] as Sent;
      if (seen.has(call.to)) continue;
      seen.add(call.to);
      const after = this.node(actor, local, outbox.filter((_, index) => index !== at), left);
      for (const { to, event } of this.subject.alternatives(call)) {
        const target = this.subject.indexOf(to);
        if (target === actor) this.#direct(actor, event, after, false);
        else this.#choice({ actor, target, event, start: false }, target, after, -1);
      }
    }
    const begins = this.#starts[actor];
    if (begins && left !== 0 && outbox.length === 0 && this.subject.rests(local)) {
      const fewer = this.node(actor, local, outbox, left > 0 ? left - 1 : left);
      for (const event of begins.calls) this.#direct(actor, event, fewer, true);
    }
    (this.first[actor] as Ints).data[node] = start;
    (this.count[actor] as Ints).data[node] = this.choices.length - start;
  }

  /** The effect of a choice when its target is at `node`. */
  effect(choice: number, node: number): number {
    const known = this.#pairs.get(choice, node);
    if (known !== -1) return known;
    const { actor, event } = this.choices[choice] as Choice;
    const target = this.target.data[choice] as number;
    const nodes = new Map([[target, node], [actor, this.after.data[choice] as number]]);
    const effect = this.#settle(nodes, target, actor, [{ actor: target, message: this.message(event), sent: -1 }]);
    this.#pairs.set(choice, node, effect);
    return effect;
  }

  /** The effect of a message that `actor` receives at `node`: `effectActor` is its node after. */
  receive(actor: number, node: number, message: number): number {
    const received = this.#received[actor] as PairMap;
    const known = received.get(node, message);
    if (known !== -1) return known;
    const effect = this.#settle(new Map([[actor, node]]), -1, actor, [{ actor, message, sent: -1 }]);
    received.set(node, message, effect);
    return effect;
  }

  /** What an effect leaves to do: messages to receive (`sent` -1) and calls to keep (`message` -1), in order. */
  left(effect: number): { actor: number; message: number; sent: number }[] {
    const { data } = this.rest;
    const from = this.effectRest.data[effect] as number;
    return Array.from({ length: from === 0 ? 0 : (data[from] as number) }, (_, index) => {
      const code = data[from + 2 + 2 * index] as number;
      const actor = data[from + 1 + 2 * index] as number;
      return (code & 1) === 1 ? { actor, message: -1, sent: code >> 1 } : { actor, message: code >> 1, sent: -1 };
    });
  }

  /** The node of an actor that keeps one more call in flight. */
  keep(actor: number, node: number, sent: number): number {
    const { local, outbox, left } = this.#node(actor, node);
    return this.node(actor, local, [...outbox, sent], left);
  }

  message(event: Message): number {
    const known = this.#messageIds.get(event);
    if (known !== undefined) return known;
    this.messages.push(event);
    this.#messageIds.set(event, this.messages.length - 1);
    return this.messages.length - 1;
  }

  #unbounded(actor: number, node: Node): ModelError {
    const { address } = this.subject.actors[actor] as Subject['actors'][number];
    if (node.outbox.length > mostInFlight)
      return new ModelError('unbounded', `${address} has more than ${mostInFlight} calls in flight`, { at: `${address}, state ${JSON.stringify(node.local.value)}` });
    const { part, values, last } = grown([...(this.nodes[actor] as Node[]), node]);
    return new ModelError('unbounded', `more than ${this.#most} local states: its ${part} has ${values} values, here ${last}`, {
      at: `${address}, state ${JSON.stringify(node.local.value)}`, hint: 'bound it in the chart; where so many are meant, allow more (`locals`, --local-states)',
    });
  }

  #node(actor: number, node: number): Node {
    return (this.nodes[actor] as Node[])[node] as Node;
  }

  /** Number of a message with its receiver. */
  sent(sent: Sent): number {
    const key = `${this.message(sent.event)} ${sent.to}`;
    const known = this.#sentIds.get(key);
    if (known !== undefined) return known;
    this.sents.push(sent);
    this.#sentIds.set(key, this.sents.length - 1);
    return this.sents.length - 1;
  }

  #choice(choice: Choice, target: number, after: number, own: number): void {
    this.choices.push(choice);
    this.target.push(target);
    this.after.push(after);
    this.own.push(own);
  }

  /** A choice of which all is known at once: what `event` does at `node`. */
  #direct(actor: number, event: Message, node: number, start: boolean): void {
    const choice = (this.computing = { actor, target: actor, event, start });
    const effect = this.receive(actor, node, this.message(event));
    this.computing = undefined;
    this.#choice(choice, direct, -1, effect);
  }

  /** Lets the actors in `nodes` move until only messages for others are left. */
  #settle(nodes: Map<number, number>, target: number, actor: number, queue: { actor: number; message: number; sent: number }[]): number {
    let decided = 0;
    const made: { actor: number; local: Local; message: number }[] = [];
    const left: { actor: number; code: number }[] = [];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const node = nodes.get(item.actor);
      if (node === undefined) {
        left.push({ actor: item.actor, code: item.sent === -1 ? item.message * 2 : item.sent * 2 + 1 });
      } else if (item.sent !== -1) {
        nodes.set(item.actor, this.keep(item.actor, node, item.sent));
      } else {
        const { local, outbox, left: times } = this.#node(item.actor, node);
        this.moves++;
        made.push({ actor: item.actor, local, message: item.message });
        const event = this.messages[item.message] as Message;
        const move = this.make(item.actor, local, item.message);
        nodes.set(item.actor, this.node(item.actor, move.next, outbox, times));
        decided |= this.#decided(item.actor, local, event, move);
        this.#post(move.out, queue);
      }
    }
    const effect = this.effectTarget.push(target === -1 ? -1 : nodes.get(target) as number);
    this.effectActor.push(nodes.get(actor) as number);
    this.effectDecided.push(decided);
    this.effectMoves.push(made);
    this.effectRest.push(left.length === 0 ? 0 : this.rest.push(left.length));
    for (const { actor: to, code } of left) {
      this.rest.push(to);
      this.rest.push(code);
    }
    return effect;
  }

  /** Puts what a chart sent in the queue of things to do. */
  #post(out: readonly Output[], queue: { actor: number; message: number; sent: number }[]): void {
    const { subject } = this;
    for (const output of out) {
      if (output.kind === 'said') continue;
      const { to, event } = output.sent;
      if (!subject.isAnswer(event)) queue.push({ actor: subject.indexOf(event.from), message: -1, sent: this.sent(output.sent) });
      else if (to !== subject.environment) queue.push({ actor: subject.indexOf(to), message: this.message(event), sent: -1 });
    }
  }

  /** Which of the properties about steps are decided by this one. */
  #decided(actor: number, before: Local, event: Message, { next, out }: Move): number {
    const { address } = this.subject.actors[actor] as Subject['actors'][number];
    const stepped: Stepped = {
      address, before, after: next, event,
      said: out.flatMap((output) => (output.kind === 'said' ? [output.said] : [])),
      sent: out.flatMap((output) => (output.kind === 'sent' ? [output.sent] : [])),
    };
    let decided = 0;
    for (const [bit, { step, kind }] of this.#watched.entries()) if (step?.(stepped) === (kind === 'sometimes')) decided |= 1 << bit;
    return decided;
  }
}
