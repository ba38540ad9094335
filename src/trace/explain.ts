/**
 * Explains one line of a trace: from every state that explains the trace so far, to every state that explains one line
 * more. Nothing here knows files or verdicts.
 *
 * Each task moves only when one of its own lines asks for it. Steps that no probe shows are taken on the way to the next
 * label; where the environment answers unseen, each answer is tried. A step that nobody sees may really have happened
 * earlier than the line that makes it necessary: before another task changes the object it reads, both orders are kept.
 */
import { environment, kindOf } from '../../machines/address.ts';
import type { Address, Message, Said } from '../../machines/chart.ts';
import { draws } from '../../machines/environment.ts';
import type { Tracepoint } from '../../machines/tracepoints.ts';
import type { Actor, Local } from '../world/locals.ts';
import type { Choice, Flight, Step, System } from '../world/world.ts';
import { beginnings, type Beginning } from './begin.ts';
import { anyErrno, compare } from './compare.ts';
import type { Knowledge } from './knowledge.ts';
import { describe, word, type Label, type Labels } from './label.ts';
import { applies, apply, Looks, runOf, Runs, signatureOf } from './runs.ts';
import type { TraceLine } from './line.ts';
import { isNobody } from './readers/names.ts';
import { discard, keyOf, lastStep, moverOf, pop, push, stepsOf, threadOf, tokenOf, top, withTop, type Frame, type State } from './state.ts';
import { Ways } from './ways.ts';

/** A line whose function the model's recorder knows. */
export interface Seen extends Tracepoint {
  readonly line: TraceLine;
}

/** What a task was found to be at, when a line of it did not fit. */
export interface Miss {
  readonly expected: string;
  readonly why: string;
}

/** A state after the end of a frame, what its caller saw, and the frame as it ended. */
export interface Finished {
  readonly state: State;
  readonly ret: number | null;
  readonly frame: Frame;
}

/** Functions inside which a driver's own code runs: it may call anything. */
const driversCode = new Set(['probe', 'remove']);
/** Unseen calls right before it. */
const beforeProbe = new Set(['sysfs_create_link', 'activate']);
/** How many hidden steps one line may ask for. */
const patience = 400;

interface Search {
  readonly seen: Seen;
  readonly pid: number;
  readonly found: State[];
  readonly misses: Miss[];
  /** Other threads that are being moved on behalf of this one. */
  readonly helping: ReadonlySet<Address>;
  budget: number;
  readonly deep: boolean;
  /** What is looked at, from these local states on, where the way may be kept. */
  looks: Looks | null;
  start: readonly Local[] | null;
  /** The label that the line showed. */
  matched?: Label;
}

const nobody: ReadonlySet<Address> = new Set();

export class Explainer {
  readonly #system: System;
  readonly #labels: Labels;
  readonly #knowledge: Knowledge;
  readonly #runs = new Runs();
  readonly #isSettled = (group: string): boolean => this.#knowledge.isSettled(group);
  readonly #ways: Ways;

  constructor(knowledge: Knowledge, labels: Labels) {
    this.#knowledge = knowledge;
    this.#system = knowledge.system;
    this.#labels = labels;
    this.#ways = new Ways(knowledge);
  }

  /** Every state that explains the line too. Empty: none does; `misses` then says what was possible. */
  explain(states: readonly State[], seen: Seen, misses: Miss[]): State[] {
    const shallow = states.length === 1 ? this.#explainOne(states[0] as State, seen, misses) : this.#explainAll(states, seen, misses, false);
    // Devices that stand for tasks of their own meet nowhere.
    return shallow.length > 0 || isNobody(seen.line.pid) ? shallow : this.#explainAll(states, seen, misses, true);
  }

