/**
 * The steps by which the judge explains a trace, line by line: those that a line shows, and those that it takes to have
 * happened because nothing else explains the line.
 *
 * Where several explanations are alive, the first is told: what is inferred is one way in which it may have happened.
 */
import { environment } from '../../machines/address.ts';
import type { Address, Message, Said } from '../../machines/chart.ts';
import type { Local } from '../world/locals.ts';
import type { System } from '../world/world.ts';
import { taskOf, Ends } from './account.ts';
import { anyErrno } from './compare.ts';
import type { Labels } from './label.ts';
import type { TraceLine } from './line.ts';
import { stepsOf, type Frame, type State, type Trail } from './state.ts';

/** A fact of the model, as one line of the trace made it necessary. */
export interface Followed {
  readonly seq: number;
  readonly from: Address;
  readonly to: Address;
  readonly event: Message;
  /** The fact that sent the message; null: none of the same call that was followed. */
  readonly cause: number | null;
  readonly said: readonly Said[];
  /** The line that asked for it. */
  readonly line: number;
  readonly task: string;
  /** No probe of the recorder shows such a step. */
  readonly inferred: boolean;
  /** How many explanations of the trace were alive. */
  readonly alive: number;
}

export class Follower {
  readonly facts: Ends<Followed>;
  readonly #system: () => System;
  readonly #labels: Labels;
  /** What has been told. Trails share their beginnings. */
  readonly #told = new WeakSet<Trail>();
  /** By task and frame: numbers of the facts that were told, by the numbers that the explanation gave them. */
  readonly #numbers = new Map<string, Map<number, number>>();

  constructor(system: () => System, labels: Labels, keep: number) {
    this.#system = system;
    this.#labels = labels;
    this.facts = new Ends(keep);
  }

  /** `line` has been explained by `state`, one of `alive`. */
  note(line: TraceLine, { tasks }: State, alive: number): void {
    for (const { pid, frames } of tasks) for (const [depth, frame] of frames.entries()) this.#tell(frame, `${pid} ${depth}`, line.line, pid === line.pid ? taskOf(line) : `task ${pid}`, alive);
  }

  /** An operation of a user is over: what its last frame did, and the answer that the user saw. */
  ended(line: TraceLine, frame: Frame | undefined, alive: number): void {
    if (frame !== undefined) this.#tell(frame, `${line.pid} 0`, line.line, taskOf(line), alive);
  }

  #tell({ trail, since, mark }: Frame, place: string, line: number, task: string, alive: number): void {
    if (trail === null || this.#told.has(trail)) return;
    let fresh = 0;
    for (let at: Trail | null = trail; at !== null && !this.#told.has(at); at = at.before) {
      this.#told.add(at);
      fresh += at.steps.length;
    }
    const key = `${place} ${since}`;
    const numbers = this.#numbers.get(key) ?? new Map<number, number>();
    if (!this.#numbers.has(key)) for (const other of this.#numbers.keys()) if (other.startsWith(`${place} `)) this.#numbers.delete(other);
    this.#numbers.set(key, numbers);
    for (const { fact: { seq: own, from, to, event, cause, said }, before } of stepsOf(trail).slice(-fresh)) {
      const seq = this.facts.count;
      numbers.set(own, seq);
      const shows = from === environment && cause === null ? mark !== null || this.#shows(to, event, before) : to === environment ? event.type.endsWith('.ret') && from.startsWith('thread:')
        : this.#shows(to, event, before);
      this.facts.push({ seq, from, to, event: plain(event), cause: cause === null ? null : numbers.get(cause) ?? null, said, line, task, inferred: !shows, alive });
    }
  }

  #shows(to: Address, event: Message, before: Local | undefined): boolean {
    if (before === undefined) return false;
    const system = this.#system();
    const actor = system.has(to) ? system.actors[system.indexOf(to)] : undefined;
    return actor !== undefined && this.#labels.of(to, event, actor.move(before, event)).length > 0;
  }
}

/** An error that no line has named yet could be any: it is not told as a number. */
function plain(event: Message): Message {
  const { ret } = event;
  return typeof ret === 'number' && Math.abs(ret) === anyErrno ? { ...event, ret: 'an error' } : event;
}
