/**
 * One explanation of a trace so far: a world, and for each task what it is in the middle of.
 *
 * A task is a stack of frames: a probe may load another driver or add another device before it returns. A frame is
 * either a thread of the model or code that the charts do not have (`thread: null`), kept so that its end is recognised.
 */
import { environment, kindOf } from '../../machines/address.ts';
import type { Address, Said } from '../../machines/chart.ts';
import type { Local } from '../world/locals.ts';
import { isAnswer, type Fact, type Flight, type System, type World } from '../world/world.ts';
import type { Label } from './label.ts';

/** A fact, and its receiver's local state before and after. */
export interface Step {
  readonly fact: Fact;
  readonly before: Local | undefined;
  readonly after: Local | undefined;
}

/** Facts of one frame, newest first. A run that was taken before shares its facts: they count from `base`. */
export interface Trail {
  readonly steps: readonly Step[];
  readonly base: number;
  /** What a cause of -1 stands for. */
  readonly cause: number | null;
  /** Line of the trace that made the step necessary. */
  readonly line: number;
  readonly before: Trail | null;
}

export interface Frame {
  readonly thread: Address | null;
  /** For people: `write to e1000e/bind`, `driver_register e1000e`. */
  readonly what: string;
  /** Line where it began. */
  readonly since: number;
  /** The call that begins the thread; null once it has begun. */
  readonly pending: Said | null;
  /** What the model has done already and the trace has not shown yet. */
  readonly expect: readonly Label[];
  /** Pairs a USER B mark with its E; null when the frame did not begin with one. */
  readonly mark: string | null;
  /** Ends a frame outside the model: `device_add return`. */
  readonly ends: string | null;
  readonly trail: Trail | null;
}

export interface Task {
  readonly pid: number;
  readonly frames: readonly Frame[];
}

export interface State {
  readonly world: World;
  /** Tasks that are inside something: a handful, so a list. */
  readonly tasks: readonly Task[];
  /** What led here and stands in no frame any more; kept until the judge has looked at it. */
  readonly past?: Past | undefined;
}

/** A frame that has ended, or another state that came to the same and was let go; newest first. */
export type Past = ({ readonly trail: Trail } | { readonly instead: State }) & { readonly before: Past | undefined };

const none: readonly Frame[] = [];

export function framesOf({ tasks }: State, pid: number): readonly Frame[] {
  for (const task of tasks) if (task.pid === pid) return task.frames;
  return none;
}

export const top = (state: State, pid: number): Frame | undefined => {
  const frames = framesOf(state, pid);
  return frames[frames.length - 1];
};

function withFrames({ world, tasks, past }: State, pid: number, frames: readonly Frame[]): State {
  const at = tasks.findIndex((task) => task.pid === pid);
  const copy = tasks.slice();
  if (at < 0) copy.push({ pid, frames });
  else if (frames.length === 0) copy.splice(at, 1);
  else copy[at] = { pid, frames };
  return { world, tasks: copy, past };
}

export const push = (state: State, pid: number, frame: Frame): State => withFrames(state, pid, [...framesOf(state, pid), frame]);

/** The state without a task's top frame, which has ended. */
export function pop(state: State, pid: number): State {
  const trail = top(state, pid)?.trail ?? null;
  return withFrames(trail === null ? state : { ...state, past: { trail, before: state.past } }, pid, framesOf(state, pid).slice(0, -1));
}

/** The state without a task's top frame, which never was. */
export const discard = (state: State, pid: number): State => withFrames(state, pid, framesOf(state, pid).slice(0, -1));

/** The state with another top frame for one task, and another world. */
export function withTop(state: State, pid: number, frame: Frame, world: World = state.world): State {
  const frames = framesOf(state, pid).slice();
  frames[frames.length - 1] = frame;
  return withFrames({ ...state, world }, pid, frames);
}

/** Facts of a frame, oldest first, each with the line that made it necessary. */
export function stepsOf(trail: Trail | null): (Step & { line: number })[] {
  const all: (Step & { line: number })[] = [];
  for (let at = trail; at !== null; at = at.before) {
    const { base, cause, line } = at;
    for (let n = at.steps.length - 1; n >= 0; n--) {
      const step = at.steps[n] as Step;
      const { fact } = step;
      const own = fact.cause === null ? null : fact.cause < 0 ? cause : base + fact.cause;
      all.push({ ...step, fact: { ...fact, seq: base + fact.seq, cause: own }, line });
    }
  }
  return all.reverse();
}

/** The newest step of a frame that fits, without the numbers that `stepsOf` gives. */
export function lastStep(trail: Trail | null, fits: (step: Step) => boolean): Step | undefined {
  for (let at = trail; at !== null; at = at.before) {
    const step = at.steps.findLast(fits);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** The thread on whose behalf an actor is at work: the last of the chain of callers. */
export function threadOf(system: System, world: World, address: Address): Address {
  let at = address;
  for (let hops = 0; hops < 16; hops++) {
    if (kindOf(at) === 'thread' || at === environment || !system.has(at)) return at;
    const caller = system.local(world, at).context['caller'];
    if (typeof caller !== 'string' || caller === '') return at;
    at = caller;
  }
  return at;
}

/** Who moves when this message is delivered or answered. */
export function moverOf(system: System, world: World, { to, event }: Flight): Address {
  if (to === environment) return threadOf(system, world, event.from);
  if (kindOf(to) === 'thread') return to;
  return threadOf(system, world, isAnswer(event) ? to : event.from);
}

/** Index in flight of the message that carries a thread's control; -1 while it is blocked or idle. */
export function tokenOf(system: System, world: World, thread: Address): number {
  const { flight } = world;
  for (let index = 0; index < flight.length; index++) if (moverOf(system, world, flight[index] as Flight) === thread) return index;
  return -1;
}

/** Two states with one key have the same future. */
export function keyOf(system: System, { world, tasks }: State): string {
  const frames = tasks.map(({ pid, frames: stack }) =>
    `${pid}:${stack.map(({ thread, pending, expect, ends }) => `${thread ?? ends ?? ''}<${pending === null ? '' : JSON.stringify(pending)}${expect.map(({ says, at }) => `${says} ${at}`).join()}`).join('|')}`);
  return `${system.key(world)}#${frames.join('#')}`;
}