  /** `deep`: others may have gone a long way unseen, not only to the object that they stand at. */
  #explainAll(states: readonly State[], seen: Seen, misses: Miss[], deep: boolean): State[] {
    const found: State[] = [];
    for (const state of states) this.#feed(state, { ...this.#search(seen, found, misses), deep });
    return this.distinct(found).map((state) => this.settle(state, seen.line.pid));
  }

  #search(seen: Seen, found: State[], misses: Miss[]): Search {
    return { seen, pid: seen.line.pid, found, misses, helping: nobody, budget: patience, deep: false, looks: null, start: null };
  }

  /** One state: a run that was taken before is taken again; one that is new is kept. */
  #explainOne(state: State, seen: Seen, misses: Miss[]): State[] {
    const { pid } = seen.line;
    const found: State[] = [];
    const search = this.#search(seen, found, misses);
    const frame = top(state, pid);
    if (frame?.thread == null || frame.expect.length > 0) {
      this.#feed(state, search);
      return this.distinct(found).map((after) => this.settle(after, pid));
    }
    const { thread } = frame;
    const token = frame.pending === null ? tokenOf(this.#system, state.world, thread) : -1;
    const message = frame.pending === null ? state.world.flight[token]?.event : this.#system.start(thread, frame.pending).event;
    if (message === undefined) {
      this.#feed(state, search);
      return this.distinct(found).map((after) => this.settle(after, pid));
    }
    const signature = `${thread} ${state.world.flight[token]?.to ?? ''} ${signatureOf(seen.says, seen.at, seen.line)}`;
    const indexOf = (address: Address) => (address === environment ? -1 : this.#system.indexOf(address));
    for (const run of this.#runs.find(message, signature)) {
      if (!applies(run, state, token, indexOf) || run.label === null) continue;
      const world = apply(run, state, token);
      const cause = token < 0 ? null : (state.world.flight[token] as Flight).cause;
      const trail = { steps: run.steps, base: state.world.seq, cause, line: seen.line.line, before: frame.trail };
      const after = withTop(state, pid, { ...frame, pending: null, expect: run.rest, trail }, world);
      if (compare(run.label, seen.line, { system: this.#system, first: seen.first ?? 0, state: after, pid, isSettled: this.#isSettled }) === null) return [after];
    }
    search.looks = new Looks();
    search.start = state.world.locals;
    this.#feed(state, search);
    if (found.length !== 1) return this.distinct(found).map((after) => this.settle(after, pid));
    const settled = this.#settle(found[0] as State, pid, search);
    if (!search.looks.entangled && search.matched != null) {
      const end = top(settled, pid);
      const run = end?.thread === thread ? runOf(search.looks, state, token, settled, search.matched, end.expect, end.trail, frame.trail) : null;
      if (run !== null) this.#runs.keep(message, signature, run);
    }
    return [settled];
  }

  /**
   * Lets a task go on, unseen, to the next object that others may be on their way to.
   *
   * Those steps concern nobody else, so they may as well be taken now; and whoever changes that object next can see that
   * this task may have been there before.
   */
  settle(state: State, pid: number): State {
    return this.#settle(state, pid, this.#search({ line: { pid } as TraceLine, says: '', at: 'entry' }, [], []));
  }

  #settle(state: State, pid: number, search: Search): State {
    let at = state;
    for (let steps = 0; steps < 40; steps++) {
      const frame = top(at, pid);
      if (frame?.thread == null || frame.expect.length > 0) break;
      const next = frame.pending === null ? this.#privateStep(at, frame.thread) : this.#system.start(frame.thread, frame.pending);
      if (next === null) break;
      const index = this.#system.indexOf(next.to);
      const local = at.world.locals[index] as Local;
      const move = (this.#system.actors[index] as Actor).move(local, next.event);
      if (this.#labels.of(next.to, next.event, move).length > 0) break;
      search.looks?.read(index, local, search.start ?? []);
      const from = frame.pending === null ? at : withTop(at, pid, { ...frame, pending: null });
      at = this.#recorded(from, this.#system.step(at.world, next), [], { ...search, pid });
    }
    return at;
  }

  /** The delivery of the thread's message, where it goes to an actor that only this thread is at work in. */
  #privateStep({ world }: State, thread: Address): Choice | null {
    const index = tokenOf(this.#system, world, thread);
    const flight = world.flight[index];
    if (flight === undefined || flight.to === environment || shared.has(kindOf(flight.to)) || draws[flight.event.type] !== undefined) return null;
    return kindOf(flight.to) === 'group' ? null : { kind: 'deliver', index, to: flight.to, event: flight.event };
  }

  /** Lets a task run to the end of the frame that a mark began, and gives the result its caller saw. */
  finish(state: State, pid: number, mark: string, seen: Seen, misses: Miss[]): Finished[] {
    const results: Finished[] = [];
    const visit = (at: State): void => {
      const frame = top(at, pid);
      if (frame === undefined) return;
      if (frame.thread === null) {
        if (frame.mark === mark) results.push({ state: pop(at, pid), ret: null, frame });
        else if (frame.mark === null) visit(pop(at, pid));
        return;
      }
      const search: Search = { ...this.#search(seen, [], misses), pid };
      for (const [after, ret] of this.#complete(at, search)) {
        if (frame.mark === mark) results.push({ state: pop(after, pid), ret, frame: top(after, pid) as Frame });
        else visit(pop(after, pid));
      }
    };
    visit(state);
    return results;
  }

  /** The states in which all that the task has begun is over, unseen. */
  over(state: State, pid: number, seen: Seen): State[] {
    const frame = top(state, pid);
    if (frame === undefined) return [state];
    if (frame.mark !== null) return [];
    // A call that the charts do not have is over at its return, where that is on record.
    if (frame.thread === null) return frame.ends !== null && this.#labels.shows(frame.ends) ? [] : this.over(pop(state, pid), pid, seen);
    return this.#complete(state, { ...this.#search(seen, [], []), pid }).flatMap(([after]) => this.over(pop(after, pid), pid, seen));
  }

  distinct(states: State[]): State[] {
    if (states.length < 2) return states;
    const byKey = new Map<string, State>();
    for (const state of states) {
      const key = keyOf(this.#system, state);
      const known = byKey.get(key);
      byKey.set(key, known === undefined ? state : { ...known, past: { instead: state, before: known.past } });
    }
    return [...byKey.values()];
  }

  /** The line belongs to the innermost frame that can show it. */
  #feed(state: State, search: Search): void {
    const { seen, pid } = search;
    const frame = top(state, pid);
    if (frame === undefined) return this.#begin(state, search);
    if (frame.thread === null) {
      if (frame.ends === `${seen.says} ${seen.at}`) search.found.push(pop(state, pid));
      else this.#begin(state, search);
      return;
    }
    this.#run(state, frame, search);
  }

  #begin(state: State, search: Search): void {
    if (search.looks !== null) search.looks.entangled = true;
    for (const beginning of beginnings(search.seen, state, this.#knowledge)) {
      if (beginning.after === undefined) this.#start(state, beginning, search);
      else this.#afterOther(state, beginning, beginning.after, search);
    }
  }

  /** The thread that begins here is only there once another one has gone on, unseen: a worker's earlier run, a registration. */
  #afterOther(state: State, beginning: Beginning, { pid, until }: { pid: number; until: 'idle' | 'ready' }, search: Search): void {
    const helper = top(state, pid)?.thread;
    const { thread } = beginning;
    if (helper == null || thread === null) return;
    const helping = new Set([...search.helping, helper]);
    if (until === 'idle') return this.#takeOver(state, pid, helper, beginning, { ...search, pid, helping }, search);
    this.#help(state, pid, helper, thread, { ...search, pid, helping }, (after) => this.#start(after, beginning, search));
  }

  #start(state: State, { thread, command, ends, what }: Beginning, search: Search): void {
    const frame: Frame = {
      thread, what, since: search.seen.line.line, pending: command ?? null, expect: [], mark: null, ends: ends ?? null, trail: null,
    };
    const pushed = push({ ...state, world: this.#system.grow(state.world) }, search.pid, frame);
    if (thread === null) search.found.push(pushed);
    else this.#run(pushed, frame, search);
  }

  /** The call that begins the frame's thread. */
  #call(state: State, frame: Frame, pid: number, search: Search, then: (state: State) => void): void {
    const choice = this.#system.start(frame.thread as Address, frame.pending as Said);
    this.#take(withTop(state, pid, { ...frame, pending: null }), choice, { ...search, pid }, then);
  }

  /** A worker runs on another task now: its earlier run ends unseen, or goes round once more on this task. */
  #takeOver(state: State, pid: number, worker: Address, beginning: Beginning, search: Search, mine: Search): void {
    if (search.budget-- <= 0) return;
    const frame = top(state, pid);
    if (frame === undefined) return;
    if (frame.expect.length > 0) {
      const moved = push(pop(state, pid), mine.pid, frame);
      return frame.expect[0]?.says === mine.seen.says ? this.#run(moved, frame, mine) : undefined;
    }
    const token = tokenOf(this.#system, state.world, worker);
    if (this.#system.local(state.world, worker).value === 'idle')
      return token < 0 ? undefined : this.#start(pop(state, pid), { thread: worker, what: beginning.what }, mine);
    if (token < 0) return;
    this.#advance(state, token, search, (after) => this.#takeOver(after, pid, worker, beginning, search, mine));
  }

  /** Moves the task until it shows a label, ends, or is inside a driver's own code. */
  #run(state: State, frame: Frame, search: Search): void {
    const { seen, pid, misses } = search;
    if (search.budget-- <= 0) return;
    const [label] = frame.expect;
    if (label !== undefined) return this.#match(state, frame, label, search);
    if (frame.pending !== null) return this.#call(state, frame, pid, search, (after) => this.#run(after, top(after, pid) as Frame, search));
    const thread = frame.thread as Address;
    const token = tokenOf(this.#system, state.world, thread);
    if (token < 0) {
      if (this.#system.local(state.world, thread).value === 'idle') {
        // What a mark began, only its end mark ends; what this line began must show this line.
        if (frame.mark === null && frame.since !== seen.line.line) return this.#feed(pop(state, pid), search);
        if (misses.length < 32) misses.push({ expected: `${frame.what} is over`, why: 'ended' });
        return;
      }
      return this.#unblock(state, thread, search, (after) => this.#run(after, top(after, pid) as Frame, search));
    }
    const flight = state.world.flight[token] as Flight;
    if (flight.to === environment && driversCode.has(flight.event.type)) {
      // Where each device is a task of its own, what its driver's code calls is another task's.
      const nested = isNobody(seen.line.pid) ? [] : beginnings(seen, state, this.#knowledge);
      if (nested.length > 0 && search.looks !== null) search.looks.entangled = true;
      for (const beginning of nested) this.#start(state, beginning, search);
      if (nested.length > 0 && seen.at === 'entry') return;
    }
    if (flight.to === environment && flight.event.type.endsWith('.ret') && misses.length < 32)
      misses.push({ expected: `${frame.what} is over`, why: 'ended' });
    this.#advance(state, token, search, (after) => this.#run(after, top(after, pid) as Frame, search));
  }

  #match(state: State, frame: Frame, label: Label, search: Search): void {
    const { seen, pid, misses } = search;
    const fits = label.says === seen.says && label.at === seen.at;
    const wrong = fits ? compare(label, seen.line, { system: this.#system, first: seen.first ?? 0, state, pid, isSettled: this.#isSettled }) : null;
    const rest = withTop(state, pid, { ...frame, expect: frame.expect.slice(1) });
    if (fits && wrong === null) {
      const { ret } = label.args;
      search.matched = label;
      if (search.looks !== null && typeof ret === 'number' && Math.abs(ret) === anyErrno) search.looks.entangled = true;
      search.found.push(typeof ret === 'number' && Math.abs(ret) === anyErrno ? this.#named(rest, Math.abs(Number(seen.line.fields['ret']))) : rest);
      return;
    }
    // A bus whose notifier calls the recorder leaves out, or one that it has not named yet.
    if (label.says === 'bus_notify' && !this.#knowledge.notified(word(label.args['bus'])))
      return this.#run(rest, top(rest, pid) as Frame, search);
    if (misses.length < 32) misses.push({ expected: describe(label), why: wrong === null ? 'other' : wrong });
  }

  /** An error that could be any has shown itself: it is this one, wherever it is on its way. */
  #named(state: State, errno: number): State {
    const name = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(String(anyErrno), String(errno))) as T;
    const concerns = (value: unknown): boolean => JSON.stringify(value).includes(String(anyErrno));
    const locals = state.world.locals.map((local, index) =>
      (concerns(local.context) ? (this.#system.actors[index] as Actor).at(name(local.context), local.value) : local));
    const flight = state.world.flight.map((sent) => (concerns(sent.event) ? { ...sent, event: this.#system.messages.intern(name(sent.event)) } : sent));
    const tasks = state.tasks.map(({ pid, frames }) => ({ pid, frames: frames.map((frame) =>
      ({ ...frame, expect: frame.expect.map((label) => (concerns(label.args) ? { ...label, args: name(label.args) } : label)) })) }));
    return { ...state, world: { ...state.world, locals, flight }, tasks };
  }

  /** Takes the token's message in every way that the environment allows, then goes on. */
  #advance(state: State, token: number, search: Search, then: (state: State) => void): void {
    const flight = state.world.flight[token] as Flight;
    for (const choice of this.#ways.of(state, token, flight, search)) {
      if (kindOf(choice.to) === 'group' || choice.to === environment || choice.kind === 'answer') this.#take(state, choice, search, then);
      else this.#ordered(state, choice, flight, search, then);
    }
  }

  /** Before this delivery, others may have reached the same object unseen: keep that order too, where it matters. */
  #ordered(state: State, choice: Choice, flight: Flight, search: Search, then: (state: State) => void): void {
    const { to } = choice;
    if (isNobody(search.seen.line.pid)) return this.#take(state, choice, search, then);
    if (search.deep && shared.has(kindOf(to))) return this.#afterAny(state, choice, flight, search, then);
    const waiting = state.world.flight.filter((other) => other !== flight && other.to === to && !search.helping.has(moverOf(this.#system, state.world, other)));
    if (waiting.length > 0 && search.looks !== null) search.looks.entangled = true;
    for (const other of waiting) {
      const before = this.#system.local(state.world, to);
      const actor = this.#actorAt(to);
      if (this.#commute(actor, before, choice.event, other.event)) continue;
      this.#goOn(state, moverOf(this.#system, state.world, other), to, search, (after) => {
        const index = after.world.flight.indexOf(flight);
        if (index >= 0) this.#ordered(after, { ...choice, index } as Choice, flight, search, then);
      });
    }
    this.#take(state, choice, search, then);
  }

  /** As `#ordered`, where others may come to the object from further away. */
  #afterAny(state: State, choice: Choice, flight: Flight, search: Search, then: (state: State) => void): void {
    const mine = moverOf(this.#system, state.world, flight);
    for (const { frames } of state.tasks) {
      const frame = frames.at(-1);
      if (frame?.thread == null || frame.thread === mine || frame.expect.length > 0 || frame.pending !== null || search.helping.has(frame.thread)) continue;
      const helping = new Set([...search.helping, frame.thread]);
      this.#reach(state, frame.thread, choice.to, { ...search, budget: 24, helping }, (after) => {
        const index = after.world.flight.indexOf(flight);
        if (index >= 0) this.#afterAny(after, { ...choice, index } as Choice, flight, { ...search, helping }, then);
      });
    }
    this.#take(state, choice, search, then);
  }

  /** Another thread goes on unseen until it has been at `object`, and from there on as far as it may. */
  #reach(state: State, mover: Address, object: Address, search: Search, then: (state: State) => void): void {
    if (search.budget-- <= 0) return;
    const token = tokenOf(this.#system, state.world, mover);
    const flight = state.world.flight[token];
    if (flight === undefined) return;
    const pid = this.#pidOf(state, mover) ?? search.pid;
    for (const choice of this.#ways.of(state, token, flight, search))
      this.#take(state, choice, { ...search, pid }, (after) => {
        if ((top(after, pid)?.expect.length ?? 0) > 0 && flight.to !== object) return;
        if (flight.to === object) then(after);
        this.#reach(after, mover, object, search, then);
      });
  }

  #actorAt(address: Address): Actor {
    return this.#system.actors[this.#system.indexOf(address)] as Actor;
  }

  #commute(actor: Actor, local: Local, mine: Message, theirs: Message): boolean {
    const first = actor.move(local, mine);
    const second = actor.move(local, theirs);
    const mineLast = actor.move(second.next, mine);
    const theirsLast = actor.move(first.next, theirs);
    return mineLast.next === theirsLast.next && same(mineLast.out, first.out) && same(theirsLast.out, second.out);
  }

  /** Another thread takes its step at `object`, unseen, and goes on until it is there again, or would show something. */
  #goOn(state: State, mover: Address, object: Address, search: Search, then: (state: State) => void): void {
    if (search.budget-- <= 0) return;
    const pid = this.#pidOf(state, mover);
    const theirs = { ...search, pid: pid ?? search.pid, helping: new Set([...search.helping, mover]) };
    const token = tokenOf(this.#system, state.world, mover);
    if (token < 0) return then(state);
    for (const choice of this.#ways.of(state, token, state.world.flight[token] as Flight, search))
      this.#take(state, choice, theirs, (after) => {
        const next = after.world.flight[tokenOf(this.#system, after.world, mover)];
        const shows = pid !== undefined && (top(after, pid)?.expect.length ?? 0) > 0;
        if (shows || next === undefined || next.to === object || next.to === environment) then(after);
        else this.#goOn(after, mover, object, search, then);
      });
  }

  #pidOf(state: State, thread: Address): number | undefined {
    for (const { pid, frames } of state.tasks) if (frames.some((frame) => frame.thread === thread)) return pid;
    return undefined;
  }

  /** One step; a step that only queues for a lock is not taken: first whoever holds it must go on. */
  #take(state: State, choice: Choice, search: Search, then: (state: State) => void): void {
    let labels: readonly Label[] = [];
    if (choice.to !== environment) {
      const at = this.#system.indexOf(choice.to);
      const local = state.world.locals[at] as Local;
      search.looks?.read(at, local, search.start ?? []);
      const move = (this.#system.actors[at] as Actor).move(local, choice.event);
      if (move.out.length === 0 && isLock(choice.event.type)) {
        const holder = this.#system.local(state.world, choice.to).context['holder'];
        if (typeof holder !== 'string' || search.helping.has(holder)) return;
        return this.#release(state, holder, choice, search, then);
      }
      labels = this.#labels.of(choice.to, choice.event, move);
      if (labels.length > 0 && this.#isHopeless(labels[0] as Label, state, search)) return;
    }
    then(this.#recorded(state, this.#system.step(state.world, choice), labels, search));
  }

  /** What the step would show first is not what the line shows: there is no need to take it. */
  #isHopeless(label: Label, state: State, { seen, pid, misses }: Search): boolean {
    if (pid !== seen.line.pid || (label.says === seen.says && label.at === seen.at) || label.says === 'bus_notify') return false;
    if ((top(state, pid)?.expect.length ?? 0) > 0) return false;
    if (misses.length < 32) misses.push({ expected: describe(label), why: 'other' });
    return true;
  }

  #recorded(state: State, step: Step, labels: readonly Label[], search: Search): State {
    const frame = top(state, search.pid);
    if (frame === undefined) return { ...state, world: step.world };
    const { thread, what, since, pending, mark, ends } = frame;
    const next = labels.length === 0 ? undefined : this.#handedOver(state, step, frame, search.pid);
    const expect = labels.length === 0 || next !== undefined ? frame.expect : frame.expect.length === 0 ? labels : [...frame.expect, ...labels];
    const at = step.fact.to === environment ? -1 : this.#system.indexOf(step.fact.to);
    const taken = { fact: step.fact, before: state.world.locals[at], after: step.world.locals[at] };
    const trail = { steps: [taken], base: 0, cause: null, line: search.seen.line.line, before: frame.trail };
    const after = withTop(state, search.pid, { thread, what, since, pending, expect, mark, ends, trail }, step.world);
    if (next === undefined) return after;
    const theirs = top(after, next) as Frame;
    return withTop(after, next, { ...theirs, expect: [...theirs.expect, ...labels] });
  }

  /** In the same step the object went on for somebody who had waited for it: what it then shows is theirs. */
  #handedOver({ tasks }: State, { fact: { to }, world }: Step, { thread }: Frame, pid: number): number | undefined {
    if (to === environment || kindOf(to) !== 'vfio_container') return undefined;
    const now = threadOf(this.#system, world, to);
    if (now === thread || kindOf(now) !== 'thread') return undefined;
    const other = tasks.find(({ frames }) => frames.at(-1)?.thread === now)?.pid;
    return other === pid ? undefined : other;
  }

  /** The lock is held: its holder must already have given it back, unseen. */
  #release(state: State, holder: Address, choice: Choice, search: Search, then: (state: State) => void): void {
    if (search.looks !== null) search.looks.entangled = true;
    const pid = this.#pidOf(state, holder);
    if (pid === undefined || (top(state, pid)?.expect.length ?? 0) > 0 || search.budget-- <= 0) return;
    const token = tokenOf(this.#system, state.world, holder);
    if (token < 0) return;
    const flight = state.world.flight[token] as Flight;
    const helping = new Set([...search.helping, holder]);
    for (const way of this.#ways.of(state, token, flight, search))
      this.#take(state, way, { ...search, pid, helping }, (after) => {
        const original = state.world.flight[choice.kind === 'start' ? -1 : choice.index];
        const index = original === undefined ? -1 : after.world.flight.indexOf(original);
        const again = { ...choice, index } as Choice;
        if (this.#system.local(after.world, choice.to).context['holder'] === null) this.#take(after, again, search, then);
        else this.#release(after, holder, again, search, then);
      });
  }

  /** The thread waits for something that another one has done unseen (a device fd was closed, say). */
  #unblock(state: State, thread: Address, search: Search, then: (state: State) => void): void {
    if (search.looks !== null) search.looks.entangled = true;
    for (const { pid, frames } of state.tasks) {
      const other = frames.at(-1);
      if (other?.thread == null || other.thread === thread || other.expect.length > 0 || search.helping.has(other.thread)) continue;
      const token = tokenOf(this.#system, state.world, other.thread);
      if (token < 0) continue;
      const helping = new Set([...search.helping, other.thread]);
      this.#help(state, pid, other.thread, thread, { ...search, pid, helping }, then);
    }
  }

  #help(state: State, pid: number, helper: Address, thread: Address, search: Search, then: (state: State) => void): void {
    if (search.budget-- <= 0) return;
    if (tokenOf(this.#system, state.world, thread) >= 0) return then(state);
    if ((top(state, pid)?.expect.length ?? 0) > 0) return;
    const token = tokenOf(this.#system, state.world, helper);
    if (token < 0) return;
    for (const way of this.#ways.of(state, token, state.world.flight[token] as Flight, search))
      this.#take(state, way, search, (after) => this.#help(after, pid, helper, thread, search, then));
  }

  /** The state in which the call of the top frame was never made: possible while it has done nothing but look. */
  undone(state: State, pid: number): State | null {
    const frame = top(state, pid);
    if (frame?.thread == null || frame.expect.length > 0 || lastStep(frame.trail, ({ fact, before, after }) => kindOf(fact.to) !== 'thread' && before !== after) !== undefined) return null;
    const before = stepsOf(frame.trail).find(({ fact }) => fact.to === frame.thread)?.before;
    const locals = state.world.locals.slice();
    if (before !== undefined) locals[this.#system.indexOf(frame.thread)] = before;
    const token = tokenOf(this.#system, state.world, frame.thread);
    const flight = state.world.flight.filter((_, at) => at !== token);
    return discard({ ...state, world: { ...state.world, locals, flight } }, pid);
  }

  /** Runs the frame's thread until it is idle, without showing anything; gives what its caller saw. */
  #complete(state: State, search: Search): [State, number | null][] {
    const done: [State, number | null][] = [];
    const visit = (at: State): void => {
      if (search.budget-- <= 0) return;
      const frame = top(at, search.pid) as Frame;
      const [label] = frame.expect;
      if (label !== undefined) {
        if (search.misses.length < 32) search.misses.push({ expected: describe(label), why: 'not shown' });
        return;
      }
      if (frame.pending !== null) return this.#call(at, frame, search.pid, search, visit);
      const thread = frame.thread as Address;
      const token = tokenOf(this.#system, at.world, thread);
      if (token < 0) {
        if (this.#system.local(at.world, thread).value === 'idle') done.push([at, resultOf(frame)]);
        else this.#unblock(at, thread, search, visit);
        return;
      }
      this.#advance(at, token, search, visit);
    };
    visit(state);
    return done;
  }

  /** The task is inside a driver's own probe or remove. */
  inDriver(state: State, pid: number): boolean {
    const thread = top(state, pid)?.thread;
    const flight = thread == null ? undefined : state.world.flight[tokenOf(this.#system, state.world, thread)];
    return flight?.to === environment && (driversCode.has(flight.event.type) || beforeProbe.has(flight.event.type));
  }
}

/** Objects that more than one thread may be on its way to. */
const shared = new Set(['device', 'deferred_probe', 'vfio_group', 'vfio_device', 'vfio_container']);

const isLock = (type: string): boolean => type === 'device_lock' || type === 'group_lock' || type === 'mutex_lock';

const same = (a: readonly unknown[], b: readonly unknown[]): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The last answer to the environment in a frame's facts: what the writer saw. */
function resultOf({ trail }: Frame): number | null {
  for (let at = trail; at !== null; at = at.before)
    for (const { fact: { to, event } } of at.steps) if (to === environment && typeof event['ret'] === 'number') return event['ret'];
  return null;
}
