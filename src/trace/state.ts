/**
 * One explanation of a trace so far: a world, and for each task what it is in the middle of.
 *
 * A task is a stack of frames: a probe may load another driver or add another device before it returns. A frame is
 * either a thread of the model or code that the charts do not have (`thread: null`), kept so that its end is recognised.
 */
import { environment, kindOf } from '../../machines/address.ts';
import type { Address, Said } from '../../machines/chart.ts';
import { isAnswer, type Fact, type Flight, type System, type World } from '../world/world.ts';
import type { Label } from './label.ts';

/** Facts of one frame, newest first. */
export interface Trail {
  readonly fact: Fact;
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

export interface State {
  readonly world: World;
  readonly tasks: ReadonlyMap<number, readonly Frame[]>;
}

export const top = (state: State, pid: number): Frame | undefined => state.tasks.get(pid)?.at(-1);

export function push(state: State, pid: number, frame: Frame): State {
  const tasks = new Map(state.tasks);
  tasks.set(pid, [...(tasks.get(pid) ?? []), frame]);
  return { ...state, tasks };
}

export function pop(state: State, pid: number): State {
  const tasks = new Map(state.tasks);
  const frames = tasks.get(pid) ?? [];
  if (frames.length <= 1) tasks.delete(pid);
  else tasks.set(pid, frames.slice(0, -1));
  return { ...state, tasks };
}

/** The state with another top frame for one task. */
export function withTop(state: State, pid: number, frame: Frame): State {
  const tasks = new Map(state.tasks);
  tasks.set(pid, [...(tasks.get(pid) ?? []).slice(0, -1), frame]);
  return { ...state, tasks };
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
  const frames = [...tasks].map(([pid, stack]) =>
    `${pid}:${stack.map(({ thread, expect, ends }) => `${thread ?? ends ?? ''}<${expect.map(({ says, at }) => `${says} ${at}`).join()}`).join('|')}`);
  return `${system.key(world)}#${frames.join('#')}`;
}
